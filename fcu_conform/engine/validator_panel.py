"""Asks independent validators about paths, and turns what they say into findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock, Thread
from typing import TYPE_CHECKING, NamedTuple

from fcu_conform.engine.known_refusals import find_known_refusal
from fcu_conform.rules.model import Finding, Level, Location, PathQuestion
from fcu_conform.validators.isolation import asking
from fcu_conform.validators.model import Answer, CannotTell, LimitReached, Question, Validator, ValidatorFault

if TYPE_CHECKING:
    from fcu_conform.artefacts.device import Device
    from fcu_conform.artefacts.encodings.certificate import Certificate


LET_IN = "let in"
"""What is expected of a handshake with the device."""


@dataclass
class PanelMember:
    """One validator's part in a run, and what kept it from answering where something did.

    ``exhausted``: a question took it more time or memory than it may. It gets no more, so that hard ones do not add up.
    """

    validator: Validator
    faults: list[str] = field(default_factory=list)
    exhausted: bool = False


MANY = 10
"""Questions to a validator from which on it is asked beside others and not after them."""

Told = Callable[[int, int], None]
"""Told how many questions have been answered, and of how many."""


class ValidatorPanel:
    """The validators of a run by name; each question is put to each of them once."""

    def __init__(self, validators: Sequence[Validator], at: datetime) -> None:
        self._at = at
        self.members = {validator.name: PanelMember(validator) for validator in validators}
        self.handshake_faults: list[str] = []
        self._answers: dict[tuple[str, Question], Answer | CannotTell | None] = {}

    def ask(self, name: str, path: PathQuestion) -> Answer | None:
        """What a validator says of a path; None where it did not answer, which its opinion then tells.

        Raises:
            CannotTell: it can say nothing of this path, for no fault of anybody's.
        """
        key = name, self._question(path)
        if key not in self._answers:
            self._answers[key] = self._put(self.members[name], key[1])
        answer = self._answers[key]
        if isinstance(answer, CannotTell):
            raise answer
        return answer

    def ask_all(self, paths: Sequence[PathQuestion], told: Told) -> None:
        """Puts many questions to all validators of other processes, at the same time where the processes differ.

        The answers are those that `ask` would have got one by one, and `ask` gives them.
        """
        questions = list(dict.fromkeys(map(self._question, paths)))
        lanes: defaultdict[str, list[_Questions]] = defaultdict(list)
        for name, member in self.members.items():
            left = [question for question in questions if (name, question) not in self._answers]
            if isinstance(member.validator, asking.Isolated) and len(left) >= MANY:
                lanes[member.validator.many_kind.name].append(_Questions(member, member.validator, left))
        if not lanes:
            return
        progress = _Progress(told, sum(len(those.questions) for lane in lanes.values() for those in lane))
        threads = [Thread(target=self._ask_lane, args=(lane, progress), daemon=True) for lane in lanes.values()]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            progress.end()  # after an interruption nobody is asked any more

    def _ask_lane(self, lane: Sequence[_Questions], progress: _Progress) -> None:
        for member, validator, questions in lane:
            if not progress.is_over and not member.exhausted and validator.accepts_all(questions):
                self._answers.update({(validator.name, question): Answer(True) for question in questions})
                progress.step(len(questions))
                continue
            for question in questions:
                if progress.is_over:
                    return
                self._answers[validator.name, question] = self._put(member, question, is_one_of_many=True)
                progress.step()

    def _question(self, path: PathQuestion) -> Question:
        return Question(path.leaf.raw, _raw(path.untrusted), _raw(path.anchors), self._at)

    def _put(self, member: PanelMember, question: Question, **how: bool) -> Answer | CannotTell | None:
        if member.exhausted:
            return None
        try:
            return member.validator.ask(question, **how)
        except CannotTell as reason:
            return reason
        except ValidatorFault as fault:
            message = str(fault)
            member.exhausted = isinstance(fault, LimitReached)
        except Exception as fault:  # an adapter that breaks is a fault of the run, never a verdict
            message = f"broke: {type(fault).__name__}"
        if message not in member.faults:
            member.faults.append(message)
        return None

    def shake_hands(self, device: Device, path: PathQuestion) -> list[Finding] | None:
        """What servers say that trust only the anchors; None where no handshake could be tried, which is then told."""
        assert device.key is not None
        assert device.key.private is not None
        chain = (path.leaf.raw, *_raw(path.untrusted))
        try:
            tried = asking.shake_hands_apart(chain, device.key.private, _raw(path.anchors), at=self._at)
        except ValidatorFault as fault:
            self.handshake_faults.append(str(fault))
            return None
        place = Location(device.name)
        findings = [Finding(f"left out: {words}", place, level=Level.NOTICE) for words in tried.left_out]
        findings += [Finding(words, place, level=Level.NOTICE) for words in tried.remarks]
        for shake in tried.handshakes:
            pair = f"{shake.protocol}, {shake.client} device, {shake.server} server"
            if shake.impostor and shake.let_in:
                findings.append(Finding(f"{pair}: accepted an impostor", place, "turned away", LET_IN))
            elif not shake.impostor and not shake.let_in:
                findings.append(Finding(f"{pair}: refused the device: {shake.words}", place, LET_IN, shake.words))
        return findings

    def finding(
        self, name: str, path: PathQuestion, answer: Answer, place: Location, causes: tuple[str, ...]
    ) -> Finding | None:
        """What to tell of an answer; None where the validator accepts without reserve.

        Args:
            place: where the leaf of the path stands.
            causes: codes of rules that have failed and explain a refusal.
        """
        validator = self.members[name].validator
        if answer.accepted:
            if not answer.dates_left_out:
                return None
            message = f"{name} accepts, dates left out: it uses the system clock and cannot be given an instant"
            return Finding(message, place, level=Level.NOTICE)
        message = f"{name} ({validator.stands_for}) refuses: {answer.reason}"
        refusal = Finding(message, place, "accepted", f"refused: {answer.reason}")
        if causes:
            refusal = explained_by(refusal, causes)
        elif (cause := find_known_refusal(path, name, self._at)) is not None:
            message += f"; the cause is known: {cause.what}"
            refusal = replace(refusal, message=message, why=cause.who, level=Level.WARNING)
        return refusal if validator.acceptance_counts else replace(refusal, level=Level.NOTICE)


class _Questions(NamedTuple):
    """What a validator is to be asked."""

    member: PanelMember
    validator: asking.Isolated
    questions: Sequence[Question]


class _Progress:
    """How far several threads are together."""

    def __init__(self, told: Told, total: int) -> None:
        self._told, self._total = told, total
        self._done = 0
        self._lock = Lock()
        self.is_over = False

    def step(self, count: int = 1) -> None:
        """So many more questions have been answered."""
        with self._lock:
            self._done += count
            if not self.is_over:
                self._told(self._done, self._total)

    def end(self) -> None:
        """Nothing more is told, and nobody need go on."""
        with self._lock:
            if self._done < self._total:
                self._told(self._total, self._total)
            self.is_over = True


def explained_by(refusal: Finding, causes: tuple[str, ...]) -> Finding:
    """A refusal that rules which have failed explain is not an error of its own."""
    if not causes:
        return refusal
    verb = "tells" if len(causes) == 1 else "tell"
    return replace(refusal, message=f"{refusal.message}; {', '.join(causes)} {verb} why", level=Level.NOTICE)


def _raw(certificates: Sequence[Certificate]) -> tuple[bytes, ...]:
    return tuple(certificate.raw for certificate in certificates)

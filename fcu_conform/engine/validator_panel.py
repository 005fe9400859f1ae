"""Asks independent validators about paths, and turns what they say into findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from fcu_conform.artefacts.data_classes import dataclass
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
        question = Question(path.leaf.raw, _raw(path.untrusted), _raw(path.anchors), self._at)
        key = name, question
        if key not in self._answers:
            self._answers[key] = self._put(self.members[name], question)
        answer = self._answers[key]
        if isinstance(answer, CannotTell):
            raise answer
        return answer

    def _put(self, member: PanelMember, question: Question) -> Answer | CannotTell | None:
        if member.exhausted:
            return None
        try:
            return member.validator.ask(question)
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


def explained_by(refusal: Finding, causes: tuple[str, ...]) -> Finding:
    """A refusal that rules which have failed explain is not an error of its own."""
    if not causes:
        return refusal
    verb = "tells" if len(causes) == 1 else "tell"
    return replace(refusal, message=f"{refusal.message}; {', '.join(causes)} {verb} why", level=Level.NOTICE)


def _raw(certificates: Sequence[Certificate]) -> tuple[bytes, ...]:
    return tuple(certificate.raw for certificate in certificates)

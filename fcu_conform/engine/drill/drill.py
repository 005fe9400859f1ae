"""Plays the theft of a key through: what has to go, whether the thief goes with it, and who else does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine.drill.portal import entries_of_state, entries_of_uploads
from fcu_conform.engine.drill.shapes import Lot
from fcu_conform.engine.drill.stand_ins import StandIns
from fcu_conform.engine.validator_panel import ValidatorPanel
from fcu_conform.rules.model import NotApplicable, PathQuestion
from fcu_conform.rules.support.theft import Entry, Reading, Removal, State, Theft
from fcu_conform.validators.model import CannotTell


@dataclass(frozen=True)
class Presented:
    """What somebody presents; the anchors that it is held against are stand-ins where its own certificates are."""

    leaf: Certificate
    untrusted: tuple[Certificate, ...]
    is_stand_in: bool = True


class Drill:
    """The thefts of the keys of some lines, one after the other; every answer is the validators'.

    Args:
        setups: the lines; each has a chain that can be relied on.
        panel: the validators.
        lots: the devices of lines, by name; of the others a stand-in is asked about.

    Raises:
        NotApplicable: what the portal trusts is not known of every line.
    """

    def __init__(self, setups: Sequence[Setup], panel: ValidatorPanel, lots: Mapping[str, Lot] | None = None) -> None:
        self._setups = {setup.name: setup for setup in setups}
        self._panel, self._lots = panel, lots or {}
        state = next((setup.portal_state for setup in setups if setup.portal_state is not None), None)
        self.entries = entries_of_uploads(setups) if state is None else entries_of_state(state, setups)
        for setup in setups:
            if setup.ca.certain_fcu_certificate is None or setup.ca.slicing is None:
                raise NotApplicable(f"the chain of {setup.name} cannot be relied on, or its depth is unknown")
        known = [one for setup in setups for one in setup.ca.fcu_crt.certificates]
        self._stand_ins = StandIns([*known, *(one for entry in self.entries for one in entry.certificates)])
        self._accepting: dict[tuple[Presented, tuple[bytes, ...]], tuple[frozenset[str], frozenset[str]]] = {}

    def theft(self, name: str) -> Theft:
        """What the theft of a line's key comes to, in both readings."""
        return Theft(name, tuple(self._removal(self._setups[name], reading) for reading in Reading))

    def _removal(self, setup: Setup, reading: Reading) -> Removal:
        lines = [other for other in self._setups.values() if _share_service(setup.mode, other.mode)]
        entries = tuple(entry for entry in self.entries if _share_service(setup.mode, entry.service))
        thief = self._forged[setup.name]
        remove = tuple(entry for entry in entries if self._ask(thief, [entry], reading)[0])
        left = [entry for entry in entries if entry not in remove]
        before = {line.name: self._ask_each(self._honest[line.name], entries, reading) for line in lines}
        after = {line.name: self._ask_each(self._honest[line.name], left, reading) for line in lines}
        voters = frozenset().union(*(accepting for answers in before.values() for accepting, _ in answers))
        accepting, asked = self._ask(thief, left, reading)
        fate = _together([(accepting, asked)], asked) if left else State.OUT
        if fate is State.OUT and any(member.faults for member in self._panel.members.values()):
            fate = State.UNKNOWN  # out only if all refuse
        return Removal(
            setup.name,
            reading,
            entries,
            remove,
            fate,
            {name: _together(answers, voters) for name, answers in before.items()},
            {name: _together(answers, voters) if left else State.OUT for name, answers in after.items()},
            tuple(sorted(accepting)),
            tuple(sorted(frozenset().union(*(asked for answers in before.values() for _, asked in answers)) - voters)),
        )

    @cached_property
    def _honest(self) -> dict[str, list[Presented]]:
        """What the devices of each line present: the first of each shape, or a stand-in as the depth has it."""
        honest = {}
        for name, setup in self._setups.items():
            lot = self._lots.get(name)
            if lot is not None and lot.shapes:
                honest[name] = [Presented(shape.chain[0], shape.chain[1:], False) for shape in lot.shapes]
                continue
            assert setup.ca.slicing is not None
            carried = self._stand_ins.all_of(setup.ca.slicing.on_device)
            honest[name] = [Presented(self._device_of(setup), carried)]
        return honest

    @cached_property
    def _forged(self) -> dict[str, list[Presented]]:
        """What a thief with the key of a line can present: his device alone, and with ever more of each path above."""
        forged = {}
        for name, setup in self._setups.items():
            leaf = self._device_of(setup)
            chains: list[tuple[Certificate, ...]] = [()]
            assert setup.ca.certain_fcu_certificate is not None
            for path in self._stand_ins.paths(setup.ca.certain_fcu_certificate):
                chains += [path[:length] for length in range(1, len(path) + 1)]
            forged[name] = [Presented(leaf, self._stand_ins.all_of(chain)) for chain in dict.fromkeys(chains)]
        return forged

    def _device_of(self, setup: Setup) -> Certificate:
        assert setup.ca.certain_fcu_certificate is not None
        return self._stand_ins.device(setup.ca.certain_fcu_certificate)

    def _ask_each(
        self, presented: Iterable[Presented], entries: Sequence[Entry], reading: Reading
    ) -> list[tuple[frozenset[str], frozenset[str]]]:
        return [self._ask([one], entries, reading) for one in presented]

    def _ask(
        self, presented: Sequence[Presented], entries: Sequence[Entry], reading: Reading
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The validators that accept any of what is presented, and those that answered at all."""
        anchors = {one.raw: one for entry in entries for one in entry.anchors(reading)}
        accepting: frozenset[str] = frozenset()
        answered: frozenset[str] = frozenset()
        for one in presented:
            key = one, tuple(anchors)
            if key not in self._accepting:
                self._accepting[key] = self._put(one, tuple(anchors.values()))
            accepting |= self._accepting[key][0]
            answered |= self._accepting[key][1]
        return accepting, answered

    def _put(self, one: Presented, anchors: tuple[Certificate, ...]) -> tuple[frozenset[str], frozenset[str]]:
        accepting: set[str] = set()
        answered: set[str] = set()
        trusted = self._stand_ins.all_of(anchors) if one.is_stand_in else anchors
        question = PathQuestion(one.leaf, one.untrusted, trusted)
        for name, member in self._panel.members.items():
            if not member.validator.acceptance_counts or not anchors:
                continue
            try:
                answer = self._panel.ask(name, question)
            except CannotTell:
                continue
            if answer is not None:
                answered.add(name)
                accepting.update([name] if answer.accepted else ())
        return frozenset(accepting), frozenset(answered)


def _share_service(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _together(answers: Sequence[tuple[frozenset[str], frozenset[str]]], voters: frozenset[str]) -> State:
    """What validators say together of all that was asked; those that do not vote are left out.

    Where nobody votes, because nobody was let in before, everybody's refusal counts.
    """
    states = set()
    for accepting, answered in answers:
        counted = answered & voters or answered
        if not counted:
            return State.UNKNOWN
        states.add(State.ONLINE if counted <= accepting else State.OPEN if counted & accepting else State.OUT)
    return states.pop() if len(states) == 1 else State.OPEN

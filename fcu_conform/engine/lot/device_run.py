"""Judges all devices of a lot, chunk by chunk, here or elsewhere, and puts the results together in order."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import TYPE_CHECKING, Protocol

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device, DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.artefacts.device_output.fingerprint import Fingerprint
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.lot.chunk_judge import NO_WAIVERS, ChunkJudge, ChunkResult
from fcu_conform.engine.lot.chunk_results import Question
from fcu_conform.engine.lot.duplicates import Digests, ordinal, place_of
from fcu_conform.engine.lot.tally import KEPT_FINDINGS, Tally
from fcu_conform.engine.lot.verification.lot_verifier import PAYS_FROM
from fcu_conform.engine.states import DeviceCounts
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules.model import Rule, Scope
from fcu_conform.rules.support.first_holders import ExactFirstHolders

if TYPE_CHECKING:
    from fcu_conform.artefacts.device_output.device_set import DeviceSet
    from fcu_conform.engine.lot.journal import Journal


class ChunkSource(Protocol):
    """Device output."""

    def chunks(self) -> Iterator[Chunk]:
        """Its devices in chunks, each time the same ones in the same order."""


_CHANGED = "devices: changed while they were judged"

ChunkRunner = Callable[
    [Iterable["tuple[int, Chunk]"], Mapping[str, DeviceFile], int], Iterator["tuple[int, ChunkResult]"]
]
"""Judges numbered chunks with these leads and this size of the sample; gives the results in order."""

Progress = Callable[[int, int], None]
"""Told after each chunk: how many devices have been judged so far, and how many of them have an error."""


@dataclass
class DeviceResults:
    """The results of one pass over the devices: a tally for each rule, how many devices, how many with an error.

    ``sample`` are conformant devices for the validators to be asked about, chosen by a digest of their bytes, so that
    another run with the same seed takes the same ones. ``complete``: all devices were judged. ``by_tables`` is that of
    `DeviceCounts`. ``blocked_by`` are the rules of the setup that have kept a device rule of level error from judging
    any device: while there is one, no device is decided that has no error. ``drawn``: ordinals of the sample, each with
    its chunk's fingerprint.
    """

    tallies: dict[str, Tally]
    checked: int = 0
    sample: Sequence[Device] = ()
    offending: int = 0
    complete: bool = True
    by_tables: int = 0
    blocked_by: tuple[str, ...] = ()
    drawn: dict[int, bytes] = field(default_factory=dict)
    _offenders: list[tuple[int, str]] = field(default_factory=list)
    _undecided: array[int] = field(default_factory=lambda: array("Q"))
    _undecided_names: dict[int, str] = field(default_factory=dict)

    @property
    def offenders(self) -> list[str]:
        """The first devices with an error, by name, in the order of the input."""
        return [name for _, name in self._offenders]

    @property
    def undecided(self) -> list[str]:
        """The first devices that are not decided for a reason of their own, by name, in the order of the input."""
        return list(self._undecided_names.values())

    @property
    def not_decided(self) -> int:
        """Devices without an error for which a rule of level error could not be judged."""
        return self.checked - self.offending if self.blocked_by else len(self._undecided)

    @property
    def conformant(self) -> int:
        """Devices for which every rule was judged, and none found an error."""
        return self.checked - self.offending - self.not_decided

    def counts(self) -> DeviceCounts:
        """What the rules alone say of the devices."""
        return DeviceCounts(
            self.checked,
            self.conformant,
            self.offending,
            offenders=tuple(self.offenders),
            undecided=tuple(self.undecided),
            by_tables=self.by_tables,
        )

    def leave_open(self, number: int, name: str) -> None:
        """Takes note of a device that is not decided; ``number`` is its ordinal."""
        self._undecided.append(number)
        if len(self._undecided_names) < KEPT_FINDINGS:
            self._undecided_names[number] = name

    def add_offender(self, number: int, name: str) -> None:
        """Takes note of a device with an error, which is decided by that; ``number`` is its ordinal."""
        place = bisect_left(self._undecided, number)
        if self._undecided[place : place + 1] == array("Q", (number,)):
            del self._undecided[place]
            self._undecided_names.pop(number, None)
        self.offending += 1
        if len(self._offenders) < KEPT_FINDINGS or number < self._offenders[-1][0]:
            insort(self._offenders, (number, name))
            del self._offenders[KEPT_FINDINGS:]


class DeviceRun:
    """One pass in the making."""

    def __init__(
        self,
        rules: Sequence[Rule],
        devices: ChunkSource | None,
        ca: CaContext,
        sample: int,
        waivers: Waivers = NO_WAIVERS,
    ) -> None:
        self._rules = rules
        self._devices = devices
        self._ca = ca
        self._size = sample
        self._waivers = waivers
        self.result = DeviceResults({rule.code: Tally() for rule in rules})
        self._digests = {rule.code: Digests() for rule in rules if rule.scope is Scope.UNIQUE}
        self._drawn: list[tuple[int, int]] = []
        self._fingerprints: dict[int, bytes] = {}

    def add(self, number: int, chunk: ChunkResult) -> None:
        """Takes in the result of the next chunk."""
        result = self.result
        result.checked += chunk.checked
        result.by_tables += chunk.by_tables
        self._fingerprints[number] = chunk.fingerprint
        for code, tally in chunk.tallies.items():
            result.tallies[code].add(tally)
        for offender in chunk.offenders:
            result.add_offender(ordinal(number, offender.index), offender.name)
        for index, name in chunk.undecided:
            result.leave_open(ordinal(number, index), name)
        for code, marks in chunk.marks.items():
            self._digests[code].add(number, marks)
        self._drawn = nsmallest(
            self._size, [*self._drawn, *((digest, ordinal(number, index)) for digest, index in chunk.drawn)]
        )

    def finish(self, leads: Mapping[str, DeviceFile]) -> DeviceResults:
        """Decides what could not be decided chunk by chunk: who has what another one had before, and the sample."""
        repeating = self._find_repetitions(leads)
        chosen = {number: file for number, file in self._fetch(n for _, n in self._drawn) if number not in repeating}
        drawn = [number for _, number in self._drawn if number in chosen]
        self.result.sample = [chosen[number].read() for number in drawn]
        self.result.drawn = {number: self._fingerprints[place_of(number)[0]] for number in drawn}
        return self.result

    def _fetch(self, ordinals: Iterable[int]) -> Iterator[tuple[int, DeviceFile]]:
        return _fetch(self._devices, ordinals, self._fingerprints)

    def _find_repetitions(self, leads: Mapping[str, DeviceFile]) -> set[int]:
        """Judges the devices that may repeat something once more, and nobody else, by rules that remember everything.

        Only a device that shares a digest with another one can repeat it or be repeated, so that these say of each
        other what they would among all the others. Gives the ordinals of those with such an error.
        """
        suspects: set[int] = set().union(*(digests.repeated() for digests in self._digests.values()))
        if not suspects:
            return set()
        judge = ChunkJudge(
            self._rules,
            self._ca,
            leads=leads,
            first_holders=ExactFirstHolders,
            fast_path=False,
            waivers=self._waivers,
        )
        numbers: list[int] = []

        def files() -> Iterator[DeviceFile]:
            for number, file in self._fetch(suspects):
                numbers.append(number)
                yield file

        again = judge.judge(files())
        for code in self._digests:
            tally, more = self.result.tallies[code], again.tallies[code]
            tally.add_findings(more)
            # What else blocks it was counted when the chunks were judged; repetitions were not known then.
            for own, later in ((tally.blocked_by, more.blocked_by), (tally.hidden_by, more.hidden_by)):
                own.update({other: count for other, count in later.items() if other in self._digests})
        repeating = {numbers[offender.index] for offender in again.offenders}
        for offender in again.offenders:
            if offender.repeats_only:
                self.result.add_offender(numbers[offender.index], offender.name)
        return repeating


def read_again(devices: ChunkSource | None, drawn: Mapping[int, bytes]) -> list[Device]:
    """The devices of a sample, read once more.

    Args:
        devices: the output that was judged.
        drawn: their ordinals, in the order of the sample, each with the fingerprint of its chunk.

    Raises:
        UsageError: they are no longer what was judged.
    """
    fingerprints = {place_of(number)[0]: fingerprint for number, fingerprint in drawn.items()}
    files = dict(_fetch(devices, drawn, fingerprints))
    return [files[number].read() for number in drawn]


def _fetch(
    devices: ChunkSource | None, ordinals: Iterable[int], fingerprints: Mapping[int, bytes]
) -> Iterator[tuple[int, DeviceFile]]:
    """Devices by their ordinals, in the order of the input, read once more.

    Raises:
        UsageError: they are no longer what was judged.
    """
    wanted: defaultdict[int, set[int]] = defaultdict(set)
    for number in ordinals:
        chunk, index = place_of(number)
        wanted[chunk].add(index)
    for number, part in enumerate(devices.chunks() if wanted and devices is not None else ()):
        if number in wanted:
            yield from _pick(part, number, wanted.pop(number), fingerprints[number])
        if not wanted:
            return
    if wanted:
        raise UsageError(_CHANGED)


def _pick(chunk: Chunk, number: int, indices: Collection[int], expected: bytes) -> Sequence[tuple[int, DeviceFile]]:
    fingerprint = Fingerprint()
    files = enumerate(fingerprint.over(chunk.files()))
    picked = [(ordinal(number, index), file) for index, file in files if index in indices]
    if fingerprint.digest() != expected:
        raise UsageError(_CHANGED)
    return picked


def pay_tables(devices: DeviceSet | None) -> bool:
    """There are so many devices that tables of the key that signs them save time."""
    return devices is not None and devices.has_at_least(PAYS_FROM)


def judge_devices(
    rules: Sequence[Rule],
    devices: ChunkSource | None,
    ca: CaContext,
    *,
    sample: int = 0,
    seed: int | None = None,
    tables: bool = False,
    waivers: Waivers = NO_WAIVERS,
    run_chunks: ChunkRunner | None = None,
    journal: Journal | None = None,
    progress: Progress | None = None,
    fast_path: bool = True,
) -> DeviceResults:
    """Judges device output by device rules, and keeps a sample of the devices without an error.

    Args:
        rules: those that have something to judge.
        devices: the output; gone through once, and again as far as needed to name who repeats whom.
        ca: the CA that signs them.
        sample: how many devices to keep.
        seed: the seed that draws them, as `ChunkJudge` takes it; other judging processes draw with it too.
        tables: whether signatures may be verified by tables of the key that signs the devices.
        waivers: those in force.
        run_chunks: judges the chunks; without it they are judged here. The result is the same.
        journal: an open one, whose chunks are not judged again; the others are written down in it.
        progress: told how far it is.
        fast_path: whether devices like those that passed may take the fast path; the result is the same.

    A KeyboardInterrupt ends it early, with what was judged so far.
    """
    run = DeviceRun(rules, devices, ca, sample, waivers)
    judge = ChunkJudge(rules, ca, sample=sample, seed=seed, fast_path=fast_path, tables=tables, waivers=waivers)
    chunks = enumerate(devices.chunks() if devices is not None else ())
    try:
        for number, result in _judged(judge, chunks, Question(rules, sample, waivers), run_chunks, journal):
            run.add(number, result)
            _tell(progress, run.result)
    except KeyboardInterrupt:
        run.result.complete = False
    return run.finish(judge.leads)


def _judged(
    judge: ChunkJudge,
    chunks: Iterator[tuple[int, Chunk]],
    question: Question,
    elsewhere: ChunkRunner | None,
    journal: Journal | None,
) -> Iterator[tuple[int, ChunkResult]]:
    """Number and result of each chunk, in order: those that a journal has, and then those that it gets."""
    if journal is None:
        yield from _judged_now(judge, chunks, question.sample, elsewhere)
        return
    for replayed in journal.replay(chunks, question):
        judge.follow(replayed.leads)
        yield replayed.number, replayed.result
    yield from journal.keeping(_judged_now(judge, chunks, question.sample, elsewhere))


def _judged_now(
    judge: ChunkJudge, chunks: Iterator[tuple[int, Chunk]], sample: int, elsewhere: ChunkRunner | None
) -> Iterator[tuple[int, ChunkResult]]:
    # Some rules compare devices with the first: until that is known, chunks are judged here.
    while elsewhere is None or not judge.knows_its_leads:
        number, chunk = next(chunks, (None, None))
        if number is None or chunk is None:
            return
        yield number, judge.judge_chunk(chunk)
    yield from elsewhere(chunks, judge.leads, sample)


def _tell(progress: Progress | None, result: DeviceResults) -> None:
    if progress is not None:
        progress(result.checked, result.offending)

"""Judges the devices of one chunk: every device rule on every device, each file read once and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from hashlib import blake2b
from heapq import nsmallest
from itertools import islice

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.artefacts.device_output.fingerprint import Fingerprint
from fcu_conform.artefacts.redaction import redact
from fcu_conform.engine.lot.duplicates import CurrentDevice, DigestRecorder
from fcu_conform.engine.lot.fast_path import FastPath
from fcu_conform.engine.lot.full_path import FullPath, State, without_bundle
from fcu_conform.engine.lot.tally import Tally, count_up
from fcu_conform.engine.lot.verification.lot_verifier import LotVerifier
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules.model import DeviceCheck, Rule, Scope
from fcu_conform.rules.support.first_holders import FirstHolders

NO_WAIVERS = Waivers()

BLOCK = 64
"""Devices that are looked at together on the fast path."""


@dataclass(frozen=True)
class Offender:
    """A device with an error: its number in the chunk, its name, and whether it only repeats what another has."""

    index: int
    name: str
    repeats_only: bool = False


@dataclass
class ChunkResult:
    """The result of judging one chunk.

    Attributes:
        checked: how many devices.
        tallies: by code, the tally of each rule.
        offenders: the devices with an error.
        recorder: by code, digests of what must be unique, see `Digests`.
        drawn: rank and number of the conformant devices that validators may be asked about.
        undecided: number in the chunk and name of the devices that are not decided.
        by_tables: how many devices have a signature that was accepted by tables.
        leads: by code, the number of the device that a rule compares all others with, if it is in this chunk.
        fingerprint: digest over all that was judged, see `Fingerprint`; empty if it was not requested.
    """

    checked: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    offenders: list[Offender] = field(default_factory=list)
    marks: dict[str, bytes] = field(default_factory=dict)
    drawn: list[tuple[int, int]] = field(default_factory=list)
    undecided: list[tuple[int, str]] = field(default_factory=list)
    by_tables: int = 0
    leads: dict[str, int] = field(default_factory=dict)
    fingerprint: bytes = b""


class ChunkJudge:
    """Judges chunk by chunk; prepared once, since a lot has thousands of them.

    Args:
        rules: the device rules that have something to judge.
        ca: the CA that signs them.
        leads: by code, the first device of the lot for each rule that compares the others with it, if known.
        sample: how many devices of a chunk are drawn for the validators.
        seed: the seed that draws them, an integer of up to 64 bits; without one the devices' maker knows the draw.
        first_holders: by rule, the source of earlier holders of values that must be unique; by default rules record
            the values, to be compared once all chunks are judged.
        fast_path: whether devices like those that passed may take the fast path.
        tables: whether signatures may be verified by tables of the key that signs the devices.
        waivers: those in force. A device whose errors are all waived counts as one without errors: an answer of a
            validator about it is a separate finding.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        ca: CaContext,
        *,
        leads: Mapping[str, DeviceFile] | None = None,
        sample: int = 0,
        seed: int | None = None,
        first_holders: Callable[[], FirstHolders] | None = None,
        fast_path: bool = True,
        tables: bool = False,
        waivers: Waivers = NO_WAIVERS,
    ) -> None:
        self._ca = ca
        self._sample = sample
        self._draw_key = b"" if seed is None else seed.to_bytes(8, "big")
        self._current = CurrentDevice()
        unique = [rule.code for rule in rules if rule.scope is Scope.UNIQUE]
        self._recorders = {code: DigestRecorder(self._current) for code in unique} if first_holders is None else {}
        self._first_holders: Mapping[str, FirstHolders] = (
            self._recorders if first_holders is None else {code: first_holders() for code in unique}
        )
        checks = [(rule, self._started(rule)) for rule in in_order_of_need(rules)]
        self._codes = [rule.code for rule, _ in checks]
        self._verifier = LotVerifier(ca, seed) if tables else None
        self._fast_path = FastPath(without_bundle(checks), ca, self._verifier) if fast_path else None
        self._full_path = FullPath(checks, ca, waivers, self._fast_path)
        self._leading = {rule.code for rule in rules if rule.scope is Scope.LOT}
        self.follow(leads or {})

    @property
    def leads(self) -> Mapping[str, DeviceFile]:
        """By code, the devices that rules compare the others with, as far as they are known."""
        return self._full_path.leads

    def follow(self, leads: Mapping[str, DeviceFile]) -> None:
        """Compares devices from here on with those that are known to be the first, by the codes of the rules."""
        self._full_path.follow(leads)

    @property
    def knows_its_leads(self) -> bool:
        """Every rule that compares devices with the first has seen it."""
        return len(self.leads) == len(self._leading)

    def _started(self, rule: Rule) -> DeviceCheck:
        check: DeviceCheck = rule.check
        if rule.scope is Scope.LOT:
            check = rule.check(self._ca)
        elif rule.scope is Scope.UNIQUE:
            check = rule.check(self._ca, self._first_holders[rule.code])
        return check

    def judge_chunk(self, chunk: Chunk) -> ChunkResult:
        """Judges a chunk, and tells by its fingerprint what it was that was judged."""
        fingerprint = Fingerprint()
        result = self.judge(fingerprint.over(chunk.files()))
        result.fingerprint = fingerprint.digest()
        return result

    def judge(self, files: Iterable[DeviceFile]) -> ChunkResult:
        """Judges the devices of one chunk, in order."""
        result = ChunkResult(tallies={code: Tally() for code in self._codes})
        fast_path = self._fast_path
        drawn: list[tuple[int, int]] = []
        index = 0
        size = 1
        stream = iter(files)
        while block := list(islice(stream, size)):
            passed = [False] * len(block)
            if fast_path is not None:
                passed = fast_path.match_known(block, index, self._current.begin)
            for file, is_done in zip(block, passed, strict=True):
                state = State.CONFORMANT if is_done else self._judge_file(result, index, file)
                if state is State.CONFORMANT:
                    if self._sample and (file.data or file.chain):
                        drawn.append((_rank(file, self._draw_key), index))
                elif state is State.NOT_DECIDED:
                    result.undecided.append((index, _shown(file)))
                elif state is not None:
                    result.offenders.append(Offender(index, _shown(file), state is State.REPEATS_ONLY))
                index += 1
            result.checked += sum(passed)
            # While nothing is known yet each device is one to learn from, and none is to be missed by many at once.
            size = min(2 * size, BLOCK) if all(passed) else 1
        if fast_path is not None:
            result.by_tables += fast_path.by_tables
            fast_path.by_tables = 0
        for reasons, count in fast_path.take_counts() if fast_path is not None else ():
            for code, reason in reasons.items():
                tally = result.tallies[code]
                if reason is None:
                    tally.judged += count
                else:
                    count_up(tally.reasons, reason, count)
        result.marks = {code: recorder.take() for code, recorder in self._recorders.items()}
        result.drawn = nsmallest(self._sample, drawn)
        return result

    def _judge_file(self, result: ChunkResult, index: int, file: DeviceFile) -> State | None:
        """The full path; None where the file is of no device, a key beside them, say, and nothing is wrong with it."""
        self._current.begin(index)
        device = file.read()
        if self._verifier is not None:
            result.by_tables += sum(self._verifier.verify([device]))
        known = set(self.leads)
        state = self._full_path.judge(result.tallies, file, device)
        result.leads.update(dict.fromkeys(self.leads.keys() - known, index))
        if state in _SPOTLESS and not (device.certificates or device.troubles or device.bundle):
            return None
        result.checked += 1
        return state


_SPOTLESS = frozenset({State.CONFORMANT, State.NOT_DECIDED})
"""States of a device without an error that stands."""


def _rank(file: DeviceFile, key: bytes) -> int:
    """The devices of the lowest ranks are drawn for the validators: the same ones with the same key, in any order."""
    digest = blake2b(file.data, digest_size=8, key=key)
    for certificate in file.chain:
        digest.update(certificate)
    return int.from_bytes(digest.digest(), "big")


def _shown(file: DeviceFile) -> str:
    return redact(file.name, read_ahead=True)


def in_order_of_need(rules: Sequence[Rule]) -> list[Rule]:
    """The rules so that each comes after those that it needs or that tell of what it would find."""
    by_code = {rule.code: rule for rule in rules}
    graph = {rule.code: [code for code in (*rule.needs, *rule.told_by) if code in by_code] for rule in rules}
    return [by_code[code] for code in TopologicalSorter(graph).static_order()]

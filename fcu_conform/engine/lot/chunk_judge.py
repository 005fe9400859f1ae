"""Judges the devices of one chunk: every device rule on every device, each file read once and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from graphlib import TopologicalSorter
from hashlib import blake2b
from heapq import nsmallest
from itertools import islice

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device, DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.artefacts.device_output.fingerprint import Fingerprint
from fcu_conform.artefacts.redaction import redact
from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.engine.faults import describe_fault
from fcu_conform.engine.lot.duplicates import CurrentDevice, DigestRecorder
from fcu_conform.engine.lot.fast_path import FastPath
from fcu_conform.engine.waivers import Waivers, scopes_of_device
from fcu_conform.rules.family import Family
from fcu_conform.rules.model import Blocked, DeviceCheck, Finding, Level, NotApplicable, Rule, Scope
from fcu_conform.rules.support.first_holders import FirstHolders

KEPT_FINDINGS = 10_000
"""Findings kept for each rule; what comes beyond is counted, so that a wholly wrong lot does not fill the memory."""

NO_WAIVERS = Waivers()

BLOCK = 64
"""Devices that are looked at together on the fast path."""


@dataclass
class Tally:
    """What one rule said over some devices.

    ``judged`` counts the devices that it really looked at, ``blocked_by`` and ``reasons`` tell why it did not look at
    others; ``findings`` are the first of ``found``; ``fault`` tells how the rule itself broke. Of the findings
    ``waived`` are covered by a waiver, each of ``used`` covers at least one, and ``levels`` are those of the findings
    that none covers. ``hidden_by`` counts the devices that it did not look at because of nothing but waived errors, by
    the codes of these. A notice is told once, however many devices it is true of.
    """

    judged: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)
    blocked_by: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    fault: str = ""
    waived: int = 0
    used: set[Waiver] = field(default_factory=set)
    levels: set[Level] = field(default_factory=set)
    hidden_by: dict[str, int] = field(default_factory=dict)

    def keep(self, finding: Finding) -> None:
        """Counts a finding, and keeps it where there is room.

        Waived findings have a limit of their own, so that they never crowd out one that stands.
        """
        if finding.level is Level.NOTICE and any(finding.message == kept.message for kept in self.findings):
            return
        self.found += 1
        if finding.waiver is None:
            has_room = self.found - self.waived <= KEPT_FINDINGS
        else:
            self.waived += 1
            has_room = self.waived <= KEPT_FINDINGS or finding.waiver not in self.used
            self.used.add(finding.waiver)
        if has_room:
            self.findings.append(finding)

    def add(self, later: Tally) -> None:
        """Takes in what the rule said over devices that come after these."""
        self.judged += later.judged
        self.add_findings(later)
        for name in ("blocked_by", "reasons", "hidden_by"):
            for key, count in getattr(later, name).items():
                _count(getattr(self, name), key, count)
        self.fault = self.fault or later.fault

    def add_findings(self, later: Tally) -> None:
        """Takes in no more than what the rule found."""
        for finding in later.findings:
            self.keep(finding)
        self.found += later.found - len(later.findings)
        self.waived += later.waived - sum(finding.waiver is not None for finding in later.findings)
        self.used |= later.used
        self.levels |= later.levels


class State(Enum):
    """What is known of a device once every rule has had its turn.

    Not decided is one without an error that stands of which a rule of level error could not say its word: something
    else was in the way, or the rule broke.
    """

    CONFORMANT = "conformant"
    NOT_DECIDED = "not decided"
    NON_CONFORMANT = "non-conformant"
    REPEATS_ONLY = "repeats what another device has"
    """Non-conformant for nothing else."""


@dataclass(frozen=True)
class Offender:
    """A device with an error: its number in the chunk, its name, and whether it only repeats what another has."""

    index: int
    name: str
    repeats_only: bool = False


@dataclass
class ChunkResult:
    """What judging one chunk has shown.

    Attributes:
        checked: how many devices.
        tallies: by code, what each rule said.
        offenders: the devices with an error.
        recorder: by code, digests of what must be unique, see `Digests`.
        drawn: rank and number of the conformant devices, which validators may be asked about.
        undecided: number in the chunk and name of the devices that are not decided.
        leads: by code, the number of the device that a rule compares all others with, where it is one of this chunk.
        fingerprint: digest over all that was judged, see `Fingerprint`; empty where nobody has asked for it.
    """

    checked: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    offenders: list[Offender] = field(default_factory=list)
    marks: dict[str, bytes] = field(default_factory=dict)
    drawn: list[tuple[int, int]] = field(default_factory=list)
    undecided: list[tuple[int, str]] = field(default_factory=list)
    leads: dict[str, int] = field(default_factory=dict)
    fingerprint: bytes = b""


class ChunkJudge:
    """Judges chunk by chunk; prepared once, since a lot has thousands of them.

    Args:
        rules: those over devices that have something to judge.
        ca: the CA that signs them.
        leads: by code, the first device of the lot for each rule that compares the others with it, where that is known.
        sample: how many devices of a chunk are drawn for the validators.
        seed: what they are drawn by, an integer of up to 64 bits; without one whoever makes the devices knows the draw.
        first_holders: for each rule about what must be unique whom it asks for earlier holders; by default they write
            down
            what is to be compared once all chunks are judged.
        fast_path: whether devices like those that passed may take the fast path.
        waivers: those in force. A device whose errors are all waived is one without: what validators say of it is a
            finding of its own.
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
        waivers: Waivers = NO_WAIVERS,
    ) -> None:
        self._ca = ca
        self._sample = sample
        self._draw_key = b"" if seed is None else seed.to_bytes(8, "big")
        self._waivers = waivers
        self._current = CurrentDevice()
        unique = [rule.code for rule in rules if rule.scope is Scope.UNIQUE]
        self._recorders = {code: DigestRecorder(self._current) for code in unique} if first_holders is None else {}
        self._first_holders: Mapping[str, FirstHolders] = (
            self._recorders if first_holders is None else {code: first_holders() for code in unique}
        )
        self._checks = [(rule, self._started(rule)) for rule in in_order_of_need(rules)]
        # Most lots have no bundles, and asking every bundle rule about every device would cost a third of the time.
        self._without_bundle = [(rule, check) for rule, check in self._checks if rule.family is not Family.BUNDLE]
        self._fast_path = FastPath(self._without_bundle, ca) if fast_path else None
        self._leading = {rule.code for rule in rules if rule.scope is Scope.LOT}
        self.leads: dict[str, DeviceFile] = {}
        self.follow(leads or {})

    def follow(self, leads: Mapping[str, DeviceFile]) -> None:
        """Compares devices from here on with those that are known to be the first, by the codes of the rules."""
        for rule, check in self._checks:
            if rule.code in leads:
                check(leads[rule.code].read(), self._ca)
                self.leads[rule.code] = leads[rule.code]

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
        result = ChunkResult(tallies={rule.code: Tally() for rule, _ in self._checks})
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
        for reasons, count in fast_path.take_counts() if fast_path is not None else ():
            for code, reason in reasons.items():
                tally = result.tallies[code]
                if reason is None:
                    tally.judged += count
                else:
                    _count(tally.reasons, reason, count)
        result.marks = {code: recorder.take() for code, recorder in self._recorders.items()}
        result.drawn = nsmallest(self._sample, drawn)
        return result

    def _judge_file(self, result: ChunkResult, index: int, file: DeviceFile) -> State | None:
        """The full path; None where the file is of no device, a key beside them, say, and nothing is wrong with it."""
        self._current.begin(index)
        device = file.read()
        known = set(self.leads)
        state = self._judge_device(result.tallies, file, device)
        result.leads.update(dict.fromkeys(self.leads.keys() - known, index))
        if state in _SPOTLESS and not (device.certificates or device.troubles or device.bundle):
            return None
        result.checked += 1
        return state

    def _judge_device(self, tallies: Mapping[str, Tally], file: DeviceFile, device: Device) -> State:
        # What keeps other rules from judging, by code: the waived errors behind it, or nothing where a finding stands.
        hindered: dict[str, frozenset[str]] = {}
        told: set[str] = set()
        is_plain = True
        is_decided, is_open = False, False
        reasons: dict[str, str | None] = {}
        errors: list[bool] = []
        for rule, check in self._checks if device.bundle else self._without_bundle:
            tally = tallies[rule.code]
            if hindered and not (hindered.keys().isdisjoint(rule.needs) and told.isdisjoint(rule.told_by)):
                in_the_way = [code for code in rule.needs if code in hindered]
                in_the_way += [code for code in rule.told_by if code in told]
                hindered[rule.code] = _block(tally, in_the_way[:1], hindered)
                is_open = is_open or rule.level is Level.ERROR
                continue
            try:
                findings = check(device, self._ca)
            except NotApplicable as reason:
                reasons[rule.code] = str(reason)
                _count(tally.reasons, str(reason))
                continue
            except Blocked as blocked:
                hindered[rule.code] = _block(tally, blocked.codes, hindered)
                is_open = is_open or rule.level is Level.ERROR
                continue
            except Exception as fault:  # a broken rule is the suite's fault: reported as such, never a verdict
                tally.fault = tally.fault or describe_fault(fault)
                is_plain = False
                is_open = True
                continue
            is_decided = is_decided or rule.level is Level.ERROR
            tally.judged += 1
            reasons[rule.code] = None
            if rule.scope is Scope.LOT and rule.code not in self.leads:
                self.leads[rule.code] = DeviceFile.of(device)
            if findings:
                standing, waived = self._keep(rule, tally, findings, device)
                if Level.ERROR in standing:
                    errors.append(rule.scope is Scope.UNIQUE)
                if standing | waived != {Level.NOTICE}:
                    told.add(rule.code)
                    is_waived = Level.ERROR in waived and standing <= {Level.NOTICE}
                    hindered[rule.code] = frozenset({rule.code}) if is_waived else frozenset()
                elif rule.looks_at:
                    is_plain = False  # another device's notice may read otherwise
        if self._fast_path is not None and is_plain and not hindered:
            self._fast_path.learn(file, device, reasons)
        if errors:
            return State.REPEATS_ONLY if all(errors) else State.NON_CONFORMANT
        return State.CONFORMANT if is_decided and not is_open else State.NOT_DECIDED

    def _keep(
        self, rule: Rule, tally: Tally, findings: Sequence[Finding], device: Device
    ) -> tuple[set[Level], set[Level]]:
        """Keeps what was found, with the device's name where a finding has no place of its own.

        Gives the levels of the findings that stand, and of those that a waiver covers.
        """
        standing: set[Level] = set()
        waived: set[Level] = set()
        for finding in findings:
            place = finding.location
            placed = finding if place.file else replace(finding, location=replace(place, file=device.name))
            complete = rule.complete(placed)
            complete = self._waivers.apply(rule.code, complete, partial(scopes_of_device, device, place))
            (standing if complete.waiver is None else waived).add(complete.level or rule.level)
            tally.keep(complete)
        tally.levels |= standing
        return standing, waived


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


def _block(tally: Tally, codes: Sequence[str], hindered: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Notes why a rule does not look at a device; gives the waived errors that alone are behind it."""
    for code in codes:
        _count(tally.blocked_by, code)
    behind = [hindered.get(code, frozenset()) for code in codes]
    roots: frozenset[str] = frozenset().union(*behind) if all(behind) else frozenset()
    for root in roots:
        _count(tally.hidden_by, root)
    return roots


def _count(counter: dict[str, int], key: str, number: int = 1) -> None:
    counter[key] = counter.get(key, 0) + number

"""Judges devices in one stream: every device rule on every device, each file read once and forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from graphlib import TopologicalSorter
from hashlib import blake2b
from heapq import heappush, heapreplace

from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.engine.waivers import Waivers, marks_of_device
from fcu_conform.rules.model import Blocked, DeviceCheck, Finding, Level, NotApplicable, Rule, Scope

KEPT_FINDINGS = 10_000
"""Findings kept for each rule; what comes beyond is counted, so that a wholly wrong lot does not fill the memory."""


OVER_DEVICES = frozenset({Scope.DEVICE, Scope.LOT})
"""Scopes of the rules that are judged in the pass over the devices."""

BUNDLE_FAMILY = "BDL"
NO_WAIVERS = Waivers()


@dataclass
class Tally:
    """What one rule said over all devices.

    ``judged`` counts the devices that it really looked at, ``blocked_by`` and ``reasons`` tell why it did not look at
    others; ``findings`` are the first of ``found``. Of these ``waived`` are covered by a waiver, each of ``used``
    covers at least one, and ``levels`` are those of the findings that none covers. ``hidden_by`` counts the devices
    that it did not look at because of nothing but waived errors, by the codes of these.
    """

    rule: Rule
    judged: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)
    blocked_by: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    fault: Exception | None = None
    waived: int = 0
    used: set[Waiver] = field(default_factory=set)
    levels: set[Level] = field(default_factory=set)
    hidden_by: dict[str, int] = field(default_factory=dict)


@dataclass
class DevicePass:
    """All that one pass over the devices has shown: a tally for each rule, how many devices, how many with an error.

    ``sample`` are devices without an error for the validators to be asked about, chosen by the digest of their
    certificates, so that another run over the same devices takes the same ones.
    """

    tallies: dict[str, Tally]
    checked: int = 0
    sample: list[Device] = field(default_factory=list)
    offenders: list[str] = field(default_factory=list)
    offending: int = 0

    @property
    def conformant(self) -> int:
        """Devices without an error."""
        return self.checked - self.offending


def judge_devices(
    rules: Sequence[Rule],
    devices: Iterable[Device],
    setup: Setup,
    *,
    sample: int = 0,
    waivers: Waivers = NO_WAIVERS,
) -> DevicePass:
    """Judges a stream of devices by device rules, and keeps a sample of those without an error.

    A device whose errors are all waived is one without: what validators say of it is a finding of its own.
    """
    result = DevicePass({rule.code: Tally(rule) for rule in rules})
    checks = [(result.tallies[rule.code], _started(rule, setup)) for rule in _in_order_of_need(rules)]
    # Most lots have no bundles, and asking every bundle rule about every device would cost a third of the time.
    without_bundle = [(tally, check) for tally, check in checks if tally.rule.family != BUNDLE_FAMILY]
    drawn: list[tuple[int, int, Device]] = []
    for device in devices:
        result.checked += bool(device.certificates or device.troubles or device.bundle)
        if _judge_device(checks if device.bundle else without_bundle, device, setup, waivers):
            result.offending += 1
            if len(result.offenders) < KEPT_FINDINGS:
                result.offenders.append(device.name)
        elif sample and device.certificates:
            _draw(drawn, device, sample)
    result.sample = [device for _, _, device in sorted(drawn, key=lambda entry: -entry[0])]
    return result


def _draw(drawn: list[tuple[int, int, Device]], device: Device, size: int) -> None:
    """Keeps the devices with the lowest digests; the heap has the highest of them on top."""
    digest = int.from_bytes(blake2b(device.certificates[0].raw, digest_size=8).digest(), "big")
    entry = (-digest, id(device), device)
    if len(drawn) < size:
        heappush(drawn, entry)
    elif entry > drawn[0]:
        heapreplace(drawn, entry)


def _started(rule: Rule, setup: Setup) -> DeviceCheck:
    check: DeviceCheck = rule.check(setup) if rule.scope is Scope.LOT else rule.check
    return check


def _in_order_of_need(rules: Sequence[Rule]) -> list[Rule]:
    """The rules so that each comes after those it needs."""
    by_code = {rule.code: rule for rule in rules}
    graph = {rule.code: [code for code in rule.needs if code in by_code] for rule in rules}
    return [by_code[code] for code in TopologicalSorter(graph).static_order()]


def _judge_device(checks: list[tuple[Tally, DeviceCheck]], device: Device, setup: Setup, waivers: Waivers) -> bool:
    """Whether the device has an error that stands."""
    # What keeps other rules from judging, by code: the waived errors behind it, or nothing where a finding stands.
    hindered: dict[str, frozenset[str]] = {}
    offends = False
    for tally, check in checks:
        rule = tally.rule
        if hindered and not hindered.keys().isdisjoint(rule.needs):
            hindered[rule.code] = _block(tally, [code for code in rule.needs if code in hindered][:1], hindered)
            continue
        try:
            findings = check(device, setup)
        except NotApplicable as reason:
            _count(tally.reasons, str(reason))
            continue
        except Blocked as blocked:
            hindered[rule.code] = _block(tally, blocked.codes, hindered)
            continue
        except Exception as fault:  # a broken rule is the suite's fault: reported as such, never a verdict
            tally.fault = tally.fault or fault
            continue
        tally.judged += 1
        if findings:
            standing, waived = _keep(tally, findings, device, waivers)
            offends = offends or Level.ERROR in standing
            if standing | waived != {Level.NOTICE}:
                is_waived = Level.ERROR in waived and standing <= {Level.NOTICE}
                hindered[rule.code] = frozenset({rule.code}) if is_waived else frozenset()
    return offends


def _block(tally: Tally, codes: Sequence[str], hindered: dict[str, frozenset[str]]) -> frozenset[str]:
    """Notes why a rule does not look at a device; gives the waived errors that alone are behind it."""
    for code in codes:
        _count(tally.blocked_by, code)
    behind = [hindered.get(code, frozenset()) for code in codes]
    roots: frozenset[str] = frozenset().union(*behind) if all(behind) else frozenset()
    for root in roots:
        _count(tally.hidden_by, root)
    return roots


def _keep(tally: Tally, findings: Sequence[Finding], device: Device, waivers: Waivers) -> tuple[set[Level], set[Level]]:
    """Keeps what was found, with the device's name where a finding has no place of its own.

    A notice is told once, however many devices it is true of. Waived findings have a limit of their own, so that they
    never crowd out one that stands.

    Returns:
        The levels of the findings that stand, and of those that a waiver covers.
    """
    standing: set[Level] = set()
    waived: set[Level] = set()
    for finding in findings:
        complete = tally.rule.complete(finding)
        complete = waivers.apply(tally.rule.code, complete, partial(marks_of_device, device, complete.location))
        level = complete.level or tally.rule.level
        (standing if complete.waiver is None else waived).add(level)
        if level is Level.NOTICE and any(complete.message == kept.message for kept in tally.findings):
            continue
        if complete.location.file is None:
            complete = replace(complete, location=replace(complete.location, file=device.name))
        tally.found += 1
        if complete.waiver is None:
            has_room = tally.found - tally.waived <= KEPT_FINDINGS
        else:
            tally.waived += 1
            has_room = tally.waived <= KEPT_FINDINGS or complete.waiver not in tally.used
            tally.used.add(complete.waiver)
        if has_room:
            tally.findings.append(complete)
    tally.levels |= standing
    return standing, waived


def _count(counter: dict[str, int], key: str) -> None:
    counter[key] = counter.get(key, 0) + 1

"""Judges devices in one stream: every device rule on every device, each file read once and forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from hashlib import blake2b
from heapq import heappush, heapreplace

from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import Blocked, DeviceCheck, Finding, Level, NotApplicable, Rule, Scope

KEPT_FINDINGS = 10_000
"""Findings kept for each rule; what comes beyond is counted, so that a wholly wrong lot does not fill the memory."""


BUNDLE_FAMILY = "BDL"


@dataclass
class Tally:
    """What one rule said over all devices.

    ``judged`` counts the devices that it really looked at, ``blocked_by`` and ``reasons`` tell why it did not look at
    others; ``findings`` are the first of ``found``.
    """

    rule: Rule
    judged: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)
    blocked_by: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    fault: Exception | None = None


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


def judge_devices(rules: Sequence[Rule], devices: Iterable[Device], setup: Setup, *, sample: int = 0) -> DevicePass:
    """Judges a stream of devices by device rules, and keeps a sample of those without an error."""
    result = DevicePass({rule.code: Tally(rule) for rule in rules})
    checks = [(result.tallies[rule.code], _started(rule, setup)) for rule in _in_order_of_need(rules)]
    # Most lots have no bundles, and asking every bundle rule about every device would cost a third of the time.
    without_bundle = [(tally, check) for tally, check in checks if tally.rule.family != BUNDLE_FAMILY]
    drawn: list[tuple[int, int, Device]] = []
    for device in devices:
        result.checked += bool(device.certificates or device.troubles or device.bundle)
        if _judge_device(checks if device.bundle else without_bundle, device, setup):
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


def _judge_device(checks: list[tuple[Tally, DeviceCheck]], device: Device, setup: Setup) -> bool:
    """Whether the device has an error."""
    hindered: set[str] = set()
    offends = False
    for tally, check in checks:
        rule = tally.rule
        if hindered and not hindered.isdisjoint(rule.needs):
            _count(tally.blocked_by, next(code for code in rule.needs if code in hindered))
            hindered.add(rule.code)
            continue
        try:
            findings = check(device, setup)
        except NotApplicable as reason:
            _count(tally.reasons, str(reason))
            continue
        except Blocked as blocked:
            for code in blocked.codes:
                _count(tally.blocked_by, code)
            hindered.add(rule.code)
            continue
        except Exception as fault:  # a broken rule is the suite's fault: reported as such, never a verdict
            tally.fault = tally.fault or fault
            continue
        tally.judged += 1
        if findings:
            weightiest = _keep(tally, findings, device)
            offends = offends or weightiest is Level.ERROR
            if weightiest is not Level.NOTICE:
                hindered.add(rule.code)
    return offends


def _keep(tally: Tally, findings: Sequence[Finding], device: Device) -> Level:
    """Keeps what was found, with the device's name where a finding has no place of its own; gives the highest level.

    A notice is told once, however many devices it is true of.
    """
    levels = set()
    for finding in findings:
        complete = tally.rule.complete(finding)
        assert complete.level is not None
        levels.add(complete.level)
        if complete.level is Level.NOTICE and any(complete.message == kept.message for kept in tally.findings):
            continue
        if complete.location.file is None:
            complete = replace(complete, location=replace(complete.location, file=device.name))
        tally.found += 1
        if len(tally.findings) < KEPT_FINDINGS:
            tally.findings.append(complete)
    return next(level for level in Level if level in levels)


def _count(counter: dict[str, int], key: str) -> None:
    counter[key] = counter.get(key, 0) + 1

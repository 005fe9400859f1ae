"""The full path of a device: runs every rule on it, in the order of their needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from functools import partial

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device, DeviceFile
from fcu_conform.engine.faults import describe_fault
from fcu_conform.engine.lot.fast_path import FastPath
from fcu_conform.engine.lot.tally import Tally, count_up
from fcu_conform.engine.waivers import Waivers, scopes_of_device
from fcu_conform.rules.family import Family
from fcu_conform.rules.model import Blocked, DeviceCheck, Finding, Level, NotApplicable, Rule, Scope


class State(Enum):
    """The state of a device once every rule was judged.

    A device is not decided if it has no unwaived error, but a rule of level error could not be judged: it was
    blocked, or it broke.
    """

    CONFORMANT = "conformant"
    NOT_DECIDED = "not decided"
    NON_CONFORMANT = "non-conformant"
    REPEATS_ONLY = "shares a value with another device"
    """Non-conformant for nothing else."""


class FullPath:
    """Asks rules about one device after the other.

    Args:
        checks: rule and function of each rule over devices, in the order in which they judge.
        ca: what they judge by.
        waivers: those in force.
        fast_path: learns from the devices without a fault; None where all devices take the full path.

    ``leads`` are, by code, the devices that the rules which compare devices with the first have seen as the first.
    """

    def __init__(
        self, checks: Sequence[tuple[Rule, DeviceCheck]], ca: CaContext, waivers: Waivers, fast_path: FastPath | None
    ) -> None:
        self._checks = checks
        # Most lots have no bundles, and asking every bundle rule about every device would cost a third of the time.
        self._without_bundle = without_bundle(checks)
        self._ca = ca
        self._waivers = waivers
        self._fast_path = fast_path
        self.leads: dict[str, DeviceFile] = {}

    def follow(self, leads: Mapping[str, DeviceFile]) -> None:
        """Compares devices from here on with those that are known to be the first, by the codes of the rules."""
        for rule, check in self._checks:
            if rule.code in leads:
                check(leads[rule.code].read(), self._ca)
                self.leads[rule.code] = leads[rule.code]

    def judge(self, tallies: Mapping[str, Tally], file: DeviceFile, device: Device) -> State:
        """Asks every rule about a device; what each says is added to its tally."""
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
                count_up(tally.reasons, str(reason))
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


def without_bundle(checks: Sequence[tuple[Rule, DeviceCheck]]) -> list[tuple[Rule, DeviceCheck]]:
    """The rules that are asked about a device that is not given as a bundle."""
    return [(rule, check) for rule, check in checks if rule.family is not Family.BUNDLE]


def _block(tally: Tally, codes: Sequence[str], hindered: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Notes why a rule does not look at a device; gives the waived errors that alone are behind it."""
    for code in codes:
        count_up(tally.blocked_by, code)
    behind = [hindered.get(code, frozenset()) for code in codes]
    roots: frozenset[str] = frozenset().union(*behind) if all(behind) else frozenset()
    for root in roots:
        count_up(tally.hidden_by, root)
    return roots

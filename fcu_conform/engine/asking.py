"""Asks validators and servers about paths, and turns what they say into results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine.refusal_causes import explains
from fcu_conform.engine.results import Outcome, Result
from fcu_conform.engine.validator_panel import LET_IN, explained_by
from fcu_conform.engine.waivers import WaiverScope, WaiverScopes, scopes_of_device
from fcu_conform.rules.family import Family
from fcu_conform.rules.model import (
    Blocked,
    Finding,
    Level,
    Location,
    NotApplicable,
    PathQuestion,
    Rule,
    Scope,
    requires,
)
from fcu_conform.validators.model import CannotTell

if TYPE_CHECKING:
    from fcu_conform.engine.examination import Examination

_CHAIN_FAMILIES = (Family.CERTIFICATE, Family.CHAIN)
_DEVICE_FAMILIES = (Family.CERTIFICATE, Family.CHAIN, Family.UPLOAD)


class Asking:
    """The rules of an examination that others answer."""

    def __init__(self, examination: Examination) -> None:
        self._examination = examination

    def by_validator(self, rule: Rule, target: str) -> Result:
        """What one validator says of a path of the set-up, or of those of the sampled devices."""
        if target not in self._examination.asked:
            raise NotApplicable("no validator was asked for")
        setup, validator = self._examination.asked[target]
        families = _CHAIN_FAMILIES if rule.scope is Scope.PATH else _DEVICE_FAMILIES
        paths: Iterable[tuple[PathQuestion, Location, WaiverScopes]]
        if rule.scope is Scope.PATH:
            self._examination.block_by_needs(rule, setup.name)
            question: PathQuestion = rule.check(setup.ca)
            leaf = question.leaf.sha256
            paths = [
                (question, Location(setup.keystore.fcu_crt.name), lambda: [WaiverScope(leaf, is_fingerprint=True)])
            ]
        else:
            requires(setup.upload, "no portal upload was given")
            requires(setup.devices, "no device output was given")
            self._examination.block_by_needs(rule, setup.name)
            paths = self._device_paths(rule, setup)
        panel = self._examination.panels[setup.name]
        findings: list[Finding] = []
        silent = refused = has_reserve = False
        asked = 0
        turned_away: list[int] = []
        untold = ""
        blocked_by: dict[str, None] = {}
        for number, (path, place, scopes) in enumerate(paths):
            try:
                answer = panel.ask(validator.name, path)
            except CannotTell as doubt:
                untold = str(doubt)
                continue
            if answer is None:
                silent = True
                continue
            asked += 1
            causes: tuple[str, ...] = ()
            if not answer.accepted:
                refused = True
                causes = self._explaining(families, setup.name, answer.reason)
                blocked_by.update(dict.fromkeys(causes))
            finding = panel.finding(validator.name, path, answer, place, causes)
            if finding is None or (answer.accepted and has_reserve):
                continue  # that dates are left out is told once, however many devices there are
            has_reserve = has_reserve or answer.accepted
            finding = self._examination.waivers.apply(rule.code, rule.complete(finding), scopes)
            findings.append(finding)
            if validator.acceptance_counts and not answer.accepted and (causes or _stands(finding)):
                turned_away.append(number)
        if not asked:
            raise Blocked("SYS002") if silent else NotApplicable(untold)
        result = self._examination.conclude(rule, target, tuple(findings))
        if rule.scope is Scope.DEVICE_PATH:
            result = replace(result, asked=asked, refused=tuple(turned_away))
        if silent and result.outcome is not Outcome.FAILED:
            result = replace(result, outcome=Outcome.BLOCKED, blocked_by=("SYS002",))
        elif blocked_by and result.outcome is not Outcome.FAILED:
            result = replace(result, outcome=Outcome.BLOCKED, blocked_by=tuple(blocked_by))
        elif not refused and not validator.acceptance_counts:
            reason = "it accepts, which does not count: it can be made to accept a forgery"
            result = replace(result, outcome=Outcome.NOT_APPLICABLE, reason=reason)
        return replace(result, version=validator.version())

    def by_handshake(self, rule: Rule, setup: Setup) -> Result:
        """What servers say to one of the sampled devices."""
        requires(self._examination.handshake, "handshakes were not asked for (--fcu-handshake)")
        requires(setup.upload, "no portal upload was given")
        requires(setup.devices, "no device output was given")
        self._examination.block_by_needs(rule, setup.name)
        sample = self._examination.device_results(setup.name).sample
        number = next((n for n, d in enumerate(sample) if d.key is not None and d.key.private is not None), None)
        if number is None:
            list(self._device_paths(rule, setup))  # says so where no device is without an error
            raise NotApplicable("no device's private key is in the output, and no stand-in can be made without FCU's")
        device = sample[number]
        findings = self._examination.panels[setup.name].shake_hands(device, rule.check(device, setup.upload))
        if findings is None:
            raise Blocked("SYS002")
        scopes = partial(scopes_of_device, device, Location(device.name))
        blocked_by: dict[str, None] = {}
        completed = []
        for finding in findings:
            turned_away = finding.level is None and finding.expected == LET_IN
            causes = self._explaining(_DEVICE_FAMILIES, setup.name, finding.found) if turned_away else ()
            blocked_by.update(dict.fromkeys(causes))
            completed.append(
                self._examination.waivers.apply(rule.code, rule.complete(explained_by(finding, causes)), scopes)
            )
        refused = (number,) if blocked_by or any(map(_stands, completed)) else ()
        result = replace(self._examination.conclude(rule, setup.name, tuple(completed)), asked=1, refused=refused)
        if blocked_by and result.outcome is not Outcome.FAILED:
            return replace(result, outcome=Outcome.BLOCKED, blocked_by=tuple(blocked_by))
        return result

    def _device_paths(self, rule: Rule, setup: Setup) -> Iterator[tuple[PathQuestion, Location, WaiverScopes]]:
        """The paths of the sampled devices: those that the rules let pass; of the others the rules tell why."""
        devices = self._examination.device_results(setup.name)
        if not devices.sample:
            codes = [code for code, tally in devices.tallies.items() if Level.ERROR in tally.levels]
            codes = codes or sorted({code for tally in devices.tallies.values() for code in tally.blocked_by})
            raise Blocked(*codes) if codes else NotApplicable("no device has a certificate")
        for device in devices.sample:
            place = Location(device.name)
            yield rule.check(device, setup.upload), place, partial(scopes_of_device, device, place)

    def _explaining(self, families: tuple[Family, ...], name: str, reason: str) -> tuple[str, ...]:
        """The rules of some families that failed on a set-up and explain a refusal with these words."""
        return tuple(
            rule.code
            for rule in self._examination.catalogue
            if rule.family in families
            and rule.scope is Scope.SETUP
            and explains(rule.code, reason)
            and self._examination.judge(rule.code, name).outcome is Outcome.FAILED
        )


def _stands(finding: Finding) -> bool:
    """It is an error that no waiver covers."""
    return finding.level is Level.ERROR and finding.waiver is None

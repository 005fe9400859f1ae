"""Judges the rules that ask independent validators about the path of fcu.crt or the paths of devices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from fcu_conform.engine.refusal_causes import explains
from fcu_conform.engine.results import Outcome, Result
from fcu_conform.engine.waivers import Waivers, WaiverScope, WaiverScopes, scopes_of_device
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
from fcu_conform.validators.model import Answer, CannotTell, Validator

if TYPE_CHECKING:
    from fcu_conform.artefacts.setup import Setup
    from fcu_conform.engine.evaluate_devices import DevicesEvaluator
    from fcu_conform.engine.judgements import Judgements
    from fcu_conform.engine.targets import Targets
    from fcu_conform.engine.validator_panel import Told, ValidatorPanel

CHAIN_FAMILIES = (Family.CERTIFICATE, Family.CHAIN)
DEVICE_FAMILIES = (*CHAIN_FAMILIES, Family.UPLOAD)
"""Families whose failed rules may explain why a path of fcu.crt, or of a device, is refused."""


class AskedPath(NamedTuple):
    """A path, where its leaf stands, and what a waiver may call it."""

    question: PathQuestion
    place: Location
    scopes: WaiverScopes


@dataclass
class _Heard:
    """The answers of one validator about some paths.

    Attributes:
        findings: the findings about its answers.
        asked: how many paths it has answered for.
        refused: it has refused one.
        turned_away: numbers of the paths whose refusal counts.
        blocked_by: rules that explain refusals.
        silent: it has not answered, which is a fault of the run.
        untold: why it cannot judge a path, although nothing is at fault.
    """

    findings: list[Finding] = field(default_factory=list)
    asked: int = 0
    refused: bool = False
    turned_away: list[int] = field(default_factory=list)
    blocked_by: dict[str, None] = field(default_factory=dict)
    silent: bool = False
    untold: str = ""
    has_reserve: bool = False


@dataclass(frozen=True)
class PathEvaluator:
    """Judges rules of the scopes PATH and DEVICE_PATH; their target is a setup and a validator.

    ``ask_together``: all validators are asked when the first is judged, and this is told how far they are. Without it
    each is asked when it is judged, since the others may never be, or elsewhere.
    """

    judgements: Judgements
    targets: Targets
    panels: Mapping[str, ValidatorPanel]
    devices: DevicesEvaluator
    waivers: Waivers
    ask_together: Told | None = None

    def evaluate(self, rule: Rule, target: str) -> Result:
        """What one validator says of a path of the setup, or of those of the sampled devices."""
        if target not in self.targets.asked:
            raise NotApplicable("no validator was requested")
        setup, validator = self.targets.asked[target]
        heard = _Heard()
        paths = list(self._paths(rule, setup))
        if self.ask_together is not None:
            self.panels[setup.name].ask_all([path.question for path in paths], self.ask_together)
        for number, path in enumerate(paths):
            self._ask(rule, setup, validator, number, path, heard)
        if not heard.asked:
            raise Blocked("SYS002") if heard.silent else NotApplicable(heard.untold)
        result = self.judgements.conclude(rule, target, tuple(heard.findings))
        if rule.scope is Scope.DEVICE_PATH:
            result = replace(result, asked=heard.asked, refused=tuple(heard.turned_away))
        if heard.silent and result.outcome is not Outcome.FAILED:
            result = replace(result, outcome=Outcome.BLOCKED, blocked_by=("SYS002",))
        elif heard.blocked_by and result.outcome is not Outcome.FAILED:
            result = replace(result, outcome=Outcome.BLOCKED, blocked_by=tuple(heard.blocked_by))
        elif not heard.refused and not validator.acceptance_counts:
            reason = "ignored: this library accepts forged paths (see docs/validators.md)"
            result = replace(result, outcome=Outcome.NOT_APPLICABLE, reason=reason)
        return replace(result, version=validator.version())

    def _paths(self, rule: Rule, setup: Setup) -> Iterator[AskedPath]:
        if rule.scope is Scope.DEVICE_PATH:
            yield from device_paths(rule, setup, self.judgements, self.devices)
            return
        self.judgements.block_by_needs(rule, setup.name)
        question: PathQuestion = rule.check(setup.ca)
        scope = WaiverScope(question.leaf.sha256, is_fingerprint=True)
        yield AskedPath(question, Location(setup.keystore.fcu_crt.name), lambda: [scope])

    def _ask(self, rule: Rule, setup: Setup, validator: Validator, number: int, path: AskedPath, heard: _Heard) -> None:
        try:
            answer = self.panels[setup.name].ask(validator.name, path.question)
        except CannotTell as doubt:
            heard.untold = str(doubt)
            return
        if answer is None:
            heard.silent = True
            return
        heard.asked += 1
        causes = self._causes(rule, setup, answer)
        heard.refused = heard.refused or not answer.accepted
        heard.blocked_by.update(dict.fromkeys(causes))
        finding = self.panels[setup.name].finding(validator.name, path.question, answer, path.place, causes)
        if finding is None or (answer.accepted and heard.has_reserve):
            return  # that dates are left out is told once, however many devices there are
        heard.has_reserve = heard.has_reserve or answer.accepted
        finding = self.waivers.apply(rule.code, rule.complete(finding), path.scopes)
        heard.findings.append(finding)
        if validator.acceptance_counts and not answer.accepted and (causes or stands(finding)):
            heard.turned_away.append(number)

    def _causes(self, rule: Rule, setup: Setup, answer: Answer) -> tuple[str, ...]:
        if answer.accepted:
            return ()
        families = CHAIN_FAMILIES if rule.scope is Scope.PATH else DEVICE_FAMILIES
        return failed_causes(families, setup.name, answer.reason, self.judgements)


def needs_devices_and_upload(rule: Rule, setup: Setup, judgements: Judgements) -> None:
    """Raises NotApplicable or Blocked where nobody can be asked about devices of a setup."""
    requires(setup.upload, "no portal upload was given")
    requires(setup.devices, "no device output was given")
    judgements.block_by_needs(rule, setup.name)


def device_paths(rule: Rule, setup: Setup, judgements: Judgements, devices: DevicesEvaluator) -> Iterator[AskedPath]:
    """The paths of the sampled devices: those that the rules let pass; of the others the rules tell why."""
    needs_devices_and_upload(rule, setup, judgements)
    results = devices.results(setup.name)
    if not results.sample:
        codes = [code for code, tally in results.tallies.items() if Level.ERROR in tally.levels]
        codes = codes or sorted({code for tally in results.tallies.values() for code in tally.blocked_by})
        raise Blocked(*codes) if codes else NotApplicable("no device has a certificate")
    for device in results.sample:
        place = Location(device.name)
        yield AskedPath(rule.check(device, setup.upload), place, partial(scopes_of_device, device, place))


def failed_causes(families: tuple[Family, ...], name: str, reason: str, judgements: Judgements) -> tuple[str, ...]:
    """The rules of some families that failed on a setup and explain a refusal with these words."""
    return tuple(
        rule.code
        for rule in judgements.catalogue
        if rule.family in families
        and rule.scope in (Scope.SETUP, Scope.INSTANCES)
        and explains(rule.code, reason)
        and judgements.judge(rule.code, name).outcome is Outcome.FAILED
    )


def stands(finding: Finding) -> bool:
    """It is an error that no waiver covers."""
    return finding.level is Level.ERROR and finding.waiver is None

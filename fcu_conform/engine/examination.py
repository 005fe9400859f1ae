"""Judges rules on set-ups: order, what blocks what, one outcome for each rule and subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, cast

from fcu_conform.artefacts.redaction import redact
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.waivers import Waiver, WaiverFile
from fcu_conform.engine.asking import Asking
from fcu_conform.engine.faults import describe_fault
from fcu_conform.engine.results import JUDGED, Outcome, Result
from fcu_conform.engine.validator_panel import ValidatorPanel
from fcu_conform.engine.waiver_audit import audit_waivers
from fcu_conform.engine.waivers import Waivers, scopes_in_setup
from fcu_conform.rules import catalogue as known_rules
from fcu_conform.rules.model import (
    OVER_DEVICES,
    Blocked,
    Catalogue,
    Finding,
    Findings,
    Level,
    Location,
    NotApplicable,
    Rule,
    Scope,
    requires,
)
from fcu_conform.validators.model import UNPROTECTED, Validator

if TYPE_CHECKING:
    from fcu_conform.artefacts.ca_context import CaContext
    from fcu_conform.artefacts.device_output.device_set import DeviceSet
    from fcu_conform.engine.lot.chunk_judge import Tally
    from fcu_conform.engine.lot.device_run import DeviceResults

    Runner: TypeAlias = Callable[[Sequence[Rule], DeviceSet | None, CaContext, int, Waivers], DeviceResults]

BY_VALIDATORS = frozenset({Scope.PATH, Scope.DEVICE_PATH})
TOLD = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.WAIVED})
"""Outcomes of a rule that has found something: a waiver does not make a fault go away."""
HINDERED = TOLD | {Outcome.BLOCKED, Outcome.ERROR}
"""Outcomes of a needed rule that keep another one from judging."""

VALIDATOR_SAMPLE = 20
"""Devices that each validator is asked about."""


class Examination:
    """The rules of a catalogue, judged on set-ups whenever somebody asks, each once.

    What independent validators say is a result for each of them: its subject is ``SETUP-VALIDATOR``.

    Args:
        setups: one for each keystore; their names differ.
        strict: a warning fails.
        validators: the independent validators to ask.
        sample: how many devices each of them is asked about.
        sample_seed: what these are drawn by, an integer of up to 64 bits; without one whoever makes the devices knows
            which will be drawn.
        named_validators: names of those that were asked for one by one, so that silence about them would be wrong.
        handshake: a device shakes hands with servers too.
        waivers: the findings that somebody has taken the responsibility for. What is said of these waivers is a result
            whose subject is their file's name.
        catalogue: the rules; all that have something to judge unless told otherwise.
        runner: judges the devices; by default in this process, one after the other.
    """

    def __init__(
        self,
        setups: Sequence[Setup],
        *,
        strict: bool = False,
        validators: Sequence[Validator] = (),
        sample: int = VALIDATOR_SAMPLE,
        sample_seed: int | None = None,
        named_validators: Sequence[str] = (),
        handshake: bool = False,
        waivers: WaiverFile | None = None,
        catalogue: Catalogue | None = None,
        runner: Runner | None = None,
    ) -> None:
        self.setups = {setup.name: setup for setup in setups}
        self.strict = strict
        if catalogue is None:
            devices, upload = any(setup.devices for setup in setups), any(setup.upload for setup in setups)
            catalogue = known_rules(
                devices=devices,
                upload=upload,
                validators=bool(validators),
                handshake=handshake,
                waivers=waivers is not None,
            )
        self.catalogue = catalogue
        self.waiver_file = waivers
        self._waiver_audit = None if waivers is None else audit_waivers(self, waivers)
        self.waivers = Waivers() if self._waiver_audit is None else Waivers(self._waiver_audit.in_force)
        self.panels = {setup.name: ValidatorPanel(validators, setup.at) for setup in setups}
        self.validators = tuple(validators)
        self.named_validators = tuple(named_validators)
        self.handshake = handshake
        self.sample_seed = sample_seed
        self._runner = runner
        self._sample = sample if validators or handshake else 0  # one of a few may have its key in the output
        self.asked = {
            f"{setup.name}-{validator.name}": (setup, validator) for setup in setups for validator in validators
        }
        self._asking = Asking(self)
        self._results: dict[tuple[str, str], Result] = {}
        self._device_results: dict[str, DeviceResults] = {}
        self._hinderers: dict[tuple[str, str], tuple[str, ...]] = {}

    def cases(self) -> Sequence[tuple[Rule, str]]:
        """Every rule with every subject it is judged on, set-up by set-up in the given order, the waivers last."""
        cases = [
            (rule, target) for name in self.setups for rule in self.catalogue for target in self._targets(rule, name)
        ]
        if self.waiver_file is None:
            return cases
        return [*cases, *((rule, self.waiver_file.name) for rule in self.catalogue if rule.scope is Scope.WAIVERS)]

    def _targets(self, rule: Rule, name: str) -> list[str]:
        if rule.scope is Scope.WAIVERS:
            return []
        if rule.scope not in BY_VALIDATORS:
            return [name]
        return [target for target, (setup, _) in self.asked.items() if setup.name == name] or [name]

    def setup_of(self, target: str) -> Setup:
        """The set-up that a subject is about; of the waivers, which are about all of them, the first."""
        if target in self.asked:
            return self.asked[target][0]
        if target not in self.setups and self.waiver_file is not None and target == self.waiver_file.name:
            return next(iter(self.setups.values()))
        return self.setups[target]

    def judge(self, code: str, target: str) -> Result:
        """The result of one rule on one subject; what the rule needs is judged before it.

        Raises:
            KeyError: no such rule or subject.
        """
        key = code, target
        if key not in self._results:
            result = self._judge(self.catalogue[code], target)
            self._results[key] = replace(result, reason=redact(result.reason))
        return self._results[key]

    def _judge(self, rule: Rule, target: str) -> Result:
        """The result of a rule that may break: a broken rule is the suite's fault, told as such and never a verdict."""
        setup = self.setup_of(target)
        try:
            if rule.scope is Scope.WAIVERS:
                return self._of_waivers(rule, target)
            if rule.scope in BY_VALIDATORS:
                return self._asking.by_validator(rule, target)
            if rule.scope in OVER_DEVICES:
                return self._over_devices(rule, setup)
            if rule.scope is Scope.HANDSHAKE:
                return self._asking.by_handshake(rule, setup)
            if rule.scope is Scope.RUN:
                return self._of_run(rule, setup)
            return self._of_setup(rule, setup)
        except NotApplicable as reason:
            return Result(rule, target, Outcome.NOT_APPLICABLE, reason=str(reason))
        except Blocked as blocked:
            return Result(rule, target, Outcome.BLOCKED, blocked_by=blocked.codes)
        except Exception as fault:
            return Result(rule, target, Outcome.ERROR, reason=describe_fault(fault))

    def _of_setup(self, rule: Rule, setup: Setup) -> Result:
        self.block_by_needs(rule, setup.name)
        findings = []
        for found in self._findings(rule, setup):
            finding = rule.complete(found)
            scopes = partial(scopes_in_setup, setup, rule, finding.location)
            findings.append(self.waivers.apply(rule.code, finding, scopes))
        return self.conclude(rule, setup.name, tuple(findings))

    def _findings(self, rule: Rule, setup: Setup) -> Findings:
        if rule.scope is Scope.INSTANCES:
            return cast(Findings, rule.check(setup, [other for other in self.setups.values() if other is not setup]))
        return cast(Findings, rule.check(setup))

    def block_by_needs(self, rule: Rule, name: str) -> None:
        """Raises Blocked where something that a rule of a set-up needs keeps it from judging."""
        blocked_by = (*self.hindered(rule.needs, name), *self._told(rule, name))
        if blocked_by:
            raise Blocked(*blocked_by)

    def conclude(self, rule: Rule, target: str, findings: tuple[Finding, ...], tally: Tally | None = None) -> Result:
        """The result of what was found; over devices more was found than is kept, which the tally knows."""
        if tally is None:
            levels = {finding.level for finding in findings if finding.waiver is None}
            count, waived = len(findings), sum(finding.waiver is not None for finding in findings)
        else:
            levels, count, waived = {*tally.levels}, tally.found, tally.waived
        outcome = self._outcome(levels, waived)
        blocked_by = (
            self.hindered(rule.partially_blocked_by, target)
            if outcome is Outcome.PASSED and rule.partially_blocked_by
            else ()
        )
        if blocked_by:
            outcome = Outcome.BLOCKED
        return Result(rule, target, outcome, findings, blocked_by, count=count, waived=waived)

    def _of_waivers(self, rule: Rule, target: str) -> Result:
        return self.conclude(rule, target, tuple(rule.complete(finding) for finding in rule.check(self._waiver_audit)))

    def is_in_force(self, waiver: Waiver) -> bool:
        """The waiver is applied; a wrong one is not."""
        return waiver in self.waivers

    def results_of(self, code: str) -> list[Result]:
        """The results of one rule on all its subjects; none where the run has nothing for it to judge."""
        if code not in self.catalogue:
            return []
        rule = self.catalogue[code]
        return [self.judge(code, target) for name in self.setups for target in self._targets(rule, name)]

    def _of_run(self, rule: Rule, setup: Setup) -> Result:
        others = [other for other in self.catalogue if not other.scope.is_about_run]
        if rule.code == "SYS001":
            judged = any(
                self.judge(other.code, target).outcome in JUDGED
                for other in others
                for target in self._targets(other, setup.name)
            )
            finding = Finding("no rule looked at anything", Location())
            return self.conclude(rule, setup.name, () if judged else (rule.complete(finding),))
        members = self.panels[setup.name].members
        requires(members or self.handshake, "no validator was asked for")
        for other in others:
            if other.scope in BY_VALIDATORS or other.scope is Scope.HANDSHAKE:
                for target in self._targets(other, setup.name):
                    self.judge(other.code, target)
        faults = [(name, fault) for name, member in members.items() for fault in member.faults]
        faults += [("the handshake", fault) for fault in self.panels[setup.name].handshake_faults]
        findings = [Finding(f"{name} did not answer: {fault}", Location()) for name, fault in faults]
        if UNPROTECTED:
            findings.append(Finding(UNPROTECTED, Location(), level=Level.NOTICE))
        return self.conclude(rule, setup.name, tuple(rule.complete(finding) for finding in findings))

    def device_results(self, target: str) -> DeviceResults:
        """What one pass over the devices of a set-up has shown; the devices are read when this is first asked for.

        Rules of the keystore that a device rule needs are judged before.
        """
        if target not in self._device_results:
            setup = self.setups[target]
            rules = [
                rule
                for rule in self.catalogue
                if rule.scope in OVER_DEVICES and not self.keystore_hinders(rule, target)
            ]
            run = self._runner or partial(_in_this_process, seed=self.sample_seed)
            devices = run(rules, setup.devices, setup.ca, self._sample, self.waivers)
            hinderers = (
                self.keystore_hinders(rule, target)
                for rule in self.catalogue
                if rule.scope in OVER_DEVICES and rule.level is Level.ERROR
            )
            devices.blocked_by = tuple(dict.fromkeys(code for codes in hinderers for code in codes))
            self._device_results[target] = devices
        return self._device_results[target]

    def keystore_hinders(self, rule: Rule, target: str) -> tuple[str, ...]:
        """The rules of the keystore that keep a device rule, or one that it needs, from judging any device."""
        # Kept, because what rules need overlaps so much that asking anew each time takes longer than judging.
        key = rule.code, target
        if key not in self._hinderers:
            self._hinderers[key] = self._find_hinderers(rule, target)
        return self._hinderers[key]

    def _find_hinderers(self, rule: Rule, target: str) -> tuple[str, ...]:
        hindered = dict.fromkeys(self._told(rule, target))
        for code in rule.needs:
            needed = self.catalogue[code]
            codes = (code,) if needed.scope not in OVER_DEVICES else ()
            hindered.update(dict.fromkeys(self.hindered(codes, target) or ()))
            if needed.scope in OVER_DEVICES:
                hindered.update(dict.fromkeys(self.keystore_hinders(needed, target)))
        return tuple(hindered)

    def _over_devices(self, rule: Rule, setup: Setup) -> Result:
        requires(setup.devices, "no device output was given")
        hindered = self.keystore_hinders(rule, setup.name)
        if hindered:
            raise Blocked(*hindered)
        tally = self.device_results(setup.name).tallies[rule.code]
        if tally.fault:
            return Result(rule, setup.name, Outcome.ERROR, reason=tally.fault)
        if not tally.judged and tally.blocked_by:
            raise Blocked(*sorted(tally.blocked_by))
        requires(tally.judged, "; ".join(tally.reasons) or "no bundle")
        return self.conclude(rule, setup.name, tuple(tally.findings), tally)

    def _told(self, rule: Rule, target: str) -> tuple[str, ...]:
        """Rules of the set-up that tell of the fault that a rule would find."""
        codes = (code for code in rule.told_by if self.catalogue[code].scope not in OVER_DEVICES)
        return tuple(code for code in codes if self.judge(code, target).outcome in TOLD)

    def hindered(self, codes: Iterable[str], target: str) -> tuple[str, ...]:
        """Those of some rules of a set-up that keep others from judging."""
        return tuple(code for code in codes if self.judge(code, target).outcome in HINDERED)

    def _outcome(self, levels: Set[Level | None], waived: int) -> Outcome:
        """The outcome of findings: by the levels of those that stand, or by those that are waived."""
        if Level.ERROR in levels or (self.strict and Level.WARNING in levels):
            return Outcome.FAILED
        if Level.WARNING in levels:
            return Outcome.WARNED
        return Outcome.WAIVED if waived else Outcome.PASSED


def _in_this_process(
    rules: Sequence[Rule],
    devices: DeviceSet | None,
    ca: CaContext,
    sample: int,
    waivers: Waivers,
    *,
    seed: int | None,
) -> DeviceResults:
    # Only here: a run over a keystore alone does not load what judges devices.
    from fcu_conform.engine.lot import device_run

    judged = device_run.judge_devices(rules, devices, ca, sample=sample, seed=seed, waivers=waivers)
    if not judged.complete:
        raise KeyboardInterrupt  # half a lot is no verdict on it: who stops the devices stops the run
    return judged

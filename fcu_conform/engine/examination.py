"""Judges rules on set-ups: order, what blocks what, one outcome for each rule and subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine.devices import DevicePass, judge_devices
from fcu_conform.engine.events import Outcome, Result
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Blocked, Catalogue, Finding, Level, NotApplicable, Rule, Scope

OVER_DEVICES = frozenset({Scope.DEVICE, Scope.LOT})
HINDERED = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.WAIVED, Outcome.BLOCKED, Outcome.ERROR})
"""Outcomes of a needed rule that keep another one from judging."""


class Examination:
    """The rules of a catalogue, judged on set-ups whenever somebody asks, each once.

    Args:
        setups: one for each keystore; their names differ.
        strict: a warning fails.
        catalogue: the rules; all that the suite has unless told otherwise.
    """

    def __init__(self, setups: Sequence[Setup], *, strict: bool = False, catalogue: Catalogue = CATALOGUE) -> None:
        self.setups = {setup.name: setup for setup in setups}
        self.strict = strict
        self.catalogue = catalogue
        self._results: dict[tuple[str, str], Result] = {}
        self._passes: dict[str, DevicePass] = {}

    def cases(self) -> Iterable[tuple[Rule, str]]:
        """Every rule with every subject it is judged on, subject by subject in the given order."""
        return [(rule, name) for name in self.setups for rule in self.catalogue]

    def judge(self, code: str, subject: str) -> Result:
        """The result of one rule on one subject; what the rule needs is judged before it.

        Raises:
            KeyError: no such rule or subject.
        """
        key = code, subject
        if key not in self._results:
            self._results[key] = self._judge(self.catalogue[code], self.setups[subject])
        return self._results[key]

    def _judge(self, rule: Rule, setup: Setup) -> Result:
        if rule.scope in OVER_DEVICES:
            return self._over_devices(rule, setup)
        blocked_by = self._hindered(rule.needs, setup.name)
        if blocked_by:
            return Result(rule, setup.name, Outcome.BLOCKED, blocked_by=blocked_by)
        try:
            findings = tuple(rule.complete(finding) for finding in rule.check(setup))
        except NotApplicable as reason:
            return Result(rule, setup.name, Outcome.NOT_APPLICABLE, reason=str(reason))
        except Blocked as blocked:
            return Result(rule, setup.name, Outcome.BLOCKED, blocked_by=blocked.codes)
        except Exception as fault:  # a broken rule is the suite's fault: reported as such, never a verdict
            return Result(rule, setup.name, Outcome.ERROR, reason=describe_fault(fault))
        return self._result(rule, setup, findings)

    def _result(self, rule: Rule, setup: Setup, findings: tuple[Finding, ...], count: int = 0) -> Result:
        outcome = self._outcome(findings)
        blocked_by = self._hindered(rule.shaded_by, setup.name) if outcome is Outcome.PASSED else ()
        if blocked_by:
            outcome = Outcome.BLOCKED
        return Result(rule, setup.name, outcome, findings, blocked_by, count=count or len(findings))

    def device_pass(self, subject: str) -> DevicePass:
        """What one pass over the devices of a set-up has shown; the devices are read when this is first asked for.

        Rules of the keystore that a device rule needs are judged before.
        """
        if subject not in self._passes:
            setup = self.setups[subject]
            rules = [
                rule
                for rule in self.catalogue
                if rule.scope in OVER_DEVICES and not self._keystore_hinders(rule, subject)
            ]
            self._passes[subject] = judge_devices(rules, setup.devices, setup)
        return self._passes[subject]

    def _keystore_hinders(self, rule: Rule, subject: str) -> tuple[str, ...]:
        """The rules of the keystore that keep a device rule from judging any device."""
        return self._hindered((code for code in rule.needs if self.catalogue[code].scope not in OVER_DEVICES), subject)

    def _over_devices(self, rule: Rule, setup: Setup) -> Result:
        if not setup.devices:
            return Result(rule, setup.name, Outcome.NOT_APPLICABLE, reason="no device output was given")
        blocked_by = self._keystore_hinders(rule, setup.name)
        if blocked_by:
            return Result(rule, setup.name, Outcome.BLOCKED, blocked_by=blocked_by)
        tally = self.device_pass(setup.name).tallies[rule.code]
        if tally.fault is not None:
            return Result(rule, setup.name, Outcome.ERROR, reason=describe_fault(tally.fault))
        if not tally.judged and tally.blocked_by:
            return Result(rule, setup.name, Outcome.BLOCKED, blocked_by=tuple(sorted(tally.blocked_by)))
        if not tally.judged:
            return Result(rule, setup.name, Outcome.NOT_APPLICABLE, reason="; ".join(tally.reasons) or "no bundle")
        return self._result(rule, setup, tuple(tally.findings), tally.found)

    def _hindered(self, codes: Iterable[str], subject: str) -> tuple[str, ...]:
        return tuple(code for code in codes if self.judge(code, subject).outcome in HINDERED)

    def _outcome(self, findings: Iterable[Finding]) -> Outcome:
        levels = {finding.level for finding in findings}
        if Level.ERROR in levels or (self.strict and Level.WARNING in levels):
            return Outcome.FAILED
        return Outcome.WARNED if Level.WARNING in levels else Outcome.PASSED


def describe_fault(fault: BaseException) -> str:
    """Where and as what an unexpected exception arose, without its text, which could hold bytes of a key."""
    place = ""
    traceback = fault.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        place = f" in {code.co_name}, line {traceback.tb_lineno}"
        traceback = traceback.tb_next
    return f"internal fault: {type(fault).__name__}{place}"

"""Every result of a run, each judged once when it is first asked for, and what blocks what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from fcu_conform.artefacts.redaction import redact
from fcu_conform.engine.faults import describe_fault
from fcu_conform.engine.results import Outcome, Result
from fcu_conform.rules.model import OVER_DEVICES, Blocked, Catalogue, Finding, Level, NotApplicable, Rule, Scope

if TYPE_CHECKING:
    from fcu_conform.engine.lot.tally import Tally

TOLD = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.WAIVED})
"""Outcomes of a rule that has found something: a waiver does not make a fault go away."""
HINDERED = TOLD | {Outcome.BLOCKED, Outcome.ERROR}
"""Outcomes of a needed rule that keep another one from judging."""

Evaluator: TypeAlias = Callable[[Rule, str], Result]
"""Judges a rule of one scope on a target; raises NotApplicable or Blocked where there is nothing to say."""


@dataclass
class Judgements:
    """Results by rule and target.

    Attributes:
        catalogue: the rules of the run.
        strict: a warning fails.
        evaluators: who judges the rules of each scope.
    """

    catalogue: Catalogue
    strict: bool = False
    evaluators: Mapping[Scope, Evaluator] = field(default_factory=dict)
    _results: dict[tuple[str, str], Result] = field(default_factory=dict, init=False)

    def judge(self, code: str, target: str) -> Result:
        """The result of one rule on one target; what the rule needs is judged before it.

        Raises:
            KeyError: no such rule or target.
        """
        key = code, target
        if key not in self._results:
            result = self._judge(self.catalogue[code], target)
            self._results[key] = replace(result, reason=redact(result.reason))
        return self._results[key]

    def _judge(self, rule: Rule, target: str) -> Result:
        """The result of a rule that may break: a broken rule is the suite's fault, told as such and never a verdict."""
        try:
            return self.evaluators[rule.scope](rule, target)
        except NotApplicable as reason:
            return Result(rule, target, Outcome.NOT_APPLICABLE, reason=str(reason))
        except Blocked as blocked:
            return Result(rule, target, Outcome.BLOCKED, blocked_by=blocked.codes)
        except Exception as fault:
            return Result(rule, target, Outcome.ERROR, reason=describe_fault(fault))

    def block_by_needs(self, rule: Rule, name: str) -> None:
        """Raises Blocked where something that a rule of a setup needs keeps it from judging."""
        blocked_by = (*self.hindered(rule.needs, name), *self.told(rule, name))
        if blocked_by:
            raise Blocked(*blocked_by)

    def hindered(self, codes: Iterable[str], name: str) -> tuple[str, ...]:
        """Those of some rules of a setup that keep others from judging."""
        return tuple(code for code in codes if self.judge(code, name).outcome in HINDERED)

    def told(self, rule: Rule, name: str) -> tuple[str, ...]:
        """Rules of the setup that tell of the fault that a rule would find."""
        codes = (code for code in rule.told_by if self.catalogue[code].scope not in OVER_DEVICES)
        return tuple(code for code in codes if self.judge(code, name).outcome in TOLD)

    def conclude(self, rule: Rule, target: str, findings: tuple[Finding, ...], tally: Tally | None = None) -> Result:
        """The result of what was found; over devices more was found than is kept, which the tally knows."""
        if tally is None:
            levels = {finding.level for finding in findings if finding.waiver is None}
            count, waived = len(findings), sum(finding.waiver is not None for finding in findings)
        else:
            levels, count, waived = {*tally.levels}, tally.found, tally.waived
        if Level.ERROR in levels or (self.strict and Level.WARNING in levels):
            outcome = Outcome.FAILED
        elif Level.WARNING in levels:
            outcome = Outcome.WARNED
        else:
            outcome = Outcome.WAIVED if waived else Outcome.PASSED
        blocked_by = self.hindered(rule.partially_blocked_by, target) if outcome is Outcome.PASSED else ()
        if blocked_by:
            outcome = Outcome.BLOCKED
        return Result(rule, target, outcome, findings, blocked_by, count=count, waived=waived)

"""Judges the rules about the CSV of first to claim, which needs no keystore."""

from __future__ import annotations

from dataclasses import dataclass

from fcu_conform.artefacts.enrollment.comparison import EnrollmentComparison
from fcu_conform.engine.judgements import Judgements
from fcu_conform.engine.results import Result
from fcu_conform.rules import catalogue
from fcu_conform.rules.model import Rule, Scope


@dataclass(frozen=True)
class EnrollmentEvaluator:
    """Judges rules of the scope ENROLLMENT."""

    judgements: Judgements
    comparison: EnrollmentComparison

    def evaluate(self, rule: Rule, target: str) -> Result:
        """The result of one rule."""
        self.judgements.block_by_needs(rule, target)
        findings = tuple(map(rule.complete, rule.check(self.comparison)))
        return self.judgements.conclude(rule, target, findings)


def judge_enrollment(comparison: EnrollmentComparison, target: str) -> list[Result]:
    """The result of every rule about the CSV, in the order of the catalogue.

    Args:
        comparison: the CSV beside the devices.
        target: what results call it.
    """
    rules = catalogue()
    rules = rules.without([rule.code for rule in rules if rule.scope is not Scope.ENROLLMENT])
    judgements = Judgements(rules)
    judgements.evaluators = {Scope.ENROLLMENT: EnrollmentEvaluator(judgements, comparison).evaluate}
    return [judgements.judge(rule.code, target) for rule in rules]

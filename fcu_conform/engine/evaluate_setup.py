"""Judges rules about one setup, or about one setup compared with the other FCU instances of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine.judgements import Judgements
from fcu_conform.engine.results import Result
from fcu_conform.engine.waivers import Waivers, scopes_in_setup
from fcu_conform.rules.model import Findings, Rule, Scope


@dataclass(frozen=True)
class SetupEvaluator:
    """Judges rules of the scopes SETUP and INSTANCES."""

    judgements: Judgements
    setups: Mapping[str, Setup]
    waivers: Waivers

    def evaluate(self, rule: Rule, name: str) -> Result:
        """The result of one rule on one setup."""
        setup = self.setups[name]
        self.judgements.block_by_needs(rule, name)
        findings = []
        for found in self._findings(rule, setup):
            finding = rule.complete(found)
            scopes = partial(scopes_in_setup, setup, rule, finding.location)
            findings.append(self.waivers.apply(rule.code, finding, scopes))
        return self.judgements.conclude(rule, name, tuple(findings))

    def _findings(self, rule: Rule, setup: Setup) -> Findings:
        if rule.scope is Scope.SETUP:
            return cast(Findings, rule.check(setup))
        return cast(Findings, rule.check(setup, [other for other in self.setups.values() if other is not setup]))

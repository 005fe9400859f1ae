"""Judges rules about the run itself and its waivers, from the results of all other rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fcu_conform.engine.results import JUDGED, Result
from fcu_conform.rules.model import BY_OTHERS, Rule
from fcu_conform.rules.run.completeness import Silence
from fcu_conform.validators.model import UNPROTECTED

if TYPE_CHECKING:
    from fcu_conform.engine.judgements import Judgements
    from fcu_conform.engine.targets import Targets
    from fcu_conform.engine.validator_panel import ValidatorPanel
    from fcu_conform.rules.run.waivers import WaiverAudit


@dataclass(frozen=True)
class RunEvaluator:
    """Judges rules of the scope RUN, on each setup."""

    is_handshake_asked_for: bool
    judgements: Judgements
    targets: Targets
    panels: Mapping[str, ValidatorPanel]

    def evaluate(self, rule: Rule, name: str) -> Result:
        """The result of one rule about the run over one setup."""
        account = _Account(self, name)
        return self.judgements.conclude(rule, name, tuple(rule.complete(finding) for finding in rule.check(account)))


@dataclass(frozen=True)
class _Account:
    """The outcome of the run for one setup, see `fcu_conform.rules.run.completeness.RunAccount`."""

    run: RunEvaluator
    name: str

    def _results(self, *, by_others: bool) -> Iterator[Result]:
        for rule in self.run.judgements.catalogue:
            if not rule.scope.is_about_run and (rule.scope in BY_OTHERS or not by_others):
                for target in self.run.targets.of(rule, self.name):
                    yield self.run.judgements.judge(rule.code, target)

    def has_judged(self) -> bool:
        return any(result.outcome in JUDGED for result in self._results(by_others=False))

    @property
    def asks_others(self) -> bool:
        is_portal_silent = bool(self.run.targets.setups[self.name].portal_fault)
        return bool(self.run.panels[self.name].members) or self.run.is_handshake_asked_for or is_portal_silent

    def silences(self) -> list[Silence]:
        for _ in self._results(by_others=True):
            pass  # each is asked before it is said who did not answer
        panel = self.run.panels[self.name]
        faults = [Silence(name, fault) for name, member in panel.members.items() for fault in member.faults]
        faults += [Silence("the handshake", fault) for fault in panel.handshake_faults]
        fault = self.run.targets.setups[self.name].portal_fault
        return [*faults, Silence("the portal", fault)] if fault else faults

    @property
    def unprotected(self) -> str:
        return UNPROTECTED


@dataclass(frozen=True)
class WaiverEvaluator:
    """Judges rules of the scope WAIVERS, once in a run."""

    judgements: Judgements
    audit: WaiverAudit | None

    def evaluate(self, rule: Rule, target: str) -> Result:
        """The result of one rule about the file of waivers."""
        findings = tuple(rule.complete(finding) for finding in rule.check(self.audit))
        return self.judgements.conclude(rule, target, findings)

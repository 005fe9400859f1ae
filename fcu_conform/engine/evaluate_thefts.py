"""Judges the rules about the theft of a line's key, from what the validators say of the whole world of lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from fcu_conform.engine.judgements import Judgements
from fcu_conform.engine.results import Result
from fcu_conform.engine.targets import Targets
from fcu_conform.engine.validator_panel import ValidatorPanel
from fcu_conform.rules.model import NotApplicable, Rule

if TYPE_CHECKING:
    from fcu_conform.artefacts.setup import Setup
    from fcu_conform.engine.drill.drill import Drill
    from fcu_conform.engine.drill.shapes import Lot
    from fcu_conform.rules.support.theft import DeclaredTheft, Theft


@dataclass
class TheftEvaluator:
    """Judges rules of the scope THEFT, on each setup.

    Attributes:
        judgements: the results of the run.
        targets: its setups.
        panels: the validators of each setup; all answers come from those of the first.
        declared: what is said to have happened.
        counts_devices: go over the devices of the lines; else stand-ins are asked about.
    """

    judgements: Judgements
    targets: Targets
    panels: Mapping[str, ValidatorPanel]
    declared: DeclaredTheft | None = None
    counts_devices: bool = False
    _thefts: dict[str, Theft] = field(default_factory=dict, init=False)
    _lots: dict[str, Lot] = field(default_factory=dict, init=False)
    _drill: Drill | None = field(default=None, init=False)

    def evaluate(self, rule: Rule, name: str) -> Result:
        """The result of one rule about the theft of one line's key."""
        self.judgements.block_by_needs(rule, name)
        findings = tuple(rule.complete(finding) for finding in rule.check(_Account(self, self.targets.setups[name])))
        return self.judgements.conclude(rule, name, findings)

    def theft(self, name: str) -> Theft:
        """What the theft of a line's key comes to.

        Raises:
            NotApplicable: what the portal trusts is not known of every line, or nobody is asked.
        """
        if name not in self._thefts:
            self._thefts[name] = self._played().theft(name)
        return self._thefts[name]

    def lot(self, name: str) -> Lot | None:
        """The devices of a line, counted; None where none were given."""
        devices = self.targets.setups[name].devices
        if devices is None:
            return None
        if name not in self._lots:
            self._lots[name] = _part("shapes").count_shapes(
                devices, None if self.declared is None else self.declared.since
            )
        return self._lots[name]

    def faults(self) -> list[tuple[str, str]]:
        """The validators that did not answer a question, and why."""
        panel = next(iter(self.panels.values()))
        return [(name, fault) for name, member in panel.members.items() for fault in member.faults]

    def _played(self) -> Drill:
        if self._drill is None:
            setups = list(self.targets.setups.values())
            if not self.targets.validators:
                raise NotApplicable("no validator was requested")
            lots = {name: lot for name in self.targets.setups if (lot := self._lot_to_ask_about(name)) is not None}
            self._drill = _part("drill").Drill(setups, self.panels[setups[0].name], lots)
        return self._drill

    def _lot_to_ask_about(self, name: str) -> Lot | None:
        return self.lot(name) if self.counts_devices else None


def _part(name: str) -> ModuleType:
    """A module of the drill, which is imported as the rules about thefts are: a run of one line does without."""
    return import_module(f"fcu_conform.engine.drill.{name}")


@dataclass(frozen=True)
class _Account:
    """What is known for one line, see `fcu_conform.rules.support.theft.TheftAccount`."""

    evaluator: TheftEvaluator
    setup: Setup

    @property
    def declared(self) -> DeclaredTheft | None:
        return self.evaluator.declared

    def theft(self) -> Theft:
        return self.evaluator.theft(self.setup.name)

    def made_since(self) -> tuple[int, Sequence[str]]:
        lot = self.evaluator.lot(self.setup.name)
        return (0, ()) if lot is None else (lot.made_since, lot.names)

"""The targets of a run's rules: the setups, each validator's answers about them, the file of waivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fcu_conform.rules.model import BY_VALIDATORS, Catalogue, Rule, Scope

if TYPE_CHECKING:
    from fcu_conform.artefacts.setup import Setup
    from fcu_conform.artefacts.waivers import WaiverFile
    from fcu_conform.validators.model import Validator


@dataclass(frozen=True)
class Targets:
    """The targets of one run.

    Attributes:
        setups: the setups by name, in the given order.
        validators: the independent validators to ask; a rule that they answer has a target for each of them,
            ``SETUP-VALIDATOR``.
        waiver_file: the file of waivers, which is a target too, by its name.
    """

    setups: Mapping[str, Setup]
    validators: Sequence[Validator] = ()
    waiver_file: WaiverFile | None = None

    @cached_property
    def asked(self) -> Mapping[str, tuple[Setup, Validator]]:
        """By target who is asked about which setup."""
        return {f"{name}-{v.name}": (setup, v) for name, setup in self.setups.items() for v in self.validators}

    def cases(self, catalogue: Catalogue) -> list[tuple[Rule, str]]:
        """Every rule with every target it is judged on, setup by setup in the given order, the waivers last."""
        cases = [(rule, target) for name in self.setups for rule in catalogue for target in self.of(rule, name)]
        if self.waiver_file is None:
            return cases
        return [*cases, *((rule, self.waiver_file.name) for rule in catalogue if rule.scope is Scope.WAIVERS)]

    def of(self, rule: Rule, name: str) -> list[str]:
        """The targets of a rule that are about one setup; those of the waivers are about none."""
        if rule.scope is Scope.WAIVERS:
            return []
        if rule.scope not in BY_VALIDATORS:
            return [name]
        return [target for target, (setup, _) in self.asked.items() if setup.name == name] or [name]

    def setup_of(self, target: str) -> Setup:
        """The setup that a target is about; of the waivers, which are about all of them, the first.

        Raises:
            KeyError: there is no such target.
        """
        if target in self.asked:
            return self.asked[target][0]
        if target not in self.setups and self.waiver_file is not None and target == self.waiver_file.name:
            return next(iter(self.setups.values()))
        return self.setups[target]

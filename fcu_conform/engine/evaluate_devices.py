"""Judges rules over devices: one pass over the devices of a setup, by all of them that the keystore lets judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from fcu_conform.engine.results import Outcome, Result
from fcu_conform.rules.model import OVER_DEVICES, Blocked, Level, Rule, requires

if TYPE_CHECKING:
    from fcu_conform.artefacts.ca_context import CaContext
    from fcu_conform.artefacts.device_output.device_set import DeviceSet
    from fcu_conform.artefacts.setup import Setup
    from fcu_conform.engine.judgements import Judgements
    from fcu_conform.engine.lot.device_run import DeviceResults
    from fcu_conform.engine.waivers import Waivers

    Runner: TypeAlias = Callable[[Sequence[Rule], DeviceSet | None, CaContext, int, Waivers], DeviceResults]


@dataclass(frozen=True)
class DevicesEvaluator:
    """Judges rules of the scopes DEVICE, LOT and UNIQUE.

    Attributes:
        runner: judges the devices; None judges them in this process, one by one.
        sample: how many conformant devices are kept as questions to validators and servers.
        seed: the seed that draws them.
        tables: whether signatures may be verified by tables, as `judge_devices` takes it.
        passes: by setup, the results of the pass over its devices, if there was one.
    """

    judgements: Judgements
    setups: Mapping[str, Setup]
    waivers: Waivers
    runner: Runner | None = None
    sample: int = 0
    seed: int | None = None
    tables: bool = True
    passes: dict[str, DeviceResults] = field(default_factory=dict, init=False)
    _hinderers: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, init=False)

    def evaluate(self, rule: Rule, name: str) -> Result:
        """The result of one rule on all devices of a setup."""
        requires(self.setups[name].devices, "no device output was given")
        hindered = self.keystore_hinders(rule, name)
        if hindered:
            raise Blocked(*hindered)
        tally = self.results(name).tallies[rule.code]
        if tally.fault:
            return Result(rule, name, Outcome.ERROR, reason=tally.fault)
        if not tally.judged and tally.blocked_by:
            raise Blocked(*sorted(tally.blocked_by))
        requires(tally.judged, "; ".join(tally.reasons) or "no bundle")
        return self.judgements.conclude(rule, name, tuple(tally.findings), tally)

    def results(self, name: str) -> DeviceResults:
        """What one pass over the devices of a setup has shown; the devices are read when this is first asked for.

        Rules of the keystore that a device rule needs are judged before.
        """
        if name not in self.passes:
            setup = self.setups[name]
            rules = [rule for rule in self._rules() if not self.keystore_hinders(rule, name)]
            run = self.runner or partial(_in_this_process, seed=self.seed, tables=self.tables)
            devices = run(rules, setup.devices, setup.ca, self.sample, self.waivers)
            hinderers = (self.keystore_hinders(rule, name) for rule in self._rules() if rule.level is Level.ERROR)
            devices.blocked_by = tuple(dict.fromkeys(code for codes in hinderers for code in codes))
            self.passes[name] = devices
        return self.passes[name]

    def _rules(self) -> list[Rule]:
        return [rule for rule in self.judgements.catalogue if rule.scope in OVER_DEVICES]

    def keystore_hinders(self, rule: Rule, name: str) -> tuple[str, ...]:
        """The rules of the keystore that keep a device rule, or one that it needs, from judging any device."""
        # Kept, because what rules need overlaps so much that asking anew each time takes longer than judging.
        key = rule.code, name
        if key not in self._hinderers:
            self._hinderers[key] = self._find_hinderers(rule, name)
        return self._hinderers[key]

    def _find_hinderers(self, rule: Rule, name: str) -> tuple[str, ...]:
        hindered = dict.fromkeys(self.judgements.told(rule, name))
        for code in rule.needs:
            needed = self.judgements.catalogue[code]
            is_over_devices = needed.scope in OVER_DEVICES
            codes = self.keystore_hinders(needed, name) if is_over_devices else self.judgements.hindered((code,), name)
            hindered.update(dict.fromkeys(codes))
        return tuple(hindered)


def _in_this_process(
    rules: Sequence[Rule],
    devices: DeviceSet | None,
    ca: CaContext,
    sample: int,
    waivers: Waivers,
    *,
    seed: int | None,
    tables: bool,
) -> DeviceResults:
    # Only here: a run over a keystore alone does not load what judges devices.
    from fcu_conform.engine.lot import device_run

    tables = tables and device_run.pay_tables(devices)
    judged = device_run.judge_devices(rules, devices, ca, sample=sample, seed=seed, tables=tables, waivers=waivers)
    if not judged.complete:
        raise KeyboardInterrupt  # half a lot is not a verdict on it: who stops the devices stops the run
    return judged

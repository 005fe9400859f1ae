"""Judges the rules of a run: puts together who judges which of them, and what they are judged on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timezone
from typing import TYPE_CHECKING

from fcu_conform.engine.evaluate_devices import DevicesEvaluator
from fcu_conform.engine.evaluate_handshake import HandshakeEvaluator
from fcu_conform.engine.evaluate_paths import PathEvaluator
from fcu_conform.engine.evaluate_run import RunEvaluator, WaiverEvaluator
from fcu_conform.engine.evaluate_setup import SetupEvaluator
from fcu_conform.engine.evaluate_thefts import TheftEvaluator
from fcu_conform.engine.judgements import Judgements
from fcu_conform.engine.targets import Targets
from fcu_conform.engine.validator_panel import Told, ValidatorPanel
from fcu_conform.engine.waiver_audit import FinishedRun, audit_waivers
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules import catalogue as known_rules
from fcu_conform.rules.model import BY_OTHERS, Catalogue, NotApplicable, Rule, Scope

if TYPE_CHECKING:
    from fcu_conform.artefacts.setup import Setup
    from fcu_conform.artefacts.waivers import WaiverFile
    from fcu_conform.engine.evaluate_devices import Runner
    from fcu_conform.engine.lot.device_run import DeviceResults
    from fcu_conform.engine.results import Result
    from fcu_conform.rules.support.theft import DeclaredTheft
    from fcu_conform.validators.model import Validator

VALIDATOR_SAMPLE = 20
"""Devices that each validator is asked about."""


class Examination:
    """The rules of a catalogue, judged on setups on request, each once.

    Each independent validator has a result of its own, with the target ``SETUP-VALIDATOR``.

    Args:
        setups: one for each keystore; their names differ.
        strict: a warning fails.
        validators: the independent validators to ask.
        sample: how many devices each of them is asked about.
        sample_seed: the seed that draws them, an integer of up to 64 bits; without one the maker of the devices knows
            which will be drawn.
        named_validators: validators that were requested by name, which must be reported even if they were not asked.
        handshake: whether to run handshakes of a device with servers too.
        tables: whether devices' signatures may be verified by tables, as `judge_devices` takes it.
        waivers: the accepted findings. Rules about these waivers have results
            whose target is their file's name.
        catalogue: the rules; all that have something to judge unless told otherwise.
        runner: judges the devices; by default in this process, one after the other.
        ask_together: everything will be judged here, so all validators are asked about a sample at the same time; it is
            told how many questions are answered, and of how many.
        theft: the keys that are said to have been stolen.
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
        tables: bool = True,
        waivers: WaiverFile | None = None,
        catalogue: Catalogue | None = None,
        runner: Runner | None = None,
        ask_together: Told | None = None,
        theft: DeclaredTheft | None = None,
    ) -> None:
        self.ask_together = ask_together
        self.strict = strict
        self.validators = tuple(validators)
        self.named_validators = tuple(named_validators)
        self.handshake = handshake
        self.sample_seed = sample_seed
        self.waiver_file = waivers
        self.targets = Targets({setup.name: setup for setup in setups}, self.validators, waivers)
        if catalogue is None:
            catalogue = known_rules(
                devices=any(setup.devices for setup in setups),
                upload=any(setup.upload for setup in setups),
                # after a theft an entry is missing on purpose
                account=theft is None and any(setup.portal_state or setup.portal_fault for setup in setups),
                validators=bool(validators),
                handshake=handshake,
                waivers=waivers is not None,
                enrollment=False,
                horizon=any(setup.within for setup in setups),
                thefts=len(setups) > 1 or any(setup.portal_state for setup in setups) or theft is not None,
                declared=theft is not None,
            )
        self.catalogue = catalogue
        self.waiver_audit = None
        if waivers is not None:
            self.waiver_audit = audit_waivers(waivers, setups[0].at.astimezone(timezone.utc).date(), self._finish)
        self.waivers = Waivers() if self.waiver_audit is None else Waivers(self.waiver_audit.in_force)
        is_asking = validators or handshake  # one device of a few may have its key in the output
        self._connect(runner, sample if is_asking else 0, tables, theft)

    def _connect(self, runner: Runner | None, sample: int, tables: bool, theft: DeclaredTheft | None) -> None:
        """Makes who judges the rules of each scope."""
        targets, waivers = self.targets, self.waivers
        core = self._judgements = Judgements(self.catalogue, self.strict)
        panels = {name: ValidatorPanel(self.validators, setup.at) for name, setup in targets.setups.items()}
        over = self.devices = DevicesEvaluator(core, targets.setups, waivers, runner, sample, self.sample_seed, tables)
        setup = SetupEvaluator(core, targets.setups, waivers)
        path = PathEvaluator(core, targets, panels, over, waivers, self.ask_together)
        handshake = HandshakeEvaluator(self.handshake, core, targets, panels, over, waivers)
        self.thefts = TheftEvaluator(core, targets, panels, theft)
        core.evaluators = {
            Scope.SETUP: setup.evaluate,
            Scope.INSTANCES: setup.evaluate,
            Scope.DEVICE: over.evaluate,
            Scope.LOT: over.evaluate,
            Scope.UNIQUE: over.evaluate,
            Scope.PATH: path.evaluate,
            Scope.DEVICE_PATH: path.evaluate,
            Scope.HANDSHAKE: handshake.evaluate,
            Scope.THEFT: self.thefts.evaluate,
            Scope.ENROLLMENT: _without_enrollment,
            Scope.RUN: RunEvaluator(self.handshake, core, targets, panels).evaluate,
            Scope.WAIVERS: WaiverEvaluator(core, self.waiver_audit).evaluate,
        }

    def cases(self) -> Sequence[tuple[Rule, str]]:
        """Every rule with every target it is judged on, setup by setup in the given order, the waivers last."""
        return self.targets.cases(self.catalogue)

    def setup_of(self, target: str) -> Setup:
        """The setup that a target is about; of the waivers, which are about all of them, the first."""
        return self.targets.setup_of(target)

    def judge(self, code: str, target: str) -> Result:
        """The result of one rule on one target; what the rule needs is judged before it.

        Raises:
            KeyError: no such rule or target.
        """
        self.setup_of(target)
        return self._judgements.judge(code, target)

    def results(self, *, is_interrupted: bool = False) -> Iterator[Result]:
        """Every result, in the order of `cases`; after an interruption only those that ask nobody else."""
        for rule, target in self.cases():
            waits = rule.scope in BY_OTHERS or rule.scope.is_about_run
            if not (is_interrupted and waits):
                yield self.judge(rule.code, target)

    def device_results(self, name: str) -> DeviceResults:
        """What one pass over the devices of a setup has shown; the devices are read when this is first asked for."""
        return self.devices.results(name)

    def _finish(self) -> FinishedRun:
        """What every rule has come to that is about a setup."""
        rules = [rule for rule in self.catalogue if not rule.scope.is_about_run]
        cases = [(name, rule, s) for rule in rules for name in self.targets.setups for s in self.targets.of(rule, name)]
        results = [(name, self.judge(rule.code, target)) for name, rule, target in cases]
        return FinishedRun(self.catalogue, results, {name: its.tallies for name, its in self.devices.passes.items()})


def _without_enrollment(rule: Rule, target: str) -> Result:
    """A run about keystores has no enrollment CSV: `fcu_conform.engine.evaluate_enrollment` judges one."""
    raise NotApplicable(f"{rule.code}: {target} has no enrollment CSV")

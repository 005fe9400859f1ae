"""All results of one run, and the verdict over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine.examination import Examination
from fcu_conform.engine.not_done import NotDone, not_done
from fcu_conform.engine.results import JUDGED, Outcome, Result
from fcu_conform.engine.states import DeviceCounts
from fcu_conform.rules.model import OVER_DEVICES, Finding, Level
from fcu_conform.validators.model import Validator, ValidatorFault
from fcu_conform.validators.registry import known


class Verdict(str, Enum):
    """The verdict of a whole run."""

    CONFORMANT = "conformant"
    NON_CONFORMANT = "non-conformant"
    NOTHING_CHECKED = "nothing-checked"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True)
class ValidatorUse:
    """One independent validator, whom it stands for, and its status in a run.

    ``version`` is None if unknown; ``status`` is used, failed, not-installed or not-asked.
    """

    name: str
    stands_for: str
    version: str | None
    status: str


@dataclass(frozen=True)
class Report:
    """Results in catalogue order, setup by setup, and whether every rule was judged.

    ``examination`` is where they come from, for what a report tells beside the results. ``counts`` is what the rules
    alone say of the devices, where another process has judged them; else the examination knows it.
    """

    setups: Sequence[Setup]
    results: Sequence[Result]
    complete: bool = True
    examination: Examination | None = None
    counts: DeviceCounts | None = None

    @cached_property
    def devices(self) -> DeviceCounts:
        """How many devices are in which state. Zero where no rule has judged a device: no lot is read for it."""
        counts = self.counts
        if counts is None:
            judged = next((r for r in self.results if r.rule.scope in OVER_DEVICES and r.outcome in JUDGED), None)
            if judged is None or self.examination is None:
                return DeviceCounts()
            counts = self.examination.device_results(judged.target).counts()
        return counts.after_asking(self.results)

    @cached_property
    def not_done(self) -> tuple[NotDone, ...]:
        """What the run was asked for and did not do."""
        return () if self.examination is None else tuple(not_done(self.setups, self.results, self.examination))

    @property
    def falls_short(self) -> bool:
        """Something that was asked for did not take place, and the run was to be strict: a failure."""
        return bool(self.not_done) and self.examination is not None and self.examination.strict

    @property
    def verdict(self) -> Verdict:
        """Non-conformant as soon as one rule failed; conformant only if every rule was judged and none broke.

        A rule about the run itself, or about its waivers, says nothing of the setup: where it fails, the run is no
        proof, and so incomplete. So it is where a device is not decided, and where a strict run falls short of what was
        asked for.
        """
        of_run = {result.outcome for result in self.results if result.rule.scope.is_about_run}
        is_whole = self.complete and all(result.outcome is not Outcome.ERROR for result in self.results)
        is_whole = is_whole and Outcome.FAILED not in of_run and not self.falls_short
        if not self.has_judged:
            is_broken = not self.complete or any(r.outcome is Outcome.ERROR for r in self.results)
            return Verdict.INCOMPLETE if is_broken else Verdict.NOTHING_CHECKED
        if any(r.outcome is Outcome.FAILED and not r.rule.scope.is_about_run for r in self.results):
            return Verdict.NON_CONFORMANT
        if self.complete and self.devices.offending:
            return Verdict.NON_CONFORMANT  # whatever came of the rule that has found it
        return Verdict.CONFORMANT if is_whole and not self.devices.not_decided else Verdict.INCOMPLETE

    @property
    def has_judged(self) -> bool:
        """Some rule looked at something of the user's."""
        return any(result.outcome in JUDGED and not result.rule.scope.is_about_run for result in self.results)

    def findings(self, level: Level | None = None) -> Iterator[tuple[Result, Finding]]:
        """Every finding with the result it stands in, of one level or of all."""
        for result in self.results:
            for finding in result.findings:
                if level is None or finding.level is level:
                    yield result, finding

    def validators(self) -> Iterator[ValidatorUse]:
        """Every validator that is known or was plugged in, in the order of asking; those left out are looked for.

        What became of one is read off the results, which may come from other processes.
        """
        asked = {} if self.examination is None else {v.name: v for v in self.examination.validators}
        for validator in (*asked.values(), *(v for v in known() if v.name not in asked)):
            targets = {f"{setup.name}-{validator.name}" for setup in self.setups}
            results = [result for result in self.results if result.target in targets]
            version = next((result.version for result in results if result.version is not None), None)
            status = "used"
            if version is None:
                version = _version(validator)
                was_silent = any("SYS002" in result.blocked_by for result in results)
                status = "not-installed" if version is None else "failed" if was_silent else "not-asked"
            yield ValidatorUse(validator.name, validator.stands_for, version, status)

    def errors(self) -> set[str]:
        """Codes of the rules that failed."""
        return {result.code for result in self.results if result.outcome is Outcome.FAILED}


def _version(validator: Validator) -> str | None:
    try:
        return validator.version()
    except ValidatorFault:
        return None

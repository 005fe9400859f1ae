"""One run, from what was asked for to the exit code: the recipe that all front ends follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fcu_conform.engine import Examination, Outcome, Report, Result, Verdict
from fcu_conform.engine.examination import VALIDATOR_SAMPLE
from fcu_conform.interfaces.reports import writers
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.interfaces.run.validators import select_validators
from fcu_conform.validators.isolation import asking

if TYPE_CHECKING:
    from fcu_conform.artefacts.portal_state import PortalState
    from fcu_conform.engine.evaluate_devices import Runner
    from fcu_conform.engine.states import DeviceCounts
    from fcu_conform.engine.validator_panel import Told
    from fcu_conform.interfaces.certification.witnessed import Digests
    from fcu_conform.interfaces.run.settings import Settings
    from fcu_conform.validators.model import Validator


@dataclass(frozen=True)
class Ending:
    """How a run ended: the exit code, and a line for each report that could not be written after all."""

    exit_code: ExitCode
    faults: Sequence[str] = ()


class Run:
    """A run with its input read and ready to be judged; the caller judges it, and then reports and ends it here.

    Args:
        settings: what was asked for.
        witnessed: there will be a statement about it, whatever reports are asked for.
        validators: the validators to ask, in place of those that the settings name.
        sample: about how many devices each is asked, where the settings do not say.
        runner: judges the devices; by default in this process, one after the other.
        ask_together: told how far the validators are, which are asked at the same time; see `Examination`.
        line_devices, account: as `Settings.read_setups` takes them.

    Raises:
        UsageError: what was asked for makes no sense.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        witnessed: bool = False,
        validators: Sequence[Validator] | None = None,
        sample: int = VALIDATOR_SAMPLE,
        runner: Runner | None = None,
        ask_together: Told | None = None,
        line_devices: Mapping[str, Sequence[str]] | None = None,
        account: PortalState | str | None = None,
    ) -> None:
        self.settings = settings
        self.setups = tuple(settings.read_setups(witnessed=witnessed, line_devices=line_devices, account=account))
        self.examination = Examination(
            self.setups,
            strict=settings.strict,
            validators=select_validators(settings, validators),
            named_validators=settings.named_validators,
            handshake=settings.handshake,
            sample=settings.validator_sample or sample,
            sample_seed=settings.sample_seed,
            tables=settings.verify == "tables",
            waivers=settings.read_waivers(),
            runner=runner,
            ask_together=ask_together,
        )
        self.cases = tuple(self.examination.cases())

    def check_outputs(self) -> None:
        """Makes sure, before anything is judged, that all reports can be written.

        Raises:
            UsageError: one cannot.
        """
        writers.check(self.settings, self.setups)

    def prepare_validators(self) -> None:
        """Lets the validators load what they need, in their process, while rules are judged in this one."""
        asking.prepare(self.examination.validators)

    def judge(self, *, is_interrupted: bool = False) -> Iterator[Result]:
        """Judges everything in order, and gives each result as soon as it is there.

        After an interruption only by rules that ask nobody else.
        """
        if not is_interrupted:
            self.prepare_validators()
        return self.examination.results(is_interrupted=is_interrupted)

    def report(self, results: Sequence[Result], counts: DeviceCounts | None = None) -> Report:
        """The report of these results; complete if every case is among them.

        Args:
            counts: what the rules say of the devices, where other processes have judged them.
        """
        return Report(self.setups, results, len(results) == len(self.cases), self.examination, counts)

    def end(self, report: Report, judged: Callable[[], Digests] | None = None) -> Ending:
        """Writes the reports that were asked for, and says how the run ended.

        Args:
            judged: gives the digests of what was judged; by default those of what this process has read.
        """
        faults = writers.write(self.settings, report, judged)
        return Ending(ExitCode.INTERNAL_FAULT if faults else exit_code(report), faults)


def exit_code(report: Report) -> ExitCode:
    """What results alone make of the exit code.

    A rule that broke is the suite's fault. The report need not be complete: what was left out on purpose fails nothing.
    """
    outcomes = {result.outcome for result in report.results}
    if Outcome.ERROR in outcomes:
        return ExitCode.INTERNAL_FAULT
    if not report.has_judged:
        return ExitCode.NOTHING_CHECKED
    has_failed = Outcome.FAILED in outcomes or report.verdict is Verdict.NON_CONFORMANT
    is_open = report.devices.not_decided or report.falls_short
    return ExitCode.NON_CONFORMANT if has_failed or is_open else ExitCode.CONFORMANT

"""The conformance suite as pytest sees it: collected, selected, run and reported like any other tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from tempfile import TemporaryDirectory
from traceback import walk_tb
from typing import Any

import pytest

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine import Result
from fcu_conform.engine.faults import describe_fault
from fcu_conform.engine.results import JUDGED
from fcu_conform.interfaces.pytest_plugin.items import FAULTS, RuleItem, Suite
from fcu_conform.interfaces.pytest_plugin.names import SUITE
from fcu_conform.interfaces.pytest_plugin.options import gather, take_selectors
from fcu_conform.interfaces.pytest_plugin.session import SuiteSession
from fcu_conform.interfaces.pytest_plugin.surroundings import keep_pytests_files_out, show_node_ids_as_they_are
from fcu_conform.interfaces.pytest_plugin.terminal import FailureText, LightFindings, TerminalPages, light_sections
from fcu_conform.interfaces.pytest_plugin.workers import (
    Witnesses,
    attach_counts,
    attach_result,
    send_settings,
    settings_sent,
    shared_runner,
    take_result,
)
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.interfaces.run.run import Run
from fcu_conform.rules.model import BY_VALIDATORS, OVER_DEVICES


def install_as_asked(config: pytest.Config) -> None:
    """Registers the suite for the run that pytest's options and ini keys ask for.

    Raises:
        pytest.UsageError: what was asked for makes no sense.
    """

    def prepare() -> Run:
        settings = settings_sent(config) or gather(config)
        return Run(settings, runner=shared_runner(config, settings))

    install(config, prepare)


def install(config: pytest.Config, prepare: Callable[[], Run]) -> None:
    """Registers the suite for this run of pytest.

    Raises:
        pytest.UsageError: what was asked for makes no sense.
    """
    is_worker = settings_sent(config) is not None
    try:
        run = prepare()
        suite = SuiteSession(run, take_selectors(config), is_worker=is_worker)
        if not is_worker:
            run.check_outputs()
        keep_pytests_files_out(config, run.setups)
    except UsageError as error:
        raise pytest.UsageError(printable(str(error))) from None
    if _will_ask(config, suite):
        run.prepare_validators()
    show_node_ids_as_they_are(config)
    config.pluginmanager.register(ConformancePlugin(suite, config), SUITE)
    if not is_worker:
        pages = TerminalPages(suite, config)
        config.pluginmanager.register(pages, f"{SUITE}-terminal")
        config.pluginmanager.register(LightFindings(pages), f"{SUITE}-findings")


def _will_ask(config: pytest.Config, suite: SuiteSession) -> bool:
    """This process will surely ask validators; with pytest-xdist nobody knows which process will."""
    is_shared = suite.is_worker or config.getoption("dist", "no") != "no"
    return not (is_shared or config.option.collectonly) and any(
        rule.scope in BY_VALIDATORS for rule, _ in suite.selected
    )


class ConformancePlugin:
    """The suite's hooks; what they know of the run is in ``session``."""

    def __init__(self, session: SuiteSession, config: pytest.Config) -> None:
        self.session = session
        self._config = config
        self.is_listing = bool(config.option.collectonly)
        self.witnesses = Witnesses(session)
        self.has_sent_counts = False

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """Puts the suite into what the session collects, so that pytest treats it as it treats files."""
        outcome: Any = yield
        if isinstance(collector, pytest.Session) and self.session.selected:
            report: pytest.CollectReport = outcome.get_result()
            report.result = [*report.result, Suite.from_parent(collector, suite=self.session)]

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # xdist's WorkerController; it has no types
        """Hands a worker of pytest-xdist what the controller decided."""
        send_settings(node, self.session.settings, self._shared)

    @cached_property
    def _shared(self) -> str:
        """A folder in which workers pass on what they found over the devices; it goes when the run ends.

        For a statement each worker has to see for itself what it vouches for.
        """
        settings = self.session.settings
        if not settings.devices or settings.makes_statement:
            return ""
        folder = TemporaryDirectory(prefix="fcu-conform-")
        self._config.add_cleanup(folder.cleanup)
        return folder.name

    # Last, that is inside the wrappers of other plugins, which are to see the report as it will be.
    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Lets the result travel with the report, which says what was found and not where code raised it."""
        outcome: Any = yield
        if isinstance(item, RuleItem) and call.when == "call" and item.result is not None:
            report: pytest.TestReport = outcome.get_result()
            attach_result(report, item.result)
            report.sections += light_sections(item.result, self.session.certificates(item.result))
            self._show_failure(report, item.result)
            if item.rule.scope in OVER_DEVICES and item.result.outcome in JUDGED and not self.has_sent_counts:
                attach_counts(report, self.session.run.examination.device_results(item.target).counts())
                self.has_sent_counts = True
            if report.skipped and isinstance(report.longrepr, tuple):
                report.longrepr = ("fcu", None, item.reason)  # type: ignore[assignment]  # pytest itself allows None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes note of a result, and gives a failure the form that this terminal can show."""
        result = None if self.session.is_worker else take_result(report, self.session)
        if result is not None and report.longrepr is not None and not isinstance(report.longrepr, FailureText):
            self._show_failure(report, result)  # of what came from a worker only the text is left

    def _show_failure(self, report: pytest.TestReport, result: Result) -> None:
        """Gives a failure the form that terminals and other plugins' reports can show."""
        if result.outcome in FAULTS:
            report.longrepr = FailureText(result, self.session.certificates(result))

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keeps a crash of the suite's own from being shown with its values, among which a key could be."""
        if _is_ours(excinfo.value):
            line = describe_fault(excinfo.value)
            excrepr.toterminal = lambda writer: writer.line(line)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Writes the reports and sets the exit code that pytest alone would not know."""
        if self.session.is_worker:
            self.witnesses.tell(session.config)
        elif self.session.selected and not self.is_listing:
            session.exitstatus = _end(self.session, self.witnesses, session.exitstatus)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes note of what a worker of pytest-xdist has judged."""
        self.witnesses.hear(node)


def _end(suite: SuiteSession, witnesses: Witnesses, status: int) -> int:
    """Writes the reports; gives the exit code.

    Args:
        status: what pytest makes of the tests, the user's own among them.
    """
    report = suite.report()
    try:
        ending = suite.run.end(report, witnesses.digests)
    except Exception as fault:  # pytest would show a traceback, and exit as if the keystore did not conform
        suite.faults.append(f"the reports could not be written: {describe_fault(fault)}")
        return ExitCode.INTERNAL_FAULT
    suite.faults += ending.faults
    if suite.faults:
        return ExitCode.INTERNAL_FAULT
    if status not in (ExitCode.CONFORMANT, ExitCode.NON_CONFORMANT) or not report.results:
        return status
    return max(int(status), int(ending.exit_code))


def _is_ours(fault: BaseException) -> bool:
    """The exception passed through the suite's own code."""
    return any(
        str(frame.f_globals.get("__name__", "")).startswith("fcu_conform")
        for frame, _line in walk_tb(fault.__traceback__)
    )

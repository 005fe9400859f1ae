"""The conformance suite as pytest sees it: collected, selected, run and reported like any other tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from traceback import walk_tb
from typing import Any

import pytest

from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine import Examination, Outcome, Report, Result, serialization
from fcu_conform.engine.faults import describe_fault
from fcu_conform.engine.results import JUDGED
from fcu_conform.engine.states import DeviceCounts
from fcu_conform.interfaces.certification.witnessed import Digests, digests_of, merged
from fcu_conform.interfaces.pytest_plugin import SUITE
from fcu_conform.interfaces.pytest_plugin.items import FAULTS, RuleItem, Suite
from fcu_conform.interfaces.pytest_plugin.options import gather, take_selectors
from fcu_conform.interfaces.pytest_plugin.terminal import FailureText, LightFindings, TerminalPages, light_sections
from fcu_conform.interfaces.reports import writers
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.reports.text_report import Certificates, node_id, node_name
from fcu_conform.interfaces.run.settings import Settings, keep_out
from fcu_conform.rules.model import OVER_DEVICES

TRAVELLING = "fcu_result"
"""Attribute of pytest's test report that carries a result, as text, from a worker to the controller."""

WITNESSED = "fcu_witnessed"
"""Key under which a worker of pytest-xdist hands over the digests of what it has judged."""

COUNTING = "fcu_devices"
"""Attribute that carries the counts over the devices, once from every process that has gone through them."""


def install(config: pytest.Config) -> None:
    """Registers the suite for this run.

    Raises:
        pytest.UsageError: what was asked for makes no sense.
    """
    try:
        plugin = ConformancePlugin(config)
    except UsageError as error:
        raise pytest.UsageError(printable(str(error))) from None
    config.pluginmanager.register(plugin, SUITE)
    if not plugin.is_worker:
        pages = TerminalPages(plugin)
        config.pluginmanager.register(pages, f"{SUITE}-terminal")
        config.pluginmanager.register(LightFindings(pages), f"{SUITE}-findings")


class ConformancePlugin:
    """One run of the suite under pytest.

    With pytest-xdist there is one in the controller, which reports, and one in each worker, which judge;
    without, one does both.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        worker_input: Mapping[str, Any] | None = getattr(config, "workerinput", None)
        self.is_worker = worker_input is not None
        self.settings = Settings.load(worker_input[SUITE]) if worker_input is not None else gather(config)
        self.setups: Sequence[Setup] = tuple(self.settings.read_setups())
        validators = self.settings.select_validators()
        self.examination = Examination(
            self.setups,
            strict=self.settings.strict,
            validators=validators,
            named_validators=self.settings.named_validators,
            handshake=self.settings.handshake,
            sample_seed=self.settings.sample_seed,
            waivers=self.settings.read_waivers(),
        )
        self.cases = [(rule, target) for rule, target in self.examination.cases()]
        self.selected = self._select(take_selectors(config))
        self.results: dict[str, Result] = {}
        self.devices: DeviceCounts | None = None
        self.has_sent_counts = False
        self.faults: list[str] = []
        self.told: list[dict[str, Any]] = []
        if not self.is_worker:
            writers.check(self.settings, self.setups)
        _show_node_ids_as_they_are(config)
        _keep_pytests_files_out(config, self.setups)

    def _select(self, selectors: Sequence[str] | None) -> list[tuple[str, str]]:
        """Code and subject of every case that the command line names; all of them if it names nothing."""
        chosen = []
        everything = [(rule.code, target) for rule, target in self.cases]
        for selector in selectors or ():
            name = selector.removeprefix("fcu::")
            matching = [case for case in everything if name in ("", case[0], node_name(*case))]
            if not matching:
                targets = ", ".join(printable(setup.name) for setup in self.setups)
                raise UsageError(f"not found: {selector} (subjects: {targets}; fcu-conform rules lists the rules)")
            chosen += matching
        return [case for case in everything if case in set(chosen)]

    # Collecting

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """Puts the suite into what the session collects, so that pytest treats it as it treats files."""
        outcome: Any = yield
        if isinstance(collector, pytest.Session) and self.selected:
            report: pytest.CollectReport = outcome.get_result()
            report.result = [*report.result, Suite.from_parent(collector, plugin=self)]

    def rules(self) -> Iterator[tuple[Any, str]]:
        """Rule and subject of each test that is to be collected."""
        chosen = set(self.selected)
        return ((rule, target) for rule, target in self.cases if (rule.code, target) in chosen)

    # Running

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # xdist's WorkerController; it has no types
        """Hands a worker of pytest-xdist what the controller decided, the instant of judgement above all."""
        node.workerinput[SUITE] = self.settings.dump()

    # Last, that is inside the wrappers of other plugins, which are to see the report as it will be.
    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Lets the result travel with the report, which says what was found and not where code raised it."""
        outcome: Any = yield
        if isinstance(item, RuleItem) and call.when == "call" and item.result is not None:
            report: pytest.TestReport = outcome.get_result()
            setattr(report, TRAVELLING, serialization.dump_result(item.result))
            report.sections += light_sections(item.result, self.certificates(item.result))
            self._show_failure(report, item.result)
            if item.rule.scope in OVER_DEVICES and item.result.outcome in JUDGED and not self.has_sent_counts:
                counts = DeviceCounts.of(self.examination.device_results(item.target))
                setattr(report, COUNTING, serialization.dump_counts(counts))
                self.has_sent_counts = True
            if report.skipped and isinstance(report.longrepr, tuple):
                report.longrepr = ("fcu", None, item.reason)  # type: ignore[assignment]  # pytest itself allows None

    # Reporting

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes note of a result, and gives a failure the form that this terminal can show."""
        text = getattr(report, TRAVELLING, None)
        if self.is_worker or text is None:
            return
        result = serialization.load_result(text, self.examination.catalogue)
        self.results[report.nodeid] = result
        counts = getattr(report, COUNTING, None)
        if counts is not None:
            self.devices = serialization.load_counts(counts)
        if report.longrepr is not None and not isinstance(report.longrepr, FailureText):
            self._show_failure(report, result)  # of what came from a worker only the text is left

    def _show_failure(self, report: pytest.TestReport, result: Result) -> None:
        """Gives a failure the form that terminals and other plugins' reports can show."""
        if result.outcome in FAULTS:
            report.longrepr = FailureText(result, self.certificates(result))

    def certificates(self, result: Result) -> Certificates:
        """What the certificates are called that a result's findings are about."""
        return Certificates.about(result.rule, self.examination.setup_of(result.target))

    def report(self) -> Report:
        """What is known so far, in the order of the catalogue."""
        names = [node_id(rule.code, target) for rule, target in self.cases]
        results = [self.results[name] for name in names if name in self.results]
        return Report(self.setups, results, len(results) == len(names), self.examination, self.devices)

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keeps a crash of the suite's own from being shown with its values, among which a key could be."""
        if _is_ours(excinfo.value):
            line = describe_fault(excinfo.value)
            excrepr.toterminal = lambda writer: writer.line(line)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Writes the reports and sets the exit code that pytest alone would not know."""
        if self.is_worker:
            self._tell_what_was_judged()
        if self.is_worker or self.config.option.collectonly or not self.selected:
            return
        report = self.report()
        try:
            self.faults += writers.write(self.settings, report, self._judged)
        except Exception as fault:  # pytest would show a traceback, and exit as if the keystore did not conform
            self.faults.append(f"the reports could not be written: {describe_fault(fault)}")
        is_broken = any(result.outcome is Outcome.ERROR for result in report.results)
        if self.faults or (is_broken and session.exitstatus in (0, 1)):
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        elif session.exitstatus in (0, 1) and report.results and not report.has_judged:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
        elif session.exitstatus == pytest.ExitCode.OK and (report.devices.not_decided or report.falls_short):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _tell_what_was_judged(self) -> None:
        """Lets the controller of pytest-xdist know which bytes this worker has judged, for a statement."""
        if self.settings.makes_statement:
            try:
                told: dict[str, Any] = {"digests": digests_of(self.setups)}
            except UsageError as fault:
                told = {"fault": str(fault)}
            self.config.workeroutput[WITNESSED] = json.dumps(told)  # type: ignore[attr-defined]  # pytest-xdist's

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes note of what a worker of pytest-xdist has judged; one that died has not told."""
        self.told.append(json.loads(getattr(node, "workeroutput", {}).get(WITNESSED, "{}")))

    def _judged(self) -> Digests:
        """The digests of what all processes of this run have judged.

        Raises:
            UsageError: two have judged different bytes, something has changed since, or a worker did not tell.
        """
        fault = next((told["fault"] for told in self.told if "fault" in told), None)
        if fault is None and not all("digests" in told for told in self.told):
            fault = "a worker ended without telling what it has judged"
        if fault is not None:
            raise UsageError(fault)
        return merged([*(told["digests"] for told in self.told), digests_of(self.setups)])


def _is_ours(fault: BaseException) -> bool:
    """The exception passed through the suite's own code."""
    return any(
        str(frame.f_globals.get("__name__", "")).startswith("fcu_conform")
        for frame, _line in walk_tb(fault.__traceback__)
    )


def _show_node_ids_as_they_are(config: pytest.Config) -> None:
    """Keeps pytest from showing ``fcu::…`` as a path seen from the current folder, which no option takes."""
    rewrite = config.cwd_relative_nodeid

    def cwd_relative_nodeid(
        nodeid: Any,
    ) -> Any:  # text, or an object whose str() is the text, by pytest's version
        return nodeid if str(nodeid).startswith("fcu::") else rewrite(nodeid)

    config.cwd_relative_nodeid = cwd_relative_nodeid  # type: ignore[method-assign]


def _keep_pytests_files_out(config: pytest.Config, setups: Sequence[Setup]) -> None:
    """Keeps what pytest itself writes out of what is judged.

    Raises:
        UsageError: a file that was asked for would lie in a keystore.
    """
    for name, flag in (("xmlpath", "--junitxml"), ("log_file", "--log-file"), ("basetemp", "--basetemp")):
        path = config.getoption(name, None)
        if path:
            keep_out(Path(path), setups, f"{flag}: {printable(str(path))}")
    cache = getattr(config, "cache", None)
    folder = getattr(cache, "_cachedir", None)  # pytest has no public way to ask
    if cache is not None and folder is not None:
        judged = [setup.keystore.path for setup in setups]
        judged += [path for setup in setups if setup.devices for path in setup.devices.paths]
        if any(folder.resolve().is_relative_to(path.resolve()) for path in judged):
            cache.set = _forget  # in a run from within a keystore, say


def _forget(_key: str, _value: object) -> None:
    """Takes what a cache is to keep, and does not."""

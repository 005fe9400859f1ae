"""What the suite shows on pytest's terminal: header, failures, warnings and notices, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ExceptionRepr, ReprFileLocation, ReprTraceback

from fcu_conform.artefacts.wording import pluralize
from fcu_conform.engine import Outcome, Result, Verdict
from fcu_conform.interfaces.horizon.closing import horizon_line
from fcu_conform.interfaces.pytest_plugin.session import SuiteSession
from fcu_conform.interfaces.reports.text import device_states, printable
from fcu_conform.interfaces.reports.text_report import (
    Certificates,
    Line,
    light_findings,
    outcome_counts,
    plain,
    render,
    summary,
    weightiest,
)
from fcu_conform.rules.model import Location
from fcu_conform.version import __version__

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter
    from _pytest.terminal import TerminalReporter

MARKUP: dict[str, dict[str, bool]] = {
    "failed": {"red": True, "bold": True},
    "warned": {"yellow": True, "bold": True},
    "notice": {"cyan": True, "bold": True},
    "passed": {"green": True, "bold": True},
    "strong": {"bold": True},
    "label": {"light": True},
    "plain": {},
}
"""pytest's markup for the styles of rendered lines; the writer leaves it out where there is no colour."""

FILE_WIDTH = 100
"""Columns of a failure in a file (JUnit XML), where there is no terminal to ask."""

LIGHT = {Outcome.WARNED: "w", Outcome.WAIVED: "v"}
"""Outcomes that pass but are not shown as passed, with the letter of each."""

LIGHT_TITLES = {"WAIVED": "FCU waivers", "WARNING": "FCU warnings", "NOTICE": "FCU notices"}
"""Sections of findings that fail nothing, by the word that each finding begins with."""

VERDICT_STYLES = {Verdict.CONFORMANT: "passed", Verdict.NON_CONFORMANT: "failed"}


class Crash(ReprFileLocation):
    """What pytest's one-line summaries and other plugins ask of a failure: in what file, on what line, and what.

    The file is one that was judged, so the line is 0 where a finding has none.
    """

    def toterminal(self, writer: TerminalWriter) -> None:
        """Writes the message alone: it names file and line itself, where they help."""
        writer.write(self.message)


class FailureText(ExceptionRepr):
    """A failed result in the form that pytest, and what else reads its reports, keeps failures in.

    There is no traceback in it: what failed is a keystore, not code.
    """

    def __init__(self, result: Result, certificates: Certificates) -> None:
        location = weightiest(result)[0].location if result.standing else Location()
        self._result = result
        self._certificates = certificates
        self.reprcrash = Crash(printable(location.file or "fcu"), location.line or 0, summary(result, certificates))
        self.reprtraceback = ReprTraceback([], None, "no")
        self.sections = []

    def _lines(self, width: int) -> Iterator[Line]:
        broken = self._result.outcome is Outcome.ERROR
        word = "ERROR" if broken else "FAILED"
        return render(self._result, weightiest(self._result), word, "failed", self._certificates, width)

    def toterminal(self, writer: TerminalWriter) -> None:
        """Writes the failure to a terminal."""
        write_lines(writer, self._lines(writer.fullwidth))

    def __str__(self) -> str:
        return plain(self._lines(FILE_WIDTH))


def light_sections(result: Result, certificates: Certificates) -> Iterator[tuple[str, str]]:
    """Title and text of what a result says and that fails nothing, for the sections of pytest's report."""
    for word, style, shown in light_findings([result]):
        for _result, findings in shown:
            yield LIGHT_TITLES[word], plain(render(result, findings, word, style, certificates, FILE_WIDTH))


def write_lines(writer: TerminalWriter, lines: Iterable[Line]) -> None:
    """Writes rendered lines with pytest's markup."""
    for line in lines:
        for text, style in line:
            writer.write(text, **MARKUP[style])
        writer.line()


def header(suite: SuiteSession) -> Iterator[str]:
    """What is judged, by what, and how, a line each; names in it are as they came."""
    settings, examination = suite.settings, suite.run.examination
    yield f"fcu-conform: {__version__}, {len(examination.catalogue)} rules"
    for setup in suite.setups:
        yield f"fcu-keystore: {setup.keystore.path}{f' as {setup.name}' if len(suite.setups) > 1 else ''}"
    configs = dict.fromkeys(str(setup.config.path) for setup in suite.setups if setup.config)
    yield from (f"fcu-config: {path}" for path in configs)
    if settings.chain_depth is not None:
        yield f"fcu-chain-depth: {settings.chain_depth}"
    if settings.mode is not None:
        yield f"fcu-mode: {settings.mode}"
    yield from (f"fcu-devices: {path}" for path in settings.devices)
    yield from (f"fcu-portal-upload: {path}" for path in settings.portal_uploads)
    if settings.portal_state is not None:
        yield f"fcu-portal-state: {settings.portal_state}"
    yield f"fcu-validators: {', '.join(validator.name for validator in examination.validators) or 'none'}"
    if settings.validator_sample is not None:
        yield f"fcu-validator-sample: {settings.validator_sample}"
    if settings.sample_seed is not None:
        yield f"fcu-sample-seed: {settings.sample_seed}"
    if settings.handshake:
        yield "fcu-handshake: TLS and DTLS"
    if settings.verify != "tables":
        yield f"fcu-verify: {settings.verify}"
    yield f"fcu-at: {settings.at}"
    if examination.waiver_file is not None:
        count = pluralize(len(examination.waiver_file.waivers), "waiver")
        yield f"fcu-waivers: {examination.waiver_file.path}, {count}"
    if settings.within is not None:
        yield f"fcu-within: {settings.within}, until {suite.setups[0].horizon:%Y-%m-%d}"
    if settings.strict:
        yield "fcu-strict: warnings are failures"
    yield from (f"fcu-report: {path}" for path in settings.reports)


class TerminalPages:
    """The suite's part of the terminal's output, registered where there is a terminal."""

    def __init__(self, suite: SuiteSession, config: pytest.Config) -> None:
        self.suite = suite
        self.has_run = bool(suite.selected) and not config.option.collectonly

    def pytest_report_header(self) -> list[str]:
        """What is judged, by what, and how."""
        return [printable(line) for line in header(self.suite)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport | pytest.CollectReport) -> Any:
        """Shows a rule that warned or was waived as such; for pytest it passed."""
        result = self.suite.results.get(report.nodeid)
        if result is None or report.when != "call" or not report.passed or result.outcome not in LIGHT:
            return None
        word = result.outcome.value.upper()
        return "passed", LIGHT[result.outcome], (word, {"yellow": True})

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> Iterator[None]:
        """Warnings and notices where pytest has its own sections, the verdict below everything else."""
        yield
        if not self.has_run:
            return
        report = self.suite.report()
        writer = terminalreporter._tw  # the reporter has no public way to write a line in several styles
        for fault in self.suite.faults:
            writer.line(f"fcu-conform: {fault}", red=True)
        for path in () if self.suite.faults else self.suite.settings.reports:
            writer.line(printable(f"fcu-report: {path}"))
        if until := horizon_line(report):
            writer.line(printable(until))
        devices = report.devices
        if devices.checked:
            states = device_states(devices.conformant, devices.offending, devices.not_decided, devices.asked)
            writer.line(f"devices: {devices.checked:,} judged: {states}")
        for one in report.not_done:
            writer.line(printable(f"not done: {one}"), yellow=True)
        verdict = report.verdict
        style = VERDICT_STYLES.get(verdict, "warned")
        counts = outcome_counts(report, len(self.suite.run.cases))
        write_lines(writer, [((f"FCU conformance: {verdict.value}", style), (counts, "plain"))])

    def light_findings(self, terminalreporter: TerminalReporter) -> None:
        """The sections of findings that fail nothing."""
        for word, style, shown in light_findings(self.suite.report().results):
            terminalreporter.write_sep("=", LIGHT_TITLES[word])
            for number, (result, findings) in enumerate(shown):
                if number:
                    terminalreporter.write_line("")
                writer = terminalreporter._tw
                known = self.suite.certificates(result)
                write_lines(writer, render(result, findings, word, style, known, writer.fullwidth))


class LightFindings:
    """Shows the findings that fail nothing, between pytest's failures and its short summary."""

    def __init__(self, pages: TerminalPages) -> None:
        self.pages = pages

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Writes the sections, unless nothing was run."""
        if self.pages.has_run:
            self.pages.light_findings(terminalreporter)

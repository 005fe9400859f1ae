"""What ``fcu-conform lot`` shows: a progress bar on a terminal, and at the end what a pytest run would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from fcu_conform.engine import Report, Verdict
from fcu_conform.interfaces.console.findings_page import write_findings, write_lines
from fcu_conform.interfaces.horizon.closing import horizon_line
from fcu_conform.interfaces.reports.text import device_states, printable
from fcu_conform.interfaces.reports.text_report import outcome_counts

if TYPE_CHECKING:
    from fcu_conform.artefacts.device_output.device_set import DeviceSet
    from fcu_conform.engine.states import DeviceCounts

REFRESH = 0.2
"""Seconds between two looks of the progress bar."""


class Meter:
    """The progress bar: how many devices, how many non-conformant, the rate, the time that is left."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._answers: Progress | None = None
        self._shown = 0.0
        self._begin = 0.0

    @contextmanager
    def watch(self, devices: DeviceSet | None) -> Iterator[Callable[[int, int], None]]:
        """Shows the bar, on a terminal alone, while devices are judged; gives what moves it."""
        self._progress = None if devices is None else _bar()
        if self._progress is None or devices is None:
            yield self.progress
            return
        total = devices.estimate()
        self._task = self._progress.add_task("devices", total=total, rate="", wrong="")
        self._begin = time.perf_counter()
        with self._progress:
            yield self.progress

    def progress(self, checked: int, offending: int) -> None:
        """Moves the bar."""
        if self._progress is None or time.perf_counter() - self._shown < REFRESH:
            return
        self._shown = time.perf_counter()
        rate = f"{checked / max(self._shown - self._begin, 1e-9):,.0f}/s"
        wrong = f"{offending} non-conformant" if offending else ""
        self._progress.update(self._task, completed=checked, rate=rate, wrong=wrong)
        self._progress.refresh()

    def show_answers(self, answered: int, questions: int) -> None:
        """Moves the bar of the questions to validators, which is there from the first answer to the last."""
        if self._answers is None:
            self._answers = _bar()
            if self._answers is None:
                return
            self._answers.add_task("validators", total=questions, rate="", wrong="")
            self._answers.start()
        is_last = answered == questions
        if is_last or time.perf_counter() - self._shown >= REFRESH:
            self._shown = time.perf_counter()
            self._answers.update(self._answers.task_ids[0], completed=answered, total=questions)
            self._answers.refresh()
        if is_last:
            self._answers.stop()
            self._answers = None


def _bar() -> Progress | None:
    """A bar on standard error, wherever standard output goes; None where that is not a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return None
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[wrong]}", style="bold red"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        auto_refresh=False,  # a thread would keep workers from being forked
    )


def closing_line(counts: DeviceCounts, seconds: float, *, is_complete: bool) -> str:
    """How many devices were judged, how fast, and what became of them."""
    rate = f" in {seconds:.1f} s ({counts.checked / seconds:,.0f} a second)" if seconds and counts.checked else ""
    states = device_states(counts.conformant, counts.offending, counts.not_decided, counts.asked)
    end = "" if is_complete else "; interrupted: the rest was not judged"
    return f"devices: {counts.checked:,} judged{rate}: {states}{end}"


def signatures_line(counts: DeviceCounts) -> str:
    """By what the signatures of how many devices were verified."""
    rest = counts.checked - counts.by_tables
    return f"signatures: {counts.by_tables:,} verified by tables of the FCU key, {rest:,} by cryptography"


def write_verdict(
    report: Report, seconds: float, written: Sequence[str], faults: Sequence[str], *, is_complete: bool
) -> None:
    """Failures, then what fails nothing, the states of the devices, and the verdict below everything else."""
    write_findings(report.results, lambda _target: report.setups[0])
    for fault in faults:
        click.secho(f"fcu-conform: {fault}", fg="red")
    for path in () if faults else written:
        click.echo(printable(f"report: {path}"))
    if until := horizon_line(report):
        click.echo(printable(until))
    click.echo(closing_line(report.devices, seconds, is_complete=is_complete))
    if report.devices.by_tables:
        click.echo(signatures_line(report.devices))
    for one in report.not_done:
        click.secho(printable(f"not done: {one}"), fg="yellow")
    verdict = report.verdict
    style = {Verdict.CONFORMANT: "passed", Verdict.NON_CONFORMANT: "failed"}.get(verdict, "warned")
    write_lines([((f"FCU conformance: {verdict.value}", style), (outcome_counts(report), "plain"))])

"""How the console's commands write what rules have found: as pytest's run does, in colours on a terminal alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence

import click
from rich.console import Console

from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine import Outcome, Result
from fcu_conform.interfaces.reports.text_report import Certificates, Line, light_findings, render, weightiest

STYLES: dict[str, dict[str, object]] = {
    "failed": {"fg": "red", "bold": True},
    "warned": {"fg": "yellow", "bold": True},
    "notice": {"fg": "cyan", "bold": True},
    "passed": {"fg": "green", "bold": True},
    "strong": {"bold": True},
    "label": {"dim": True},
    "plain": {},
}


def write_findings(results: Sequence[Result], setup_of: Callable[[str], Setup]) -> None:
    """Failures, then what fails nothing, an empty line after each."""
    width = Console().width
    told = [
        (word, "failed", [(result, weightiest(result)) for result in results if result.outcome is outcome])
        for outcome, word in ((Outcome.ERROR, "ERROR"), (Outcome.FAILED, "FAILED"))
    ]
    for word, style, shown in (*told, *light_findings(results)):
        for result, findings in shown:
            known = Certificates.about(result.rule, setup_of(result.target))
            write_lines(render(result, findings, word, style, known, width))
            click.echo()


def write_lines(lines: Iterable[Line]) -> None:
    """Rendered lines in their styles."""
    is_plain = not sys.stdout.isatty()
    for line in lines:
        text = "".join(text if is_plain else click.style(text, **STYLES[style]) for text, style in line)  # type: ignore[arg-type]
        click.echo(text.rstrip())

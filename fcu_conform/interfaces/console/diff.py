"""``fcu-conform diff``: what has changed between two JSON reports."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from fcu_conform.interfaces.reports.comparison import Change, Comparison, compare, read_report
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.exit_codes import ExitCode


@click.command("diff")
@click.argument("old", metavar="OLD.json")
@click.argument("new", metavar="NEW.json")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "md"]),
    default="text",
    show_default=True,
    help="For people, for programs, or Markdown for a pull request.",
)
def command(old: str, new: str, form: str) -> int:
    """Compares two JSON reports: new, fixed and remaining failures. Exit code 1 if something newly fails."""
    comparison = compare(read_report(old), read_report(new))
    if form == "json":
        click.echo(json.dumps(comparison.as_plain(), indent=2))
    else:
        click.echo("\n".join(_markdown(comparison) if form == "md" else _text(comparison)))
    return ExitCode.NON_CONFORMANT if comparison.new else ExitCode.CONFORMANT


def _sections(comparison: Comparison) -> Iterator[tuple[str, str, tuple[Change, ...]]]:
    yield "new", "red", comparison.new
    yield "fixed", "green", comparison.fixed
    yield "still failing", "red", comparison.still_failing
    yield "out of sight", "yellow", comparison.out_of_sight


def _summary(comparison: Comparison) -> str:
    counts = ", ".join(f"{len(changes)} {title}" for title, _, changes in _sections(comparison))
    return f"{comparison.verdicts[0]} -> {comparison.verdicts[1]}: {counts}"


def _text(comparison: Comparison) -> Iterator[str]:
    for title, colour, changes in _sections(comparison):
        for change in changes:
            head = click.style(f"{title.upper():<13}", fg=colour, bold=True)
            yield f"{head} {printable(str(change.fault))}: {printable(change.message)}"
    for sentence in (*comparison.subjects, *comparison.rules):
        yield f"{'CHANGED':<13} {printable(sentence)}"
    yield _summary(comparison)


def _markdown(comparison: Comparison) -> Iterator[str]:
    yield f"**{_summary(comparison)}**"
    for title, _, changes in _sections(comparison):
        if changes:
            yield ""
            yield f"### {title.capitalize()}"
            yield ""
            for change in changes:
                yield f"- {_code(str(change.fault))} {_escaped(change.message)}"
    if comparison.subjects or comparison.rules:
        yield ""
        yield "### Changed"
        yield ""
        yield from (f"- {_escaped(sentence)}" for sentence in (*comparison.subjects, *comparison.rules))


def _escaped(text: str) -> str:
    """Text with nothing in it that Markdown or HTML would act upon."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-.!|~&@" else c for c in printable(text))


def _code(text: str) -> str:
    """A span of code, whatever is in the text."""
    shown = printable(text)
    ticks = "`"
    while ticks in shown:
        ticks += "`"
    return f"{ticks} {shown} {ticks}" if "`" in shown else f"`{shown}`"

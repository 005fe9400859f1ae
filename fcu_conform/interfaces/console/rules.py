"""``fcu-conform rules``: the catalogue, for people, for documents and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby

import click
from rich import box
from rich.table import Table
from rich.text import Text

from fcu_conform.interfaces.console.page import LEVEL_STYLES, show
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Rule
from fcu_conform.version import __version__


@click.command("rules")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "md"]),
    default="table",
    show_default=True,
    help="For people, for programs, or Markdown for documents.",
)
def command(form: str) -> None:
    """Lists every rule with its level and what it rests on."""
    if form == "json":
        click.echo(as_json(CATALOGUE))
    elif form == "md":
        click.echo(as_markdown(CATALOGUE))
    else:
        show_table(CATALOGUE)


def as_plain(rule: Rule) -> dict[str, object]:
    """A rule as plain data."""
    return {
        "code": rule.code,
        "slug": rule.slug,
        "level": rule.level.value,
        "evidence": rule.evidence.split(", "),
        "statement": rule.requirement,
        "title": rule.title,
        "why": rule.why,
        "fix": rule.fix,
        "passes": rule.passes,
        "fails": rule.fails,
        "source": rule.source,
        "needs": list(rule.needs),
        "told_by": list(rule.told_by),
        "shaded_by": list(rule.partially_blocked_by),
        "waivable": rule.waivable,
    }


def as_json(rules: Iterable[Rule]) -> str:
    """The rules as one JSON object."""
    suite = {"name": "fcu-conform", "version": __version__, "rules_digest": CATALOGUE.digest()}
    return json.dumps({"suite": suite, "rules": [as_plain(rule) for rule in rules]}, indent=2)


def as_markdown(rules: Iterable[Rule]) -> str:
    """The rules as Markdown, a table a family."""
    parts = []
    for family, members in groupby(rules, key=lambda rule: rule.family):
        rows = [
            f"## {family}",
            "",
            "| code | level | evidence | requirement | source |",
            "| --- | --- | --- | --- | --- |",
        ]
        for rule in members:
            cells = (rule.code, rule.level.value, rule.evidence, rule.requirement, rule.source)
            rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def show_table(rules: Iterable[Rule]) -> None:
    """The rules as a table as wide as the terminal."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("code", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("evidence", max_width=10)
    table.add_column("requirement", ratio=1, overflow="fold")
    total = 0
    for _family, members in groupby(rules, key=lambda rule: rule.family):
        for rule in members:
            total += 1
            level = Text(rule.level.value, LEVEL_STYLES[rule.level.value])
            table.add_row(Text(rule.code, "bold"), level, Text(rule.evidence, "dim"), rule.requirement)
        table.add_section()
    show(table, Text(f"{total} rules; see fcu-conform explain CODE for details", "dim"))

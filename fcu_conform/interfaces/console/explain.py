"""``fcu-conform explain``: all about one rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches

import click
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from fcu_conform.interfaces.console.page import LEVEL_STYLES, show
from fcu_conform.interfaces.console.where import ELSEWHERE, TREE, find_places, is_source_tree
from fcu_conform.interfaces.reports.text import printable, wrap, wrap_around_command
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Rule


@dataclass(frozen=True)
class Labelled:
    """Texts beside their labels; a command, and a word that is wider than the terminal, stays on one line."""

    texts: Mapping[str, str]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        texts = {label: text for label, text in self.texts.items() if text}
        indent = max(map(len, texts)) + 2
        for label, text in texts.items():
            head, broken = label, wrap_around_command if label == "fix" else wrap
            for paragraph in text.splitlines():
                for line in broken(paragraph, options.max_width - indent):
                    yield Text.assemble((head.ljust(indent), "dim"), line, no_wrap=True, overflow="ignore")
                    head = ""


@click.command("explain")
@click.argument("code")
@click.option("--where", "shows_places", is_flag=True, help="Show where to find it: rule, defects, fixtures and tests.")
def command(code: str, shows_places: bool) -> None:
    """Shows one rule: its requirement, why it matters, its source, examples and the fix. CODE is its code or slug."""
    rule = find(code)
    if shows_places:
        show(*describe_places(rule))
    else:
        show(*describe(rule))


def find(name: str) -> Rule:
    """The rule of that code or slug, in whatever case.

    Raises:
        click.UsageError: there is none; its text has the nearest.
    """
    by_name = {key: rule for rule in CATALOGUE for key in (rule.code.lower(), rule.slug)}
    wanted = name.strip().lower()
    if wanted in by_name:
        return by_name[wanted]
    near = dict.fromkeys(by_name[key].code for key in get_close_matches(wanted, by_name, n=4, cutoff=0.5))
    hint = f"; nearest: {', '.join(near)}" if near else "; fcu-conform rules lists all"
    raise click.UsageError(f"unknown rule '{printable(name)}'{hint}")


def describe(rule: Rule) -> tuple[Text, Text, Labelled]:
    """The rule's name, its requirement, and the rest with labels."""
    rows = {
        "failure": rule.title,
        "why": rule.why,
        "evidence": rule.evidence,
        "source": "\n".join(str(source) for source in rule.sources),
        "needs": ", ".join(rule.needs),
        "reported by": ", ".join(rule.told_by),
        "partly blocked by": ", ".join(rule.partially_blocked_by),
        "passes": rule.passes,
        "fails": rule.fails,
        "fix": rule.fix,
        "waiver": "" if rule.waivable else "cannot be waived",
    }
    return _head(rule), Text(rule.requirement), Labelled(rows)


def describe_places(rule: Rule) -> Sequence[RenderableType]:
    """Where the rule stands in the source tree, or where its function is and that the rest is there."""
    places = find_places(rule)
    rows = {field.name: getattr(places, field.name) for field in fields(places)}
    texts = Labelled({label: place if isinstance(place, str) else "\n".join(place) for label, place in rows.items()})
    return (_head(rule), texts) if is_source_tree(TREE) else (_head(rule), texts, Text(ELSEWHERE))


def _head(rule: Rule) -> Text:
    return Text.assemble((rule.code, "bold"), f"  {rule.slug}  ", (rule.level.value, LEVEL_STYLES[rule.level.value]))

"""Writes the pages of rules from the code and from fixtures/, a page a family: ``python docs/catalogue.py FOLDER``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from examples_of_rules import example_of

from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Rule
from reference_ca.defects import DEFECTS

TITLES = {
    "CFG": "fcu.yml",
    "KEY": "the private key",
    "CSR": "the request",
    "CRT": "every certificate of fcu.crt",
    "CHN": "fcu.crt as a whole",
    "DEV": "what a device is given",
    "BDL": "the CBOR bundle",
    "UPL": "the portal upload",
    "PTL": "what the account really trusts",
    "LOT": "many devices, several FCU instances",
    "ENR": "the CSV of first to claim",
    "EXP": "what ends when",
    "DRL": "the theft of a key",
    "SYS": "the run itself",
}


def lines_of(rule: Rule) -> Iterator[str]:
    """The section of one rule, as Markdown."""
    yield from (f"({rule.code})=", "", f"## {rule.code} {escaped(rule.slug)}", "")
    yield from (f"**{rule.level.value}** · {rule.evidence}", "", f"{sentence(rule.requirement)}", "")
    yield from (f"{escaped(rule.why)}", "")
    yield from (f"- passes: {escaped(rule.passes)}", f"- fails: {escaped(rule.fails)}", f"- fix: {escaped(rule.fix)}")
    yield from (f"- a failure reads: {escaped(rule.title)}", f"- source: {escaped(rule.source)}")
    if not rule.waivable:
        yield "- cannot be waived"
    if rule.told_by:
        yield "- not reported if one of these reports the same fault: " + ", ".join(
            f"[{code}](#{code})" for code in rule.told_by
        )
    if rule.needs:
        yield "- judged only if these pass: " + ", ".join(f"[{code}](#{code})" for code in rule.needs)
    yield ""
    yield from example_lines(rule)


def example_lines(rule: Rule) -> Iterator[str]:
    """A case that the rule lets pass and one that it does not, which differ by one edit, and what is said of it."""
    example = example_of(rule)
    yield from (f"*Example.* {escaped(example.story)} `{example.chain}`", "")
    if example.said:
        yield from ("```text", example.said, "```", "")
    made = f"`reference-ca defect {example.edit} OUT` makes it" if example.edit in DEFECTS else example.edit
    yield from (f"- passes: `fixtures/{example.passes}`", f"- fails: `fixtures/{example.fails}`; {made}", "")


def sentence(text: str) -> str:
    """A requirement as a sentence; names of files and settings keep their case."""
    return escaped(text) + "."


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|$" else character for character in text)


def write(folder: Path) -> None:
    """Writes ``index.md`` and a page for each family into a folder; pages that are right already are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    families = {family: list(rules) for family, rules in groupby(CATALOGUE, key=lambda rule: rule.family)}
    index = [
        "# Rules",
        "",
        f"{len(CATALOGUE)} rules. A code never changes its meaning and is never reused. An *error* means that the",
        "setup is non-conformant, a *warning* that a recommendation is not met; a *notice* is information.",
        "`fcu-conform explain CODE` shows one of them in the terminal.",
        "",
        "```{toctree}",
        ":maxdepth: 1",
        "",
        *(f"{family}" for family in families),
        "```",
        "",
        "| code | level | requirement |",
        "| --- | --- | --- |",
    ]
    for family, rules in families.items():
        index += [f"| [{r.code}](#{r.code}) | {r.level.value} | {escaped(r.requirement)} |" for r in rules]
        page = [f"# {family} · {TITLES[family]}", "", *(line for rule in rules for line in lines_of(rule))]
        save(folder / f"{family}.md", page)
    save(folder / "index.md", [*index, ""])


def save(path: Path, lines: list[str]) -> None:
    """Writes a page unless it says this already, so that a second build has nothing to do."""
    text = "\n".join(lines)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))

"""Code, documents and names of tests keep to plain technical English: phrases.toml lists what to avoid and to write."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from repository.sources import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDERS = ("fcu_conform", "reference_ca", "docs")
ENDINGS = frozenset({".py", ".md", ".j2", ".js", ".css"})
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "fixtures/README.md")


@dataclass(frozen=True)
class Phrase:
    """A phrase to avoid, what to write instead, longer phrases that may contain it, and places that may have it."""

    avoid: str
    instead: str
    but: tuple[str, ...] = ()
    where: tuple[str, ...] = ()

    def lines(self, text: str) -> list[int]:
        """The numbers of the lines that contain the phrase."""
        for fine in self.but:
            text = text.replace(fine, "")
        return [number for number, line in enumerate(text.splitlines(), start=1) if self.avoid in line]


TABLE = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))

PHRASES = [
    Phrase(entry["avoid"], entry["instead"], tuple(entry.get("but", ())), tuple(entry.get("where", ())))
    for entry in TABLE["phrase"]
]

NAMES = {entry["avoid"]: entry["instead"] for entry in TABLE["name"]}
"""Regular expressions of what a test's name avoids, and what to write instead."""


def texts() -> dict[str, str]:
    """Code and documents by their path; generated and recorded files are left out."""
    files = [ROOT / name for name in DOCUMENTS]
    for folder in FOLDERS:
        files += [path for path in (ROOT / folder).rglob("*") if path.suffix in ENDINGS]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sorted(files)}


def names() -> dict[str, str]:
    """The files of all tests by the name of the test without its prefix."""
    found = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[node.name.removeprefix("test_")] = path.relative_to(ROOT).as_posix()
    return found


TEXTS = texts()


def test_the_texts_were_found() -> None:
    assert len(TEXTS) > 200
    assert {"README.md", "docs/reference.md", "fcu_conform/rules/model.py", "reference_ca/lot.py"} <= set(TEXTS)


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase.avoid.strip())
def test_a_phrase_to_avoid_occurs_nowhere(phrase: Phrase) -> None:
    found = [
        f"{place}:{number}: write {phrase.instead!r}, not {phrase.avoid!r}"
        for place, text in TEXTS.items()
        if not place.startswith(phrase.where or ("\0",))
        for number in phrase.lines(text)
    ]
    assert found == []


def test_a_phrase_is_found_unless_it_is_part_of_an_allowed_one() -> None:
    phrase = Phrase("is no ", "is not a", ("here is no ",))
    assert phrase.lines("there is no key\n'x' is no key\n") == [2]


def test_no_name_of_a_test_has_a_part_to_avoid() -> None:
    tests = names()
    assert len(tests) > 2000
    found = [
        f"{place}: {name}: write {instead}"
        for name, place in tests.items()
        for avoid, instead in NAMES.items()
        if re.search(avoid, name)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "avoided"),
    [
        ("a_folder_is_no_journal", True),
        ("an_expired_waiver_is_no_longer_applied", False),
        ("it_is_told_who_refused", True),
        ("what_is_missing_does_not_exist", True),
        ("a_missing_file_is_reported", False),
    ],
)
def test_a_part_to_avoid_is_found_in_a_name(name: str, avoided: bool) -> None:
    assert any(re.search(avoid, name) for avoid in NAMES) is avoided

"""Code and documents keep to plain technical English: phrases.toml lists what is not said, and what is said instead."""

from __future__ import annotations

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
    """What is not to be written, what to write, longer phrases that may hold it, and places that may have it."""

    avoid: str
    instead: str
    but: tuple[str, ...] = ()
    where: tuple[str, ...] = ()

    def lines(self, text: str) -> list[int]:
        """The numbers of the lines that have it."""
        for fine in self.but:
            text = text.replace(fine, "")
        return [number for number, line in enumerate(text.splitlines(), start=1) if self.avoid in line]


def phrases() -> list[Phrase]:
    """Those of the file."""
    table = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))
    return [
        Phrase(entry["avoid"], entry["instead"], tuple(entry.get("but", ())), tuple(entry.get("where", ())))
        for entry in table["phrase"]
    ]


def texts() -> dict[str, str]:
    """Code and documents by their place, what is generated or recorded left out."""
    files = [ROOT / name for name in DOCUMENTS]
    for folder in FOLDERS:
        files += [path for path in (ROOT / folder).rglob("*") if path.suffix in ENDINGS]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sorted(files)}


TEXTS = texts()


def test_the_texts_were_found() -> None:
    assert len(TEXTS) > 200
    assert {"README.md", "docs/reference.md", "fcu_conform/rules/model.py", "reference_ca/lot.py"} <= set(TEXTS)


@pytest.mark.parametrize("phrase", phrases(), ids=lambda phrase: phrase.avoid.strip())
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

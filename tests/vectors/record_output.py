"""What is said of every fixture, word for word: kept beside the tests, a file a family, so that a change is read.

`tox -e expected -- --write` writes them anew; then read the difference.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from repository.generated import compare_or_write

from .judging import judge
from .regenerate import FIXTURES

WORDS = Path(__file__).with_name("expected_output")


def read_words() -> dict[str, list[str]]:
    """The words that are kept, by the names of the cases."""
    kept: dict[str, list[str]] = {}
    for path in sorted(WORDS.glob("*.txt")):
        for section in path.read_text(encoding="ascii").split("\n## ")[1:]:
            name, *lines = section.rstrip("\n").split("\n")
            kept[name] = lines
    return kept


def words_of(names: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """Judges the cases: what is said of them, by the file that keeps it."""
    for family, members in groupby(sorted(names), key=lambda name: name.partition("/")[0]):
        lines = [f"What is said of the cases of fixtures/{family}; written by vectors/record_output.py."]
        for name in members:
            with tempfile.TemporaryDirectory() as place:
                lines += [f"\n## {name}", *judge(FIXTURES / name, Path(place)).words]
        yield WORDS / f"{family}.txt", "\n".join(lines) + "\n"


if __name__ == "__main__":
    every = (path.parent.relative_to(FIXTURES).as_posix() for path in FIXTURES.glob("*/*/case.toml"))
    sys.exit(compare_or_write(words_of(every), sys.argv[1:]))

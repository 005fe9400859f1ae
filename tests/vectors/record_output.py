"""What is said of every fixture, word for word: kept beside the tests, a file a family, so that a change is read.

python -m vectors.record_output     # from tests/: writes them anew; then look at the difference
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

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


def write_words(names: Iterable[str]) -> None:
    """Judges the cases, and keeps what is said of them."""
    WORDS.mkdir(exist_ok=True)
    for family, members in groupby(sorted(names), key=lambda name: name.partition("/")[0]):
        lines = [f"What is said of the cases of fixtures/{family}; written by vectors/record_output.py."]
        for name in members:
            with tempfile.TemporaryDirectory() as place:
                lines += [f"\n## {name}", *judge(FIXTURES / name, Path(place)).words]
        (WORDS / f"{family}.txt").write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    write_words(path.parent.relative_to(FIXTURES).as_posix() for path in FIXTURES.glob("*/*/case.toml"))
    sys.exit(0)

"""Writes fixtures/ anew, byte for byte, and its keys into the list of published ones.

A part of ``tox -e expected``. Alone: `python -m vectors.regenerate --check` or `--write`, from tests/.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from repository.published_keys import PUBLISHED, read, text_of

from .cases import SEED
from .writing import digest, write_all

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"


def published(keys: dict[str, str]) -> str:
    """The list of published keys with these for those of the fixtures; what others published stays as it is."""
    others = {key: origin for key, origin in read(PUBLISHED).items() if SEED not in origin}
    return text_of(keys | others)


def main(arguments: Sequence[str]) -> int:
    """Compares, or writes; the exit code is 1 where something differs and is not written, 2 where neither is asked."""
    if list(arguments) not in (["--check"], ["--write"]):
        print("say --check or --write", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        keys = published(write_all(made))
        print(f"made {digest(made)}\nkept {digest(FIXTURES)}")
        if arguments[0] == "--check":
            kept = (FIXTURES / "DIGEST").read_text("ascii")
            same = (made / "DIGEST").read_text("ascii") == kept == digest(FIXTURES) + "\n"
            return int(not same or keys != PUBLISHED.read_text("utf-8"))
        for place in FIXTURES.iterdir():
            if place.is_dir():
                shutil.rmtree(place)
        shutil.copytree(made, FIXTURES, dirs_exist_ok=True)
        PUBLISHED.write_text(keys, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

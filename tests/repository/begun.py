"""What was begun with ``tox -e new`` and is not finished: each place with what is to be written there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_BEGUN = re.compile(r'raise NotImplementedError\("(?:\w|[-.])+: (.+)"\)')


def unfinished(root: Path) -> Iterator[str]:
    """A line for each place in the two packages, sorted: file, line, what to write."""
    for package in ("fcu_conform", "reference_ca"):
        for path in sorted((root / package).rglob("*.py")):
            for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
                begun = _BEGUN.search(line)
                if begun:
                    yield f"{path.relative_to(root).as_posix()}:{number}: {begun[1]}"

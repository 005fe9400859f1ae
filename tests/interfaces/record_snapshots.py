"""Writes what people see on the terminal anew, or compares it: `test_snapshots` does both, and is run here.

`tox -e expected -- --write` writes it; then read the difference.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

WRITES = "FCU_WRITE_SNAPSHOTS"
"""The environment variable that lets `test_snapshots` write what it would compare."""


def main(arguments: Sequence[str]) -> int:
    """Runs these tests; the exit code is pytest's."""
    if "--write" in arguments:
        os.environ[WRITES] = "1"
    return pytest.main(["-q", "-p", "no:cacheprovider", str(Path(__file__).with_name("test_snapshots.py"))])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Runs the tests at other dates: every process that they start, C libraries included, believes in the shifted clock.

    python tests/clock/shifting.py [DATE ...] [-- PYTEST-ARGUMENTS]

A C compiler (`cc`) is needed, on Linux: a small library that answers for libc is built and preloaded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

DATES = ("2020-01-01", "2027-01-01", "2037-12-31", "2038-02-01", "2049-12-31", "2050-01-01", "2099-01-01")
"""Before the vectors were made, after; round the ends of 32-bit time and of UTCTime; far away."""

SHIFT = "FCU_TEST_CLOCK_SHIFT"
SOURCE = Path(__file__).with_name("shifted.c")


def can_shift() -> bool:
    """Whether the library can be built and preloaded here."""
    return sys.platform == "linux" and shutil.which("cc") is not None


def build(folder: Path) -> Path:
    """Builds the library, and returns its path."""
    library = folder / "shifted.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


def environment(library: Path, date: str) -> dict[str, str]:
    """The environment of a process that believes that it is noon of the date (UTC) now; this one may believe so too."""
    noon = datetime.fromisoformat(date).replace(hour=12, tzinfo=timezone.utc)
    true = time.time() - int(os.environ.get(SHIFT, "0"))
    return {**os.environ, "LD_PRELOAD": str(library), SHIFT: str(int(noon.timestamp() - true))}


def main(arguments: list[str]) -> int:
    """Runs pytest at each date; the number of dates at which it failed."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    dates, rest = arguments[:place], arguments[place + 1 :]
    if not can_shift():
        print("the clock is shifted by a preloaded library: Linux and a C compiler (cc) are needed", file=sys.stderr)
        return 1
    failed = []
    with tempfile.TemporaryDirectory() as name:
        library = build(Path(name))
        for date in dates or DATES:
            print(f"== at {date}", flush=True)
            command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *rest]
            if subprocess.run(command, check=False, env=environment(library, date)).returncode:
                failed.append(date)
    print(f"failed at: {', '.join(failed)}" if failed else "passed at every date")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Reads broken files for as long as one likes: python -m tests.robustness --minutes 30 [--reader NAME …] [--keep
FOLDER].

Each reader gets the same share of the time. An input has a number, and the same number is the same input everywhere:
--first goes on where another run ended, and ``--reader NAME --first N --count 1`` repeats one.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import resource
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS)]

from secrecy.canary import Canary  # noqa: E402

from robustness.factory import make_factory  # noqa: E402
from robustness.readers import LARGEST, SLOWEST, Fault, Reader, faults  # noqa: E402
from robustness.table import all_readers  # noqa: E402

BATCH = 10


@dataclass
class Figures:
    """What a run has shown of one reader."""

    reader: Reader
    inputs: int = 0
    seconds: float = 0.0
    faults: list[Fault] = field(default_factory=list)


def hunt(readers: list[Reader], canaries: list[Canary], seconds: float, first: int, count: int | None) -> list[Figures]:
    """Reads in turn until the time is over, or each reader has had its count."""

    def traces(text: str) -> list[str]:
        return [form for canary in canaries for form in canary.traces(text)]

    every = [Figures(reader) for reader in readers]
    end = monotonic() + seconds
    while monotonic() < end and any(count is None or figures.inputs < count for figures in every):
        # Those that are quick read more: each gets the same time.
        figures = min((f for f in every if count is None or f.inputs < count), key=lambda f: f.seconds)
        size = BATCH if count is None else min(BATCH, count - figures.inputs)
        begin = first + figures.inputs
        start = monotonic()
        signal.alarm(int(20 * SLOWEST))
        figures.faults += faults(figures.reader, range(begin, begin + size), traces)
        signal.alarm(0)
        figures.seconds += monotonic() - start
        figures.inputs += size
    return every


def _hangs(*_: object) -> None:
    raise TimeoutError("hangs")


def main() -> int:
    """Runs the hunt and tells its figures; 1 where a fault was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5, help="how long in all (5)")
    parser.add_argument("--reader", action="append", help="only this one; repeatable")
    parser.add_argument("--first", type=int, default=0, help="number of the first input (0)")
    parser.add_argument("--count", type=int, help="inputs of each reader, where the time allows")
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that did harm")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (4 * LARGEST, 4 * LARGEST))
    signal.signal(signal.SIGALRM, _hangs)
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.redirect_stdout(io.StringIO()):
            factory = make_factory(Path(folder) / "line")
        canaries = [Canary(secret) for secret in factory.secrets()]
        readers = [r for r in all_readers(factory) if not options.reader or r.name in options.reader]
        every = hunt(readers, canaries, options.minutes * 60, options.first, options.count)
    found = [fault for figures in every for fault in figures.faults]
    print(f"{'reader':<20}{'inputs':>10}{'seconds':>10}{'faults':>8}")
    for figures in every:
        print(f"{figures.reader.name:<20}{figures.inputs:>10}{figures.seconds:>10.0f}{len(figures.faults):>8}")
    print(f"{sum(f.inputs for f in every)} inputs, {len(found)} faults, {_peak()} MiB at most")
    for fault in found[:50]:
        print(f"\n{fault.reader} {fault.number}: {fault.what.strip()[-1500:]}")
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{fault.reader}-{fault.number}").write_bytes(fault.data)
    return 1 if found else 0


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    sys.exit(main())

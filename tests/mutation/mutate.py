"""Changes one thing after another in the judge's artefacts, rules and engine, and sees whether the tests notice.

    python tests/mutation/mutate.py [--sample N] [--seed N] [--budget SECONDS] [--out FILE] [MODULE ...]

MODULE is a path such as fcu_conform/artefacts/encodings/times.py, or a folder; without one all three layers have their
turn. First the tests are run once to see which of them reach which row; then each mutant meets those that reach it.
All of it happens in a copy of the repository, so the work tree is never changed. `--sample N` takes N mutants of each
module, the same ones for the same seed. Prints a line for each survivor and the score of each module; exits with 1
below 90 %.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import random
import re
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from mutation.mutants import Module, Mutant  # noqa: E402
from mutation.reach import Reach, Recorder  # noqa: E402
from mutation.trial import JUDGED, Trial  # noqa: E402

SAME = Path(__file__).with_name("same.toml")
"""Changes that make no difference to anybody, each with the reason."""

TARGET = 0.9

TESTS = (
    "artefacts",
    "coverage_matrix",
    "engine",
    "faulty_ca",
    "independent_corpus",
    "interfaces/certification",
    "mutant_engines",
    "rules",
    "slicing",
    "validators",
    "vectors",
)
"""The folders of tests that judge mutants; the others are about the maker, the interfaces, and documents."""

NOTICED = ("killed", "timed out")
UNNOTICED = ("survived", "not reached")

Told = dict[str, Any]
"""What became of a mutant: its fields, its outcome, and how many tests it met."""


def copies_of_repository(folder: Path, count: int) -> list[Path]:
    """What the tests need, somewhere where it may be changed: a copy for each process."""
    kept = shutil.ignore_patterns(".git", ".tox", ".venv", ".hypothesis", "__pycache__", "*_cache", "_build")
    copies = [folder / f"copy-{number}" for number in range(count)]
    for copy in copies:
        shutil.copytree(ROOT, copy, ignore=kept, symlinks=True)
        compileall.compile_dir(copy, quiet=1)
    return copies


def side_by_side(copies: Sequence[Path], work: Callable[[int, Path], int]) -> None:
    """Does a piece of work in each copy, in processes that are forked, so that nothing has to be handed over."""
    children = []
    for number, copy in enumerate(copies):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = work(number, copy)
            finally:
                os._exit(status)
        children.append(pid)
    ends = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    if any(ends):
        raise SystemExit("a process of the mutation run failed; what it says stands above")


def run_pytest(copy: Path, files: Sequence[str], plugin: object) -> int:
    """Runs pytest in this process, in the copy and on the code there; processes that tests start run that too."""
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)
    os.environ["FCU_TESTS_BYTECODE"] = ""  # none is kept: a mutant has the size and the second of the one before it
    sys.path[:] = [str(copy), *(path for path in sys.path if path != str(ROOT))]
    options = ["-q", "-s", "--no-header", "-m", "not plugins", "-p", "no:cacheprovider"]
    options.append(f"--basetemp={copy}/.temporary")
    return int(pytest.main([*options, *files], plugins=[plugin]))


def record(copies: Sequence[Path]) -> Reach:
    """Runs all tests once, without mutants."""
    copy = copies[0]
    files = sorted(p.relative_to(copy).as_posix() for name in TESTS for p in (copy / "tests" / name).rglob("test_*.py"))
    places = {copy: copy.with_name(f"{copy.name}-reach") for copy in copies}

    def one(number: int, copy: Path) -> int:
        status = run_pytest(copy, files[number :: len(copies)], Recorder(copy, places[copy]))
        return 0 if status == pytest.ExitCode.TESTS_FAILED else status  # which ones is looked at by `Reach`

    side_by_side(copies, one)
    return Reach.read(places)


def attempt(copies: Sequence[Path], reach: Reach, mutants: list[Mutant], budget: float) -> list[Told]:
    """Tries the mutants; gives a record for each, with what became of it."""
    places = [copy.with_name(f"{copy.name}-told") for copy in copies]

    def one(number: int, copy: Path) -> int:
        sys.dont_write_bytecode = True  # what is kept must not be of a mutant
        with places[number].open("w", encoding="utf-8", buffering=1) as told:

            def tell(mutant: Mutant, outcome: str, tests: list[str]) -> None:
                told.write(json.dumps({**vars(mutant), "outcome": outcome, "tests": len(tests)}) + "\n")

            trial = Trial(copy, reach, mutants[number :: len(copies)], budget, tell)
            return run_pytest(copy, [f"tests/{name}" for name in TESTS], trial)

    side_by_side(copies, one)
    lines = [line for place in places for line in place.read_text(encoding="utf-8").splitlines()]
    return sorted(map(json.loads, lines), key=lambda told: (told["module"], told["row"], told["operator"]))


def chosen(copy: Path, asked: Sequence[str], sample: int | None, seed: int) -> list[Mutant]:
    """The mutants of the modules that were asked for."""
    paths = [path for name in asked or JUDGED for path in sorted((copy / name).rglob("*.py")) or [copy / name]]
    every = []
    for path in paths:
        mutants = sorted(Module(copy, path.relative_to(copy).as_posix()).mutants())
        drawn = random.Random(seed)
        drawn.shuffle(mutants)
        every += mutants[:sample]
    random.Random(seed).shuffle(every)  # so that no process gets all the slow ones
    return every


Excuses = dict[tuple[str, int], list[str]]
"""By module and row: patterns for the operators whose changes there are known, with a reason, to make no difference."""


def excuses() -> Excuses:
    """What `SAME` says of the code as it stands.

    Raises:
        SystemExit: a line that is excused stands in its module no more.
    """
    excused: Excuses = defaultdict(list)
    for entry in tomllib.loads(SAME.read_text(encoding="utf-8"))["same"]:
        lines = (ROOT / entry["module"]).read_text(encoding="utf-8").splitlines()
        rows = [row for row, line in enumerate(lines, 1) if line.strip() == entry["line"]]
        if not rows:
            raise SystemExit(f"{SAME.name}: {entry['module']} has no line {entry['line']!r}")
        for row in rows:
            excused[entry["module"], row].append(entry["change"])
    return excused


def set_apart(records: list[Told], excused: Excuses) -> None:
    """Marks what survived and is excused: it says the same."""
    for told in records:
        operator = told["operator"].removeprefix("core/")
        patterns = excused.get((told["module"], told["row"]), ())
        if told["outcome"] in UNNOTICED and any(re.fullmatch(pattern, operator) for pattern in patterns):
            told["outcome"] = "idle"


def tell_scores(records: list[Told]) -> float:
    """Prints survivors and scores; gives the score of all."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for told in records:
        counts[told["module"]][told["outcome"]] += 1
        if told["outcome"] in (*UNNOTICED, "broken"):
            change = told["operator"].removeprefix("core/")
            print(f"{told['module']}:{told['row']} {change} {told['occurrence']}: {told['outcome']}")
    for module, count in sorted(counts.items()):
        print(f"{module}: {_score(count)}")
    for layer in JUDGED:
        print(f"{layer}: {_score(sum((c for m, c in counts.items() if m.startswith(layer)), Counter()))}")
    whole = sum(counts.values(), Counter())
    print(f"all: {_score(whole)}")
    return _noticed(whole) / max(1, _noticed(whole) + sum(whole[name] for name in UNNOTICED))


def _noticed(count: Counter[str]) -> int:
    return sum(count[name] for name in NOTICED)


def _score(count: Counter[str]) -> str:
    unnoticed = sum(count[name] for name in UNNOTICED)
    tried = _noticed(count) + unnoticed
    share = f" ({100 * _noticed(count) / tried:.1f} %)" if tried else ""
    return f"{_noticed(count)} of {tried} noticed{share}, {count['idle']} that say the same"


def main() -> int:
    """Mutates what was asked for, and prints the scores."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int, help="mutants of each module; all of them unless given")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (0)")
    parser.add_argument("--budget", type=float, default=6, help="seconds of tests that a mutant meets (6)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, help="a file for what became of each mutant, a JSON object a line")
    parser.add_argument("--reach", type=Path, help="a file that keeps which tests reach what, for the next run")
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    options = parser.parse_args()
    excused = excuses()
    with tempfile.TemporaryDirectory() as name:
        copies = copies_of_repository(Path(name), options.workers)
        mutants = chosen(copies[0], options.modules, options.sample, options.seed)
        if options.reach and options.reach.exists():
            reach = Reach.load(options.reach)
        else:
            reach = record(copies)
            if options.reach:
                reach.save(options.reach)
        records = attempt(copies, reach, mutants, options.budget)
    set_apart(records, excused)
    if options.out:
        options.out.write_text("".join(json.dumps(told) + "\n" for told in records), encoding="utf-8")
    return 0 if tell_scores(records) >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())

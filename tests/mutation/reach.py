"""Which test runs which row of the judge, and how long it takes: recorded once, so that a mutant meets few tests."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import coverage
import pytest

from .mutants import Module, Mutant

SLOWEST = 4.0
"""Seconds: a test that takes longer does not judge mutants."""


FEW = 0.01
"""Share of the tests that may fail while they are watched: those of memory and signals do."""


BOOKS = {
    "artefacts": ("tests/artefacts/bounded_io/test_limits.py::",),
    "engine": ("tests/engine/test_limits.py::",),
    "rules": (
        "tests/rules/test_snapshots.py::",
        "tests/coverage_matrix/test_coverage_matrix.py::test_nothing_is_an_orphan",
    ),
}
"""The tests that hold what is declared when a module is imported: it is read in them, and run in none."""


class Recorder:
    """A plugin of pytest that records what each test reaches."""

    def __init__(self, root: Path, place: Path) -> None:
        self.place = place
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.setup: defaultdict[str, float] = defaultdict(float)
        self.failed: set[str] = set()
        self.coverage = coverage.Coverage(
            data_file=str(place.with_suffix(".sqlite")), config_file=False, include=[f"{root}/fcu_conform/*"]
        )
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        result = yield
        self.coverage.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        if report.when == "setup":
            file = _file_of(report.nodeid)
            self.setup[file] = max(self.setup[file], report.duration)
        if report.outcome != "passed":  # nor does one that is skipped judge anything
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        self.coverage.save()
        told = {"seconds": self.seconds, "setup": self.setup, "failed": sorted(self.failed)}
        self.place.with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")


@dataclass(frozen=True)
class Reach:
    """For each module and row the tests that run it, the seconds of each test, and what a file's first test adds."""

    rows: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]
    setup: dict[str, float]

    @classmethod
    def read(cls, places: Mapping[Path, Path]) -> Reach:
        """Reads what recorders wrote; says for each copy of the repository where."""
        rows: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        seconds: dict[str, float] = {}
        setup: dict[str, float] = {}
        for root, place in places.items():
            told = json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))
            if len(told["failed"]) > FEW * len(told["seconds"]):
                raise SystemExit(f"tests fail without a mutant: {', '.join(told['failed'][:20])}")
            quick = {test: test for test, taken in told["seconds"].items() if taken < SLOWEST}
            for test in told["failed"]:  # it minds being watched, or was skipped: it judges nothing
                quick.pop(test, None)
            seconds |= told["seconds"]
            setup |= told["setup"]
            data = coverage.CoverageData(str(place.with_suffix(".sqlite")))
            data.read()
            for file in data.measured_files():
                name = Path(file).relative_to(root).as_posix()
                for row, tests in data.contexts_by_lineno(file).items():
                    rows[name][row] += [quick[test] for test in tests if test in quick]
        return cls({name: dict(found) for name, found in rows.items()}, seconds, setup)

    def save(self, path: Path) -> None:
        """Keeps it for another run on the same tree."""
        number = {test: position for position, test in enumerate(self.seconds)}
        rows = {name: {row: [number[t] for t in tests] for row, tests in r.items()} for name, r in self.rows.items()}
        path.write_text(json.dumps({"seconds": self.seconds, "setup": self.setup, "rows": rows}), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Reach:
        """What was kept."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        tests = list(kept["seconds"])
        rows = {name: {int(row): [tests[n] for n in ns] for row, ns in r.items()} for name, r in kept["rows"].items()}
        return cls(rows, kept["seconds"], kept["setup"])

    def tests(self, module: Module, mutant: Mutant, budget: float) -> list[str]:
        """The tests that a mutant has to meet, within so many seconds.

        Nearly every test runs nearly every rule, and few see it find anything. So those come first that reach what is
        rarely reached in the same function, and of every row some: the quick ones.
        """
        reached = self.rows.get(module.name, {})
        function, rows = module.function_of(mutant.row), module.rows_of(mutant.row)
        found = {test for row in (reached if rows is None else rows) for test in reached.get(row, ())}
        near = range(1, module.length + 1) if function is None else module.body_of(function)
        turns = sorted(({test for test in reached.get(row, ()) if test in found} for row in near), key=len)
        queues = [sorted(tests, key=lambda test: (self._price(test, ()), test)) for tests in turns]
        is_declared = function is None or mutant.row < near.start or not found
        chosen: dict[str, None] = dict.fromkeys(self._books_of(module)) if is_declared else {}
        left, open_files = budget, set[str]()
        for turn in zip_longest(*queues):
            for test in turn:
                if test and test not in chosen and (price := self._price(test, open_files)) <= left:
                    chosen[test] = None
                    left -= price
                    open_files.add(_file_of(test))
            if left < 0.05 * budget:
                break
        return list(chosen) or sorted(found, key=lambda test: self._price(test, ()))[:1]

    def _price(self, test: str, open_files: Container[str]) -> float:
        """Seconds of a test, with those of what its file has set up once."""
        file = _file_of(test)
        return self.seconds[test] + (0 if file in open_files else self.setup.get(file, 0))

    def _books_of(self, module: Module) -> list[str]:
        books = BOOKS[module.path.parent.name]
        return [test for test in self.seconds if test.startswith(books)]


def _file_of(test: str) -> str:
    return test.partition("::")[0]

"""No test looks at the clock on the wall: on a busy machine it would measure the neighbours."""

from __future__ import annotations

import re

import pytest

from repository.sources import ROOT, modules

GENEROUS = 300
"""Seconds that a test gives a process that it waits for, at least: then something hangs, whatever the machine does."""

CLOCKS = re.compile(
    r"\b(?:perf_counter(?:_ns)?|monotonic(?:_ns)?|time\.time(?:_ns)?\(|timeit|from time import (?!process_time|sleep))"
    r"|\bdeadline\s*=(?!\s*None)"
)
"""Clocks, and the deadlines of hypothesis. Processor time and sleeping are no clocks."""

WAITING = re.compile(r"\b(?:timeout|HANGING)\s*=\s*(\d+(?:\.\d+)?)\b")

EXCEPTED = {
    "tests/clock/shifting.py": "shifts the clock",
    "tests/clock/test_clock.py": "looks whether the clock is shifted",
    "tests/robustness/__main__.py": "reads broken files for as many minutes as it is told",
    "tests/mutation/mutate.py": "tells how long it will take",
    "tests/mutation/trial.py": "stops a run of tests that a mutant never ends",
    "tests/repository/test_clocks.py": "has the words themselves",
}
"""Files that may look at it, with the reason."""

ALL = {module.path.relative_to(ROOT).as_posix(): module for module in modules("tests")}
HELD = {name: module.text for name, module in ALL.items() if name not in EXCEPTED}


def clocks(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if CLOCKS.search(line)]


def hasty(text: str) -> list[str]:
    return [found.group() for found in WAITING.finditer(text) if 1 <= float(found.group(1)) < GENEROUS]


def test_the_tests_were_found() -> None:
    assert len(ALL) > 150
    assert set(EXCEPTED) <= set(ALL)


def test_no_test_reads_the_clock() -> None:
    assert {name: clocks(text) for name, text in HELD.items() if clocks(text)} == {}


def test_a_test_waits_long_enough_for_a_process() -> None:
    """What is to run out of time gets less than a second, and is never in time."""
    assert {name: hasty(text) for name, text in HELD.items() if hasty(text)} == {}


@pytest.mark.parametrize("text", ["time.perf_counter()", "t = time.time()", "monotonic()", "@settings(deadline=200)"])
def test_reading_the_clock_would_be_found(text: str) -> None:
    assert clocks(text) == [text]


@pytest.mark.parametrize("text", ["process_time()", "time.sleep(1)", "@settings(deadline=None)", "datetime.now()"])
def test_names_that_only_resemble_a_clock_are_allowed(text: str) -> None:
    assert clocks(text) == []


def test_a_short_wait_would_be_found() -> None:
    assert hasty("run(timeout=60), run(timeout=600), meet(timeout=0.2)") == ["timeout=60"]

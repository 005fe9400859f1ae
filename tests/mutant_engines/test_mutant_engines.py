"""The suite's own tests of the cases, run against broken judges: each has to fail somewhere, the right one nowhere.

The bodies of the tests are the same that judge the right one; only the judge is exchanged.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from vectors import judging, test_vectors

from fcu_conform.engine import Examination
from mutant_engines import mutants

CASES = (
    "sound/chain-of-3",
    "sound/chain-of-3-12-devices",
    "CFG/depth-beyond-chain",
    "CHN/root-before-intermediate",
    "CHN/root-signature-broken",
    "CHN/root-missing",
    "KEY/key-readable-by-all",
    "DEV/device-signed-by-another-key",
    "KEY/key-inside-fcu-crt",
)
"""A few of each kind: sound, wrong in one place, wrong in a device, wrong in two places."""

BROKEN = [
    value
    for value in vars(mutants).values()
    if inspect.isclass(value) and issubclass(value, Examination) and value.__module__ == mutants.__name__
    if value is not mutants.Changing
]


def failures(kind: type[Examination], folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cases on which the suite's test fails with this judge."""
    monkeypatch.setattr(judging, "Examination", kind)
    failed = []
    for number, name in enumerate(CASES):
        place = folder / str(number)
        place.mkdir()
        try:
            test_vectors.test_a_case_is_judged_exactly_as_expected(name, place)
        except (AssertionError, ZeroDivisionError):
            failed.append(name)
    return failed


@pytest.mark.parametrize("kind", [Examination, mutants.Changing], ids=["the judge", "the judge, looked at"])
def test_the_unmodified_judge_passes_every_case(
    kind: type[Examination], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert failures(kind, tmp_path, monkeypatch) == []


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_a_broken_judge_is_detected(kind: type[Examination], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failures(kind, tmp_path, monkeypatch) != []


def test_a_judge_that_accepts_everything_is_detected_by_every_negative_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = [name for name in CASES if not name.startswith("sound/")]
    assert [name for name in failures(mutants.SaysYes, tmp_path, monkeypatch) if name in wrong] == wrong


def test_there_are_enough_cases_and_broken_judges() -> None:
    assert len(BROKEN) >= 10
    assert set(CASES) <= set(test_vectors.FOLDERS)

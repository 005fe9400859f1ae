"""Workers that others run: late or wrong results are judged here instead, and the caller is informed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from random import SystemRandom
from typing import Any

import pytest

from engine.lot.executors import LEADS, Workers, expected, numbered, pool_of, use_rules
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.lot.chunk_judge import ChunkResult
from fcu_conform.engine.lot.chunk_results import DisagreementError
from fcu_conform.engine.lot.workers import Distrust


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    use_rules(monkeypatch)


class Slow(Workers):
    """An executor that never comes back with some chunks."""

    def __init__(self, log: list[str], never: str) -> None:
        super().__init__(log)
        self.never = never

    def submit(self, function: Any, /, *arguments: Any, **more: Any) -> Future[Any]:  # type: ignore[override]
        future = super().submit(function, *arguments, **more)
        if self.log[-1][-1] in self.never:
            self.futures[-1] = Future()
        return self.futures[-1] if self.log[-1][-1] in self.never else future


def distrusting(**changes: Any) -> Distrust:
    return Distrust("--scheduler x", **{"seconds": 0, "share": 0, **changes})


def test_workers_have_a_minute_for_a_chunk_and_one_chunk_in_twenty_is_checked() -> None:
    assert (Distrust("x").seconds, Distrust("x").lates, Distrust("x").share) == (60, 3, 0.05)


def test_a_chunk_that_a_worker_judges_too_slowly_is_judged_locally() -> None:
    log: list[str] = []
    workers = Slow(log, "bd")
    one = pool_of(lambda: workers, distrust=distrusting())
    assert list(one(numbered(), LEADS, 2)) == expected()
    assert (one.late, one.has_given_up) == (2, False)
    assert [future.cancelled() for future in workers.futures] == [False, True, False, True, False, False]
    assert one.describe_late() == "--scheduler x: 2 chunks took more than 0 s and were judged here"


def test_workers_that_are_late_repeatedly_are_no_longer_used() -> None:
    log: list[str] = []
    workers = Slow(log, "abcdefghij")
    one = pool_of(lambda: workers, distrust=distrusting(lates=2))
    names = "abcdefghijkl"
    assert list(one(numbered(names), LEADS, 2)) == expected(names)
    assert (one.late, one.has_given_up) == (2, True)
    assert [entry for entry in log if entry.startswith("submit")] == [f"submit {name}" for name in "abcdef"]
    assert all(future.cancelled() for future in workers.futures)
    told = "--scheduler x: 2 chunks took more than 0 s and were judged here, and so were all after them"
    assert one.describe_late() == told


def test_a_chunk_in_time_resets_the_count_of_late_ones() -> None:
    one = pool_of(lambda: Slow([], "abdegh"), 9, distrust=distrusting(lates=3))
    assert list(one(numbered("abcdefghi"), LEADS, 2)) == expected("abcdefghi")
    assert (one.late, one.has_given_up) == (6, False)


def test_late_chunks_are_reported_with_their_number() -> None:
    one = pool_of(lambda: Slow([], "a"), distrust=distrusting(seconds=0.5))
    assert one.describe_late() == ""
    list(one(numbered("ab"), LEADS, 2))
    assert one.describe_late() == "--scheduler x: 1 chunk took more than 0.5 s and was judged here"
    assert pool_of(lambda: Workers([])).describe_late() == ""


def test_a_timeout_raised_in_a_worker_does_not_count_as_late() -> None:
    one = pool_of(lambda: Workers([], lambda _: FutureTimeoutError()), distrust=distrusting())
    assert list(one(numbered(), LEADS, 2)) == expected()
    assert one.late == 0


LIES: dict[str, tuple[Callable[[ChunkResult], object], str]] = {
    "an offender left out": (lambda result: result.offenders.clear(), "results for a chunk differ from"),
    "a count": (lambda result: setattr(result, "checked", 7), "results for a chunk differ from"),
    "nothing": (lambda result: result.tallies.clear(), "results for a chunk differ from"),
    "other bytes": (lambda result: setattr(result, "fingerprint", bytes(32)), "read other devices than this"),
}


class Lying(Workers):
    """An executor that says something else of one chunk."""

    def __init__(self, lie: Callable[[ChunkResult], object], about: str) -> None:
        super().__init__([])
        self.lie, self.about = lie, about

    def submit(self, function: Any, /, *arguments: Any, **more: Any) -> Future[Any]:  # type: ignore[override]
        future = super().submit(function, *arguments, **more)
        if self.log[-1][-1] == self.about:
            self.lie(future.result())
        return future


@pytest.mark.parametrize(("lie", "told"), LIES.values(), ids=LIES.keys())
def test_wrong_results_of_workers_are_detected_if_the_chunk_is_checked(
    lie: Callable[[ChunkResult], object], told: str
) -> None:
    results = pool_of(lambda: Lying(lie, "b"), distrust=distrusting(share=1))(numbered(), LEADS, 2)
    assert next(results) == expected("a")[0]
    with pytest.raises(DisagreementError, match=rf"^--scheduler x: a worker(?:'s)? {told}") as caught:
        next(results)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize(("drawn", "is_found"), [(0.049, True), (0.05, False), (0.9, False)])
def test_the_share_is_drawn_for_each_chunk(drawn: float, is_found: bool) -> None:
    one = pool_of(lambda: Lying(lambda result: setattr(result, "checked", 7), "b"), distrust=distrusting(share=0.05))
    assert type(one._draw.__self__) is SystemRandom  # type: ignore[attr-defined]
    one._draw = lambda: drawn
    if is_found:
        with pytest.raises(DisagreementError):
            list(one(numbered(), LEADS, 2))
    else:
        assert len(list(one(numbered(), LEADS, 2))) == 6


def test_local_processes_are_trusted() -> None:
    one = pool_of(lambda: Lying(lambda result: setattr(result, "checked", 7), "b"))
    one._draw = lambda: 0.0
    assert [result.checked for _, result in one(numbered("abc"), LEADS, 2)] == [1, 7, 1]


def test_a_malformed_result_ends_the_run() -> None:
    one = pool_of(lambda: Workers([], lambda _: DisagreementError("not a result")), distrust=distrusting())
    with pytest.raises(DisagreementError, match=r"^not a result$"):
        list(one(numbered(), LEADS, 2))

"""Workers with executors of the test's own: what is handed out when, judged here, and how often workers are renewed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from random import SystemRandom
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.fakes import chunk, file, files, lot_rule, rule, waiver
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device_output.chunks import Chunk, FilesChunk
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.lot import workers as lot_workers
from fcu_conform.engine.lot.chunk_judge import ChunkJudge, ChunkResult
from fcu_conform.engine.lot.chunk_results import DisagreementError
from fcu_conform.engine.lot.tally import Tally
from fcu_conform.engine.lot.workers import Distrust, Job, WorkerPool
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules.model import Catalogue, Finding

RULES = [rule("DEV001", {"b": (Finding("wrong"),)}), lot_rule("LOT005", lambda device: device.name)]
LEADS = {"LOT005": files("a")[0]}


CA = cast(CaContext, SimpleNamespace(is_portable=True))
"""What these rules judge by: it may travel, and they do not look at it."""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Catalogue()
    for one in RULES:
        rules.add(one)
    monkeypatch.setattr(lot_workers, "catalogue", lambda: rules)
    monkeypatch.setattr(lot_workers, "_PREPARED", lot_workers._Prepared())


class Workers(Executor):
    """An executor that does its work when asked to hand it in, and notes what became of it."""

    def __init__(self, log: list[str], breaks: Callable[[str], BaseException | None] = lambda _: None) -> None:
        self.log = log
        self.breaks = breaks
        self.futures: list[Future[Any]] = []

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:  # type: ignore[override]
        name = next(iter(arguments[1].files())).name
        self.log.append(f"submit {name}")
        future: Future[Any] = Future()
        fault = self.breaks(name)
        if fault is None:
            future.set_result(function(*arguments))
        else:
            future.set_exception(fault)
        self.futures.append(future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.log.append(f"shutdown {wait}")


def numbered(names: str = "abcdef") -> Iterator[tuple[int, Chunk]]:
    return enumerate([chunk(name) for name in names], start=3)


def expected(names: str = "abcdef", rules: Any = RULES, **options: Any) -> list[tuple[int, ChunkResult]]:
    judge = ChunkJudge(rules, CA, leads=LEADS, sample=2, **options)
    return [(number, judge.judge_chunk(chunk(name))) for number, name in enumerate(names, start=3)]


def pool_of(make_executor: Callable[[], Executor], size: int = 1, ca: CaContext = CA, **options: Any) -> WorkerPool:
    return WorkerPool(RULES, ca, make_executor, size, **options)


def test_workers_say_what_the_one_who_asks_would_say() -> None:
    log: list[str] = []
    told = list(pool_of(lambda: Workers(log))(numbered(), LEADS, 2))
    assert told == expected()
    assert log == [*(f"submit {name}" for name in "abcdef"), "shutdown False"]


@pytest.mark.parametrize(("ahead", "size", "most"), [(1, 1, 1), (1, 3, 3), (2, 3, 6), (4, 1, 4), (3, 2, 6)])
def test_so_many_chunks_are_handed_out_before_the_first_is_back(
    ahead: int, size: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lot_workers, "AHEAD", ahead)
    log: list[str] = []
    names = "abcdefghijkl"
    told = pool_of(lambda: Workers(log), size)(numbered(names), LEADS, 2)
    for count in range(1, len(names) + 1):
        assert next(told)[0] == count + 2
        assert len(log) == min(len(names), most + count)
    assert next(told, None) is None


def test_four_chunks_wait_for_each_worker() -> None:
    assert (lot_workers.AHEAD, lot_workers.MOST_RESTARTS) == (4, 5)


def test_what_a_worker_stumbles_over_is_judged_here() -> None:
    log: list[str] = []
    told = list(pool_of(lambda: Workers(log, lambda name: OSError() if name in "bd" else None))(numbered(), LEADS, 2))
    assert told == expected()
    assert log.count("shutdown False") == 1


def test_a_stop_is_no_stumble() -> None:
    told = pool_of(lambda: Workers([], lambda name: KeyboardInterrupt() if name == "b" else None), 9)
    results = told(numbered(), LEADS, 2)
    assert next(results)[0] == 3
    with pytest.raises(KeyboardInterrupt):
        next(results)


def test_workers_that_died_are_replaced_and_what_waited_is_handed_out_again() -> None:
    log: list[str] = []
    deaths = iter(["c"])

    def dying(name: str) -> BaseException | None:
        return BrokenExecutor() if name == "c" and next(deaths, None) else None

    told = list(pool_of(lambda: Workers(log, dying), 9)(numbered(), LEADS, 2))
    assert told == expected()
    first, again = [f"submit {name}" for name in "abcdef"], [f"submit {name}" for name in "cdef"]
    assert log == [*first, "shutdown False", *again, "shutdown False"]


@pytest.mark.parametrize(("limit", "pools"), [(0, 1), (1, 2), (5, 6)])
def test_workers_that_always_die_are_given_up_after_so_many_times(
    limit: int, pools: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lot_workers, "MOST_RESTARTS", limit)
    executors: list[Workers] = []

    def make_executor() -> Workers:
        executors.append(Workers([], lambda _: BrokenExecutor()))
        return executors[-1]

    assert list(pool_of(make_executor)(numbered("abc"), LEADS, 2)) == expected("abc")
    assert len(executors) == pools


def test_a_chunk_that_was_judged_makes_up_for_workers_that_died(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lot_workers, "MOST_RESTARTS", 1)
    monkeypatch.setattr(lot_workers, "AHEAD", 0)
    executors: list[int] = []
    killed: set[str] = set()

    def dying(name: str) -> BaseException | None:
        if name in "ace" and name not in killed and len(killed) == "ace".index(name):
            killed.add(name)
            return BrokenExecutor()
        return None

    def make_executor() -> Workers:
        executors.append(1)
        return Workers([], dying)

    assert list(pool_of(make_executor)(numbered(), LEADS, 2)) == expected()
    assert len(executors) == 4


@pytest.mark.parametrize("fault", [BrokenExecutor, RuntimeError])
def test_where_nothing_can_be_handed_out_it_is_judged_here(fault: type[Exception]) -> None:
    class Closed(Workers):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:  # type: ignore[override]
            raise fault

    log: list[str] = []
    assert list(pool_of(lambda: Closed(log))(numbered(), LEADS, 2)) == expected()
    assert log == ["shutdown False"]


@pytest.mark.parametrize(("chunk_travels", "is_portable"), [(True, False), (False, True), (False, False)])
def test_what_must_not_travel_is_judged_here(chunk_travels: bool, is_portable: bool) -> None:
    ca = cast(CaContext, SimpleNamespace(is_portable=is_portable))
    log: list[str] = []
    data = b"a" if chunk_travels else b"PRIVATE KEY"
    chunks = [(0, FilesChunk((file("a", data),)))]
    ((number, result),) = pool_of(lambda: Workers(log), ca=ca)(iter(chunks), LEADS, 2)
    assert (number, result.checked) == (0, 1)
    assert log == ["shutdown False"]


def test_what_waits_and_must_not_travel_stays_when_workers_die() -> None:
    log: list[str] = []
    deaths = iter(["a"])

    def dying(name: str) -> BaseException | None:
        return BrokenExecutor() if name == "a" and next(deaths, None) else None

    secret = FilesChunk((file("b", b"PRIVATE KEY"),))
    chunks: list[tuple[int, Chunk]] = [(0, chunk("a")), (1, secret), (2, chunk("c"))]
    told = [number for number, _ in pool_of(lambda: Workers(log, dying))(iter(chunks), LEADS, 2)]
    assert told == [0, 1, 2]
    assert log == ["submit a", "submit c", "shutdown False", "submit a", "submit c", "shutdown False"]


def test_who_stops_asking_has_what_waits_cancelled() -> None:
    class Idle(Workers):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:  # type: ignore[override]
            future: Future[Any] = Future()
            if not self.futures:
                future.set_result(ChunkResult())
            self.futures.append(future)
            return future

    idle = Idle([])
    told = pool_of(lambda: idle, 1)(numbered("abcdefgh"), LEADS, 2)
    next(told)
    told.close()  # type: ignore[attr-defined]
    assert [future.cancelled() for future in idle.futures] == [False, True, True, True, True]
    assert idle.log == ["shutdown False"]


def test_a_worker_is_prepared_once_for_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[dict[str, Any]] = []

    class Noting:
        def __init__(self, rules: Any, ca: Any, **more: Any) -> None:
            prepared.append({"codes": [one.code for one in rules], "ca": ca, **more})

        def judge_chunk(self, some: Chunk) -> ChunkResult:
            return ChunkResult(len(list(some.files())), {"DEV001": Tally(judged=len(prepared))})

    monkeypatch.setattr(lot_workers, "ChunkJudge", Noting)
    waivers = Waivers([waiver("DEV001")])
    job = Job("one", CA, ("LOT005", "DEV001"), tuple(LEADS.items()), 7, False, waivers, 5)
    other = Job("two", CA, ("DEV001",), (), 0)  # type: ignore[arg-type]
    assert [lot_workers.work(its, chunk("a")).tallies["DEV001"].judged for its in (job, job, other, other, job)] == [
        1,
        1,
        2,
        2,
        3,
    ]
    whole = {"codes": ["LOT005", "DEV001"], "ca": CA, "leads": LEADS, "sample": 7, "fast_path": False}
    assert prepared[0] == {**whole, "waivers": waivers, "seed": 5}
    assert (prepared[1]["leads"], prepared[1]["sample"], prepared[1]["fast_path"]) == ({}, 0, True)
    assert lot_workers._PREPARED.token == "one"


def test_workers_and_the_one_who_asks_draw_by_the_same_seed() -> None:
    breaks = Workers([], lambda name: OSError() if name == "a" else None)
    told = list(pool_of(lambda: breaks, seed=5)(numbered("ab"), LEADS, 2))
    assert told == expected("ab", seed=5)
    assert [result.drawn for _, result in told] != [result.drawn for _, result in expected("ab")]


def test_each_thread_of_a_worker_has_a_judge_of_its_own() -> None:
    """A judge remembers the device that it is at; Dask's workers have as many threads as cores."""
    job = Job("one", CA, ("LOT005", "DEV001"), tuple(LEADS.items()), 2)  # type: ignore[arg-type]
    judges: list[ChunkJudge | None] = []

    def prepare() -> None:
        lot_workers.work(job, chunk("a"))
        judges.append(lot_workers._PREPARED.judge)

    prepare()
    thread = threading.Thread(target=prepare)
    thread.start()
    thread.join()
    prepare()
    first, other, again = judges
    assert first is again
    assert first is not other


@pytest.mark.parametrize("fast_path", [True, False])
def test_workers_and_the_one_who_asks_judge_with_the_same_waivers(fast_path: bool) -> None:
    waivers = Waivers([waiver("DEV001")])
    jobs: list[Job] = []

    class Noting(Workers):
        def submit(self, function: Any, /, *arguments: Any, **more: Any) -> Future[Any]:  # type: ignore[override]
            jobs.append(arguments[0])
            return super().submit(function, *arguments, **more)

    one = pool_of(
        lambda: Noting([], lambda name: OSError() if name == "a" else None), fast_path=fast_path, waivers=waivers
    )
    told = list(one(numbered("ab"), LEADS, 2))
    assert told == expected("ab", waivers=waivers, fast_path=fast_path)
    assert told[1][1].tallies["DEV001"].waived == 1
    assert [(job.fast_path, job.waivers, job.sample, job.leads) for job in jobs] == [
        (fast_path, waivers, 2, tuple(LEADS.items()))
    ] * 2
    assert len({job.token for job in jobs}) == 1
    assert len(jobs[0].token) == 16
    list(one(numbered("c"), LEADS, 2))
    assert jobs[2].token != jobs[0].token


@pytest.mark.parametrize(
    ("platform", "threads", "loaded", "way"),
    [
        ("linux", 1, False, "fork"),
        ("linux", 2, False, "spawn"),
        ("linux", 0, False, "spawn"),
        ("linux", 1, True, "spawn"),
        ("darwin", 1, False, "spawn"),
        ("win32", 1, False, "spawn"),
        ("zos", 1, False, "spawn"),
    ],
)
def test_workers_are_forked_only_where_that_is_safe(
    platform: str, threads: int, loaded: bool, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[int, Any]] = []

    def pool(workers: int, *, mp_context: str, initializer: object) -> None:
        made.append((workers, mp_context))
        assert initializer is lot_workers._ignore_interrupts

    monkeypatch.setattr(lot_workers, "ProcessPoolExecutor", pool)
    monkeypatch.setattr(lot_workers, "multiprocessing", SimpleNamespace(get_context=lambda name: name))
    monkeypatch.setattr(lot_workers, "SafeSpawnContext", lambda: "spawn")
    monkeypatch.setattr(
        lot_workers, "sys", SimpleNamespace(platform=platform, modules={"pyarrow": 1} if loaded else {})
    )
    monkeypatch.setattr(lot_workers, "threading", SimpleNamespace(active_count=lambda: threads))
    lot_workers.local_pool(3)
    assert made == [(3, way)]


def test_workers_leave_interruptions_to_the_first_process(monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    set_to: list[object] = []
    monkeypatch.setattr(signal, "signal", lambda *arguments: set_to.append(arguments))
    lot_workers._ignore_interrupts()
    assert set_to == [(signal.SIGINT, signal.SIG_IGN)]


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


def test_others_have_a_minute_for_a_chunk_and_are_looked_at_once_in_twenty_times() -> None:
    assert (Distrust("x").seconds, Distrust("x").lates, Distrust("x").share) == (60, 3, 0.05)


def test_a_chunk_that_takes_too_long_elsewhere_is_judged_here() -> None:
    log: list[str] = []
    workers = Slow(log, "bd")
    one = pool_of(lambda: workers, distrust=distrusting())
    assert list(one(numbered(), LEADS, 2)) == expected()
    assert (one.late, one.has_given_up) == (2, False)
    assert [future.cancelled() for future in workers.futures] == [False, True, False, True, False, False]
    assert one.describe_late() == "--scheduler x: 2 chunks took more than 0 s and were judged here"


def test_workers_that_are_late_again_and_again_are_asked_no_more() -> None:
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


def test_a_chunk_that_is_back_in_time_makes_up_for_those_that_were_late() -> None:
    one = pool_of(lambda: Slow([], "abdegh"), 9, distrust=distrusting(lates=3))
    assert list(one(numbered("abcdefghi"), LEADS, 2)) == expected("abcdefghi")
    assert (one.late, one.has_given_up) == (6, False)


def test_of_one_late_chunk_one_is_told_and_of_none_nothing() -> None:
    one = pool_of(lambda: Slow([], "a"), distrust=distrusting(seconds=0.5))
    assert one.describe_late() == ""
    list(one(numbered("ab"), LEADS, 2))
    assert one.describe_late() == "--scheduler x: 1 chunk took more than 0.5 s and was judged here"
    assert pool_of(lambda: Workers([])).describe_late() == ""


def test_a_fault_of_time_in_a_worker_is_no_lateness() -> None:
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
def test_others_who_say_what_is_not_so_are_found_out_where_a_chunk_is_looked_at_again(
    lie: Callable[[ChunkResult], object], told: str
) -> None:
    results = pool_of(lambda: Lying(lie, "b"), distrust=distrusting(share=1))(numbered(), LEADS, 2)
    assert next(results) == expected("a")[0]
    with pytest.raises(DisagreementError, match=rf"^--scheduler x: a worker {told}") as caught:
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


def test_our_own_processes_are_believed() -> None:
    one = pool_of(lambda: Lying(lambda result: setattr(result, "checked", 7), "b"))
    one._draw = lambda: 0.0
    assert [result.checked for _, result in one(numbered("abc"), LEADS, 2)] == [1, 7, 1]


def test_what_is_no_result_ends_the_run() -> None:
    one = pool_of(lambda: Workers([], lambda _: DisagreementError("not a result")), distrust=distrusting())
    with pytest.raises(DisagreementError, match=r"^not a result$"):
        list(one(numbered(), LEADS, 2))

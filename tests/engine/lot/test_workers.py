"""Workers with executors of the test's own: what is handed out when, judged here, and how often workers are renewed."""

from __future__ import annotations

import threading
from concurrent.futures import BrokenExecutor, Future
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.fakes import chunk, file, waiver
from engine.lot.executors import CA, LEADS, Workers, expected, numbered, pool_of, use_rules
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device_output.chunks import Chunk, FilesChunk
from fcu_conform.engine.lot import workers as lot_workers
from fcu_conform.engine.lot.chunk_judge import ChunkJudge, ChunkResult
from fcu_conform.engine.lot.tally import Tally
from fcu_conform.engine.lot.workers import Job
from fcu_conform.engine.waivers import Waivers


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    use_rules(monkeypatch)


def test_workers_give_the_same_results_as_the_main_process() -> None:
    log: list[str] = []
    told = list(pool_of(lambda: Workers(log))(numbered(), LEADS, 2))
    assert told == expected()
    assert log == [*(f"submit {name}" for name in "abcdef"), "shutdown False"]


@pytest.mark.parametrize(("ahead", "size", "most"), [(1, 1, 1), (1, 3, 3), (2, 3, 6), (4, 1, 4), (3, 2, 6)])
def test_chunks_are_submitted_ahead_up_to_the_limit(
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


def test_a_chunk_that_fails_in_a_worker_is_judged_locally() -> None:
    log: list[str] = []
    told = list(pool_of(lambda: Workers(log, lambda name: OSError() if name in "bd" else None))(numbered(), LEADS, 2))
    assert told == expected()
    assert log.count("shutdown False") == 1


def test_an_interruption_is_not_a_failure_of_a_worker() -> None:
    told = pool_of(lambda: Workers([], lambda name: KeyboardInterrupt() if name == "b" else None), 9)
    results = told(numbered(), LEADS, 2)
    assert next(results)[0] == 3
    with pytest.raises(KeyboardInterrupt):
        next(results)


def test_dead_workers_are_replaced_and_their_chunks_resubmitted() -> None:
    log: list[str] = []
    deaths = iter(["c"])

    def dying(name: str) -> BaseException | None:
        return BrokenExecutor() if name == "c" and next(deaths, None) else None

    told = list(pool_of(lambda: Workers(log, dying), 9)(numbered(), LEADS, 2))
    assert told == expected()
    first, again = [f"submit {name}" for name in "abcdef"], [f"submit {name}" for name in "cdef"]
    assert log == [*first, "shutdown False", *again, "shutdown False"]


@pytest.mark.parametrize(("limit", "pools"), [(0, 1), (1, 2), (5, 6)])
def test_workers_that_always_die_are_abandoned_after_some_attempts(
    limit: int, pools: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lot_workers, "MOST_RESTARTS", limit)
    executors: list[Workers] = []

    def make_executor() -> Workers:
        executors.append(Workers([], lambda _: BrokenExecutor()))
        return executors[-1]

    assert list(pool_of(make_executor)(numbered("abc"), LEADS, 2)) == expected("abc")
    assert len(executors) == pools


def test_a_judged_chunk_resets_the_count_of_dead_workers(monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_chunks_that_cannot_be_submitted_are_judged_locally(fault: type[Exception]) -> None:
    class Closed(Workers):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:  # type: ignore[override]
            raise fault

    log: list[str] = []
    assert list(pool_of(lambda: Closed(log))(numbered(), LEADS, 2)) == expected()
    assert log == ["shutdown False"]


@pytest.mark.parametrize(("chunk_travels", "is_portable"), [(True, False), (False, True), (False, False)])
def test_chunks_with_private_keys_are_judged_locally(chunk_travels: bool, is_portable: bool) -> None:
    ca = cast(CaContext, SimpleNamespace(is_portable=is_portable))
    log: list[str] = []
    data = b"a" if chunk_travels else b"PRIVATE KEY"
    chunks = [(0, FilesChunk((file("a", data),)))]
    ((number, result),) = pool_of(lambda: Workers(log), ca=ca)(iter(chunks), LEADS, 2)
    assert (number, result.checked) == (0, 1)
    assert log == ["shutdown False"]


def test_pending_local_chunks_survive_the_death_of_workers() -> None:
    log: list[str] = []
    deaths = iter(["a"])

    def dying(name: str) -> BaseException | None:
        return BrokenExecutor() if name == "a" and next(deaths, None) else None

    secret = FilesChunk((file("b", b"PRIVATE KEY"),))
    chunks: list[tuple[int, Chunk]] = [(0, chunk("a")), (1, secret), (2, chunk("c"))]
    told = [number for number, _ in pool_of(lambda: Workers(log, dying))(iter(chunks), LEADS, 2)]
    assert told == [0, 1, 2]
    assert log == ["submit a", "submit c", "shutdown False", "submit a", "submit c", "shutdown False"]


def test_stopping_cancels_pending_chunks() -> None:
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
    assert prepared[0] == {**whole, "waivers": waivers, "seed": 5, "tables": False}
    assert (prepared[1]["leads"], prepared[1]["sample"], prepared[1]["fast_path"]) == ({}, 0, True)
    assert lot_workers._PREPARED.token == "one"


def test_workers_and_the_main_process_use_the_same_seed() -> None:
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
def test_workers_and_the_main_process_use_the_same_waivers(fast_path: bool) -> None:
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
def test_workers_are_forked_only_if_that_is_safe(
    platform: str, threads: int, loaded: bool, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[int, Any]] = []

    def pool(workers: int, *, mp_context: str, initializer: object) -> None:
        made.append((workers, mp_context))
        assert initializer is lot_workers._begin

    monkeypatch.setattr(lot_workers, "ProcessPoolExecutor", pool)
    monkeypatch.setattr(lot_workers, "multiprocessing", SimpleNamespace(get_context=lambda name: name))
    monkeypatch.setattr(lot_workers, "SafeSpawnContext", lambda: "spawn")
    monkeypatch.setattr(
        lot_workers, "sys", SimpleNamespace(platform=platform, modules={"pyarrow": 1} if loaded else {})
    )
    monkeypatch.setattr(lot_workers, "threading", SimpleNamespace(active_count=lambda: threads))
    lot_workers.local_pool(3)
    assert made == [(3, way)]


def test_workers_leave_interruptions_to_the_main_process(monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    set_to: list[object] = []
    monkeypatch.setattr(signal, "signal", lambda *arguments: set_to.append(arguments))
    monkeypatch.setattr(lot_workers, "settle", lambda: set_to.append("settled"))
    lot_workers._begin()
    assert set_to == [(signal.SIGINT, signal.SIG_IGN), "settled"]

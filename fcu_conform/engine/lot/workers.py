"""Judges chunks in other processes, on this machine or on others, through any concurrent.futures.Executor."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TypeAlias

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.engine.faults import TellingFault
from fcu_conform.engine.lot.chunk_judge import NO_WAIVERS, ChunkJudge, ChunkResult
from fcu_conform.engine.lot.chunk_results import DisagreementError, canonical
from fcu_conform.engine.lot.collector import settle
from fcu_conform.engine.lot.spawning import SafeSpawnContext
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules import catalogue
from fcu_conform.rules.model import Rule

AHEAD = 4
"""Chunks that are handed out for each worker before the first of them is back."""

MOST_RESTARTS = 5
"""Times that a pool whose worker died is made anew without a chunk having been judged in between."""


Waiting: TypeAlias = "deque[tuple[int, Chunk, Future[ChunkResult] | None]]"
"""Numbered chunks that were handed out, in order; None where one is to be judged here."""


@dataclass(frozen=True)
class Job:
    """What a worker needs to judge chunks of one lot, in addition to the chunks."""

    token: str
    ca: CaContext
    codes: tuple[str, ...]
    leads: tuple[tuple[str, DeviceFile], ...]
    sample: int
    fast_path: bool = True
    waivers: Waivers = NO_WAIVERS
    seed: int | None = None
    tables: bool = False


class _Prepared(threading.local):
    """What a worker has ready: a judge remembers what it sees, and Dask's workers have many threads."""

    token = ""
    judge: ChunkJudge | None = None


_PREPARED = _Prepared()


@dataclass(frozen=True)
class Distrust:
    """How far to trust workers that are not our own processes.

    Attributes:
        name: their name in an error.
        seconds: how long a chunk may take once all chunks before it are back; after that it is judged in this process.
        lates: how many consecutive chunks may be late before the workers get no more.
        share: the share of their chunks that is judged in this process as well.
    """

    name: str
    seconds: float = 60
    lates: int = 3
    share: float = 0.05


def work(job: Job, chunk: Chunk) -> ChunkResult:
    """What a worker does: it has nothing but its arguments, and doing it again gives the same."""
    if _PREPARED.judge is None or _PREPARED.token != job.token:
        known = catalogue()
        rules = [known[code] for code in job.codes]
        _PREPARED.judge = ChunkJudge(
            rules,
            job.ca,
            leads=dict(job.leads),
            sample=job.sample,
            seed=job.seed,
            fast_path=job.fast_path,
            tables=job.tables,
            waivers=job.waivers,
        )
        _PREPARED.token = job.token
    return _PREPARED.judge.judge_chunk(chunk)


@dataclass
class WorkerPool:
    """Workers behind an executor, as `judge_devices` takes them.

    A chunk that no worker could judge, because they died or because it must not travel, is judged here.

    Args:
        rules, ca: what devices are judged by.
        make_executor: makes the executor; called again when its workers have died.
        size: how many workers there are.
        seed: the seed that draws the sample, as `ChunkJudge` takes it.
        tables: whether signatures may be verified by tables, as `ChunkJudge` takes it.
        distrust: None where they are processes of this machine, which run what this one runs.

    ``late`` counts the chunks that were judged here because they took their time elsewhere.
    """

    rules: Sequence[Rule]
    ca: CaContext
    make_executor: Callable[[], Executor]
    size: int
    fast_path: bool = True
    waivers: Waivers = NO_WAIVERS
    seed: int | None = None
    tables: bool = False
    distrust: Distrust | None = None
    late: int = field(default=0, init=False)
    _late_now: int = field(default=0, init=False)
    _draw: Callable[[], float] = field(default=SystemRandom().random, init=False)
    _restarts: int = field(default=0, init=False)

    def __call__(
        self, chunks: Iterable[tuple[int, Chunk]], leads: Mapping[str, DeviceFile], sample: int
    ) -> Iterator[tuple[int, ChunkResult]]:
        """Judges numbered chunks; gives the results in the same order."""
        codes = tuple(rule.code for rule in self.rules)
        job = Job(
            os.urandom(8).hex(),
            self.ca,
            codes,
            tuple(leads.items()),
            sample,
            self.fast_path,
            self.waivers,
            self.seed,
            self.tables,
        )
        local_judge = ChunkJudge(
            self.rules,
            self.ca,
            leads=leads,
            sample=sample,
            seed=self.seed,
            fast_path=self.fast_path,
            tables=self.tables,
            waivers=self.waivers,
        )
        executor = self.make_executor()
        waiting: Waiting = deque()
        try:
            for number, chunk in chunks:
                is_portable = chunk.is_portable and job.ca.is_portable
                waiting.append((number, chunk, self._submit(executor, job, chunk) if is_portable else None))
                while len(waiting) > AHEAD * self.size:
                    executor, done = self._next(executor, job, waiting, local_judge)
                    yield done
            while waiting:
                executor, done = self._next(executor, job, waiting, local_judge)
                yield done
        finally:
            _shut_down(executor, waiting)

    def _submit(self, executor: Executor, job: Job, chunk: Chunk) -> Future[ChunkResult] | None:
        if self.has_given_up:
            return None
        try:
            return executor.submit(work, job, chunk)
        except (BrokenExecutor, RuntimeError):
            return None  # its workers have died: `_next` sees to it

    def _next(
        self,
        executor: Executor,
        job: Job,
        waiting: Waiting,
        local_judge: ChunkJudge,
    ) -> tuple[Executor, tuple[int, ChunkResult]]:
        """The result of the chunk that has waited longest, and the executor to go on with."""
        number, chunk, future = waiting.popleft()
        while future is not None:
            try:
                result = future.result(None if self.distrust is None else self.distrust.seconds)
            except BrokenExecutor:
                if self._restarts >= MOST_RESTARTS:
                    break
                self._restarts += 1
                _shut_down(executor, waiting)
                executor = self.make_executor()
                future = self._submit(executor, job, chunk)
                for place, (other, its, old) in enumerate(waiting):
                    waiting[place] = (other, its, None if old is None else self._submit(executor, job, its))
            except (DisagreementError, TellingFault):
                raise
            except Exception as fault:  # whatever a worker stumbles over, judging it here tells
                if not future.done() and isinstance(fault, FutureTimeoutError):
                    self._count_late(future, waiting)
                break
            else:
                self._restarts = self._late_now = 0
                self._look_again(chunk, result, local_judge)
                return executor, (number, result)
        return executor, (number, local_judge.judge_chunk(chunk))

    @property
    def has_given_up(self) -> bool:
        """So many chunks were late that nothing more is asked of these workers."""
        return self.distrust is not None and self._late_now >= self.distrust.lates

    def describe_late(self) -> str:
        """A message about workers that exceeded their time, in one line; empty if none did."""
        if self.distrust is None or not self.late:
            return ""
        chunks, were = ("1 chunk", "was") if self.late == 1 else (f"{self.late} chunks", "were")
        more = ", and so were all after them" if self.has_given_up else ""
        return f"{self.distrust.name}: {chunks} took more than {self.distrust.seconds:g} s and {were} judged here{more}"

    def _count_late(self, future: Future[ChunkResult], waiting: Waiting) -> None:
        future.cancel()
        self.late += 1
        self._late_now += 1
        if self.has_given_up:
            _cancel(waiting)
            for place, (number, chunk, _) in enumerate(waiting):
                waiting[place] = (number, chunk, None)

    def _look_again(self, chunk: Chunk, result: ChunkResult, local_judge: ChunkJudge) -> None:
        """Judges a share of the chunks here as well; which ones, nobody can tell before.

        Raises:
            DisagreementError: the results differ.
        """
        if self.distrust is None or self._draw() >= self.distrust.share:
            return
        own = local_judge.judge_chunk(chunk)
        if own.fingerprint != result.fingerprint:
            reason = "a worker read other devices than this machine: the lot differs there, or is changing"
        elif canonical(own) != canonical(result):
            reason = "a worker's results for a chunk differ from this machine's; the cluster's results are not used"
        else:
            return
        raise DisagreementError(f"{self.distrust.name}: {reason}")


def _shut_down(executor: Executor, waiting: Waiting) -> None:
    """Ends an executor; not every one knows how to cancel what it has not begun."""
    _cancel(waiting)
    executor.shutdown(wait=False)


def _cancel(waiting: Waiting) -> None:
    for _, _, future in waiting:
        if future is not None:
            future.cancel()


def local_pool(workers: int) -> ProcessPoolExecutor:
    """Processes on this machine."""
    # A fork starts at once with everything loaded, and is safe where there is no other thread.
    can_fork = sys.platform == "linux" and threading.active_count() == 1 and "pyarrow" not in sys.modules
    context = multiprocessing.get_context("fork") if can_fork else SafeSpawnContext()
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)


def _begin() -> None:
    """Prepares a worker: Ctrl-C reaches every process of a terminal, and what it means the first one decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settle()

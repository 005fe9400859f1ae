"""Judges chunks in other processes, on this machine or on others: whatever is a concurrent.futures.Executor will do."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

from fcu_conform.artefacts.chunks import Chunk
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.setup import CaSide, Setup
from fcu_conform.engine.devices import NO_WAIVERS, ChunkResult, Judge
from fcu_conform.engine.spawning import SafeSpawnContext
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules import catalogue
from fcu_conform.rules.model import Rule

AHEAD = 4
"""Chunks that are handed out for each worker before the first of them is back."""

NEW_POOLS = 5
"""Times that a pool whose worker died is made anew without a chunk having been judged in between."""


Waiting: TypeAlias = "deque[tuple[int, Chunk, Future[ChunkResult] | None]]"
"""Numbered chunks that were handed out, in order; None where one is to be judged here."""


@dataclass(frozen=True)
class Job:
    """What a worker needs to judge chunks of one lot, beside the chunks."""

    token: str
    side: CaSide
    codes: tuple[str, ...]
    leads: tuple[tuple[str, DeviceFile], ...]
    sample: int
    short: bool = True
    waivers: Waivers = NO_WAIVERS
    seed: int | None = None


_PREPARED: dict[str, Judge] = {}


def work(job: Job, chunk: Chunk) -> ChunkResult:
    """What a worker does: it has nothing but its arguments, and doing it again gives the same."""
    if job.token not in _PREPARED:
        _PREPARED.clear()
        known = catalogue()
        rules = [known[code] for code in job.codes]
        _PREPARED[job.token] = Judge(
            rules,
            job.side.setup(),
            leads=dict(job.leads),
            sample=job.sample,
            seed=job.seed,
            short=job.short,
            waivers=job.waivers,
        )
    return _PREPARED[job.token].judge(chunk.files())


@dataclass
class Crew:
    """Workers behind an executor, as `judge_devices` takes them.

    A chunk that no worker could judge, because they died or because it must not travel, is judged here.

    Args:
        rules, setup: what devices are judged by.
        recruit: makes the executor; called again when its workers have died.
        size: how many workers there are.
        seed: what the sample is drawn by, as `Judge` takes it.
    """

    rules: Sequence[Rule]
    setup: Setup
    recruit: Callable[[], Executor]
    size: int
    short: bool = True
    waivers: Waivers = NO_WAIVERS
    seed: int | None = None
    _fruitless: int = field(default=0, init=False)

    def __call__(
        self, chunks: Iterable[tuple[int, Chunk]], leads: Mapping[str, DeviceFile], sample: int
    ) -> Iterator[tuple[int, ChunkResult]]:
        """Judges numbered chunks; gives the results in the same order."""
        codes = tuple(rule.code for rule in self.rules)
        job = Job(
            os.urandom(8).hex(),
            CaSide.of(self.setup),
            codes,
            tuple(leads.items()),
            sample,
            self.short,
            self.waivers,
            self.seed,
        )
        home = Judge(
            self.rules,
            self.setup,
            leads=leads,
            sample=sample,
            seed=self.seed,
            short=self.short,
            waivers=self.waivers,
        )
        executor = self.recruit()
        waiting: Waiting = deque()
        try:
            for number, chunk in chunks:
                travels = chunk.may_travel and job.side.may_travel
                waiting.append((number, chunk, self._submit(executor, job, chunk) if travels else None))
                while len(waiting) > AHEAD * self.size:
                    executor, done = self._next(executor, job, waiting, home)
                    yield done
            while waiting:
                executor, done = self._next(executor, job, waiting, home)
                yield done
        finally:
            _dismiss(executor, waiting)

    def _submit(self, executor: Executor, job: Job, chunk: Chunk) -> Future[ChunkResult] | None:
        try:
            return executor.submit(work, job, chunk)
        except (BrokenExecutor, RuntimeError):
            return None  # its workers have died: `_next` sees to it

    def _next(
        self,
        executor: Executor,
        job: Job,
        waiting: Waiting,
        home: Judge,
    ) -> tuple[Executor, tuple[int, ChunkResult]]:
        """The result of the chunk that has waited longest, and the executor to go on with."""
        number, chunk, future = waiting.popleft()
        while future is not None:
            try:
                result = future.result()
                self._fruitless = 0
                return executor, (number, result)
            except BrokenExecutor:
                if self._fruitless >= NEW_POOLS:
                    break
                self._fruitless += 1
                _dismiss(executor, waiting)
                executor = self.recruit()
                future = self._submit(executor, job, chunk)
                for place, (other, its, old) in enumerate(waiting):
                    waiting[place] = (other, its, None if old is None else self._submit(executor, job, its))
            except Exception:
                break  # whatever a worker stumbles over, judging it here tells
        return executor, (number, home.judge(chunk.files()))


def _dismiss(executor: Executor, waiting: Waiting) -> None:
    """Ends an executor; not every one knows how to cancel what it has not begun."""
    for _, _, future in waiting:
        if future is not None:
            future.cancel()
    executor.shutdown(wait=False)


def local_pool(workers: int) -> ProcessPoolExecutor:
    """Processes on this machine."""
    # A fork starts at once with everything loaded, and is safe where there is no other thread.
    can_fork = sys.platform == "linux" and threading.active_count() == 1 and "pyarrow" not in sys.modules
    context = multiprocessing.get_context("fork") if can_fork else SafeSpawnContext()
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_leave_interruptions)


def _leave_interruptions() -> None:
    """Ctrl-C reaches every process of a terminal; what it means the first one decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

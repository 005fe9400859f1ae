"""A Dask cluster as an executor that is not trusted.

Dask's protocol unpickles what a scheduler sends, so that whoever is at its other end can run code in the process that
talks to it. That is a process of its own, which has read no key; what it hands on is text, checked here.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import BrokenExecutor, Executor, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from importlib.util import find_spec
from queue import SimpleQueue
from typing import Any

from fcu_conform.artefacts.bounded_io.limits import JOURNAL_LINE
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.lot.chunk_judge import ChunkResult
from fcu_conform.engine.lot.chunk_results import DisagreementError, Question
from fcu_conform.engine.lot.cluster_talk import Credentials, Told, suite, talk
from fcu_conform.engine.lot.spawning import SafeSpawnContext
from fcu_conform.engine.serialization import MalformedError, read_plain

STARTING = 60
"""Seconds that the process that talks may take to start, beside those that it waits for a scheduler."""

MOST_WORKERS = 256
"""Threads that a cluster is believed to have: for each some chunks are read ahead."""


class Cluster(Executor):
    """The workers of one scheduler; judges chunks and nothing else.

    Args:
        address: the scheduler's, as Dask writes it.
        question: what chunks are judged by.
        credentials: files to prove by who is who, over TLS; without them Dask's own configuration says how to connect.
        patience: seconds that the scheduler may take to answer.

    ``size`` is how many chunks it takes at a time.

    Raises:
        UsageError: distributed is not installed, or the scheduler does not answer.
    """

    def __init__(
        self, address: str, question: Question, credentials: Credentials | None = None, *, patience: float = 30
    ) -> None:
        if find_spec("distributed") is None:
            raise UsageError("--scheduler: needs distributed: pip install 'fcu-conform[dask]'")
        self.name = f"--scheduler {address}"
        self._question = question
        self._ready: Future[int] = Future()
        self._pending: dict[int, Future[ChunkResult]] = {}
        self._submitted = 0
        self._is_broken = False
        self._outbox: SimpleQueue[Any] = SimpleQueue()
        context = SafeSpawnContext()  # a fork would have all that this process has read
        self._connection, other = context.Pipe()
        arguments = (other, address, credentials, patience)
        self._process = context.Process(target=talk, args=arguments, daemon=True, name="dask-client")
        self._process.start()
        other.close()
        # Threads, since whoever is at the other end may stop in the middle of a message, or not take one.
        for activity in (self._listen, self._send):
            threading.Thread(target=activity, daemon=True).start()
        try:
            self.size = self._ready.result(STARTING + patience)
        except (FutureTimeoutError, BrokenExecutor):
            self.shutdown()
            raise UsageError(f"{self.name}: the scheduler does not answer") from None
        except BaseException:
            self.shutdown()
            raise

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        """Has a chunk judged: the function must be `work`, which is what workers run."""
        del function
        if self._is_broken:
            raise BrokenExecutor("the process that talks to the scheduler has ended")
        self._submitted += 1
        future = self._pending[self._submitted] = Future()
        self._outbox.put((self._submitted, arguments))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the process that talks, whatever it is doing; the scheduler drops what it was asked."""
        del wait, cancel_futures
        self._is_broken = True
        self._outbox.put(None)
        self._process.kill()
        self._process.join(STARTING)

    def _send(self) -> None:
        while (message := self._outbox.get()) is not None:
            try:
                self._connection.send(message)
            except OSError:
                return  # it has ended, which `_listen` finds out
            except Exception as fault:  # what cannot be pickled holds a secret
                self._pending.pop(message[0]).set_exception(fault)

    def _listen(self) -> None:
        fault: Exception
        try:
            while True:
                self._take(read_plain(Told, json.loads(self._connection.recv_bytes(JOURNAL_LINE))))
        except (EOFError, OSError):
            fault = BrokenExecutor("the process that talks to the scheduler has ended")
        except Exception:
            fault = DisagreementError(f"{self.name}: the process that talks to it sent an invalid answer")
        self._is_broken = True
        self._process.kill()
        waiting: list[Future[Any]] = [self._ready, *self._pending.values()]
        for future in waiting:
            if not future.done() and future.set_running_or_notify_cancel():
                future.set_exception(fault)

    def _take(self, told: Told) -> None:
        if told.threads is not None:
            self._ready.set_result(min(max(told.threads, 2), MOST_WORKERS))
        elif told.refusal is not None:
            self._ready.set_exception(UsageError(f"{self.name}: the scheduler does not answer ({told.refusal})"))
        else:
            future = self._pending.pop(told.task or 0)
            if not future.set_running_or_notify_cancel():
                return  # it was late
            try:
                future.set_result(self._read(told.answer))
            except Exception as fault:
                future.set_exception(fault)

    def _read(self, answer: str | None) -> ChunkResult:
        """The result that a worker has sent.

        Raises:
            DisagreementError: it is none, or other rules have judged.
            ConnectionError: there is none.
        """
        if answer is None:
            raise ConnectionError("no worker judged it")
        try:
            plain = json.loads(answer)
            if not isinstance(plain, dict) or plain.keys() != {"suite", "result"}:
                raise MalformedError("neither suite nor result")
            if plain["suite"] != suite():
                raise DisagreementError(
                    f"{self.name}: its workers have another version of fcu-conform than this machine"
                )
            return self._question.read(plain["result"])
        except (MalformedError, RecursionError, json.JSONDecodeError) as fault:
            raise DisagreementError(f"{self.name}: a workersent an invalid result: {fault}") from None

"""The process that talks to a Dask scheduler for another one, and what workers run there.

It has read no key, gets nothing but what may travel, and is ended by the process that started it.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from fcu_conform import rules
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.engine.lot.chunk_results import plain_result
from fcu_conform.engine.lot.workers import Job, work
from fcu_conform.engine.serialization import plain_of
from fcu_conform.version import __version__

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


@dataclass(frozen=True)
class Credentials:
    """Files in PEM: the CA of the cluster, and a certificate of it with its key."""

    ca: str
    certificate: str
    key: str


@dataclass(frozen=True)
class Told:
    """A message from this process.

    Attributes:
        threads: how many the cluster has; sent once it has answered.
        refusal: why there is no cluster, sent instead of that.
        task: the number of a chunk that was submitted.
        answer: a worker's result for it; None if there is none.
    """

    threads: int | None = None
    refusal: str | None = None
    task: int | None = None
    answer: str | None = None


def talk(connection: Connection, address: str, credentials: Credentials | None, patience: float) -> None:
    """Passes chunks to a cluster, and their results back, until the other process ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what Ctrl-C means the other process decides
    _fall_silent()
    talker = _Talker(connection)
    try:
        client = _connect(address, credentials, patience)
        threads = sum(client.nthreads().values())
        executor = client.get_executor(pure=False, retries=2)
    except Exception as fault:
        reason = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        talker.say(Told(refusal=reason))
        os._exit(0)
    talker.say(Told(threads=threads))
    while True:
        try:
            number, (job, chunk) = connection.recv()
        except (EOFError, OSError):
            os._exit(0)  # the client would take its time to say goodbye
        try:
            executor.submit(judge_for_others, job, chunk).add_done_callback(talker.answering(number))
        except Exception:  # the scheduler has gone
            talker.say(Told(task=number))


def judge_for_others(job: Job, chunk: Chunk) -> str:
    """What a worker does; its result as text, with what it was judged by."""
    return json.dumps({"suite": suite(), "result": plain_result(work(job, chunk))})


@cache
def suite() -> list[str]:
    """What must be the same wherever chunks of one lot are judged: version and rules."""
    return [__version__, rules.CATALOGUE.digest()]


class _Talker:
    """Says things to the process that asks, one at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def say(self, told: Told) -> None:
        with self._lock:
            self._connection.send_bytes(json.dumps(plain_of(told)).encode())

    def answering(self, number: int) -> Any:
        """What is called once a chunk was judged."""

        def answer(future: Future[Any]) -> None:
            try:
                text = future.result()
            except BaseException:  # of whatever kind workers send
                text = None
            self.say(Told(task=number, answer=text if isinstance(text, str) else None))

        return answer


def _connect(address: str, credentials: Credentials | None, patience: float) -> Any:
    from distributed import Client, Security  # dear, may not be there, and never in the process that judges

    security: Any = None
    if credentials is not None:
        security = Security(  # type: ignore[no-untyped-call]
            tls_ca_file=credentials.ca,
            tls_client_cert=credentials.certificate,
            tls_client_key=credentials.key,
            require_encryption=True,
        )
    return Client(address, timeout=patience, security=security, set_as_default=False)  # type: ignore[no-untyped-call]


def _fall_silent() -> None:
    """What this process writes would stand between the lines of the other one."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nothing, descriptor)

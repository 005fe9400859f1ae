"""What runs in a process that validators work in: one task at a time, within limits of time and memory."""

from __future__ import annotations

import gc
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import import_module
from typing import TypeAlias

from fcu_conform.validators.isolation import descendants
from fcu_conform.validators.isolation.messages import HEADER, OUT_OF_MEMORY, Message, frame, parse

Task: TypeAlias = "Callable[[Message], Callable[[], Message]]"
"""Takes what is given, loads what it needs, and gives what is to be done: that alone is measured."""

BEGUN = (0).to_bytes(HEADER, "big")
"""What is told when all is loaded and the time begins: a frame without a message."""


def serve(memory: int) -> None:
    """Does what is asked on standard input until its end, and tells it on what was standard output.

    Args:
        memory: octets of data that this process, and each that it starts, may have.
    """
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # what it was is inherited
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF})
    told = os.dup(1)  # what libraries print must not come between the messages
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    _limit(memory)
    while (asked := _read(0)) is not None:
        try:
            _write(told, frame(_do(asked, told)))
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except OSError:  # nobody listens any more
            break
    os._exit(0)


def _do(asked: Message, told: int) -> Message:
    gc.disable()  # importing makes no garbage, but looking for it costs a tenth
    do = _task(asked["task"])(asked["given"])
    gc.enable()
    _write(told, BEGUN)
    with _processor_time(asked["processor"]):
        return do()


@lru_cache(maxsize=8)
def _task(name: str) -> Task:
    module, _, function = name.partition(":")
    task: Task = getattr(import_module(module), function)
    return task


def _limit(memory: int) -> None:
    """Limits what this process may take, where the system can."""
    import resource  # POSIX systems alone have it

    for limit, most in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most if hard == resource.RLIM_INFINITY else min(most, hard),) * 2)


@contextmanager
def _processor_time(seconds: float) -> Iterator[None]:
    """Ends this process by SIGPROF when what is done within takes longer, in whatever library that is."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@lru_cache(maxsize=1)
def keep_watch() -> None:
    """Sees to it that no program stays behind that this process starts, also where the one that asks is killed."""
    descendants.adopt()

    def watch() -> None:
        input_ = select.poll()
        input_.register(0, 0)
        input_.poll()  # nobody can ask any more
        descendants.kill_below(os.getpid())

    threading.Thread(target=watch, daemon=True).start()


def _read(descriptor: int) -> Message | None:
    """The next message; None at the end of the input."""
    header = _read_whole(descriptor, HEADER)
    body = _read_whole(descriptor, int.from_bytes(header, "big")) if header else b""
    return parse(body) if body else None


def _read_whole(descriptor: int, size: int) -> bytes:
    """So many octets; none where the input ends before."""
    data = bytearray()
    while len(data) < size:
        part = os.read(descriptor, min(size - len(data), 1 << 20))
        if not part:
            return b""
        data += part
    return bytes(data)


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]

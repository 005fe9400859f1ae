"""Processes that validators work in: started when they are first needed, kept warm, killed when they take too much."""

from __future__ import annotations

import atexit
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from fcu_conform.validators.isolation import descendants
from fcu_conform.validators.isolation.messages import (
    HEADER,
    MOST_ASKED,
    MOST_TOLD,
    OUT_OF_MEMORY,
    Message,
    frame,
    parse,
)
from fcu_conform.validators.model import LimitReached, ValidatorFault

MEMORY = 400 << 20
"""Octets of data that a process which validators work in may have, and each program that it starts."""
LOADING = 60.0
"""Seconds of elapsed time for libraries to load, which are installed on this machine and not from a stranger."""
_GRACE = 5.0
"""Seconds of elapsed time after which a process that has not ended its task is killed."""

_START = (
    "import sys; sys.path[:] = sys.argv[2:] + sys.path; from fcu_conform.validators.isolation.worker import serve; "
    "serve(int(sys.argv[1]))"
)
_KEPT = frozenset({"PATH", "TMPDIR", "FAKETIME"})
_KEPT_PREFIXES = ("LD_", "DYLD_", "OPENSSL_", "GNUTLS_", "FAKETIME_")


def bare_environment() -> dict[str, str]:
    """What of this process's environment a validator needs: where programs and libraries are. No passphrase, no token.

    Programs speak English, and their zone is UTC.
    """
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def own_environment() -> dict[str, str]:
    """This process's environment, for programs that the user plugged in."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}  # changes all the time


@dataclass(frozen=True)
class Kind:
    """What is common to the validators that share a process.

    Attributes:
        name: by which the process is found again.
        environment: gives its environment; where that has changed, another process is started.
        folder: gives the folder in which it runs.
        memory: how many octets of data it may have.
    """

    name: str
    environment: Callable[[], Mapping[str, str]] = bare_environment
    folder: Callable[[], str] = lambda: os.sep
    memory: int = MEMORY


class _Ended(Exception):
    """The process has closed its end: it is gone or about to."""


@dataclass
class _Process:
    """A running process, and what it was started with; it may be loading, which nobody has waited for so far."""

    popen: subprocess.Popen[bytes]
    environment: Mapping[str, str]
    folder: str
    is_loading: bool = False
    input: IO[bytes] = field(init=False)
    output: IO[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.input = cast("IO[bytes]", self.popen.stdin)
        self.output = cast("IO[bytes]", self.popen.stdout)

    def tell(self, data: bytes) -> None:
        """Writes a frame.

        Raises:
            _Ended: nobody reads it any more.
        """
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self.input.fileno(), rest) :]
        except OSError:
            raise _Ended from None

    def hear(self, name: str, seconds: float, what: str) -> bytes:
        """The next frame without its header."""
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.output, selectors.EVENT_READ)
            data = bytearray()
            size = HEADER
            while len(data) < size:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise LimitReached(f"{name} did not {what} within {seconds:g} s")
                if not selector.select(left):
                    continue
                part = os.read(self.output.fileno(), size - len(data))
                if not part:
                    raise _Ended
                data += part
                if size == HEADER and len(data) == HEADER:
                    size += int.from_bytes(data, "big")
                    if size > MOST_TOLD:
                        raise ValueError("it is too long")
        return bytes(data[HEADER:])


class Worker:
    """A process for tasks of one kind, one at a time; there is none until the first task, and after one that failed."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._process: _Process | None = None
        self._lock = threading.Lock()

    def do(self, name: str, task: str, given: Message, *, processor: float, seconds: float) -> Message:
        """What comes of a task.

        Args:
            name: the validator, for messages.
            task: module and function, see `worker.Task`.
            given: what the function gets.
            processor: seconds of processor time after which the process ends itself.
            seconds: of elapsed time, after which it is killed: it may be waiting instead of working.

        Raises:
            LimitReached: it took more time or memory than it may.
            ValidatorFault: the process could not be started, died, or told nonsense.
        """
        asked = frame({"task": task, "given": given, "processor": processor})
        if len(asked) > MOST_ASKED:
            raise ValidatorFault(f"{name} cannot be asked: the question has more than {MOST_ASKED >> 20} MiB")
        with self._lock:
            self._finish_loading(name)
            try:
                process = self._send(name, asked)
                process.hear(name, LOADING, "load")
                told = process.hear(name, seconds + _GRACE, "answer")
                return parse(told)
            except _Ended:
                raise self._last_words(name, processor) from None
            except ValueError as fault:
                self._kill()
                raise ValidatorFault(f"{name} broke: its process sent no message ({fault})") from None
            except BaseException:
                self._kill()
                raise

    def prepare(self, task: str, given: Message) -> None:
        """Starts the process with a task that loads something, and does not wait for it; where there is none so far."""
        with self._lock, suppress(ValidatorFault, _Ended):
            if self._process is None:
                self._send("", frame({"task": task, "given": given, "processor": _GRACE})).is_loading = True

    def _finish_loading(self, name: str) -> None:
        """Waits for what `prepare` began; where that went wrong, the question will tell, to a new process."""
        process = self._process
        if process is None or not process.is_loading:
            return
        process.is_loading = False
        try:
            process.hear(name, LOADING, "load")
            process.hear(name, _GRACE, "load")
        except (_Ended, ValueError, LimitReached):
            self._kill()
        except BaseException:
            self._kill()
            raise

    def close(self) -> None:
        """Ends the process; it ends by itself when nobody can ask it any more."""
        process, self._process = self._process, None
        if process is None:
            return
        process.input.close()
        process.output.close()
        try:
            process.popen.wait(_GRACE)
        except subprocess.TimeoutExpired:
            descendants.end(process.popen.pid)
            process.popen.wait()

    def forget(self) -> None:
        """Leaves the process to the one that this process was copied from."""
        if self._process is not None:
            self._process.input.close()
            self._process.output.close()
            self._process.popen.returncode = 0  # it is not this process's child
        self._process, self._lock = None, threading.Lock()

    def _send(self, name: str, asked: bytes) -> _Process:
        """Hands over a task; where the process has died since the last one, to a new one."""
        process = self._process
        if process is not None:
            wanted = (self._kind.environment(), self._kind.folder())
            if wanted == (process.environment, process.folder):
                with suppress(_Ended):
                    process.tell(asked)
                    return process
            self._kill()
        process = self._start(name)
        process.tell(asked)
        return process

    def _start(self, name: str) -> _Process:
        environment, folder = self._kind.environment(), self._kind.folder()
        try:
            popen = subprocess.Popen(  # noqa: S603 - this interpreter, and a text of this module
                [*_interpreter(), "-c", _START, str(self._kind.memory), *_import_path()],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env=environment,
                start_new_session=True,  # Ctrl-C is for this process to decide upon
            )
        except (OSError, ValueError) as error:
            raise ValidatorFault(f"{name} cannot be asked: no process can be started: {error}") from None
        self._process = _Process(popen, environment, folder)
        return self._process

    def _last_words(self, name: str, processor: float) -> ValidatorFault:
        """Why a process has ended, from how it did."""
        process = self._process
        assert process is not None
        with suppress(subprocess.TimeoutExpired):
            process.popen.wait(_GRACE)
        self._kill()
        status = process.popen.returncode
        if status == -signal.SIGPROF:
            return LimitReached(f"{name} needed more than {processor:g} s of processor time")
        if status == OUT_OF_MEMORY:
            return LimitReached(f"{name} needed more than {self._kind.memory >> 20} MiB of memory")
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        return ValidatorFault(f"{name} broke: its process ended {how}")

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.popen.poll() is None:
            descendants.end(process.popen.pid)
        process.popen.wait()
        process.input.close()
        process.output.close()


def _interpreter() -> list[str]:
    """This interpreter, which obeys no variable of the environment, adds no folder, and keeps bytecode as this one."""
    command = [sys.executable, "-I", "-S"]
    if sys.dont_write_bytecode:
        command.append("-B")
    if sys.pycache_prefix is not None:
        command += ["-X", f"pycache_prefix={sys.pycache_prefix}"]
    return command


def _import_path() -> list[str]:
    """Where this process imports from, but for the current folder; and this package's own place, which comes last."""
    try:
        here = str(Path.cwd())
    except OSError:  # it has been removed
        here = ""
    folders = [one for one in sys.path if Path(one).is_absolute() and os.path.realpath(one) != here]
    return [*folders, str(Path(__file__).absolute().parents[3])]


_WORKERS: dict[str, Worker] = {}


def worker(kind: Kind) -> Worker:
    """The process for a kind of validators, the same for all of this process."""
    return _WORKERS.setdefault(kind.name, Worker(kind))


@atexit.register
def close_all() -> None:
    """Ends all processes; the next question starts new ones."""
    for one in _WORKERS.values():
        one.close()


def _forget_all() -> None:
    for one in _WORKERS.values():
        one.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)

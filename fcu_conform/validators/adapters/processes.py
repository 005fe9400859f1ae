"""Runs other programs, bounded in time and output, and leaves no process and no file behind."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from fcu_conform.validators.isolation import descendants
from fcu_conform.validators.model import SECONDS, Answer, LimitReached, Question, ValidatorFault

PROCESSOR = 2
"""Seconds of processor time that a tool may take. An honest question takes it a hundredth of one."""
LIMIT = 64 * 1024
"""How much a program may write to standard output, in octets; of standard error as much is kept."""


@dataclass(frozen=True)
class Finished:
    """The result of a program that has ended.

    Attributes:
        status: its exit status; negative where a signal ended it.
        output, errors: what it wrote to standard output and to standard error.
    """

    status: int
    output: bytes
    errors: bytes


def run(
    name: str,
    command: Sequence[str],
    *,
    given: bytes = b"",
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    processor: int | None = None,
) -> Finished:
    """Run a program in a process group of its own, which is killed before this returns, whatever happens.

    In a process that validators work in, whatever has left the group ends too.

    A program that has ended is not waited for further: what its children write after its end is not read.

    Args:
        name: the validator, for messages.
        command: the program and its arguments; no shell reads them.
        given: what it finds on standard input; it need not read it.
        folder: where it runs; None is the current folder.
        environment: None hands on this process's own.
        seconds: after which it is killed.
        processor: seconds of processor time after which it is, on Linux.

    Raises:
        LimitReached: it took too long.
        ValidatorFault: it could not be started, or wrote too much.
    """
    if os.name != "posix":
        raise ValidatorFault(f"{name} cannot be run: external programs are supported on POSIX systems only")
    try:
        process = subprocess.Popen(  # noqa: S603 - the program is what the user named, without a shell
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise ValidatorFault(f"{name} cannot be started: {command[0]!r}: {what}") from None
    try:
        if processor is not None:
            _limit_processor_time(process.pid, processor)
        output, errors = _Conversation(name, process, given, seconds).until_the_end()
    finally:
        _end(process)
    if process.returncode == -getattr(signal, "SIGXCPU", 0):
        raise LimitReached(f"{name} needed more than {processor} s of processor time")
    return Finished(process.returncode, output, errors)


def _limit_processor_time(process: int, seconds: int) -> None:
    if sys.platform == "linux":
        import resource  # POSIX systems alone have it

        with suppress(ProcessLookupError, PermissionError):  # it has ended
            resource.prlimit(process, resource.RLIMIT_CPU, (seconds, seconds + 1))


class _Conversation:
    """Feeds a program and collects what it says, until it ends."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], given: bytes, seconds: float) -> None:
        self._name, self._process, self._seconds = name, process, seconds
        self._deadline = time.monotonic() + seconds
        self._rest = memoryview(given)
        self._stdin = cast("IO[bytes]", process.stdin)
        self._said = {cast("IO[bytes]", process.stdout): bytearray(), cast("IO[bytes]", process.stderr): bytearray()}

    def until_the_end(self) -> list[bytes]:
        """What it wrote to standard output and to standard error."""
        with selectors.DefaultSelector() as selector:
            for pipe in (self._stdin, *self._said):
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, selectors.EVENT_WRITE if pipe is self._stdin else selectors.EVENT_READ)
            pause = 0.0005
            while True:
                left = self._deadline - time.monotonic()
                if left <= 0:
                    raise LimitReached(f"{self._name} did not answer within {self._seconds:g} s")
                ended = _ended(self._process)
                if not selector.get_map():  # it says no more, and is about to end
                    pause = min(2 * pause, 0.05)
                    if not ended:
                        time.sleep(min(pause, left))
                ready = selector.select(0 if ended else min(left, 0.05)) if selector.get_map() else []
                heard = False
                for key, _ in ready:
                    pipe = cast("IO[bytes]", key.fileobj)
                    done = self._feed() if pipe is self._stdin else not self._hear(pipe)
                    heard = heard or (pipe is not self._stdin and not done)
                    if done:
                        selector.unregister(pipe)
                        pipe.close()
                if ended and not heard:
                    return [bytes(said) for said in self._said.values()]

    def _feed(self) -> bool:
        """Hand over the next part of the input; True when there is no more to hand over."""
        try:
            self._rest = self._rest[os.write(self._stdin.fileno(), self._rest[:LIMIT]) :]
        except BlockingIOError:
            return False
        except OSError:  # it does not want to read it
            return True
        return not self._rest

    def _hear(self, pipe: IO[bytes]) -> bool:
        """Take in what it says; False at the end of it."""
        part = os.read(pipe.fileno(), LIMIT)
        said = self._said[pipe]
        said += part[: LIMIT + 1 - len(said)]
        if len(said) > LIMIT and pipe is self._process.stdout:
            raise ValidatorFault(f"{self._name} wrote more than {LIMIT // 1024} KiB")
        return bool(part)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the program has ended. It stays a zombie, so that its process group cannot become another's."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return process.poll() is not None
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process group, collect the program, and end what has left the group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    descendants.end_adopted()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def line(said: bytes | str, most: int = 300) -> str:
    """One line of printable text from what a program said, not longer than `most` characters."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    text = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def first_line(said: bytes) -> str:
    """The first line of what a program said that is not empty; "no output" where there is none."""
    lines = (line(one) for one in said.splitlines())
    return next(filter(None, lines), "no output")


class Tool(ABC):
    """A validator that is a command, asked with the certificates in files of a private folder.

    Attributes:
        name: what users call it.
        stands_for: who in the field meets the chain with this tool.
        acceptance_counts: its acceptance counts.
        program: the command.
        package: what holds the command on Debian.
        seconds: how long it may take.
    """

    name: str
    stands_for: str
    acceptance_counts: bool = True
    starts_programs = True
    program: str
    package: str
    seconds: float = SECONDS

    @abstractmethod
    def version(self) -> str:
        """The tool's version."""

    def ask(self, question: Question) -> Answer:
        """The tool's verdict.

        Raises:
            ValidatorFault: the tool is missing, took too long, or said something that is not a verdict.
        """
        if not question.anchors:
            raise ValidatorFault(f"{self.name} cannot be asked: no certificate is trusted")
        program = self._found()
        try:
            with tempfile.TemporaryDirectory(prefix="fcu-conform-") as folder:
                return self._judge(program, question, Path(folder))
        except OSError as error:
            raise ValidatorFault(f"{self.name} cannot be asked: {error.strerror or error}") from error

    @abstractmethod
    def _judge(self, program: str, question: Question, folder: Path) -> Answer:
        """Put the question to the tool, with files in the folder."""

    def _found(self) -> str:
        program = shutil.which(self.program)
        if program is None:
            raise ValidatorFault(f"{self.program} is not installed: apt-get install {self.package}")
        return str(Path(program).absolute())

    def _run(self, *command: str, folder: Path | None = None) -> Finished:
        """Run the tool where it speaks English and its zone is UTC."""
        environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
        return run(
            self.name, command, folder=folder, environment=environment, seconds=self.seconds, processor=PROCESSOR
        )

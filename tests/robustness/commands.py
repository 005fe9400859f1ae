"""Runs the real commands in processes of their own, held to time and memory, and looks at what they leave."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secrecy.canary import Canary

from .factory import AT, DEVICES, UPLOAD, Factory

SECONDS = 5
"""Processor time of one command: on a busy machine the clock would measure the neighbours."""

MEMORY = 500 << 20
"""Bytes that a command may ever have resident."""

HANGING = 600
"""Seconds on the clock after which a command counts as hanging."""

WORDS = 100_000
"""Characters that a command writes at most about one setup: nobody reads more."""

_LAUNCHER = """\
import os, resource, signal, sys
processor, memory, humble, clock, told = map(int, sys.argv[1:6])
pid = os.fork()
if pid == 0:
    os.set_inheritable(told, False)
    signal.alarm(clock)
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if humble and os.geteuid() == 0:
        import ctypes
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
    os.execv(sys.argv[6], sys.argv[6:])
_, status, usage = os.wait4(pid, 0)
os.write(told, f"{status} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}".encode())
"""
"""Starts a program that cannot run away: the limits and the alarm stay with it. Then tells how it ended, by numbers.

What a process had resident before it became another program counts for it, so that a small one must start it.
"""


@dataclass(frozen=True)
class Done:
    """What a command did: exit code, what it wrote, processor seconds, most bytes resident, temporary files left."""

    code: int
    out: str
    err: str
    processor: float
    peak: int
    left: tuple[str, ...]

    @property
    def text(self) -> str:
        """All that it wrote."""
        return self.out + self.err


def run(
    *command: str | os.PathLike[str],
    cwd: Path,
    humble: bool = False,
    stdin: int = subprocess.DEVNULL,
    stdout: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Done:
    """Runs a command to its end, or kills it when it takes far too much.

    Args:
        cwd: the folder to run in.
        humble: the modes of files count for root too.
        stdout: a descriptor in place of a file to read afterwards.
        environment: what is added to a bare environment.
    """
    launcher = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        _LAUNCHER,
        str(4 * SECONDS),
        str(4 * MEMORY),
        str(int(humble)),
        str(HANGING),
    ]
    with (
        tempfile.TemporaryDirectory() as scratch,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryFile() as told,
    ):
        Path(scratch).chmod(0o777)
        known = {"PATH": os.environ["PATH"], "HOME": scratch, "TMPDIR": scratch, "LANG": "C.UTF-8", "COLUMNS": "100"}
        subprocess.run(
            [*launcher, str(told.fileno()), *map(os.fspath, command)],
            cwd=cwd,
            stdin=stdin,
            stdout=out if stdout is None else stdout,
            stderr=err,
            env={**known, **_bytecode(), **(environment or {})},
            pass_fds=(told.fileno(),),
            check=True,
        )
        told.seek(0)
        status, processor, resident = told.read().split()
        out.seek(0)
        err.seek(0)
        return Done(
            os.waitstatus_to_exitcode(int(status)),
            out.read().decode("utf-8", "surrogateescape"),
            err.read().decode("utf-8", "surrogateescape"),
            float(processor),
            int(resident) * 1024,
            tuple(sorted(str(path.relative_to(scratch)) for path in Path(scratch).rglob("*"))),
        )


def _bytecode() -> dict[str, str]:
    """Where bytecode is kept for all tests, which is not beside what a command runs or reads."""
    kept = os.environ.get("PYTHONPYCACHEPREFIX")
    return {"PYTHONPYCACHEPREFIX": kept} if kept else {"PYTHONDONTWRITEBYTECODE": "1"}


SCRIPTS = Path(sysconfig.get_path("scripts"))
PYTEST = (
    *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
    *("-p", "no:hypothesispytest"),  # a quarter of the time of a short run
    *(f"--fcu-at={AT}", "--fcu-validators=none"),
)
SUITE = (SCRIPTS / "fcu-conform",)
MAKER = (SCRIPTS / "reference-ca",)


def judge(factory: Factory, *arguments: str | Path, **more: Any) -> Done:
    """pytest on a factory with all that it has, from an empty folder; further arguments are pytest's."""
    given = [f"--fcu-keystore={factory.keystore}", f"--fcu-portal-upload={factory / UPLOAD}"]
    if not any(str(argument).startswith("--fcu-devices") for argument in arguments):
        given.append(f"--fcu-devices={factory / DEVICES}")
    return run(*PYTEST, *given, *arguments, cwd=elsewhere(factory), **more)


def elsewhere(factory: Factory) -> Path:
    """An empty folder beside the factory to run in."""
    folder = factory.folder.parent / "elsewhere"
    folder.mkdir(exist_ok=True)
    return folder


def failed(done: Done) -> set[str]:
    """The codes of the rules that failed in a run of pytest."""
    return set(re.findall(r"^FAILED fcu::([A-Z]{3}\d{3})\[", done.out, re.MULTILINE))


def trespasses(done: Done, secrets: Iterable[bytes] = ()) -> list[str]:
    """A line for everything that no command may do, whatever it was given."""
    found = []
    if re.search(
        r"Traceback \(most recent call last\)|INTERNALERROR|internal fault|^  File \"", done.text, re.MULTILINE
    ):
        found.append(f"a traceback, or a fault of its own:\n{done.text[-3000:]}")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", done.text):
        found.append(f"characters that steer a terminal: {done.text[-3000:]!r}")
    if done.code < 0:
        found.append(f"was killed by signal {-done.code}")
    if done.processor > SECONDS:
        found.append(f"took {done.processor:.1f} s")
    if done.peak > MEMORY:
        found.append(f"took {done.peak >> 20} MiB")
    if done.left:
        found.append(f"left behind {', '.join(done.left)}")
    if len(done.text) > WORDS:
        found.append(f"wrote {len(done.text)} characters")
    traces = {form for secret in secrets for form in Canary(secret).traces(done.text)}
    return [*found, *(f"shows a private key: {form}" for form in sorted(traces))]


def picture(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder: kinds, modes, sizes, times of change, contents; reading it changes nothing of that."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        content = ""
        if stat.S_ISLNK(status.st_mode):
            content = str(path.readlink())
        elif (
            stat.S_ISREG(status.st_mode) and status.st_size < 1 << 30
        ):  # there are files with nothing in them but holes
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path)] = (
            status.st_mode,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_ino,
            content,
        )
    return found

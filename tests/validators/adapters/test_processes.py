"""Other programs are bounded in time and output whatever they do, and nothing of them stays."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fcu_conform.artefacts.encodings.pem import to_pem
from fcu_conform.validators.adapters.processes import LIMIT, first_line, line, run
from fcu_conform.validators.model import ValidatorFault

DAY = 86_400
"""Seconds that some programs here would run for: a test that waited for one would not end."""


@pytest.fixture(autouse=True)
def _no_descriptor_stays() -> Iterator[None]:
    before = _descriptors()
    yield
    assert before == _descriptors()


def _descriptors() -> list[str]:
    folder = Path("/proc/self/fd")
    return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


def python(source: str) -> list[str]:
    return [sys.executable, "-S", "-c", source]


def shell(source: str) -> list[str]:
    return ["/bin/sh", "-c", source]


def gone(process: int) -> bool:
    """The process has ended; a zombie that someone else has to collect has ended too."""
    for _ in range(3000):
        try:
            os.kill(process, 0)
            state = Path(f"/proc/{process}/stat")
            if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


def no_child_stays() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return True


def test_input_output_errors_and_status_are_passed_on() -> None:
    finished = run("x", shell("cat; echo bad >&2; exit 7"), given=b"in")
    assert (finished.status, finished.output, finished.errors) == (7, b"in", b"bad\n")


def test_much_input_and_output_do_not_block_each_other() -> None:
    given = os.urandom(LIMIT)
    assert run("x", ["cat"], given=given).output == given


def test_a_program_need_not_read_its_input() -> None:
    assert run("x", shell("exec <&-; echo done"), given=b"x" * 1_000_000).output == b"done\n"


def test_a_program_that_ends_at_once_is_not_waited_for() -> None:
    assert run("x", ["true"], seconds=DAY).status == 0


@pytest.mark.parametrize(
    "source",
    [
        f"sleep {DAY}",
        f"exec sleep {DAY} >&- 2>&-",
        "trap '' TERM INT HUP; while :; do sleep 1; done",
        f"cat > /dev/null; sleep {DAY}",
        "while :; do echo noise >&2; done",
    ],
)
def test_a_program_that_does_not_end_is_killed(source: str) -> None:
    with pytest.raises(ValidatorFault, match=r"^slow did not answer within 0\.3 s$"):
        run("slow", shell(source), seconds=0.3)
    assert no_child_stays()


def test_a_flood_is_stopped_at_once() -> None:
    with pytest.raises(ValidatorFault, match=r"^loud wrote more than 64 KiB$"):
        run("loud", shell("exec yes"), seconds=DAY)
    assert no_child_stays()


def test_output_up_to_the_limit_is_accepted() -> None:
    write = f"import sys; sys.stdout.write('x' * {LIMIT}); sys.stderr.write('y' * {3 * LIMIT})"
    finished = run("x", python(write))
    assert len(finished.output) == LIMIT
    assert LIMIT <= len(finished.errors) <= LIMIT + 1


def test_death_by_a_signal_is_a_negative_status() -> None:
    assert run("x", shell("kill -SEGV $$")).status == -signal.SIGSEGV


def test_a_child_that_keeps_the_pipe_open_is_not_waited_for_and_killed(tmp_path: Path) -> None:
    finished = run("x", shell(f"sleep {DAY} & echo $! > {tmp_path}/child; echo answer"), seconds=DAY)
    assert (finished.status, finished.output) == (0, b"answer\n")
    assert gone(int((tmp_path / "child").read_text()))


def test_a_child_that_keeps_flooding_after_its_parent_is_stopped() -> None:
    with pytest.raises(ValidatorFault, match=r"wrote more than 64 KiB|did not answer"):
        run("x", shell("yes & sleep 0.2"), seconds=2)


def test_a_child_outside_the_process_group_is_not_waited_for(tmp_path: Path) -> None:
    source = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        f"    open({str(tmp_path / 'child')!r}, 'w').write(str(os.getpid()))\n"
        f"    os.rename({str(tmp_path / 'child')!r}, {str(tmp_path / 'ready')!r})\n"
        f"    time.sleep({DAY})\n"
        f"while not os.path.exists({str(tmp_path / 'ready')!r}): time.sleep(0.01)\n"
        "print('answer')\n"
    )
    assert run("x", python(source), seconds=DAY).output == b"answer\n"
    os.kill(int((tmp_path / "ready").read_text()), signal.SIGKILL)


def test_the_grandchildren_of_a_program_that_hangs_are_killed_too(tmp_path: Path) -> None:
    with pytest.raises(ValidatorFault, match="did not answer"):
        run("x", shell(f"(sleep {DAY} & echo $! > {tmp_path}/child; wait) & wait"), seconds=3)
    assert gone(int((tmp_path / "child").read_text()))


def test_an_interrupt_kills_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("x", shell(f"echo $$ > {tmp_path}/pid; exec sleep {DAY} >&- 2>&- <&-"), seconds=DAY)
    monkeypatch.undo()
    assert gone(int((tmp_path / "pid").read_text()))
    assert no_child_stays()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["./no-such-program"], "No such file or directory"),
        (["/"], "Permission denied"),
        (["/etc/passwd"], "Permission denied"),
        (["a\0b"], "embedded null byte"),
    ],
)
def test_a_program_that_cannot_be_started_is_a_fault(command: list[str], words: str) -> None:
    with pytest.raises(ValidatorFault, match=f"^x cannot be started: .*{words}$"):
        run("x", command)


def test_a_program_without_an_interpreter_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/no/such/interpreter\n")
    (tmp_path / "script").chmod(0o755)
    with pytest.raises(ValidatorFault, match=r"cannot be started: .*No such file"):
        run("x", [str(tmp_path / "script")])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"", "no output"),
        (b"\n \n  first\tline \r\nsecond", "first line"),
        (b"\xff\xfe bad", "\ufffd\ufffd bad"),
        (b"\x1b[31mred\x1b[0m\x07", "[31mred [0m"),
    ],
)
def test_the_first_line_of_output_is_plain_text(said: bytes, expected: str) -> None:
    assert first_line(said) == expected


def test_a_long_line_is_cut() -> None:
    assert line("x" * 1000, 10) == "xxxxxxxxx…"


def test_pem_is_encoded_from_der() -> None:
    text = to_pem(b"x" * 50, b"y")
    assert text.count(b"-----BEGIN CERTIFICATE-----\n") == 2
    assert max(map(len, text.splitlines())) == 64
    assert to_pem(b"") == b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"

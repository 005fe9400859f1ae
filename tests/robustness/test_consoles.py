"""Both consoles among traps and in odd surroundings: one line, an honest exit code, and nothing is changed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from .commands import MAKER, PYTEST, SUITE, elsewhere, judge, run, trespasses
from .conftest import Held
from .factory import CONFIG, CRT, DEVICES, KEY, Factory
from .test_files import Trap, a_folder, a_link_to_zeros_without_end, a_loop_of_links, a_pipe, forty_megabytes_of_noise

DEVICE = f"{DEVICES}/device-0001.pem"
TRAPS = [forty_megabytes_of_noise, a_pipe, a_loop_of_links, a_link_to_zeros_without_end, a_folder]

Line = Callable[[Factory], Sequence[str | Path]]
Writer = Callable[[Factory, Path], Sequence[str | Path]]
LINES: dict[str, tuple[Line, str]] = {
    "upload": (lambda f: [*SUITE, "upload", "--keystore", f.keystore], CRT),
    "upload-config": (lambda f: [*SUITE, "upload", "--keystore", f.keystore], CONFIG),
    "slice": (lambda f: [*SUITE, "slice", "--keystore", f.keystore, f / DEVICE], DEVICE),
    "maker-status": (lambda f: [*MAKER, "status", "--keystore", f.keystore], CRT),
    "maker-upload": (lambda f: [*MAKER, "upload", "--keystore", f.keystore], CONFIG),
    "maker-slice": (lambda f: [*MAKER, "slice", "--keystore", f.keystore, f / DEVICE], DEVICE),
    "maker-device": (lambda f: [*MAKER, "device", "--keystore", f.keystore, "-o", f / "new.pem", "lamp"], KEY),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_a_command_reports_unreadable_input_in_one_line(name: str, trap: object, factory: Factory, held: Held) -> None:
    make, place = LINES[name]
    assert callable(trap)
    trap(factory, place)
    done = held(lambda: run(*make(factory), cwd=elsewhere(factory)))
    assert done.code in (1, 4)
    if name == "maker-status":
        assert done.out.startswith("{")
    elif name == "slice" and done.code == 1:
        assert "does not fit" in done.out
    else:
        assert re.fullmatch(r"(fcu-conform|reference-ca): [^\n]+\n", done.err)
        assert done.out == ""


ODD_ARGUMENTS = [
    "\x1b[2J",
    "a\nb",
    "\udcff",
    "\u202etxt.exe",
    "x" * 100_000,
    "",
    " ",
    "-",
    "--",
    "../" * 2000,
    "%s%n{0}",
]


@pytest.mark.parametrize("argument", ODD_ARGUMENTS, ids=lambda text: ascii(text[:12]))
def test_unusual_arguments_are_refused_in_one_line(argument: str, factory: Factory, held: Held) -> None:
    for command in (
        [*SUITE, "explain", argument],
        [*SUITE, argument],
        [*SUITE, "slice", f"--keystore={argument}", "--depth=2"],
        [*MAKER, "status", f"--keystore={argument}"],
    ):
        done = held(lambda command=command: run(*command, cwd=elsewhere(factory)))  # type: ignore[misc]
        if done.out.startswith("{"):  # reference-ca's status is JSON, whatever it is
            assert done.err == ""
        elif done.code:
            assert done.err.count("\n") == 1, done.err[:500]


@pytest.mark.parametrize(
    "odd",
    [
        ["--at", "0001-01-01T00:00:00+14:00"],
        ["--at", "1949-12-31T23:59:59Z"],
        ["--at", "9999-12-31T23:59:59Z"],
        ["--length", "9" * 30],
        ["--length", "9" * 5000],
        ["--name", "x" * 100_000],
        ["--name", "\x1b[2J"],
    ],
    ids=lambda odd: " ".join(odd)[:24],
)
def test_the_maker_refuses_values_that_no_certificate_can_contain(
    odd: Sequence[str], factory: Factory, held: Held
) -> None:
    done = held(lambda: run(*MAKER, "keystore", factory / "new", *odd, cwd=elsewhere(factory)))
    assert (done.code in (1, 2), done.out) == (True, "")
    assert re.fullmatch(r"reference-ca: [^\n]+\n", done.err)


def test_a_path_with_a_nul_in_an_ini_file_is_a_usage_error(factory: Factory, held: Held) -> None:
    ini = factory.put("pytest.ini", b"[pytest]\nfcu_keystore = key\0store\n")
    done = held(lambda: run(*PYTEST, "-c", ini, cwd=elsewhere(factory)))
    assert done.code == 4
    assert re.fullmatch(r"ERROR: keystore \S+: .+\n\n?", done.err)


@pytest.mark.parametrize("command", [[*SUITE, "rules"], [*SUITE, "explain", "KEY004"], [*MAKER, "--help"]], ids=str)
def test_a_closed_output_pipe_is_not_an_error_of_a_command(command: Sequence[Path | str], factory: Factory) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(*command, cwd=elsewhere(factory), stdout=writing)
    finally:
        os.close(writing)
    assert trespasses(done) == []
    assert done.code in (0, 1)


@pytest.mark.parametrize("command", [[*SUITE, "rules"], [*MAKER, "--help"]], ids=str)
def test_a_full_disk_for_standard_output_is_reported_in_one_line(
    command: Sequence[Path | str], factory: Factory
) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        done = run(*command, cwd=elsewhere(factory), stdout=full)
    finally:
        os.close(full)
    assert trespasses(done) == []
    assert done.code not in (0, 120)
    assert re.fullmatch(r"(fcu-conform|reference-ca): [^\n]*[Nn]o space[^\n]*\n", done.err)


def test_a_report_on_a_full_disk_is_an_internal_error(factory: Factory, held: Held) -> None:
    done = held(lambda: judge(factory, "--fcu-report=/dev/full"))
    assert done.code == 4
    assert re.fullmatch(r"ERROR: --fcu-report: /dev/full: .+\n\n?", done.err)


def a_report_of_pytest(f: Factory, target: Path) -> Sequence[str | Path]:
    return [*PYTEST, f"--fcu-keystore={f.keystore}", f"--fcu-report={target}"]


def a_report_of_a_lot(f: Factory, target: Path) -> Sequence[str | Path]:
    return [*SUITE, "lot", "--keystore", f.keystore, "--report", target, f / DEVICES]


def a_journal(f: Factory, target: Path) -> Sequence[str | Path]:
    return [*SUITE, "lot", "--keystore", f.keystore, "--validators=none", "--resume", target, f / DEVICES]


def an_upload(f: Factory, target: Path) -> Sequence[str | Path]:
    return [*SUITE, "upload", "--keystore", f.keystore, "--force", "-o", target]


def a_certification(f: Factory, target: Path) -> Sequence[str | Path]:
    return [*SUITE, "certify", "--keystore", f.keystore, "--out", target]


@pytest.mark.parametrize("make", [a_report_of_pytest, a_report_of_a_lot, a_journal, an_upload, a_certification])
@pytest.mark.parametrize("by_link", [False, True], ids=["straight", "by a link"])
def test_nothing_is_written_into_a_keystore(by_link: bool, make: Writer, factory: Factory, held: Held) -> None:
    if by_link:
        (factory / "elsewhere").symlink_to("keystore")
    target = (factory / "elsewhere" if by_link else factory.keystore) / "new.json"
    done = held(lambda: run(*make(factory, target), cwd=elsewhere(factory)))
    assert done.code == 4
    assert re.fullmatch(
        r"(ERROR|fcu-conform): [^\n]+: is in the keystore, which fcu-conform never writes"
        r" to\n\n?",
        done.err,
    )


@pytest.mark.parametrize(
    "content",
    [b"notes without an end of line", b"{}", b'{"journal":3', b'{"journal":2}x', b"\n", b"[" * 100_000, b"\xff" * 99],
    ids=lambda content: repr(content[:16]),
)
def test_a_file_that_is_not_a_journal_is_not_overwritten(content: bytes, factory: Factory, held: Held) -> None:
    journal = factory.put("notes", content)
    done = held(lambda: run(*a_journal(factory, journal), cwd=elsewhere(factory)))
    assert (done.code, done.out) == (4, "")
    assert re.fullmatch(r"fcu-conform: journal \S+: is not a journal of fcu-conform\n", done.err)


@pytest.mark.parametrize("trap", [a_pipe, a_loop_of_links, a_link_to_zeros_without_end, a_folder])
def test_a_journal_that_is_not_a_regular_file_is_a_usage_error(trap: Trap, factory: Factory, held: Held) -> None:
    trap(factory, "notes")
    done = held(lambda: run(*a_journal(factory, factory / "notes"), cwd=elsewhere(factory)))
    assert (done.code, done.out) == (4, "")
    assert re.fullmatch(r"fcu-conform: journal \S+: cannot be (read|written) \([^\n]+\)\n", done.err)


@pytest.mark.parametrize("command", [SUITE, MAKER], ids=["judge", "maker"])
def test_a_folder_that_vanished_is_reported_in_one_line(command: Sequence[Path], factory: Factory) -> None:
    gone = factory.folder.parent / "gone"
    gone.mkdir()
    line = [*command, "upload", "--keystore", "keystore"]
    script = f"import os, sys; os.rmdir({str(gone)!r}); os.execv(sys.argv[1], sys.argv[1:])"
    done = run(sys.executable, "-c", script, *line, cwd=gone)
    assert trespasses(done) == []
    assert done.code in (1, 4)
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("command", [[*SUITE, "rules"], [*MAKER, "--help"], [*SUITE, "nothing"]], ids=str)
def test_closed_standard_streams_do_not_crash_a_command(command: Sequence[Path | str], factory: Factory) -> None:
    script = "import os, sys; os.close(0); os.close(1); os.close(2); os.execv(sys.argv[1], sys.argv[1:])"
    done = run(sys.executable, "-c", script, *command, cwd=elsewhere(factory))
    assert trespasses(done) == []
    assert done.code in (0, 4)


def test_unreadable_files_are_reported_and_the_rest_is_judged(factory: Factory) -> None:
    (factory / KEY).chmod(0)
    (factory / DEVICE).chmod(0)
    (factory / CONFIG).chmod(0)
    factory.keystore.chmod(0o755)
    done = judge(factory, humble=True)
    assert trespasses(done) == []
    assert done.code == 1
    assert {"KEY001", "DEV001", "CFG001"} <= set(re.findall(r"^FAILED fcu::(\w+)", done.out, re.MULTILINE))


def test_an_unlistable_keystore_is_a_usage_error(factory: Factory) -> None:
    factory.keystore.chmod(0)
    done = judge(factory, humble=True)
    factory.keystore.chmod(0o700)
    assert trespasses(done) == []
    assert done.code == 4
    assert re.fullmatch(r"ERROR: keystore \S+: cannot be opened: .+\n\n?", done.err)


def test_a_read_only_keystore_is_judged_like_any_other(factory: Factory, held: Held) -> None:
    for path in factory.keystore.iterdir():
        path.chmod(0o400)
    factory.keystore.chmod(0o500)
    done = held(lambda: judge(factory, humble=True))
    assert done.code == 0

"""Validators are asked in other processes: bounded in time and memory, with nothing there that they do not need."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as FilePath

import pytest

from fcu_conform.validators.isolation import asking as isolation_asking
from fcu_conform.validators.isolation import descendants, workers
from fcu_conform.validators.isolation.asking import Isolated, plugged_in, shake_hands_apart
from fcu_conform.validators.isolation.origin import Origin
from fcu_conform.validators.isolation.workers import Kind
from fcu_conform.validators.libraries import Library
from fcu_conform.validators.model import UNPROTECTED, Answer, LimitReached, Validator, ValidatorFault
from fcu_conform.validators.registry import ENTRIES, available, select
from validators.handshake import test_handshake as device
from validators.paths import DEVICE, Path, usual

HERE = FilePath(__file__).parent
KIND = Kind("misbehaving", memory=200 << 20)

pytestmark = pytest.mark.skipif(bool(UNPROTECTED), reason=UNPROTECTED)


@pytest.fixture(autouse=True, scope="module")
def _none_stays() -> Iterator[None]:
    yield
    workers.worker(KIND).close()


def misbehaving(name: str, *arguments: str, kind: Kind = KIND, seconds: float = 10) -> Validator:
    return Isolated(Origin("validators.misbehaving", name, arguments), kind, seconds)


@pytest.mark.parametrize("entry", [one for one in ENTRIES if one.available()], ids=lambda entry: entry.name)
def test_a_validator_gives_the_same_verdict_in_another_process(entry: object, good_path: Path) -> None:
    here, there = entry.validator(), entry.isolated()  # type: ignore[attr-defined]
    broken = usual(device=DEVICE.but(signed_by="x"))
    for question in (good_path.root_only(), broken.root_only()):
        assert there.ask(question) == here.ask(question)
    assert there.version() == here.version()
    assert (there.name, there.stands_for, there.acceptance_counts) == (
        here.name,
        here.stands_for,
        here.acceptance_counts,
    )


def test_selected_validators_run_in_other_processes() -> None:
    for validator in (*select("auto"), *available(), plugged_in("mine", "true")):
        assert isinstance(validator, Isolated)


@pytest.mark.parametrize("name", ["Loops", "LoopsInC"])
def test_a_validator_that_uses_too_much_processor_time_is_stopped(
    name: str, good_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation_asking, "PROCESSOR", 0.1)
    with pytest.raises(LimitReached, match=rf"^{name.lower()} needed more than 0\.1 s of processor time$"):
        misbehaving(name).ask(good_path.root_only())
    assert misbehaving("Adapter").ask(good_path.root_only()).accepted


def test_an_idle_validator_is_stopped(good_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_GRACE", 0.1)
    with pytest.raises(LimitReached, match=r"^sleeps did not answer within 0\.2 s$"):
        misbehaving("Sleeps", seconds=0.1).ask(good_path.root_only())
    assert misbehaving("Adapter").ask(good_path.root_only()).accepted


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not hold a process to it")
def test_a_validator_that_uses_too_much_memory_is_stopped(good_path: Path) -> None:
    with pytest.raises(LimitReached, match=r"^hogs needed more than 200 MiB of memory$"):
        misbehaving("Hogs").ask(good_path.root_only())
    assert misbehaving("Adapter").ask(good_path.root_only()).accepted


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Aborts", f"aborts broke: its process ended by signal {int(signal.SIGABRT)}"),
        ("Exits", "exits broke: its process ended with status 3"),
        ("Breaks", "broke: KeyError"),
        (
            "Contradicts",
            "contradicts broke: its process sent no answer (a refusal needs a reason, and an acceptance must not"
            " have one)",
        ),
        ("Floods", "floods broke: its process sent no message (it is too long)"),
    ],
)
def test_a_crashed_validator_gives_no_verdict_and_is_replaced_for_the_next_question(
    name: str, words: str, good_path: Path
) -> None:
    with pytest.raises(ValidatorFault) as caught:
        misbehaving(name).ask(good_path.root_only())
    assert str(caught.value) == words
    assert misbehaving("Adapter").ask(good_path.root_only()).accepted


def test_a_missing_library_is_reported_by_its_process_each_time(good_path: Path) -> None:
    library = Library("missing", "a test", "no-such-package", "no_such_package")
    validator = Isolated(
        Origin("validators.missing_library", "Missing", (), library.distribution), KIND, library=library
    )
    for do in (validator.version, lambda: validator.ask(good_path.root_only())):
        with pytest.raises(ValidatorFault, match=r"^no-such-package is not installed: pip install no-such-package$"):
            do()


def test_output_of_a_library_does_not_mix_with_messages(good_path: Path) -> None:
    for _ in range(2):
        assert misbehaving("Prints").ask(good_path.root_only()) == Answer(True)


def test_the_process_is_reused_and_has_only_what_it_needs(
    good_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: FilePath
) -> None:
    monkeypatch.setenv("CI_TOKEN", "secret")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    workers.worker(KIND).close()
    told = {misbehaving("Tells").ask(good_path.root_only()).reason for _ in range(3)}
    (words,) = told
    process, folder, here, *rest = words.split()
    assert int(process) != os.getpid()
    assert (folder, here) == ("/", "[]")
    descriptors, variables = " ".join(rest).split("] [")
    assert descriptors == "[0, 1, 2, 3, 4"  # three, what it tells on, and what prints go to
    assert not {"CI_TOKEN", "HOME", "PYTHONPATH"} & set(variables.strip("]").replace("'", "").split(", "))
    assert "PATH" in variables


def test_a_changed_environment_starts_a_new_process(good_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("/one", "/other"):
        monkeypatch.setenv("OPENSSL_CONF", value)
        assert misbehaving("Tells", "OPENSSL_CONF").ask(good_path.root_only()).reason == value


def test_an_external_program_runs_in_the_folder_and_environment_of_the_user(
    good_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: FilePath
) -> None:
    monkeypatch.setenv("BENCH_PORT", "ttyUSB0")
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "bench.sh"
    script.write_text(
        'echo "{\\"verdict\\": \\"refused\\", \\"reason\\": \\"$BENCH_PORT $(pwd -P)\\", \\"version\\": \\"9\\"}"\n'
    )
    bench = plugged_in("bench", "sh ./bench.sh")
    assert bench.version() == ""
    assert bench.ask(good_path.root_only()) == Answer(False, f"ttyUSB0 {tmp_path.resolve()}")
    assert bench.version() == "9"
    workers.worker(isolation_asking.PLUGGED_IN).close()


def wait_for(place: FilePath, process: subprocess.Popen[bytes] | None = None) -> None:
    """Until somebody has written its number there."""
    while not place.exists() or not place.read_text():
        assert process is None or process.poll() is None
        time.sleep(0.01)


def gone(place: FilePath) -> bool:
    """Who wrote its number there has ended, or is about to and waits to be collected."""
    status = FilePath(f"/proc/{place.read_text()}/stat")
    for _ in range(500):
        try:
            if status.read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="what leaves its process group is found on Linux")


@needs_linux
def test_a_program_that_leaves_its_process_group_ends_with_the_question(good_path: Path, tmp_path: FilePath) -> None:
    for number in range(2):
        place = tmp_path / str(number)
        assert misbehaving("LetsGo", str(place), "0").ask(good_path.root_only()).accepted
        assert gone(place)


@needs_linux
def test_a_child_process_ends_when_its_process_is_stopped(good_path: Path, tmp_path: FilePath) -> None:
    place, asking = tmp_path / "who", misbehaving("LetsGo", str(tmp_path / "who"), "600", seconds=600)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(asking.ask, good_path.root_only())
        wait_for(place)
        process = workers.worker(KIND)._process
        assert process is not None
        descendants.end(process.popen.pid)
        with pytest.raises(ValidatorFault, match="letsgo broke: its process ended by signal 9"):
            answer.result()
    assert gone(place)


@needs_linux
def test_a_child_process_ends_when_the_main_process_is_killed(tmp_path: FilePath) -> None:
    place = tmp_path / "who"
    source = (
        f"import sys; sys.path[:0] = {[str(HERE.parents[1]), str(HERE.parents[2])]!r}\n"
        "from validators.isolation.test_isolation import misbehaving, usual\n"
        f"misbehaving('LetsGo', {str(place)!r}, '600').ask(usual().root_only())\n"
    )
    with subprocess.Popen([sys.executable, "-c", source]) as process:
        wait_for(place, process)
        process.kill()
    assert gone(place)


def test_a_forked_process_starts_its_own_validator_processes(good_path: Path) -> None:
    before = misbehaving("Tells").ask(good_path.root_only()).reason
    reading, writing = os.pipe()
    copy = os.fork()
    if not copy:
        try:
            os.write(writing, misbehaving("Tells").ask(good_path.root_only()).reason.split()[0].encode())
            workers.worker(KIND).close()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        assert told.read().decode() not in ("", before.split()[0])
    os.waitpid(copy, 0)
    assert misbehaving("Tells").ask(good_path.root_only()).reason == before


def test_an_interrupted_question_leaves_no_process_that_answers_the_next_one(
    good_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(workers._Process, "hear", interrupted)
        with pytest.raises(KeyboardInterrupt):
            misbehaving("Contradicts").ask(good_path.root_only())
    assert misbehaving("Adapter").ask(good_path.root_only()).accepted


def test_without_posix_validators_run_in_the_main_process(good_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_asking, "UNPROTECTED", "no POSIX")
    monkeypatch.setattr(isolation_asking, "worker", lambda _kind: pytest.fail("a process was asked for"))
    for validator in (*select("cryptography,openssl"), misbehaving("Adapter")):
        assert validator.ask(good_path.root_only()).accepted


def test_a_handshake_in_another_process_gives_the_same_result() -> None:
    path, key = device.path_to(device.DEVICE), device.key_of(device.DEVICE.common_name)
    here = device.shake_hands((path.leaf,), key, path.above, at=device.NOW)
    there = shake_hands_apart((path.leaf,), key, path.above, at=device.NOW)
    assert [(one.protocol, one.let_in, one.impostor) for one in there.handshakes] == [
        (one.protocol, one.let_in, one.impostor) for one in here.handshakes
    ]
    assert workers.worker(isolation_asking.HANDSHAKE)._process is None


def test_a_fault_of_a_handshake_is_passed_on() -> None:
    key = device.key_of("any")
    with pytest.raises(ValidatorFault, match="no handshake: no certificate is trusted"):
        shake_hands_apart((b"\x30\0",), key, (), at=device.NOW)

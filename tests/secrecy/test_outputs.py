"""A private key goes through every output that there is, and none of its bytes comes out of any."""

from __future__ import annotations

import copy
import json
import os
import pickle
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from robustness.commands import PYTEST, SUITE, Done, elsewhere, picture, run
from robustness.factory import DEVICES, KEY, UPLOAD, Factory, make_factory
from robustness.readers import World, explore

from fcu_conform import check
from fcu_conform.artefacts.bundle import Bundle
from fcu_conform.artefacts.encodings.private_keys import PrivateKey
from fcu_conform.artefacts.setup import read_setups
from fcu_conform.interfaces.run.options import WRITERS
from secrecy.canary import Canary


@pytest.fixture(scope="module")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Factory:
    """A setup that is sound but for copies of its keys in odd places, so that rules speak about keys."""
    made = make_factory(tmp_path_factory.mktemp("canary") / "line")
    key = (made / KEY).read_bytes()
    made.put("keystore/old.bak", key, 0o644)
    made.put("keystore/note.txt", bytes(next(iter(made.secrets()))))
    made.put(f"{DEVICES}/device-0002.key.pem", key, 0o644)
    made.put(f"{DEVICES}/bundle.cbor", World(made).bundles[0])
    made.put(UPLOAD, (made / UPLOAD).read_bytes() + key)
    (made / KEY).chmod(0o644)
    return made


@pytest.fixture(scope="module")
def canaries(factory: Factory) -> list[Canary]:
    return [Canary(secret) for secret in factory.secrets()]


def traces(canaries: list[Canary], text: str | bytes) -> list[str]:
    return [form for canary in canaries for form in canary.traces(text)]


def judge(factory: Factory, *arguments: str, environment: dict[str, str] | None = None) -> Done:
    return run(
        *PYTEST,
        f"--fcu-keystore={factory.keystore}",
        f"--fcu-devices={factory / DEVICES}",
        f"--fcu-portal-upload={factory / UPLOAD}",
        *arguments,
        cwd=elsewhere(factory),
        environment=environment,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["-vv", "--showlocals", "--tb=long", "-rA"],
        ["--tb=short", "-l", "-q"],
        ["--tb=native", "--full-trace", "--showlocals"],
        ["--tb=line", "-v"],
        ["--log-cli-level=DEBUG", "-o", "log_level=DEBUG", "-s", "--capture=no"],
        ["-n2", "-vv", "--showlocals", "--tb=long"],
        ["--setup-show", "--durations=0", "--trace-config", "--debug=/dev/stdout"],
        ["--fcu-validators=all", "--fcu-handshake", "-vv", "-l"],
        ["--collect-only", "-vv"],
    ],
    ids=" ".join,
)
def test_no_output_style_shows_a_key(arguments: list[str], factory: Factory, canaries: list[Canary]) -> None:
    done = judge(factory, *arguments, "--color=yes")
    assert "KEY008" in done.out
    assert traces(canaries, done.text) == []
    assert [name for name in done.left if not name.startswith("pytest-of-")] == []  # xdist's, for its workers


def test_no_report_and_no_cache_contains_a_key(factory: Factory, canaries: list[Canary], tmp_path: Path) -> None:
    reports = [tmp_path / f"report{ending}" for ending in WRITERS]
    asked = [f"--fcu-report={path}" for path in reports]
    done = judge(
        factory,
        *asked,
        f"--junitxml={tmp_path / 'junit.xml'}",
        "-p",
        "cacheprovider",
        "-o",
        f"cache_dir={tmp_path / 'cache'}",
        f"--log-file={tmp_path / 'log'}",
        "--log-file-level=DEBUG",
        environment={"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "ignore", "PYTHONFAULTHANDLER": "1"},
    )
    assert done.code == 1
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {*reports, tmp_path / "junit.xml"} <= set(written)
    assert [(path.name, found) for path in written if (found := traces(canaries, path.read_bytes()))] == []
    assert traces(canaries, done.text) == []


def test_neither_the_journal_nor_any_report_of_a_lot_contains_a_key(
    factory: Factory, canaries: list[Canary], tmp_path: Path
) -> None:
    reports = [f"--report={tmp_path / f'report{ending}'}" for ending in WRITERS]
    given = ["--keystore", factory.keystore, "--resume", tmp_path / "journal", "--workers", "2", *reports]
    done = run(*SUITE, "lot", *given, factory / DEVICES, cwd=elsewhere(factory))
    assert done.code == 1
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == len(WRITERS) + 1
    assert [(path.name, found) for path in written if (found := traces(canaries, path.read_bytes()))] == []
    assert traces(canaries, done.text) == []
    assert done.left == ()


def test_neither_a_certification_folder_nor_messages_about_it_contain_a_key(
    factory: Factory, canaries: list[Canary], tmp_path: Path
) -> None:
    """Signed by the key of a device, which stands beside those of the canary."""
    out, signer = tmp_path / "out", factory / DEVICES / "device-0001.key.pem"
    given = ["--keystore", factory.keystore, "--devices", factory / DEVICES, "--sign-key", signer, "--out", out]
    done = run(*SUITE, "certify", *given, cwd=elsewhere(factory))
    assert done.code == 1
    report = out / "report.json"
    told = [run(*SUITE, "verify-statement", out, "--artefacts", factory.folder, cwd=elsewhere(factory))]
    told += [run(*SUITE, "diff", report, report, f"--format={form}", cwd=elsewhere(factory)) for form in ("text", "md")]
    assert ": intact; the run was NON-CONFORMANT\n" in told[0].out
    assert "STILL FAILING" in told[1].out
    assert [(path.name, found) for path in out.iterdir() if (found := traces(canaries, path.read_bytes()))] == []
    assert traces(canaries, "".join(one.text for one in (done, *told))) == []


def test_an_invalid_signing_key_is_refused_without_showing_it(factory: Factory, canaries: list[Canary]) -> None:
    key = (factory / KEY).read_bytes()
    broken = factory.folder.parent / "broken.pem"
    for content in (key, key[:-40], key.replace(b"BEGIN EC", b"BEGIN RSA"), key * 2, b"\n".join(key.splitlines()[1:])):
        broken.write_bytes(content)
        given = ["--keystore", factory.keystore, "--sign-key", broken, "--out", factory.folder.parent / "none"]
        done = run(*SUITE, "certify", *given, cwd=elsewhere(factory))
        assert done.code == 4
        assert traces(canaries, done.text) == []


def test_a_read_only_keystore_is_unchanged_by_every_command(factory: Factory) -> None:
    """Modes count for root too here, and the times of change tell of what was written and taken back."""
    before = picture(factory.keystore)
    for path in (factory.keystore, *factory.keystore.iterdir()):
        path.chmod(0o500 if path.is_dir() else 0o400)
    read_only = picture(factory.keystore)
    try:
        for line in (
            [*PYTEST, f"--fcu-keystore={factory.keystore}", f"--fcu-devices={factory / DEVICES}", "--fcu-handshake"],
            [*SUITE, "lot", "--keystore", factory.keystore, "--workers", "2", factory / DEVICES],
            [*SUITE, "certify", "--keystore", factory.keystore, "--out", factory.folder.parent / "handed-in"],
            [*SUITE, "fix", "--keystore", factory.keystore, "--out", factory.folder.parent / "fixed"],
        ):
            done = run(*line, cwd=elsewhere(factory), humble=True)
            assert done.code in (0, 1), done.text
            assert picture(factory.keystore) == read_only
    finally:
        for name, (mode, *_) in before.items():
            assert isinstance(mode, int)
            Path(name).chmod(stat.S_IMODE(mode))


def test_a_repaired_copy_has_the_key_in_its_own_file_alone(
    factory: Factory, canaries: list[Canary], tmp_path: Path
) -> None:
    given = ["--keystore", factory.keystore, "--portal-upload", factory / UPLOAD, "--out", tmp_path / "copy"]
    done = run(*SUITE, "fix", *given, "--validators=none", cwd=elsewhere(factory))
    assert "changed: fcu_private_key.pem: mode 0600" in done.out
    assert traces(canaries, done.text) == []
    copied = {path.name: path.read_bytes() for path in (tmp_path / "copy").iterdir()}
    assert {"fcu_private_key.pem", "fcu.crt", "upload.pem"} <= set(copied)
    assert not {"old.bak", "note.txt"} & set(copied)
    assert [name for name, data in copied.items() if traces(canaries, data)] == ["fcu_private_key.pem"]


@pytest.mark.parametrize("command", ["upload", "slice"])
def test_no_command_shows_a_key(command: str, factory: Factory, canaries: list[Canary]) -> None:
    device = [factory / DEVICES / "device-0001.pem"] if command == "slice" else []
    done = run(*SUITE, command, "--keystore", factory.keystore, *device, cwd=elsewhere(factory))
    assert "CERTIFICATE" in done.out or "fits" in done.out
    assert traces(canaries, done.text) == []


BREAKING = """\
import pytest

def breaks(*arguments, **keywords):
    text = open({key!r}, "rb").read()
    number, listed = int.from_bytes(text, "big"), list(text)
    raise RuntimeError(text, number, listed)

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    import {module}
    patch = pytest.MonkeyPatch()
    patch.setattr("{target}", breaks)
"""

LAYERS = {
    "a reader": "fcu_conform.artefacts.keystore_files.parse_private_key",
    "a key": "fcu_conform.artefacts.keystore.KeyFile",
    "a device's key": "fcu_conform.artefacts.device_key.read_private_key",
    "a rule": "fcu_conform.rules.keystore.private_key.published_key",
    "the engine": "fcu_conform.engine.lot.device_run.judge_devices",
    "a report": "fcu_conform.interfaces.reports.writers.json_report.document",
    "the transport": "fcu_conform.engine.serialization.dump_result",
    "the terminal": "fcu_conform.interfaces.pytest_plugin.terminal.summary",
}


@pytest.mark.parametrize("target", [*LAYERS.values()], ids=[*LAYERS])
@pytest.mark.parametrize("style", ["long", "native"])
def test_a_crash_while_a_key_is_in_use_does_not_show_it(
    target: str, style: str, factory: Factory, canaries: list[Canary], tmp_path: Path
) -> None:
    module = target.rpartition(".")[0]
    while module and not (Path(__file__).parents[2] / f"{module.replace('.', '/')}.py").exists():
        module = module.rpartition(".")[0]
    text = BREAKING.format(key=str(factory / KEY), module=module, target=target)
    (tmp_path / "breaking.py").write_text(text)
    done = judge(
        factory,
        "-p",
        "breaking",
        f"--tb={style}",
        "--showlocals",
        "-vv",
        f"--fcu-report={tmp_path / 'report.json'}",
        environment={"PYTHONPATH": str(tmp_path)},
    )
    assert done.code in (1, 3), done.text
    of_one_file = target == LAYERS["a device's key"]  # which is as far as a fault of its reader goes
    assert ("cannot be read (RuntimeError)" if of_one_file else "internal fault: RuntimeError") in done.text
    assert traces(canaries, done.text) == []


def test_no_representation_shows_a_key(factory: Factory, canaries: list[Canary]) -> None:
    setups = read_setups([factory.keystore], devices=[factory / DEVICES], portal_uploads=[factory / UPLOAD])
    devices = list(setups[0].devices or ())
    report = check(factory.keystore, devices=factory / DEVICES, portal_upload=factory / UPLOAD, validators="none")
    held = [*setups, setups[0].keystore.key_file, setups[0].keystore.key_file.key, *devices, report, *report.results]
    held += [device.key for device in devices] + [device.bundle for device in devices]
    assert sum(isinstance(thing, Bundle) for thing in held) == 1
    shown = "\n".join(text for thing in held for text in (*explore(thing), str(thing), f"{thing}"))
    assert "Setup" in shown
    assert traces(canaries, shown) == []


def test_an_object_with_a_key_cannot_be_pickled_or_copied(factory: Factory) -> None:
    (setup,) = read_setups([factory.keystore])
    key = setup.keystore.key_file.key
    assert isinstance(key, PrivateKey)
    for held in (key, key.scalar):
        with pytest.raises(TypeError, match="a secret is not copied or pickled"):
            pickle.dumps(held)
        with pytest.raises(TypeError, match="a secret is not copied or pickled"):
            copy.deepcopy(held)
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(key.scalar)
    assert not hasattr(key.scalar, "__dict__")


def test_a_planted_secret_is_found_in_every_encoding() -> None:
    """The tests above would find nothing if this broke."""
    import base64

    secret = bytes(range(3, 250, 8))[:32]
    canary = Canary(secret)
    disguises: dict[str, str | bytes] = {
        "raw": b"x" + secret + b"y",
        "raw, reversed": secret[::-1],
        "hex": f"key {secret.hex(':')}",
        "hex in capitals": secret.hex().upper(),
        "decimal": f"n = {int.from_bytes(secret, 'big')}",
        "list of numbers": str(list(secret)),
        "escaped": repr(secret),
        "latin-1 as UTF-8": secret.decode("latin-1"),
    }
    for form, text in disguises.items():
        assert form in canary.traces(text), form
    for before in (b"", b"a", b"ab", b"abc"):
        text = base64.encodebytes(before + secret + b"behind").decode()
        assert "base64" in canary.traces(text)
        assert canary.traces(text.replace("\n", "\r\n  "))
    assert "hex" in canary.traces(secret.hex()[8:40])
    assert canary.traces("nothing of the kind, 00000000 and ffffffff") == []


def listing(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()


WATCHED = """\
import os, sys, tempfile
opened = []
sys.addaudithook(lambda event, arguments: opened.append(arguments) if event == "open" else None)
from fcu_conform import check
check({keystore!r}, devices={devices!r}, portal_upload={upload!r}, validators="auto")
written = [str(a[0]) for a in opened if isinstance(a[2], int) and a[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)]
print("\\n".join(written))
"""


def test_the_suite_opens_only_certificates_for_tools_for_writing(factory: Factory, tmp_path: Path) -> None:
    script = WATCHED.format(
        keystore=str(factory.keystore), devices=str(factory / DEVICES), upload=str(factory / UPLOAD)
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    written = [line for line in done.stdout.splitlines() if line and not line.startswith("/dev/")]
    assert [name for name in written if not name.startswith(str(tmp_path)) and not name.isdigit()] == []
    assert list(listing(tmp_path)) == []

"""Between a run and its --resume the lot was changed, in every form that a lot may have: never is it called conformant.

Sizes and times stay as they were, as cp -p, rsync -t and tar leave them; nobody touches the journal.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fcu_conform.artefacts.device_output import device_set, folders
from fcu_conform.interfaces.console import main

from .factory import AT, Factory, ders, sec1

Files = dict[str, bytes]
Change = Callable[[Files], object]

COUNT = 12
WHEN = (1_700_000_000, 1_700_000_000)
CHANGED = "belongs to another lot, or the lot has changed since\n"


@pytest.fixture(scope="module")
def factory() -> Factory:
    return Factory(COUNT)


@pytest.fixture(scope="module")
def keystore(factory: Factory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return factory.write_keystore(tmp_path_factory.mktemp("line"))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four devices in a chunk, so that there is a first one and others."""
    for module in (device_set, folders):
        monkeypatch.setattr(module, "CHUNK", 4)


def lot(keystore: Path, journal: Path, devices: Path, *more: object) -> int:
    given = ["lot", "--keystore", keystore, "--at", AT, "--validators", "none", "--resume", journal, *more, devices]
    return main([str(one) for one in given])


def identity_of(factory: Factory, name: str) -> str:
    digest = hashlib.sha256(ders(factory.devices[name])[0]).hexdigest().upper()
    return "A-" + ":".join(digest[place : place + 2] for place in range(0, 64, 2))


def files_of(factory: Factory) -> Files:
    """A lot with a manifest that gives every other device an enrollment identity."""
    files = {f"{name}.pem": text.encode() for name, text in factory.devices.items()}
    rows = io.StringIO()
    table = csv.writer(rows)
    table.writerow(("endpoint_name", "file", "enrollment_id"))
    for number, name in enumerate(factory.devices):
        table.writerow((name, f"{name}.pem", identity_of(factory, name) if number % 2 else ""))
    files["devices.csv"] = rows.getvalue().encode()
    return files


def write_folder(path: Path, files: Files) -> None:
    path.mkdir(exist_ok=True)
    for old in path.iterdir():
        old.unlink()
    for name, data in files.items():
        (path / name).write_bytes(data)
        os.utime(path / name, WHEN)


def write_tar(path: Path, files: Files) -> None:
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    os.utime(path, WHEN)


def write_zip(path: Path, files: Files) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    os.utime(path, WHEN)


def rows_of(files: Files) -> list[dict[str, str]]:
    return [
        {
            "endpoint_name": row["endpoint_name"],
            "chain": files[row["file"]].decode(),
            "enrollment_id": row["enrollment_id"],
        }
        for row in csv.DictReader(io.StringIO(files["devices.csv"].decode()))
        if row["file"] in files
    ]


def write_lines(path: Path, files: Files) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows_of(files)))
    os.utime(path, WHEN)


WRITERS: dict[str, Callable[[Path, Files], None]] = {
    "lot": write_folder,
    "lot.csv": write_folder,
    "lot.tar": write_tar,
    "lot.zip": write_zip,
    "lot.jsonl": write_lines,
}


def another(factory: Factory, number: int) -> bytes:
    """Another certificate of a device, of the same length: with one bit of its signature turned."""
    text = factory.devices[f"lamp-{number:06}"]
    end = text.index("-----END")
    body = text[: end - 9] + ("A" if text[end - 9] != "A" else "B") + text[end - 8 :]
    return body.encode()


def changes(factory: Factory) -> dict[str, Change]:
    first, last = "lamp-000000", f"lamp-{COUNT - 1:06}"

    def in_table(old: str, new: str) -> Change:
        def change(files: Files) -> None:
            assert old.encode() in files["devices.csv"]
            files["devices.csv"] = files["devices.csv"].replace(old.encode(), new.encode())

        return change

    return {
        "first": lambda files: files.update({f"{first}.pem": another(factory, 0)}),
        "last": lambda files: files.update({f"{last}.pem": another(factory, COUNT - 1)}),
        "swapped": lambda files: files.update(
            {"lamp-000005.pem": files["lamp-000006.pem"], "lamp-000006.pem": files["lamp-000005.pem"]}
        ),
        "name": in_table("lamp-000007,", "bulb-000007,"),
        "identity": in_table(identity_of(factory, last), "A" + identity_of(factory, "lamp-000009")[1:]),
        "gone": lambda files: files.pop(f"{last}.pem"),
    }


@pytest.mark.parametrize("change", ["first", "last", "swapped", "name", "identity", "gone"])
@pytest.mark.parametrize("form", WRITERS)
def test_a_lot_that_was_changed_is_refused(
    form: str, change: str, factory: Factory, keystore: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal, path, files = tmp_path / "journal", tmp_path / form, files_of(factory)
    WRITERS[form](path, files)
    devices = path / "devices.csv" if form == "lot.csv" else path
    assert lot(keystore, journal, devices) == 0
    before = journal.read_bytes()
    assert before.count(b"\n") == (2 if form == "lot.jsonl" else 4)
    assert lot(keystore, journal, devices) == 0
    assert journal.read_bytes() == before
    capsys.readouterr()
    changes(factory)[change](files)
    WRITERS[form](path, files)
    assert lot(keystore, journal, devices) == 4
    assert capsys.readouterr().err == f"fcu-conform: journal {journal}: {CHANGED}"
    assert journal.read_bytes() == before


PARQUET = """
import json, os, sys
import pyarrow as pa
from pyarrow import parquet
from fcu_conform.artefacts.device_output import parquet as reader
from fcu_conform.interfaces.console import main
path, rows, arguments = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
reader.CHUNK = 4
codes = []
for some in rows:
    parquet.write_table(pa.table({name: [row[name] for row in some] for name in some[0]}), path)
    os.utime(path, (1, 1))
    codes.append(main(arguments))
print(codes)
"""


def test_a_parquet_file_that_was_changed_is_refused(factory: Factory, keystore: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path, journal = tmp_path / "lot.parquet", tmp_path / "journal"
    good = rows_of(files_of(factory))
    changed = []
    for name in ("first", "swapped", "name", "identity", "gone"):
        files = files_of(factory)
        changes(factory)[name](files)
        changed.append(rows_of(files))
    given = ["lot", "--keystore", keystore, "--at", AT, "--validators", "none", "--resume", journal, path]
    # In a process of its own: pyarrow starts threads that outlive it.
    line = [sys.executable, "-c", PARQUET, path, json.dumps([good, good, *changed, good]), *given]
    done = subprocess.run([*map(str, line)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[0, 0, 4, 4, 4, 4, 4, 0]"
    assert done.stderr == f"fcu-conform: journal {journal}: {CHANGED}" * 5


def write_with_keys(factory: Factory, folder: Path) -> None:
    """Some devices with their private keys, and one that is a link."""
    folder.mkdir()
    for number, (name, text) in enumerate(factory.devices.items()):
        (folder / "target" if number == 4 else folder / f"{name}.pem").write_text(text)
        (folder / f"{name}.key.pem").write_bytes(sec1(factory.device_keys[number]))
    (folder / "lamp-000004.pem").symlink_to("target")


@pytest.mark.parametrize("change", ["replaced", "gone", "of another device", "target"])
def test_a_key_or_the_target_of_a_link_that_was_replaced_is_noticed(
    change: str, factory: Factory, keystore: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, journal = tmp_path / "lot", tmp_path / "journal"
    write_with_keys(factory, folder)
    assert lot(keystore, journal, folder) == 0
    assert lot(keystore, journal, folder) == 0
    before = journal.read_bytes()
    capsys.readouterr()
    path = folder / ("target" if change == "target" else "lamp-000001.key.pem")
    status = path.stat()
    if change == "gone":
        path.unlink()
    else:
        of_other = sec1(factory.device_keys[2])
        path.write_bytes({"replaced": sec1(factory.keys[1]), "target": another(factory, 4)}.get(change, of_other))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert lot(keystore, journal, folder) == 4
    assert capsys.readouterr().err == f"fcu-conform: journal {journal}: {CHANGED}"
    assert journal.read_bytes() == before


def test_options_that_differ_do_not_share_a_journal(
    factory: Factory, keystore: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, journal, waivers = tmp_path / "lot", tmp_path / "journal", tmp_path / "waivers.toml"
    write_folder(folder, {**files_of(factory), "lamp-000003.pem": another(factory, 3)})
    text = '[[waiver]]\ncode = "DEV004"\nscope = "{}"\nreason = "r"\nowner = "o"\nexpires = 2026-12-31\n'
    waivers.write_text(text.format("lamp-000003.pem"))
    lot(keystore, journal, folder, "--waivers", waivers)
    before = journal.read_bytes()
    capsys.readouterr()
    assert lot(keystore, journal, folder) == 4
    waivers.write_text(text.format("lamp-000004.pem"))
    assert lot(keystore, journal, folder, "--waivers", waivers) == 4
    told = f"fcu-conform: journal {journal}: belongs to another lot, another keystore or other options\n"
    assert capsys.readouterr().err == told * 2
    assert journal.read_bytes() == before


OF_ANOTHER = "belongs to another lot, another keystore or other options\n"


def stopped(factory: Factory, keystore: Path, folder: Path, journal: Path) -> tuple[bytes, bytes]:
    """A lot of three chunks that was judged, and its journal: whole, and as it was after the second chunk."""
    write_folder(folder, {**files_of(factory), "lamp-000003.pem": another(factory, 3)})
    assert lot(keystore, journal, folder) == 1
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    assert len(lines) == 4
    journal.write_bytes(b"".join(lines[:3]))
    return whole, journal.read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        ("--at", "2026-11-24T00:00:00Z"),
        ("--mode", "lwm2m", "--config", "as-option.yml"),
        ("--chain-depth", "1", "--config", "as-option.yml"),
        ("--config", "depth-1.yml"),
        ("--validators", "cryptography"),
        ("--sample-seed", "5"),
        ("--keystore", "another"),
    ],
    ids=lambda options: options[0],
)
def test_a_run_with_another_option_that_affects_results_is_not_resumed(
    options: tuple[str, ...],
    factory: Factory,
    keystore: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    journal = tmp_path / "journal"
    (tmp_path / "as-option.yml").write_text("".join(OPTION_LINES[name] for name in OPTION_LINES if name not in options))
    (tmp_path / "depth-1.yml").write_text("use-bootstrap: true\ndevice-certificate-chain-depth: 1\n")
    Factory(1).write_keystore(tmp_path / "of-another").rename(tmp_path / "another")
    _, before = stopped(factory, keystore, tmp_path / "lot", journal)
    capsys.readouterr()
    assert lot(keystore, journal, tmp_path / "lot", *options) == 4
    assert capsys.readouterr().err == f"fcu-conform: journal {journal}: {OF_ANOTHER}"
    assert journal.read_bytes() == before


OPTION_LINES = {"--mode": "use-bootstrap: true\n", "--chain-depth": "device-certificate-chain-depth: 2\n"}


@pytest.mark.parametrize(
    "options",
    [
        ("--strict",),
        ("--report", "report.json", "--report", "report.html"),
        ("--report", "statement.intoto.json"),
        ("--portal-upload", "upload.pem"),
        ("--validator-sample", "3"),  # nobody is asked
        ("--workers", "2"),
    ],
    ids=lambda options: options[-1],
)
def test_a_run_with_another_option_that_affects_no_chunk_is_resumed(
    options: tuple[str, ...], factory: Factory, keystore: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    journal = tmp_path / "journal"
    (tmp_path / "upload.pem").write_bytes((keystore.parent / "upload.pem").read_bytes())
    whole, _ = stopped(factory, keystore, tmp_path / "lot", journal)
    assert lot(keystore, journal, tmp_path / "lot", *options, "--report", "all.json") == 1
    assert journal.read_bytes() == whole
    report = json.loads((tmp_path / "all.json").read_text())
    assert (report["devices"]["checked"], report["devices"]["offenders"]) == (COUNT, ["lamp-000003.pem"])


def test_a_journal_of_1_0_is_refused_in_one_line(
    factory: Factory, keystore: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folder(tmp_path / "lot", files_of(factory))
    journal = tmp_path / "journal"
    journal.write_bytes(b'{"journal":1,"at":"2026-11-23T00:00:00Z","of":"5b"}\n')
    assert lot(keystore, journal, tmp_path / "lot") == 4
    told = capsys.readouterr()
    assert told.err == f"fcu-conform: journal {journal}: was begun by another version of fcu-conform; begin a new one\n"
    assert told.out == ""

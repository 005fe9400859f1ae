"""The digest of device output covers exactly the bytes that were read, or there is no digest."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fcu_conform.artefacts.bounded_io.digests import digest_of_output
from fcu_conform.artefacts.device_output import witness as module
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.device_output.witness import FileWitness
from fcu_conform.artefacts.usage import UsageError

NAMES = ("a.pem", "b.pem", "c/d.pem", "c/d.key.pem", "notes.txt")


def fill(folder: Path) -> Path:
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode() * 20)
    return folder


def as_folder(folder: Path) -> Path:
    return fill(folder / "out")


def as_manifest(folder: Path) -> Path:
    path = fill(folder / "out") / "lot.csv"
    path.write_text("endpoint_name,file\nd,c/d.key.pem\nb,b.pem\nmissing,e.pem\n")
    return path


def as_tar(folder: Path) -> Path:
    path = folder / "out.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(fill(folder / "packed"), ".")
    return path


def as_zip(folder: Path) -> Path:
    path = folder / "out.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in NAMES:
            archive.writestr(name, os.urandom(100_000))
    return path


def as_lines(folder: Path) -> Path:
    path = folder / "out.jsonl"
    path.write_text("".join(json.dumps({"chain": f"{number}" * 100}) + "\n" for number in range(2000)))
    return path


def as_packed_lines(folder: Path) -> Path:
    path = folder / "out.jsonl.gz"
    path.write_bytes(gzip.compress(as_lines(folder).read_bytes()))
    return path


def as_parquet(folder: Path) -> Path:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = folder / "out.parquet"
    parquet.write_table(pa.table({"chain": [f"{number}" * 100 for number in range(50)]}), path)
    return path


def as_file(folder: Path) -> Path:
    return fill(folder / "out") / "a.pem"


FORMS = [as_folder, as_manifest, as_tar, as_zip, as_lines, as_packed_lines, as_parquet, as_file]


def go_through(devices: DeviceSet) -> list[tuple[str, bytes, tuple[str, ...]]]:
    return [(file.name, file.data, file.troubles) for chunk in devices.chunks() for file in chunk.files()]


@pytest.mark.parametrize("form", FORMS)
def test_an_unchanged_output_has_the_digest_of_what_was_read(form: Callable[[Path], Path], tmp_path: Path) -> None:
    path = form(tmp_path)
    devices = DeviceSet((path,)).witnessed()
    assert devices.digests() == [None]
    assert go_through(devices) == go_through(DeviceSet((path,)))
    assert devices.digests() == [digest_of_output(path)]
    go_through(devices)
    assert devices.digests() == [digest_of_output(path)]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_was_replaced_after_reading_has_no_digest(form: Callable[[Path], Path], tmp_path: Path) -> None:
    path = form(tmp_path)
    devices = DeviceSet((path,)).witnessed()
    go_through(devices)
    changed = path / "c" / "d.pem" if path.is_dir() else path.parent / "b.pem" if path.suffix == ".csv" else path
    data, status = changed.read_bytes(), changed.stat()
    changed.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    os.utime(changed, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(UsageError, match=rf"^{changed}: changed while it was judged$"):
        devices.digests()


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_was_replaced_and_restored_has_no_digest(form: Callable[[Path], Path], tmp_path: Path) -> None:
    path = form(tmp_path)
    changed = path / "c" / "d.pem" if path.is_dir() else path.parent / "b.pem" if path.suffix == ".csv" else path
    data = changed.read_bytes()
    changed.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    devices = DeviceSet((path,)).witnessed()
    go_through(devices)
    changed.write_bytes(data)
    with pytest.raises(UsageError, match="changed while it was judged"):
        devices.digests()


def test_a_device_that_was_missing_during_the_run_is_noticed(tmp_path: Path) -> None:
    folder = fill(tmp_path)
    (folder / "b.pem").rename(folder / "b.away")
    devices = DeviceSet((folder,)).witnessed()
    go_through(devices)
    (folder / "b.away").rename(folder / "b.pem")
    with pytest.raises(UsageError, match=r"b\.pem: changed while"):
        devices.digests()


def test_a_removed_and_an_added_device_are_noticed(tmp_path: Path) -> None:
    folder = fill(tmp_path)
    devices = DeviceSet((folder,)).witnessed()
    go_through(devices)
    (folder / "e.pem").write_bytes(b"new")
    with pytest.raises(UsageError, match=r"e\.pem: changed while"):
        devices.digests()
    (folder / "e.pem").unlink()
    (folder / "a.pem").unlink()
    with pytest.raises(UsageError, match=r"a\.pem: changed while"):
        devices.digests()


def test_a_manifest_that_was_exchanged_during_the_run_is_noticed(tmp_path: Path) -> None:
    folder = fill(tmp_path)
    manifest = folder / "devices.csv"
    manifest.write_text("endpoint_name,file\nx,a.pem\n")
    devices = DeviceSet((folder,)).witnessed()
    go_through(devices)
    manifest.write_text("endpoint_name,file\ny,a.pem\n")
    with pytest.raises(UsageError, match=r"devices\.csv: changed while"):
        devices.digests()
    manifest.unlink()
    with pytest.raises(UsageError, match=r"devices\.csv: changed while"):
        devices.digests()


def test_a_difference_at_the_second_reading_is_noticed_even_if_it_is_undone(tmp_path: Path) -> None:
    folder = fill(tmp_path)
    devices = DeviceSet((folder,)).witnessed()
    go_through(devices)
    (folder / "b.pem").rename(folder / "b.away")
    go_through(devices)
    (folder / "b.away").rename(folder / "b.pem")
    with pytest.raises(UsageError, match="changed while"):
        devices.digests()


def test_a_folder_that_became_an_archive_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "out.zip").mkdir()
    (tmp_path / "out.zip" / "a.pem").write_bytes(b"1")
    devices = DeviceSet((tmp_path / "out.zip",)).witnessed()
    go_through(devices)
    (tmp_path / "out.zip").rename(tmp_path / "away")
    as_zip(tmp_path)
    with pytest.raises(UsageError, match="changed while"):
        devices.digests()


def test_a_file_that_stays_unreadable_is_not_a_change(tmp_path: Path) -> None:
    folder = fill(tmp_path)
    (folder / "loop.pem").symlink_to("loop.pem")
    os.mkfifo(folder / "fifo.pem")
    devices = DeviceSet((folder,)).witnessed()
    go_through(devices)
    assert devices.digests() == [digest_of_output(folder)]
    (folder / "fifo.pem").unlink()
    assert devices.digests() == [digest_of_output(folder)]
    (folder / "loop.pem").unlink()
    (folder / "loop.pem").write_bytes(b"now it can")
    with pytest.raises(UsageError, match=r"loop\.pem: changed while"):
        devices.digests()


def test_a_watched_file_reads_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 8)
    data = bytes(range(45))
    (tmp_path / "x").write_bytes(data)
    witness = FileWitness()
    with witness.open(tmp_path / "x") as file, io.BytesIO(data) as other:
        for offset, whence, count in [(3, 0, 7), (0, 1, 1), (16, 0, 8), (-4, 2, 9), (44, 0, 5), (60, 0, 1), (5, 0, -1)]:
            assert (file.seek(offset, whence), file.read(count)) == (other.seek(offset, whence), other.read(count))
    assert witness.digest(tmp_path / "x") == hashlib.sha256(data).hexdigest()


def test_a_file_that_has_grown_has_no_digest(tmp_path: Path) -> None:
    path = as_lines(tmp_path)
    devices = DeviceSet((path,)).witnessed()
    go_through(devices)
    with path.open("a") as file:
        file.write("{}\n")
    with pytest.raises(UsageError, match="changed while"):
        devices.digests()

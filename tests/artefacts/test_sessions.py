"""Messages of one session in device output: which bundle continues which, wherever chunks end."""

from __future__ import annotations

import zipfile
from hashlib import sha256
from pathlib import Path

import cbor2
import pytest

from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.device_output import device_set, folders
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.device_output.folders import FolderChunk, folder_chunks
from fcu_conform.artefacts.device_output.manifest import Manifest

ASKING = {"SchemeVersion": "0.0.1", "SID": "7f3a", "Verify": 0, "KpAlvSess": 1, "CsrReqs": [{"PrKN": "acme.key"}]}
ANSWERED = {"SchemeVersion": "0.0.1", "SID": "7f3a"}
OTHER = {**ANSWERED, "SID": "7f3b"}

FILES = {
    "a.pem": b"x",
    "b-1.cbor": cbor2.dumps(ASKING),
    "b-2.cbor": cbor2.dumps(ANSWERED),
    "c-1.cbor": cbor2.dumps({**ASKING, "SID": "7f3c"}),
    "c-2.cbor": cbor2.dumps(OTHER),
    "d-1.cbor": cbor2.dumps(ASKING),
    "e/d-2.cbor": cbor2.dumps(ANSWERED),
}


def write(root: Path) -> Path:
    for name, data in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def pack(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for name in FILES:
            archive.write(folder / name, name)
    return path


def continued(files: list[DeviceFile]) -> dict[str, str]:
    """The bundles that continue another, each with that one."""
    names = {sha256(data).digest(): name for name, data in reversed(FILES.items())}
    return {file.name: names[file.before.digest] for file in files if file.before is not None}


@pytest.mark.parametrize("size", range(1, 8))
@pytest.mark.parametrize("form", ["folder", "witnessed", "archive"])
def test_a_session_continues_across_chunks(
    form: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (device_set, folders):
        monkeypatch.setattr(module, "CHUNK", size)
    path = write(tmp_path / "out")
    devices = DeviceSet((pack(path) if form == "archive" else path,))
    if form == "witnessed":
        devices = devices.witnessed()
    for _ in range(2):
        files = [file for chunk in devices.chunks() for file in chunk.files()]
        assert [file.name for file in files] == list(FILES)
        assert continued(files) == {"b-2.cbor": "b-1.cbor"}
        assert files[2].read().bundle.before.asks  # type: ignore[union-attr]


def test_only_possible_bundles_are_read_ahead_of_the_next_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "CHUNK", 1)
    found = list(folder_chunks(write(tmp_path / "out"), Manifest("", {})))
    assert [chunk.groups[0].preceding for chunk in found] == [
        "",
        "",
        "b-1.cbor",
        "b-2.cbor",
        "c-1.cbor",
        "c-2.cbor",
        "",
    ]
    (tmp_path / "out" / "b-1.cbor").unlink()
    assert [file.name for file in found[2].files()] == ["b-2.cbor"]
    assert continued(list(found[2].files())) == {}


@pytest.mark.parametrize(("at_first", "later"), [(ASKING, OTHER), (OTHER, ASKING)], ids=["gone", "come"])
def test_a_statement_covers_the_judged_message_and_not_a_later_replacement(
    at_first: dict[str, object], later: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "CHUNK", 2)
    path = write(tmp_path / "out")
    (path / "b-1.cbor").write_bytes(cbor2.dumps(at_first))
    chunks = DeviceSet((path,)).witnessed().chunks()
    assert [file.name for file in next(chunks).files()] == ["a.pem", "b-1.cbor"]
    (path / "b-1.cbor").write_bytes(cbor2.dumps(later))
    (first, _) = next(chunks).files()
    assert first.name == "b-2.cbor"
    assert (first.before is not None) is (at_first is ASKING)


def test_a_chunk_can_be_read_any_number_of_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "CHUNK", 2)
    chunk = list(folder_chunks(write(tmp_path / "out"), Manifest("", {})))[1]
    assert isinstance(chunk, FolderChunk)
    assert [continued(list(chunk.files())) for _ in range(2)] == [{"b-2.cbor": "b-1.cbor"}] * 2

"""Device output in a folder tree: what is listed, in which chunks, with which keys and rows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from artefacts.makers import key_pem, make_key
from fcu_conform.artefacts.device import DeviceFile, Remark
from fcu_conform.artefacts.device_output import folders
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.device_output.folders import FolderChunk, folder_chunks
from fcu_conform.artefacts.device_output.manifest import Manifest, Row

NOTHING = Manifest("devices.csv", {})


def write(root: Path, *names: str, data: bytes = b"x") -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def row(file: str, key: str | None = None) -> Row:
    return Row(2, "lamp", file, None, key)


def listed(root: Path, manifest: Manifest = NOTHING, *, listed_only: bool = False) -> list[FolderChunk]:
    return list(folder_chunks(root, manifest, listed_only=listed_only))


def files(root: Path) -> list[DeviceFile]:
    return [file for chunk in DeviceSet((root,)).chunks() for file in chunk.files()]


def test_folders_are_walked_depth_first_in_order_of_names(tmp_path: Path) -> None:
    write(tmp_path, "b.pem", "a.pem", "z/q.pem", "m/n/o.pem", "m/p.pem", "m/b/c.pem", "notes.txt")
    (chunk,) = listed(tmp_path)
    assert list(chunk.names()) == ["a.pem", "b.pem", "m/p.pem", "m/b/c.pem", "m/n/o.pem", "z/q.pem"]
    assert [file.name for file in chunk.files()] == list(chunk.names())
    assert [file.data for file in chunk.files()] == [b"x"] * 6


@pytest.mark.parametrize(
    ("count", "sizes"), [(1, [1]), (2, [2]), (3, [3]), (4, [4]), (5, [4, 1]), (8, [4, 4]), (9, [4, 4, 1])]
)
def test_a_folder_is_cut_into_chunks(
    count: int, sizes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "CHUNK", 4)
    write(tmp_path, *(f"{number}.pem" for number in range(count)), "stray.key")
    found = listed(tmp_path)
    assert [len(list(chunk.names())) for chunk in found] == sizes
    assert [name for chunk in found for name in chunk.names()] == [f"{number}.pem" for number in range(count)]
    assert [group.strays for chunk in found for group in chunk.groups][-1] == ("stray.key",)
    assert [group.strays for chunk in found for group in chunk.groups][:-1] == [()] * (len(sizes) - 1)


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (2, [2]), (3, [2, 1]), (4, [2, 2])])
def test_small_folders_share_a_chunk_and_each_adds_one_to_its_size(
    count: int, sizes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "CHUNK", 4)
    write(tmp_path, *(f"{number}/a.pem" for number in range(count)))
    assert [len(chunk.groups) for chunk in listed(tmp_path)] == sizes
    monkeypatch.setattr(folders, "CHUNK", 3)
    assert [len(chunk.groups) for chunk in listed(tmp_path)] == sizes


def test_a_folder_has_five_hundred_devices_to_a_chunk(tmp_path: Path) -> None:
    write(tmp_path, *(f"{number:03}.pem" for number in range(501)))
    assert [len(list(chunk.names())) for chunk in listed(tmp_path)] == [500, 1]


def test_keys_are_read_with_their_devices_and_other_keys_are_strays(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.pem",
        "a.key.pem",
        "b.pem",
        "b.key",
        "c.key",
        "d/cert.pem",
        "d/key.pem",
        data=key_pem(make_key("a")),
    )
    (chunk,) = listed(tmp_path)
    assert [group.keys for group in chunk.groups] == [
        {"a.pem": "a.key.pem", "b.pem": "b.key"},
        {"d/cert.pem": "d/key.pem"},
    ]
    assert [group.strays for group in chunk.groups] == [("c.key",), ()]
    found = {file.name: file for file in chunk.files()}
    assert {name: file.key.name if file.key else None for name, file in found.items()} == {
        "a.pem": "a.key.pem",
        "b.pem": "b.key",
        "c.key": "c.key",
        "d/cert.pem": "d/key.pem",
    }
    assert found["c.key"].kind is None


def test_a_folder_with_only_a_stray_key_is_reported(tmp_path: Path) -> None:
    write(tmp_path, "x/y.key", data=key_pem(make_key("a")))
    (chunk,) = listed(tmp_path)
    assert [(group.below, group.names, group.strays) for group in chunk.groups] == [("x", (), ("y.key",))]
    assert [(file.name, file.key.name if file.key else "") for file in chunk.files()] == [("x/y.key", "x/y.key")]


def test_manifest_rows_name_device_files_and_their_keys(tmp_path: Path) -> None:
    write(tmp_path, "devices.csv", "a.bin", "b.pem", "k.pem", "a.key", "x/c.pem", "x/k")
    rows = {name: row(name, key) for name, key in (("a.bin", "k.pem"), ("x/c.pem", "x/k"), ("gone.pem", None))}
    for listed_only, names in ((False, ["a.bin", "b.pem", "x/c.pem"]), (True, ["a.bin", "x/c.pem"])):
        (chunk,) = listed(tmp_path, Manifest("devices.csv", rows), listed_only=listed_only)
        assert list(chunk.names()) == names
        assert [group.keys for group in chunk.groups] == [{"a.bin": "k.pem"}, {"x/c.pem": "x/k"}]
        assert [sorted(group.rows) for group in chunk.groups] == [["a.bin"], ["x/c.pem"]]
        assert [group.strays for group in chunk.groups] == [("a.key",), ()]


def test_a_manifest_is_not_a_device_even_with_the_name_of_one(tmp_path: Path) -> None:
    write(tmp_path, "list.pem", "a.pem")
    manifest = Manifest("list.pem", {"a.pem": row("a.pem")})
    assert [list(chunk.names()) for chunk in listed(tmp_path, manifest)] == [["a.pem"]]
    assert [list(chunk.names()) for chunk in listed(tmp_path, Manifest("list.pem", {}))] == [["a.pem", "list.pem"]]
    assert listed(tmp_path, Manifest("list.pem", {}), listed_only=True) == []


def test_rows_and_keys_are_in_the_same_chunk_as_their_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "CHUNK", 1)
    write(tmp_path, "x/a.pem", "x/a.key", "x/b.pem", "x/b.key")
    first, second = listed(tmp_path, Manifest("devices.csv", {"x/a.pem": row("x/a.pem")}))
    assert [group.keys for group in (*first.groups, *second.groups)] == [{"x/a.pem": "x/a.key"}, {"x/b.pem": "x/b.key"}]
    assert [list(group.rows) for group in (*first.groups, *second.groups)] == [["x/a.pem"], []]


def test_links_to_folders_are_not_followed_and_unreadable_folders_are_reported(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    write(other, "a.pem")
    write(root, "b.pem")
    (root / "link").symlink_to(other)
    assert [list(chunk.names()) for chunk in listed(root)] == [["b.pem"]]
    (chunk,) = listed(tmp_path / "gone")
    assert [(file.name, file.troubles) for file in chunk.files()] == [
        ("gone", ("cannot be listed: no such file or directory",))
    ]


def test_files_that_vanish_after_the_listing_are_reported(tmp_path: Path) -> None:
    write(tmp_path, "x/a.pem", "x/b.pem", "x/b.key", "c.pem")
    (chunk,) = listed(tmp_path)
    (tmp_path / "x/a.pem").unlink()
    (tmp_path / "x/b.key").unlink()
    found = {file.name: file for file in chunk.files()}
    assert found["x/a.pem"].troubles == ("disappeared after the folder was listed",)
    assert found["x/b.pem"].troubles == ()
    assert found["x/b.pem"].key is not None
    assert found["x/b.pem"].key.trouble == "is missing"
    (tmp_path / "x/b.pem").unlink()
    (tmp_path / "x").rmdir()
    assert [file.troubles for file in chunk.files() if file.name.startswith("x")] == [
        ("disappeared after the folder was listed",)
    ] * 2


def test_empty_large_and_special_files_are_read_on_the_careful_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "DEVICE_FILE", 3)
    write(tmp_path, "a.pem", data=b"")
    write(tmp_path, "b.pem", data=b"123")
    write(tmp_path, "c.pem", data=b"1234")
    (tmp_path / "d.pem").symlink_to("b.pem")
    (tmp_path / "e.pem").symlink_to("gone")
    os.mkfifo(tmp_path / "f.pem")
    (chunk,) = listed(tmp_path)
    assert [(file.data, file.troubles) for file in chunk.files()] == [
        (b"", ()),
        (b"123", ()),
        (b"", ("has more than 3 bytes",)),
        (b"123", ()),
        (b"", ("is a broken link",)),
        (b"", ("is a FIFO",)),
    ]


def remarks(path: Path) -> list[tuple[str, Remark]]:
    return [(file.name, file.remark) for file in files(path) if file.remark is not None]


def test_files_that_are_not_read_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, "a.pem", "a.key.pem", "a.pem.bak", "b/c.txt", "b/d", "b/e.der", ".DS_Store", "b/._e.der", "devices.csv")
    (out / "devices.csv").write_text("endpoint_name,file,key_file\na,a.pem,\nx,b/d,b/k\n")
    write(out, "b/k")
    assert remarks(out) == [("out", Remark(passed_over=("a.pem.bak", "b/c.txt"), count=2))]
    assert remarks(out / "devices.csv") == []  # which says by itself what belongs to the output
    write(out, *(f"{number}.p7b" for number in range(20)))
    ((_, remark),) = remarks(out)
    assert (remark.count, len(remark.passed_over)) == (22, 10)


def test_a_folder_of_unrelated_files_has_no_devices(tmp_path: Path) -> None:
    write(tmp_path / "out", "a.txt")
    first, second = files(tmp_path / "out")
    assert first.troubles[0].startswith("has no device in it")
    assert second.remark == Remark(passed_over=("a.txt",), count=1)


def test_each_device_of_a_folder_is_yielded_once(tmp_path: Path) -> None:
    write(tmp_path, "a.pem", "b/c.pem")
    assert [file.name for file in files(tmp_path)] == ["a.pem", "b/c.pem"]
    empty = tmp_path / "empty"
    empty.mkdir()
    (told,) = files(empty)
    assert told.name == "empty"
    assert told.troubles[0].startswith("has no device in it (no .pem, .crt")
    assert DeviceSet((tmp_path,)).estimate() == 2
    assert DeviceSet((tmp_path, empty)).estimate() == 2
    assert (bool(DeviceSet()), bool(DeviceSet((tmp_path,)))) == (False, True)

"""Archives and folders: which members are read, in which order, and what is refused at which limit."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from fcu_conform.artefacts.bounded_io import archives
from fcu_conform.artefacts.bounded_io.archives import BoundedStream, is_archive, open_regular, unpacked_limit, walk
from fcu_conform.artefacts.bounded_io.reading import FileBytes, Trouble
from fcu_conform.artefacts.device import Remark
from fcu_conform.artefacts.device_output.device_set import DeviceSet

Members = Iterable[tuple[str, bytes]]


def everything(_name: str) -> bool:
    return True


def make_tar(path: Path, members: Members, *, packed: bool = False) -> Path:
    with tarfile.open(path, "w:gz" if packed else "w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def make_zip(path: Path, members: Members) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def told(files: Iterable[FileBytes]) -> list[tuple[str, bytes, str]]:
    return [(file.name, file.data, file.detail) for file in files]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("a.tar", True),
        ("a.tar.gz", True),
        ("a.TGZ", True),
        ("a.Zip", True),
        ("a.gz", False),
        ("a.pem", False),
        ("tar", False),
        ("a.tar.xz", False),
    ],
)
def test_archives_are_recognised_by_their_suffix(name: str, is_one: bool) -> None:
    assert is_archive(Path(name)) is is_one


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.tar", make_tar),
        ("a.tar.gz", lambda path, members: make_tar(path, members, packed=True)),
        ("a.tgz", lambda path, members: make_tar(path, members, packed=True)),
        ("a.tgz", make_tar),
        ("a.ZIP", make_zip),
    ],
)
def test_members_of_an_archive_are_read_in_order_and_only_if_selected(
    name: str, make: Callable[[Path, Members], Path], tmp_path: Path
) -> None:
    path = make(tmp_path / name, [("b", b"1"), ("x/a", b"22"), ("c.no", b"3"), ("", b"")][:3])
    assert told(walk(path, lambda member: not member.endswith(".no"))) == [("b", b"1", ""), ("x/a", b"22", "")]
    assert [file.trouble for file in walk(path, everything)] == [None] * 3


def test_a_single_file_yields_only_itself(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(b"x")
    assert told(walk(tmp_path / "a.pem", lambda _: False)) == [("a.pem", b"x", "")]


def test_a_folder_is_walked_depth_first(tmp_path: Path) -> None:
    for name in ("b", "a/d/e", "a/c", "z/y", "a.no"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "link").symlink_to("z")
    (tmp_path / "file-link").symlink_to("b")
    found = list(walk(tmp_path, lambda name: not name.endswith(".no")))
    assert [file.name for file in found] == ["b", "file-link", "link", "a/c", "a/d/e", "z/y"]
    assert [file.data for file in found] == [b"b", b"b", b"", b"a/c", b"a/d/e", b"z/y"]
    assert found[2].trouble is Trouble.NOT_REGULAR


def test_an_unreadable_folder_is_reported_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/x", "b/y"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"1")
    real = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "no")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert told(walk(tmp_path, everything)) == [("a", b"", "cannot be listed: permission denied"), ("b/y", b"1", "")]
    monkeypatch.setattr(os, "scandir", lambda _: (_ for _ in ()).throw(OSError()))
    ((name, _, detail),) = told(walk(tmp_path, everything))
    assert name == tmp_path.name
    assert detail.startswith("cannot be listed: ")


@pytest.mark.parametrize("make", [make_tar, make_zip])
@pytest.mark.parametrize(
    ("name", "refused"),
    [("/a", True), ("../a", True), ("x/../a", True), ("x/..", True), ("..a", False), ("x/a..", False), ("a", False)],
)
def test_member_names_that_leave_the_folder_are_refused(
    make: Callable[[Path, Members], Path], name: str, refused: bool, tmp_path: Path
) -> None:
    path = make(tmp_path / ("a.tar" if make is make_tar else "a.zip"), [(name, b"1"), ("z", b"2")])
    detail = "has a name that leads out of the archive" if refused else ""
    assert told(walk(path, everything)) == [(name, b"" if refused else b"1", detail), ("z", b"2", "")]


@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_a_member_of_exactly_the_limit_is_read_and_a_larger_one_is_refused(
    make: Callable[[Path, Members], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "DEVICE_FILE", 4)
    monkeypatch.setattr(archives, "MANIFEST_FILE", 6)
    members = [("a", b"1234"), ("b", b"12345"), ("devices.csv", b"123456"), ("x/devices.csv", b"1234567")]
    path = make(tmp_path / ("a.tar" if make is make_tar else "a.zip"), members)
    assert told(walk(path, everything)) == [
        ("a", b"1234", ""),
        ("b", b"", "has more than 4 bytes"),
        ("devices.csv", b"123456", ""),
        ("x/devices.csv", b"", "has more than 6 bytes"),
    ]


def test_special_members_of_a_tar_are_refused_and_folders_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (("folder", tarfile.DIRTYPE), ("link", tarfile.SYMTYPE), ("fifo", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type = kind
            archive.addfile(info)
        info = tarfile.TarInfo("./dot")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"1"))
    detail = "is not a regular file in the archive"
    assert told(walk(path, everything)) == [("link", b"", detail), ("fifo", b"", detail), ("dot", b"1", "")]


def test_special_members_of_a_zip_are_refused_and_folders_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in (("folder/", 0o040755), ("link", 0o120777), ("file", 0o100644), ("bare", 0o644), ("none", 0)):
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            info.external_attr = mode << 16
            archive.writestr(info, b"1" if not name.endswith("/") else b"")
    assert told(walk(path, everything)) == [
        ("link", b"", "is not a regular file in the archive"),
        ("file", b"1", ""),
        ("bare", b"1", ""),
        ("none", b"1", ""),
    ]


def test_encrypted_and_damaged_members_are_reported_and_the_others_are_read(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [("a", b"1" * 50), ("b", b"2" * 50)])
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    path.write_bytes(data)
    assert told(walk(path, everything)) == [("a", b"", "is encrypted"), ("b", b"2" * 50, "")]
    data[central + 8] &= 0xFE
    data[central + 16] ^= 1  # its checksum
    path.write_bytes(data)
    (name, empty, detail), other = told(walk(path, everything))
    assert (name, empty) == ("a", b"")
    assert detail.startswith("cannot be unpacked: Bad CRC-32")
    assert other == ("b", b"2" * 50, "")


def test_unpacking_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_zip(tmp_path / "a.zip", [("a", b"1" * 10), ("b", b"2" * 10), ("c", b"3")])
    far = "is a damaged archive: it expands far beyond its own size; the rest was not judged"
    for limit, names in ((21, ["a", "b", "c"]), (20, ["a", "b", "a.zip"]), (19, ["a", "a.zip"])):
        monkeypatch.setattr(archives, "unpacked_limit", lambda _, limit=limit: limit)
        found = told(walk(path, everything))
        assert [name for name, _, _ in found] == names
        assert found[-1][2] == ("" if limit == 21 else far)
    monkeypatch.setattr(archives, "DEVICE_FILE", 9)  # what is too large counts as its limit
    for limit, names in ((19, ["a", "b", "c"]), (18, ["a", "b", "a.zip"])):
        monkeypatch.setattr(archives, "unpacked_limit", lambda _, limit=limit: limit)
        assert [file.name for file in walk(path, everything)] == names


def test_the_unpacking_limit_is_a_fixed_minimum_or_a_multiple_of_the_packed_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "ARCHIVE_FLOOR", 100)
    monkeypatch.setattr(archives, "ARCHIVE_RATIO", 10)
    for size, limit in ((0, 100), (9, 100), (10, 100), (11, 110)):
        (tmp_path / "a").write_bytes(bytes(size))
        with (tmp_path / "a").open("rb") as file:
            assert unpacked_limit(file) == limit


def test_a_stream_returns_and_requests_no_more_bytes_than_its_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archives, "ARCHIVE_READ", 8)
    stream = BoundedStream(io.BytesIO(b"x" * 20), 10)
    assert stream.read(8) == b"x" * 8
    assert stream.read(0) == b""
    assert stream.read(2) == b"xx"
    for count in (9, -1):
        with pytest.raises(tarfile.ReadError, match="is too large"):
            stream.read(count)
    with pytest.raises(tarfile.ReadError, match="far beyond its own size"):
        stream.read(1)


def reading(path: Path) -> str:
    """What is wrong with an archive, without what stands round each of these sentences."""
    *_, (name, _, detail) = told(walk(path, everything))
    if name != path.name:
        return detail
    return detail.removeprefix("is a damaged archive: ").removesuffix("; the rest was not judged")


def test_a_tar_without_an_end_or_with_trailing_data_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_tar(tmp_path / "a.tar", [("a", b"1")])
    whole = path.read_bytes()
    assert len(whole) == tarfile.RECORDSIZE
    monkeypatch.setattr(archives, "ARCHIVE_TAIL", 20_000)
    behind = "data follow its end mark"
    for data, fault in (
        (whole, ""),
        (whole[:1024], "it is truncated: its end mark is missing"),
        (whole[:1500], "it is truncated, or a header is damaged (truncated header)"),
        (whole[:-1] + b"x", behind),
        (whole + bytes(10_000), ""),
        (whole + bytes(20_000), behind),
        (whole + bytes(100) + b"x", behind),
        (b"x" * 1024, "it is truncated, or a header is damaged (invalid header)"),
        (whole[:512] + whole[1024:], None),
    ):
        path.write_bytes(data)
        if fault is not None:
            assert reading(path) == fault
        (tmp_path / "b.tgz").write_bytes(gzip.compress(data))
        if fault is not None:
            assert reading(tmp_path / "b.tgz") == fault


def test_a_tar_of_empty_members_ends_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "ARCHIVE_HOLLOW", 3)
    hollow = "it has too many empty members"
    for sizes, fault in (
        ((0, 0, 0), ""),
        ((0, 0, 0, 0), hollow),
        ((1, 0, 0, 0, 0, 0, 0, 0), ""),
        ((1, 0, 0, 0, 0, 0, 0, 0, 0), hollow),
        ((0, 0, 0, 1, 0, 0, 0, 0), ""),
        ((0, 0, 0, 1, 0, 0, 0, 0, 0), hollow),
    ):
        path = make_tar(tmp_path / "a.tar", [(f"m{number}", bytes(size)) for number, size in enumerate(sizes)])
        assert reading(path) == fault, sizes


def test_reading_an_archive_in_tiny_or_huge_pieces_is_abandoned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "ARCHIVE_READ", 100)
    path = tmp_path / "a"
    path.write_bytes(bytes(4000))
    with archives._open(path, 2000, archives.open_regular) as file:
        assert len(file.read(100)) == 100
        for count in (101, 1000, -1, None):
            with pytest.raises(OSError, match="directory is too large"):
                file.read(count)
    with archives._open(path, 2000, archives.open_regular) as file:
        for _ in range(1002):
            file.read(1)
        with pytest.raises(OSError, match="too many empty members"):
            file.read(1)
    monkeypatch.setattr(archives, "ARCHIVE_READ", 5000)
    with archives._open(path, 4000, archives.open_regular) as file:
        for _ in range(1002):
            file.seek(0)
            assert len(file.read(1024)) == 1024
        for _ in range(1001):
            file.seek(0)
            file.read(1023)
        with pytest.raises(OSError, match="too many empty members"):
            file.read(0)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="it is a FIFO"):
        open_regular(tmp_path / "fifo")
    with pytest.raises(OSError, match="it is a folder"):
        open_regular(tmp_path)
    (tmp_path / "a").write_bytes(b"1")
    with open_regular(tmp_path / "a") as file:
        assert file.read() == b"1"
    for name in ("a.tar", "a.zip"):
        os.mkfifo(tmp_path / name)
        assert reading(tmp_path / name) == "it is a FIFO"


def test_a_library_message_is_reduced_to_one_short_line() -> None:
    assert archives._reason(ValueError("one\ntwo")) == "one"
    assert archives._reason(ValueError("x" * 201)) == "x" * 200
    assert archives._reason(ValueError()) == "ValueError"


def test_a_sparse_member_of_a_tar_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lot.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("devices.csv")
        info.pax_headers = {"GNU.sparse.size": "1000000", "GNU.sparse.map": "0,4", "GNU.sparse.numblocks": "1"}
        info.size = 4
        archive.addfile(info, io.BytesIO(b"name"))
    (file,) = walk(path, everything)
    assert (file.trouble, file.detail) == (Trouble.NOT_REGULAR, "is not a regular file in the archive")


def test_overlapping_members_of_a_zip_are_not_unpacked_repeatedly(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "lot.zip", [("a.pem", b"x" * 40), ("b.pem", b"y" * 40)])
    assert [file.name for file in walk(path, everything)] == ["a.pem", "b.pem"]
    data = path.read_bytes()
    second = data.rindex(b"PK\x01\x02")
    path.write_bytes(data[: second + 42] + bytes(4) + data[second + 46 :])  # b.pem begins where a.pem does
    (file,) = walk(path, everything)
    assert file.detail == "is a damaged archive: its members overlap; the rest was not judged"


def test_a_gzip_file_of_very_many_empty_streams_is_abandoned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "GZIP_HOLLOW", 1000)
    sound = make_tar(tmp_path / "sound.tar.gz", [("a.pem", os.urandom(50_000))], packed=True)
    hollow = tmp_path / "hollow.tar.gz"
    hollow.write_bytes(gzip.compress(b"", 1) * 60 + sound.read_bytes())
    monkeypatch.setattr(archives, "GZIP_HOLLOW", 100_000)
    assert [file.name for file in walk(hollow, everything)] == ["a.pem"]
    monkeypatch.setattr(archives, "GZIP_HOLLOW", 1000)
    (file,) = walk(hollow, everything)
    assert "it has too many empty members" in file.detail


def test_gzip_input_is_fed_in_small_pieces_and_less_while_output_is_pending() -> None:
    packed = archives._Packed(io.BytesIO(bytes(100_000)))
    assert [len(packed.read(count)) for count in (5, 8, 4, 100_000, 99_999, 2, 100_000)] == [5, 8, 1, 8192, 1, 1, 8192]
    assert len(packed.read()) == 8192
    assert archives._Packed(io.BytesIO(b"all of it")).read() == b"all of it"


def test_backslashes_in_member_names_from_windows_separate_folders(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [])
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("out\\", "out\\a.pem", "out\\..\\..\\b.pem", "C:\\c.pem", "\\d.pem"):
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, b"1")
    leads_out = "has a name that leads out of the archive"
    assert told(walk(path, lambda _: True)) == [
        ("out/a.pem", b"1", ""),
        ("out/../../b.pem", b"", leads_out),
        ("C:/c.pem", b"", leads_out),
        ("/d.pem", b"", leads_out),
    ]
    tar = make_tar(tmp_path / "a.tar", [("out\\a.pem", b"1")])
    assert told(walk(tar, lambda _: True)) == [("out\\a.pem", b"1", "")]  # a name that it may have elsewhere


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_duplicate_and_unread_members_of_an_archive_are_reported(
    make: Callable[[Path, Members], Path], tmp_path: Path
) -> None:
    twice = "is in the archive twice, and only one of them can count"
    manifest = b"endpoint_name,file\na,a.pem\n"
    members = [("devices.csv", manifest), ("a.pem", b"1"), ("a.key.pem", b"2"), ("note.txt", b"3"), ("a.key.pem", b"4")]
    path = make(tmp_path / ("a.tar" if make is make_tar else "a.zip"), members)
    found = [file for chunk in DeviceSet((path,)).chunks() for file in chunk.files()]
    assert [(file.name, file.key and file.key.trouble) for file in found] == [("a.pem", twice), (path.name, None)]
    assert found[-1].remark == Remark(passed_over=("note.txt",), count=1)
    make(path, [*members, ("devices.csv", manifest)])
    first, *_ = [file for chunk in DeviceSet((path,)).chunks() for file in chunk.files()]
    assert (first.name, first.troubles) == ("devices.csv", (twice,))

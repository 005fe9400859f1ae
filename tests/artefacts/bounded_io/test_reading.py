"""Files are read without trusting them: bounded, never blocking, never following a link out of the keystore."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fcu_conform.artefacts.bounded_io.reading import FileBytes, Trouble, read_file

NOBODY = 65534


def found(file: FileBytes) -> tuple[Trouble | None, str, bytes]:
    return file.trouble, file.detail, file.data


def test_a_regular_file_is_read_with_its_bytes_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    path.chmod(0o640)
    file = read_file(path, 10)
    assert found(file) == (None, "", b"abc")
    assert file.name == "file"
    assert file.mode == 0o100640
    assert file.exists
    assert not file.is_link
    assert read_file(path, 10, name="other").name == "other"


def test_a_file_of_exactly_the_limit_is_read_and_a_larger_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abcd")
    assert found(read_file(path, 4)) == (None, "", b"abcd")
    file = read_file(path, 3)
    assert found(file) == (Trouble.TOO_LARGE, "has more than 3 bytes", b"")
    assert file.exists


def test_an_endless_file_is_read_up_to_the_limit() -> None:
    assert read_file(Path("/dev/zero"), 10).trouble is Trouble.NOT_REGULAR


def test_a_file_larger_than_one_read_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(1 << 20) * 3)
    assert read_file(path, 4 << 20).data == path.read_bytes()


def test_a_missing_file_is_reported_as_missing(tmp_path: Path) -> None:
    file = read_file(tmp_path / "file", 10)
    assert found(file) == (Trouble.MISSING, "", b"")
    assert not file.exists


def test_a_folder_is_not_read_as_a_file(tmp_path: Path) -> None:
    assert found(read_file(tmp_path, 10)) == (Trouble.NOT_REGULAR, "is a folder", b"")


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert found(read_file(tmp_path / "fifo", 10)) == (Trouble.NOT_REGULAR, "is a FIFO", b"")


def test_a_socket_is_not_read_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the address of a socket may have 107 bytes only
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert found(read_file(tmp_path / "socket", 10)) == (Trouble.NOT_REGULAR, "is a socket or a device", b"")


def test_a_device_node_is_not_read_as_a_file() -> None:
    assert found(read_file(Path("/dev/null"), 10)) == (Trouble.NOT_REGULAR, "is a character device", b"")


def test_links_inside_the_folder_are_followed_and_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "one").symlink_to("file")
    (tmp_path / "two").symlink_to("one")
    file = read_file(tmp_path / "two", 10, within=tmp_path)
    assert found(file) == (None, "", b"abc")
    assert file.is_link


def test_a_link_out_of_the_folder_is_not_followed_but_one_without_a_folder_is(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"abc")
    (tmp_path / "inside").mkdir()
    link = tmp_path / "inside" / "link"
    link.symlink_to("../outside")
    file = read_file(link, 10, within=tmp_path / "inside")
    assert (file.trouble, file.data, file.is_link) == (Trouble.LINK_OUT, b"", True)
    assert str((tmp_path / "outside").resolve()) in file.detail
    assert found(read_file(link, 10)) == (None, "", b"abc")


def test_a_folder_whose_name_starts_like_the_judged_one_is_outside(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keystore").mkdir()
    (tmp_path / "keystore" / "file").write_bytes(b"abc")
    (tmp_path / "keys" / "link").symlink_to("../keystore/file")
    assert read_file(tmp_path / "keys" / "link", 10, within=tmp_path / "keys").trouble is Trouble.LINK_OUT


def test_files_of_a_folder_that_is_reached_by_a_link_are_inside_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_bytes(b"abc")
    (tmp_path / "real" / "link").symlink_to("file")
    (tmp_path / "alias").symlink_to("real")
    assert read_file(tmp_path / "alias" / "link", 10, within=tmp_path / "alias").data == b"abc"


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    assert found(read_file(tmp_path / "one", 10, within=tmp_path)) == (Trouble.LINK_LOOP, "is a loop of links", b"")


def test_a_dangling_link_is_missing_and_reported(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nothing")
    file = read_file(tmp_path / "link", 10, within=tmp_path)
    assert found(file) == (Trouble.MISSING, "is a broken link", b"")


def test_an_impossible_file_name_is_reported_and_raises_nothing(tmp_path: Path) -> None:
    file = read_file(tmp_path / ("x" * 300), 10)
    assert found(file) == (Trouble.UNREADABLE, "cannot be read: file name too long", b"")


def test_a_file_without_read_permission_is_denied(tmp_path: Path) -> None:
    """In a process of its own, because root may read everything."""
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "file").write_bytes(b"abc")
    (tmp_path / "file").chmod(0)
    (tmp_path / "closed").chmod(0)
    script = (
        "import os, sys; from pathlib import Path; from fcu_conform.artefacts.bounded_io.reading import read_file;"
        "os.chdir(sys.argv[1]);"
        f"os.geteuid() == 0 and (os.setgroups([]), os.setgid({NOBODY}), os.setuid({NOBODY}));"
        "[print(f.trouble.name, f.detail, f.data) for f in (read_file(Path(n), 10) for n in ('file', 'closed/file'))]"
    )
    try:
        done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert done.stdout == "DENIED cannot be read: permission denied b''\n" * 2


def test_the_repr_does_not_show_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"very secret")
    file = read_file(tmp_path / "file", 100)
    assert file.data == b"very secret"
    assert "secret" not in repr(file)


def test_an_impossible_file_name_does_not_name_a_file(tmp_path: Path) -> None:
    read = read_file(tmp_path / "a\0b", 100)
    assert (read.data, read.trouble, read.detail) == (b"", Trouble.MISSING, "has a name that is not valid for a file")

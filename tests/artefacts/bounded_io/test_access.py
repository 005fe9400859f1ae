"""Who may read or write a file: POSIX modes, and access control lists where there are any."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

import pytest

from artefacts.makers import Line
from fcu_conform.artefacts.bounded_io import access
from fcu_conform.artefacts.bounded_io.access import Access, Grant, access_to
from fcu_conform.artefacts.setup import read_setups
from fcu_conform.engine import Examination, Outcome

USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20


@pytest.mark.parametrize(
    ("mode", "grants"),
    [
        (0o600, []),
        (0o400, []),
        (0o700, []),
        (0o711, []),
        (0o640, ["group (r)"]),
        (0o620, ["group (w)"]),
        (0o660, ["group (rw)"]),
        (0o604, ["others (r)"]),
        (0o602, ["others (w)"]),
        (0o666, ["group (rw)", "others (rw)"]),
        (0o755, ["group (r)", "others (r)"]),
    ],
)
def test_a_file_mode_grants_the_access_of_its_bits(tmp_path: Path, mode: int, grants: list[str]) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(mode)
    read = access_to(path)
    assert read.mode == f"{mode:04o}"
    assert list(map(str, read.grants)) == grants


def test_special_bits_are_shown(tmp_path: Path) -> None:
    tmp_path.chmod(0o1700)
    assert access_to(tmp_path) == Access("1700", ())


def test_the_target_of_a_link_decides_about_access(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o604)
    (tmp_path / "link").symlink_to("file")
    assert access_to(tmp_path / "link") == Access("0604", (Grant("others", "r"),))


def test_a_missing_file_grants_no_access(tmp_path: Path) -> None:
    assert access_to(tmp_path / "no") == Access("", ())


def acl(*entries: tuple[int, int, int]) -> bytes:
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NO_ID = 0xFFFFFFFF
OWNER = (USER_OBJ, 6, NO_ID)


@pytest.mark.parametrize(
    ("entries", "grants"),
    [
        ([OWNER, (GROUP_OBJ, 0, NO_ID), (OTHER, 0, NO_ID)], []),
        ([OWNER, (USER, 4, 1000), (GROUP_OBJ, 0, NO_ID), (MASK, 4, NO_ID), (OTHER, 0, NO_ID)], ["user 1000 (r)"]),
        ([OWNER, (USER, 6, 1000), (GROUP_OBJ, 4, NO_ID), (MASK, 4, NO_ID), (OTHER, 0, NO_ID)],
         ["user 1000 (r)", "group (r)"]),
        ([OWNER, (USER, 6, 1000), (GROUP_OBJ, 4, NO_ID), (MASK, 0, NO_ID), (OTHER, 0, NO_ID)], []),
        ([OWNER, (GROUP, 6, 100), (GROUP_OBJ, 0, NO_ID), (MASK, 6, NO_ID), (OTHER, 0, NO_ID)], ["group 100 (rw)"]),
        ([OWNER, (GROUP_OBJ, 0, NO_ID), (MASK, 0, NO_ID), (OTHER, 4, NO_ID)], ["others (r)"]),
        ([OWNER, (USER, 1, 1000), (GROUP_OBJ, 0, NO_ID), (MASK, 7, NO_ID), (OTHER, 0, NO_ID)], []),
    ],
)  # fmt: skip
def test_an_access_control_list_grants_what_its_mask_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entries: list[tuple[int, int, int]], grants: list[str]
) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o640)  # with a list the group bits of the mode are its mask, and say nothing of the group
    monkeypatch.setattr(access.os, "getxattr", lambda *_: acl(*entries), raising=False)
    assert list(map(str, access_to(path).grants)) == grants


def test_a_truncated_access_control_list_is_read_up_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = acl((USER, 4, 1000), (OTHER, 4, NO_ID))[:-3]
    monkeypatch.setattr(access.os, "getxattr", lambda *_: data, raising=False)
    assert list(map(str, access_to(tmp_path).grants)) == ["user 1000 (r)"]


def test_without_support_for_access_control_lists_the_mode_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> bytes:
        raise OSError(errno.ENOTSUP, "not supported")

    tmp_path.chmod(0o750)
    monkeypatch.setattr(access.os, "getxattr", refuse, raising=False)
    assert access_to(tmp_path) == Access("0750", (Grant("group", "r"),))
    monkeypatch.delattr(access.os, "getxattr")
    assert access_to(tmp_path) == Access("0750", (Grant("group", "r"),))


def test_a_real_list_on_this_file_system_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o600)
    data = acl(OWNER, (USER, 4, 12345), (GROUP_OBJ, 0, NO_ID), (MASK, 4, NO_ID), (OTHER, 0, NO_ID))
    try:
        os.setxattr(path, "system.posix_acl_access", data)
    except (AttributeError, OSError) as fault:
        pytest.skip(f"no access control lists here: {fault}")
    assert access_to(path) == Access("0640", (Grant("user 12345", "r"),))


def test_without_file_modes_a_note_is_given_and_no_file_counts_as_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "_KEEPS_MODES", False)
    examination = Examination(read_setups([Line(tmp_path).keystore]))
    for code in ("KEY006", "KEY007"):
        result = examination.judge(code, "keystore")
        assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, access.UNKNOWN)

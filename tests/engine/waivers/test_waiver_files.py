"""Reading a waiver file: what it may contain, and the one line about anything else."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from engine.waivers.files import waiver, write
from fcu_conform.artefacts.bounded_io.limits import WAIVERS, WAIVERS_FILE
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.artefacts.waivers import Waiver, read_waivers

FINGERPRINT = "0a" * 32


def test_every_field_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, waiver("CRT009", FINGERPRINT, reason="old CA"), waiver("DEV011", "device-1", owner="Jane"))
    file = read_waivers(path)
    assert (file.name, file.path) == ("waivers.toml", path)
    assert file.waivers == (
        Waiver("CRT009", FINGERPRINT, "old CA", "an owner", date(2026, 9, 30), 1),
        Waiver("DEV011", "device-1", "a reason", "Jane", date(2026, 9, 30), 2),
    )


def test_an_empty_file_has_no_waivers(tmp_path: Path) -> None:
    assert read_waivers(write(tmp_path)).waivers == ()


@pytest.mark.parametrize(
    "written", [FINGERPRINT.upper(), ":".join(["0A"] * 32), f"sha256:{FINGERPRINT}", ":".join(["0a"] * 32)]
)
def test_a_fingerprint_may_be_written_as_other_tools_show_it(tmp_path: Path, written: str) -> None:
    [read] = read_waivers(write(tmp_path, waiver("CRT009", written))).waivers
    assert read.scope == FINGERPRINT


def test_surrounding_white_space_is_removed(tmp_path: Path) -> None:
    text = waiver("CRT009").replace('"a reason"', '"""\n  one\n  two\n"""')
    assert read_waivers(write(tmp_path, text)).waivers[0].reason == "one two"


SOUND = waiver("CRT009")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (SOUND.replace('owner = "an owner"\n', ""), "waiver 1 has no owner"),
        (SOUND + "[[waiver]]\ncode = 'CRT010'\n", "waiver 2 has no scope and no reason and no owner and no expires"),
        (
            SOUND + 'note = "x"\n',
            "waiver 1 has 'note', which is unknown (known: code, scope, reason, owner, expires)",
        ),
        (SOUND + SOUND, "waiver 2 (CRT009, *) is the same as waiver 1"),
        (SOUND.replace("an owner", " "), "waiver 1: owner is not text"),
        (SOUND.replace('"a reason"', "7"), "waiver 1: reason is not text"),
        (SOUND.replace("a reason", "x" * 2001), "waiver 1: reason has more than 2000 characters"),
        (
            SOUND.replace("2026-09-30", '"2026-09-30"'),
            "waiver 1: expires is not a date such as 2026-12-31 (without quotes or time)",
        ),
        (
            SOUND.replace("2026-09-30", "2026-09-30T00:00:00Z"),
            "waiver 1: expires is not a date such as 2026-12-31 (without quotes or time)",
        ),
        ("waiver = 3\n", "write each waiver as a [[waiver]] table"),
        ("waiver = [1]\n", "write each waiver as a [[waiver]] table"),
        ("[[waivers]]\ncode = 'CRT009'\n", "'waivers' is unknown: the file can have only [[waiver]] tables"),
        (SOUND * 0 + "[[waiver]]\n" * (WAIVERS + 1), f"has more than {WAIVERS} waivers"),
    ],
)
def test_an_invalid_file_is_refused_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        read_waivers(path)
    assert str(refused.value) == f"waivers {path}: {complaint}"


@pytest.mark.parametrize(
    "content",
    [b"[[waiver]\n", b"\xff\xfe\x00", b"a = " + b"[" * 100_000, b"[[waiver]]\nexpires = 2026-02-30\n", b"\x00"],
)
def test_malformed_toml_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "waivers.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read_waivers(path)
    assert str(refused.value).startswith(f"waivers {path}: cannot be read as TOML: ")
    assert "\n" not in str(refused.value)


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    def complaint(path: Path) -> str:
        with pytest.raises(UsageError) as refused:
            read_waivers(path)
        return str(refused.value)

    assert complaint(tmp_path / "none") == f"waivers {tmp_path / 'none'}: no such file or folder"
    assert complaint(tmp_path) == f"waivers {tmp_path}: is a folder"
    large = tmp_path / "large"
    large.write_bytes(b"#" * (WAIVERS_FILE + 1))
    assert complaint(large) == f"waivers {large}: has more than {WAIVERS_FILE} bytes"
    os.mkfifo(tmp_path / "fifo")
    assert complaint(tmp_path / "fifo") == f"waivers {tmp_path / 'fifo'}: is a FIFO"

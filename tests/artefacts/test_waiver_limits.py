"""The file of waivers at its limits, and each way in which a waiver is malformed."""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path

import pytest

from fcu_conform.artefacts import waivers
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.artefacts.waivers import Waiver, read_waivers

GOOD = 'code = "A-1"\nscope = "lamp"\nreason = "why"\nowner = "who"\nexpires = 2026-12-31\n'


def read(tmp_path: Path, text: str) -> tuple[Waiver, ...]:
    path = tmp_path / "w.toml"
    path.write_text(text)
    found = read_waivers(path)
    assert found.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert found.name == "w.toml"
    return found.waivers


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(UsageError) as refused:
        read(tmp_path, text)
    return str(refused.value).removeprefix(f"waivers {tmp_path / 'w.toml'}: ")


def test_waivers_are_numbered_and_duplicates_are_refused(tmp_path: Path) -> None:
    one, two = f"[[waiver]]\n{GOOD}", f"[[waiver]]\n{GOOD}".replace("lamp", "lamp  2")
    assert read(tmp_path, one + two) == (
        Waiver("A-1", "lamp", "why", "who", date(2026, 12, 31), 1),
        Waiver("A-1", "lamp 2", "why", "who", date(2026, 12, 31), 2),
    )
    assert refusal(tmp_path, two + one + one) == "waiver 3 (A-1, lamp) is the same as waiver 2"
    assert read(tmp_path, "") == ()


def test_waivers_and_their_texts_go_up_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waivers, "WAIVERS", 2)
    monkeypatch.setattr(waivers, "WAIVER_TEXT", 5)
    many = [f"[[waiver]]\n{GOOD}".replace("lamp", f"l{number}") for number in range(3)]
    assert len(read(tmp_path, "".join(many[:2]))) == 2
    assert refusal(tmp_path, "".join(many)) == "has more than 2 waivers"
    assert read(tmp_path, many[0].replace("why", "12345"))[0].reason == "12345"
    assert refusal(tmp_path, many[0].replace("why", "123456")) == "waiver 1: reason has more than 5 characters"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("waiver]]", "other]]"), "'other' is unknown: the file can have only [[waiver]] tables"),
        (("[[waiver]]", "[waiver]"), "write each waiver as a [[waiver]] table"),
        (("[[waiver]]\n" + GOOD, "waiver = [1]"), "write each waiver as a [[waiver]] table"),
        (('owner = "who"\n', ""), "waiver 1 has no owner"),
        (('owner = "who"\nexpires = 2026-12-31\n', ""), "waiver 1 has no owner and no expires"),
        (
            ("owner =", "x = 1\nowner ="),
            "waiver 1 has 'x', which is unknown (known: code, scope, reason, owner, expires)",
        ),
        (('"who"', "1"), "waiver 1: owner is not text"),
        (('"who"', '" "'), "waiver 1: owner is not text"),
        (
            ("2026-12-31", '"2026-12-31"'),
            "waiver 1: expires is not a date such as 2026-12-31 (without quotes or time)",
        ),
        (
            ("2026-12-31", "2026-12-31T00:00:00Z"),
            "waiver 1: expires is not a date such as 2026-12-31 (without quotes or time)",
        ),
    ],
)
def test_an_invalid_waiver_is_refused(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    assert refusal(tmp_path, f"[[waiver]]\n{GOOD}".replace(*change)) == words


@pytest.mark.parametrize(
    ("scope", "read_as"),
    [
        ("AB" * 32, "ab" * 32),
        (":".join(["aB"] * 32), "ab" * 32),
        ("sha256:" + "ab" * 32, "ab" * 32),
        ("SHA256:" + ":".join(["AB"] * 32), "ab" * 32),
        ("AB" * 31, "AB" * 31),
        ("AB" * 33, "AB" * 33),
        ("AG" * 32, "AG" * 32),
    ],
)
def test_a_fingerprint_is_recognised_in_every_notation(tmp_path: Path, scope: str, read_as: str) -> None:
    (waiver,) = read(tmp_path, f"[[waiver]]\n{GOOD}".replace("lamp", scope))
    assert waiver.scope == read_as


def test_an_unreadable_waiver_file_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"is a folder$"):
        read_waivers(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UsageError, match=r"is a FIFO$"):
        read_waivers(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("gone")
    with pytest.raises(UsageError, match=r"no such file or folder$"):
        read_waivers(tmp_path / "link")
    monkeypatch.setattr(waivers, "WAIVERS_FILE", 10)
    assert refusal(tmp_path, GOOD) == "has more than 10 bytes"
    assert refusal(tmp_path, "a = ").startswith("cannot be read as TOML: ")

"""fcu-conform drill: the table, one theft in full, exit codes, and what makes no sense."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from artefacts.makers import AT, pem
from engine.drill.worlds import World
from inprocess import fcu_conform as run

from fcu_conform import check

ASKED = ("--at", "2026-06-01T12:00:00Z", "--validators", "cryptography,openssl,openssl-partial")


@pytest.fixture
def shared(tmp_path: Path) -> World:
    """Two lines under one intermediate at depth 2."""
    world = World(("INT 1", "INT 1"), 2)
    world.lay_out(tmp_path)
    return world


@pytest.fixture
def apart(tmp_path: Path) -> World:
    """Two lines under roots of their own."""
    world = World(("ROOT 1", "ROOT 2"), 2)
    world.lay_out(tmp_path)
    return world


def drill(folder: Path, world: World, *arguments: object) -> subprocess.CompletedProcess[str]:
    keystores = [word for name in world.names for word in ("--keystore", folder / name / "keystore")]
    return run("drill", *keystores, *ASKED, *arguments)


def test_the_table_has_every_key_in_both_readings(
    tmp_path: Path, apart: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    done = drill(tmp_path, apart)
    assert done.returncode == 0
    assert [" ".join(row.split()) for row in done.stdout.splitlines()] == [
        "stolen portal trusts remove thief goes dark too stays online",
        "line-1 every certificate upload of line-1 shut out nobody line-2",
        "line-1 the lowest alone upload of line-1 shut out nobody line-2",
        "line-2 every certificate upload of line-2 shut out nobody line-1",
        "line-2 the lowest alone upload of line-2 shut out nobody line-1",
        "",
        "every theft asked about can be shut out without another line",
    ]


def test_one_theft_is_drawn_with_what_to_make_again(tmp_path: Path, shared: World) -> None:
    done = drill(tmp_path, shared, "--stolen", "line-1")
    assert done.returncode == 1
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "portal upload of line-1, line-2 (CN=INT 1 · CN=ROOT 1) <- remove" in lines
    assert "line line-2 GOES DARK" in lines
    assert "thief with the key of line-1 shut out" in lines
    assert lines[-1] == "cannot be shut out without another line, or not at all: line-1"
    assert "make the same upload, which is uploaded once" in done.stdout
    assert "line-2: its FCU certificate under another CA (its key can stay), its upload; and the chains" in done.stdout
    assert "NOTICE DRL005 [line-1] not documented" in lines[-2].replace("  ", " ")


def test_the_account_decides_where_it_is_given(tmp_path: Path, apart: World) -> None:
    trusted, removed = (apart.write_state(tmp_path, names) for names in (["line-1", "line-2"], ["line-2"]))
    done = drill(tmp_path, apart, "--stolen", "line-1", "--portal-state", trusted)
    assert done.returncode == 0
    assert "ERROR DRL003 [line-1]  entry line-1 (CN=ROOT 1) is ACTIVE and lets in who has the stolen key" in done.stdout
    done = drill(tmp_path, apart, "--stolen", "line-1", "--portal-state", removed)
    assert done.returncode == 0
    assert "DRL003" not in done.stdout


def test_devices_are_counted_and_those_made_since_are_named(tmp_path: Path, apart: World) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "device.pem").write_bytes(pem(*apart.device("line-1")))
    arguments = ("--stolen", "line-1", "--devices", f"line-1={out}")
    done = drill(tmp_path, apart, *arguments, "--since", "2026-01-01T00:00:00Z")
    assert "line-1: 1 device, 1 chain" in done.stdout
    assert "ERROR DRL004 [line-1]  1 device made at or after 2026-01-01T00:00:00Z" in done.stdout
    done = drill(tmp_path, apart, *arguments, "--since", "2026-01-01T00:00:01Z")
    assert "DRL004" not in done.stdout


def test_a_single_line_can_always_be_shut_out(tmp_path: Path) -> None:
    world = World(("INT 1",), 2)
    world.lay_out(tmp_path)
    done = drill(tmp_path, world)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].startswith("keystore")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--stolen", "line-9"), "--stolen line-9: there is no such line (there are: line-1, line-2)"),
        (("--since", "2026-01-01T00:00:00Z"), "--since: needs --stolen LINE"),
        (
            ("--stolen", "line-1", "--since", "soon"),
            "--since: 'soon' is not a date and time with a zone (RFC 3339), such as 2026-01-31T12:00:00Z",
        ),
        (("--validators", "none"), "--validators none: who is let in is asked of validators"),
        (("--portal-state", "nowhere.json"), "portal state nowhere.json: no such file or folder"),
    ],
)
def test_arguments_that_make_no_sense_are_a_usage_error(
    tmp_path: Path, apart: World, arguments: tuple[str, ...], words: str
) -> None:
    done = drill(tmp_path, apart, *arguments)
    assert (done.returncode, done.stderr) == (4, f"fcu-conform: {words}\n")


def test_a_line_without_a_depth_is_a_usage_error(tmp_path: Path, apart: World) -> None:
    (tmp_path / "line-2/config/fcu.yml").write_text("use-bootstrap: true\n")
    done = drill(tmp_path, apart)
    assert done.returncode == 4
    assert "what line-2 has on the portal is not known: its chain depth is unknown" in done.stderr


def test_a_validator_that_does_not_answer_is_named_and_fails(tmp_path: Path, apart: World) -> None:
    done = drill(tmp_path, apart, "--validator-command", "mute=true")
    assert done.returncode == 1
    assert "mute did not answer: " in done.stdout


def test_a_run_of_several_keystores_warns(tmp_path: Path, shared: World) -> None:
    keystores = [tmp_path / name / "keystore" for name in shared.names]
    report = check(keystores, at=AT, validators="cryptography,openssl-partial")
    found = {(r.code, r.target): r.outcome.value for r in report.results if r.code.startswith("DRL")}
    assert found == {(f"DRL00{n}", name): o for n, o in ((1, "warned"), (2, "passed")) for name in shared.names}
    assert report.verdict.value == "conformant"
    alone = check(keystores[0], at=AT, validators="cryptography")
    unasked = check(keystores, at=AT, validators="none")
    assert not [r.code for one in (alone, unasked) for r in one.results if r.code.startswith("DRL")]


def test_no_key_of_a_line_is_read_for_a_drill(tmp_path: Path, apart: World) -> None:
    for name in apart.names:
        (tmp_path / name / "keystore/fcu_private_key.pem").unlink()
    assert drill(tmp_path, apart).returncode == 0

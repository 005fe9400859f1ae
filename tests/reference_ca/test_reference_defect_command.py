"""`reference-ca defect`: lists defects, makes a setup with one, and says what a checker should say."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcu_conform import check
from reference_ca.console import main
from reference_ca.defects import DEFECTS, NEAR_MISSES

SEED = ["--seed", "x", "--at", "2026-06-01"]
Capture = pytest.CaptureFixture[str]


def refused(arguments: list[str], capsys: Capture) -> str:
    """The one line on standard error of a command that fails."""
    with pytest.raises(SystemExit):
        main(["defect", *arguments])
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error.strip()


def test_a_defect_is_made_and_described(tmp_path: Path, capsys: Capture) -> None:
    made = tmp_path / "made"
    main(["defect", "root-missing", str(made)])
    assert capsys.readouterr().out.splitlines() == [
        f"{made}: fcu.crt ends before the root.",
        f"  keystore  {made / 'keystore'}",
        "  error     CHN005 fcu.crt 2 issuer",
    ]
    assert check(made / "keystore", validators=()).errors() == {"CHN005"}


def test_length_depth_and_seed_can_be_chosen(tmp_path: Path, capsys: Capture) -> None:
    for name in ("one", "two"):
        main(["defect", "device-signed-by-another-key", str(tmp_path / name), "--length", "5", "--depth", "4", *SEED])
    assert "  error     DEV004 line1-0001.pem signatureValue" in capsys.readouterr().out.splitlines()
    first, second = (tmp_path / name / "devices" / "line1-0001.pem" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().count(b"BEGIN CERTIFICATE") == 4
    assert (tmp_path / "one" / "keystore" / "fcu.crt").read_bytes().count(b"BEGIN CERTIFICATE") == 5


def test_the_required_option_is_named_if_only_validators_detect_the_defect(tmp_path: Path, capsys: Capture) -> None:
    main(["defect", "critical-alternative-name", str(tmp_path / "a")])
    main(["defect", "critical-alternative-name-on-portal", str(tmp_path / "b")])
    told = capsys.readouterr().out.splitlines()
    assert "  ask       openssl" in told
    assert "  ask       servers, in a handshake" in told
    assert f"  upload    {tmp_path / 'b' / 'upload.pem'}" in told


def test_several_instances_are_all_named(tmp_path: Path, capsys: Capture) -> None:
    main(["defect", "two-instances", str(tmp_path / "made")])
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if "keystore " in line] == [
        f"  keystore  {tmp_path / 'made' / name / 'keystore'}" for name in ("line-1", "line-2")
    ]
    assert told[-1] == "  expected  no finding"


def test_the_list_names_every_defect_and_every_oddity_with_its_codes(capsys: Capture) -> None:
    main(["defect", "--list"])
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ") and line[2] != " "]
    assert [line.split()[0] for line in told] == [*DEFECTS, *NEAR_MISSES]
    assert "  root-missing  CHN005" in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rot-missing", "OUT"], "unknown defect: rot-missing: perhaps root-missing, "),
        (["zzzz", "OUT"], "unknown defect: zzzz: see reference-ca defect --list"),
        (
            ["root-missing", "OUT", "--length", "2"],
            "this defect cannot be put into such a setup: root-missing, chain-of-2: choose another --length",
        ),
        (
            ["root-missing", "OUT", "--depth", "9"],
            "device-certificate-chain-depth 9 is greater than the chain length 4",
        ),
        (["root-missing"], "name a defect and the folder to make, or ask for --list"),
        ([], "name a defect and the folder to make, or ask for --list"),
        (["root-missing", "FULL"], "the folder is not empty: "),
    ],
)
def test_an_impossible_defect_is_refused_in_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("there already")
    paths = {"OUT": str(tmp_path / "out"), "FULL": str(tmp_path / "full")}
    line = refused([paths.get(argument, argument) for argument in arguments], capsys)
    assert says in line
    assert line.startswith("reference-ca: ")
    assert not (tmp_path / "out").exists()
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["file"]

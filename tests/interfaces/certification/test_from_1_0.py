"""Files written by version 1.0: statements verify, reports are compared, waivers cover the same findings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from interfaces.certification.doing import AT, run

KEPT = Path(__file__).parent / "from_1_0"


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """A line, and what 1.0 has handed in about it: signed, with a waiver in force."""
    return Path(shutil.copytree(KEPT / "line", tmp_path / "line"))


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two lines, and the statement of 1.0 about both."""
    return Path(shutil.copytree(KEPT / "two", tmp_path / "two"))


def test_a_folder_verifies_with_its_signature_and_artefacts(line: Path) -> None:
    said = run("verify-statement", line / "handed-in", "--key", line / "sign.pub", "--artefacts", line)
    assert (said.code, said.err) == (0, "")
    assert "by fcu-conform 1.0.0\n" in said.out
    assert said.out.endswith(
        f"artefacts   5 unchanged since they were judged\n{line / 'handed-in'}: intact; the run was CONFORMANT\n"
    )


@pytest.mark.parametrize(
    "name", ["keystore/fcu.crt", "config/fcu.yml", "upload.pem", "out/device-0001.pem", "out/new.pem"]
)
def test_changes_after_the_run_are_refused(name: str, line: Path) -> None:
    with (line / name).open("ab") as file:
        file.write(b"\n")
    assert run("verify-statement", line / "handed-in", "--artefacts", line).code == 1


def test_an_additional_key_in_the_folder_makes_no_difference(line: Path) -> None:
    (line / "out" / "device-0001.key.pem").write_text("not in the digest of 1.0")
    assert run("verify-statement", line / "handed-in", "--artefacts", line).code == 0


def test_swapped_keystores_are_detected_by_the_names_of_their_lines(two: Path) -> None:
    statement = two / "statement.intoto.json"
    said = run("verify-statement", statement, "--artefacts", two)
    assert said.code == 0
    assert "artefacts   6 unchanged since they were judged\n" in said.out
    for number, name in ((1, "between"), (2, "line-1")):
        (two / f"line-{number}").rename(two / name)
    (two / "between").rename(two / "line-2")
    assert run("verify-statement", statement, "--artefacts", two).code == 1


def test_without_distinct_names_a_statement_of_1_0_is_compared_as_by_1_0(two: Path) -> None:
    (two / "line-1").rename(two / "a")
    (two / "line-2").rename(two / "b")
    assert run("verify-statement", two / "statement.intoto.json", "--artefacts", two).code == 0
    shutil.rmtree(two / "b")
    assert run("verify-statement", two / "statement.intoto.json", "--artefacts", two).code == 1


def test_a_report_of_1_0_is_compared_with_a_current_one(line: Path, tmp_path: Path) -> None:
    old = line / "handed-in" / "report.json"
    (line / "keystore").chmod(0o700)
    given = ["--keystore", line / "keystore", "--devices", line / "out", "--portal-upload", line / "upload.pem"]
    assert run("certify", *given, "--at", AT, "--validators", "none", "--out", tmp_path / "new").code == 1
    said = run("diff", old, tmp_path / "new" / "report.json")
    assert said.code == 1
    assert "NEW           KEY001 [keystore] fcu_private_key.pem: " in said.out
    assert "\nconformant -> non-conformant: " in said.out
    assert run("diff", old, old).code == 0


def test_a_waiver_of_1_0_covers_the_same_findings(line: Path, tmp_path: Path) -> None:
    (line / "keystore").chmod(0o755)
    given = ["--keystore", line / "keystore", "--at", AT, "--validators", "none", "--strict"]
    run("certify", *given, "--waivers", line / "waivers.toml", "--out", tmp_path / "new")
    verdict = (tmp_path / "new" / "VERDICT.txt").read_text()
    assert "Waived:\n  KEY007 " in verdict
    assert "SYS00" not in verdict

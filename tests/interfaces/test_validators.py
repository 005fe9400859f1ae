"""Independent validators under pytest: one test for each, listed in header and report."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from inprocess import run_pytest
from jsonschema import Draft202012Validator

from fcu_conform.interfaces.reports.json_report import schema
from fcu_conform.validators.registry import NAMES, available

NONE = "--fcu-validators=none"
AT = "2026-06-01T00:00:00Z"


def run(pytester: Any, keystore: Path, *arguments: str) -> Any:
    return run_pytest(pytester, f"--fcu-keystore={keystore}", f"--fcu-at={AT}", *arguments)


def test_each_validator_is_a_test_of_its_own(pytester: Any, keystore: Path) -> None:
    result = run(pytester, keystore, "--fcu-validators=cryptography,openssl", "-k", "CHN013", "-v")
    result.assert_outcomes(passed=2, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(
        [
            "fcu-validators: cryptography, openssl",
            "*fcu::CHN013*keystore-cryptography* PASSED*",
            "*fcu::CHN013*keystore-openssl* PASSED*",
        ]
    )


def test_without_the_option_all_installed_validators_are_used(pytester: Any, keystore: Path) -> None:
    result = run(pytester, keystore, "--co", "-q")
    asked = [line for line in result.outlines if line.startswith("fcu::CHN013")]
    assert asked == [f"fcu::CHN013[keystore-{validator.name}]" for validator in available()]
    assert "fcu::CHN013[keystore-cryptography]" in asked
    assert "fcu::SYS002[keystore]" in result.outlines


def test_no_validator_is_used_if_none_are_wanted(pytester: Any, keystore: Path) -> None:
    result = run(pytester, keystore, "--co", "-q", "--fcu-validators=none")
    assert "CHN013" not in result.stdout.str()
    assert "KEY004" in result.stdout.str()


def test_an_unknown_validator_is_a_usage_error(pytester: Any, keystore: Path) -> None:
    result = run(pytester, keystore, "--fcu-validators=nss")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --fcu-validators: unknown validator 'nss'*"])


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two-workers"])
def test_the_report_names_the_validators_with_their_versions(
    pytester: Any, keystore: Path, workers: tuple[str, ...]
) -> None:
    result = run(pytester, keystore, "--fcu-validators=cryptography", "--fcu-report=r.json", *workers)
    assert result.ret == 0
    report = json.loads((pytester.path / "r.json").read_text())
    Draft202012Validator(schema()).validate(report)
    assert {validator["name"] for validator in report["validators"]} == set(NAMES)
    validator, *others = report["validators"]
    assert (validator["name"], validator["status"]) == ("cryptography", "used")
    assert validator["version"] == metadata.version("cryptography")
    assert all(other["stands_for"] for other in others)
    assert {other["status"] for other in others} <= {"not-asked", "not-installed"}
    assert all((other["version"] is None) == (other["status"] == "not-installed") for other in others)
    assert [r["subject"] for r in report["results"] if r["code"] == "CHN013"] == ["keystore-cryptography"]


def test_a_chain_that_all_refuse_is_reported_once_with_each_message(pytester: Any, keystore: Path) -> None:
    late = "--fcu-at=2070-01-01T00:00:00Z"
    result = run_pytest(
        pytester, f"--fcu-keystore={keystore}", late, "--fcu-validators=cryptography,openssl", "--fcu-report=r.json"
    )
    assert result.ret == 1
    report = json.loads((pytester.path / "r.json").read_text())
    failed = {r["code"] for r in report["results"] if r["outcome"] == "failed"}
    assert failed == {"CRT006"}
    blocked = [r for r in report["results"] if r["code"] == "CHN013"]
    assert [r["blocked_by"] for r in blocked] == [["CRT006"]] * 2
    words = [f["found"] for f in report["findings"] if f["code"] == "CHN013"]
    assert len(words) == 2
    assert all(word.startswith("refused: ") for word in words)


def program(folder: Path, answer: str) -> str:
    """A command that reads the question and prints an answer."""
    path = folder / "validator.py"
    path.write_text(f"import sys\nsys.stdin.read()\nprint({answer!r})\n")
    return f"{sys.executable} {path}"


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two-workers"])
def test_any_program_can_be_used_as_a_validator(
    pytester: Any, keystore: Path, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    command = program(tmp_path, '{"protocol": 1, "verdict": "refused", "reason": "not on my watch", "version": "7"}')
    result = run(pytester, keystore, NONE, f"--fcu-validator-command=bench={command}", "--fcu-report=r.json", *workers)
    assert result.ret == 1
    report = json.loads((pytester.path / "r.json").read_text())
    assert report["verdict"] == "non-conformant"
    assert [f["found"] for f in report["findings"] if f["code"] == "CHN013"] == ["refused: not on my watch"]
    bench = {"name": "bench", "stands_for": "the user's own command", "version": "7", "status": "used"}
    assert report["validators"][0] == bench


@pytest.mark.parametrize("answer", ["", "yes", '{"verdict": "maybe"}', '{"verdict": "refused"}'])
def test_a_program_without_an_answer_is_a_fault_of_the_run(
    pytester: Any, keystore: Path, tmp_path: Path, answer: str
) -> None:
    command = program(tmp_path, answer)
    result = run(pytester, keystore, NONE, f"--fcu-validator-command=bench={command}", "--fcu-report=r.json")
    assert result.ret == 1
    report = json.loads((pytester.path / "r.json").read_text())
    assert report["validators"][0]["status"] == "failed"
    assert report["verdict"] == "incomplete"
    assert {r["code"] for r in report["results"] if r["outcome"] == "failed"} == {"SYS002"}
    assert not [f for f in report["findings"] if f["code"] == "CHN013"]


@pytest.mark.parametrize("given", ["bench", "=true", "bench=", "openssl=true", "B ench=true", "bench='"])
def test_a_command_without_a_name_of_its_own_is_a_usage_error(pytester: Any, keystore: Path, given: str) -> None:
    result = run(pytester, keystore, f"--fcu-validator-command={given}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --fcu-validator-command: *"])

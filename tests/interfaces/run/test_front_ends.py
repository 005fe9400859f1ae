"""One question, four front ends: pytest, `lot`, `certify` and the library say the same, with the same exit code."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from inprocess import fcu_conform, reference_ca

from fcu_conform import check
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.interfaces.run.run import exit_code

from ..conftest import AT

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
STRICT = f"strict={shlex.quote(sys.executable)} {shlex.quote(str(EXAMPLES / 'strict_validator.py'))}"


@pytest.fixture
def line(keystore: Path) -> Path:
    """A setup with its upload, and the output for two devices with their keys."""
    made = keystore.parent
    reference_ca("upload", "--keystore", keystore, "-o", made / "upload.pem")
    reference_ca("devices", "--keystore", keystore, "--seed", "front ends", "--count", 2, "-o", made / "out")
    return made


Judged = tuple[int, dict[str, Any]]


@pytest.fixture
def judged(line: Path, run: Callable[..., Any], pytester: Any) -> Callable[..., dict[str, Judged]]:
    """What each front end says of the line: exit code and JSON report, with these options beside what is judged."""

    def judged(*options: str, **keywords: Any) -> dict[str, Judged]:
        keystore, out, upload = line / "keystore", line / "out", line / "upload.pem"
        given = [f"--devices={out}", f"--portal-upload={upload}", *options]
        typed = [option.replace("--", "--fcu-", 1) for option in given]
        plain = ["--keystore", keystore, "--at", AT, "--validators", "none", *given]
        shutil.rmtree(pytester.path / "certified", ignore_errors=True)
        ends = {
            "pytest": int(run(keystore, *typed, "--fcu-report=pytest.json").ret),
            "lot": fcu_conform("lot", *plain, "--report=lot.json").returncode,
            "certify": fcu_conform("certify", *plain, "--sample-seed=7", "--out=certified").returncode,
        }
        shutil.copy(pytester.path / "certified" / "report.json", pytester.path / "certify.json")
        reports = {name: json.loads((pytester.path / f"{name}.json").read_bytes()) for name in ends}
        at = datetime.fromisoformat(AT.replace("Z", "+00:00"))
        report = check(keystore, at=at, validators="none", devices=out, portal_upload=upload, **keywords)
        results = [{"code": r.code, "subject": r.target, "outcome": r.outcome.value} for r in report.results]
        of_library = {"verdict": report.verdict.value, "results": results}
        return {
            **{name: (code, reports[name]) for name, code in ends.items()},
            "library": (exit_code(report), of_library),
        }

    return judged


def said(ends: dict[str, Judged]) -> set[tuple[int, str, tuple[tuple[str, str, str], ...]]]:
    """What the front ends say, once where they say the same."""
    return {
        (code, report["verdict"], tuple((r["code"], r["subject"], r["outcome"]) for r in report["results"]))
        for code, report in ends.values()
    }


def test_they_agree_on_a_line_that_conforms(judged: Callable[..., dict[str, Judged]]) -> None:
    [(code, verdict, results)] = said(judged())
    assert (code, verdict) == (ExitCode.CONFORMANT, "conformant")
    assert {"KEY001", "DEV001", "UPL001", "SYS001"} <= {code for code, _, _ in results}


def test_they_agree_on_a_line_that_does_not_conform(judged: Callable[..., dict[str, Judged]], line: Path) -> None:
    (line / "keystore").chmod(0o755)
    [(code, verdict, results)] = said(judged("--strict", strict=True))
    assert (code, verdict) == (ExitCode.NON_CONFORMANT, "non-conformant")
    assert ("KEY007", "keystore", "failed") in results


def test_they_agree_on_a_rule_that_breaks(
    judged: Callable[..., dict[str, Judged]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("fcu_conform.engine.evaluate_setup.SetupEvaluator.evaluate", broken)
    [(code, verdict, _)] = said(judged())
    assert (code, verdict) == (ExitCode.INTERNAL_FAULT, "incomplete")


def test_they_all_use_an_external_validator_and_try_a_handshake(
    judged: Callable[..., dict[str, Judged]],
) -> None:
    ends = judged(
        f"--validator-command={STRICT}",
        "--validator-sample=1",
        "--handshake",
        validator_command=STRICT,
        validator_sample=1,
        handshake=True,
    )
    [(_, _, results)] = said(ends)
    assert ("DEV025", "keystore", "passed") in results
    assert ("CHN013", "keystore-strict", "passed") in results
    for name in ("pytest", "lot", "certify"):
        _, report = ends[name]
        assert next(v["status"] for v in report["validators"] if v["name"] == "strict") == "used"
        assert report["options"]["handshake"]
        assert report["devices"]["asked"] == 1


def test_exit_codes_are_pytest_s() -> None:
    assert [code.value for code in ExitCode] == [code.value for code in pytest.ExitCode][: len(ExitCode)]

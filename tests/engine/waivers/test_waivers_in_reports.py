"""How a run reports waivers: on the terminal, in the reports, with workers too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from artefacts.makers import Line
from inprocess import run_pytest
from jsonschema import Draft202012Validator, FormatChecker

from engine.waivers.files import Lot, waiver, write
from fcu_conform.interfaces.console import main
from fcu_conform.interfaces.reports.json_report import schema

AT = "2026-06-01T00:00:00Z"


def run(pytester: pytest.Pytester, line: Line, *arguments: object) -> pytest.RunResult:
    options = [f"--fcu-keystore={line.keystore}", f"--fcu-at={AT}", "--fcu-report=report.json", "--fcu-validators=none"]
    return run_pytest(pytester, *options, *arguments)


def report(pytester: pytest.Pytester) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((pytester.path / "report.json").read_bytes())
    Draft202012Validator(schema(), format_checker=FormatChecker()).validate(document)
    return document


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_a_waived_rule_passes_and_is_shown_with_reason_owner_and_expiry(
    pytester: pytest.Pytester, line: Line, monkeypatch: pytest.MonkeyPatch, workers: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    line.keystore.chmod(0o755)
    waivers = write(line.folder, waiver("KEY007", reason="the backup user \\u001b[31m", owner="Jane"))
    result = run(pytester, line, f"--fcu-waivers={waivers}", *workers)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            f"fcu-waivers: {waivers}, 1 waiver",
            "=*= FCU waivers =*=",
            "WAIVED fcu::KEY007?keystore?*",
            r"  waived     the backup user \x1b?31m (Jane, until 2026-09-30)",
            "FCU conformance: conformant (*1 waived*)",
        ]
    )
    result.stdout.no_fnmatch_line("WARNING fcu::KEY007*")
    told = report(pytester)
    words = {"reason": "the backup user \x1b[31m", "owner": "Jane", "expires": "2026-09-30"}
    assert told["waivers"] == [{"code": "KEY007", "scope": "*", **words, "used": True}]
    assert [finding.get("waiver") for finding in told["findings"]] == [words]
    [waived] = [result for result in told["results"] if result["outcome"] == "waived"]
    assert (waived["code"], waived["count"], waived["waived"]) == ("KEY007", 1, 1)


def test_a_wrong_waiver_fails_the_run_and_is_in_the_report(pytester: pytest.Pytester, line: Line) -> None:
    line.keystore.chmod(0o755)
    waivers = write(line.folder, waiver("KEY007", expires="2026-05-01"))
    result = run(pytester, line, f"--fcu-waivers={waivers}")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["FAILED fcu::SYS004?waivers.toml?*", "FCU conformance: incomplete (*"])
    told = report(pytester)
    assert [waiver["used"] for waiver in told["waivers"]] == [False]
    assert told["verdict"] == "incomplete"


def test_a_failure_does_not_list_its_waived_findings(pytester: pytest.Pytester, line: Line) -> None:
    """Two copies of the key fail KEY008 without a name to tell them apart, so the star waives both or none."""
    line.write("old.pem", (line.keystore / "fcu_private_key.pem").read_bytes())
    line.write("older.pem", (line.keystore / "fcu_private_key.pem").read_bytes())
    result = run(pytester, line, f"--fcu-waivers={write(line.folder, waiver('KEY008'))}", "-rA")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["WAIVED fcu::KEY008?keystore?*", "  old.pem: *", "  older.pem: *"])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[waiver]]\n", "waiver 1 has no code and no scope and no reason and no owner and no expires"),
        ("\x1b", "cannot be read as TOML: "),
    ],
)
def test_a_missing_waiver_file_is_a_usage_error_before_anything_is_judged(
    pytester: pytest.Pytester, line: Line, text: str, complaint: str
) -> None:
    path = line.folder / "waivers.toml"
    path.write_text(text)
    result = run(pytester, line, f"--fcu-waivers={path}")
    assert result.ret == 4
    told = [text for text in result.errlines if text]
    assert len(told) == 1
    assert told[0].startswith(f"ERROR: waivers {path}: {complaint}")
    assert not list(pytester.path.glob("*.json"))


def test_the_path_in_the_ini_key_is_relative_to_the_ini_file(pytester: pytest.Pytester, line: Line) -> None:
    line.keystore.chmod(0o755)
    write(pytester.path, waiver("KEY007"))
    pytester.makeini("[pytest]\nfcu_waivers = waivers.toml\n")
    result = run(pytester, line, "-k", "KEY007")
    assert result.ret == 0
    assert [result["outcome"] for result in report(pytester)["results"]] == ["waived"]


def test_one_rule_about_waivers_can_be_run_by_itself(pytester: pytest.Pytester, line: Line) -> None:
    waivers: Path = write(line.folder, waiver("KEY007"))
    result = run(pytester, line, f"--fcu-waivers={waivers}", "fcu::KEY001", "fcu::SYS006[waivers.toml]")
    assert result.ret == 1
    assert [(r["code"], r["subject"]) for r in report(pytester)["results"]] == [
        ("KEY001", "keystore"),
        ("SYS006", "waivers.toml"),
    ]


def test_a_lot_shows_waived_findings_as_pytest_does(lot: Lot, capsys: pytest.CaptureFixture[str]) -> None:
    lot.swap_keys(1, 2)
    lot.keystore.chmod(0o755)
    waivers = write(lot.folder, waiver("DEV015", reason="keys are sorted by hand"), waiver("KEY007"))
    options = ["--keystore", lot.keystore, "--at", AT, "--validators", "none", "--waivers", waivers]
    assert main(["lot", *map(str, options), str(lot.devices)]) == 0
    told = capsys.readouterr().out
    shown = [line.split()[:2] for line in told.splitlines() if " fcu::" in line]
    assert [name for word, name in shown if word == "WAIVED"] == ["fcu::KEY007[keystore]", "fcu::DEV015[keystore]"]
    assert "fcu::KEY007[keystore]" not in [name for word, name in shown if word != "WAIVED"]
    assert "keys are sorted by hand (an owner, until 2026-09-30)" in told

"""The JSON report and pytest's own JUnit report."""

from __future__ import annotations

import stat
import xml.etree.ElementTree as ET
from datetime import datetime, timezone
from pathlib import Path

import pytest
from inprocess import reference_ca

from fcu_conform import check
from fcu_conform.engine import Outcome, Report, Result
from fcu_conform.interfaces.reports import json_report, writers
from fcu_conform.interfaces.run.settings import Settings
from fcu_conform.rules import CATALOGUE, catalogue

INSTANT = datetime(2026, 6, 1, tzinfo=timezone.utc)

FOR_KEYSTORES = catalogue(
    devices=False,
    upload=False,
    validators=False,
    handshake=False,
    waivers=False,
    enrollment=False,
    horizon=False,
    thefts=False,
    account=False,
)


def test_a_report_contains_all_findings_of_the_run(run, disordered: Path, read_report) -> None:
    run(disordered, "--fcu-report=report.json")
    report = read_report()
    assert report["verdict"] == "non-conformant"
    assert report["judged_at"] == "2026-06-01T00:00:00Z"
    assert report["suite"]["rules_digest"] == CATALOGUE.digest()
    [subject] = report["subjects"]
    assert subject["path"] == str(disordered)
    assert subject["chain_depth"] == 2
    assert [certificate["index"] for certificate in subject["certificates"]] == [1, 2, 3]
    assert [result["code"] for result in report["results"]] == [rule.code for rule in FOR_KEYSTORES]
    [finding] = [finding for finding in report["findings"] if finding["level"] == "error"]
    assert (finding["code"], finding["location"]["file"]) == ("CHN003", "fcu.crt")
    assert not [result["code"] for result in report["results"] if result["blocked_by"]]  # the right order is known


@pytest.mark.parametrize("options", [["-n2"], ["-n2", "--dist=worksteal"], ["-p", "no:randomly", "--ff"]])
def test_the_same_input_gives_the_same_bytes(run, disordered: Path, pristine: Path, pytester, options) -> None:
    both = (disordered, pristine / "keystore")
    run(*both, "--fcu-report=one.json")
    run(*both, "--fcu-report=two.json", *options)
    one, two = ((pytester.path / name).read_text().splitlines() for name in ("one.json", "two.json"))
    differing = [line for line, other in zip(one, two, strict=True) if line != other]
    assert all("checked_at" in line for line in differing)


def test_without_an_instant_all_workers_judge_at_the_same_time(tmp_path: Path, pytester, read_report) -> None:
    folder = tmp_path / "of-today"
    reference_ca("keystore", folder)
    pytester.runpytest_subprocess(f"--fcu-keystore={folder / 'keystore'}", "--fcu-report=report.json", "-n2")
    report = read_report()
    assert report["judged_at"] <= report["checked_at"]
    assert report["verdict"] == "conformant"


@pytest.mark.parametrize(
    "arguments", [["-k", "CRT"], ["--deselect", "fcu::KEY004"], ["fcu::KEY004"], ["-k", "no-such-word"]]
)
def test_a_part_of_the_suite_does_not_prove_conformance(run, keystore: Path, read_report, arguments) -> None:
    run(keystore, "--fcu-report=report.json", *arguments)
    assert read_report()["verdict"] == "incomplete"


def test_a_run_that_stops_early_after_a_failure_is_non_conformant(run, disordered: Path, read_report) -> None:
    run(disordered, "--fcu-report=report.json", "-x")
    report = read_report()
    assert report["verdict"] == "non-conformant"
    assert len(report["results"]) < len(FOR_KEYSTORES)


def test_the_report_equals_that_of_the_library(run, disordered: Path, read_report) -> None:
    run(disordered, "--fcu-report=report.json")
    report = check(disordered, at=INSTANT, validators="none")
    document = json_report.document(report, judged_at=INSTANT, checked_at=INSTANT)
    assert {**read_report(), "checked_at": document["checked_at"]} == document


def test_a_report_without_any_judgement_has_that_verdict(run, keystore: Path, pytester, read_report) -> None:
    setups = check(keystore).setups
    results = [Result(rule, setups[0].name, Outcome.NOT_APPLICABLE, reason="nothing there") for rule in CATALOGUE]
    document = json_report.document(Report(setups, results), judged_at=INSTANT, checked_at=INSTANT)
    (pytester.path / "report.json").write_bytes(json_report.render(document))
    assert read_report()["verdict"] == "nothing-checked"


def test_several_reports_can_be_written(run, keystore: Path, read_report) -> None:
    run(keystore, "--fcu-report=one.json", "--fcu-report=two.JSON")
    assert read_report("one.json") == read_report("two.JSON")


def test_collecting_only_writes_no_report(run, keystore: Path, pytester) -> None:
    run(keystore, "--fcu-report=report.json", "--co")
    assert not list(pytester.path.glob("*.json"))


def test_a_report_replaces_the_old_one_and_leaves_nothing_else(run, keystore: Path, pytester, read_report) -> None:
    (pytester.path / "report.json").write_text("the old one")
    run(keystore, "--fcu-report=report.json", "-p", "no:cacheprovider")
    read_report()
    assert [path.name for path in pytester.path.iterdir()] == ["report.json"]


def test_a_report_has_the_permissions_of_the_umask(run, keystore: Path, pytester) -> None:
    run(keystore, "--fcu-report=report.json")
    (pytester.path / "other").write_text("")
    modes = {stat.S_IMODE((pytester.path / name).stat().st_mode) for name in ("report.json", "other")}
    assert len(modes) == 1


def test_a_report_that_fails_at_the_end_leaves_the_old_one(keystore: Path, tmp_path: Path, monkeypatch) -> None:
    target = tmp_path / "report.json"
    target.write_text("the old one")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    settings = Settings(keystores=(str(keystore),), at="2026-06-01T00:00:00Z", reports=(str(target),))
    [fault] = writers.write(settings, check(keystore))
    assert fault == f"report {target} could not be written: No space left on device"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert target.read_text() == "the old one"


def test_a_report_that_fails_at_the_end_fails_the_run(run, keystore: Path, monkeypatch) -> None:
    monkeypatch.setattr(writers, "write", lambda *_: ["report r.json could not be written: No space left on device"])
    result = run(keystore, "--fcu-report=r.json")
    assert result.ret == 3
    result.stdout.fnmatch_lines(["fcu-conform: report r.json could not be written: No space left on device"])


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_junit_carries_code_level_source_and_outcome(run, disordered: Path, pytester, workers) -> None:
    run(disordered, "--junitxml=junit.xml", *workers)
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "junit.xml").iter("testcase")}
    failed = cases["CHN003[keystore]"]
    properties = {item.get("name"): item.get("value") for item in failed.iter("property")}
    assert properties["code"] == "CHN003"
    assert properties["level"] == "error"
    assert properties["source"] == CATALOGUE["CHN003"].source
    assert properties["outcome"] == "failed"
    failure = failed.find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("fcu.crt, certificate 2: ")
    assert (failure.text or "").startswith("FAILED fcu::CHN003[keystore]")
    skipped = [element.get("message", "") for case in cases.values() for element in case.iter("skipped")]
    assert skipped
    assert all(message.startswith("not applicable: ") for message in skipped)


def test_every_part_of_the_schema_is_described() -> None:
    def undescribed(part: object, path: str) -> list[str]:
        if not isinstance(part, dict):
            return []
        found = []
        for name, member in part.get("properties", {}).items():
            found += [] if member.get("description") else [f"{path}.{name}"]
            found += undescribed(member, f"{path}.{name}")
        for name, member in part.get("$defs", {}).items():
            found += undescribed(member, name)
        closed = part.get("additionalProperties") is False
        return found + ([] if closed or part.get("type") != "object" else [f"{path} is open"])

    assert undescribed(json_report.schema(), "report") == []

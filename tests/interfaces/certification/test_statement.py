"""The in-toto statement: its form by in-toto's own library, its subjects, its result."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

from fcu_conform import check
from fcu_conform.engine import Report
from fcu_conform.interfaces.certification.witnessed import with_digests
from fcu_conform.interfaces.reports import intoto_report, json_report
from interfaces.certification.doing import AT

INSTANT = datetime.fromisoformat(AT.replace("Z", "+00:00"))


def statement_of(report: Report) -> dict[str, Any]:
    content = json_report.document(report, judged_at=INSTANT, checked_at=INSTANT)
    judged = with_digests(content, report.setups)
    statement: dict[str, Any] = json.loads(intoto_report.render(judged))
    return statement


@pytest.fixture(scope="module")
def report(line: Path) -> Report:
    upload, out = line / "upload.pem", line / "out"
    return check(line / "keystore", at=INSTANT, devices=out, portal_upload=upload, validators="none")


def test_the_in_toto_library_accepts_the_statement(report: Report) -> None:
    statement = statement_of(report)
    parsed = json_format.Parse(json.dumps(statement), statement_pb2.Statement())
    Statement.copy_from_pb(parsed).validate()
    assert parsed.predicate_type == "https://in-toto.io/attestation/test-result/v0.1"
    own = {key: value for key, value in statement["predicate"].items() if not key.startswith("fcuConform")}
    result = json_format.Parse(json.dumps(own), test_result_pb2.TestResult())
    assert len(result.passed_tests) > 50
    assert [entry.name for entry in result.configuration] == ["fcu-conform rules"]
    assert list(result.failed_tests) == []


def test_subjects_are_the_judged_files_and_never_the_private_key(report: Report, line: Path) -> None:
    subjects = {subject["name"]: subject["digest"] for subject in statement_of(report)["subject"]}
    files = {
        "keystore/fcu.crt": "keystore/fcu.crt",
        "keystore/fcu_csr.pem": "keystore/fcu_csr.pem",
        "keystore/fcu.yml": "config/fcu.yml",
        "keystore/portal-upload/upload.pem": "upload.pem",
    }
    assert {name: digest["sha256"] for name, digest in subjects.items() if "sha256" in digest} == {
        name: hashlib.sha256((line / path).read_bytes()).hexdigest() for name, path in files.items()
    }
    assert set(subjects) - set(files) == {"keystore/devices/out"}
    key = hashlib.sha256((line / "keystore" / "fcu_private_key.pem").read_bytes()).hexdigest()
    assert key not in json.dumps(statement_of(report))


def test_a_folder_of_devices_has_the_digest_that_in_toto_s_command_gives(report: Report, line: Path) -> None:
    command = "find . -type f ! -name '*.key.pem' | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum"
    told = subprocess.run(["sh", "-c", command], cwd=line / "out", capture_output=True, text=True, check=True).stdout
    digests = {subject["name"]: subject["digest"] for subject in statement_of(report)["subject"]}
    assert digests["keystore/devices/out"] == {"dirHash": told.split()[0]}


def test_the_certificates_are_named_with_their_file(report: Report) -> None:
    crt = next(s for s in statement_of(report)["subject"] if s["name"] == "keystore/fcu.crt")
    certificates = report.setups[0].keystore.fcu_crt.certificates
    told = [certificate["sha256"] for certificate in crt["annotations"]["certificates"]]
    assert told == [certificate.sha256 for certificate in certificates]


def test_the_result_of_the_statement_is_the_verdict(report: Report, line: Path) -> None:
    def result(report: Report) -> str:
        return str(statement_of(report)["predicate"]["result"])

    assert result(report) == "PASSED"
    assert result(Report(report.setups, report.results, complete=False, examination=report.examination)) == "FAILED"
    soon = datetime.fromisoformat("2055-01-01T00:00:00+00:00")  # when no device of ten years fits in any more
    assert result(check(line / "keystore", at=soon, validators="none")) == "WARNED"
    late = datetime.fromisoformat("2099-01-01T00:00:00+00:00")
    failed = check(line / "keystore", at=late, validators="none")
    assert result(failed) == "FAILED"
    assert "CRT006[keystore]" in statement_of(failed)["predicate"]["failedTests"]


def test_a_keystore_without_a_readable_file_has_a_subject_too(tmp_path: Path) -> None:
    (tmp_path / "keystore").mkdir()
    report = check(tmp_path / "keystore", at=INSTANT, validators="none")
    statement = statement_of(report)
    nothing = {"dirHash": hashlib.sha256().hexdigest()}
    assert statement["subject"] == [{"name": "keystore", "digest": nothing, "annotations": {"path": "keystore"}}]
    Statement.copy_from_pb(json_format.Parse(json.dumps(statement), statement_pb2.Statement())).validate()

"""The in-toto statement of a run: a test result over the digests of what was judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fcu_conform.artefacts.digests import digest_of_file, digest_of_folder
from fcu_conform.faces import json_report
from fcu_conform.faces.failure import node_name
from fcu_conform.faces.json_report import Document

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"

REPORTS = "fcuConformReports"
"""Field of the predicate with the digests of the reports that lie beside the statement, by their names."""

VERDICT = "fcuConformVerdict"
"""Field of the predicate with the verdict in the suite's own word."""


def render(content: Document) -> bytes:
    """The statement about a report as a file; device output is read once more for its digest."""
    return json_report.render(statement(content))


def statement(content: Document, reports: Mapping[str, str] | None = None) -> Document:
    """The statement about a report.

    Args:
        content: the document of json_report.
        reports: SHA-256 of files that are handed in with the statement, by their names.
    """
    extra = {} if reports is None else {REPORTS: dict(sorted(reports.items()))}
    return {
        "_type": STATEMENT_TYPE,
        "subject": list(_subjects(content)),
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": _result(content),
            "configuration": list(_configuration(content)),
            "passedTests": _tests(content, "passed"),
            "warnedTests": _tests(content, "warned", "waived"),
            "failedTests": _tests(content, "failed", "error"),
            VERDICT: content["verdict"],
            **extra,
        },
    }


def _result(content: Document) -> str:
    """PASSED, WARNED or FAILED; a run that is no proof of conformance has not passed."""
    if content["verdict"] != "conformant":
        return "FAILED"
    return "WARNED" if _tests(content, "warned", "waived") else "PASSED"


def _tests(content: Document, *outcomes: str) -> list[str]:
    return [node_name(r["code"], r["subject"]) for r in content["results"] if r["outcome"] in outcomes]


def _subjects(content: Document) -> Iterator[dict[str, Any]]:
    """What was judged, each with its digest; the names begin with that of the keystore."""
    for subject in content["subjects"]:
        place = subject["name"] if subject["kind"] == "keystore" else f"{subject['name']}/{PLACES[subject['kind']]}"
        certificates = [{"name": c["subject"], "sha256": c["sha256"]} for c in subject["certificates"]]
        for number, file in enumerate(subject["files"]):
            # The file with the certificates is always the first.
            annotations = {"annotations": {"certificates": certificates}} if certificates and not number else {}
            yield {"name": f"{place}/{file['name']}", "digest": {"sha256": file["sha256"]}, **annotations}
        if subject["kind"] == "devices":
            path = Path(subject["path"])
            yield {"name": f"{place}/{path.name}", "digest": digest_of(path)}
        elif not subject["files"]:
            # A statement has a subject: here a folder without any file that could be read.
            yield {"name": place, "digest": {"dirHash": hashlib.sha256().hexdigest()}}


PLACES = {"upload": "portal-upload", "devices": "devices"}
"""What stands between the keystore's name and that of a file, by the kind of subject."""


def digest_of(path: Path) -> dict[str, str]:
    """The digest set of device output.

    Raises:
        OSError: a file cannot be read.
    """
    return {"dirHash": digest_of_folder(path)} if path.is_dir() else {"sha256": digest_of_file(path.resolve())}


def _configuration(content: Document) -> Iterator[dict[str, Any]]:
    """By what was judged: the rules, with all that bears on how they judge, and the waivers."""
    suite, options = content["suite"], content["options"]
    yield {
        "name": "fcu-conform rules",
        "digest": {"sha256": suite["rules_digest"]},
        "annotations": {
            "version": suite["version"],
            "judgedAt": content["judged_at"],
            "checkedAt": content["checked_at"],
            "strict": options["strict"],
            "handshake": options["handshake"],
            "sampleSeed": options["sample_seed"],
            "validators": {v["name"]: v["version"] for v in content["validators"] if v["status"] == "used"},
        },
    }
    if options["waivers"] is not None:
        yield {"name": options["waivers"]["name"], "digest": {"sha256": options["waivers"]["sha256"]}}

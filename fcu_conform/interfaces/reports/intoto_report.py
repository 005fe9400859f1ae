"""The in-toto statement of a run: a test result over the digests of what was judged."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fcu_conform.artefacts.bounded_io.digests import dir_hash
from fcu_conform.interfaces.reports import json_report
from fcu_conform.interfaces.reports.json_report import Document
from fcu_conform.interfaces.reports.text_report import node_name

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"

REPORTS = "fcuConformReports"
"""Field of the predicate with the digests of the reports that lie beside the statement, by their names."""

VERDICT = "fcuConformVerdict"
"""Field of the predicate with the verdict in the suite's own word."""

DEVICES = "fcuConformDevices"
"""Field of the predicate with how many devices were judged, conform and are not decided, as in the JSON report."""


def render(content: Document) -> bytes:
    """The statement about a report as a file; the document is one of `witnessed.with_digests`."""
    return json_report.render(statement(content))


def statement(content: Document, reports: Mapping[str, str] | None = None) -> Document:
    """The statement about a report.

    Args:
        content: the document of json_report, with digests.
        reports: SHA-256 of files that are submitted with the statement, by their names.
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
            DEVICES: {name: content["devices"][name] for name in ("checked", "conformant", "not_decided", "asked")},
            **extra,
        },
    }


def _result(content: Document) -> str:
    """PASSED, WARNED or FAILED; a run that is not proof of conformance has not passed.

    One that was asked for more than it did has passed with a warning.
    """
    if content["verdict"] != "conformant":
        return "FAILED"
    return "WARNED" if _tests(content, "warned", "waived") or content["not_done"] else "PASSED"


def _tests(content: Document, *outcomes: str) -> list[str]:
    return [node_name(r["code"], r["subject"]) for r in content["results"] if r["outcome"] in outcomes]


def _subjects(content: Document) -> Iterator[dict[str, Any]]:
    """What was judged, each with its digest and its place; the names begin with that of the keystore.

    Places are paths from the one folder that holds all of them: names alone do not tell two keystores apart.
    """
    subjects = [subject for judged in content["subjects"] for subject in _of_one(judged)]
    root = _common([subject["annotations"]["path"] for subject in subjects])
    for subject in subjects:
        path = subject["annotations"]["path"]
        place = path.relative_to(root or path.anchor)
        yield {**subject, "annotations": {**subject["annotations"], "path": place.as_posix()}}


def _of_one(judged: Document) -> Iterator[dict[str, Any]]:
    """The subjects of a keystore, an upload or device output, with absolute paths."""
    prefix = judged["name"] if judged["kind"] == "keystore" else f"{judged['name']}/{PLACES[judged['kind']]}"
    path = Path(os.path.abspath(judged["path"]))  # noqa: PTH100 - links stay as they are seen
    certificates = [{"name": c["subject"], "sha256": c["sha256"]} for c in judged["certificates"]]
    for number, file in enumerate(judged["files"]):
        annotations: dict[str, Any] = {"path": _path_of(file["name"], path, judged)}
        if certificates and not number:  # the file with the certificates is always the first
            annotations["certificates"] = certificates
        yield {
            "name": f"{prefix}/{file['name']}",
            "digest": {"sha256": file["sha256"]},
            "annotations": annotations,
        }
    if judged["kind"] == "devices":
        yield {"name": f"{prefix}/{path.name}", "digest": judged["digest"], "annotations": {"path": path}}
    elif not judged["files"]:
        # A statement has a subject: here a folder without any file that could be read.
        yield {"name": prefix, "digest": {"dirHash": dir_hash(())}, "annotations": {"path": path}}


def _path_of(name: str, path: Path, judged: Document) -> Path:
    """Where a file of a keystore lies, or of an upload."""
    if judged["config"] is not None and name == Path(judged["config"]).name:
        return Path(os.path.abspath(judged["config"]))  # noqa: PTH100
    return path / name if judged["kind"] == "keystore" else path.with_name(name)


def _common(paths: Sequence[Path]) -> Path | None:
    """The deepest folder that all paths are in; None where they are on different drives of Windows."""
    try:
        return Path(os.path.commonpath([path.parent for path in paths]))
    except ValueError:
        return None


PLACES = {"upload": "portal-upload", "devices": "devices"}
"""What stands between the keystore's name and that of a file, by the kind of subject."""


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
            "notDone": [f"{one['asked']} [{one['subject']}]: {one['reason']}" for one in content["not_done"]],
            "sampleSeed": options["sample_seed"],
            "within": options["within"],
            "validators": {v["name"]: v["version"] for v in content["validators"] if v["status"] == "used"},
        },
    }
    if options["waivers"] is not None:
        yield {"name": options["waivers"]["name"], "digest": {"sha256": options["waivers"]["sha256"]}}

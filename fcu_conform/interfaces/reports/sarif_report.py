"""The SARIF report (OASIS SARIF 2.1.0): findings by file and line, so that code hosts annotate fcu.yml and fcu.crt."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from fcu_conform.artefacts.bounded_io.archives import is_archive
from fcu_conform.artefacts.device_output.rows import is_row_of
from fcu_conform.interfaces.reports.json_report import Document
from fcu_conform.interfaces.reports.report_view import ReportView, ResultView
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.rules.family import About
from fcu_conform.rules.model import Level, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

LEVELS = {"error": "error", "warning": "warning", "notice": "note"}

TOLD = frozenset({"failed", "warned", "waived", "passed", "not-applicable", "blocked"})
"""Outcomes whose findings are results; a rule that broke is a notification about the run."""

SHOWN = 1000
"""Findings of one rule that become results: code hosts refuse files with more than 25,000 of them."""

BINARY = frozenset({".der", ".cbor", ".zip", ".gz", ".tgz", ".tar"})
"""Endings of files that have no lines."""

Json = dict[str, Any]


def render(content: Document) -> bytes:
    """The document of json_report as a SARIF log with one run, as ASCII bytes."""
    view = ReportView.of(content)
    rules = {entry.rule.code: entry.rule for entry in view.entries}
    places = Places(content)
    run = {
        "tool": {
            "driver": {
                "name": content["suite"]["name"],
                "version": content["suite"]["version"],
                "semanticVersion": content["suite"]["version"],
                "rules": [_rule(rule) for rule in rules.values()],
                "properties": {"rulesDigest": content["suite"]["rules_digest"]},
            }
        },
        "invocations": [_invocation(view)],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(entry, finding, list(rules).index(entry.code), places)
            for entry in view.entries
            if entry.outcome in TOLD
            for finding in entry.findings[:SHOWN]
        ],
        "properties": {
            "verdict": view.verdict,
            "judgedAt": content["judged_at"],
            "counts": view.counts,
            "devices": asdict(view.devices),
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return (json.dumps(log, indent=2, ensure_ascii=True) + "\n").encode("ascii")


class Places:
    """The paths of the files of findings, relative to the current folder: a finding has only their names."""

    def __init__(self, document: Document) -> None:
        self._subjects: dict[str, dict[str, list[str]]] = {}
        for subject in document["subjects"]:
            of_setup = self._subjects.setdefault(subject["name"], {})
            of_setup.setdefault(subject["kind"], []).append(subject["path"])
            if subject["config"]:
                of_setup["config"] = [subject["config"]]

    def path(self, entry: ResultView, file: str | None) -> Path:
        """The path of a finding's file as the user would give it; the keystore's folder where there is none."""
        known = self._subjects.get(entry.setup, {})
        keystore = Path(known.get("keystore", ["."])[0])
        if file is None:
            return keystore
        if entry.rule.family.about is About.UPLOAD and "upload" in known:
            return Path(known["upload"][0]).with_name(file)
        if entry.rule.family.about is About.DEVICES and "devices" in known and file != "fcu.crt":
            return _in_output(known["devices"], file)
        if "config" in known and Path(known["config"][0]).name == file:
            return Path(known["config"][0])
        return keystore if file == keystore.name else keystore / file


def _in_output(paths: list[str], name: str) -> Path:
    """The path of a device's file; a table stands for its rows, an archive for what is in it."""
    outputs = [Path(text) for text in paths]
    for path in outputs:
        if path.name == name or is_row_of(path.name, name):
            return path
    for path in outputs:
        if path.is_dir() and os.path.exists(path / name):  # noqa: PTH110 - Path.exists raises, on a name too long for one
            return path / name
    return next((path for path in outputs if is_archive(path)), outputs[0])


def uri(path: PurePath) -> str:
    """A path as a URI: relative where it lies below the current folder, which code hosts take for the repository."""
    absolute = Path(os.path.normpath(Path.cwd() / path))
    if absolute.is_relative_to(Path.cwd()):
        return quote(absolute.relative_to(Path.cwd()).as_posix(), errors="surrogateescape")
    return "file://" + quote(absolute.as_posix(), errors="surrogateescape")


def _rule(rule: Rule) -> Json:
    help_text = f"{rule.why}\n\nFix: {rule.fix}\n\nSource: {rule.source}"
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"Requirement: {rule.requirement}. {rule.why}"},
        "help": {"text": help_text},
        "defaultConfiguration": {"level": LEVELS[rule.level.value]},
        "properties": {
            "tags": ["conformance", rule.family.value, *rule.evidence.split(", ")],
            "precision": "very-high",
            "problem.severity": "recommendation" if rule.level is Level.NOTICE else rule.level.value,
        },
    }


def _result(entry: ResultView, finding: Document, index: int, places: Places) -> Json:
    location = finding["location"]
    path = places.path(entry, location["file"])
    address = uri(path)
    physical: Json = {"artifactLocation": {"uri": address}}
    if location["file"] is not None and path.suffix.lower() not in BINARY:
        # What is about a file as a whole is shown at its top.
        physical["region"] = {"startLine": location["line"] or 1}
    place: Json = {"physicalLocation": physical}
    logical = _logical(location, path)
    if logical:
        place["logicalLocations"] = [{"fullyQualifiedName": printable(logical)}]
    details = [("Expected", finding["expected"]), ("Found", finding["found"]), ("Fix", finding["fix"])]
    text = "\n".join([finding["message"], *(f"{label}: {words}" for label, words in details if words)])
    identity = "\0".join((entry.code, entry.result["subject"], address, logical, finding["message"]))
    result: Json = {
        "ruleId": entry.code,
        "ruleIndex": index,
        "level": LEVELS[finding["level"]],
        "message": {"text": "\n".join(printable(line) for line in text.splitlines())},
        "locations": [place],
        "partialFingerprints": {"fcuConform/v1": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()},
        "properties": {"subject": printable(entry.result["subject"])},
    }
    waiver = finding.get("waiver")
    if waiver:
        words = printable(f"{waiver['reason']} ({waiver['owner']}, until {waiver['expires']})")
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": words}]
    return result


def _logical(location: Document, path: Path) -> str:
    """What no line says: the file in an archive, the number of the certificate, the setting or extension."""
    member = location["file"] if is_archive(path) else ""
    number = f"certificate {location['index']}" if location["index"] is not None else ""
    return "/".join(part for part in (member, number, location["field"]) if part)


def _invocation(view: ReportView) -> Json:
    document = view.document
    notes = list(_notifications(view))
    invocation: Json = {
        "executionSuccessful": view.verdict in ("conformant", "non-conformant"),
        "endTimeUtc": document["checked_at"],
    }
    status = exit_code(view)
    if status is not None:
        invocation["exitCode"] = status
    if notes:
        invocation["toolExecutionNotifications"] = notes
    return invocation


def exit_code(view: ReportView) -> ExitCode | None:
    """The run's exit code; None where results alone do not tell it (a run that was stopped or cut short)."""
    if "error" in view.counts:
        return ExitCode.INTERNAL_FAULT
    if view.verdict == "nothing-checked":
        return ExitCode.NOTHING_CHECKED
    if "failed" in view.counts:
        return ExitCode.NON_CONFORMANT
    if view.devices.not_decided or (view.not_done and view.document["options"]["strict"]):
        return ExitCode.NON_CONFORMANT
    return ExitCode.CONFORMANT if view.verdict == "conformant" else None


def _notifications(view: ReportView) -> Iterator[Json]:
    for entry in view.entries:
        if entry.outcome == "error":
            text = f"{entry.code} could not be judged: {entry.result['reason']}"
            yield {"level": "error", "message": {"text": printable(text)}, "associatedRule": {"id": entry.code}}
        left_out = entry.count - min(len(entry.findings), SHOWN)
        if left_out > 0 and entry.outcome in TOLD:
            text = f"{entry.code}: {left_out} more findings are only in the JSON report"
            yield {"level": "note", "message": {"text": text}, "associatedRule": {"id": entry.code}}
    for line in view.not_done:
        yield {"level": "warning", "message": {"text": printable(f"not done: {line}")}}
    if view.verdict == "incomplete":
        yield {"level": "warning", "message": {"text": view.summary()}}

"""The JSON report: an engine's report as the document that report.schema.json describes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from fcu_conform import rules
from fcu_conform.artefacts.bounded_io.reading import FileBytes
from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.redaction import redact_all
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.engine import Report, Result
from fcu_conform.engine.states import DeviceCounts
from fcu_conform.interfaces.run.settings import format_instant
from fcu_conform.rules.model import Finding
from fcu_conform.version import __version__

SCHEMA_VERSION = "1.1"

Document = dict[str, Any]


OLD_VERSIONS = ("1.0",)
"""Versions of documents that were written once and can still be read."""


def schema(version: str = SCHEMA_VERSION) -> Document:
    """The JSON Schema (draft 2020-12) that every document of a version validates against: this one or an old one."""
    name = "report.schema.json" if version == SCHEMA_VERSION else f"report-{version}.schema.json"
    loaded: Document = json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return loaded


def document(report: Report, *, judged_at: datetime, checked_at: datetime) -> Document:
    """A report as plain data, in the order of the report's results.

    Args:
        judged_at: the instant that validity was judged at.
        checked_at: the clock's time of the run; all that differs between two runs on the same input.
    """
    # All rules, whether or not they had something to judge: a run without a report need not load them.
    content: Document = {
        "schema_version": SCHEMA_VERSION,
        "suite": {"name": "fcu-conform", "version": __version__, "rules_digest": rules.CATALOGUE.digest()},
        "verdict": report.verdict.value,
        "checked_at": format_instant(checked_at),
        "judged_at": format_instant(judged_at),
        "options": _options(report),
        "subjects": [subject for setup in report.setups for subject in _subjects(setup)],
        "validators": [asdict(validator) for validator in report.validators()],
        "waivers": list(_waivers(report)),
        "not_done": [asdict(one) for one in report.not_done],
        "results": [_result(result) for result in report.results],
        "findings": [_finding(result, finding) for result in report.results for finding in result.findings],
        "devices": _devices(report.devices),
        **_signatures(report.devices),
    }
    redacted: Document = redact_all(content)
    return redacted


def render(content: Document) -> bytes:
    """The document as ASCII bytes: whatever a certificate's name holds, the file is safe to show anywhere."""
    return (json.dumps(content, indent=2, ensure_ascii=True) + "\n").encode("ascii")


def _options(report: Report) -> Document:
    """What was asked for beside the subjects, as far as it bears on the verdict."""
    examination = report.examination
    file = None if examination is None else examination.waiver_file
    return {
        "strict": examination is not None and examination.strict,
        "handshake": examination is not None and examination.handshake,
        "sample_seed": None if examination is None else examination.sample_seed,
        "within": next((str(setup.within) for setup in report.setups if setup.within is not None), None),
        "waivers": None if file is None else {"name": file.name, "sha256": file.sha256},
    }


def _waivers(report: Report) -> Iterator[Document]:
    """Every waiver that was given, and whether a finding is covered by it; read off the results, as validators are."""
    file = None if report.examination is None else report.examination.waiver_file
    used = {finding.waiver for _, finding in report.findings()}
    for waiver in () if file is None else file.waivers:
        yield {"code": waiver.code, "scope": waiver.scope, **_waiver(waiver), "used": waiver in used}


def _waiver(waiver: Waiver) -> Document:
    return {"reason": waiver.reason, "owner": waiver.owner, "expires": waiver.expires.isoformat()}


def _devices(counts: DeviceCounts) -> Document:
    return {
        "checked": counts.checked,
        "conformant": counts.conformant,
        "not_decided": counts.not_decided,
        "asked": counts.asked,
        "offenders": list(counts.offenders),
        "undecided": list(counts.undecided),
    }


def _signatures(counts: DeviceCounts) -> Document:
    """By what the signatures of how many devices were verified, where it was not `cryptography` alone."""
    if not counts.by_tables:
        return {}
    return {"signatures": {"by_tables": counts.by_tables, "by_cryptography": counts.checked - counts.by_tables}}


def _subjects(setup: Setup) -> Iterator[Document]:
    """The keystore, and the device output and upload that go with it."""
    yield _keystore(setup)
    if setup.upload is not None:
        upload = setup.upload.certificates
        certificates = [_certificate(entry.index, entry.certificate) for entry in upload.readable if entry.certificate]
        yield {
            "kind": "upload",
            "name": setup.name,
            "path": str(upload.file.path),
            "config": None,
            "chain_depth": None,
            "certificates": certificates,
            "files": _files(upload.file, setup.upload.details_file),
        }
    for path in setup.devices.paths if setup.devices else ():
        yield {
            "kind": "devices",
            "name": setup.name,
            "path": str(path),
            "config": None,
            "chain_depth": None,
            "certificates": [],
            "files": [],
        }


def _keystore(setup: Setup) -> Document:
    return {
        "kind": "keystore",
        "name": setup.name,
        "path": str(setup.keystore.path),
        "config": None if setup.config is None else str(setup.config.path),
        "chain_depth": setup.depth,
        "certificates": [
            _certificate(entry.index, entry.certificate)
            for entry in setup.keystore.fcu_crt.entries
            if entry.certificate is not None
        ],
        "files": _files(
            setup.keystore.fcu_crt.file,
            setup.keystore.request_file.file,
            None if setup.config is None else setup.config.file,
        ),
    }


def _files(*files: FileBytes | None) -> list[Document]:
    """The digests of the very bytes that were judged; nothing is ever said of the private key's file."""
    return [
        {"name": file.name, "sha256": hashlib.sha256(file.data).hexdigest()}
        for file in files
        if file is not None and file.trouble is None
    ]


def _certificate(index: int, certificate: Certificate) -> Document:
    return {
        "index": index,
        "subject": str(certificate.subject),
        "common_name": next(iter(certificate.subject.values(oids.COMMON_NAME)), None),
        "issuer": str(certificate.issuer),
        "serial": f"{certificate.serial:x}",
        "sha256": certificate.sha256,
        "not_before": format_instant(certificate.not_before.instant),
        "not_after": format_instant(certificate.not_after.instant),
    }


def _result(result: Result) -> Document:
    return {
        "code": result.code,
        "slug": result.rule.slug,
        "level": result.rule.level.value,
        "title": result.rule.title,
        "subject": result.target,
        "outcome": result.outcome.value,
        "blocked_by": list(result.blocked_by),
        "reason": result.reason,
        "count": result.count,
        "waived": result.waived,
    }


def _finding(result: Result, finding: Finding) -> Document:
    location = finding.location
    return {
        "code": result.code,
        "level": (finding.level or result.rule.level).value,
        "subject": result.target,
        "location": {
            "file": location.file,
            "index": location.index,
            "line": location.line,
            "field": location.field,
        },
        "message": finding.message,
        "expected": finding.expected,
        "found": finding.found,
        "why": finding.why,
        "fix": finding.fix,
        "source": result.rule.source,
        **({"picture": list(finding.picture)} if finding.picture else {}),
        **({"waiver": _waiver(finding.waiver)} if finding.waiver else {}),
    }

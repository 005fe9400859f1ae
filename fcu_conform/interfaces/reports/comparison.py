"""Compares two JSON reports: what newly fails, what is fixed, what still fails, and what is no longer visible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from fcu_conform.artefacts.bounded_io.json_text import parse_json
from fcu_conform.artefacts.bounded_io.limits import REPORT_FILE
from fcu_conform.artefacts.bounded_io.reading import read_file
from fcu_conform.artefacts.usage import UsageError, existing
from fcu_conform.interfaces.reports.json_report import OLD_VERSIONS, Document, schema

ANSWERED = ("passed", "warned", "failed", "waived")
"""Outcomes that say of a rule that it has judged, and that what it no longer finds is gone."""

FEW = 10
"""Codes that are listed one by one, and violations of the schema that are weighed."""


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that fails a run, by where it is: two runs that find the same there find the same fault.

    Numbers of lines are left out, since lines move; so are the words, since they may hold dates.
    """

    code: str
    subject: str
    file: str = ""
    certificate: str = ""
    field: str = ""

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.file, self.certificate, self.field) if part)
        return f"{self.code} [{self.subject}]{f' {place}' if place else ''}"


@dataclass(frozen=True)
class Change:
    """A fault, and a sentence about it from the newer report that has one."""

    fault: Fault
    message: str


@dataclass(frozen=True)
class Comparison:
    """What has changed from one report to the next.

    Attributes:
        verdicts: the old and the new one.
        new: faults that only the new report has.
        fixed: faults that only the old one has, of rules that have judged again.
        still_failing: faults that both have.
        out_of_sight: faults that only the old one has, of rules that are now waived, blocked, not applicable or left
            out: not proved to be fixed. The message says which.
        subjects: what was judged in one of them only, or has other files or certificates now.
        rules: how the two suites differ, where they do.
    """

    verdicts: tuple[str, str]
    new: tuple[Change, ...]
    fixed: tuple[Change, ...]
    still_failing: tuple[Change, ...]
    out_of_sight: tuple[Change, ...]
    subjects: tuple[str, ...]
    rules: tuple[str, ...]

    def as_plain(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return asdict(self)


def read_report(given: str) -> Document:
    """A JSON report of this suite.

    Raises:
        UsageError: it cannot be read, or is none; one line says where.
    """
    path = existing(given, "report")
    file = read_file(path, REPORT_FILE)
    if file.trouble is not None:
        raise UsageError(f"report {path}: {file.detail or file.trouble.value}")
    try:
        document = parse_json(file.data)
        version = document.get("schema_version") if isinstance(document, dict) else None
        validator = Draft202012Validator(schema(version) if version in OLD_VERSIONS else schema())
        # The nearest of the first few: a file of another kind has one in every line.
        fault = best_match(islice(validator.iter_errors(document), FEW))
    except (ValueError, RecursionError) as fault:
        reason = str(fault) if str(fault).startswith("has ") else "is not JSON"
        raise UsageError(f"report {path}: {reason}") from None
    if fault is not None:
        # The message itself would quote the file at any length.
        raise UsageError(
            f"report {path}: is not a report of fcu-conform: {fault.json_path}: {fault.validator} is violated"
        )
    found: Document = document
    return found


def compare(old: Document, new: Document) -> Comparison:
    """What has changed from one report to the next; both are valid by the schema."""
    before, after = _faults(old), _faults(new)
    outcomes = {(result["code"], result["subject"]): result for result in new["results"]}
    fixed, out_of_sight = [], []
    for fault in sorted(before.keys() - after.keys()):
        result = outcomes.get((fault.code, fault.subject))
        if result is None:
            out_of_sight.append(Change(fault, "was not judged"))
        elif reason := _hidden(fault, result, new):
            out_of_sight.append(Change(fault, reason))
        else:
            fixed.append(Change(fault, before[fault]))
    return Comparison(
        (old["verdict"], new["verdict"]),
        tuple(Change(fault, after[fault]) for fault in sorted(after.keys() - before.keys())),
        tuple(fixed),
        tuple(Change(fault, after[fault]) for fault in sorted(after.keys() & before.keys())),
        tuple(out_of_sight),
        tuple(_subjects(old, new)),
        tuple(_rules(old, new)),
    )


def _hidden(fault: Fault, result: Mapping[str, Any], document: Document) -> str:
    """Why nobody knows whether a fault is still there; empty where it is gone."""
    if result["outcome"] == "blocked":
        return f"is blocked by {', '.join(result['blocked_by'])}"
    if result["outcome"] not in ANSWERED:
        return f"{result['outcome'].replace('-', ' ')}: {result['reason']}"
    findings = [f for f in document["findings"] if (f["code"], f["subject"]) == (fault.code, fault.subject)]
    certificates = _certificates(document)
    if any("waiver" in finding and _fault(finding, certificates) == fault for finding in findings):
        return "is waived"
    if result.get("count", 0) > len(findings):
        return f"the report lists {len(findings)} of {result['count']} findings"
    return ""


def _faults(document: Document) -> dict[Fault, str]:
    """Every fault of a report, with the first sentence about it."""
    certificates = _certificates(document)
    findings: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for finding in document["findings"]:
        if "waiver" not in finding:
            findings.setdefault((finding["code"], finding["subject"]), []).append(finding)
    faults: dict[Fault, str] = {}
    for result in document["results"]:
        code, subject = result["code"], result["subject"]
        if result["outcome"] == "error":
            faults[Fault(code, subject)] = result["reason"]
        elif result["outcome"] == "failed":
            found = findings.get((code, subject), [])
            weight = "error" if any(finding["level"] == "error" for finding in found) else "warning"
            for finding in found:
                if finding["level"] == weight:
                    faults.setdefault(_fault(finding, certificates), finding["message"])
            if not found:
                faults[Fault(code, subject)] = "failed"
    return faults


def _fault(finding: Mapping[str, Any], certificates: Mapping[tuple[str, int], str]) -> Fault:
    location = finding["location"]
    index = location["index"]
    number = "" if index is None else f"certificate {index}"
    # The same certificate is the same fault wherever it stands in the file.
    certificate = certificates.get((finding["subject"], index), number) if location["file"] == "fcu.crt" else number
    return Fault(finding["code"], finding["subject"], location["file"] or "", certificate, location["field"] or "")


def _certificates(document: Document) -> dict[tuple[str, int], str]:
    """What to call the certificates of each keystore, by its name and their number."""
    return {
        (subject["name"], certificate["index"]): f"{certificate['subject']} (sha256 {certificate['sha256'][:8]}…)"
        for subject in document["subjects"]
        if subject["kind"] == "keystore"
        for certificate in subject["certificates"]
    }


def _subjects(old: Document, new: Document) -> Iterator[str]:
    """Sentences about what was judged in one run only, or is not what it was."""

    def by_name(document: Document) -> dict[tuple[str, str], tuple[Counter[str], Counter[str]]]:
        return {
            (subject["kind"], subject["name"]): (
                Counter(f"{file['name']} {file['sha256']}" for file in subject.get("files", ())),
                Counter(certificate["sha256"] for certificate in subject["certificates"]),
            )
            for subject in document["subjects"]
        }

    before, after = by_name(old), by_name(new)
    for kind, name in sorted(before.keys() | after.keys()):
        what = f"{kind} {name}"
        if (kind, name) not in after:
            yield f"{what}: only in the old report"
        elif (kind, name) not in before:
            yield f"{what}: only in the new report"
        else:
            (old_files, old_certificates), (new_files, new_certificates) = before[kind, name], after[kind, name]
            if old_certificates != new_certificates:
                yield f"{what}: has other certificates"
            elif old_files != new_files:
                names = sorted({file.rpartition(" ")[0] for file in (old_files - new_files) + (new_files - old_files)})
                yield f"{what}: {', '.join(names)} changed"


def _rules(old: Document, new: Document) -> Iterator[str]:
    if old["suite"]["version"] != new["suite"]["version"]:
        yield f"fcu-conform {old['suite']['version']} then, {new['suite']['version']} now"
    if old["suite"]["rules_digest"] != new["suite"]["rules_digest"]:
        yield "the rules have changed"
    before, after = ({result["code"] for result in document["results"]} for document in (old, new))
    if before - after:
        yield f"judged only in the old run: {_listed(before - after)}"
    if after - before:
        yield f"judged only in the new run: {_listed(after - before)}"


def _listed(codes: Set[str]) -> str:
    """Codes in order; of many, how many there are of each family."""
    if len(codes) <= FEW:
        return ", ".join(sorted(codes))
    return ", ".join(f"{family} ({count} rules)" for family, count in sorted(Counter(c[:3] for c in codes).items()))

"""ENR: the CSV with which the identities of devices are enrolled at the portal (first to claim)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fcu_conform.artefacts.enrollment.comparison import (
    LARGEST_UPLOAD,
    EnrollmentComparison,
    Row,
    Told,
)
from fcu_conform.rules.model import Blocked, Finding, Findings, Level, Location, NotApplicable, enrollment_rule
from fcu_conform.rules.support.sources import docs, enrollment_api

_OWNERSHIP = docs("Ownership claiming configuration", "", "T-04", "T-05")
_WRITE = "write the CSV from the device output: fcu-conform enroll --devices OUT --out enroll.csv"


@enrollment_rule(
    "ENR001",
    Level.ERROR,
    requirement="each file of the enrollment CSV has a header line",
    title="an enrollment CSV has no header line",
    why="The portal ignores the first line, whatever it holds: a device in it is not enrolled, and nobody is told.",
    fix=_WRITE,
    passes="enrollment_identity in the first line",
    fails="A-3F:9A:… in the first line",
    source=enrollment_api("T-06"),
)
def enrollment_has_header(comparison: EnrollmentComparison) -> Findings:
    found = [
        Finding(file.header_fault, Location(file.name, line=1), expected="a header")
        for file in comparison.files
        if file.header_fault
    ]
    yield from _or_blocked(found, comparison)


@enrollment_rule(
    "ENR002",
    Level.ERROR,
    requirement="every identity in the enrollment CSV is well-formed, occurs once, and is that of a given device",
    title="an enrollment CSV has an identity that is malformed, repeated or of another device",
    why="The portal refuses malformed and repeated identities. Whoever enrolls the identity of another device claims a"
    " device that is not theirs.",
    fix=_WRITE,
    passes="A-3F:9A:… with 32 octets, the fingerprint of the certificate of one of the devices",
    fails="A-3F9A…; an identity in two lines; the identity of a device of another lot",
    source=(enrollment_api("T-04", "T-06"), _OWNERSHIP),
)
def enrolled_identities_are_sound(comparison: EnrollmentComparison) -> Findings:
    yield from _or_blocked(_faults_of_identities(comparison), comparison)
    if not comparison.rows:
        raise NotApplicable("the enrollment CSV has no identity")


def _faults_of_identities(comparison: EnrollmentComparison) -> Findings:
    for row in comparison.malformed.first:
        message = f"the line {row.fault}" if row.fault else "the identity is malformed"
        yield Finding(message, _at(row), "A- and 32 octets in hexadecimal, with colons between", row.text)
    yield from _more(comparison.malformed, "malformed identity", "malformed identities")
    for row in comparison.repeated.first:
        yield Finding("the identity is a duplicate", _at(row), expected="each identity once", found=row.text)
    yield from _more(comparison.repeated, "duplicate", "duplicates")
    if comparison.unknown.count == 0:  # one of them may be the device of such an identity
        for row in comparison.strangers.first:
            yield Finding("no given device has this identity", _at(row), found=row.text)
        yield from _more(comparison.strangers, "identity of another device", "identities of other devices")


@enrollment_rule(
    "ENR003",
    Level.ERROR,
    requirement="the enrollment CSV has the identity of every given device",
    title="a device is missing in the enrollment CSV",
    why="A device whose identity is not enrolled cannot be claimed: it connects, is not known and is turned away.",
    fix=_WRITE,
    passes="500 devices and their 500 identities",
    fails="500 devices and 499 identities",
    source=(enrollment_api("T-06"), _OWNERSHIP),
)
def devices_are_enrolled(comparison: EnrollmentComparison) -> Findings:
    if not comparison.has_devices:
        raise NotApplicable("no devices were given")
    yield from _or_blocked(_devices_left_out(comparison), comparison)


def _devices_left_out(comparison: EnrollmentComparison) -> Findings:
    for device in comparison.unknown.first:
        yield Finding("its enrollment identity is not known", Location(device.name), found=device.fault)
    yield from _more(comparison.unknown, "device without an identity", "devices without an identity")
    if not _is_readable(comparison):
        return
    for device in comparison.missing.first:
        yield Finding("its identity is missing", Location(device.name), expected=device.identity)
    yield from _more(comparison.missing, "missing device", "missing devices")


@enrollment_rule(
    "ENR004",
    Level.ERROR,
    requirement="each file of the enrollment CSV has at most 10 MB of UTF-8 without a byte order mark, and no blanks"
    " between a value and its quotation marks",
    title="an enrollment CSV is too large, or not written as the portal reads it",
    why="The portal refuses the file, or the line.",
    fix="fcu-conform enroll --devices OUT --out enroll.csv writes files of the right size and form",
    passes="a file of 100,000 lines that end with line feeds",
    fails='11 MB; UTF-16; "A-3F:9A:… "',
    source=enrollment_api("T-06"),
)
def enrollment_is_written_as_the_portal_reads_it(comparison: EnrollmentComparison) -> Findings:
    for file in comparison.files:
        place = Location(file.name)
        if file.size > LARGEST_UPLOAD:
            yield Finding("is too large", place, f"at most {LARGEST_UPLOAD} bytes", f"{file.size} bytes")
        if not file.is_text:
            yield Finding("is UTF-16", place, expected="UTF-8 without a byte order mark")
        elif file.has_mark:
            yield Finding("has a byte order mark", Location(file.name, line=1), expected="UTF-8 without one")
    for row in comparison.not_utf8.first:
        yield Finding("is not UTF-8", _at(row), expected="UTF-8", found=row.text)
    yield from _more(comparison.not_utf8, "line that is not UTF-8", "lines that are not UTF-8")
    for row in comparison.quoted_blanks.first:
        yield Finding("blanks stand between the quotation marks and the identity", _at(row), found=row.text)
    yield from _more(comparison.quoted_blanks, "line with such blanks", "lines with such blanks")


def _or_blocked(findings: Iterable[Finding], comparison: EnrollmentComparison) -> Findings:
    """The findings; where there is none, and a file could not be read to its end as text, ENR004 tells of that.

    Raises:
        Blocked: nothing was found, and a file could not be read.
    """
    found = list(findings)
    if not found and not _is_readable(comparison):
        raise Blocked("ENR004")
    yield from found


def _is_readable(comparison: EnrollmentComparison) -> bool:
    return all(file.is_readable for file in comparison.files)


def _at(row: Row) -> Location:
    return Location(row.file, line=row.line)


def _more(told: Told[Any], one: str, many: str) -> Findings:
    """Counts those that are not listed one by one."""
    rest = told.count - len(told.first)
    if rest:
        yield Finding(f"and {rest} more {one if rest == 1 else many}")

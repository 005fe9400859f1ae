"""An enrollment CSV, in one or several files, compared with the devices: all that rules about it judge."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from fcu_conform.artefacts.bounded_io.archives import open_regular
from fcu_conform.artefacts.bounded_io.limits import ENROLLMENT_FILE, ENROLLMENT_TOLD
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.enrollment.csv_lines import CsvLine, read_lines
from fcu_conform.artefacts.enrollment.digests import KeyedDigests
from fcu_conform.artefacts.enrollment.enrolled_devices import EnrolledDevice, enrolled_devices
from fcu_conform.artefacts.enrollment.identity import is_identity
from fcu_conform.artefacts.usage import UsageError, existing

T = TypeVar("T")

LARGEST_UPLOAD = 10_000_000
"""Bytes of a file that the portal takes: 10 MB, about 102,000 identities."""

REPORT_COLUMN = b"entity__id"
"""The first column of the portal's own reports."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass
class Told(Generic[T]):
    """The first few of many things, and how many there are."""

    first: list[T] = field(default_factory=list)
    count: int = 0

    def add(self, one: T) -> None:
        """Counts one more, and keeps it if it is among the first."""
        self.count += 1
        if len(self.first) < ENROLLMENT_TOLD:
            self.first.append(one)


class Row(NamedTuple):
    """A line of one of the files, with its value, and why the line cannot be read where it cannot."""

    file: str
    line: int
    text: str
    fault: str = ""


@dataclass
class CsvFile:
    """One file of the CSV.

    Attributes:
        name: how findings call it.
        size: in bytes.
        has_mark: it begins with a byte order mark.
        is_text: it is not UTF-16, so that its lines could be read.
        is_whole: it was read to its end.
        header_fault: why its first line is not a header; empty if it is one.
    """

    name: str
    size: int = 0
    has_mark: bool = False
    is_text: bool = True
    is_whole: bool = True
    header_fault: str = ""

    @property
    def is_readable(self) -> bool:
        """Every line of it could be read."""
        return self.is_text and self.is_whole


@dataclass
class EnrollmentComparison:
    """What is known of an enrollment CSV, and of the devices where they were given.

    Attributes:
        files: its files in the given order.
        has_devices: there are devices to compare it with.
        rows: how many identities it has, well-formed or not.
        malformed, repeated, strangers: lines whose identity is malformed, is there already, or is of no given device.
        quoted_blanks: lines with white space between a value and its quotation marks.
        not_utf8: lines that are not UTF-8.
        missing: devices whose identity is not in it, with that identity.
        unknown: devices whose identity is not known.
    """

    files: list[CsvFile] = field(default_factory=list)
    has_devices: bool = False
    rows: int = 0
    malformed: Told[Row] = field(default_factory=Told)
    repeated: Told[Row] = field(default_factory=Told)
    strangers: Told[Row] = field(default_factory=Told)
    quoted_blanks: Told[Row] = field(default_factory=Told)
    not_utf8: Told[Row] = field(default_factory=Told)
    missing: Told[EnrolledDevice] = field(default_factory=Told)
    unknown: Told[EnrolledDevice] = field(default_factory=Told)


def compare_enrollment(paths: Sequence[str], devices: DeviceSet | None) -> EnrollmentComparison:
    """Reads the files of an enrollment CSV, and compares them with the devices.

    Memory grows with the number of identities, by about 130 bytes for each.

    Raises:
        UsageError: a path is not a file that can be read, or is a report of the portal.
    """
    comparison = EnrollmentComparison(has_devices=devices is not None)
    reader = _Reader(comparison, devices)
    for given in paths:
        path = existing(given, "enrollment CSV")
        try:
            reader.read(path)
        except OSError as fault:
            reason = os.strerror(fault.errno).lower() if fault.errno else str(fault)
            raise UsageError(f"enrollment CSV {path}: cannot be read: {reason}") from None
    reader.note_missing(devices)
    return comparison


class _Reader:
    """Goes over files and devices; remembers identities as digests."""

    def __init__(self, comparison: EnrollmentComparison, devices: DeviceSet | None) -> None:
        self._comparison = comparison
        self._digest = KeyedDigests().of_identity
        self._found: dict[int, bool] = {}  # by the digest of each device's identity, whether the CSV has it
        self._others: set[int] = set()
        for device in () if devices is None else enrolled_devices(devices):
            if device.identity:
                self._found[self._digest(device.identity)] = False
            else:
                comparison.unknown.add(device)

    def read(self, path: Path) -> None:
        """One file. Raises OSError and UsageError."""
        with open_regular(path) as stream:
            beginning = stream.peek(4)[:4]
            file = CsvFile(path.name, os.fstat(stream.fileno()).st_size, beginning.startswith(_BYTE_ORDER_MARK))
            self._comparison.files.append(file)
            if beginning.startswith(_UTF_16_MARKS) or beginning[1:2] == b"\0":
                file.is_text = False
                return
            file.is_whole = file.size <= ENROLLMENT_FILE
            stream.read(len(_BYTE_ORDER_MARK) if file.has_mark else 0)
            is_empty = True
            for line in read_lines(stream, ENROLLMENT_FILE):
                is_empty = False
                self._take(line, file)
            if is_empty:
                file.header_fault = "the file is empty"

    def _take(self, line: CsvLine, file: CsvFile) -> None:
        told = self._comparison
        text = line.value.decode("ascii", "backslashreplace")
        row = Row(file.name, line.number, text, line.fault)
        if not line.is_utf8:
            told.not_utf8.add(row)
        if line.number == 1:
            file.header_fault = _header_fault(line.value)
            if line.value == REPORT_COLUMN:
                raise UsageError(f"enrollment CSV {file.name}: is a report of the portal: read it with --errors")
            if not is_identity(text):
                return
        if not line.value and not line.fault:
            return
        told.rows += 1
        if line.has_blanks:
            told.quoted_blanks.add(row)
        if line.fault or not is_identity(text):
            if line.is_utf8:
                told.malformed.add(row)
            return
        self._note(row)

    def _note(self, row: Row) -> None:
        """Notes a well-formed identity."""
        told, digest = self._comparison, self._digest(row.text)
        is_repeated = self._found.get(digest, digest in self._others)
        if is_repeated:
            told.repeated.add(row)
        elif digest in self._found:
            self._found[digest] = True
        else:
            self._others.add(digest)
            if told.has_devices:
                told.strangers.add(row)

    def note_missing(self, devices: DeviceSet | None) -> None:
        """Notes the devices that no file has; the devices are gone over once more where there are some."""
        if devices is None or all(self._found.values()):
            return
        for device in enrolled_devices(devices):
            digest = self._digest(device.identity)
            if device.identity and not self._found.get(digest, True):
                self._found[digest] = True  # told once, however many files the device has
                self._comparison.missing.add(device)


def _header_fault(value: bytes) -> str:
    if not value:
        return "the first line is empty"
    return "the first line is an identity" if value.startswith(b"A-") and b":" in value else ""

"""The portal's report on an upload of identities (``errors_report_file``): which it refused, and why."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass

from fcu_conform.artefacts.bounded_io.limits import ERROR_REPORT_FILE
from fcu_conform.artefacts.bounded_io.reading import read_file
from fcu_conform.artefacts.usage import UsageError, existing

_COLUMNS = ("entity__id", "error__code", "error__type", "error__message")


@dataclass(frozen=True, slots=True)
class RefusedIdentity:
    """One identity that the portal did not take: the line of the report, the identity, and the portal's words."""

    line: int
    identity: str
    reason: str


def read_error_report(given: str | os.PathLike[str]) -> list[RefusedIdentity]:
    """The identities that the portal refused, in the order of the report; those that it took are left out.

    Raises:
        UsageError: it is not there, is too large, or is not such a report.
    """
    path = existing(given, "error report")
    file = read_file(path, ERROR_REPORT_FILE)
    if file.trouble is not None:
        raise UsageError(f"error report {path}: {file.detail or file.trouble.value}")
    text = io.TextIOWrapper(io.BytesIO(file.data), "utf-8-sig", errors="backslashreplace", newline="")
    reader = csv.DictReader(text, strict=True)
    try:
        missing = [name for name in _COLUMNS[:2] if name not in (reader.fieldnames or ())]
        if missing:
            raise UsageError(f"error report {path}: has no column {' and no column '.join(missing)}")
        return list(_refused(reader))
    except csv.Error as fault:
        raise UsageError(f"error report {path}: line {reader.line_num} is not CSV: {fault}") from None


def _refused(reader: csv.DictReader[str]) -> Iterator[RefusedIdentity]:
    for row in reader:
        identity, *reason = ((row.get(name) or "").strip() for name in _COLUMNS)
        if any(reason):
            yield RefusedIdentity(reader.line_num, identity, " ".join(filter(None, reason)))

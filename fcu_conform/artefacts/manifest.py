"""devices.csv: which file belongs to which endpoint name, where the files' names do not say it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from fcu_conform.artefacts.limits import MANIFEST_ROWS, MANIFEST_TROUBLES
from fcu_conform.artefacts.reading import FileBytes

COLUMNS = ("endpoint_name", "file", "enrollment_id", "key_file")
_REQUIRED = ("endpoint_name", "file")
MANIFEST_ENDING = ".csv"


@dataclass(frozen=True, slots=True)
class Row:
    """One device of the manifest; ``line`` is where it stands, paths are relative to the manifest, with slashes."""

    line: int
    endpoint_name: str
    file: str
    enrollment_id: str | None
    key_file: str | None


class Rows(Mapping[str, Row]):
    """Rows by their file, in order, each kept as one text: as objects a million of them would take twice the memory."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def add(self, row: Row) -> None:
        """One more; what was there of the same file is forgotten."""
        name, enrollment_id = row.endpoint_name, row.enrollment_id or ""
        self._texts[row.file] = f"{row.line} {len(name)} {len(enrollment_id)} {name}{enrollment_id}{row.key_file or ''}"

    def __getitem__(self, file: str) -> Row:
        line, name_length, more, text = self._texts[file].split(" ", 3)
        middle = int(name_length)
        end = middle + int(more)
        return Row(int(line), text[:middle], file, text[middle:end] or None, text[end:] or None)

    def __contains__(self, file: object) -> bool:
        return file in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@dataclass(frozen=True)
class Manifest:
    """The rows by their file, and a sentence for everything that is wrong with the manifest itself."""

    name: str
    rows: Mapping[str, Row]
    troubles: tuple[str, ...] = ()


def read_manifest(file: FileBytes) -> Manifest:
    """Reads devices.csv; what is wrong with a row is told, and the rest of it counts."""
    if file.trouble is not None:
        return Manifest(file.name, {}, (file.detail or file.trouble.value,))
    try:
        text = io.TextIOWrapper(io.BytesIO(file.data), "utf-8-sig", newline="")
        reader = csv.DictReader(text, strict=True)
        columns = reader.fieldnames or ()
        missing = [column for column in _REQUIRED if column not in columns]
        if missing:
            return Manifest(file.name, {}, (f"has no column {' and no column '.join(missing)}",))
        return _collect(file.name, reader)
    except (UnicodeDecodeError, csv.Error) as fault:
        return Manifest(file.name, {}, (f"is not a CSV file in UTF-8: {fault}",))


def _collect(name: str, reader: csv.DictReader[str]) -> Manifest:
    rows = Rows()
    troubles: list[str] = []
    for values in reader:
        line = reader.line_num
        if len(rows) >= MANIFEST_ROWS or len(troubles) >= MANIFEST_TROUBLES:
            many = "rows" if len(rows) >= MANIFEST_ROWS else "faults"
            troubles.append(f"line {line}: has so many {many} that what comes after was not read")
            break
        row = Row(
            line,
            (values.get("endpoint_name") or "").strip(),
            _path(values.get("file")) or "",
            (values.get("enrollment_id") or "").strip() or None,
            _path(values.get("key_file")),
        )
        if _leads_out(row.file) or _leads_out(row.key_file or ""):
            troubles.append(f"line {line}: names a file outside the output")
            row = replace(row, file="" if _leads_out(row.file) else row.file, key_file=None)
        elif not row.endpoint_name or not row.file:
            troubles.append(f"line {line}: has no endpoint_name or no file")
        if not row.file:
            continue
        if row.file in rows:
            troubles.append(f"line {line}: names {row.file} again, as line {rows[row.file].line} does")
        else:
            rows.add(row)
    return Manifest(name, rows, tuple(troubles))


def _leads_out(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/")


def _path(value: str | None) -> str | None:
    text = (value or "").strip().replace("\\", "/").removeprefix("./")
    return text or None

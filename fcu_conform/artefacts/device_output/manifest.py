"""devices.csv: which file belongs to which endpoint name, where the files' names do not say it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TextIO

from fcu_conform.artefacts.bounded_io.limits import MANIFEST_ROWS, MANIFEST_TROUBLES
from fcu_conform.artefacts.bounded_io.reading import FileBytes
from fcu_conform.artefacts.device_output.columns import fault_of_columns, spelt_as

COLUMNS = ("endpoint_name", "file", "enrollment_id", "key_file")
_REQUIRED = ("endpoint_name", "file")

_DELIMITERS = ",;\t"
_SEPARATOR = re.compile(r"\ufeff?\"?sep=([,;\t])\"?[,;\t]*\r?\n?", re.IGNORECASE)
"""A line by which spreadsheets are told what separates cells."""

_LONGEST_HEADER = 10_000
"""Characters of the line with the columns' names, about; what is longer names nothing."""
MANIFEST_ENDING = ".csv"


@dataclass(frozen=True, slots=True)
class Row:
    """One device of the manifest; ``line`` is its line number, paths are relative to the manifest, with slashes."""

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
    """Reads devices.csv; what is wrong with a row is told, and the rest of it counts.

    It is read as spreadsheets write it too: with semicolons or tabs, a line ``sep=;`` before the header, in UTF-16 with
    its mark, with names of columns in any case and rows without a value.
    """
    if file.trouble is not None:
        return Manifest(file.name, {}, (file.detail or file.trouble.value,))
    try:
        text = io.TextIOWrapper(io.BytesIO(file.data), _encoding(file.data), newline="")
        delimiter, columns, skipped = _layout(text)
        fault = fault_of_columns(columns, COLUMNS)
        missing = [column for column in _REQUIRED if column not in columns]
        if fault or missing:
            return Manifest(file.name, {}, (fault or f"has no column {' and no column '.join(missing)}",))
        reader = csv.DictReader(text, columns, delimiter=delimiter, strict=True)
        return _collect(file.name, reader, skipped)
    except UnicodeError:
        return Manifest(file.name, {}, ("is not UTF-8 text (save it as 'CSV UTF-8')",))
    except csv.Error as fault:
        return Manifest(file.name, {}, (f"is not a CSV file: {fault}",))


def _encoding(data: bytes) -> str:
    """UTF-8, or UTF-16 where its mark stands at the beginning. Raises UnicodeError where it looks like other text."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if b"\0" in data[:_LONGEST_HEADER]:
        raise UnicodeError
    return "utf-8-sig"


def _layout(text: TextIO) -> tuple[str, list[str], int]:
    """What separates the cells, the names of the columns as they are known, and how many lines these take.

    Raises:
        UnicodeError: it is not text.
    """
    line = text.readline(_LONGEST_HEADER)
    given = _SEPARATOR.fullmatch(line)
    if given:
        line = text.readline(_LONGEST_HEADER)
    layouts = {delimiter: _cells(line, delimiter) for delimiter in (given[1] if given else _DELIMITERS)}
    # Read with any separator but its own it has one long name.
    delimiter = max(layouts, key=lambda delimiter: len({*layouts[delimiter]} & {*COLUMNS}))
    return delimiter, layouts[delimiter], 2 if given else 1


def _cells(header: str, delimiter: str) -> list[str]:
    """The names of columns, as they are known; none where the header is not one with this separator."""
    try:
        cells = next(csv.reader([header], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    return [spelt_as(cell.strip(), COLUMNS) for cell in cells]


def _collect(name: str, reader: csv.DictReader[str], skipped: int) -> Manifest:
    rows = Rows()
    troubles: list[str] = []
    for values in reader:
        line = reader.line_num + skipped
        if not any(cell.strip() for cell in _texts(values)):
            continue
        if len(rows) >= MANIFEST_ROWS or len(troubles) >= MANIFEST_TROUBLES:
            many = "rows" if len(rows) >= MANIFEST_ROWS else "faults"
            troubles.append(f"line {line}: has too many {many}; the rest was not read")
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


def _texts(values: Mapping[str | Any, str | Any]) -> Iterator[str]:
    """The cells of a row; those beyond the last column come as a list."""
    for value in values.values():
        yield from value if isinstance(value, list) else [value or ""]


def _leads_out(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/")


def _path(value: str | None) -> str | None:
    text = (value or "").strip().replace("\\", "/").removeprefix("./")
    return text or None

"""Device output as a table, as a factory's database exports it: JSON Lines or Parquet, a device a row.

Columns: ``endpoint_name``, text; ``chain``, PEM text or a list of DER certificates (base64 in JSON), the device's own
first, or ``bundle``, CBOR (base64 in JSON); ``enrollment_id``, text, optional. Private keys have no place in a table.
"""

from __future__ import annotations

import base64
import binascii
import errno
import json
import os
import sys
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from fcu_conform.artefacts.archives import BoundedStream, open_regular, unpacked_limit
from fcu_conform.artefacts.chunks import CHUNK, Chunk, FilesChunk
from fcu_conform.artefacts.device import DeviceFile, Kind
from fcu_conform.artefacts.limits import DEVICE_FILE, TABLE_LINE, TABLE_ROW, TABLE_STRANGE
from fcu_conform.artefacts.usage import UsageError

LINES_ENDINGS = (".jsonl", ".jsonl.gz")
PARQUET_ENDING = ".parquet"
COLUMNS = ("endpoint_name", "chain", "bundle", "enrollment_id")

_BLOCK = 1 << 20

_UNPACKED_ROWS = 8
"""Rows of a Parquet file that are unpacked at once: what a row repeats in two bytes is written out for each of them."""


class RowError(ValueError):
    """A row that tells of no device; the text says why."""


def is_table(path: Path) -> bool:
    """The path's name has an ending of a table that can be read."""
    return path.name.lower().endswith((*LINES_ENDINGS, PARQUET_ENDING))


def table_chunks(path: Path) -> Iterator[Chunk]:
    """The rows of a table; what is wrong with a row is a trouble of its device, and the rest of the table counts."""
    name = path.name.lower()
    if name.endswith(PARQUET_ENDING):
        return _parquet_chunks(path)
    return _line_chunks(path, packed=name.endswith(".gz"))


def estimate_rows(path: Path) -> int | None:
    """About how many rows a .jsonl file has, by its size and its first rows; None for other tables."""
    if not path.name.lower().endswith(".jsonl"):
        return None
    try:
        with open_regular(path) as file:
            start = file.read(_BLOCK)
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return None
    rows = start.count(b"\n")
    return rows if len(start) == size or not rows else size * rows // len(start)


def _broken(path: Path, trouble: str) -> Chunk:
    return FilesChunk((DeviceFile(path.name, troubles=(trouble,)),))


def read_row(table: str, number: int, row: Any) -> DeviceFile:
    """The device that one row tells of; ``number`` counts from 1.

    Certificates and bundles are bytes or base64 text, as the table's format has them.
    """
    place = f"{table} row {number}"
    if not isinstance(row, dict):
        return DeviceFile(place, troubles=("is no object with columns",))
    name = row.get("endpoint_name")
    shown = f"{place} ({name})" if name and isinstance(name, str) else place
    try:
        return _device(place, shown, row)
    except RowError as fault:
        return DeviceFile(shown, troubles=(str(fault),))


def _device(place: str, shown: str, row: dict[str, Any]) -> DeviceFile:
    name = _text(row, "endpoint_name")
    chain, bundle = row.get("chain"), row.get("bundle")
    if (chain is None) == (bundle is None):
        raise RowError("has neither a chain nor a bundle" if chain is None else "has both a chain and a bundle")
    names = (name,) if name else ()
    device = DeviceFile(shown, endpoint_names=names, enrollment_id=_text(row, "enrollment_id"), identity=name or place)
    if bundle is not None:
        device.kind, device.data = Kind.BUNDLE, _binary(bundle, "bundle")
    elif isinstance(chain, str):
        device.kind, device.data = Kind.PEM, chain.encode("utf-8", "surrogatepass")
        if b"PRIVATE KEY" in device.data:
            raise RowError("chain: holds a private key, which has no place in a table")
    elif isinstance(chain, (list, tuple)):
        device.kind, device.chain = Kind.CHAIN, tuple(_binary(one, "chain") for one in chain)
    else:
        raise RowError("chain: is neither PEM text nor a list of DER certificates")
    if len(device.data) + sum(map(len, device.chain)) > DEVICE_FILE:
        raise RowError(f"has more than {DEVICE_FILE} bytes")
    return device


def _text(row: dict[str, Any], column: str) -> str | None:
    value = row.get(column)
    if value is not None and not isinstance(value, str):
        raise RowError(f"{column}: is no text")
    return value or None


def _binary(value: Any, column: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise RowError(f"{column}: is no base64 text")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise RowError(f"{column}: is no base64 text") from None


@dataclass(frozen=True)
class LinesChunk:
    """Lines of a .jsonl file, by where they stand in it: who judges them reads them."""

    path: str
    first: int
    start: int
    stop: int

    may_travel = True

    def _data(self) -> bytes:
        with open_regular(Path(self.path)) as file:
            file.seek(self.start)
            data = file.read(self.stop - self.start)
        if len(data) < self.stop - self.start:
            raise OSError(errno.ESTALE, "it has become shorter")
        return data

    def files(self) -> Iterator[DeviceFile]:
        """See `Chunk`."""
        name = Path(self.path).name
        try:
            data = self._data()
        except OSError as fault:
            reason = (fault.strerror or str(fault)).lower()
            yield DeviceFile(f"{name} row {self.first}", troubles=(f"cannot be read any more: {reason}",))
            return
        yield from _rows(name, self.first, data)

    def fingerprint(self) -> bytes:
        """See `Chunk`."""
        try:
            return blake2b(self._data(), digest_size=8).digest()
        except OSError:
            return bytes(8)


def _rows(table: str, first: int, data: bytes) -> Iterator[DeviceFile]:
    for number, line in enumerate(data.split(b"\n"), start=first):
        if not line or line.isspace():
            continue
        if len(line) > TABLE_ROW:
            yield DeviceFile(f"{table} row {number}", troubles=(f"has more than {TABLE_ROW} bytes",))
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield DeviceFile(f"{table} row {number}", troubles=("is no JSON object on a line of its own",))
            continue
        yield read_row(table, number, row)


def _line_chunks(path: Path, *, packed: bool) -> Iterator[Chunk]:
    try:
        with open_regular(path) as raw:
            if not packed:
                # What is appended meanwhile is left alone: a file that grows as fast as it is read has no end.
                for span, lines in _spans(raw, os.fstat(raw.fileno()).st_size):
                    if _is_strange(lines):
                        yield _strange(path, span[0], lines)
                        return
                    whole = span[2] - span[1] == len(lines)
                    yield (
                        LinesChunk(os.fspath(path), *span)
                        if whole
                        else FilesChunk(tuple(_rows(path.name, span[0], lines)))
                    )
                return
            stream = BoundedStream(raw, unpacked_limit(raw), packed=True)
            for (first, _, _), lines in _spans(stream, sys.maxsize):
                if _is_strange(lines):
                    yield _strange(path, first, lines)
                    return
                yield FilesChunk(tuple(_rows(path.name, first, lines)))
    except (OSError, EOFError, ValueError, zlib.error, tarfile.TarError) as fault:
        reason = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        yield _broken(path, f"cannot be read to its end: {reason}; what comes after was not judged")


def _is_strange(lines: bytes) -> bool:
    """Most of many lines begin with anything but a brace: it is no table, and each of them would be told."""
    count = lines.count(b"\n")
    return count > TABLE_STRANGE and lines.count(b"\n{") + lines.count(b"\n\n") < count // 2


def _strange(path: Path, first: int, lines: bytes) -> Chunk:
    """The first of such lines, and that the rest was left out."""
    some = b"\n".join(lines.split(b"\n", 10)[:10])
    trouble = f"has no JSON object on most lines from line {first} on; what comes after was not judged"
    return FilesChunk((*_rows(path.name, first, some), DeviceFile(path.name, troubles=(trouble,))))


def _spans(stream: IO[bytes] | BoundedStream, size: int) -> Iterator[tuple[tuple[int, int, int], bytes]]:
    """Number of the first line, start and stop of runs of whole lines, and their bytes, of at most so many bytes.

    Of a line that is too long the middle is left out, so that no line fills the memory.

    Raises:
        ValueError: a line has no end for so long that nobody has written it.
    """
    row, begin, pending = 1, 0, b""
    position = 0
    too_long = False
    while block := stream.read(min(_BLOCK, size - position)):
        position += len(block)
        if position - begin > TABLE_LINE:
            raise ValueError(f"line {row} has more than {TABLE_LINE} bytes")
        pending += block
        end = pending.rfind(b"\n") + 1
        if not end:
            if len(pending) > TABLE_ROW + _BLOCK:
                pending, too_long = pending[: TABLE_ROW + 1], True
            continue
        lines, pending = pending[:end], pending[end:]
        stop = position - len(pending)
        yield (row, begin, stop), lines
        row, begin, too_long = row + lines.count(b"\n"), stop, False
    if pending or too_long:
        yield (row, begin, position), pending


def check_reader(path: Path) -> None:
    """Makes sure that what reads such a file is installed.

    Raises:
        UsageError: it is a Parquet file, and pyarrow is not.
    """
    if path.name.lower().endswith(PARQUET_ENDING) and find_spec("pyarrow") is None:
        raise UsageError(f"devices {path}: needs pyarrow: pip install 'fcu-conform[parquet]'")


def _parquet_chunks(path: Path) -> Iterator[Chunk]:
    import pyarrow as pa
    from pyarrow import parquet

    files: list[DeviceFile] = []
    try:
        with open_regular(path) as raw, parquet.ParquetFile(raw, pre_buffer=False, buffer_size=_BLOCK) as file:
            fault = _schema_fault(pa, file.schema_arrow) or _size_fault(file.metadata, unpacked_limit(raw))
            if fault:
                yield _broken(path, fault)
                return
            columns = [column for column in COLUMNS if column in file.schema_arrow.names]
            number = 1
            for batch in file.iter_batches(batch_size=_UNPACKED_ROWS, columns=columns, use_threads=False):
                files += _parquet_rows(path.name, number, batch)
                number += batch.num_rows
                if len(files) >= CHUNK:
                    yield FilesChunk(tuple(files))
                    files = []
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        trouble = f"is a damaged Parquet file: {reason}; what comes after was not judged"
        files.append(DeviceFile(path.name, troubles=(trouble,)))
    if files:
        yield FilesChunk(tuple(files))


def _parquet_rows(table: str, first: int, batch: Any) -> Iterator[DeviceFile]:
    """The devices of some rows; those that are too large are told before Python has their values."""
    if batch.nbytes <= TABLE_ROW:
        for number, row in enumerate(batch.to_pylist(), start=first):
            yield read_row(table, number, row)
        return
    for place in range(batch.num_rows):
        row = batch.slice(place, 1)
        if row.nbytes > TABLE_ROW:
            yield DeviceFile(f"{table} row {first + place}", troubles=(f"has more than {TABLE_ROW} bytes",))
        else:
            yield read_row(table, first + place, row.to_pylist()[0])


def _size_fault(metadata: Any, limit: int) -> str:
    """What the footer says of the sizes, where that is more than any honest one; empty otherwise."""
    unpacked = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            unpacked += column.total_uncompressed_size
            if column.total_uncompressed_size > DEVICE_FILE * max(column.num_values, 16):
                return f"column {column.path_in_schema}: has values of more than {DEVICE_FILE} bytes"
    return "unpacks to far more than its own size" if unpacked > limit else ""


def _schema_fault(pa: Any, schema: Any) -> str:
    """What is wrong with the columns; empty if nothing is."""
    types = pa.types
    if "chain" not in schema.names and "bundle" not in schema.names:
        return "has neither a column chain nor a column bundle"
    for column in COLUMNS:
        if column not in schema.names:
            continue
        kind = schema.field(column).type
        is_text = types.is_string(kind) or types.is_large_string(kind)
        is_binary = types.is_binary(kind) or types.is_large_binary(kind)
        is_list = types.is_list(kind) or types.is_large_list(kind)
        if column == "bundle" and not is_binary:
            return f"column bundle: is {kind}, and not binary"
        if column == "chain" and not is_text and not (is_list and types.is_binary(kind.value_type)):
            return f"column chain: is {kind}, and neither string nor list<binary>"
        if column in ("endpoint_name", "enrollment_id") and not is_text:
            return f"column {column}: is {kind}, and not string"
    return ""

"""Device output as a Parquet file, a row each. pyarrow reads it; here is what keeps it to honest sizes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from fcu_conform.artefacts.bounded_io.archives import Opener, unpacked_limit
from fcu_conform.artefacts.bounded_io.limits import DEVICE_FILE, PARQUET_ROW, TABLE_ROW, TABLE_STRANGE
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.device_output.chunks import CHUNK, Chunk, FilesChunk
from fcu_conform.artefacts.device_output.columns import fault_of_columns
from fcu_conform.artefacts.device_output.rows import COLUMNS, nameless, read_row, row_name, unread

_BUFFER = 1 << 20

_UNPACKED_ROWS = 8
"""Rows of a Parquet file that are unpacked at once: what a row repeats in two bytes is encoded for each of them."""


def parquet_chunks(path: Path, opener: Opener) -> Iterator[Chunk]:
    """The rows of a Parquet file; pyarrow must be there."""
    files: list[DeviceFile] = []
    try:
        with opener(path) as raw, parquet.ParquetFile(raw, pre_buffer=False, buffer_size=_BUFFER) as file:
            fault = _schema_fault(pa, file.schema_arrow) or _size_fault(
                file.metadata, os.fstat(raw.fileno()).st_size, unpacked_limit(raw)
            )
            if fault:
                yield FilesChunk((unread(path.name, fault),))
                return
            columns = [column for column in COLUMNS if column in file.schema_arrow.names]
            has_names = _has_names(file.metadata)
            if not has_names and "chain" in columns:
                files.append(nameless(path.name))
            number = 1
            for batch in file.iter_batches(batch_size=_UNPACKED_ROWS, columns=columns, use_threads=False):
                files += _rows(path.name, number, _with_own_values(pa, batch), has_names)
                number += batch.num_rows
                if len(files) >= CHUNK:
                    yield FilesChunk(tuple(files))
                    files = []
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        trouble = f"is a damaged Parquet file: {reason}; the rest was not judged"
        files.append(unread(path.name, trouble))
    if files:
        yield FilesChunk(tuple(files))


def _has_names(metadata: Any) -> bool:
    """Some row has an endpoint name, as far as the footer tells."""
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for column in (group.column(place) for place in range(group.num_columns)):
            if column.path_in_schema == "endpoint_name":
                statistics = column.statistics
                is_told = statistics is not None and statistics.has_null_count
                if not is_told or statistics.null_count < group.num_rows:
                    return True
    return False


def _with_own_values(pa: Any, batch: Any) -> Any:
    """The rows with values of their own, where the file's writer had them share some: shared ones have no size."""
    columns = [
        column.cast(_plain_type(pa, column.type)) if _is_shared(column.type) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _is_shared(kind: Any) -> bool:
    return "dictionary" in str(kind) or "view" in str(kind)


def _plain_type(pa: Any, kind: Any) -> Any:
    """What values of a type are in the end: large_string, large_binary, a large_list of that, or null; else None."""
    types = pa.types
    if types.is_null(kind):
        return kind
    if types.is_dictionary(kind):
        inner = kind.value_type
        return None if "view" in str(inner) else _plain_type(pa, inner)  # pyarrow cannot look these up
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return pa.large_string()
    is_binary = types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)
    if is_binary or types.is_fixed_size_binary(kind):
        return pa.large_binary()
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.large_list(pa.large_binary()) if _plain_type(pa, kind.value_type) == pa.large_binary() else None
    return None


def _rows(table: str, first: int, batch: Any, has_names: bool) -> Iterator[DeviceFile]:
    """The devices of some rows; those that are too large are told before Python has their values."""
    if batch.nbytes <= TABLE_ROW:
        for number, row in enumerate(batch.to_pylist(), start=first):
            yield read_row(table, number, row, has_names=has_names)
        return
    for place in range(batch.num_rows):
        row = batch.slice(place, 1)
        if row.nbytes > TABLE_ROW:
            yield unread(row_name(table, first + place), f"has more than {TABLE_ROW} bytes")
        else:
            yield read_row(table, first + place, row.to_pylist()[0], has_names=has_names)


def _size_fault(metadata: Any, size: int, limit: int) -> str:
    """What the footer says of the sizes, where that is more than any honest one; empty otherwise."""
    if metadata.num_rows > max(TABLE_STRANGE, size // PARQUET_ROW):
        return f"has {metadata.num_rows} rows in {size} bytes, too few for certificates"
    unpacked = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            unpacked += column.total_uncompressed_size
            if column.total_uncompressed_size > DEVICE_FILE * max(column.num_values, 16):
                return f"column {column.path_in_schema}: has values of more than {DEVICE_FILE} bytes"
    return "expands far beyond its own size" if unpacked > limit else ""


def _schema_fault(pa: Any, schema: Any) -> str:
    """What is wrong with the columns; empty if nothing is."""
    if fault := fault_of_columns(schema.names, COLUMNS):
        return fault
    if "chain" not in schema.names and "bundle" not in schema.names:
        return "has neither a column chain nor a column bundle"
    text, binary = pa.large_string(), pa.large_binary()
    expected = {
        "bundle": ((binary,), "and not binary"),
        "chain": ((text, pa.large_list(binary)), "and neither string nor list<binary>"),
        "endpoint_name": ((text,), "and not string"),
        "enrollment_id": ((text,), "and not string"),
    }
    for column in COLUMNS:
        if column in schema.names:
            kind = schema.field(column).type
            taken, words = expected[column]
            if _plain_type(pa, kind) not in (*taken, pa.null()):
                return f"column {column}: is {kind}, {words}"
    return ""

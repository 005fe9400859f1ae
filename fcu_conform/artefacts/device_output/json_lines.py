"""Device output as JSON Lines, a row each, packed with gzip or not."""

from __future__ import annotations

import errno
import json
import os
import sys
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fcu_conform.artefacts.bounded_io.archives import BoundedStream, Opener, open_regular, unpacked_limit
from fcu_conform.artefacts.bounded_io.limits import TABLE_LINE, TABLE_ROW, TABLE_STRANGE
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk, FilesChunk
from fcu_conform.artefacts.device_output.columns import meant_by
from fcu_conform.artefacts.device_output.rows import COLUMNS, RowError, nameless, read_row, row_name, unread

_BLOCK = 1 << 20


def estimate_rows(path: Path) -> int | None:
    """About how many rows a .jsonl file has, by its size and its first rows; None if it cannot be read."""
    try:
        with open_regular(path) as file:
            start = file.read(_BLOCK)
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return None
    rows = start.count(b"\n")
    return rows if len(start) == size or not rows else size * rows // len(start)


@dataclass(frozen=True)
class LinesChunk:
    """Lines of a .jsonl file, by where they stand in it: who judges them reads them."""

    path: str
    first: int
    start: int
    stop: int
    has_names: bool

    is_portable = True

    def _data(self) -> bytes:
        with open_regular(Path(self.path)) as file:
            file.seek(self.start)
            data = file.read(self.stop - self.start)
        if len(data) < self.stop - self.start:
            raise OSError(errno.ESTALE, "it became shorter")
        return data

    def files(self) -> Iterator[DeviceFile]:
        """See `Chunk`."""
        name = Path(self.path).name
        try:
            data = self._data()
        except OSError as fault:
            reason = (fault.strerror or str(fault)).lower()
            yield unread(row_name(name, self.first), f"can no longer be read: {reason}")
            return
        yield from _rows(name, self.first, data, self.has_names)


def _rows(table: str, first: int, data: bytes, has_names: bool) -> Iterator[DeviceFile]:
    for number, line in enumerate(data.split(b"\n"), start=first):
        if not line or line.isspace():
            continue
        if len(line) > TABLE_ROW:
            yield unread(row_name(table, number), f"has more than {TABLE_ROW} bytes")
            continue
        try:
            row = decoded(line)
        except RowError as fault:
            yield unread(row_name(table, number), str(fault))
            continue
        except (ValueError, RecursionError):
            yield unread(row_name(table, number), "is not a JSON object on its own line")
            continue
        yield read_row(table, number, row, has_names=has_names)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of a JSON object. Raises RowError if one is there twice: readers differ in which of them counts."""
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise RowError(f"has {twice!r} twice")
    return members


_ROWS = json.JSONDecoder(object_pairs_hook=_members)
"""What `json.loads` makes anew for each text when it is given a hook: that takes as long as decoding a row."""


def decoded(line: bytes) -> Any:
    """What `json.loads` makes of a line.

    Raises:
        RowError: an object has a member twice.
        ValueError, RecursionError: it is not JSON.
    """
    encoding = "utf-8" if line.startswith(b'{"') else json.detect_encoding(line)  # what that says of such a line
    return _ROWS.decode(line.decode(encoding, "surrogatepass"))


def line_chunks(path: Path, *, packed: bool, opener: Opener | None = None) -> Iterator[Chunk]:
    """The rows of a .jsonl file, or of one that is packed with gzip."""
    try:
        with (opener or open_regular)(path) as raw:
            # What is appended meanwhile is left alone: a file that grows as fast as it is read has no end.
            spans = (
                _spans(BoundedStream(raw, unpacked_limit(raw), packed=True), sys.maxsize)
                if packed
                else _spans(raw, os.fstat(raw.fileno()).st_size)
            )
            has_names: bool | None = None
            for (first, start, stop), lines in spans:
                if strangeness := _strangeness(lines):
                    yield _strange(path, first, lines, strangeness)
                    return
                if has_names is None:
                    rows = lines.split(b"\n")
                    has_names = any(map(_names_a_device, rows))
                    if not has_names and any("chain" in _members_of(row) for row in rows):
                        yield FilesChunk((nameless(path.name),))
                if packed or opener is not None or stop - start != len(lines):
                    yield FilesChunk(tuple(_rows(path.name, first, lines, has_names)))
                else:
                    yield LinesChunk(os.fspath(path), first, start, stop, has_names)
    except (OSError, EOFError, ValueError, zlib.error, tarfile.TarError) as fault:
        reason = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        trouble = f"cannot be read to its end: {reason}; the rest was not judged"
        yield FilesChunk((unread(path.name, trouble),))


def _strangeness(lines: bytes) -> str:
    """What most lines lack if the file is not a table of devices, told once; empty otherwise."""
    count = lines.count(b"\n")
    if count <= TABLE_STRANGE:
        return ""
    if lines.count(b"\n{") + lines.count(b"\n\n") < count // 2:
        return "mostly lines that are not JSON objects"
    return "" if any(map(_tells_of_a_device, lines.split(b"\n"))) else "no row with a chain or a bundle"


def _tells_of_a_device(line: bytes) -> bool:
    return not _members_of(line).keys().isdisjoint(("chain", "bundle"))


def _names_a_device(line: bytes) -> bool:
    """A row has an endpoint name, or one under a name that is misspelt: that is told of the row."""
    return any(value and meant_by(name, COLUMNS) == "endpoint_name" for name, value in _members_of(line).items())


def _members_of(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def _strange(path: Path, first: int, lines: bytes, strangeness: str) -> Chunk:
    """The first of such lines, and that the rest was left out."""
    some = b"\n".join(lines.split(b"\n", 10)[:10])
    trouble = f"has {strangeness} from line {first} on; the rest was not judged"
    has_names = any(map(_names_a_device, some.split(b"\n")))
    return FilesChunk((*_rows(path.name, first, some, has_names), unread(path.name, trouble)))


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

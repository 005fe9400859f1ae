"""Lines of a file of identities as the portal reads it, streaming: any size, any bytes, bounded memory."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from fcu_conform.artefacts.bounded_io.limits import ENROLLMENT_LINE

_LINE_END = re.compile(rb"\r\n|\r|\n")
_TRIMMED = bytes(range(0x21))
"""What the portal removes around a value: U+0000 to U+0020."""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class CsvLine:
    """One line: its number from 1, and its first value, without quotes and white space around it.

    Attributes:
        number: the number, as an editor shows it.
        value: the first value; empty where the portal ignores the line.
        fault: why the portal does not read the line as it should, in words; empty where it does.
        has_blanks: white space stands between the quotes and the value.
        is_utf8: the whole line is UTF-8.
    """

    number: int
    value: bytes
    fault: str = ""
    has_blanks: bool = False
    is_utf8: bool = True


def read_lines(stream: io.BufferedIOBase, limit: int) -> Iterator[CsvLine]:
    """The lines of a stream, of at most ``limit`` bytes; of a line that is too long the rest is left out."""
    for number, line in enumerate(_split(stream, limit), start=1):
        yield _read(number, line)


def _split(stream: io.BufferedIOBase, limit: int) -> Iterator[bytes]:
    pending = b""
    while limit > 0 and (block := stream.read(min(_BLOCK, limit))):
        limit -= len(block)
        *lines, rest = _LINE_END.split(pending + block)
        if block.endswith(b"\r"):  # the line feed may be in the next block
            rest = lines.pop() + b"\r"
        yield from lines
        kept = rest[: ENROLLMENT_LINE + 1]
        pending = kept + b"\r" if kept != rest and rest.endswith(b"\r") else kept
    if pending:
        yield pending.removesuffix(b"\r")


def _read(number: int, line: bytes) -> CsvLine:
    if len(line) > ENROLLMENT_LINE:
        return CsvLine(number, line[:80], f"has more than {ENROLLMENT_LINE} bytes")
    is_utf8 = line.isascii() or _is_utf8(line)
    text = line.strip(_TRIMMED)
    if not text.startswith(b'"'):
        return CsvLine(number, text.partition(b",")[0].strip(_TRIMMED), is_utf8=is_utf8)
    quoted, closing, rest = text[1:].partition(b'"')
    value, rest = quoted.strip(_TRIMMED), rest.strip(_TRIMMED)
    if not closing or (rest and not rest.startswith(b",")):
        return CsvLine(number, text[:80], "has a quotation mark too few or too many", is_utf8=is_utf8)
    if not value:
        return CsvLine(number, quoted, "has nothing between its quotation marks", is_utf8=is_utf8)
    return CsvLine(number, value, has_blanks=value != quoted, is_utf8=is_utf8)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

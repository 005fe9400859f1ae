"""PEM files (RFC 7468): the blocks with their lines, and everything that stands between them."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from fcu_conform.artefacts.bounded_io.limits import PEM_BLOCKS, PEM_LABEL, STRAYS
from fcu_conform.artefacts.encodings.other_forms import describe_non_pem
from fcu_conform.artefacts.encodings.pem_layout import BACKSLASH_N, DAMAGED, UTF_16, layout_fault

_MARKER = re.compile(rb"-----(BEGIN|END) ([^\r\n-]{0,%d}?)-----" % PEM_LABEL)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_SPACE = b" \t\r\n"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_HEADERS_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_ENCRYPTED = re.compile(rb"\s*Proc-Type: *4, *ENCRYPTED\b")
_WIDE = b"B\0E\0G\0I\0N"
"""How a marker begins in UTF-16, whichever octet of a character comes first."""

NO_END = "has no END line"
"""What is told of the last block of a file, where it does not end."""
NO_BEGIN = "has an END line without its BEGIN line"

PRIVATE_KEY_MARKER = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,%d}PRIVATE KEY-----" % PEM_LABEL)


@dataclass(frozen=True)
class Block:
    """One PEM block: its label, the line of its BEGIN marker (from 1), and its bytes or what is wrong with it.

    ``encrypted``: it has RFC 1421 headers that say so. The bytes are left out of the repr.
    """

    label: str
    line: int
    data: bytes | None = field(repr=False)
    problem: str = ""
    encrypted: bool = False

    @property
    def is_private_key(self) -> bool:
        """The label is that of some private key."""
        return self.label.endswith("PRIVATE KEY")


@dataclass(frozen=True)
class Stray:
    """Something between blocks that is not white space: its line (from 1) and a few words on what it is."""

    line: int
    what: str


@dataclass(frozen=True)
class PemText:
    """A file taken apart: blocks and the first strays in order, and a problem that concerns the whole file."""

    blocks: tuple[Block, ...]
    strays: tuple[Stray, ...]
    problem: str = ""

    @property
    def broken_beside_key(self) -> Block | None:
        """A block other than a private key for which OpenSSL or cryptography gives up on the file; None without one."""
        others = (block for block in self.blocks if block.problem not in ("", NO_END, NO_BEGIN))
        return next((block for block in others if not block.is_private_key), None)


def to_pem(*ders: bytes) -> bytes:
    """Certificates as PEM text in the given order: RFC 7468, 64 characters a line, line feeds, nothing between them."""
    lines: list[bytes] = []
    for der in ders:
        lines.append(b"-----BEGIN CERTIFICATE-----\n")
        lines += [binascii.b2a_base64(der[start : start + 48]) for start in range(0, len(der), 48)]
        lines.append(b"-----END CERTIFICATE-----\n")
    return b"".join(lines)


def parse_pem(data: bytes) -> PemText:
    """Takes PEM text apart; whatever the bytes, it raises nothing and takes time linear in their number."""
    blocks: list[Block] = []
    strays: list[Stray] = []
    lines = _LineCounter(data)
    done = 0
    before = 0
    begun = 0
    opened: re.Match[bytes] | None = None
    for marker in _MARKER.finditer(data):
        if len(blocks) > PEM_BLOCKS:
            return PemText(tuple(blocks), tuple(strays), f"has more than {PEM_BLOCKS} PEM blocks")
        if marker[1] == b"BEGIN":
            begun += 1
            if opened is not None:
                blocks.append(_broken(opened, lines, "has no END line before the next block begins"))
            else:
                _note_stray(data, done, marker.start(), lines, strays)
            opened, before = marker, done
        elif opened is None:
            _note_stray(data, done, marker.start(), lines, strays)
            blocks.append(_broken(marker, lines, NO_BEGIN))
        elif data[max(0, opened.start() - 5) : opened.start()] == b"-----":  # OpenSSL refuses the whole file
            blocks.append(_broken(opened, lines, "begins on the line where the block before it ends"))
            opened = None
        else:
            blocks.append(_finished(data, before, opened, marker, lines))
            opened = None
        done = marker.end()
    if opened is not None:
        blocks.append(_broken(opened, lines, NO_END))
    else:
        _note_stray(data, done, len(data), lines, strays)
    if not blocks:
        return PemText((), tuple(strays), describe_non_pem(data))
    # cryptography takes what begins like a marker for one, wherever it stands.
    is_damaged = data.count(b"-----BEGIN") > begun
    return PemText(tuple(blocks), tuple(strays), DAMAGED if is_damaged else _turns_wide(data))


def _turns_wide(data: bytes) -> str:
    """That a file with blocks goes on in UTF-16, as where one shell appends to what another has written; or nothing."""
    start = data.find(_WIDE) if b"\0" in data else -1
    if start < 0:
        return ""
    return f"{UTF_16} from line {_LineCounter(data).at(start)} on"


class _LineCounter:
    """Line numbers of ascending offsets, counted once over the file."""

    def __init__(self, data: bytes) -> None:
        self._ends = [match.end() for match in _LINE_END.finditer(data)]
        self._index = 0

    def at(self, offset: int) -> int:
        while self._index < len(self._ends) and self._ends[self._index] <= offset:
            self._index += 1
        return self._index + 1


def _label(marker: re.Match[bytes]) -> str:
    return marker[2].decode("ascii", "backslashreplace")


def _broken(opened: re.Match[bytes], lines: _LineCounter, problem: str) -> Block:
    return Block(_label(opened), lines.at(opened.start()), None, problem)


def _finished(data: bytes, before: int, opened: re.Match[bytes], closed: re.Match[bytes], lines: _LineCounter) -> Block:
    label, line = _label(opened), lines.at(opened.start())
    if opened[2] != closed[2]:
        return Block(label, line, None, f"ends with the wrong END line ({_label(closed)})")
    body = data[opened.end() : closed.start()]
    encrypted = label.endswith("PRIVATE KEY") and _ENCRYPTED.match(body) is not None
    if b":" in body:
        headers, *rest = _HEADERS_END.split(body, maxsplit=1)
        if headers and rest and not encrypted:  # OpenSSL takes headers only as those of an encrypted key
            return Block(label, line, None, "has RFC 1421 headers, so OpenSSL cannot read it")
        body = rest[0] if rest else body
    elif b"\\n" in body:
        return Block(label, line, None, BACKSLASH_N)
    text = body.translate(None, _SPACE)
    if not text:
        return Block(label, line, None, "is empty", encrypted)
    fault = "" if encrypted else layout_fault(data, before, opened, closed)
    if fault:
        return Block(label, line, None, fault)
    if not _BASE64.fullmatch(text) or (len(text) % 4 and text.endswith(b"=")):
        return Block(label, line, None, "is not base64", encrypted)
    try:
        return Block(label, line, base64.b64decode(text), encrypted=encrypted)
    except binascii.Error:
        return Block(label, line, None, "is truncated: its base64 is incomplete", encrypted)


def _note_stray(data: bytes, start: int, stop: int, lines: _LineCounter, strays: list[Stray]) -> None:
    gap = data[start:stop]
    text = gap.strip(_SPACE)
    if not text:
        return
    line = lines.at(start + gap.index(text[:1]))
    if text == b"\xef\xbb\xbf":
        _note(strays, line, "a byte order mark")
    elif all(octet >= 0x20 or octet in b"\t\r\n" for octet in text):
        _note(strays, line, f"{len(text)} characters of text")
    else:
        _note(strays, line, f"{len(text)} stray bytes")


def _note(strays: list[Stray], line: int, what: str) -> None:
    if len(strays) < STRAYS:
        strays.append(Stray(line, what))

"""ASN.1 encodings: a strict DER reader, and a lenient one that names every departure from DER.

The suite judges what other libraries refuse to load, so it reads certificates itself: strictly first, and where that
fails through `normalise`, which rewrites BER as DER and keeps notes of what was not DER.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from fcu_conform.artefacts.bounded_io.limits import DER_NESTING, OID_OCTETS
from fcu_conform.artefacts.wording import pluralize

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
ENUMERATED = 0x0A
UTF8_STRING = 0x0C
NUMERIC_STRING = 0x12
PRINTABLE_STRING = 0x13
TELETEX_STRING = 0x14
IA5_STRING = 0x16
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
UNIVERSAL_STRING = 0x1C
BMP_STRING = 0x1E
SEQUENCE = 0x30
SET = 0x31

CONSTRUCTED = 0x20


class DerError(ValueError):
    """The bytes are not what was expected; the text says what and at which offset."""


def read(data: bytes, position: int, end: int) -> tuple[int, int, int]:
    """One element at ``position``: its tag and where its content starts and stops (the next element's position).

    Raises:
        DerError: truncated, a multi-byte tag, an indefinite or a non-minimal length.
    """
    try:
        tag = data[position]
        length = data[position + 1]
    except IndexError:
        raise DerError(f"truncated within the element at offset {position}") from None
    start = position + 2
    if tag & 0x1F == 0x1F:
        raise DerError(f"multi-byte tag at offset {position}")
    if length >= 0x80:
        count = length & 0x7F
        if not 0 < count <= 4:
            raise DerError(f"indefinite or oversized length at offset {position}")
        length = int.from_bytes(data[start : start + count], "big")
        if length < 0x80 or length >> (8 * (count - 1)) == 0:
            raise DerError(f"length with unnecessary octets at offset {position}")
        start += count
    stop = start + length
    if stop > end:
        raise DerError(f"truncated: the element at offset {position} is longer than the data")
    return tag, start, stop


def expect(data: bytes, position: int, end: int, tag: int, what: str) -> tuple[int, int]:
    """Content start and stop of the element at ``position``, which must have that tag."""
    if position >= end:
        raise DerError(f"{what} is missing at offset {position}")
    found, start, stop = read(data, position, end)
    if found != tag:
        raise DerError(f"{what}: tag {found:#04x} where {tag:#04x} was expected, at offset {position}")
    return start, stop


def children(data: bytes, start: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Each element between two offsets: its tag, where it begins, where its content starts and stops."""
    while start < stop:
        tag, content, end = read(data, start, stop)
        yield tag, start, content, end
        start = end


def only(data: bytes, tag: int, what: str) -> tuple[int, int]:
    """Content start and stop of the one element that ``data`` must consist of."""
    start, stop = expect(data, 0, len(data), tag, what)
    if stop != len(data):
        raise DerError(f"{what}: {pluralize(len(data) - stop, 'trailing byte')}")
    return start, stop


@lru_cache(maxsize=1024)
def oid_text(content: bytes) -> str:
    """The content octets of an OBJECT IDENTIFIER in dotted form."""
    if not content or content[-1] & 0x80 or len(content) > OID_OCTETS:
        raise DerError("malformed object identifier")
    arcs = []
    value = 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def encode(tag: int, content: bytes) -> bytes:
    """One DER element."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def normalise(data: bytes) -> tuple[bytes, bytes, list[str]]:
    """Rewrites one BER element as DER.

    Returns:
        The element in DER, the bytes that followed it, and a note for each departure from DER, in order of appearance.

    Raises:
        DerError: not even BER, or nested too deeply.
    """
    notes: list[str] = []
    element, stop = _normalise(data, 0, len(data), notes, 0)
    return element, data[stop:], notes


def element_end(data: bytes, position: int) -> int:
    """Where the BER element at ``position`` ends."""
    return _normalise(data, position, len(data), [], 0)[1]


def content_start(data: bytes, position: int) -> int:
    """Where the content of the BER element at ``position`` starts."""
    return _ber_header(data, position, len(data), [])[2]


_STRINGS = frozenset({0x23, 0x24, 0x2C, 0x32, 0x33, 0x34, 0x36, 0x3C, 0x3E})
_STRUCTURES = frozenset({SEQUENCE, SET, 0x28, 0x2B})
"""What is always constructed: SEQUENCE, SET, EXTERNAL, EMBEDDED PDV."""


def _ber_header(data: bytes, position: int, end: int, notes: list[str]) -> tuple[int, int | None, int]:
    """Tag, length (None if indefinite) and content start of a BER element."""
    try:
        tag, length = data[position], data[position + 1]
        if tag & 0x1F == 0x1F:
            raise DerError(f"multi-byte tag at offset {position}")
        start = position + 2
        if length < 0x80:
            if start + length > end:
                raise DerError(f"truncated: the element at offset {position} is longer than the data")
            return tag, length, start
        if length == 0x80:
            if not tag & CONSTRUCTED:
                raise DerError(f"indefinite length of a primitive at offset {position}")
            notes.append(f"indefinite length at offset {position}")
            return tag, None, start
        count = length & 0x7F
        octets = data[start : start + count]
        if len(octets) < count:
            raise IndexError
    except IndexError:
        raise DerError(f"truncated within the element at offset {position}") from None
    size = int.from_bytes(octets, "big")
    if size < 0x80 or octets[0] == 0:
        notes.append(f"length with unnecessary octets at offset {position}")
    if start + count + size > end:
        raise DerError(f"truncated: the element at offset {position} is longer than the data")
    return tag, size, start + count


def _normalise(data: bytes, position: int, end: int, notes: list[str], depth: int) -> tuple[bytes, int]:
    if depth > DER_NESTING:
        raise DerError(f"nested more than {DER_NESTING} levels deep")
    begin = position
    tag, length, position = _ber_header(data, position, end, notes)
    if tag < 0x40 and (tag | CONSTRUCTED in _STRUCTURES) is not bool(tag & CONSTRUCTED) and tag not in _STRINGS:
        raise DerError(f"tag {tag:#04x}, a form that this type does not have, at offset {begin}")
    if not tag & CONSTRUCTED:
        assert length is not None
        stop = position + length
        return encode(tag, _primitive(tag, data[position:stop], notes, begin)), stop
    parts = []
    stop = end if length is None else position + length
    while True:
        if length is None and position + 2 <= stop and data[position : position + 2] == b"\0\0":
            position += 2
            break
        if length is not None and position == stop:
            break
        part, position = _normalise(data, position, stop, notes, depth + 1)
        parts.append(part)
    if tag in _STRINGS:
        notes.append(f"constructed string at offset {begin}")
        return encode(tag ^ CONSTRUCTED, _joined(tag, parts)), position
    if tag == SET and parts != sorted(parts):
        notes.append(f"SET OF out of order at offset {begin}")
    return encode(tag, b"".join(parts)), position


def _joined(tag: int, parts: list[bytes]) -> bytes:
    contents = []
    for part in parts:
        _, start, stop = read(part, 0, len(part))
        contents.append(part[start:stop])
    if tag ^ CONSTRUCTED == BIT_STRING:
        unused = contents[-1][:1] if contents else b"\0"
        return unused + b"".join(content[1:] for content in contents)
    return b"".join(contents)


_SIZED = {
    BOOLEAN: "BOOLEAN",
    INTEGER: "INTEGER",
    ENUMERATED: "ENUMERATED",
    BIT_STRING: "BIT STRING",
    NULL: "NULL",
    OBJECT_IDENTIFIER: "OBJECT IDENTIFIER",
}
_SIZES: dict[int, Callable[[int], bool]] = {
    BOOLEAN: lambda size: size == 1,
    NULL: lambda size: size == 0,
    **dict.fromkeys((INTEGER, ENUMERATED, BIT_STRING, OBJECT_IDENTIFIER), lambda size: size > 0),
}
"""Of the types that have one, whether a number of content octets is possible."""


def _primitive(tag: int, content: bytes, notes: list[str], position: int) -> bytes:
    """The content in DER, with a note if it was not; raises DerError where it is none of its type."""
    if tag in _SIZES and not _SIZES[tag](len(content)):
        raise DerError(f"{_SIZED[tag]} of {len(content)} octets at offset {position}")
    if tag == BIT_STRING and (content[0] > 7 or (content[0] and len(content) == 1)):
        raise DerError(f"BIT STRING with {content[0]} unused bits at offset {position}")
    if tag == BOOLEAN and content[0] not in (0, 0xFF):
        notes.append(f"BOOLEAN true encoded as {content[0]:#04x} at offset {position}")
        return b"\xff"
    if tag in (INTEGER, ENUMERATED):
        short = content
        while len(short) > 1 and ((short[0] == 0 and short[1] < 0x80) or (short[0] == 0xFF and short[1] >= 0x80)):
            short = short[1:]
        if short != content:
            notes.append(f"{_SIZED[tag]} with unnecessary octets at offset {position}")
        return short
    if tag == BIT_STRING:
        mask = (1 << content[0]) - 1
        if content[-1] & mask:
            notes.append(f"unused bits of a BIT STRING set at offset {position}")
            return content[:-1] + bytes((content[-1] & ~mask,))
    if tag == OBJECT_IDENTIFIER and content[-1] & 0x80:
        raise DerError(f"OBJECT IDENTIFIER that ends within an arc at offset {position}")
    if tag == OBJECT_IDENTIFIER and any(
        octet == 0x80 and (index == 0 or not content[index - 1] & 0x80) for index, octet in enumerate(content)
    ):
        notes.append(f"OBJECT IDENTIFIER arc with leading zeros at offset {position}")
    return content

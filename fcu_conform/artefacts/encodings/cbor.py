"""Scans the encoding of CBOR (RFC 8949) for properties that a decoder would hide, before any decoder gets the bytes.

The scanner walks the heads of all data items in one loop, without recursion, and checks each length against the
bytes. cbor2 then decodes the values. It gets only data that the scanner has found to be small, shallow and
free of tags that create objects or share references.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

KIB = 1024

MAX_BYTES = 256 * KIB
"""Bytes that are read; a bundle with five certificates and all its parameters has about 6 KiB."""

MAX_NESTING = 16
"""Levels of arrays, maps and tags; a bundle has five."""

MAX_ITEMS = 10_000
"""Data items in all; a bundle has fewer than 300."""

MAX_NOTES = 50
"""Places that are kept of each kind; what comes beyond says nothing new."""

BIGNUM = 2
"""The tag of an unsigned big number, the only one that a bundle may have."""

_LABEL = 40
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _OTHER = range(8)
_INDEFINITE = 31
_FOLLOWING = {24: 1, 25: 2, 26: 4, 27: 8}


@dataclass
class Scan:
    """The encoding of one data item; a place is a path such as ``CertificateChains[1].DataArray[2]``.

    Attributes:
        problem: why the bytes are not one well-formed data item within the limits; empty if they are.
        end: where the data item ends.
        trailing: how many bytes follow it.
        is_map: it is a map.
        indefinite: places whose length is indefinite (strings in chunks among them).
        odd_keys: places of maps with a key that is not a text string of definite length.
        duplicates: places that a map has more than once.
        tags: places of tags, each with its number; an unsigned big number over a byte string is not among them.
        bignums: places of unsigned big numbers, each with the span of the tag's head.
    """

    problem: str = ""
    end: int = 0
    trailing: int = 0
    is_map: bool = False
    indefinite: list[str] = field(default_factory=list)
    odd_keys: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    tags: list[tuple[str, int]] = field(default_factory=list)
    bignums: list[tuple[str, slice]] = field(default_factory=list)

    @property
    def is_decodable(self) -> bool:
        """cbor2 may be given the data item: it is well-formed, keys are text, and no tag makes anything surprising."""
        return not (self.problem or self.odd_keys or self.tags)


class _Malformed(Exception):
    """The bytes are not well-formed, or beyond a limit; the text says why."""


class _Frame:
    """A container that is being read: ``left`` data items are still to come, None if only a break ends it."""

    __slots__ = ("count", "keys", "kind", "label", "left")

    def __init__(self, kind: int, left: int | None) -> None:
        self.kind = kind
        self.left = left
        self.count = 0
        self.label = ""
        self.keys: set[str] = set()

    @property
    def awaits_key(self) -> bool:
        """The next data item is the key of a map."""
        return self.kind == _MAP and self.count % 2 == 0


def scan(data: bytes) -> Scan:
    """Looks at the encoding of the data item that ``data`` starts with; never raises, whatever the bytes."""
    if not data:
        return Scan("is empty")
    if len(data) > MAX_BYTES:
        return Scan(f"has {len(data)} bytes, more than the limit of {MAX_BYTES}")
    scanner = _Scanner(data)
    try:
        scanner.run()
    except _Malformed as fault:
        scanner.result.problem = str(fault)
    return scanner.result


def decode(data: bytes, scanned: Scan) -> Any:
    """The value of a data item that was scanned and is decodable; None where cbor2 cannot decode it after all.

    An unsigned big number comes as the byte string that it is made of: so the device takes it (fact B-08).
    """
    import cbor2  # a run without bundles does without

    assert scanned.is_decodable
    try:
        return cbor2.loads(_without(data[: scanned.end], [head for _, head in scanned.bignums]))
    except Exception:  # which exceptions there are differs from version to version of cbor2
        return None


def _without(data: bytes, spans: list[slice]) -> bytes:
    """The data without some spans, which come in order."""
    if not spans:
        return data
    kept, position = [], 0
    for span in spans:
        kept.append(data[position : span.start])
        position = span.stop
    return b"".join((*kept, data[position:]))


class _Scanner:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.items = 0
        self.stack: list[_Frame] = []
        self.result = Scan()

    def run(self) -> None:
        """Reads one data item with all that is in it."""
        self.result.is_map = self.data[0] >> 5 == _MAP
        while True:
            self._item()
            while self.stack and self.stack[-1].left == 0:
                self._close()
            if not self.stack:
                break
        self.result.end = self.position
        self.result.trailing = len(self.data) - self.position

    def _item(self) -> None:
        begin = self.position
        self.items += 1
        if self.items > MAX_ITEMS:
            raise _Malformed(f"has more than {MAX_ITEMS} data items")
        major, info, argument = self._head()
        frame = self.stack[-1] if self.stack else None
        if major == _OTHER and info == _INDEFINITE:
            if frame is None or frame.left is not None or (frame.kind == _MAP and frame.count % 2):
                raise _Malformed(f"has a misplaced break at offset {begin}")
            frame.left = 0
            return
        if frame is not None and frame.kind in (_BYTES, _TEXT):
            if major != frame.kind or info == _INDEFINITE:
                raise _Malformed(f"has a string chunk of another type at offset {begin}")
        elif frame is not None and frame.awaits_key:
            self._key(frame, major, info, argument)
        if info == _INDEFINITE:
            self._open_indefinite(major, begin)
        elif major in (_BYTES, _TEXT):
            self._string(major, argument, begin)
            self._count()
        elif major in (_ARRAY, _MAP):
            self._open(_Frame(major, argument * (1 + (major == _MAP))), begin)
        elif major == _TAG:
            self._tag(argument, begin)
        else:
            self._count()

    def _head(self) -> tuple[int, int, int]:
        """Major type, additional information, and the argument (0 where the length is indefinite)."""
        begin = self.position
        if begin >= len(self.data):
            raise _Malformed(f"is truncated after {begin} bytes")
        major, info = self.data[begin] >> 5, self.data[begin] & 0x1F
        self.position += 1
        if info < 24:
            return major, info, info
        if info == _INDEFINITE and major not in (_UNSIGNED, _NEGATIVE, _TAG):
            return major, info, 0
        size = _FOLLOWING.get(info)
        if size is None:
            raise _Malformed(f"has a byte that does not begin a data item, at offset {begin}")
        self.position += size
        if self.position > len(self.data):
            raise _Malformed(f"is truncated after {len(self.data)} bytes")
        argument = int.from_bytes(self.data[begin + 1 : self.position], "big")
        if major == _OTHER and info == 24 and argument < 32:
            raise _Malformed(f"has an invalid simple value at offset {begin}")
        return major, info, argument

    def _string(self, major: int, length: int, begin: int) -> None:
        start = self.position
        if length > len(self.data) - start:
            raise _Malformed(
                f"is truncated: the string at offset {begin} needs {length} bytes, but {len(self.data) - start} follow"
            )
        self.position = start + length
        if major == _TEXT:
            try:
                self.data[start : self.position].decode()
            except UnicodeDecodeError:
                raise _Malformed(f"has text that is not UTF-8, at offset {begin}") from None

    def _key(self, frame: _Frame, major: int, info: int, length: int) -> None:
        frame.label = ""
        if major == _TAG:
            return  # told as a tag
        if major != _TEXT or info == _INDEFINITE:
            _note(self.result.odd_keys, self._place(inside=True) or "the bundle")
            return
        # The string itself is read, and found too long or not to be UTF-8, by whoever called.
        key = self.data[self.position : self.position + length].decode(errors="replace")
        frame.label = key[: _LABEL + 1]
        if key in frame.keys:
            _note(self.result.duplicates, self._place())
        frame.keys.add(key)

    def _open_indefinite(self, major: int, begin: int) -> None:
        if not (self.stack and self.stack[-1].awaits_key):
            _note(self.result.indefinite, self._place() or "the bundle")
        self._open(_Frame(major, None), begin)

    def _open(self, frame: _Frame, begin: int) -> None:
        if frame.left is not None and frame.left > len(self.data) - self.position:
            raise _Malformed(f"is truncated: the item at offset {begin} needs more data than follows")
        if len(self.stack) >= MAX_NESTING:
            raise _Malformed(f"is nested more than {MAX_NESTING} levels deep, at offset {begin}")
        self.stack.append(frame)

    def _tag(self, number: int, begin: int) -> None:
        following = self.data[self.position : self.position + 1]
        if number != BIGNUM or (following and following[0] >> 5 != _BYTES):
            _note(self.result.tags, (self._place() or "the bundle", number))
        else:
            self.result.bignums.append((self._place() or "the bundle", slice(begin, self.position)))
        self._open(_Frame(_TAG, 1), begin)

    def _close(self) -> None:
        self.stack.pop()
        self._count()

    def _count(self) -> None:
        """One more data item of the container at hand is complete."""
        if self.stack:
            frame = self.stack[-1]
            frame.count += 1
            if frame.left is not None:
                frame.left -= 1

    def _place(self, *, inside: bool = False) -> str:
        """The path of the data item at hand; with ``inside`` that of the container that it is in."""
        path = ""
        for frame in self.stack[:-1] if inside else self.stack:
            if frame.kind == _ARRAY:
                path += f"[{frame.count}]"
            elif frame.kind == _MAP:
                path += ("." if path else "") + label(frame.label)
        return path


def label(key: str) -> str:
    """A map's key as it stands in a path: as it is where it is plain and short, else quoted and cut."""
    if _PLAIN.fullmatch(key):
        return key
    return repr(key[:_LABEL]) + ("…" if len(key) > _LABEL else "")


def _note(notes: list[Any], note: object) -> None:
    if len(notes) < MAX_NOTES:
        notes.append(note)

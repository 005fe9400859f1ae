"""Finds which devices of a lot may share what must be unique, in little memory: by digests, sorted in parts."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator
from hashlib import blake2b
from itertools import pairwise
from struct import Struct
from tempfile import TemporaryFile
from typing import IO

from fcu_conform.artefacts.device import Device

ENTRY = Struct(">IQQ")
"""A device's number in its chunk, the digest of a value it has, and the digest of its identity."""

KEPT_IN_MEMORY = 16 << 20
"""Bytes of digests of one rule that are kept in memory; more go to a temporary file, which holds nothing else."""

AT_ONCE = 1 << 18
"""Digests that are sorted at a time."""

_BLOCK = ENTRY.size << 12
_CHUNK_BITS = 24
PLACES = 1 << _CHUNK_BITS
"""Devices that a chunk may have."""


def ordinal(chunk: int, index: int) -> int:
    """A device's place in the whole input."""
    return chunk << _CHUNK_BITS | index


def place_of(number: int) -> tuple[int, int]:
    """Chunk and number in it."""
    return number >> _CHUNK_BITS, number & PLACES - 1


_BEGUN = blake2b(digest_size=8)


def _digest(value: bytes) -> bytes:
    """Eight octets of BLAKE2b; a copy of the state at its begin is made faster than a new one."""
    digest = _BEGUN.copy()
    digest.update(value)
    return digest.digest()


class CurrentDevice:
    """What the `DigestRecorder` of several rules share.

    ``index``: the four octets of the number of the device that is being judged; ``identity``: the digest of its
    identity, once one of them has asked for it.
    """

    def __init__(self) -> None:
        self.index = bytes(4)
        self.identity = b""

    def begin(self, index: int) -> None:
        """From here on another device is judged."""
        self.index, self.identity = index.to_bytes(4, "big"), b""


class DigestRecorder:
    """Stands for `ExactFirstHolders` while a chunk is judged: writes down digests of the values, and finds nothing
    itself.
    """

    def __init__(self, current: CurrentDevice) -> None:
        self._current = current
        self._entries = bytearray()

    def earlier_holder(self, value: bytes, device: Device) -> str:
        """See `ExactFirstHolders`; what is a repetition is decided when all chunks are there."""
        current = self._current
        if not current.identity:
            current.identity = _digest(device.identity.encode("utf-8", "surrogatepass"))
        self._entries += current.index + _digest(value) + current.identity
        return ""

    def take(self) -> bytes:
        """All that was written down since the last call."""
        entries, self._entries = bytes(self._entries), bytearray()
        return entries


class Digests:
    """The digests of one rule over all chunks, in memory or, past a limit, in a temporary file."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, int]] = []
        self._memory = bytearray()
        self._file: IO[bytes] | None = None

    def add(self, chunk: int, entries: bytes) -> None:
        """Takes what `DigestRecorder` wrote down of a chunk."""
        self._pieces.append((chunk, len(entries)))
        if self._file is None and len(self._memory) + len(entries) > KEPT_IN_MEMORY:
            self._file = TemporaryFile(prefix="fcu-conform-")  # noqa: SIM115 - closed by `repeated`
            self._file.write(self._memory)
            self._memory = bytearray()
        if self._file is None:
            self._memory += entries
        else:
            self._file.write(entries)

    def repeated(self) -> set[int]:
        """Ordinals of the devices that share a digest with a device of another identity; asked once, at the end."""
        found: set[int] = set()
        count = sum(size for _, size in self._pieces) // ENTRY.size
        bits = (count // AT_ONCE).bit_length()
        try:
            for part in range(1 << bits):
                found |= self._repeated_in(part, 64 - bits)
        finally:
            if self._file is not None:
                self._file.close()
        return found

    def _repeated_in(self, part: int, shift: int) -> set[int]:
        values = array(
            "Q", (value for _, entries in self._blocks() for _, value, _ in entries if value >> shift == part)
        )
        ordered = sorted(values)
        repeated = {one for one, other in pairwise(ordered) if one == other}
        if not repeated:
            return set()
        holders: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for chunk, entries in self._blocks():
            for index, value, identity in entries:
                if value in repeated:
                    holders[value].append((ordinal(chunk, index), identity))
        return {
            number for held in holders.values() if len({identity for _, identity in held}) > 1 for number, _ in held
        }

    def _blocks(self) -> Iterator[tuple[int, Iterator[tuple[int, int, int]]]]:
        """Chunk and entries, block by block."""
        position = 0
        if self._file is not None:
            self._file.flush()
        for chunk, size in self._pieces:
            for start in range(0, size, _BLOCK):
                length = min(_BLOCK, size - start)
                yield chunk, ENTRY.iter_unpack(self._read(position + start, length))
            position += size

    def _read(self, position: int, length: int) -> bytes | memoryview:
        if self._file is None:
            return memoryview(self._memory)[position : position + length]
        self._file.seek(position)
        return self._file.read(length)

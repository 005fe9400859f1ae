"""Digests of values that must be unique: stored in memory or in a file, in parts and in blocks."""

from __future__ import annotations

import random
import struct
from hashlib import blake2b

import pytest

from fcu_conform.artefacts.device import Device
from fcu_conform.engine.lot import duplicates
from fcu_conform.engine.lot.duplicates import ENTRY, CurrentDevice, DigestRecorder, Digests, ordinal, place_of

LAST = (1 << 24) - 1


@pytest.mark.parametrize(
    ("chunk", "index", "number"),
    [(0, 0, 0), (0, 1, 1), (0, LAST, LAST), (1, 0, 1 << 24), (1, 1, (1 << 24) + 1), (5, LAST, (6 << 24) - 1)],
)
def test_the_ordinal_of_a_device_is_its_chunk_and_its_place(chunk: int, index: int, number: int) -> None:
    assert ordinal(chunk, index) == number
    assert place_of(number) == (chunk, index)


def test_ordinals_are_in_the_order_of_the_input() -> None:
    places = [(chunk, index) for chunk in range(3) for index in (0, 1, 2, 499, 500, 70_000, LAST)]
    assert sorted(places, key=lambda place: ordinal(*place)) == places
    assert len({ordinal(*place) for place in places}) == len(places)


def digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=8).digest()


def test_marks_are_number_value_and_identity() -> None:
    current = CurrentDevice()
    one, other = DigestRecorder(current), DigestRecorder(current)
    assert one.earlier_holder(b"first", Device("a", identity="device a")) == ""
    current.begin(0x01020304)
    one.earlier_holder(b"second", Device("b.pem", identity="device b"))
    other.earlier_holder(b"third", Device("ignored", identity="the ledger knows it already"))
    current.begin(7)
    other.earlier_holder(b"fourth", Device("c", identity="\udcff"))
    assert one.take() == b"".join(
        [
            *(bytes(4), digest(b"first"), digest(b"device a")),
            *(b"\1\2\3\4", digest(b"second"), digest(b"device b")),
        ]
    )
    assert other.take() == b"".join(
        [
            *(b"\1\2\3\4", digest(b"third"), digest(b"device b")),
            *(bytes((0, 0, 0, 7)), digest(b"fourth"), digest(b"\xed\xb3\xbf")),
        ]
    )
    assert (one.take(), other.take()) == (b"", b"")
    assert ENTRY.size == 20


def entry(index: int, value: int, identity: int) -> bytes:
    return struct.pack(">IQQ", index, value, identity)


HIGH = (1 << 64) - 1


@pytest.mark.parametrize(
    ("entries", "repeated"),
    [
        ([], set()),
        ([(0, 5, 1)], set()),
        ([(0, 5, 1), (1, 5, 2)], {0, 1}),
        ([(0, 5, 1), (1, 6, 2)], set()),
        ([(0, 5, 1), (1, 5, 1)], set()),
        ([(0, 5, 1), (1, 5, 1), (2, 5, 2)], {0, 1, 2}),
        ([(0, 5, 1), (1, 6, 2), (2, 5, 3), (3, 6, 4), (4, 7, 5)], {0, 1, 2, 3}),
        ([(0, 0, 1), (1, HIGH, 2), (2, 0, 3), (3, HIGH, 4)], {0, 1, 2, 3}),
        ([(0, 1 << 63, 1), (1, 1 << 62, 2), (2, 1 << 63, 3)], {0, 2}),
    ],
)
@pytest.mark.parametrize("at_once", [1, 2, 3, 1 << 18])
def test_devices_share_a_digest_where_their_identities_differ(
    entries: list[tuple[int, int, int]], repeated: set[int], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "AT_ONCE", at_once)
    digests = Digests()
    digests.add(0, b"".join(entry(*one) for one in entries))
    assert digests.repeated() == repeated


@pytest.mark.parametrize("limit", [0, 19, 20, 39, 40, 199, 200, 201, 1000, 1 << 20])
@pytest.mark.parametrize("at_once", [4, 10, 1 << 18])
@pytest.mark.parametrize("block", [1, 2, 3, 4096])
def test_storage_in_memory_or_files_makes_no_difference(
    limit: int, at_once: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "KEPT_IN_MEMORY", limit)
    monkeypatch.setattr(duplicates, "AT_ONCE", at_once)
    monkeypatch.setattr(duplicates, "_BLOCK", block * ENTRY.size)
    drawn = random.Random(f"{limit} {at_once}")
    values = [drawn.getrandbits(64) for _ in range(30)]
    digests, holders = Digests(), {}
    for chunk in range(7):
        entries = []
        for index in range(chunk):
            value, identity = drawn.choice(values), drawn.randrange(4)
            entries.append(entry(index, value, identity))
            holders[chunk << 24 | index] = value, identity
        digests.add(chunk, b"".join(entries))
    assert digests.repeated() == {
        number
        for number, (value, identity) in holders.items()
        if any(value == other and identity != its for other, its in holders.values())
    }


@pytest.mark.parametrize(("limit", "on_disk"), [(39, True), (40, False), (41, False)])
def test_beyond_the_limit_all_digests_are_moved_to_a_file(
    limit: int, on_disk: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "KEPT_IN_MEMORY", limit)
    digests = Digests()
    digests.add(0, entry(0, 5, 1))
    digests.add(1, entry(0, 5, 2))
    assert (digests._file is not None) is on_disk
    assert len(digests._memory) == (0 if on_disk else 40)
    digests.add(2, entry(0, 5, 3))
    assert digests.repeated() == {0, 1 << 24, 2 << 24}
    assert digests._file is not None
    assert digests._file.closed


def test_sixteen_mebibytes_are_kept_in_memory() -> None:
    assert duplicates.KEPT_IN_MEMORY == 16 * 1024 * 1024
    assert duplicates.AT_ONCE == 256 * 1024
    assert 1 <= duplicates._BLOCK // ENTRY.size <= 1 << 16
    assert duplicates._BLOCK % ENTRY.size == 0


@pytest.mark.parametrize(
    ("count", "parts"), [(0, 1), (1, 1), (3, 1), (4, 2), (7, 2), (8, 4), (15, 4), (16, 8), (31, 8), (32, 16)]
)
def test_more_digests_are_sorted_in_more_parts(count: int, parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "AT_ONCE", 4)
    asked: list[tuple[int, int]] = []

    def note(self: Digests, part: int, shift: int) -> set[int]:
        asked.append((part, shift))
        return {part}

    monkeypatch.setattr(Digests, "_repeated_in", note)
    digests = Digests()
    digests.add(0, b"".join(entry(index, index, index) for index in range(count)))
    assert digests.repeated() == set(range(parts))
    assert asked == [(part, 64 - (parts.bit_length() - 1)) for part in range(parts)]

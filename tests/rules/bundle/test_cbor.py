"""The scanner of CBOR encodings: what it sees, what it bounds, and that it agrees with cbor2."""

from __future__ import annotations

import tracemalloc

import cbor2
import processor
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcu_conform.artefacts.bundle import Bundle
from fcu_conform.artefacts.encodings import cbor

KIB = 1024

BOMBS = {
    "arrays in arrays": b"\x81" * (250 * KIB),
    "tags on tags": b"\xc2" * (250 * KIB),
    "indefinite arrays in indefinite arrays": b"\x9f" * (250 * KIB),
    "maps as keys of maps": b"\xa1" * (250 * KIB),
    "an array that is to have 2^64 elements": b"\x9b" + b"\xff" * 8,
    "a map that is to have 2^64 pairs": b"\xbb" + b"\xff" * 8,
    "a string that is to have 2^64 bytes": b"\x5b" + b"\xff" * 8,
    "a chunk that is to have 2^64 bytes": b"\x5f\x5b" + b"\xff" * 8,
    "zeros without end": b"\x9a\x00\x03\xe8\x00" + bytes(250 * KIB),
    "empty maps without end": b"\x9f" + b"\xa0" * (250 * KIB),
    "chunks without end": b"\x5f" + b"\x40" * (250 * KIB),
    "one key again and again": b"\xbf" + b"\x61a\x00" * (80 * KIB),
    "odd keys without end": b"\xbf" + b"\x00\x00" * (120 * KIB),
    "shared values": b"\x9f" + b"\xd8\x1c\x81\xd8\x1d\x00" * (40 * KIB),
    "a long key around many faults": b"\xa1\x7a\x00\x03\x00\x00"
    + b"k" * (192 * KIB)
    + b"\x9f"
    + b"\x9f\xff" * (28 * KIB),
    "a big number": b"\xc2\x5a\x00\x03\xe8\x00" + b"\xff" * (250 * KIB),
    "more bytes than are read": bytes(64 * KIB * KIB),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_costs_little_time_and_memory(bomb: str) -> None:
    with processor.at_most(2):
        Bundle(BOMBS[bomb])
    tracemalloc.start()
    try:
        Bundle(BOMBS[bomb])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * KIB * KIB


def test_exceeding_a_limit_is_reported() -> None:
    assert "nested more than 16 levels" in cbor.scan(BOMBS["arrays in arrays"]).problem
    assert "more than 10000 data items" in cbor.scan(BOMBS["zeros without end"]).problem
    assert "more than the limit of 262144" in cbor.scan(BOMBS["more bytes than are read"]).problem


PLACES = {
    "indefinite": (b"\xbf\x61a\x9f\x01\x5f\x41b\x41c\xff\xff\xff", ["the bundle", "a", "a[1]"]),
    "duplicates": (b"\xa1\x61a\x81\xa2\x61b\x00\x61b\x01", ["a[0].b"]),
    "odd_keys": (b"\xa1\x61a\x81\xa1\x41b\x00", ["a[0]"]),
    "tags": (b"\xa1\x61a\x82\x00\xc1\x00", [("a[1]", 1)]),
}


@pytest.mark.parametrize("kind", PLACES)
def test_every_location_is_reported_as_a_path(kind: str) -> None:
    data, places = PLACES[kind]
    scanned = cbor.scan(data)
    assert (scanned.problem, scanned.trailing) == ("", 0)
    assert {kind: getattr(scanned, kind) for kind in PLACES} == {
        **{other: [] for other in PLACES},
        kind: places,
    }


def test_a_strange_key_is_quoted_and_cut_in_a_path() -> None:
    data = cbor2.dumps({"\x1b[2J" + "k" * 100: cbor2.CBORTag(1, 0)})
    ((place, _),) = cbor.scan(data).tags
    assert place == r"'\x1b[2J" + "k" * 36 + "'…"


@pytest.mark.parametrize(
    "data",
    [b"\x1c", b"\xf8\x00", b"\x1f", b"\x3f", b"\xdf", b"\x5f\x61a\xff", b"\x5f\x5f\xff\xff", b"\x61\xc0", b"\x81\xff"],
    ids=lambda data: data.hex(),
)
def test_malformed_cbor_by_rfc_8949_is_a_problem(data: bytes) -> None:
    assert cbor.scan(data).problem


def test_a_chunked_string_used_as_a_key_is_reported_once() -> None:
    scanned = cbor.scan(b"\xa1\x7f\x61a\xff\x00")
    assert (scanned.odd_keys, scanned.indefinite, scanned.problem) == (["the bundle"], [], "")


def test_only_the_tag_of_an_unsigned_bignum_over_bytes_is_accepted() -> None:
    assert cbor.scan(cbor2.dumps({"a": 1 << 70})).is_decodable
    for value in ({"a": -(1 << 70)}, {"a": cbor2.CBORTag(2, "text")}, {"a": cbor2.CBORTag(258, [1])}):
        assert not cbor.scan(cbor2.dumps(value)).is_decodable


plain = st.recursive(
    st.none() | st.booleans() | st.integers(0, 1 << 70) | st.integers(-(1 << 60), 0) | st.text(max_size=20)
    | st.binary(max_size=40) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=30,
)  # fmt: skip


@given(plain)
def test_cbor2_output_is_well_formed_and_read_back(value: object) -> None:
    scanned = cbor.scan(cbor2.dumps(value))
    if scanned.problem:
        assert "nested" in scanned.problem
        return
    assert (scanned.trailing, scanned.indefinite, scanned.duplicates, scanned.tags) == (0, [], [], [])
    assert cbor.decode(cbor2.dumps(value), scanned) == as_the_device_takes(value)


def as_the_device_takes(value: object) -> object:
    """The value with byte strings in place of big numbers."""
    if isinstance(value, int) and value >= 1 << 64:
        return value.to_bytes((value.bit_length() + 7) // 8, "big")
    if isinstance(value, list):
        return [as_the_device_takes(element) for element in value]
    if isinstance(value, dict):
        return {name: as_the_device_takes(element) for name, element in value.items()}
    return value


@given(st.binary(max_size=200))
def test_cbor2_decodes_everything_that_the_scanner_accepts(data: bytes) -> None:
    scanned = cbor.scan(data)
    assert scanned.end + scanned.trailing in (0, len(data))
    if scanned.is_decodable:
        assert scanned.end
        cbor2.loads(data[: scanned.end])


@given(plain, st.integers(0, 400))
def test_a_truncated_data_item_is_never_complete(value: object, cut: int) -> None:
    data = cbor2.dumps(value)
    if cut < len(data):
        assert cbor.scan(data[:cut]).problem

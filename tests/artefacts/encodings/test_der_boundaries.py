"""Lengths, tags and notes of DER and BER exactly at their boundaries."""

from __future__ import annotations

import pytest

from fcu_conform.artefacts.bounded_io.limits import OID_OCTETS
from fcu_conform.artefacts.encodings import der


def refusal(data: bytes, end: int | None = None, at: int = 0) -> str:
    with pytest.raises(der.DerError) as refused:
        der.read(data, at, len(data) if end is None else end)
    return str(refused.value)


def lenient_refusal(data: bytes) -> str:
    with pytest.raises(der.DerError) as refused:
        der.normalise(data)
    return str(refused.value)


@pytest.mark.parametrize(
    ("head", "size"),
    [
        ("04 00", 0),
        ("04 7f", 127),
        ("04 81 80", 128),
        ("04 81 ff", 255),
        ("04 82 01 00", 256),
        ("04 82 ff ff", 65535),
        ("04 83 01 00 00", 65536),
    ],
)
def test_an_element_that_fills_its_container_is_read_and_one_octet_more_is_refused(head: str, size: int) -> None:
    start = len(bytes.fromhex(head))
    data = bytes.fromhex(head) + bytes(size)
    for before in (b"", b"\x05\x00"):
        place = len(before)
        whole = before + data + b"\x05\x00"
        assert der.read(whole, place, place + len(data)) == (4, place + start, place + len(data))
        assert der.encode(4, bytes(size)) == data
        if size:
            assert refusal(whole, place + len(data) - 1, place) == (
                f"truncated: the element at offset {place} is longer than the data"
            )


def test_four_octets_of_length_are_read_and_five_are_not() -> None:
    assert refusal(bytes.fromhex("0484 01000000")) == "truncated: the element at offset 0 is longer than the data"
    assert refusal(bytes.fromhex("0485 0100000000")) == "indefinite or oversized length at offset 0"
    assert refusal(bytes.fromhex("0480")) == "indefinite or oversized length at offset 0"


@pytest.mark.parametrize("data", ["0481 7f", "0481 00", "0482 00ff", "0482 0080", "0483 00ffff", "0484 00ffffff"])
def test_a_length_that_needs_fewer_octets_is_refused_strictly_and_noted_leniently(data: str) -> None:
    head = bytes.fromhex(data)
    size = int.from_bytes(head[2:], "big")
    if size > 70000:
        assert refusal(head) == "length with unnecessary octets at offset 0"
        return
    whole = head + bytes(size)
    assert refusal(whole) == "length with unnecessary octets at offset 0"
    assert der.normalise(whole + b"x") == (
        der.encode(4, bytes(size)),
        b"x",
        ["length with unnecessary octets at offset 0"],
    )


@pytest.mark.parametrize("tag", [0x1F, 0x3F, 0x5F, 0xBF, 0xDF, 0xFF])
def test_every_tag_of_several_octets_is_refused(tag: int) -> None:
    assert refusal(bytes((tag, 1, 0))) == "multi-byte tag at offset 0"
    assert lenient_refusal(bytes((tag, 1, 0))) == "multi-byte tag at offset 0"


@pytest.mark.parametrize("tag", [0x01, 0x0F, 0x1E, 0x5E, 0x80, 0x9E])
def test_every_other_tag_is_read(tag: int) -> None:
    assert der.read(bytes((tag, 1, 0)), 0, 3) == (tag, 2, 3)
    assert der.normalise(bytes((tag, 1, 0xFF))) == (bytes((tag, 1, 0xFF)), b"", [])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("0102 0101", "BOOLEAN of 2 octets at offset 0"),
        ("0100", "BOOLEAN of 0 octets at offset 0"),
        ("0200", "INTEGER of 0 octets at offset 0"),
        ("0a00", "ENUMERATED of 0 octets at offset 0"),
        ("0501 00", "NULL of 1 octets at offset 0"),
        ("0600", "OBJECT IDENTIFIER of 0 octets at offset 0"),
        ("0601 80", "OBJECT IDENTIFIER that ends within an arc at offset 0"),
        ("0302 08ff", "BIT STRING with 8 unused bits at offset 0"),
        ("0301 07", "BIT STRING with 7 unused bits at offset 0"),
        ("1000", "tag 0x10, a form that this type does not have, at offset 0"),
        ("1102 0500", "tag 0x11, a form that this type does not have, at offset 0"),
        ("2203 0201 01", "tag 0x22, a form that this type does not have, at offset 0"),
        ("3003 2101 ff", "tag 0x21, a form that this type does not have, at offset 2"),
    ],
)
def test_values_that_are_impossible_for_their_type_are_refused_leniently_as_well(data: str, told: str) -> None:
    assert lenient_refusal(bytes.fromhex(data)) == told


def test_an_expected_element_must_be_present() -> None:
    data = bytes.fromhex("0500 0201 07")
    assert der.expect(data, 2, 5, der.INTEGER, "number") == (4, 5)
    for position, end in ((2, 2), (5, 5), (3, 2)):
        with pytest.raises(der.DerError) as refused:
            der.expect(data, position, end, der.INTEGER, "number")
        assert str(refused.value) == f"number is missing at offset {position}"
    for tag in (1, 3):
        with pytest.raises(der.DerError) as refused:
            der.expect(data, 2, 5, tag, "number")
        assert str(refused.value) == f"number: tag 0x02 where {tag:#04x} was expected, at offset 2"


def test_trailing_bytes_are_counted() -> None:
    with pytest.raises(der.DerError) as refused:
        der.only(bytes.fromhex("0201 07 0500 00"), der.INTEGER, "number")
    assert str(refused.value) == "number: 3 trailing bytes"


def test_an_empty_container_has_no_children_and_the_last_child_ends_with_its_container() -> None:
    data = bytes.fromhex("0500 0201 07")
    assert list(der.children(data, 5, 5)) == []
    assert list(der.children(data, 0, 5)) == [(5, 0, 2, 2), (2, 2, 4, 5)]
    with pytest.raises(der.DerError, match="longer than the data"):
        list(der.children(data, 0, 4))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("00", "0.0"),
        ("27", "0.39"),
        ("28", "1.0"),
        ("4f", "1.39"),
        ("50", "2.0"),
        ("77", "2.39"),
        ("78", "2.40"),
        ("7f", "2.47"),
        ("8100", "2.48"),
        ("2a8648", "1.2.840"),
        ("2a7f", "1.2.127"),
        ("2a8100", "1.2.128"),
        ("2aff7f", "1.2.16383"),
        ("2a818000", "1.2.16384"),
        ("2a00", "1.2.0"),
    ],
)
def test_arcs_of_an_object_identifier_at_their_boundaries(content: str, text: str) -> None:
    assert der.oid_text(bytes.fromhex(content)) == text


def test_an_object_identifier_of_exactly_the_limit_is_read_and_a_longer_one_is_refused() -> None:
    assert der.oid_text(b"\x2a" * OID_OCTETS) == ".".join(["1.2", *["42"] * (OID_OCTETS - 1)])
    for content in (b"\x2a" * (OID_OCTETS + 1), b"", b"\x80", b"\x2a\x80"):
        with pytest.raises(der.DerError, match="malformed object identifier"):
            der.oid_text(content)


@pytest.mark.parametrize(
    ("ber", "rewritten", "note"),
    [
        ("0101 00", "0101 00", ""),
        ("0101 ff", "0101 ff", ""),
        ("0101 01", "0101 ff", "BOOLEAN true encoded as 0x01 at offset 0"),
        ("0101 fe", "0101 ff", "BOOLEAN true encoded as 0xfe at offset 0"),
        ("0201 00", "0201 00", ""),
        ("0202 007f", "0201 7f", "INTEGER with unnecessary octets at offset 0"),
        ("0202 0080", "0202 0080", ""),
        ("0202 ff80", "0201 80", "INTEGER with unnecessary octets at offset 0"),
        ("0202 ff7f", "0202 ff7f", ""),
        ("0202 fe80", "0202 fe80", ""),
        ("0202 017f", "0202 017f", ""),
        ("0203 00007f", "0201 7f", "INTEGER with unnecessary octets at offset 0"),
        ("0203 ffffff", "0201 ff", "INTEGER with unnecessary octets at offset 0"),
        ("0202 0000", "0201 00", "INTEGER with unnecessary octets at offset 0"),
        ("0203 0000 80", "0202 0080", "INTEGER with unnecessary octets at offset 0"),
        ("0302 00ff", "0302 00ff", ""),
        ("0302 01fe", "0302 01fe", ""),
        ("0302 01ff", "0302 01fe", "unused bits of a BIT STRING set at offset 0"),
        ("0302 0780", "0302 0780", ""),
        ("0302 07c0", "0302 0780", "unused bits of a BIT STRING set at offset 0"),
        ("0302 04aa", "0302 04a0", "unused bits of a BIT STRING set at offset 0"),
        ("0303 01ff ff", "0303 01ff fe", "unused bits of a BIT STRING set at offset 0"),
        ("0602 2a01", "0602 2a01", ""),
        ("0602 8001", "0602 8001", "OBJECT IDENTIFIER arc with leading zeros at offset 0"),
        ("0603 2a8001", "0603 2a8001", "OBJECT IDENTIFIER arc with leading zeros at offset 0"),
        ("0604 2a818000", "0604 2a818000", ""),
        ("0603 2a8101", "0603 2a8101", ""),
        ("3106 0201 01 0201 02", "3106 0201 01 0201 02", ""),
        ("3106 0201 02 0201 01", "3106 0201 02 0201 01", "SET OF out of order at offset 0"),
        ("3006 0201 02 0201 01", "3006 0201 02 0201 01", ""),
        ("3000", "3000", ""),
        ("3080 0000", "3000", "indefinite length at offset 0"),
        ("3080 0201 00 0000", "3003 0201 00", "indefinite length at offset 0"),
    ],
)
def test_each_departure_from_der_exactly_at_its_boundary(ber: str, rewritten: str, note: str) -> None:
    element, rest, notes = der.normalise(bytes.fromhex(ber) + b"rest")
    assert (element.hex(), rest, notes) == (
        bytes.fromhex(rewritten).hex(),
        b"rest",
        [note] if note else [],
    )


@pytest.mark.parametrize(
    ("ber", "message"),
    [
        ("", "truncated within the element at offset 0"),
        ("04", "truncated within the element at offset 0"),
        ("0401", "truncated: the element at offset 0 is longer than the data"),
        ("0482 01", "truncated within the element at offset 0"),
        ("0481", "truncated within the element at offset 0"),
        ("0481 80", "truncated: the element at offset 0 is longer than the data"),
        ("0480 00", "indefinite length of a primitive at offset 0"),
        ("3080 00", "truncated within the element at offset 2"),
        ("3080", "truncated within the element at offset 2"),
        ("3003 0402 00", "truncated: the element at offset 2 is longer than the data"),
        ("3004 0481 02 00", "truncated: the element at offset 2 is longer than the data"),
        ("3080 3080 0000", "truncated within the element at offset 6"),
    ],
)
def test_truncated_ber_is_reported_with_its_offset(ber: str, message: str) -> None:
    assert lenient_refusal(bytes.fromhex(ber)) == message


def test_an_element_with_a_long_length_fits_exactly_or_is_refused() -> None:
    whole = bytes.fromhex("308183 048180") + bytes(128)
    assert der.normalise(whole) == (whole, b"", [])
    cut = bytes.fromhex("308182 048180") + bytes(127)
    assert lenient_refusal(cut) == "truncated: the element at offset 3 is longer than the data"
    assert lenient_refusal(bytes.fromhex("048180") + bytes(127)) == (
        "truncated: the element at offset 0 is longer than the data"
    )


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ("2300", "030100"),
        ("2304 0302 04f0", "0302 04f0"),
        ("2308 0302 00aa 0302 04b0", "0303 04aab0"),
        ("2400", "0400"),
        ("2407 0402 6162 0401 63", "0403 616263"),
        ("2c06 0c01 61 0c01 62", "0c02 6162"),
    ],
)
def test_constructed_strings_are_joined(pieces: str, whole: str) -> None:
    element, _, notes = der.normalise(bytes.fromhex(pieces))
    assert element == bytes.fromhex(whole)
    assert notes == ["constructed string at offset 0"]


def test_offsets_in_notes_are_those_of_the_bytes_as_found() -> None:
    data = bytes.fromhex("3080 0500 0101 01 0202 0001 0302 01ff 0602 8001 2403 0401 61 3106 0201 02 0201 01 0000")
    assert der.normalise(data)[2] == [
        "indefinite length at offset 0",
        "BOOLEAN true encoded as 0x01 at offset 4",
        "INTEGER with unnecessary octets at offset 7",
        "unused bits of a BIT STRING set at offset 11",
        "OBJECT IDENTIFIER arc with leading zeros at offset 15",
        "constructed string at offset 19",
        "SET OF out of order at offset 24",
    ]
    assert der.element_end(data + b"rest", 0) == len(data)
    assert der.element_end(data, 2) == 4
    assert der.content_start(data, 0) == 2
    assert der.content_start(data, 4) == 6

"""The strict DER reader, and the lenient one that names every departure from DER."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fcu_conform.artefacts.bounded_io.limits import DER_NESTING, OID_OCTETS
from fcu_conform.artefacts.encodings import der


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def test_an_element_is_its_tag_and_where_its_content_starts_and_stops() -> None:
    assert der.read(unhex("00 0403616263 00"), 1, 7) == (4, 3, 6)
    assert der.read(unhex("048180") + bytes(128), 0, 131) == (4, 3, 131)
    assert der.read(unhex("04820100") + bytes(256), 0, 260) == (4, 4, 260)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "truncated within the element at offset 0"),
        ("04", "truncated within the element at offset 0"),
        ("0401", "truncated: the element at offset 0 is longer than the data"),
        ("1f8101", "multi-byte tag at offset 0"),
        ("3080", "indefinite or oversized length at offset 0"),
        ("0485", "indefinite or oversized length at offset 0"),
        ("04817f" + "00" * 127, "length with unnecessary octets at offset 0"),
        ("0482007f" + "00" * 127, "length with unnecessary octets at offset 0"),
        ("048200ff" + "00" * 255, "length with unnecessary octets at offset 0"),
    ],
)
def test_the_strict_reader_refuses_anything_but_der(data: str, message: str) -> None:
    with pytest.raises(der.DerError) as refused:
        der.read(unhex(data), 0, len(unhex(data)))
    assert str(refused.value) == message


def test_an_element_that_exceeds_its_container_is_refused_although_bytes_follow() -> None:
    with pytest.raises(der.DerError, match="longer than the data"):
        der.read(unhex("0403616263"), 0, 4)


def test_children_are_all_elements_between_two_offsets() -> None:
    data = unhex("0101ff 0500 3000")
    assert list(der.children(data, 0, 7)) == [(1, 0, 2, 3), (5, 3, 5, 5), (0x30, 5, 7, 7)]
    assert list(der.children(data, 3, 3)) == []


def test_only_takes_one_element_and_nothing_after_it() -> None:
    assert der.only(unhex("300105"), der.SEQUENCE, "x") == (2, 3)
    with pytest.raises(der.DerError, match=r"^x: 2 trailing bytes$"):
        der.only(unhex("3001050000"), der.SEQUENCE, "x")
    with pytest.raises(der.DerError, match=r"^x: tag 0x31 where 0x30 was expected, at offset 0$"):
        der.only(unhex("3100"), der.SEQUENCE, "x")
    with pytest.raises(der.DerError, match=r"^x is missing at offset 0$"):
        der.only(b"", der.SEQUENCE, "x")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("2a8648ce3d030107", "1.2.840.10045.3.1.7"),
        ("550403", "2.5.4.3"),
        ("00", "0.0"),
        ("27", "0.39"),
        ("28", "1.0"),
        ("4f", "1.39"),
        ("50", "2.0"),
        ("883703", "2.999.3"),
        ("2b0e030200", "1.3.14.3.2.0"),
    ],
)
def test_object_identifiers_are_read(content: str, text: str) -> None:
    assert der.oid_text(unhex(content)) == text


@pytest.mark.parametrize("content", [b"", b"\x2a\x86", b"\x2a" * (OID_OCTETS + 1), b"\xff" * 100_000 + b"\x7f"])
def test_malformed_and_endless_object_identifiers_are_refused(content: bytes) -> None:
    with pytest.raises(der.DerError, match=r"^malformed object identifier$"):
        der.oid_text(content)
    assert der.oid_text(b"\x2a" * OID_OCTETS) == "1.2" + ".42" * (OID_OCTETS - 1)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_encoded_values_are_read_back(size: int) -> None:
    data = der.encode(4, bytes(size))
    tag, start, stop = der.read(data, 0, len(data))
    assert (tag, stop - start, stop) == (4, size, len(data))


@pytest.mark.parametrize(
    ("ber", "rewritten", "notes"),
    [
        ("3003020105", "3003020105", []),
        ("3080 020105 0000", "3003020105", ["indefinite length at offset 0"]),
        ("308103 020105", "3003020105", ["length with unnecessary octets at offset 0"]),
        ("30820003 020105", "3003020105", ["length with unnecessary octets at offset 0"]),
        ("010101", "0101ff", ["BOOLEAN true encoded as 0x01 at offset 0"]),
        ("0101ff", "0101ff", []),
        ("010100", "010100", []),
        ("02020005", "020105", ["INTEGER with unnecessary octets at offset 0"]),
        ("0202ff80", "020180", ["INTEGER with unnecessary octets at offset 0"]),
        ("02020080", "02020080", []),
        ("0202ff7f", "0202ff7f", []),
        ("02040000007f", "02017f", ["INTEGER with unnecessary octets at offset 0"]),
        ("03020181", "03020180", ["unused bits of a BIT STRING set at offset 0"]),
        ("03020180", "03020180", []),
        ("2407 040161 04026263", "0403616263", ["constructed string at offset 0"]),
        ("2480 040161 0000", "040161", ["indefinite length at offset 0", "constructed string at offset 0"]),
        (
            "2308 0302000a 0302040b",  # the last part says how many bits are unused
            "0303040a00",
            ["unused bits of a BIT STRING set at offset 6", "constructed string at offset 0"],
        ),
        ("3106 020102 020101", "3106020102020101", ["SET OF out of order at offset 0"]),
        ("3106 020101 020102", "3106020101020102", []),
        ("06042a868048", "06042a868048", []),
        ("06042a808648", "06042a808648", ["OBJECT IDENTIFIER arc with leading zeros at offset 0"]),
        ("0603800101", "0603800101", ["OBJECT IDENTIFIER arc with leading zeros at offset 0"]),
    ],
)
def test_ber_is_rewritten_with_a_note_for_each_departure(ber: str, rewritten: str, notes: list[str]) -> None:
    assert der.normalise(unhex(ber)) == (unhex(rewritten), b"", notes)


def test_bytes_after_an_element_are_returned() -> None:
    assert der.normalise(unhex("3003020105 beef")) == (unhex("3003020105"), unhex("beef"), [])


def test_bytes_after_an_element_with_a_long_length_are_returned() -> None:
    long = der.encode(der.OCTET_STRING, bytes(200))
    assert der.normalise(long + b"\xbe\xef") == (long, b"\xbe\xef", [])


def test_a_length_of_three_octets_where_two_are_enough_is_not_der() -> None:
    with pytest.raises(der.DerError, match=r"^length with unnecessary octets at offset 0$"):
        der.read(unhex("0483000100") + bytes(256), 0, 261)
    assert der.read(unhex("04820100") + bytes(256), 0, 260) == (der.OCTET_STRING, 4, 260)


@pytest.mark.parametrize("tag", [0x04, 0x0C, 0x12, 0x13, 0x14, 0x16, 0x1C, 0x1E])
def test_constructed_strings_of_every_kind_are_joined_in_ber(tag: int) -> None:
    pieces = der.encode(tag, b"ab") + der.encode(tag, b"cd")
    rewritten = der.encode(tag, b"abcd"), b"", ["constructed string at offset 0"]
    assert der.normalise(der.encode(tag | der.CONSTRUCTED, pieces)) == rewritten


@pytest.mark.parametrize(
    "data",
    [
        "",
        "30",
        "040561",
        "3003 040561",
        "3080 020105",
        "3004 3080 0201 050000",
        "0480 00",
        "3005 020105",
        "3082ffff",
        "1f0101",
        "3003 3080 00 00",
    ],
)
def test_input_that_is_not_even_ber_is_refused(data: str) -> None:
    with pytest.raises(der.DerError):
        der.normalise(unhex(data))


def test_nesting_is_bounded() -> None:
    data = b""
    for _ in range(DER_NESTING + 1):
        data = der.encode(der.SEQUENCE, data)
    assert der.normalise(data) == (data, b"", [])
    with pytest.raises(der.DerError, match=rf"^nested more than {DER_NESTING} levels deep$"):
        der.normalise(der.encode(der.SEQUENCE, data))


def test_ends_and_contents_of_ber_elements_are_found() -> None:
    data = unhex("3080 020105 0000 ff")
    assert der.content_start(data, 0) == 2
    assert der.element_end(data, 0) == 7
    assert der.element_end(data, 2) == 5


elements = st.recursive(
    st.builds(der.encode, st.sampled_from([2, 4, 12, 19]), st.binary(min_size=1, max_size=3)),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: der.encode(der.SEQUENCE, b"".join(parts))),
    max_leaves=8,
)


@settings(deadline=None)
@given(elements, st.binary(max_size=4))
def test_rewriting_twice_changes_nothing_more(element: bytes, rest: bytes) -> None:
    once, left, _ = der.normalise(element + rest)
    assert left == rest
    assert der.normalise(once) == (once, b"", [])


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_for_any_bytes_only_a_der_error_is_raised(data: bytes) -> None:
    try:
        element, rest, _ = der.normalise(data)
    except der.DerError:
        return
    assert data.endswith(rest)
    tag, _, stop = der.read(element, 0, len(element))
    assert stop == len(element)
    assert tag in (data[0], data[0] ^ der.CONSTRUCTED)

"""Distinguished names: read as they are, compared as RFC 5280 section 7.1 compares them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.der import DerError, encode
from fcu_conform.artefacts.encodings.names import parse_name
from fcu_conform.artefacts.encodings.oids import COMMON_NAME, ORGANIZATION

CN = bytes.fromhex("0603550403")
O = bytes.fromhex("060355040a")  # noqa: E741 - the attribute is called that


def attribute(kind: bytes, value: str | bytes, tag: int = der.UTF8_STRING, encoding: str = "utf-8") -> bytes:
    content = value if isinstance(value, bytes) else value.encode(encoding)
    return encode(der.SEQUENCE, kind + encode(tag, content))


def name(*rdns: bytes) -> bytes:
    return encode(der.SEQUENCE, b"".join(encode(der.SET, rdn) for rdn in rdns))


def matches(one: bytes, other: bytes) -> bool:
    answer = parse_name(one).matches(parse_name(other))
    assert parse_name(other).matches(parse_name(one)) is answer
    return answer


def test_a_name_shows_its_attributes_in_the_order_of_the_encoding() -> None:
    read = parse_name(name(attribute(CN, "FCU line 1"), attribute(O, "Acme") + attribute(CN, "x")))
    assert str(read) == "CN=FCU line 1, O=Acme+CN=x"
    assert read.values(COMMON_NAME) == ["FCU line 1", "x"]
    assert read.values(ORGANIZATION) == ["Acme"]
    assert not read.is_empty


def test_the_empty_name_is_empty() -> None:
    read = parse_name(name())
    assert read.is_empty
    assert str(read) == ""


def test_an_unknown_attribute_is_shown_by_its_object_identifier() -> None:
    assert str(parse_name(name(attribute(bytes.fromhex("06032a0304"), "x")))) == "1.2.3.4=x"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (attribute(CN, "FCU"), attribute(CN, "FCU", der.PRINTABLE_STRING)),
        (attribute(CN, "FCU"), attribute(CN, "fcu")),
        (attribute(CN, "FCU line"), attribute(CN, "  FCU \t line ")),
        (attribute(CN, "FCÜ"), attribute(CN, "fcü", der.BMP_STRING, "utf-16-be")),
        (attribute(CN, "FCÜ"), attribute(CN, "FCÜ", der.TELETEX_STRING, "latin-1")),
        (attribute(CN, "FCÜ"), attribute(CN, "FCÜ", der.UNIVERSAL_STRING, "utf-32-be")),
        (attribute(CN, "Straße"), attribute(CN, "STRASSE")),
        (attribute(CN, "ﬁ"), attribute(CN, "fi")),
        (attribute(CN, "e\u0301"), attribute(CN, "é")),
        (attribute(CN, "a") + attribute(O, "b"), attribute(O, "B") + attribute(CN, "A")),
    ],
)
def test_names_are_compared_regardless_of_string_type_case_and_white_space(one: bytes, other: bytes) -> None:
    assert one != other
    assert matches(name(one), name(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (name(attribute(CN, "FCU")), name(attribute(CN, "FCU 1"))),
        (name(attribute(CN, "FCU")), name(attribute(O, "FCU"))),
        (name(attribute(CN, "FCU")), name()),
        (name(attribute(CN, "FCU"), attribute(O, "A")), name(attribute(O, "A"), attribute(CN, "FCU"))),
        (name(attribute(CN, "FCU"), attribute(O, "A")), name(attribute(CN, "FCU") + attribute(O, "A"))),
        (name(attribute(CN, "FCU line")), name(attribute(CN, "FCUline"))),
        (name(attribute(CN, b"\xff")), name(attribute(CN, "\\xff"))),
        (name(attribute(CN, b"A", der.OCTET_STRING)), name(attribute(CN, b"a", der.OCTET_STRING))),
        (name(attribute(CN, b"A", der.OCTET_STRING)), name(attribute(CN, "A"))),
    ],
)
def test_other_names_are_not_equal(one: bytes, other: bytes) -> None:
    assert not matches(one, other)


def test_identical_bytes_match_even_if_they_are_not_text() -> None:
    assert matches(name(attribute(CN, b"\xff\xfe")), name(attribute(CN, b"\xff\xfe")))
    assert parse_name(name(attribute(CN, b"\xff"))).values(COMMON_NAME) == ["\\xff"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "name is missing at offset 0"),
        (encode(der.SET, b""), "name: tag 0x31 where 0x30 was expected, at offset 0"),
        (name(attribute(CN, "x")) + b"\0", "name: 1 trailing byte"),
        (encode(der.SEQUENCE, encode(der.SEQUENCE, b"")), "name: an RDN that is not a SET of attributes"),
        (encode(der.SEQUENCE, encode(der.SET, b"")), "name: an RDN without attributes"),
        (name(CN), "name: an attribute that is not a SEQUENCE"),
        (name(encode(der.SEQUENCE, CN)), "name: an attribute without a value"),
        (name(attribute(CN + b"\x05\0", "x")), "name: an attribute with trailing bytes"),
    ],
)
def test_input_that_is_not_a_name_is_refused_with_a_reason(data: bytes, message: str) -> None:
    with pytest.raises(DerError) as refused:
        parse_name(data)
    assert str(refused.value) == message


@given(st.text(max_size=20), st.text(max_size=20))
def test_leading_and_trailing_white_space_never_distinguishes_names(text: str, other: str) -> None:
    plain = name(attribute(CN, text.strip()))
    assert matches(plain, name(attribute(CN, f" {text.strip()}  ")))
    assert matches(name(attribute(CN, text), attribute(O, other)), name(attribute(CN, text), attribute(O, other)))

"""Names exactly at their limits: how long an attribute is folded, how much is shown, what is remembered."""

from __future__ import annotations

import pytest

from fcu_conform.artefacts.bounded_io.limits import NAME_CHARACTERS, NAME_KEPT, NAME_SHOWN
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.names import Attribute, Name, parse_name

CN = bytes.fromhex("0603550403")
UTF8, PRINTABLE, TELETEX, UNIVERSAL, BMP = 0x0C, 0x13, 0x14, 0x1C, 0x1E


def name_of(*values: bytes, tag: int = UTF8) -> bytes:
    rdns = (der.encode(der.SET, der.encode(der.SEQUENCE, CN + der.encode(tag, value))) for value in values)
    return der.encode(der.SEQUENCE, b"".join(rdns))


def test_text_is_folded_up_to_the_limit_and_compared_byte_by_byte_beyond_it() -> None:
    for size, same in ((NAME_CHARACTERS - 1, True), (NAME_CHARACTERS, True), (NAME_CHARACTERS + 1, False)):
        one, other = parse_name(name_of(b"a" * size)), parse_name(name_of(b"A" * size))
        assert one.matches(other) is same
        assert one.matches(parse_name(name_of(b"a" * size, tag=PRINTABLE))) is same
        assert one.matches(parse_name(name_of(b"a" * size)))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((UTF8, "Stra\u00dfe".encode()), (UTF8, b"STRASSE"), True),
        ((UTF8, "\u212b".encode()), (UTF8, "\u00e5".encode()), True),
        ((UTF8, "\uff21".encode()), (PRINTABLE, b"a"), True),
        ((TELETEX, b"\xe5"), (UTF8, "\u00c5".encode()), True),
        ((BMP, "Ab".encode("utf-16-be")), (UNIVERSAL, "aB".encode("utf-32-be")), True),
        ((0x12, b"12"), (0x16, b"12"), True),
        ((UTF8, b" a  b "), (UTF8, b"A b"), True),
        ((UTF8, b"a b"), (UTF8, b"ab"), False),
        ((PRINTABLE, b"\xe5"), (PRINTABLE, b"\xc5"), False),
        ((0x04, b"a"), (0x04, b"A"), False),
        ((0x04, b"a"), (UTF8, b"a"), False),
        ((UTF8, b"\xff"), (PRINTABLE, b"\xff"), False),
    ],
)
def test_names_of_two_string_types_are_compared(one: tuple[int, bytes], other: tuple[int, bytes], same: bool) -> None:
    first, second = Attribute("2.5.4.3", *one), Attribute("2.5.4.3", *other)
    assert (first.comparable == second.comparable) is same
    assert first.comparable != Attribute("2.5.4.10", *one).comparable


def test_a_name_is_shown_up_to_the_limit_and_cut_beyond_it() -> None:
    value = "x" * (NAME_SHOWN - len("CN="))
    assert str(parse_name(name_of(value.encode()))) == f"CN={value}"
    assert str(parse_name(name_of(value.encode() + b"y"))) == f"CN={value}…"


def test_bytes_that_no_string_type_allows_are_shown_escaped() -> None:
    assert Attribute("2.5.4.3", UTF8, b"a\xff").text == "a\\xff"
    assert Attribute("2.5.4.3", PRINTABLE, b"\xe5").text == "\\xe5"
    assert Attribute("2.5.4.3", 0x04, b"\xe5").text == "å"


def test_names_of_any_length_are_read_the_same() -> None:
    head = len(name_of(b"x" * 4000)) - 4000
    for size in (NAME_KEPT - 1, NAME_KEPT, NAME_KEPT + 1):
        data = name_of(b"x" * (size - head))
        assert len(data) == size
        assert parse_name(data) == Name(data, ((Attribute("2.5.4.3", UTF8, b"x" * (size - head)),),))
        for broken in (data + b"\0", data[:-1]):
            with pytest.raises(der.DerError):
                parse_name(broken)


def test_names_with_different_numbers_of_rdns_differ_although_one_begins_like_the_other() -> None:
    one, two = parse_name(name_of(b"a")), parse_name(name_of(b"a", b"b"))
    assert not one.matches(two)
    assert not two.matches(one)
    assert not parse_name(name_of(b"a", b"b")).matches(parse_name(name_of(b"b", b"a")))
    assert (one.is_empty, parse_name(name_of()).is_empty) == (False, True)
    assert two.values("2.5.4.3") == ["a", "b"]
    assert two.values("2.5.4.10") == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("3100", "name: an RDN without attributes"),
        ("3002 3000", "name: an RDN that is not a SET of attributes"),
        ("3102 3100", "name: an attribute that is not a SEQUENCE"),
        ("3102 3000", "attribute type is missing at offset 6"),
        ("3107 3005 0603550403", "name: an attribute without a value"),
        ("310b 3009 0603550403 0c00 0c00", "name: an attribute with trailing bytes"),
        ("3109 3007 0603550403 0c01", "truncated: the element at offset 11 is longer than the data"),
    ],
)
def test_faults_of_a_name_are_reported(content: str, message: str) -> None:
    data = der.encode(der.SEQUENCE, bytes.fromhex(content))
    with pytest.raises(der.DerError) as refused:
        parse_name(data)
    assert str(refused.value) == message


def test_the_order_of_rdns_counts_and_the_order_within_an_rdn_does_not() -> None:
    first = der.encode(der.SEQUENCE, CN + der.encode(UTF8, b"a"))
    second = der.encode(der.SEQUENCE, bytes.fromhex("060355040a") + der.encode(UTF8, b"b"))
    one = parse_name(der.encode(der.SEQUENCE, der.encode(der.SET, first + second)))
    other = parse_name(der.encode(der.SEQUENCE, der.encode(der.SET, second + first)))
    assert one.matches(other)
    assert (str(one), str(other)) == ("CN=a+O=b", "O=b+CN=a")
    apart = parse_name(der.encode(der.SEQUENCE, der.encode(der.SET, first) + der.encode(der.SET, second)))
    assert str(apart) == "CN=a, O=b"
    assert not one.matches(apart)

"""The scanner of CBOR, head by head, and compared with cbor2."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fcu_conform.artefacts.bundle import Bundle, as_uint32, text_bytes
from fcu_conform.artefacts.encodings import cbor
from fcu_conform.artefacts.encodings.cbor import Scan, decode, label, scan
from fcu_conform.artefacts.encodings.private_keys import Secret

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.binary(max_size=3))
@settings(max_examples=150)
def test_cbor2_output_is_well_formed_and_round_trips(value: object, rest: bytes) -> None:
    data = cbor2.dumps(value)
    found = scan(data + rest)
    assert found == Scan("", len(data), len(rest), isinstance(value, dict))
    assert found.is_decodable
    assert decode(data + rest, found) == value
    if len(data) > 1:
        assert scan(data[:-1]).problem.startswith("is truncated")


HEADS = [
    ("00", 1),
    ("17", 1),
    ("1818", 2),
    ("190100", 3),
    ("1a00010000", 5),
    ("1b0000000100000000", 9),
    ("20", 1),
    ("3bffffffffffffffff", 9),
    ("40", 1),
    ("4161", 2),
    ("5801ff", 3),
    ("6161", 2),
    ("62c3a4", 3),
    ("80", 1),
    ("8100", 2),
    ("820000", 3),
    ("9f0000ff", 4),
    ("9fff", 2),
    ("a0", 1),
    ("a1616100", 4),
    ("bf616100ff", 5),
    ("bfff", 2),
    ("c240", 2),
    ("f4", 1),
    ("f6", 1),
    ("f820", 2),
    ("f8ff", 2),
    ("f90000", 3),
    ("fa00000000", 5),
    ("fb0000000000000000", 9),
    ("5f4161ff", 4),
    ("5fff", 2),
    ("7f6161ff", 4),
    ("8181818100", 5),
    ("82a1616180a0", 6),
]


@pytest.mark.parametrize(("data", "end"), HEADS)
def test_each_head_is_read_with_its_argument_and_content(data: str, end: int) -> None:
    raw = bytes.fromhex(data)
    assert len(raw) == end
    for rest in (b"", b"\0", b"\xff\xff"):
        found = scan(raw + rest)
        assert (found.problem, found.end, found.trailing) == ("", end, len(rest))
        assert found.is_map is (raw[0] >> 5 == 5)
        assert found.tags == found.odd_keys == found.duplicates == []
    for cut in range(1, end):
        assert scan(raw[:cut]).problem.startswith("is truncated")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", "is empty"),
        ("18", "is truncated after 1 bytes"),
        ("1900", "is truncated after 2 bytes"),
        ("1c", "has a byte that does not begin a data item, at offset 0"),
        ("1d", "has a byte that does not begin a data item, at offset 0"),
        ("1e", "has a byte that does not begin a data item, at offset 0"),
        ("1f", "has a byte that does not begin a data item, at offset 0"),
        ("3f", "has a byte that does not begin a data item, at offset 0"),
        ("df", "has a byte that does not begin a data item, at offset 0"),
        ("fc", "has a byte that does not begin a data item, at offset 0"),
        ("ff", "has a misplaced break at offset 0"),
        ("81ff", "has a misplaced break at offset 1"),
        ("bf6161ff", "has a misplaced break at offset 3"),
        ("c2ff", "has a misplaced break at offset 1"),
        ("f800", "has an invalid simple value at offset 0"),
        ("f81f", "has an invalid simple value at offset 0"),
        ("81f81f", "has an invalid simple value at offset 1"),
        ("61ff", "has text that is not UTF-8, at offset 0"),
        ("7f61c361a4ff", "has text that is not UTF-8, at offset 1"),
        ("4261", "is truncated: the string at offset 0 needs 2 bytes, but 1 follow"),
        ("00", ""),
        ("5f6161ff", "has a string chunk of another type at offset 1"),
        ("7f4161ff", "has a string chunk of another type at offset 1"),
        ("5f5f4161ffff", "has a string chunk of another type at offset 1"),
        ("5f00ff", "has a string chunk of another type at offset 1"),
        ("82", "is truncated: the item at offset 0 needs more data than follows"),
        ("8200", "is truncated: the item at offset 0 needs more data than follows"),
        ("a161", "is truncated: the item at offset 0 needs more data than follows"),
        ("a16161", "is truncated after 3 bytes"),
        ("c2", "is truncated: the item at offset 0 needs more data than follows"),
        ("9f00", "is truncated after 2 bytes"),
    ],
)
def test_malformed_cbor_is_reported_with_its_offset(data: str, problem: str) -> None:
    found = scan(bytes.fromhex(data))
    assert found.problem == problem
    assert found.is_decodable is (not problem)


def test_nesting_items_and_bytes_go_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cbor, "MAX_NESTING", 3)
    assert scan(b"\x81\x81\x81\0").problem == ""
    assert scan(b"\x81\x81\x81\x80").problem == "is nested more than 3 levels deep, at offset 3"
    assert scan(b"\xc2\xc2\x9f\xff").problem == ""
    monkeypatch.setattr(cbor, "MAX_ITEMS", 4)
    assert scan(b"\x83\0\0\0").problem == ""
    assert scan(b"\x84\0\0\0\0").problem == "has more than 4 data items"
    monkeypatch.setattr(cbor, "MAX_BYTES", 5)
    assert scan(b"\x44\0\0\0\0").problem == ""
    assert scan(b"\x45\0\0\0\0\0").problem == "has 6 bytes, more than the limit of 5"


@pytest.mark.parametrize(
    ("data", "field", "places"),
    [
        ("9fff", "indefinite", ["the bundle"]),
        ("a161619fff", "indefinite", ["a"]),
        ("a1616181bfff", "indefinite", ["a[0]"]),
        ("a161618200bf61629fffff", "indefinite", ["a[1]", "a[1].b"]),
        ("825f4161ff7f6161ff", "indefinite", ["[0]", "[1]"]),
        ("bf7f6161ff00ff", "indefinite", ["the bundle"]),
        ("bf7f6161ff00ff", "odd_keys", ["the bundle"]),
        ("a10000", "odd_keys", ["the bundle"]),
        ("a1616182a14161000000", "odd_keys", ["a[0]"]),
        ("a16161a18000", "odd_keys", ["a"]),
        ("a16161a1616200", "odd_keys", []),
        ("a2616100616101", "duplicates", ["a"]),
        ("a161618200a2616200616201", "duplicates", ["a[1].b"]),
        ("82a1616100a1616100", "duplicates", []),
        ("c000", "tags", [("the bundle", 0)]),
        ("c24100", "tags", []),
        ("c25f4100ff", "tags", []),
        ("c26100", "tags", [("the bundle", 2)]),
        ("c200", "tags", [("the bundle", 2)]),
        ("c34100", "tags", [("the bundle", 3)]),
        ("a1616181d81c00", "tags", [("a[0]", 28)]),
        ("a26161c10061620000", "tags", [("a", 1)]),
    ],
)
def test_places_are_paths(data: str, field: str, places: list[object]) -> None:
    found = scan(bytes.fromhex(data))
    assert getattr(found, field) == places
    assert found.is_decodable is (not found.problem and not found.odd_keys and not found.tags)


def test_notes_are_kept_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cbor, "MAX_NOTES", 2)
    assert scan(b"\x83" + b"\x9f\xff" * 3).indefinite == ["[0]", "[1]"]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("a", "a"),
        ("A_b.c-9", "A_b.c-9"),
        ("", "''"),
        ("a b", "'a b'"),
        ("x" * 40, "x" * 40),
        ("x" * 41, f"'{'x' * 40}'…"),
        ("ä" * 40, f"'{'ä' * 40}'"),
        ("ä" * 41, f"'{'ä' * 40}'…"),
    ],
)
def test_keys_are_shown_short_and_plain(key: str, shown: str) -> None:
    assert label(key) == shown
    data = cbor2.dumps({key: 0})[:-1] + b"\x9f\xff"
    assert scan(data).indefinite == [shown]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0, 0),
        (1, 1),
        (2**32 - 1, 2**32 - 1),
        (2**32, None),
        (-1, None),
        (True, None),
        (1.0, None),
        ("1", None),
        (None, None),
        (Secret(b"\1\2\0\0"), 513),
        (Secret(b"\1\0\0"), None),
        (Secret(b"\1\0\0\0\0"), None),
        (Secret(b"\0\0\0\xff"), 0xFF000000),
    ],
)
def test_a_parameter_of_four_bytes(value: object, number: int | None) -> None:
    assert as_uint32(value) == number


def test_text_that_a_device_stores() -> None:
    assert (text_bytes("ä"), text_bytes(Secret(b"x")), text_bytes(1), text_bytes(None)) == (
        "ä".encode(),
        b"x",
        None,
        None,
    )


def bundle(**groups: object) -> Bundle:
    return Bundle(cbor2.dumps(groups))


def parameters(**values: object) -> list[dict[str, object]]:
    return [{"Name": f"mbed.{name}", "Data": value} for name, value in values.items()]


@pytest.mark.parametrize(
    ("value", "mode"),
    [(0, "lwm2m"), (1, "bootstrap"), (2, None), (b"\1\0\0\0", "bootstrap"), ("1", None), (True, None)],
)
def test_the_mode_is_read_from_use_bootstrap(value: object, mode: str | None) -> None:
    assert bundle(ConfigParams=parameters(UseBootstrap=value)).mode == mode
    assert bundle().mode is None


@pytest.mark.parametrize(
    ("groups", "is_last", "is_verified"),
    [
        ({}, True, True),
        ({"KpAlvSess": 0}, True, True),
        ({"KpAlvSess": 1}, False, True),
        ({"KpAlvSess": 2}, True, True),
        ({"KpAlvSess": True}, True, True),
        ({"Verify": 0}, True, False),
        ({"Verify": 1}, True, True),
        ({"Verify": -1}, True, True),
        ({"Verify": False}, True, True),
        ({"KpAlvSess": 1, "Verify": 1}, False, True),
        ({"KpAlvSess": 1, "Verify": 0}, False, False),
    ],
)
def test_sessions_and_verifying(groups: dict[str, object], is_last: bool, is_verified: bool) -> None:
    found = bundle(**groups)
    assert (found.is_last, found.is_verified) == (is_last, is_verified)


def test_items_are_maps_in_the_order_of_the_bundle_with_requests_last() -> None:
    found = bundle(
        CsrReqs=[{"Name": "r"}], ConfigParams=[{"Name": "p"}, 1, {"Name": 2}], Keys={}, Other=[{"Name": "o"}]
    )
    assert [(item.place, item.name) for item in found.items()] == [
        ("ConfigParams[0]", "p"),
        ("ConfigParams[2]", None),
        ("CsrReqs[0]", "r"),
    ]
    assert [item.place for item in found.items("CsrReqs")] == ["CsrReqs[0]"]
    assert list(found.items("Keys")) == []
    assert found.find("p") is next(found.items("ConfigParams"))
    assert found.find("p", "CsrReqs") is None
    assert found.parameter("gone") is None


def test_a_bundle_that_is_not_a_map_or_is_unreadable_has_no_groups() -> None:
    for data, problem in ((b"", "is empty"), (b"\x80", ""), (b"\xa1\0\0", ""), (b"\xa1", None)):
        found = Bundle(data)
        assert found.groups == {}
        assert found.size == len(data)
        assert list(found.items()) == []
        if problem is not None:
            assert found.problem == problem
    assert Bundle(b"\xa1\x61\x61\x41\x62\0").groups["a"].reveal() == b"b"


def test_device_items_are_those_of_the_mode() -> None:
    certificates = [
        {"Name": "mbed.LwM2MDeviceCert", "Data": b"1"},
        {"Name": "mbed.BootstrapDeviceCert", "Data": b"2"},
    ]
    for value, place in ((0, "Certificates[0]"), (1, "Certificates[1]"), (7, "Certificates[1]")):
        found = bundle(Certificates=certificates, ConfigParams=parameters(UseBootstrap=value))
        assert found.device_item is not None
        assert found.device_item.place == place
        assert not found.has_two_device_items
    twice = bundle(Certificates=[certificates[1]], CertificateChains=[certificates[1]])
    assert twice.has_two_device_items
    assert not bundle().has_two_device_items
    assert bundle().device_certificates == ()


def test_a_device_key_is_a_private_key_with_bytes() -> None:
    name = "mbed.BootstrapDevicePrivateKey"
    keys = [
        {"Name": name, "Type": "ECCPublic", "Data": b"1"},
        {"Name": name, "Type": "ECCPrivate", "Data": "2"},
        {"Name": name, "Type": "ECCPrivate", "Data": b"3"},
    ]
    found = bundle(Keys=keys)
    assert found.device_key is not None
    assert found.device_key.place == "Keys[2]"
    assert bundle(Keys=keys[:2]).device_key is None
    assert bundle(ConfigParams=[{**keys[2]}]).device_key is None
    assert [item.is_private_key for item in found.items()] == [False, True, True]


def test_the_endpoint_name_is_text_in_either_form() -> None:
    for value, name in (("a", "a"), (b"a", "a"), (b"\xff", None), (1, None)):
        assert bundle(ConfigParams=parameters(EndpointName=value)).endpoint_name == name
    assert bundle().endpoint_name is None

"""The published test keys: the list itself, and the rule that knows them."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import pytest
from artefacts.makers import AT, Line, key_pem, make_certificate, make_key
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from repository.published_keys import PUBLISHED, digest, public_keys, read, text_of, weak_keys
from repository.published_keys import WEAK as WEAK_KEYS

from fcu_conform import check

LISTED, WEAK = read(PUBLISHED), read(WEAK_KEYS)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
RFC_6979 = ec.derive_private_key(0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721, ec.SECP256R1())


@pytest.mark.parametrize("path", [PUBLISHED, WEAK_KEYS], ids=["published", "weak"])
def test_a_list_has_every_digest_once_in_order_with_its_origin(path: Path) -> None:
    text = path.read_text("utf-8")
    places = json.loads(text, object_pairs_hook=list)
    digests = [one for _, found in places for one in found]
    assert [one for one in digests if not re.fullmatch("[0-9a-f]{64}", one)] == []
    assert len(set(digests)) == len(digests)
    assert [place for place, _ in places if not place.strip() or len(place) > 100] == []
    assert text == text_of(read(path))


def test_the_published_keys_are_many_and_none_of_them_is_listed_as_weak() -> None:
    assert len(LISTED) > 1000
    assert LISTED.keys() & WEAK.keys() == set()


def test_the_weak_keys_are_those_that_their_scalars_give() -> None:
    assert weak_keys() == WEAK


@pytest.mark.parametrize(
    ("number", "origin"),
    [
        (RFC_6979.private_numbers().private_value, "RFC 6979, A.2.5"),
        (0xC88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433, "RFC 5903, 8.1, initiator"),
        (0xC6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53, "RFC 5903, 8.1, responder"),
    ],
)
def test_a_key_that_can_be_derived_is_listed_with_its_origin(number: int, origin: str) -> None:
    assert LISTED[digest(ec.derive_private_key(number, ec.SECP256R1()))] == origin


def test_the_factory_configurator_utility_key_in_a_public_repository_is_listed() -> None:
    place = LISTED["a1065e64d2a5bdbf5248a69bbde624d8e29931c51c24a974864e3da5f23b3777"]
    assert place.startswith("bentcooke/arm_pelion_psoc64_tools: ")


def test_digests_agree_with_those_published_by_others() -> None:
    # RFC 9500's testECCP256, as its users name it by the digest of its SubjectPublicKeyInfo
    rfc_9500 = "b2b04340cfaee616ec9c2c62d261b208e54bb197498df52e8cadede23ac0ba5e"
    assert LISTED[rfc_9500] == "RFC 9500, 2.3, testECCP256"


def keystore_of(line: Line, key: ec.EllipticCurvePrivateKey) -> Path:
    line.write("fcu_private_key.pem", key_pem(key))
    line.write_chain(make_certificate("FCU line 1", "INT_CA", key=key), *line.chain[1:])
    return line.keystore


def test_a_keystore_with_the_key_of_an_rfc_fails_only_that_rule(tmp_path: Path) -> None:
    report = check(keystore_of(Line(tmp_path), RFC_6979), at=AT, validators="none")
    assert report.errors() == {"KEY010"}
    told = [(result.code, f.message, f.location.file, f.expected, f.found) for result, f in report.findings()]
    assert told == [
        ("KEY010", "is a published test key", "fcu_private_key.pem", "a key that nobody else has", "RFC 6979, A.2.5")
    ]


def test_the_same_keystore_with_a_key_of_its_own_is_fine(tmp_path: Path) -> None:
    report = check(keystore_of(Line(tmp_path), make_key("a unique key")), at=AT, validators="none")
    assert list(report.findings()) == []


def test_a_published_key_is_recognised_from_request_and_certificate_alone(tmp_path: Path) -> None:
    line = Line(tmp_path)
    keystore = keystore_of(line, RFC_6979)
    (keystore / "fcu_private_key.pem").unlink()
    report = check(keystore, at=AT, validators="none")
    told = [(f.location.file, f.location.index) for result, f in report.findings() if result.code == "KEY010"]
    assert told == [("fcu.crt", 1)]


@pytest.mark.parametrize(
    ("scalar", "found"),
    [
        (1, "it is the generator of the curve"),
        (ORDER - 1, "it is the negative of the generator of the curve"),
        (200, "its private key is a number up to 256"),
        (2**128 - 1, "its private key is below 2^128"),
        (ORDER - 2**128 + 1, "its private key is within 2^128 of the order of the curve"),
        (int.from_bytes(b"\x11" * 32, "big"), "its private key is one octet, 32 times"),
        (int.from_bytes(bytes(range(16)) * 2, "big"), "its private key repeats a few octets"),
    ],
)
def test_a_keystore_with_a_weak_key_fails_only_that_rule(tmp_path: Path, scalar: int, found: str) -> None:
    report = check(keystore_of(Line(tmp_path), ec.derive_private_key(scalar, ec.SECP256R1())), at=AT, validators="none")
    told = [(result.code, f.message, f.location.file, f.found) for result, f in report.findings()]
    assert told == [("KEY013", "can be guessed", "fcu_private_key.pem", found)]


@pytest.mark.parametrize("scalar", [2**128, ORDER - 2**128, int.from_bytes(bytes(range(32)), "big")])
def test_a_key_just_beyond_the_weak_keys_is_fine(tmp_path: Path, scalar: int) -> None:
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    assert check(keystore_of(Line(tmp_path), key), at=AT, validators="none").errors() == set()


def _as_array(der: bytes) -> bytes:
    return b"p256 key[] = {" + b", ".join(b"0x%02x" % octet for octet in der) + b"};"


def _as_jwk(key: ec.EllipticCurvePrivateKey) -> bytes:
    numbers = key.private_numbers()
    members = {"d": numbers.private_value, "x": numbers.public_numbers.x}
    written = {name: urlsafe_b64encode(n.to_bytes(32, "big")).decode().rstrip("=") for name, n in members.items()}
    return json.dumps({"crv": "P-256", **written}).encode()


def _as_response_file(key: ec.EllipticCurvePrivateKey, *, point: bool = True) -> bytes:
    numbers = key.private_numbers()
    text = f"[P-256]\nd = {numbers.private_value:064x}\n" + f"Qx = {numbers.public_numbers.x:064x}\n" * point
    return text.encode()


def test_the_collector_recognises_private_keys_in_all_published_forms() -> None:
    key = make_key("somebody publishes")
    sec1 = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    forms = [key_pem(key), sec1, _as_array(sec1), b64encode(sec1), sec1.hex().encode(), _as_jwk(key)]
    forms = [b"secp256r1 " + form for form in forms] + [_as_response_file(key)]
    assert [list(public_keys(form)) for form in forms] == [[digest(key)]] * len(forms)


def test_the_collector_accepts_a_number_as_key_only_with_its_point() -> None:
    assert list(public_keys(_as_response_file(make_key("a number"), point=False))) == []

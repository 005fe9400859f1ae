"""The published test keys: the list itself, and the rule that knows them."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from artefacts.makers import AT, Line, key_pem, make_certificate, make_key
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fcu_conform.engine import check

LISTED: dict[str, str] = json.loads(files("fcu_conform.rules").joinpath("published_keys.json").read_text("utf-8"))
RFC_6979 = ec.derive_private_key(0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721, ec.SECP256R1())


def digest(key: ec.EllipticCurvePrivateKey) -> str:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()


def test_every_digest_is_a_sha_256_in_hex_and_has_an_origin() -> None:
    assert len(LISTED) >= 50
    assert [key for key in LISTED if not re.fullmatch("[0-9a-f]{64}", key)] == []
    assert [key for key, origin in LISTED.items() if not origin.strip() or len(origin) > 100] == []
    assert len(set(LISTED.values())) == len(LISTED)


def test_no_digest_stands_there_twice() -> None:
    text = files("fcu_conform.rules").joinpath("published_keys.json").read_text("utf-8")
    pairs = json.loads(text, object_pairs_hook=list)
    assert len(pairs) == len(LISTED)


@pytest.mark.parametrize(
    ("number", "origin"),
    [
        (RFC_6979.private_numbers().private_value, "RFC 6979, A.2.5"),
        (0xC88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433, "RFC 5903, 8.1, initiator"),
        (0xC6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53, "RFC 5903, 8.1, responder"),
        *((number, f"trivial private key {number}") for number in range(1, 33)),
    ],
)
def test_a_key_that_can_be_derived_is_listed_with_its_origin(number: int, origin: str) -> None:
    assert LISTED[digest(ec.derive_private_key(number, ec.SECP256R1()))] == origin


def test_a_digest_that_others_publish_too_is_the_same() -> None:
    # RFC 9500's testECCP256, as its users name it by the digest of its SubjectPublicKeyInfo
    rfc_9500 = "b2b04340cfaee616ec9c2c62d261b208e54bb197498df52e8cadede23ac0ba5e"
    assert LISTED[rfc_9500] == "RFC 9500, 2.3, testECCP256"


def keystore_of(line: Line, key: ec.EllipticCurvePrivateKey) -> Path:
    line.write("fcu_private_key.pem", key_pem(key))
    line.write_chain(make_certificate("FCU line 1", "INT_CA", key=key), *line.chain[1:])
    return line.keystore


def test_a_keystore_with_the_key_of_an_rfc_fails_that_rule_and_no_other(tmp_path: Path) -> None:
    report = check(keystore_of(Line(tmp_path), RFC_6979), at=AT, validators="none")
    assert report.errors() == {"KEY010"}
    told = [(result.code, f.message, f.location.file, f.expected, f.found) for result, f in report.findings()]
    assert told == [
        ("KEY010", "is a published test key", "fcu_private_key.pem", "a key that nobody else has", "RFC 6979, A.2.5")
    ]


def test_the_same_keystore_with_a_key_of_its_own_is_fine(tmp_path: Path) -> None:
    report = check(keystore_of(Line(tmp_path), make_key("a key of its own")), at=AT, validators="none")
    assert list(report.findings()) == []

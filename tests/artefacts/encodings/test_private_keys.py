"""Private keys: their kind, their public key, and that the secret shows nowhere."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from artefacts.makers import make_key
from fcu_conform.artefacts.encodings.der import DerError, encode
from fcu_conform.artefacts.encodings.private_keys import PrivateKey, Secret, parse_private_key

KEY = make_key("private keys")
NUMBER = KEY.private_numbers().private_value
SCALAR = NUMBER.to_bytes(32, "big")
SPKI = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
POINT = SPKI[26:]
SEC1 = KEY.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
PKCS8 = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
P256 = bytes.fromhex("06082a8648ce3d030107")


def sec1(scalar: bytes = SCALAR, curve: bytes = P256, point: bytes = POINT) -> bytes:
    parts = bytes.fromhex("020101") + encode(4, scalar)
    if curve:
        parts += encode(0xA0, curve)
    if point:
        parts += encode(0xA1, encode(3, b"\0" + point))
    return encode(0x30, parts)


@pytest.mark.parametrize("data", [SEC1, PKCS8, sec1(), sec1(point=b""), sec1(point=b"\2" + POINT[1:33])], ids=range(5))
def test_a_p256_key_is_read_in_every_form_and_gives_its_public_key(data: bytes) -> None:
    if data[-32:] != POINT[-32:] and data[-33:-32] == b"\2" and POINT[64] & 1:
        data = sec1(point=b"\3" + POINT[1:33])
    key = parse_private_key(data)
    assert (key.kind, key.is_p256, key.trouble) == ("P-256", True, "")
    assert key.scalar.reveal() == SCALAR
    assert key.public_key is not None
    assert key.public_key.der == SPKI


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (sec1(point=b"\4" + POINT[33:] + POINT[1:33]), "the public point does not match the private scalar"),
        (sec1(point=bytes([5 - (2 + (POINT[64] & 1))]) + POINT[1:33]),
         "the public point does not match the private scalar"),
        (sec1(bytes(32), point=b""), "the private scalar is out of range"),
        (sec1(b"", point=b""), "the private scalar is out of range"),
        (sec1(bytes.fromhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"), point=b""),
         "the private scalar is out of range"),
        (sec1(b"\1" + bytes(32), point=b""), "the private scalar is out of range"),
        (sec1(curve=bytes.fromhex("06052b81040022")), "the key is on P-384"),
        (sec1(curve=b""), "the key is EC without a named curve"),
        (sec1(curve=encode(0x30, b"")), "the key is EC with explicit curve parameters"),
    ],
)  # fmt: skip
def test_an_invalid_key_is_refused_with_a_reason(data: bytes, trouble: str) -> None:
    assert parse_private_key(data).trouble == trouble


def test_the_largest_scalar_in_range_is_fine() -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    assert parse_private_key(sec1((order - 1).to_bytes(32, "big"), point=b"")).trouble == ""
    assert parse_private_key(sec1(b"\1", point=b"")).trouble == ""


@pytest.mark.parametrize(
    ("key", "form", "kind"),
    [
        (rsa.generate_private_key(65537, 2048), PrivateFormat.TraditionalOpenSSL, "RSA"),
        (rsa.generate_private_key(65537, 2048), PrivateFormat.PKCS8, "RSA"),
        (dsa.generate_private_key(1024), PrivateFormat.TraditionalOpenSSL, "DSA"),
        (ed25519.Ed25519PrivateKey.generate(), PrivateFormat.PKCS8, "Ed25519"),
        (ec.generate_private_key(ec.SECP384R1()), PrivateFormat.PKCS8, "P-384"),
        (ec.generate_private_key(ec.SECP256K1()), PrivateFormat.TraditionalOpenSSL, "secp256k1"),
    ],
    ids=["RSA PKCS#1", "RSA PKCS#8", "DSA", "Ed25519", "P-384", "secp256k1"],
)
def test_other_keys_are_recognised_by_type_and_their_secret_is_not_kept(
    key: object, form: PrivateFormat, kind: str
) -> None:
    read = parse_private_key(key.private_bytes(Encoding.DER, form, NoEncryption()))  # type: ignore[attr-defined]
    told = f"the key is on {kind}" if kind in ("P-384", "secp256k1") else f"the key is {kind}"
    assert (read.kind, read.is_p256, read.trouble) == (kind, False, told)
    assert read.public_key is None
    assert read.scalar.reveal() == b""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        SEC1 + b"\0",
        encode(0x30, b"\2\1\1"),
        encode(0x30, b"\2\1\5" + encode(4, SCALAR)),
        encode(0x30, b"\2\1\0" * 3),
        KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
        SPKI,
    ],
    ids=range(8),
)
def test_input_that_is_not_a_private_key_is_refused_without_showing_a_byte(data: bytes) -> None:
    with pytest.raises(DerError) as refused:
        parse_private_key(data)
    assert SCALAR.hex() not in str(refused.value)


def test_the_secret_shows_in_no_text_and_is_neither_copied_nor_pickled() -> None:
    key = parse_private_key(SEC1)
    assert key.public_key is not None
    forms = [SCALAR.hex(), str(NUMBER), repr(SCALAR)[2:-1], hex(NUMBER)]
    texts = [repr(key), str(key), f"{key.scalar} {key.scalar!r}", repr(vars(key)), repr([key.scalar])]
    assert not [text for text in texts for form in forms if form in text]
    assert repr(key.scalar) == str(key.scalar) == "<secret>"
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=r"^a secret is not copied or pickled$"):
            leak(key.scalar)
    with pytest.raises(TypeError, match=r"^a secret is not copied or pickled$"):
        pickle.dumps(key)


def test_a_traceback_with_local_variables_does_not_show_the_secret() -> None:
    def fails(secret: Secret) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken") as caught:
        fails(Secret(SCALAR))
    summary = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "<secret>" in "".join(summary.format())
    assert repr(SCALAR)[2:-1] not in "".join(summary.format())


@given(st.binary(max_size=60))
def test_for_any_bytes_only_a_der_error_is_raised(data: bytes) -> None:
    try:
        key = parse_private_key(data)
    except DerError:
        return
    assert isinstance(key, PrivateKey)


def test_the_value_in_place_of_the_public_point_of_a_broken_file_is_not_shown() -> None:
    key = PrivateKey("P-256", True, Secret(b"\x01"), b"\x04" + b"secret" * 10)
    assert "secret" not in repr(key).replace("<secret>", "")


def test_an_unknown_field_is_not_taken_for_the_public_point() -> None:
    strange = encode(4, b"xy")
    fields = bytes.fromhex("020101") + encode(4, SCALAR) + encode(0xA0, P256)
    key = parse_private_key(encode(0x30, fields + strange))
    assert (key.stated_point, key.trouble) == (b"", "")
    assert (
        parse_private_key(encode(0x30, fields + encode(0xA1, encode(3, b"\0" + POINT)) + strange)).stated_point == POINT
    )

"""Public and private keys at their edges, compared with another library."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from artefacts.makers import P256_ORDER, make_key
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.oids import EC_PUBLIC_KEY, P256
from fcu_conform.artefacts.encodings.private_keys import PrivateKey, Secret, parse_private_key
from fcu_conform.artefacts.encodings.public_keys import PublicKey, lies_on_p256, parse_public_key, verifies

PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
EC_OID, P256_OID, P384_OID = (
    bytes.fromhex("06072a8648ce3d0201"),
    bytes.fromhex("06082a8648ce3d030107"),
    bytes.fromhex("06052b81040022"),
)
COMPRESSED = "the point is compressed, which the device's library cannot read"
OFF = "the point does not lie on P-256"


def spki(key: object, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, form)  # type: ignore[attr-defined, no-any-return]


def point(key: ec.EllipticCurvePrivateKey, form: PublicFormat = PublicFormat.UncompressedPoint) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, form)


def info(parameters: bytes, bits: bytes, algorithm: bytes = EC_OID) -> bytes:
    inner = der.encode(der.SEQUENCE, algorithm + parameters) + der.encode(der.BIT_STRING, bits)
    return der.encode(der.SEQUENCE, inner)


def test_the_fast_path_gives_the_same_key_as_the_full_path() -> None:
    key = make_key("quick")
    data = spki(key)
    assert len(data) == 91
    assert parse_public_key(data) == PublicKey(data, EC_PUBLIC_KEY, P256, False, point(key))
    assert str(parse_public_key(data)) == "P-256"
    assert parse_public_key(data).sha256 == hashlib.sha256(data).hexdigest()
    # The same fields with an octet that the quick way does not expect.
    for changed in (data[:-1], data + b"\0"):
        with pytest.raises(der.DerError):
            parse_public_key(changed)
    short = info(P256_OID, b"\0" + point(key)[:-1])
    assert parse_public_key(short) == PublicKey(short, EC_PUBLIC_KEY, P256, False, point(key)[:-1])
    unused = info(P256_OID, b"\1" + point(key))
    assert len(unused) == 91
    with pytest.raises(der.DerError, match="malformed key bits"):
        parse_public_key(unused)


def test_trailing_bytes_and_an_empty_bit_string_of_a_key_are_refused() -> None:
    inner = der.encode(der.SEQUENCE, EC_OID + P256_OID)
    for rest in (der.encode(3, b"\0\4") + b"\5\0", b"\3\0", der.encode(3, b"\4\4")):
        with pytest.raises(der.DerError, match="malformed key bits"):
            parse_public_key(der.encode(der.SEQUENCE, inner + rest))
    empty = der.encode(der.SEQUENCE, inner + der.encode(3, b"\0"))
    assert parse_public_key(empty).bits == b""


@pytest.mark.parametrize(
    ("parameters", "curve", "explicit", "shown"),
    [
        (P256_OID, P256, False, "P-256"),
        (P384_OID, "1.3.132.0.34", False, "P-384"),
        (bytes.fromhex("06022a03"), "1.2.3", False, "1.2.3"),
        (b"\x30\x00", "", True, "EC with explicit curve parameters"),
        (b"\x31\x00", "", False, "EC without a named curve"),
        (b"\x05\x00", "", False, "EC without a named curve"),
        (b"", "", False, "EC without a named curve"),
    ],
)
def test_parameters_of_an_ec_key_are_read(parameters: bytes, curve: str, explicit: bool, shown: str) -> None:
    key = parse_public_key(info(parameters, b"\0\4"))
    assert (key.algorithm, key.curve, key.has_explicit_curve, str(key)) == (EC_PUBLIC_KEY, curve, explicit, shown)
    assert key.is_p256 is (curve == P256)
    assert key.trouble == (OFF if curve == P256 else f"the key is {'on ' if shown == 'P-384' else ''}{shown}")


@pytest.mark.parametrize("algorithm", ["1.2.840.10045.2.0", "1.2.840.10045.2.2", "1.1", "1.3.101.112", ""])
def test_another_algorithm_with_the_curve_p256_is_not_a_p256_key(algorithm: str) -> None:
    good = parse_public_key(spki(make_key("quick")))
    assert good.is_p256
    assert not PublicKey(good.der, algorithm, P256, False, good.bits).is_p256
    assert not PublicKey(good.der, EC_PUBLIC_KEY, "1.2.840.10045.3.1.1", False, good.bits).is_p256
    assert not PublicKey(good.der, EC_PUBLIC_KEY, "1.2.840.10045.3.1.8", False, good.bits).is_p256


def test_parameters_of_other_keys_are_not_a_curve() -> None:
    other = parse_public_key(info(P256_OID, b"\0\4", bytes.fromhex("06032b6570")))
    assert (other.algorithm, other.curve, other.has_explicit_curve) == ("1.3.101.112", "", False)
    assert str(other) == "Ed25519"


def test_points_on_the_curve_agree_with_another_library() -> None:
    good = point(make_key("quick"))
    x, y = good[1:33], good[33:]
    candidates = [
        good,
        b"\x04" + x + (PRIME - int.from_bytes(y, "big")).to_bytes(32, "big"),
        b"\x05" + x + y,
        b"\x03" + x + y,
        b"\x04" + y + x,
        b"\x04" + x + (int.from_bytes(y, "big") + 1).to_bytes(32, "big"),
        b"\x04" + bytes(64),
        b"\x04" + b"\xff" * 64,
        good[:-1],
        good + b"\0",
        b"",
        b"\0",
    ]
    for one in candidates:
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), one)
            lies = len(one) == 65
        except ValueError:
            lies = False
        assert lies_on_p256(one) is lies, one.hex()
        key = parse_public_key(info(P256_OID, b"\0" + one))
        assert (key.trouble == "", key.p256 is not None) == (lies, lies)


def test_coordinates_are_below_the_prime() -> None:
    # x = 0 lies on the curve; the prime itself stands for the same number and is refused.
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    root = pow(b, (PRIME + 1) // 4, PRIME)
    assert root * root % PRIME == b
    y = root.to_bytes(32, "big")
    assert lies_on_p256(b"\x04" + bytes(32) + y)
    assert not lies_on_p256(b"\x04" + PRIME.to_bytes(32, "big") + y)
    for number in range(1, 3):  # small ordinates, which a prime may be added to
        assert not lies_on_p256(b"\x04" + bytes(32) + (PRIME + number).to_bytes(32, "big"))
    small = next(
        (x, pow(f, (PRIME + 1) // 4, PRIME))
        for x in range(1, 50)
        for f in [(x**3 - 3 * x + b) % PRIME]
        if pow(f, (PRIME - 1) // 2, PRIME) == 1
    )
    for first, fine in ((small[0], True), (small[0] + PRIME, False)):
        assert lies_on_p256(b"\x04" + first.to_bytes(32, "big") + small[1].to_bytes(32, "big")) is fine


def test_a_compressed_point_is_distinguished_from_an_invalid_one() -> None:
    compressed = point(make_key("quick"), PublicFormat.CompressedPoint)
    for first, rest, trouble in (
        (b"\2", compressed[1:], COMPRESSED),
        (b"\3", compressed[1:], COMPRESSED),
        (b"\4", compressed[1:], OFF),
        (b"\1", compressed[1:], OFF),
        (b"\2", compressed[2:], OFF),
        (b"\3", compressed[1:] + b"\0", OFF),
    ):
        assert parse_public_key(info(P256_OID, b"\0" + first + rest)).trouble == trouble


RSA = rsa.generate_private_key(65537, 1024)
DIGESTS = {
    "1": hashes.SHA1(),
    "3.1": hashes.SHA224(),
    "3.2": hashes.SHA256(),
    "3.3": hashes.SHA384(),
    "3.4": hashes.SHA512(),
}
PKCS1 = {"5": hashes.SHA1(), "11": hashes.SHA256(), "12": hashes.SHA384(), "13": hashes.SHA512()}


@pytest.mark.parametrize("number", DIGESTS)
def test_ecdsa_is_verified_with_each_digest(number: str) -> None:
    key = make_key("quick")
    oid = f"1.2.840.10045.4.{number}"
    public = parse_public_key(spki(key))
    signature = key.sign(b"text", ec.ECDSA(DIGESTS[number]))
    assert verifies(public, oid, signature, b"text") is True
    assert verifies(public, oid, signature, b"text") is True
    assert verifies(public, oid, signature, b"other") is False
    assert verifies(public, oid, b"", b"text") is False
    assert verifies(parse_public_key(spki(RSA)), oid, signature, b"text") is None
    for other in set(DIGESTS) - {number}:
        assert verifies(public, f"1.2.840.10045.4.{other}", signature, b"text") is False


@pytest.mark.parametrize("number", PKCS1)
def test_rsa_is_verified_with_each_digest(number: str) -> None:
    oid = f"1.2.840.113549.1.1.{number}"
    public = parse_public_key(spki(RSA))
    signature = RSA.sign(b"text", padding.PKCS1v15(), PKCS1[number])
    assert verifies(public, oid, signature, b"text") is True
    assert verifies(public, oid, signature, b"other") is False
    assert verifies(parse_public_key(spki(make_key("quick"))), oid, signature, b"text") is None


def test_edwards_keys_are_verified_and_unknown_algorithms_are_not() -> None:
    for key in (ed25519.Ed25519PrivateKey.generate(), ed448.Ed448PrivateKey.generate()):
        public = parse_public_key(spki(key))
        assert verifies(public, "1.3.101.112", key.sign(b"text"), b"text") is True
        assert verifies(public, "1.3.101.112", key.sign(b"text"), b"other") is False
        assert verifies(public, "1.2.840.10045.4.3.2", key.sign(b"text"), b"text") is None
    quick = make_key("quick")
    signature = quick.sign(b"text", ec.ECDSA(hashes.SHA256()))
    assert verifies(parse_public_key(spki(quick)), "1.2.3", signature, b"text") is None
    assert verifies(parse_public_key(info(P256_OID, b"\0\4")), "1.2.840.10045.4.3.2", signature, b"text") is None
    assert parse_public_key(info(P256_OID, b"\0\4")).loaded is None
    assert parse_public_key(spki(RSA)).p256 is None


def sec1(scalar: bytes, *fields: bytes) -> bytes:
    return der.encode(der.SEQUENCE, b"\x02\x01\x01" + der.encode(4, scalar) + b"".join(fields))


def pkcs8(inner: bytes, parameters: bytes = P256_OID, version: int = 0) -> bytes:
    algorithm = der.encode(der.SEQUENCE, EC_OID + parameters)
    return der.encode(der.SEQUENCE, bytes((2, 1, version)) + algorithm + der.encode(4, inner))


def curve(parameters: bytes = P256_OID) -> bytes:
    return der.encode(0xA0, parameters)


def public(bits: bytes) -> bytes:
    return der.encode(0xA1, der.encode(3, b"\0" + bits))


@pytest.mark.parametrize(
    ("scalar", "trouble"),
    [
        (0, "the private scalar is out of range"),
        (1, ""),
        (P256_ORDER - 1, ""),
        (P256_ORDER, "the private scalar is out of range"),
        (P256_ORDER + 1, "the private scalar is out of range"),
    ],
)
def test_the_scalar_is_at_least_one_and_below_the_order(scalar: int, trouble: str) -> None:
    key = parse_private_key(sec1(scalar.to_bytes(32, "big"), curve()))
    assert key.trouble == trouble
    assert (key.public_key is None) is bool(trouble)
    if not trouble:
        other = ec.derive_private_key(scalar, ec.SECP256R1())
        assert key.public_key is not None
        assert key.public_key.der == spki(other)


def test_the_stated_point_is_compared_in_both_forms() -> None:
    for name in ("odd", "even", "quick", "other"):
        key = make_key(name)
        scalar = key.private_numbers().private_value.to_bytes(32, "big")
        whole, compressed = point(key), point(key, PublicFormat.CompressedPoint)
        mirrored = bytes((5 - compressed[0],)) + compressed[1:]
        wrong = "the public point does not match the private scalar"
        for stated, trouble in (
            (whole, ""),
            (compressed, ""),
            (b"", ""),
            (mirrored, wrong),
            (compressed[:-1] + bytes((compressed[-1] ^ 1,)), wrong),
            (b"\4" + compressed[1:], wrong),
            (whole[:-1] + bytes((whole[-1] ^ 1,)), wrong),
            (whole[:-1], wrong),
            (compressed[:-1], wrong),
        ):
            assert parse_private_key(sec1(scalar, curve(), public(stated))).trouble == trouble


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (sec1(b"\1" * 32), "EC without a named curve"),
        (sec1(b"\1" * 32, curve()), "P-256"),
        (sec1(b"\1" * 32, curve(P384_OID)), "P-384"),
        (sec1(b"\1" * 32, curve(b"\x30\x00")), "EC with explicit curve parameters"),
        (sec1(b"\1" * 32, curve(b"\x31\x00")), "EC without a named curve"),
        (pkcs8(sec1(b"\1" * 32)), "P-256"),
        (pkcs8(sec1(b"\1" * 32), version=1), "P-256"),
        (pkcs8(sec1(b"\1" * 32, curve())), "P-256"),
        (pkcs8(sec1(b"\1" * 32, curve(P384_OID))), "EC with two different curves"),
        (pkcs8(sec1(b"\1" * 32), b"\x30\x00"), "EC with explicit curve parameters"),
        (pkcs8(sec1(b"\1" * 32, curve()), b"\x30\x00"), "EC with explicit curve parameters"),
        (pkcs8(sec1(b"\1" * 32, curve()), b""), "P-256"),
        (der.encode(0x30, b"\x02\x01\x00" + b"\x02\x01\x01" * 5), "DSA"),
        (der.encode(0x30, b"\x02\x01\x00" + b"\x02\x01\x01" * 8), "RSA"),
    ],
)
def test_each_form_of_a_key_has_its_kind(data: bytes, kind: str) -> None:
    key = parse_private_key(data)
    assert (key.kind, key.is_p256) == (kind, kind == "P-256")
    has_scalar = kind in ("P-256", "EC with explicit curve parameters")
    assert key.scalar.reveal() == (b"\1" * 32 if has_scalar else b"")
    told = f"the key is {'on ' if kind == 'P-384' else ''}{kind}"
    assert key.trouble == ("" if kind == "P-256" else told)
    assert (key.public_key is None) is (kind != "P-256")


@pytest.mark.parametrize(
    "data",
    [
        der.encode(0x30, b"\x02\x01\x00"),
        der.encode(0x30, b"\x02\x01\x00" + der.encode(4, b"\1" * 32)),
        der.encode(0x30, b"\x02\x01\x02" + der.encode(4, b"\1" * 32)),
        pkcs8(sec1(b"\1" * 32), version=2),
        *(der.encode(0x30, b"\x02\x01\x00" + b"\x02\x01\x01" * count) for count in (1, 4, 6, 7, 9)),
        der.encode(0x30, b"\x02\x01\x01" + b"\x02\x01\x01" * 8),
        sec1(b"\1" * 32) + b"\0",
        pkcs8(sec1(b"\1" * 32) + b"\0"),
    ],
)
def test_a_key_of_none_of_the_forms_is_refused(data: bytes) -> None:
    with pytest.raises(der.DerError):
        parse_private_key(data)


def test_a_key_written_by_another_library_is_read_the_same_in_both_forms() -> None:
    key = make_key("quick")
    for form in (PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8):
        read = parse_private_key(key.private_bytes(Encoding.DER, form, NoEncryption()))
        assert (read.kind, read.is_p256, read.stated_point) == ("P-256", True, point(key))
        assert read.scalar.reveal() == key.private_numbers().private_value.to_bytes(32, "big")
    assert PrivateKey("x", True).scalar.reveal() == b""
    assert PrivateKey("x", True).stated_point == b""
    assert repr(Secret(b"x")) == "<secret>"

"""Defects of fcu_private_key.pem, of its modes, and of keys that several instances share or that others know."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from reference_ca.defects import asn1
from reference_ca.defects.certificates import RFC_6979, Certificate, key_of, other_key, spki
from reference_ca.defects.files import pem_block
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import KEY_FILE, FactorySetup, SetupParameters, private_key_der, private_key_pem
from reference_ca.key_source import P256_ORDER

KEY = "fcu_private_key.pem"
TWO = SetupParameters(length=2)
P256, EC_KEY = "1.2.840.10045.3.1.7", "1.2.840.10045.2.1"


def sec1_pem(s: FactorySetup) -> bytes:
    """FCU's key in the older SEC1 form."""
    assert isinstance(s.key, ec.EllipticCurvePrivateKey)
    return s.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def _key_file(s: FactorySetup, data: bytes) -> None:
    s.edit_file(KEY_FILE, lambda _: data)


@defect(ExpectedFinding("KEY001", KEY))
def key_missing(s: FactorySetup) -> None:
    """The keystore has no private key."""
    s.remove_file(KEY_FILE)


@defect(ExpectedFinding("KEY001", KEY))
def key_under_another_name(s: FactorySetup) -> None:
    """The private key is called fcu_key.pem: FCU finds none."""
    s.edits.append(lambda files: files.update({"keystore/fcu_key.pem": files.pop(KEY_FILE)}))


@defect(ExpectedFinding("KEY002", KEY))
def key_file_empty(s: FactorySetup) -> None:
    """fcu_private_key.pem has no bytes."""
    _key_file(s, b"")


@defect(ExpectedFinding("KEY002", KEY))
def key_is_der(s: FactorySetup) -> None:
    """The private key is DER instead of PEM."""
    _key_file(s, private_key_der(s.key))


@defect(ExpectedFinding("KEY002", KEY))
def two_keys(s: FactorySetup) -> None:
    """fcu_private_key.pem holds two private keys."""
    _key_file(s, private_key_pem(s.key) + private_key_pem(s.new_key("second key")))


@defect(ExpectedFinding("KEY002", KEY))
def key_cut_short(s: FactorySetup) -> None:
    """The last line of the key's base64 text is lost."""
    lines = private_key_pem(s.key).splitlines(keepends=True)
    _key_file(s, b"".join(lines[:-2] + lines[-1:]))


@defect(ExpectedFinding("KEY002", KEY))
def certificate_beside_key(s: FactorySetup) -> None:
    """The FCU certificate stands behind the key in fcu_private_key.pem."""
    certificate = s.chain[0]
    s.edit_file(KEY_FILE, lambda data: data + pem_block("CERTIFICATE", certificate.der))


@defect(ExpectedFinding("KEY002", KEY))
def certificate_instead_of_key(s: FactorySetup) -> None:
    """fcu_private_key.pem holds the FCU certificate."""
    certificate = s.chain[0]
    s.edit_file(KEY_FILE, lambda _: pem_block("CERTIFICATE", certificate.der))


@defect(ExpectedFinding("KEY002", KEY))
def public_key_instead_of_key(s: FactorySetup) -> None:
    """fcu_private_key.pem holds the public key."""
    _key_file(s, pem_block("PUBLIC KEY", spki(s.key)))


@near_miss(about="KEY002")
def key_in_sec1_form(s: FactorySetup) -> None:
    """The private key is an EC PRIVATE KEY block."""
    _key_file(s, sec1_pem(s))


@near_miss(about="KEY002")
def key_after_ec_parameters(s: FactorySetup) -> None:
    """An EC PARAMETERS block stands before the key, as openssl ecparam -genkey writes it."""
    _key_file(s, pem_block("EC PARAMETERS", asn1.oid(P256)) + sec1_pem(s))


def _pkcs8(scalar: bytes, curve: bytes, point: bytes = b"") -> bytes:
    public = asn1.context(1, asn1.bits(point)) if point else b""
    inner = asn1.sequence(asn1.integer(1), asn1.octets(scalar), public)
    return asn1.sequence(asn1.integer(0), asn1.sequence(asn1.oid(EC_KEY), curve), asn1.octets(inner))


def explicit_p256() -> bytes:
    """The parameters of P-256 spelled out (SEC 1, C.2), which RFC 5480 forbids."""
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    x = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
    y = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    point = b"\4" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
    return asn1.sequence(
        asn1.integer(1),
        asn1.sequence(asn1.oid("1.2.840.10045.1.1"), asn1.integer(prime)),
        asn1.sequence(asn1.octets((prime - 3).to_bytes(32, "big")), asn1.octets(b.to_bytes(32, "big"))),
        asn1.octets(point),
        asn1.integer(order),
        asn1.integer(1),
    )


def _scalar(s: FactorySetup) -> bytes:
    assert isinstance(s.key, ec.EllipticCurvePrivateKey)
    return s.key.private_numbers().private_value.to_bytes(32, "big")


@defect(ExpectedFinding("KEY003", KEY))
def key_with_explicit_curve(s: FactorySetup) -> None:
    """The private key spells out the parameters of P-256 instead of naming the curve."""
    _key_file(s, pem_block("PRIVATE KEY", _pkcs8(_scalar(s), explicit_p256())))


@defect(ExpectedFinding("KEY003", KEY), baseline="key-in-sec1-form")
def key_scalar_zero(s: FactorySetup) -> None:
    """The private key's scalar is zero."""
    _key_file(s, pem_block("PRIVATE KEY", _pkcs8(bytes(32), asn1.oid(P256))))


@defect(ExpectedFinding("KEY003", KEY))
def key_point_of_another_key(s: FactorySetup) -> None:
    """The public point inside the private key is another key's."""
    point = spki(s.new_key("another point"))[26:]
    _key_file(s, pem_block("PRIVATE KEY", _pkcs8(_scalar(s), asn1.oid(P256), point)))


@defect(ExpectedFinding("KEY003", KEY))
def key_is_rsa(s: FactorySetup) -> None:
    """The private key is RSA."""
    _key_file(s, private_key_pem(other_key(s.source, "key", "rsa")))


@defect(ExpectedFinding("KEY003", KEY))
def key_on_p384(s: FactorySetup) -> None:
    """The private key is on P-384."""
    _key_file(s, private_key_pem(other_key(s.source, "key", "p384")))


@defect(ExpectedFinding("KEY004", KEY))
def key_of_another_fcu(s: FactorySetup) -> None:
    """The private key is that of another FCU instance."""
    s.key = s.new_key("another FCU")


@defect(ExpectedFinding("KEY004", KEY), needs=Needs(length=2))
def key_of_the_root(s: FactorySetup) -> None:
    """The private key is the root's, not the FCU certificate's."""
    s.key = s.chain[-1].key


def encrypt_key(s: FactorySetup) -> None:
    """Encrypt FCU's key with PBES2, as openssl pkcs8 does."""
    salt, start = s.source.octets("salt", 16), s.source.octets("start", 16)
    secret = hashlib.pbkdf2_hmac("sha256", b"passphrase", salt, 2048, 32)
    plain = private_key_der(s.key)
    padded = plain + bytes([16 - len(plain) % 16]) * (16 - len(plain) % 16)
    cipher = Cipher(algorithms.AES(secret), modes.CBC(start)).encryptor()
    scheme = asn1.sequence(
        asn1.oid("1.2.840.113549.1.5.13"),
        asn1.sequence(
            asn1.sequence(
                asn1.oid("1.2.840.113549.1.5.12"),
                asn1.sequence(
                    asn1.octets(salt),
                    asn1.integer(2048),
                    asn1.sequence(asn1.oid("1.2.840.113549.2.9"), asn1.element(5, b"")),
                ),
            ),
            asn1.sequence(asn1.oid("2.16.840.1.101.3.4.1.42"), asn1.octets(start)),
        ),
    )
    encrypted = cipher.update(padded) + cipher.finalize()
    _key_file(s, pem_block("ENCRYPTED PRIVATE KEY", asn1.sequence(scheme, asn1.octets(encrypted))))


@defect(ExpectedFinding("KEY005", KEY, level="warning"))
def key_encrypted(s: FactorySetup) -> None:
    """The private key is an ENCRYPTED PRIVATE KEY, and FCU documents no passphrase."""
    encrypt_key(s)


@defect(ExpectedFinding("KEY006", KEY))
def key_readable_by_all(s: FactorySetup) -> None:
    """Everybody on the machine can read the private key: its mode is 0644."""
    s.modes[KEY_FILE] = 0o644


@defect(ExpectedFinding("KEY006", KEY))
def key_readable_by_group(s: FactorySetup) -> None:
    """The group can read the private key: its mode is 0640."""
    s.modes[KEY_FILE] = 0o640


@defect(ExpectedFinding("KEY006", KEY))
def key_writable_by_group(s: FactorySetup) -> None:
    """The group can write the private key, and so put another in its place: its mode is 0620."""
    s.modes[KEY_FILE] = 0o620


@near_miss(about="KEY006")
def key_read_only(s: FactorySetup) -> None:
    """Not even its owner can write the private key: its mode is 0400."""
    s.modes[KEY_FILE] = 0o400


@defect(ExpectedFinding("KEY007", "keystore", level="warning"), baseline="keystore-entered-by-name")
def keystore_listed_by_group(s: FactorySetup) -> None:
    """The group can list the keystore folder: its mode is 0750."""
    s.modes["keystore"] = 0o750


@defect(ExpectedFinding("KEY007", "keystore", level="warning"))
def keystore_writable_by_all(s: FactorySetup) -> None:
    """Everybody can put files into the keystore folder: its mode is 0777."""
    s.modes["keystore"] = 0o777


@near_miss(about="KEY007")
def keystore_entered_by_name(s: FactorySetup) -> None:
    """Others can enter the keystore folder but neither list nor write it: its mode is 0711."""
    s.modes["keystore"] = 0o711


@defect(ExpectedFinding("KEY001", KEY), ExpectedFinding("KEY007", KEY, level="warning"))
def key_is_link_that_leads_out(s: FactorySetup) -> None:
    """fcu_private_key.pem is a link to a key outside the keystore: the file that FCU needs is not there."""
    s.edits.append(lambda files: files.update({"elsewhere/key.pem": files.pop(KEY_FILE)}))
    s.links[KEY_FILE] = "../elsewhere/key.pem"


@near_miss(about="KEY007")
def key_is_link_inside_keystore(s: FactorySetup) -> None:
    """fcu_private_key.pem is a link to the key under another name in the same folder."""
    s.edits.append(lambda files: files.update({"keystore/line-1.pem": files.pop(KEY_FILE)}))
    s.links[KEY_FILE] = "line-1.pem"
    s.modes["keystore/line-1.pem"] = s.modes.pop(KEY_FILE)


def second_instance(s: FactorySetup, name: str) -> FactorySetup:
    """Another FCU instance beside this one, each in a folder of its own."""
    other = FactorySetup(s.parameters, s.source, name)
    s.folder, other.folder = "line-1/", "line-2/"
    s.others.append(other)
    return other


def _take_key(other: FactorySetup, key: ec.EllipticCurvePrivateKey) -> None:
    certificate: Certificate = other.chain[0]
    other.key = certificate.key = key
    if other.request is not None:
        other.request.key = key


@defect(
    ExpectedFinding("KEY009", KEY, instance="line-1"),
    ExpectedFinding("KEY009", KEY, instance="line-2"),
    needs=Needs(most_devices=0),
    parameters=TWO,
    baseline="two-instances",
)
def key_shared_by_instances(s: FactorySetup) -> None:
    """Two FCU instances have the same private key under two names."""
    assert isinstance(s.key, ec.EllipticCurvePrivateKey)
    _take_key(second_instance(s, "FCU line 2"), s.key)


@near_miss(needs=Needs(most_devices=0), parameters=TWO, about="KEY009")
def two_instances(s: FactorySetup) -> None:
    """Two FCU instances below one CA, each with a name and a key of its own."""
    second_instance(s, "FCU line 2")


@defect(ExpectedFinding("KEY010", KEY))
def key_of_an_rfc(s: FactorySetup) -> None:
    """The private key is the example of RFC 6979, which everybody can look up."""
    _take_key(s, key_of(RFC_6979))


@defect(ExpectedFinding("KEY010", "fcu.crt", 2, "subjectPublicKeyInfo"), needs=Needs(length=2))
def ca_key_of_an_rfc(s: FactorySetup) -> None:
    """The CA above FCU has the key that is the example of RFC 6979."""
    s.chain[1].key = key_of(RFC_6979)


@defect(ExpectedFinding("KEY013", KEY))
def key_is_one(s: FactorySetup) -> None:
    """The private key is the number 1."""
    _take_key(s, key_of(1))


@defect(ExpectedFinding("KEY013", KEY))
def key_is_negative_of_generator(s: FactorySetup) -> None:
    """The private key is the order of the curve less 1: the public one is the negative of the generator."""
    _take_key(s, key_of(P256_ORDER - 1))


@defect(ExpectedFinding("KEY013", KEY))
def key_has_half_its_length(s: FactorySetup) -> None:
    """The private key has 16 random octets, and 16 of zero before them."""
    _take_key(s, key_of(s.new_key("half a key").private_numbers().private_value >> 128))


@defect(ExpectedFinding("KEY013", KEY))
def key_close_to_order(s: FactorySetup) -> None:
    """The private key is the order of the curve less a number of 16 octets."""
    _take_key(s, key_of(P256_ORDER - (s.new_key("half a key").private_numbers().private_value >> 128)))


@defect(ExpectedFinding("KEY013", KEY))
def key_of_repeated_octets(s: FactorySetup) -> None:
    """The private key is a word of four octets, eight times: memory that was never filled."""
    _take_key(s, key_of(int.from_bytes(bytes.fromhex("deadbeef") * 8, "big")))


@defect(ExpectedFinding("KEY013", "fcu.crt", 2, "subjectPublicKeyInfo"), needs=Needs(length=2))
def ca_key_of_repeated_octets(s: FactorySetup) -> None:
    """The private key of the CA above FCU is 32 times the octet 0x11."""
    s.chain[1].key = key_of(int.from_bytes(b"\x11" * 32, "big"))

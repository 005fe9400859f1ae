"""The parts that test certificates are made of: names, keys, signatures and extensions, usual and odd ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import algos, core, x509
from asn1crypto.keys import ECPointBitString, PublicKeyInfo
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

_ORDERS = {
    "secp224r1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D,
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
}
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "secp224r1": ec.SECP224R1,
    "secp256r1": ec.SECP256R1,
    "secp256k1": ec.SECP256K1,
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
}


@dataclass(frozen=True)
class Extension:
    """An extension: its OID (dotted, or asn1crypto's word), whether it is critical, and the DER of its value."""

    oid: str
    critical: bool
    value: bytes


UNKNOWN_CRITICAL = Extension("1.3.6.1.4.1.55555.1", True, core.Null().dump())


def name(
    common_name: str = "", kind: type[core.Asn1Value] = x509.UTF8String, more: Sequence[tuple[str, str]] = ()
) -> bytes:
    """DER of a name: other attributes (asn1crypto's words) first, then the common name; without any it is empty."""
    pairs = [*more, *([("common_name", common_name)] if common_name else [])]
    rdns = []
    for what, text in pairs:
        kind_here = x509.PrintableString if what == "country_name" else kind
        string = x509.DirectoryString(name=_CHOICES[kind_here], value=kind_here(text))
        if what == "country_name":
            string = x509.PrintableString(text)
        rdns.append(x509.RelativeDistinguishedName([x509.NameTypeAndValue({"type": what, "value": string})]))
    return bytes(x509.Name(name="", value=x509.RDNSequence(rdns)).dump())


_CHOICES = {x509.UTF8String: "utf8_string", x509.PrintableString: "printable_string"}


def directory_name_constraint(*permitted: bytes, critical: bool = True) -> Extension:
    """NameConstraints that permit the subtrees below some directory names."""
    subtrees = [{"base": x509.GeneralName("directory_name", x509.Name.load(one))} for one in permitted]
    return Extension("name_constraints", critical, x509.NameConstraints({"permitted_subtrees": subtrees}).dump())


def dns_constraint(domain: str) -> Extension:
    """Critical NameConstraints that permit one DNS domain."""
    subtrees = [{"base": x509.GeneralName("dns_name", domain)}]
    return Extension("name_constraints", True, x509.NameConstraints({"permitted_subtrees": subtrees}).dump())


def extended_usage(*purposes: str) -> Extension:
    """ExtendedKeyUsage with purposes in asn1crypto's words."""
    return Extension("extended_key_usage", False, x509.ExtKeyUsageSyntax(list(purposes)).dump())


def utc_validity(not_before: str, not_after: str) -> bytes:
    """DER of a validity whose two UTCTimes hold exactly these characters."""
    inner = b"".join(bytes([0x17, len(text)]) + text.encode("ascii") for text in (not_before, not_after))
    return bytes([0x30, len(inner)]) + inner


def number(text: str) -> int:
    """A large number that follows from a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


@lru_cache(maxsize=512)
def private_key(key: str, curve: str = "secp256r1") -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """The private key that follows from a name; an RSA key is random, once a run."""
    if curve == "rsa1024":
        return rsa.generate_private_key(65537, 1024)
    return ec.derive_private_key(number(key) % (_ORDERS[curve] - 1) + 1, _CURVES[curve]())


def sign(key: str, curve: str, digest: str, data: bytes) -> bytes:
    """The signature over data with the key that follows from a name."""
    private = private_key(key, curve)
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(data, padding.PKCS1v15(), _HASHES[digest]())
    return private.sign(data, ec.ECDSA(_HASHES[digest](), deterministic_signing=True))


def algorithm(curve: str, digest: str) -> algos.SignedDigestAlgorithm:
    """The signature algorithm of a key on a curve with a digest."""
    if curve == "rsa1024":
        return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_rsa", "parameters": core.Null()})
    return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"})


@lru_cache(maxsize=512)
def public_key(
    key: str,
    curve: str = "secp256r1",
    *,
    compressed: bool = False,
    off_curve: bool = False,
    explicit_curve: bool = False,
) -> PublicKeyInfo:
    """The public key that follows from a name, written as usual or in one odd way (the last only for P-256)."""
    public = private_key(key, curve).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    info = PublicKeyInfo.load(der)
    if compressed:
        point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
        new = PublicKeyInfo({"algorithm": info["algorithm"], "public_key": ECPointBitString(point)})
        return PublicKeyInfo.load(new.dump())
    if off_curve:
        return PublicKeyInfo.load(der[:-1] + bytes([der[-1] ^ 1]))
    if explicit_curve:
        explicit = _sequence(bytes.fromhex("06072A8648CE3D0201") + _P256_PARAMETERS)
        return PublicKeyInfo.load(_sequence(explicit + info["public_key"].dump()))
    return info


def forge_anchor(anchor: bytes, key: str = "attacker") -> bytes:
    """DER of the anchor with an attacker's key in it; its name and its signature value are kept."""
    forged = x509.Certificate.load(anchor).copy()
    forged["tbs_certificate"]["subject_public_key_info"] = public_key(key)
    return bytes(forged.dump(force=True))


def with_signature(certificate_der: bytes, signature: bytes) -> bytes:
    """DER of a certificate with another signature value."""
    changed = x509.Certificate.load(certificate_der).copy()
    changed["signature_value"] = core.OctetBitString(signature)
    return bytes(changed.dump(force=True))


def signature_of(certificate_der: bytes) -> bytes:
    """The signature value of a certificate."""
    return bytes(x509.Certificate.load(certificate_der)["signature_value"].native)


def _sequence(content: bytes) -> bytes:
    length = len(content)
    if length < 128:
        return bytes([0x30, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x30, 0x80 | len(octets)]) + octets + content


def _integer(value: int) -> bytes:
    return bytes(core.Integer(value).dump())


def _octets(value: int) -> bytes:
    return b"\x04\x20" + value.to_bytes(32, "big")


# the parameters of P-256 written out (SEC 1, C.2; the seed left out)
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P256_PARAMETERS = _sequence(
    _integer(1)
    + _sequence(bytes.fromhex("06072A8648CE3D0101") + _integer(_P))
    + _sequence(_octets(_P - 3) + _octets(0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B))
    + b"\x04\x41\x04"
    + bytes.fromhex("6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296")
    + bytes.fromhex("4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5")
    + _integer(_ORDERS["secp256r1"])
    + _integer(1)
)

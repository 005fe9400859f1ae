"""Certificates and requests as plans: every field can be changed, and what depends on it follows when signed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference_ca.defects import asn1
from reference_ca.key_source import KeySource, deterministic

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE = "2.5.29.19", "2.5.29.15", "2.5.29.37"
AUTHORITY_KEY_IDENTIFIER, SUBJECT_KEY_IDENTIFIER = "2.5.29.35", "2.5.29.14"
NAME_CONSTRAINTS, CERTIFICATE_POLICIES = "2.5.29.30", "2.5.29.32"

_USAGES = {"digitalSignature": 0, "keyAgreement": 4, "keyCertSign": 5, "cRLSign": 6}
_PURPOSES = {
    "serverAuth": "1.3.6.1.5.5.7.3.1",
    "clientAuth": "1.3.6.1.5.5.7.3.2",
    "any": "2.5.29.37.0",
}
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass
class Extension:
    """One extension: OID, content of its OCTET STRING, criticality. Without a value it is worked out when signed."""

    oid: str
    value: bytes | None = None
    critical: bool = False

    def encode(self, value: bytes) -> bytes:
        """The element, with the value that it has by then."""
        critical = asn1.boolean(True) if self.critical else b""
        return asn1.sequence(asn1.oid(self.oid), critical, asn1.octets(value))


def basic_constraints(ca: bool, path_length: int | None = None) -> bytes:
    """The value of basicConstraints; CA:FALSE is the default, which DER leaves away."""
    length = asn1.integer(path_length) if path_length is not None else b""
    return asn1.sequence(asn1.boolean(True) if ca else b"", length)


def key_usage(*names: str) -> bytes:
    """The value of keyUsage."""
    return asn1.named_bits(*(_USAGES[name] for name in names))


def extended_key_usage(*names: str) -> bytes:
    """The value of extKeyUsage."""
    return asn1.sequence(*(asn1.oid(_PURPOSES[name]) for name in names))


def authority_key_identifier(identifier: bytes = b"", *more: bytes) -> bytes:
    """The value of authorityKeyIdentifier: the key's identifier, then other fields as they are."""
    named = asn1.context(0, identifier, constructed=False) if identifier else b""
    return asn1.sequence(named, *more)


def spki(key: PrivateKey) -> bytes:
    """The DER SubjectPublicKeyInfo of a key's public half."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_identifier(key: PrivateKey) -> bytes:
    """The usual identifier of a key: SHA-1 over its bits (RFC 5280, 4.2.1.2, method 1)."""
    public = key.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        key_bits = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    elif isinstance(public, rsa.RSAPublicKey):
        key_bits = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    else:
        key_bits = public.public_bytes_raw()
    return hashlib.sha1(key_bits).digest()  # noqa: S324 - an identifier, no protection


def sign(key: PrivateKey, message: bytes, digest: str = "sha256") -> bytes:
    """A signature that is the same at every call (RFC 6979, PKCS #1 v1.5, Ed25519)."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(message)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), _DIGESTS[digest])
    return key.sign(message, ec.ECDSA(_DIGESTS[digest], deterministic_signing=deterministic()))


def signature_algorithm(key: PrivateKey, digest: str = "sha256") -> bytes:
    """The AlgorithmIdentifier of what `sign` makes."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return asn1.algorithm("ed25519")
    return asn1.algorithm(f"{digest}_{'rsa' if isinstance(key, rsa.RSAPrivateKey) else 'ecdsa'}")


def _as_it_is(der: bytes) -> bytes:
    return der


@dataclass(eq=False)
class Certificate:
    """The plan of one certificate.

    ``issuer`` is None for a self-signed one. What is None or empty follows from the rest: the issuer's name and key,
    the algorithms, the subjectPublicKeyInfo. Fields that hold bytes hold a whole DER element. ``extensions`` go by a
    short name that only serves to find them. ``signed_part`` and ``finished`` may change the bytes before and after
    signing.
    """

    subject: bytes
    key: PrivateKey
    serial: int
    not_before: datetime | bytes
    not_after: datetime | bytes
    issuer: Certificate | None = None
    version: int = 3
    extensions: dict[str, Extension] = field(default_factory=dict)
    issuer_name: bytes = b""
    signer: PrivateKey | None = None
    digest: str = "sha256"
    inner_algorithm: bytes = b""
    outer_algorithm: bytes = b""
    spki: bytes = b""
    signed_part: Callable[[bytes], bytes] = _as_it_is
    finished: Callable[[bytes], bytes] = _as_it_is

    @property
    def der(self) -> bytes:
        """The certificate, signed with everything as it is now."""
        signer = self.signer or (self.issuer or self).key
        outer = self.outer_algorithm or signature_algorithm(signer, self.digest)
        inner = self.inner_algorithm or outer
        to_be_signed = self.signed_part(
            asn1.sequence(
                asn1.context(0, asn1.integer(self.version - 1)) if self.version > 1 else b"",
                asn1.integer(self.serial),
                inner,
                self.issuer_name or (self.issuer or self).subject,
                asn1.sequence(_time(self.not_before), _time(self.not_after)),
                self.subject,
                self.spki or spki(self.key),
                self._extensions(),
            )
        )
        return self.finished(asn1.sequence(to_be_signed, outer, asn1.bits(sign(signer, to_be_signed, self.digest))))

    def _extensions(self) -> bytes:
        if self.version < 3 or not self.extensions:
            return b""
        encoded = (extension.encode(self._value(extension)) for extension in self.extensions.values())
        return asn1.context(3, asn1.sequence(*encoded))

    def _value(self, extension: Extension) -> bytes:
        if extension.value is not None:
            return extension.value
        if extension.oid == SUBJECT_KEY_IDENTIFIER:
            return asn1.octets(key_identifier(self.key))
        return authority_key_identifier(key_identifier((self.issuer or self).key))


def _time(value: datetime | bytes) -> bytes:
    return asn1.time(value) if isinstance(value, datetime) else value


def ca_extensions(*, critical: bool = True) -> dict[str, Extension]:
    """Those of a CA: basicConstraints and keyUsage (critical, as RFC 5280 asks), and both key identifiers."""
    return {
        "basicConstraints": Extension(BASIC_CONSTRAINTS, basic_constraints(True), critical),
        "keyUsage": Extension(KEY_USAGE, key_usage("digitalSignature", "keyCertSign", "cRLSign"), critical),
        "authorityKeyIdentifier": Extension(AUTHORITY_KEY_IDENTIFIER),
        "subjectKeyIdentifier": Extension(SUBJECT_KEY_IDENTIFIER),
    }


def device_extensions() -> dict[str, Extension]:
    """Those of a device, as `reference_ca.profiles.DeviceProfile` has them."""
    return {
        "basicConstraints": Extension(BASIC_CONSTRAINTS, basic_constraints(False)),
        "keyUsage": Extension(KEY_USAGE, key_usage("digitalSignature"), True),
        "extKeyUsage": Extension(EXTENDED_KEY_USAGE, extended_key_usage("clientAuth")),
        "authorityKeyIdentifier": Extension(AUTHORITY_KEY_IDENTIFIER),
        "subjectKeyIdentifier": Extension(SUBJECT_KEY_IDENTIFIER),
    }


@dataclass(eq=False)
class Request:
    """A PKCS #10 request to be, with FCU's extensions asked for; fields are as in `Certificate`."""

    subject: bytes
    key: PrivateKey
    signer: PrivateKey | None = None
    digest: str = "sha256"
    version: int = 0
    finished: Callable[[bytes], bytes] = _as_it_is

    @property
    def der(self) -> bytes:
        """The request, signed with everything as it is now."""
        wanted = list(ca_extensions().values())[:2]
        asked = asn1.sequence(*(extension.encode(extension.value or b"") for extension in wanted))
        attribute = asn1.sequence(asn1.oid("1.2.840.113549.1.9.14"), asn1.element(17, asked, constructed=True))
        info = asn1.sequence(asn1.integer(self.version), self.subject, spki(self.key), asn1.context(0, attribute))
        signer = self.signer or self.key
        signature = asn1.bits(sign(signer, info, self.digest))
        return self.finished(asn1.sequence(info, signature_algorithm(signer, self.digest), signature))


RFC_6979 = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
"""The private scalar of RFC 6979, A.2.5."""


def key_of(scalar: int) -> ec.EllipticCurvePrivateKey:
    """The P-256 key with this private scalar."""
    return ec.derive_private_key(scalar, ec.SECP256R1())


def other_key(source: KeySource, label: str, kind: str) -> PrivateKey:
    """A key of a kind that FCU does not use: "rsa", "p384", "secp256k1" or "ed25519"; the seed tells which."""
    if kind == "rsa":
        return _rsa_key(source, label)
    octets = source.octets(f"{kind}/{label}", 64)
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(octets[:32])
    curves: dict[str, Any] = {"p384": (ec.SECP384R1(), 47), "secp256k1": (ec.SECP256K1(), 31)}
    curve, size = curves[kind]
    return ec.derive_private_key(int.from_bytes(octets[:size], "big") + 1, curve)


def _rsa_key(source: KeySource, label: str) -> rsa.RSAPrivateKey:
    """An RSA key of 2048 bits whose primes are the first ones after two derived numbers."""
    p, q = (_prime_after(source.octets(f"rsa/{label}/{name}", 128)) for name in "pq")
    exponent = 65537
    private = pow(exponent, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(exponent, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, private, private % (p - 1), private % (q - 1), rsa.rsa_crt_iqmp(p, q), public
    ).private_key()


def _prime_after(octets: bytes) -> int:
    number = int.from_bytes(octets, "big") | 3 << 1022 | 1
    while not _is_probably_prime(number):
        number += 2
    return number


def _is_probably_prime(number: int) -> bool:
    """Miller and Rabin's test to fixed bases: enough for numbers that nobody chose to deceive it."""
    if any(number % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67)):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13):
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True

"""Keys that come out of their names: the same bytes in every run, and no scalar that anybody could guess or look up."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from hashlib import sha1, sha256, sha512

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from . import der

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
EC_PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
PRIME256V1, EC_PUBLIC_KEY = der.oid("1.2.840.10045.3.1.7"), der.oid("1.2.840.10045.2.1")


@dataclass(frozen=True)
class Key:
    """A private key and the forms in which a factory meets it."""

    private: PrivateKey = field(repr=False)

    @property
    def spki(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def identifier(self) -> bytes:
        """The usual key identifier: SHA-1 of the public key's bits (RFC 5280 4.2.1.2, method 1)."""
        _, content, _ = der.split(self.spki)
        _, _, bit_string = der.split(content)
        return sha1(der.split(bit_string)[1][1:], usedforsecurity=False).digest()

    def sign(self, message: bytes, digest: hashes.HashAlgorithm | None = None) -> bytes:
        """A signature; over P-256 deterministic by RFC 6979."""
        digest = digest or hashes.SHA256()
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(message, ec.ECDSA(digest, deterministic_signing=True))
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, padding.PKCS1v15(), digest)
        return self.private.sign(message)

    def sec1(self) -> str:
        """PEM as `openssl ecparam -genkey -noout` writes it."""
        return self._private(Encoding.PEM, PrivateFormat.TraditionalOpenSSL).decode()

    def pkcs8(self) -> str:
        """PEM as `openssl genpkey` writes it."""
        return self._private(Encoding.PEM, PrivateFormat.PKCS8).decode()

    def openssh(self) -> str:
        """PEM-like, as `ssh-keygen` writes it."""
        return self._private(Encoding.PEM, PrivateFormat.OpenSSH).decode()

    def encrypted(self, legacy: bool = False) -> str:
        """PEM under a passphrase: PKCS#8, or the old form with `Proc-Type` headers."""
        layout = PrivateFormat.TraditionalOpenSSL if legacy else PrivateFormat.PKCS8
        return self._private(Encoding.PEM, layout, BestAvailableEncryption(b"twelve line monkeys")).decode()

    def der(self, pkcs8: bool = False) -> bytes:
        """DER, SEC1 or PKCS#8."""
        layout = PrivateFormat.PKCS8 if pkcs8 else PrivateFormat.TraditionalOpenSSL
        return self._private(Encoding.DER, layout)

    def public_pem(self) -> str:
        """PEM of the public half."""
        public = self.private.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def _private(
        self, encoding: Encoding, layout: PrivateFormat, lock: KeySerializationEncryption | None = None
    ) -> bytes:
        return self.private.private_bytes(encoding, layout, lock or NoEncryption())


@cache
def key(name: str, curve: type[ec.EllipticCurve] = ec.SECP256R1) -> Key:
    """The EC key of this name."""
    scalar = int.from_bytes(sha256(b"a foreign factory's key: " + name.encode()).digest(), "big") >> 1
    return Key(ec.derive_private_key(scalar, curve()))


def published(scalar: int) -> Key:
    """The P-256 key with a scalar that stands in some document."""
    return Key(ec.derive_private_key(scalar, ec.SECP256R1()))


@cache
def edwards(name: str) -> Key:
    """The Ed25519 key of this name."""
    return Key(ed25519.Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest()))


@cache
def rsa_key(name: str) -> Key:
    """The RSA-2048 key of this name."""
    p, q, e = _prime(name + " p"), _prime(name + " q"), 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), rsa.rsa_crt_iqmp(p, q), public)
    return Key(numbers.private_key())


def _prime(name: str) -> int:
    """The first 1024-bit probable prime p after a hash, p - 1 prime to 65537."""
    start = b"".join(sha512(f"{name} {part}".encode()).digest() for part in range(2))
    candidate = int.from_bytes(start, "big") | 3 << 1022 | 1
    while any(candidate % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23)) or not (
        candidate % 65537 != 1 and all(pow(base, candidate - 1, candidate) == 1 for base in (2, 3, 5))
    ):
        candidate += 2
    return candidate


def sec1_der(scalar: bytes, point: bytes) -> bytes:
    """A SEC1 ECPrivateKey on P-256 with any scalar and point, however wrong."""
    return der.seq(der.integer(1), der.octets(scalar), der.explicit(0, PRIME256V1), der.explicit(1, der.bits(point)))


def point_of(holder: Key) -> bytes:
    """The uncompressed point of an EC key: 04, X, Y."""
    assert isinstance(holder.private, ec.EllipticCurvePrivateKey)
    return holder.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def scalar_of(holder: Key) -> bytes:
    """The scalar of a P-256 key, 32 octets."""
    assert isinstance(holder.private, ec.EllipticCurvePrivateKey)
    return holder.private.private_numbers().private_value.to_bytes(32, "big")


def spki_of(point: bytes) -> bytes:
    """SubjectPublicKeyInfo on P-256 with any point."""
    return der.seq(der.seq(EC_PUBLIC_KEY, PRIME256V1), der.bits(point))

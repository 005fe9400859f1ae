"""Keys and signatures as the library `cryptography` takes them; imported where a signature is to be verified."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

Verifier: TypeAlias = Callable[[bytes, bytes], "bool | None"]


def load_p256(point: bytes) -> ec.EllipticCurvePublicKey | None:
    """A key from its encoded point; None where that is not a point of P-256."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return None


def load(info: bytes) -> PublicKeyTypes | None:
    """A key from its DER SubjectPublicKeyInfo; None where the library cannot load it."""
    try:
        return load_der_public_key(info)
    except (ValueError, UnsupportedAlgorithm):
        return None


def public_info_of(scalar: int) -> bytes:
    """The DER SubjectPublicKeyInfo that belongs to a scalar of P-256, which must be in range."""
    public = ec.derive_private_key(scalar, ec.SECP256R1()).public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def private_key_pem(scalar: int) -> bytes:
    """The PKCS#8 PEM of a private key of P-256, which must be in range."""
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def verifier_of(loaded: PublicKeyTypes | None, algorithm: str) -> Verifier:
    """What says of signature and message whether the one is the key's over the other; made once for a whole lot.

    It says None where the algorithm, an OID, is not known or does not fit the key.
    """
    digests: dict[str, hashes.HashAlgorithm] = {
        "1.2.840.10045.4.1": hashes.SHA1(),  # noqa: S303 - judged elsewhere, here it is only verified
        "1.2.840.10045.4.3.1": hashes.SHA224(),
        "1.2.840.10045.4.3.2": hashes.SHA256(),
        "1.2.840.10045.4.3.3": hashes.SHA384(),
        "1.2.840.10045.4.3.4": hashes.SHA512(),
        "1.2.840.113549.1.1.4": hashes.MD5(),  # noqa: S303
        "1.2.840.113549.1.1.5": hashes.SHA1(),  # noqa: S303
        "1.2.840.113549.1.1.11": hashes.SHA256(),
        "1.2.840.113549.1.1.12": hashes.SHA384(),
        "1.2.840.113549.1.1.13": hashes.SHA512(),
    }
    digest = digests.get(algorithm)
    scheme: tuple[Any, ...]
    if isinstance(loaded, ec.EllipticCurvePublicKey) and digest and algorithm.startswith("1.2.840.10045"):
        scheme = (ec.ECDSA(digest),)
    elif isinstance(loaded, rsa.RSAPublicKey) and digest and algorithm.startswith("1.2.840.113549"):
        scheme = (padding.PKCS1v15(), digest)
    elif isinstance(loaded, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)) and digest is None:
        scheme = ()
    else:
        return lambda _signature, _message: None
    verify: Callable[..., None] = loaded.verify

    def verifier(signature: bytes, message: bytes) -> bool | None:
        try:
            verify(signature, message, *scheme)
        except InvalidSignature:
            return False
        except (UnsupportedAlgorithm, ValueError):
            return None
        return True

    return verifier

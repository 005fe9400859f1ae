"""Private keys as PEM and DER, and the check that a key and a chain belong together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca.errors import FcuCode, KeyFileError
from reference_ca.files import SecretBlob

_KEY_BLOCK = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----).)*-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
)

_ADVICE = "provide an unencrypted P-256 private key in PEM"


def seems_private(data: bytes) -> bool:
    """The bytes may be a private key: in PEM, encrypted or not, as a JWK, or DER that is not a certificate."""
    if b"PRIVATE KEY" in data.replace(b"\0", b"") or (b'"kty"' in data and b'"d"' in data):
        return True
    if data[:1] != b"\x30":
        return False
    try:
        x509.load_der_x509_certificate(data)
    except ValueError:
        return True
    return False


def key_pem(key: ec.EllipticCurvePrivateKey) -> SecretBlob:
    """The key as unencrypted PKCS#8 PEM: FCU documents no passphrase (fact R-08)."""
    return _export(key, serialization.Encoding.PEM)


def key_der(key: ec.EllipticCurvePrivateKey) -> SecretBlob:
    """The key as unencrypted PKCS#8 DER, the form that a device takes (fact DB-13)."""
    return _export(key, serialization.Encoding.DER)


def _export(key: ec.EllipticCurvePrivateKey, encoding: serialization.Encoding) -> SecretBlob:
    plain = serialization.NoEncryption()
    return SecretBlob(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))


def read_key(pem: bytes, where: object = "") -> ec.EllipticCurvePrivateKey:
    """A P-256 private key from PEM bytes (SEC1 or PKCS#8; an EC PARAMETERS block before it is skipped, fact
    K-13).

    `KeyFileError` 221 where it is anything else. The error never quotes the file.
    """
    blocks = _KEY_BLOCK.findall(pem)
    try:
        if len(blocks) != 1:
            raise ValueError("not one private key")
        key = serialization.load_pem_private_key(blocks[0], password=None)
    except TypeError:
        raise KeyFileError(FcuCode.KEY_NOT_LOADED, "the CA private key is encrypted", where, _ADVICE) from None
    except Exception:  # the parser's message is dropped on purpose: it may quote what it read
        raise KeyFileError(
            FcuCode.KEY_NOT_LOADED,
            "the CA private key file cannot be loaded (corrupted or wrong format)",
            where,
            _ADVICE,
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFileError(FcuCode.KEY_NOT_LOADED, "the CA private key is not on P-256", where, _ADVICE)
    return key


def check_match(key: ec.EllipticCurvePrivateKey, chain: Sequence[x509.Certificate], where: object = "") -> None:
    """Raise `KeyFileError` unless the key is that of the chain's first certificate (fact K-04).

    FCU documents no number of its own for this, so it is 100, the general one.
    """
    if key.public_key() != chain[0].public_key():
        raise KeyFileError(
            FcuCode.GENERAL,
            "the private key does not match the first certificate",
            where,
            "put the certificate of this key first, or restore the key that belongs to it",
        )

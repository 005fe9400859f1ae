"""Signs statements as DSSE envelopes and checks the signatures, by securesystemslib and cryptography.

These take as long to import as a keystore takes to judge: whoever has a key to load imports this module then.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from fcu_conform.artefacts.bounded_io.limits import PEM_FILE
from fcu_conform.artefacts.bounded_io.reading import read_file
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError, existing
from fcu_conform.interfaces.certification.envelope import PAYLOAD_TYPE, render_envelope

SIGN_KEY = "--fcu-sign-key"
"""The option that names the key; the one with ``passphrase-env`` for ``key`` goes with it."""


class Signer:
    """A private key of the caller's own, which signs statements."""

    def __init__(self, signer: CryptoSigner) -> None:
        self._signer = signer

    def sign(self, statement: bytes) -> bytes:
        """The envelope around a statement, signed, as a file."""
        envelope = Envelope(statement, PAYLOAD_TYPE, {})
        envelope.sign(self._signer)
        return render_envelope(envelope.to_dict())


class Verifier:
    """A public key that verifies whether its owner has signed an envelope."""

    def __init__(self, key: SSlibKey) -> None:
        self._key = key

    @property
    def key_id(self) -> str:
        """The SHA-256 of its SubjectPublicKeyInfo."""
        return str(self._key.keyid)

    def has_signed(self, data: bytes) -> bool:
        """The key has signed an envelope that `open_envelope` has read."""
        try:
            Envelope.from_dict(json.loads(data)).verify([self._key], 1)
        except (VerificationError, ValueError):
            return False
        return True


def load_signer(given: str, passphrase_env: str | None, setups: Sequence[Setup], option: str = SIGN_KEY) -> Signer:
    """The signer of a PEM private key on P-256 or Ed25519.

    Args:
        given: the key's file.
        passphrase_env: the name of the environment variable that holds the passphrase of an encrypted key.
        setups: those that are judged: a keystore's own key signs certificates and nothing else.

    Raises:
        UsageError: it is not such a key, or it is one of a keystore; the text has nothing of the file.
    """
    path = existing(given, option)
    data = _read(path, option)
    passphrase_option = option.replace("-key", "-passphrase-env")
    passphrase = _passphrase(passphrase_env, passphrase_option)
    try:
        key = load_pem_private_key(data, passphrase)
    except TypeError:
        if passphrase is None:
            wanted = f"name the environment variable with its passphrase by {passphrase_option}"
            raise UsageError(f"{option} {path}: is encrypted: {wanted}") from None
        raise UsageError(f"{option} {path}: is not encrypted, and a passphrase was given") from None
    except (ValueError, UnsupportedAlgorithm):
        reason = "is not a PEM private key" + ("" if passphrase is None else ", or the passphrase is wrong")
        raise UsageError(f"{option} {path}: {reason}") from None
    is_on_p256 = isinstance(key, EllipticCurvePrivateKey) and key.curve.name == "secp256r1"
    if not is_on_p256 and not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{option} {path}: is neither a P-256 nor an Ed25519 key")
    public = _public_der(key.public_key())
    for setup in setups:
        if public in setup.ca.ca_keys:
            raise UsageError(f"{option} {path}: is a key of the CA of {setup.name}; sign with your own key")
    return Signer(CryptoSigner(key, _named(key.public_key())))


def _passphrase(name: str | None, option: str) -> bytes | None:
    if name is None:
        return None
    value = os.environ.get(name)
    if not value:
        raise UsageError(f"{option}: there is no environment variable {name}")
    return value.encode("utf-8", "surrogateescape")


def load_verifier(given: str, option: str = "--key") -> Verifier:
    """The verifier of the public key in a PEM file.

    Raises:
        UsageError: there is none, or of a kind that signs no statements.
    """
    path = existing(given, option)
    data = _read(path, option)
    try:
        return Verifier(_named(load_pem_public_key(data)))
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{option} {path}: is not a PEM public key on P-256 or Ed25519") from None


def _read(path: Path, option: str) -> bytes:
    file = read_file(path, PEM_FILE)
    if file.trouble is not None:
        raise UsageError(f"{option} {path}: {file.detail or file.trouble.value}")
    return file.data


def _public_der(public: Any) -> bytes:
    der: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der


def _named(public: Any) -> SSlibKey:
    """The key under the SHA-256 of its SubjectPublicKeyInfo, which other tools can compute too."""
    return SSlibKey.from_crypto(public, keyid=hashlib.sha256(_public_der(public)).hexdigest())

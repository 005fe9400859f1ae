"""Signs statements as DSSE envelopes and checks the signatures, by securesystemslib and cryptography."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fcu_conform.artefacts.bounded_io.json_text import parse_json
from fcu_conform.artefacts.bounded_io.limits import PEM_FILE
from fcu_conform.artefacts.bounded_io.reading import read_file
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError, existing

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner, SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"

SIGN_KEY = "--fcu-sign-key"
"""The option that names the key; the one with ``passphrase-env`` for ``key`` goes with it."""


@dataclass(frozen=True)
class Envelope:
    """A DSSE envelope as it was read: the statement in it, and the id of the key that is said to have signed it."""

    statement: bytes
    key_id: str


def load_signer(
    given: str, passphrase_env: str | None, setups: Sequence[Setup], option: str = SIGN_KEY
) -> CryptoSigner:
    """The signer of a PEM private key on P-256 or Ed25519.

    Args:
        given: the key's file.
        passphrase_env: the name of the environment variable that holds the passphrase of an encrypted key.
        setups: those that are judged: a keystore's own key signs certificates and nothing else.

    Raises:
        UsageError: it is no such key, or one of a keystore; the text holds nothing of the file.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

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
        reason = "is no PEM private key" if passphrase is None else "is no PEM private key, or has another passphrase"
        raise UsageError(f"{option} {path}: {reason}") from None
    is_on_p256 = isinstance(key, EllipticCurvePrivateKey) and key.curve.name == "secp256r1"
    if not is_on_p256 and not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{option} {path}: is neither on P-256 nor Ed25519")
    public = _public_der(key.public_key())
    for setup in setups:
        if public in setup.ca.ca_keys:
            raise UsageError(f"{option} {path}: is a key of the CA of {setup.name}; sign with a key of your own")
    return CryptoSigner(key, _named(key.public_key()))


def _passphrase(name: str | None, option: str) -> bytes | None:
    if name is None:
        return None
    value = os.environ.get(name)
    if not value:
        raise UsageError(f"{option}: there is no environment variable {name}")
    return value.encode("utf-8", "surrogateescape")


def load_public_key(given: str, option: str = "--key") -> SSlibKey:
    """The public key in a PEM file.

    Raises:
        UsageError: there is none, or of a kind that signs no statements.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    path = existing(given, option)
    data = _read(path, option)
    try:
        return _named(load_pem_public_key(data))
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{option} {path}: is no PEM public key on P-256 or Ed25519") from None


def _read(path: Path, option: str) -> bytes:
    file = read_file(path, PEM_FILE)
    if file.trouble is not None:
        raise UsageError(f"{option} {path}: {file.detail or file.trouble.value}")
    return file.data


def _public_der(public: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der


def _named(public: Any) -> SSlibKey:
    """The key under the SHA-256 of its SubjectPublicKeyInfo, which other tools can compute too."""
    from securesystemslib.signer import SSlibKey

    return SSlibKey.from_crypto(public, keyid=hashlib.sha256(_public_der(public)).hexdigest())


def sign(statement: bytes, signer: CryptoSigner) -> bytes:
    """The envelope around a statement, signed, as a file."""
    from securesystemslib.dsse import Envelope as Dsse

    envelope = Dsse(statement, PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return _render(envelope.to_dict())


def _render(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=True) + "\n").encode("ascii")


def open_envelope(data: bytes) -> Envelope | None:
    """What is in an envelope; None if the data is none.

    Raises:
        ValueError: it is one, and not exactly as `sign` writes it: what nobody signs must not be changed either.
    """
    try:
        document = parse_json(data)
    except ValueError:
        return None
    if not isinstance(document, dict) or "payloadType" not in document:
        return None
    try:
        payload = base64.b64decode(document["payload"], validate=True)
        [signature] = document["signatures"]
        key_id, value = signature["keyid"], base64.b64decode(signature["sig"], validate=True)
    except (KeyError, TypeError, ValueError):
        raise ValueError("is an envelope that is broken, or not signed by one key") from None
    again = {
        "payload": base64.b64encode(payload).decode("ascii"),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": key_id, "sig": base64.b64encode(value).decode("ascii")}],
    }
    if not isinstance(key_id, str) or _render(again) != data:
        raise ValueError("is an envelope that was written by another program, or was changed")
    return Envelope(payload, key_id)


def is_signed_by(data: bytes, key: SSlibKey) -> bool:
    """A key has signed an envelope that `open_envelope` has read."""
    from securesystemslib.dsse import Envelope as Dsse
    from securesystemslib.exceptions import VerificationError

    try:
        Dsse.from_dict(json.loads(data)).verify([key], 1)
    except (VerificationError, ValueError):
        return False
    return True

"""Repairs fcu_private_key.pem: its form, its label, what stands beside the key. No byte of the key is shown."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator

from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.private_keys import PrivateKey, Secret, parse_private_key
from fcu_conform.artefacts.encodings.public_keys import PublicKey
from fcu_conform.artefacts.encodings.signatures import private_key_pem
from fcu_conform.artefacts.keystore_files import KeyFile
from fcu_conform.artefacts.redaction import REDACTOR
from fcu_conform.engine.repair.pem_blocks import find_blocks
from fcu_conform.engine.repair.repaired import NotRepairable, Repaired, described

_BESIDE = "EC PARAMETERS"
"""The block that openssl writes before a key."""


def is_sound_form(file: KeyFile) -> bool:
    """The file is PEM with one valid P-256 key and nothing else, as KEY002 and KEY003 ask."""
    others = {block.label for block in file.pem.blocks if not block.is_private_key} - {_BESIDE}
    return file.key is not None and not file.key.trouble and not file.pem.problem and not others


def repair_key(file: KeyFile, fcu_key: PublicKey | None) -> Repaired | None:
    """What fcu_private_key.pem should hold; None where its content stays as it is.

    Args:
        file: the key file, or another file with the key.
        fcu_key: the public key of the FCU certificate, where that is known. It decides which of several keys is FCU's,
            and whether a key with a curve that is spelled out, or with the public point of another key, is on P-256.

    Raises:
        NotRepairable: there is no key in it that can be read, or it is not known which key is FCU's.
    """
    if is_sound_form(file):
        return None
    if file.is_encrypted:
        raise NotRepairable("is encrypted")
    return Repaired(key_pem(_choose_key(keys_in(file.file.data), fcu_key)), (_reason(file),))


def key_pem(key: PrivateKey) -> bytes:
    """A key, valid on P-256, as PKCS#8 PEM."""
    return private_key_pem(_number(key))


def own_key(keys: list[PrivateKey], fcu_key: PublicKey | None) -> PrivateKey | None:
    """The one of some keys that belongs to the FCU certificate."""
    numbers = ((key, _number(key)) for key in keys)
    return next((key for key, number in numbers if fcu_key and number and _public(number) == fcu_key.der), None)


def _choose_key(keys: list[PrivateKey], fcu_key: PublicKey | None) -> PrivateKey:
    """The one of some keys that is FCU's.

    Raises:
        NotRepairable: there is none, or it is not known which.
    """
    own = own_key(keys, fcu_key)
    if own is not None:
        return own
    by_number = {number: key for key in keys if (number := _number(key)) > 0}
    sound = [key for key in by_number.values() if key.is_p256 and not key.trouble]
    if len(by_number) != 1 or not sound:
        raise NotRepairable("has no P-256 key that can be read" if not sound else "has several keys")
    return sound[0]


def keys_in(data: bytes) -> list[PrivateKey]:
    """Every EC private key in a file that can be read: PEM under any label, DER, or a JSON Web Key."""
    if data[:1] == b"\x30":
        return list(_from_der(data))
    if data.lstrip()[:1] == b"{":
        return list(_from_jwk(data))
    try:
        blocks = find_blocks(data)
    except NotRepairable:
        return []
    return [key for block in blocks if block.is_private_key and block.data for key in _from_der(block.data)]


def _from_der(data: bytes) -> Iterator[PrivateKey]:
    try:
        element, _, _ = der.normalise(data)  # without what follows it
        yield parse_private_key(element)
    except der.DerError:
        return


def _from_jwk(data: bytes) -> Iterator[PrivateKey]:
    try:
        text = json.loads(data)
        is_p256 = isinstance(text, dict) and (text.get("kty"), text.get("crv")) == ("EC", "P-256")
        scalar = urlsafe_b64decode(f"{text['d']}=") if is_p256 and isinstance(text.get("d"), str) else b""
    except (ValueError, RecursionError):
        return
    if len(scalar) == 32:
        REDACTOR.learn(scalar)
        yield PrivateKey("P-256", True, Secret(scalar))


def _number(key: PrivateKey) -> int:
    """The scalar of a key, 0 where it has none that is valid on P-256."""
    number = int.from_bytes(key.scalar.reveal(), "big")
    on_p256 = PrivateKey("P-256", True, Secret(number.to_bytes(32, "big"))) if number >> 256 == 0 else None
    return number if on_p256 is not None and on_p256.public_key is not None else 0


def _public(number: int) -> bytes:
    """The DER public key of a scalar that is valid on P-256."""
    public = PrivateKey("P-256", True, Secret(number.to_bytes(32, "big"))).public_key
    assert public is not None
    return public.der


def _reason(file: KeyFile) -> str:
    """Why the key is written anew."""
    if file.pem.problem:
        why = described(file.pem.problem)
    elif len(file.key_blocks) != 1:
        why = f"it has {len(file.key_blocks)} private keys, of which this one belongs to the FCU certificate"
    elif file.key_problem:
        why = f"the key {file.key_problem}"
    elif file.key is not None and file.key.has_explicit_curve:
        why = "the curve was spelled out instead of named"
    elif file.key is not None and file.key.trouble:
        why = file.key.trouble
    else:
        why = "other blocks stand beside the key"
    return f"the key is written as one PKCS#8 PEM block: {why}"

"""A private key in the output of a factory: what file it was in, and the key, or why it cannot be had."""

from __future__ import annotations

from dataclasses import dataclass

from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.pem import Block, parse_pem
from fcu_conform.artefacts.encodings.private_keys import PrivateKey, Secret, parse_private_key
from fcu_conform.artefacts.keystore_files import read_private_key, structure_words
from fcu_conform.artefacts.wording import count_or_no


@dataclass(frozen=True)
class DeviceKey:
    """A private key found in the output.

    ``name`` is the file it was in, ``public`` the DER SubjectPublicKeyInfo (empty if it could not be had), ``trouble``
    why it could not, in words; ``weakness`` why others can guess it; ``private`` the key itself in DER, for handshakes.
    """

    name: str
    public: bytes = b""
    trouble: str = ""
    private: Secret | None = None
    weakness: str = ""


def unreadable(fault: Exception) -> str:
    """What is said of a file that broke its reader: without the text of the exception, which may quote a key."""
    return f"cannot be read ({type(fault).__name__})"


def read_key_file(name: str, data: bytes) -> DeviceKey:
    """Reads a private key file, PEM or DER; what breaks the reader is a trouble of this key alone."""
    try:
        return _read_key(name, data)
    except Exception as fault:
        return DeviceKey(name, trouble=unreadable(fault))


def _read_key(name: str, data: bytes) -> DeviceKey:
    if data[:1] == b"\x30":
        return read_key_der(name, data)
    text = parse_pem(data)
    blocks = [block for block in text.blocks if block.is_private_key]
    if text.problem or len(blocks) != 1:
        return DeviceKey(name, trouble=text.problem or f"has {count_or_no(len(blocks), 'private key')}")
    broken = text.broken_beside_key
    if broken is not None:
        return DeviceKey(name, trouble=f"{broken.label}: {broken.problem}")
    return read_key_block(name, blocks[0])


def read_key_block(name: str, block: Block) -> DeviceKey:
    """Reads the private key in a PEM block."""
    if block.encrypted or block.label == "ENCRYPTED PRIVATE KEY":
        return DeviceKey(name, trouble="is encrypted")
    key = read_private_key(block)
    if isinstance(key, str):
        return DeviceKey(name, trouble=key)
    return device_key_of(name, key, Secret(block.data or b""))


def read_key_der(name: str, data: bytes) -> DeviceKey:
    """Reads a DER private key."""
    try:
        key: PrivateKey | der.DerError = parse_private_key(data)
    except der.DerError as fault:
        key = fault
    if isinstance(key, PrivateKey) and key.structure_fault:
        return DeviceKey(name, trouble=structure_words(key))
    return device_key_of(name, key, Secret(data))


def device_key_of(name: str, key: PrivateKey | der.DerError, data: Secret) -> DeviceKey:
    """A key that was read, or the fault in its place; ``data`` is its DER."""
    if isinstance(key, der.DerError):
        return DeviceKey(name, trouble=f"cannot be read: {key}")
    public = key.public_key
    if key.trouble or public is None:
        return DeviceKey(name, trouble=key.trouble or "is not on P-256")
    return DeviceKey(name, public.der, private=data, weakness=key.weakness)

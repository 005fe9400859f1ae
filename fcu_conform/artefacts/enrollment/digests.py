"""Digests of identities, for remembering a million of them in little memory."""

from __future__ import annotations

import secrets
from hashlib import blake2b


class KeyedDigests:
    """Digests of eight octets under a key of its own, so that nobody can make two texts with the same one."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)

    def of(self, text: str) -> int:
        """The digest of a text, as an integer."""
        octets = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=self._key).digest()
        return int.from_bytes(octets, "big")

    def of_identity(self, identity: str) -> int:
        """That of an identity, whatever the case of its letters."""
        return self.of(identity.upper())

"""Remembers what must be unique over a lot, in little space."""

from __future__ import annotations

from hashlib import blake2b
from typing import Protocol

from fcu_conform.artefacts.device import Device


class FirstHolders(Protocol):
    """Whom rules ask for earlier holders of a value."""

    def earlier_holder(self, value: bytes, device: Device) -> str:
        """The name of another device that had the value before; empty if this is the first."""


class ExactFirstHolders:
    """Values seen so far, as digests, each with the device that had it first."""

    def __init__(self) -> None:
        self._first: dict[bytes, tuple[str, bytes]] = {}

    def earlier_holder(self, value: bytes, device: Device) -> str:
        """The name of another device that had the value before; empty if this is the first.

        Two files of one device may hold the same value, and two that hold the very same certificate are told apart by
        their endpoint names alone.
        """
        identity = blake2b(device.identity.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        name, first = self._first.setdefault(blake2b(value, digest_size=12).digest(), (device.name, identity))
        return "" if first == identity else name

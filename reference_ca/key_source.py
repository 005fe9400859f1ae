"""Where keys, serials and dates come from: fresh by default, or all of it from one seed."""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca.errors import ReferenceCaError

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

SEEDED_INSTANT = datetime(2025, 1, 1, tzinfo=timezone.utc)
"""The instant of a seeded source that was given none: a fixed one, because a seed promises the same bytes."""

_SALT = b"reference-ca seed v1"


@functools.cache
def deterministic() -> bool:
    """Whether the linked OpenSSL makes RFC 6979 signatures (3.2 and later do); they are used wherever they
    can be had.
    """
    key = ec.derive_private_key(1, ec.SECP256R1())
    try:
        key.sign(b"", ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    except UnsupportedAlgorithm:
        return False
    return True


class KeySource:
    """The only source of randomness and time.

    ``KeySource()`` is fresh: the operating system's random numbers and the clock. ``KeySource("any text")`` derives
    every key and serial from that text and the label that each is asked for under, so that the same calls
    give the same bytes on every machine, in any order. Whoever knows a seed has every private key made from
    it: seeds are for tests and vectors, never for a factory.
    """

    def __init__(self, seed: str | bytes | None = None, *, at: datetime | None = None) -> None:
        """Take a seed (text is used as UTF-8) and an instant (aware; whole seconds are kept), both optional.

        Without ``at`` a fresh source reads the clock at every use, and a seeded one stands at
        `SEEDED_INSTANT`.
        """
        if at is not None and at.tzinfo is None:
            raise ValueError("an instant needs a time zone, such as datetime(2026, 1, 1, tzinfo=timezone.utc)")
        self._root: bytes | None = None
        if seed is not None:
            if not deterministic():
                raise ReferenceCaError(
                    "this OpenSSL makes no RFC 6979 signatures, so a seed cannot give the same bytes",
                    todo="install cryptography from its wheels, or use no seed",
                )
            octets = seed.encode() if isinstance(seed, str) else bytes(seed)
            self._root = hmac.digest(_SALT, octets, "sha256")
            at = at or SEEDED_INSTANT
        self._at = at.astimezone(timezone.utc).replace(microsecond=0) if at is not None else None

    def __repr__(self) -> str:
        """Say what kind of source this is, and nothing of the seed."""
        instant = f" at {self._at:%Y-%m-%dT%H:%M:%SZ}" if self._at else ""
        return f"<Source {'seeded' if self.seeded else 'fresh'}{instant}>"

    @property
    def seeded(self) -> bool:
        """Whether the same calls give the same bytes."""
        return self._root is not None

    def now(self) -> datetime:
        """The instant that new certificates start at: UTC, whole seconds."""
        return self._at or datetime.now(timezone.utc).replace(microsecond=0)

    def octets(self, label: str, length: int) -> bytes:
        """`length` octets: random, or HKDF-SHA256 (RFC 5869, expand step) of the seed under `label`."""
        if self._root is None:
            return secrets.token_bytes(length)
        info = label.encode()
        block = made = b""
        for number in range(1, -(-length // 32) + 1):
            block = _mac(self._root, block + info + bytes((number,)))
            made += block
        return made[:length]

    def private_key(self, label: str) -> ec.EllipticCurvePrivateKey:
        """A P-256 private key (facts CA-02, DB-03); a seeded one is 48 derived octets reduced into [1, n - 1]
        (FIPS 186-5, A.2.1).
        """
        if self._root is None:
            return ec.generate_private_key(ec.SECP256R1())
        scalar = int.from_bytes(self.octets(f"key/{label}", 48), "big") % (P256_ORDER - 1) + 1
        return ec.derive_private_key(scalar, ec.SECP256R1())

    def serial(self, label: str) -> int:
        """A positive serial number of exactly 20 octets, as FCU's own certificate has (fact CA-14; RFC 5280
        allows no more).
        """
        octets = bytearray(self.octets(f"serial/{label}", 20))
        octets[0] = octets[0] & 0x3F | 0x40  # no sign octet in front, and never shorter than 20
        return int.from_bytes(octets, "big")


def _mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256; in half the time of `hmac.digest`, which sets the key up anew for each device."""
    inner, outer = _pads(key)
    inner, outer = inner.copy(), outer.copy()
    inner.update(message)
    outer.update(inner.digest())
    return outer.digest()


@functools.lru_cache(maxsize=8)
def _pads(key: bytes) -> tuple[HASH, HASH]:
    """The two hashes of HMAC-SHA256 (RFC 2104) with the padded key in them, to be copied; the key fits into a block."""
    padded = key.ljust(64, b"\0")
    inner, outer = (hashlib.sha256(bytes(octet ^ pad for octet in padded)) for pad in (0x36, 0x5C))
    return inner, outer

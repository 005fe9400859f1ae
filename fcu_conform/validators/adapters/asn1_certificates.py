"""Certificates as asn1crypto reads them, for the two validators built on it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from asn1crypto import x509  # type: ignore[import-untyped]


def certificate(der: bytes) -> Any:
    """An `asn1crypto.x509.Certificate`; its fields are read, and found unreadable, when they are first looked at.

    Raises:
        ValueError: it is not a certificate, or bytes follow it, which asn1crypto overlooks unless told to be strict.
    """
    return x509.Certificate.load(der, strict=True)


@lru_cache(maxsize=64)
def certificates(ders: tuple[bytes, ...]) -> list[Any]:
    """The same for several, kept, because a lot asks thousands of times with the same CA certificates."""
    return [certificate(der) for der in ders]

"""Known answers that a library must give before its tables are used.

The key is the one of the private key 1, that is the generator itself, so that the test needs no table of its own. The
signatures are deterministic (RFC 6979), each with s and with n - s.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from fcu_conform.engine.lot.verification.tables import KeyTables, Signed

GENERATOR = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
"""G of P-256 (SEC 2, section 2.4.2), and the public key of the private key 1."""

_SIGNATURES = {
    b"sample": (
        "304502200466341174d59e93eb984c2a7c923a80ab99a9e91555bc73ebd8073d4c722121"
        "022100998f2b7bb63082e976215e6ae46344d66d2d4edea67d65d91595f21311df5030",
        "304402200466341174d59e93eb984c2a7c923a80ab99a9e91555bc73ebd8073d4c722121"
        "02206670d48349cf7d1789dea1951b9cbb294fb9abcf009a38abde23d8afea83d521",
    ),
    b"test": (
        "304402207ecc900ec818b3d8cfdc18f45de25dc953e1b9ae1a07a0d9cf8bd3f3e2c4bc86"
        "0220260e32d3a286ac502a62645d23a139398a9fe82f05de8e2e672a051a7c9cff9b",
        "304502207ecc900ec818b3d8cfdc18f45de25dc953e1b9ae1a07a0d9cf8bd3f3e2c4bc86"
        "022100d9f1cd2b5d7953b0d59d9ba2dc5ec6c63247127ea13910568c8fc5a87fc625b6",
    ),
}

ANSWERS: dict[Signed, bool] = {
    (sha256(hashed).digest(), bytes.fromhex(signature)): hashed == message
    for message, signatures in _SIGNATURES.items()
    for signature in signatures
    for hashed in _SIGNATURES
}
"""By digest and signature, whether the key 1 has signed it."""


def passes(library: Any) -> bool:
    """Whether the library gives every known answer."""
    try:
        tables = KeyTables(library, GENERATOR)
    except ValueError:
        return False
    return tables.verify_block(list(ANSWERS)) == list(ANSWERS.values())

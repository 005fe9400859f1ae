"""ECDSA over P-256 with SHA-256 under one key, by tables of multiples of that key and of the curve's generator.

Verifying a signature (r, s) over a digest e asks whether x(u1·G + u2·Q) is r modulo n, with u1 = e/s and u2 = r/s
(SEC 1, section 4.1.4). With tables of multiples of a point, a product is a sum of entries, without any doubling.
OpenSSL has such a table for the generator of a group, and makes one for any other point that is called the generator.

Nothing here is secret. The answer may only be yes where it is yes: whoever is told no asks `cryptography`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, TypeAlias

from fcu_conform.artefacts.encodings.public_keys import P256_ORDER, P256_PRIME
from fcu_conform.engine.lot.verification.libcrypto_abi import ffi

Signed: TypeAlias = "tuple[bytes, bytes]"
"""The SHA-256 digest of what was signed, and the DER of the ECDSA signature."""

Scalars: TypeAlias = "tuple[int, int, int]"
"""Digest and both numbers of a signature: e, r, s, with r and s from 1 to n - 1."""

_P256 = 415
"""OpenSSL's number for the curve (NID_X9_62_prime256v1)."""

_SIZE = 32
_SECOND = P256_PRIME - P256_ORDER
"""Where r is below this, x may also be r + n."""


class KeyTables:
    """Tables for one key.

    Args:
        library: what `find_libcrypto` gave.
        point: the key, an uncompressed point of P-256 (65 octets).

    Raises:
        ValueError: the library makes no tables, or this is not a point of the curve.
    """

    def __init__(self, library: Any, point: bytes) -> None:
        self._library = library
        self._context = ffi.gc(library.BN_CTX_new(), library.BN_CTX_free)
        self._of_generator = self._group()
        self._of_key = self._group()
        self._make_table(point)
        self._numbers = [ffi.gc(library.BN_new(), library.BN_free) for _ in range(3)]
        self._points = [self._point(self._of_generator) for _ in range(2)]
        self._octets = [ffi.new("unsigned char[]", _SIZE) for _ in range(2)]
        self._views = [ffi.buffer(octets) for octets in self._octets]

    def _group(self) -> Any:
        return ffi.gc(self._library.EC_GROUP_new_by_curve_name(_P256), self._library.EC_GROUP_free)

    def _point(self, group: Any) -> Any:
        return ffi.gc(self._library.EC_POINT_new(group), self._library.EC_POINT_free)

    def _make_table(self, point: bytes) -> None:
        library, group, context = self._library, self._of_key, self._context
        key = self._point(group)
        order, cofactor = library.EC_GROUP_get0_order(group), library.EC_GROUP_get0_cofactor(group)
        is_made = (
            point[:1] == b"\x04"
            and library.EC_POINT_oct2point(group, key, point, len(point), context) == 1
            and library.EC_GROUP_set_generator(group, key, order, cofactor) == 1
            and library.EC_GROUP_precompute_mult(group, context) == 1
            and library.EC_GROUP_have_precompute_mult(group) == 1
        )
        if not is_made:
            library.ERR_clear_error()
            raise ValueError("no tables for this key")

    def verify_block(self, block: Sequence[Signed]) -> list[bool]:
        """Which signatures are the key's, in the order of the block; False also where that is not sure."""
        read = [read_signature(*signed) for signed in block]
        answers = [False] * len(block)
        known = [(number, scalars) for number, scalars in enumerate(read) if scalars is not None]
        inverses = invert_all([s for _, (_, _, s) in known])
        for (number, (e, r, _)), inverse in zip(known, inverses, strict=True):
            answers[number] = self._has_x(e * inverse % P256_ORDER, r * inverse % P256_ORDER, r)
        return answers

    def _has_x(self, u1: int, u2: int, r: int) -> bool:
        """Whether the point u1·G + u2·Q is not the one at infinity, and its x is r modulo n."""
        library, context = self._library, self._context
        number, x, z = self._numbers
        one, other = self._points
        x_octets, z_octets = self._octets
        multiply, null = library.EC_POINT_mul, ffi.NULL
        library.BN_bin2bn(u1.to_bytes(_SIZE, "big"), _SIZE, number)
        is_computed = multiply(self._of_generator, one, number, null, null, context) == 1
        library.BN_bin2bn(u2.to_bytes(_SIZE, "big"), _SIZE, number)
        is_computed = (
            is_computed
            and multiply(self._of_key, other, number, null, null, context) == 1
            and library.EC_POINT_add(self._of_generator, one, one, other, context) == 1
            # Without dividing by the square of z, which would take as long as half a product.
            and library.EC_POINT_get_Jprojective_coordinates_GFp(self._of_generator, one, x, null, z, context) == 1
            and library.BN_bn2binpad(x, x_octets, _SIZE) == _SIZE
            and library.BN_bn2binpad(z, z_octets, _SIZE) == _SIZE
        )
        if not is_computed:
            library.ERR_clear_error()
            return False
        scaled, root = [int.from_bytes(view, "big") for view in self._views]
        square = root * root % P256_PRIME
        if square == 0:
            return False
        return (scaled - r * square) % P256_PRIME == 0 or (
            r < _SECOND and (scaled - (r + P256_ORDER) * square) % P256_PRIME == 0
        )


def read_signature(digest: bytes, signature: bytes) -> Scalars | None:
    """The numbers of a signature; None where its DER is not strict, or one of them is out of range."""
    size = len(signature)
    if not 8 <= size <= 72 or signature[0] != 0x30 or signature[1] != size - 2 or signature[2] != 0x02:
        return None
    middle = 4 + signature[3]
    if middle + 2 >= size or signature[middle] != 0x02 or middle + 2 + signature[middle + 1] != size:
        return None
    r, s = int.from_bytes(signature[4:middle], "big"), int.from_bytes(signature[middle + 2 :], "big")
    if not (0 < r < P256_ORDER and 0 < s < P256_ORDER):
        return None
    # As many octets as a positive number needs, and no more.
    if r.bit_length() // 8 + 1 != middle - 4 or s.bit_length() // 8 + 1 != size - middle - 2:
        return None
    return int.from_bytes(digest, "big"), r, s


def invert_all(numbers: Sequence[int]) -> list[int]:
    """The inverse of each number modulo n, all with a single division (Montgomery's trick); none of them is 0."""
    if not numbers:
        return []
    products = list(accumulate(numbers, lambda product, number: product * number % P256_ORDER))
    inverse = pow(products[-1], -1, P256_ORDER)
    inverses = []
    for number, product in zip(reversed(numbers[1:]), reversed(products[:-1]), strict=True):
        inverses.append(inverse * product % P256_ORDER)
        inverse = inverse * number % P256_ORDER
    return [*reversed([*inverses, inverse])]

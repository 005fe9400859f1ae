"""The device keys of a lot: one point addition each, where deriving each from nothing would cost ten times as much.

The key of a device is the sum of its row's key and its column's key, both derived from the seed: d = r + c (mod n),
and so Q = R + C. A row of a hundred points shares one inversion (Montgomery's trick). Such keys are good for tests and
no others: whoever knows four of them that form a rectangle knows how they are related.
"""

from __future__ import annotations

import functools

from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca.key_source import P256_ORDER, KeySource

COLUMNS = 100

_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
"""The prime of P-256's field (SP 800-186, 3.2.1.3)."""

Point = tuple[int, int]


class LotKeys:
    """The keys of the devices by their numbers, counted from 1."""

    def __init__(self, source: KeySource) -> None:
        """Take a seeded source."""
        self._source = source
        columns = [source.private_key(f"lot/column/{number}") for number in range(COLUMNS)]
        self._columns = [_scalar(key) for key in columns]
        self._points = [_point(key) for key in columns]
        self._row_of_points = functools.lru_cache(maxsize=4)(self._add_row)

    def private_key(self, number: int) -> ec.EllipticCurvePrivateKey:
        """The private key of a device."""
        row, column = divmod(number - 1, COLUMNS)
        scalar = (_scalar(self._row(row)) + self._columns[column]) % P256_ORDER
        return ec.derive_private_key(scalar, ec.SECP256R1())

    def public_point(self, number: int) -> bytes:
        """The public key of a device as an uncompressed point: 65 octets."""
        row, column = divmod(number - 1, COLUMNS)
        return self._row_of_points(row)[column]

    def _row(self, row: int) -> ec.EllipticCurvePrivateKey:
        return self._source.private_key(f"lot/row/{row}")

    def _add_row(self, row: int) -> list[bytes]:
        """The sums of a row's point and each column's; two equal ones do not occur among derived keys."""
        x, y = _point(self._row(row))
        products, product = [], 1
        for column_x, _ in self._points:
            products.append(product)
            product = product * (column_x - x) % _P
        inverse = pow(product, -1, _P)
        sums = []
        for (column_x, column_y), before in zip(reversed(self._points), reversed(products), strict=True):
            difference = column_x - x
            slope = (column_y - y) * inverse * before % _P
            inverse = inverse * difference % _P
            sum_x = (slope * slope - x - column_x) % _P
            sum_y = (slope * (x - sum_x) - y) % _P
            sums.append(b"\x04" + sum_x.to_bytes(32, "big") + sum_y.to_bytes(32, "big"))
        return sums[::-1]


def _scalar(key: ec.EllipticCurvePrivateKey) -> int:
    return key.private_numbers().private_value


def _point(key: ec.EllipticCurvePrivateKey) -> Point:
    numbers = key.public_key().public_numbers()
    return numbers.x, numbers.y

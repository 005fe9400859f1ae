"""Arithmetic on P-256 by the book, slow and independent of every library; signatures made to measure."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from fcu_conform.engine.lot.verification.tables import Signed

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B

Point: TypeAlias = "tuple[int, int] | None"
"""None is the point at infinity."""

G: Point = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def add(one: Point, other: Point) -> Point:
    """The sum of two points."""
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, P) if one == other else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


@cache
def times(number: int, point: Point) -> Point:
    """A multiple of a point."""
    total: Point = None
    for bit in f"{number % N:b}":
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def lift(x: int) -> Point:
    """A point with this x, or with the next one that a point has."""
    while True:
        square = (x * x * x - 3 * x + B) % P
        y = pow(square, (P + 1) // 4, P)
        if y * y % P == square:
            return x, y
        x += 1


def encoded(point: Point) -> bytes:
    """Uncompressed, 65 octets."""
    assert point is not None
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def signed(e: int, r: int, s: int) -> Signed:
    """A digest and the DER of a signature, whatever the numbers."""
    return (e % N).to_bytes(32, "big"), encode_dss_signature(r, s)


def with_scalars(key: Point, u1: int, u2: int) -> Signed:
    """A signature whose verification computes u1·G + u2·Q; valid unless that is the point at infinity."""
    result = add(times(u1, G), times(u2, key))
    r = 5 if result is None else result[0] % N
    s = r * pow(u2, -1, N) % N
    return signed(u1 * s, r, s)

"""Compares the tables with `cryptography` on signatures, half of them changed.

``python -m engine.lot.verification.both_ways 1000000 [SEED]`` does so with as many.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import islice

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fcu_conform.engine.lot.verification.libcrypto import find_libcrypto
from fcu_conform.engine.lot.verification.tables import KeyTables, Signed

from .curve import N, P

BLOCK = 64
PREHASHED = ec.ECDSA(Prehashed(SHA256()))

Change = Callable[[random.Random, Signed], Signed]


def plainly(point: bytes, signed: Signed) -> bool:
    """What `cryptography` says."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    try:
        key.verify(signed[1], signed[0], PREHASHED)
    except InvalidSignature:
        return False
    return True


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _flip(octets: bytes, bit: int) -> bytes:
    return bytes(octet ^ (1 << bit % 8 if place == bit // 8 else 0) for place, octet in enumerate(octets))


def _numbers(change: Callable[[random.Random, int, int], tuple[int, int]]) -> Change:
    def changed(rng: random.Random, signed: Signed) -> Signed:
        return signed[0], encode_dss_signature(*change(rng, *decode_dss_signature(signed[1])))

    return changed


def _unstrict(rng: random.Random, signed: Signed) -> Signed:
    """An octet is inserted, removed or repeated, and the length of the whole put right or not."""
    digest, der = signed
    place = rng.randrange(2, len(der))
    octets = der[2:place] + rng.choice((b"", b"\0", der[place : place + 1] * 2)) + der[place + rng.choice((0, 1)) :]
    size = len(octets) if rng.random() < 0.8 else rng.randrange(256)
    return digest, bytes((0x30, size % 256)) + octets


CHANGES: dict[str, Change] = {
    "a bit of the digest": lambda rng, signed: (_flip(signed[0], rng.randrange(256)), signed[1]),
    "a bit of the signature": lambda rng, signed: (signed[0], _flip(signed[1], rng.randrange(8 * len(signed[1])))),
    "lengths and octets": _unstrict,
    "the other s": _numbers(lambda _, r, s: (r, N - s)),
    "the other r": _numbers(lambda _, r, s: (N - r, s)),
    "the numbers swapped": _numbers(lambda _, r, s: (s, r)),
    "r + n": _numbers(lambda _, r, s: (r + N, s)),
    "s + n": _numbers(lambda _, r, s: (r, s + N)),
    "p - r": _numbers(lambda _, r, s: (P - r, s)),
    "small numbers": _numbers(lambda rng, _r, _s: (rng.randrange(3), rng.randrange(3))),
    "another signature's s": _numbers(lambda rng, r, _: (r, rng.randrange(1, N))),
    "an empty one": lambda _, signed: (signed[0], b""),
}


def signatures(rng: random.Random, key: ec.EllipticCurvePrivateKey, count: int) -> Iterator[tuple[str, Signed]]:
    """Signatures by a key, every other one changed, each with the name of the change."""
    names = list(CHANGES)
    for number in range(count):
        digest = sha256(rng.randbytes(40)).digest()
        signed = digest, key.sign(digest, PREHASHED)
        if number % 2:
            name = rng.choice(names)
            yield name, CHANGES[name](rng, signed)
        else:
            yield "", signed


def keys(rng: random.Random) -> list[ec.EllipticCurvePrivateKey]:
    """Those of the private keys 1, n - 1 and 2, and others."""
    scalars = (1, N - 1, 2, rng.randrange(1, N), rng.randrange(1, N), rng.randrange(1, N))
    return [ec.derive_private_key(scalar, ec.SECP256R1()) for scalar in scalars]


def compare(count: int, seed: int) -> Counter[tuple[str, bool, bool]]:
    """By change, the answer of `cryptography` and that of the tables, how many signatures."""
    rng = random.Random(seed)
    found: Counter[tuple[str, bool, bool]] = Counter()
    some = keys(rng)
    for key in some:
        point = point_of(key)
        tables, public = KeyTables(find_libcrypto(), point), key.public_key()
        made = signatures(rng, key, count // len(some))
        while block := list(islice(made, BLOCK)):
            answers = tables.verify_block([signed for _, signed in block])
            for (name, signed), answer in zip(block, answers, strict=True):
                found[name, _says(public, signed), answer] += 1
    return found


def _says(public: ec.EllipticCurvePublicKey, signed: Signed) -> bool:
    try:
        public.verify(signed[1], signed[0], PREHASHED)
    except InvalidSignature:
        return False
    return True


def main(arguments: Sequence[str]) -> int:
    """Prints the counts; 1 where the answers differ."""
    found = compare(int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1)
    for (name, plain, answer), count in sorted(found.items()):
        print(f"{count:>9,}  cryptography {plain!s:<6} tables {answer!s:<6} {name or 'unchanged'}")
    return int(any(plain is not answer for _, plain, answer in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

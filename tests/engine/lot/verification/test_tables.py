"""Tables of a key: what they accept, `cryptography` accepts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from fcu_conform.engine.lot.verification import known_answers
from fcu_conform.engine.lot.verification.libcrypto import find_libcrypto
from fcu_conform.engine.lot.verification.tables import KeyTables, Signed, invert_all, read_signature

from .both_ways import compare, plainly
from .curve import G, N, P, Point, add, encoded, lift, signed, times, with_scalars

pytestmark = pytest.mark.skipif(find_libcrypto() is None, reason="this Python has no OpenSSL 3 to call")


def negative(point: Point) -> Point:
    return times(N - 1, point)


@cache
def tables_of(point: bytes) -> KeyTables:
    return KeyTables(find_libcrypto(), point)


def published() -> Iterator[tuple[str, bytes, bool, bytes, bytes]]:
    """Number, key, validity, message and signature of each test of Wycheproof's."""
    point = b""
    for line in Path(__file__).with_name("wycheproof.txt").read_text(encoding="ascii").splitlines():
        if line.startswith("key "):
            point = bytes.fromhex(line[4:])
        elif not line.startswith("#"):
            number, result, *octets = line.split(" ")
            message, signature = (b"" if text == "-" else bytes.fromhex(text) for text in octets)
            yield number, point, result == "valid", message, signature


def test_every_published_vector_gets_its_answer() -> None:
    vectors = list(published())
    assert len(vectors) == 484
    assert sum(is_valid for _, _, is_valid, _, _ in vectors) == 174
    keys = {point for _, point, _, _, _ in vectors}
    assert len(keys) > 100
    wrong = []
    for point in keys:
        tables = KeyTables(find_libcrypto(), point)
        its = [vector for vector in vectors if vector[1] == point]
        answers = tables.verify_block([(sha256(message).digest(), signature) for *_, message, signature in its])
        wrong += [number for (number, _, is_valid, *_), answer in zip(its, answers, strict=True) if is_valid != answer]
    assert wrong == []


D = 0x5EED
KEYS: dict[str, Point] = {"1": G, "n - 1": negative(G), "2": times(2, G), "another": times(D, G)}


@pytest.mark.parametrize("name", KEYS)
def test_special_multiples_get_the_answer_of_cryptography(name: str) -> None:
    key = KEYS[name]
    point = encoded(key)
    scalars = [1, 2, 3, N - 1, N - 2, 2**255, 2**128, 127, 128, D, N - D, pow(D, -1, N), 0x1234567890ABCDEF]
    block = [with_scalars(key, u1, u2) for u1 in (*scalars, 0) for u2 in scalars]
    plain = [plainly(point, one) for one in block]
    assert tables_of(point).verify_block(block) == plain
    assert plain.count(True) > 150


def test_the_point_at_infinity_is_refused() -> None:
    for key, u1, u2 in ((G, 7, N - 7), (negative(G), 7, 7), (times(D, G), D * 9 % N, N - 9)):
        assert add(times(u1, G), times(u2, key)) is None
        block = [with_scalars(key, u1, u2)]
        assert tables_of(encoded(key)).verify_block(block) == [False] == [plainly(encoded(key), block[0])]


@pytest.mark.parametrize("start", [N, N + 1, P - 10_000, (N + P) // 2])
def test_an_x_beyond_the_order_is_accepted(start: int) -> None:
    result = lift(start)
    assert result is not None
    assert N <= result[0] < P
    r, s, e = result[0] - N, 0xABCDEF, 0x123456789
    key = times(pow(r, -1, N), add(times(s, result), negative(times(e, G))))
    good, bad = signed(e, r, s), signed(e, r + 1, s)
    assert tables_of(encoded(key)).verify_block([good, bad]) == [True, False]
    assert [plainly(encoded(key), one) for one in (good, bad)] == [True, False]


def test_a_block_of_good_and_bad_ones_keeps_its_order() -> None:
    key = KEYS["another"]
    good = [with_scalars(key, number, number + 1) for number in range(1, 9)]
    bad: list[Signed] = [(good[0][0], good[1][1]), (good[0][0], b"\x30\x00"), (good[0][0], b"")]
    block = [good[0], bad[0], *good[1:4], bad[1], bad[2], *good[4:]]
    expected = [True, False, True, True, True, False, False, True, True, True, True]
    assert tables_of(encoded(key)).verify_block(block) == expected
    assert tables_of(encoded(key)).verify_block([]) == []


def test_the_same_signature_with_a_low_and_a_high_s_is_accepted() -> None:
    key = KEYS["another"]
    digest, _ = good = with_scalars(key, 5, 6)
    numbers = read_signature(*good)
    assert numbers is not None
    _, r, s = numbers
    both = [signed(int.from_bytes(digest, "big"), r, one) for one in (s, N - s)]
    assert (s > N // 2) is not (N - s > N // 2)
    assert tables_of(encoded(key)).verify_block(both) == [True, True]


def test_only_strict_der_is_read() -> None:
    digest, der = signed(1, 0x80FF, 0x7F)
    assert der.hex() == "30080203" + "0080ff" + "02017f"
    assert read_signature(digest, der) == (1, 0x80FF, 0x7F)
    for place in range(len(der)):
        for octet in range(256):
            changed = der[:place] + bytes((octet,)) + der[place + 1 :]
            read = read_signature(digest, changed)
            if read is not None:
                assert signed(*read) == (digest, changed)
        assert read_signature(digest, der[:place]) is None
    for unstrict in (
        "300802030080ff02017f00",
        "30090203" + "0080ff" + "02017f00",
        "3009020400" + "0080ff" + "02017f",
        "3009" + "02030080ff" + "0202007f",
        "3006" + "0201ff" + "02017f",
        "3006" + "020100" + "02017f",
        "3006" + "02017f" + "020100",
        "308108" + "02030080ff" + "02017f",
        "3080" + "02030080ff" + "02017f" + "0000",
    ):
        assert read_signature(digest, bytes.fromhex(unstrict)) is None


@pytest.mark.parametrize("beyond", [0, N, N + 1, P, 2**256 - 1, 2**256, 2**264])
def test_a_number_out_of_range_is_not_read(beyond: int) -> None:
    assert read_signature(*signed(1, beyond, 1)) is None
    assert read_signature(*signed(1, 1, beyond)) is None
    assert read_signature(*signed(1, N - 1, N - 1)) == (1, N - 1, N - 1)


def test_many_numbers_are_inverted_at_once() -> None:
    rng = random.Random(7)
    for count in range(6):
        numbers = [rng.randrange(1, N) for _ in range(count)]
        assert invert_all(numbers) == [pow(number, -1, N) for number in numbers]


@pytest.mark.parametrize(
    "point",
    [b"", b"\x04" + bytes(64), encoded(G)[:-1], encoded(G)[:-1] + b"\0", b"\x02" + encoded(G)[1:], b"\0"],
    ids=["nothing", "zeros", "too short", "beside the curve", "a wrong form", "infinity"],
)
def test_there_are_no_tables_for_what_is_not_a_point(point: bytes) -> None:
    with pytest.raises(ValueError, match="no tables"):
        KeyTables(find_libcrypto(), point)


def test_the_known_answers_are_those_of_cryptography() -> None:
    assert [plainly(known_answers.GENERATOR, one) for one in known_answers.ANSWERS] == list(
        known_answers.ANSWERS.values()
    )
    assert encoded(G) == known_answers.GENERATOR
    assert list(known_answers.ANSWERS.values()).count(True) == 4 == len(known_answers.ANSWERS) // 2
    assert known_answers.passes(find_libcrypto())


def test_changed_and_unchanged_signatures_get_the_answer_of_cryptography() -> None:
    found = compare(3000, seed=random.randrange(1 << 32))
    differing = {name: count for (name, plain, answer), count in found.items() if plain is not answer}
    assert differing == {}
    assert sum(count for (_, plain, _), count in found.items() if plain) > 1400
    assert sum(count for (_, plain, _), count in found.items() if not plain) > 1000


def test_two_tables_do_not_disturb_each_other() -> None:
    one, other = (tables_of(encoded(KEYS[name])) for name in ("2", "another"))
    block = [with_scalars(KEYS["2"], 3, 4), with_scalars(KEYS["another"], 3, 4)]
    for _ in range(2):
        assert (one.verify_block(block), other.verify_block(block)) == ([True, False], [False, True])

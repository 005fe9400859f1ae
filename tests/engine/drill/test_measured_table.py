"""The theft of one of two lines' keys, as 108 handshakes with DTLS servers of two libraries have it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from artefacts.makers import AT, der

from engine.drill.worlds import World
from fcu_conform.validators.model import Question, ValidatorFault
from fcu_conform.validators.registry import select

A, B = "line-1", "line-2"
IN, OUT = True, False
TABLE = {
    # what the portal trusts: honest A, honest B, the thief presenting one, two and three certificates
    "A, I, R and B, I, R": (1, ("A", "B", "I", "R"), (IN, IN), (IN, IN, IN)),
    "B, I, R": (1, ("B", "I", "R"), (OUT, IN), (OUT, IN, IN)),
    "I, R at depth 2": (2, ("I", "R"), (IN, IN), (OUT, IN, IN)),
    "R at depth 3": (3, ("R",), (IN, IN), (OUT, OUT, IN)),
}


def answer(asked: str, chain: list[bytes], anchors: list[bytes]) -> bool:
    """Whether a validator lets in who presents a chain."""
    (validator,) = select(asked)
    try:
        return validator.ask(Question(chain[0], tuple(chain[1:]), tuple(anchors), AT + timedelta())).accepted
    except ValidatorFault as fault:
        pytest.skip(str(fault))


def rows(asked: str, depth: int, trusted: tuple[str, ...]) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """What a validator says of honest devices of both lines, and of a thief with ever more certificates."""
    world = World(("INT 1", "INT 1"), depth)
    chain = world.chain(A)
    by_letter = {"A": chain[0], "B": world.chain(B)[0], "I": chain[1], "R": chain[2]}
    anchors = [der(by_letter[letter]) for letter in trusted]
    honest = tuple(answer(asked, [der(one) for one in world.device(name)], anchors) for name in (A, B))
    thief = tuple(answer(asked, [der(one) for one in some], anchors) for some in list(world.stolen(A))[:3])
    return honest, thief


@pytest.mark.parametrize("asked", ["openssl", "certtool"])
@pytest.mark.parametrize("row", TABLE)
def test_the_validators_agree_with_the_servers(asked: str, row: str) -> None:
    depth, trusted, honest, thief = TABLE[row]
    assert rows(asked, depth, trusted) == (honest, thief)


@pytest.mark.parametrize(("asked", "is_in"), [("openssl", OUT), ("openssl-partial", IN), ("certtool", IN)])
def test_validators_differ_where_no_root_is_trusted_as_the_servers_do(asked: str, is_in: bool) -> None:
    assert rows(asked, 1, ("B",)) == ((OUT, is_in), (OUT, OUT, OUT))

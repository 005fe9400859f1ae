"""Small worlds: no answer of the drill contradicts a handshake, whatever the portal trusts and a thief presents."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from artefacts.makers import AT, der, make_key
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.drill.worlds import World, all_worlds, panel
from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.engine.drill.drill import Drill
from fcu_conform.rules.support.theft import Entry, Reading, Removal, State
from fcu_conform.validators.handshake import trials
from fcu_conform.validators.model import ValidatorFault

pytest.importorskip("OpenSSL")
pytest.importorskip("mbedtls")

ASKED = "cryptography,openssl,openssl-partial,mbedtls"
PAIRS = (("TLS 1.2", "openssl", "openssl"), ("TLS 1.2", "openssl", "mbedtls"), ("DTLS 1.2", "openssl", "openssl"))
"""Both servers, and both ways to connect."""

WORLDS = all_worlds()
SAMPLE = random.Random("small worlds").sample(WORLDS, 2)


@cache
def device_key() -> Secret:
    return Secret(make_key("device").private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


@cache
def shaken(chain: tuple[bytes, ...], anchors: tuple[bytes, ...]) -> frozenset[bool]:
    """How servers that trust the anchors receive a chain: whether each lets it in."""
    if not anchors:
        return frozenset({False})
    try:
        tried = trials.shake_hands(chain, device_key(), anchors, at=AT)
    except ValidatorFault:
        return frozenset()
    return frozenset(one.let_in for one in tried.handshakes if not one.impostor)


def anchors_of(entries: tuple[Entry, ...], reading: Reading) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(one.raw for entry in entries for one in entry.anchors(reading)))


def received(chains: list[list[x509.Certificate]], anchors: tuple[bytes, ...]) -> set[bool]:
    """How servers receive some chains: all answers together."""
    return {is_in for chain in chains for is_in in shaken(tuple(map(der, chain)), anchors)}


def contradictions(world: World, removal: Removal) -> Iterator[str]:
    """Answers of the drill that servers do not share."""
    now = anchors_of(removal.entries, removal.reading)
    left = tuple(entry for entry in removal.entries if entry not in removal.remove)
    then = anchors_of(left, removal.reading)
    for anchors, states in ((now, removal.before), (then, removal.after)):
        for name, state in states.items():
            answers = received([world.device(name)], anchors)
            if (state is State.ONLINE and False in answers) or (state is State.OUT and True in answers):
                yield f"{name}: {state.value}, and servers answer {answers}"
    thief = list(world.stolen(removal.stolen))
    if not removal.remove and True in received(thief, now):
        yield "nothing is to be removed, and a server lets the thief in"
    if removal.is_shut_out and True in received(thief, then):
        yield "the thief is shut out, and a server lets him in"


def check(world: World, folder: Path) -> int:
    """Holds every theft in a world against handshakes, whatever the portal has left; gives how many there were."""
    world.lay_out(folder)
    told, count = [], 0
    for uploaded in world.subsets():
        drill = Drill(world.setups(folder, uploaded), panel(ASKED))
        for name in world.names:
            for removal in drill.theft(name).removals:
                count += 1
                told += [f"{uploaded}, {name}, {removal.reading}: {one}" for one in contradictions(world, removal)]
    assert told == []
    return count


@pytest.fixture(autouse=True)
def few_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "PAIRS", PAIRS)


@pytest.mark.parametrize("world", SAMPLE, ids=str)
def test_no_answer_contradicts_a_handshake(world: World, tmp_path: Path) -> None:
    assert check(world, tmp_path) >= 2


@pytest.mark.long
@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_no_answer_contradicts_a_handshake_in_any_small_world(world: World, tmp_path: Path) -> None:
    assert check(world, tmp_path) >= 2


def test_every_small_world_is_there_once() -> None:
    assert len({str(world) for world in WORLDS}) == len(WORLDS) > 250
    assert {len(world.places) for world in WORLDS} == {1, 2, 3}
    assert {world.depth for world in WORLDS} == {1, 2, 3, 4}


def test_a_wrong_answer_would_be_noticed(tmp_path: Path) -> None:
    world = next(one for one in WORLDS if one.places == ("INT 1", "INT 1") and one.depth == 1)
    world.lay_out(tmp_path)
    removal = Drill(world.setups(tmp_path), panel(ASKED)).theft("line-1").removals[0]
    assert list(contradictions(world, removal)) == []
    swapped = {name: State.OUT if state is State.ONLINE else State.ONLINE for name, state in removal.before.items()}
    wrong = Removal(removal.stolen, removal.reading, removal.entries, (), State.OUT, swapped, removal.after)
    assert len(list(islice(contradictions(world, wrong), 10))) >= 4

"""Lots of which half the devices were changed and signed again: fast path, tables, full path and workers agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import pytest
from engine.lot.streams import CHAIN, made, rules, setup_in
from independent_corpus.floor import lamp, pem
from independent_corpus.keys import Key, published
from independent_corpus.maker import pem_block

from fcu_conform.artefacts.device import DeviceFile, Kind
from fcu_conform.artefacts.device_output.chunks import FilesChunk
from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine.lot.chunk_judge import ChunkJudge, ChunkResult
from fcu_conform.engine.lot.chunk_results import canonical
from fcu_conform.engine.lot.fast_path import FastPath
from fcu_conform.engine.lot.workers import WorkerPool, local_pool

from .agreement import cases
from .changes import drawn
from .devices import _signed_again
from .texts import drawn_text

CHUNK = 100
"""Devices of a chunk: a rule keeps each of its findings, and with it which device it is of."""


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    return setup_in(tmp_path_factory.mktemp("line") / "x")


def device(number: int, random: Random) -> DeviceFile:
    """The file of lamp-NUMBER, as FCU makes it or changed and signed again."""
    cn = f"lamp-{number:06}"
    holder = _key(random)
    certificate = lamp(CHAIN[0], cn, key=holder, serial=random.randrange(1 << 136, 1 << 142))
    data = pem(certificate, CHAIN[0])
    kind = random.random()
    if kind < 0.45:
        _, new = drawn(certificate._to_be_signed(), random, most=2)
        data = pem_block(_signed_again(certificate, new)) + CHAIN[0].pem
    elif kind < 0.48:
        _, new = drawn(certificate.der, random, most=2)
        data = pem_block(new) + CHAIN[0].pem
    elif kind < 0.5:  # of a sound form, and wrong: a bit of r or of s
        place = len(certificate.der) - random.choice((1, 9, 30, 40, 60))
        new = certificate.der[:place] + bytes((certificate.der[place] ^ 1 << random.randrange(7),))
        data = pem_block(new + certificate.der[place + 1 :]) + CHAIN[0].pem
    file = DeviceFile(f"{cn}.pem", Kind.PEM, data.encode())
    file.endpoint_names = (cn,)
    file.identity = cn
    return file


def _key(random: Random) -> Key:
    return published(random.getrandbits(255) | 1 << 254)  # not one that is published


def chunks(numbered: Iterable[tuple[int, Random]]) -> Iterator[tuple[DeviceFile, ...]]:
    """The devices, so many at a time; the first one is sound, so that there is something to compare others with."""
    files = [device(0, Random(1))]
    for number, random in numbered:
        files.append(device(number, random))
        if len(files) == CHUNK:
            yield tuple(files)
            files.clear()
    yield tuple(files)


def told(result: ChunkResult) -> str:
    """All that a chunk's result says, but notices and the leads, which only the first devices have."""
    return canonical(replace(result, leads={}))


def test_drawn_texts_of_devices_are_judged_alike_on_both_paths(setup: Setup) -> None:
    sound, held = made(1).data.decode(), Counter[str]()
    files = [made(0)]
    for number, random in enumerate(cases("texts of devices", 600)):
        what, data = drawn_text(sound, random)
        file = made(1, data=data)
        file.name = file.identity = f"{number} {what}"
        files.append(file)
        if len(files) == CHUNK:
            fast, full = (ChunkJudge(rules(), setup.ca, fast_path=way).judge(files) for way in (True, False))
            assert [one.name for one in fast.offenders] == [one.name for one in full.offenders]
            assert told(fast) == told(full)
            held["devices"] += full.checked
            held["devices with an error"] += len(full.offenders)
            files = files[:1]
    print(f"\ntexts of devices: {dict(held)}")
    assert 0.5 < held["devices with an error"] / held["devices"] < 0.95


def test_both_paths_and_two_workers_find_the_same_codes_for_each_device(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    recognise = FastPath.match_known

    def counting(self: FastPath, *arguments: Any) -> list[bool]:
        passed = recognise(self, *arguments)
        held["devices on the fast path"] += sum(passed)
        return passed

    monkeypatch.setattr(FastPath, "match_known", counting)
    fast, full = (ChunkJudge(rules(), setup.ca, fast_path=way, tables=way) for way in (True, False))
    pool = WorkerPool(rules(), setup.ca, partial(local_pool, 2), 2, tables=True)
    expected: dict[int, str] = {}
    held: Counter[str] = Counter()
    lot = enumerate(chunks(enumerate(cases("lots", 300), 1)))

    def judged_here() -> Iterator[tuple[int, FilesChunk]]:
        for number, files in lot:
            quick, whole = (judge.judge_chunk(FilesChunk(files)) for judge in (fast, full))
            expected[number] = told(whole)
            assert told(quick) == expected[number], number
            held["devices"] += whole.checked
            held["signatures verified by tables"] += quick.by_tables
            held["devices with an error"] += len(whole.offenders)
            yield number, FilesChunk(files)

    first = judged_here()
    next(first)
    for number, result in pool(first, fast.leads, 0):
        assert told(result) == expected.pop(number), number
    print(f"\nlots: {dict(held)}")
    assert held["devices on the fast path"] > 0.2 * held["devices"]
    assert 0.3 < held["devices with an error"] / held["devices"] < 0.6

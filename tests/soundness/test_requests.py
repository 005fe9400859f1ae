"""Certificate requests with changes, signed again: what passes is the same request to all readers, and the reverse."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

import pytest
from independent_corpus.cases import Room, settings
from independent_corpus.maker import NOW, pem_block

from fcu_conform.artefacts.encodings.csr import Request
from fcu_conform.artefacts.setup import Setup, read_setups

from .agreement import Agreement, cases
from .request_readers import readings
from .requests import CHAIN, Plan, drawn_request, errors, plans

DRAWN = 80
"""Changes of each request in an ordinary run, of one to three thousand."""

PLANS = pytest.mark.parametrize("plan", plans(), ids=lambda plan: plan.name)


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """FCU set up as an intermediate, whose request is exchanged."""
    room = Room(tmp_path_factory.mktemp("line") / "x")
    room.keystore_of(CHAIN)
    room.config(settings(intermediate="true", depth=2))
    (setup,) = read_setups([room.keystore], at=NOW)
    return setup


def judge(agreement: Agreement, what: str, data: bytes, setup: Setup) -> None:
    seen, refused = readings(data)
    found = errors(data, setup)
    agreement.add(f"{what} {data.hex()}", refused, found)
    if not found and not refused:
        ours = Request(data)
        for reader, theirs in seen.items():
            assert (ours.subject.der, ours.public_key.der) == (theirs.subject, theirs.key), (reader, what)
            assert [each.oid for each in ours.attributes] == list(theirs.attributes), (reader, what)
            asked = [extension.oid for each in ours.attributes for extension in each.extensions]
            assert asked == list(theirs.extensions), (reader, what)


@PLANS
def test_a_sound_request_is_the_same_to_all_readers(plan: Plan, setup: Setup) -> None:
    agreement = Agreement(plan.name)
    judge(agreement, "unchanged", plan.request.der, setup)
    assert (agreement.passed, agreement.missed) == (1, {})


@PLANS
def test_a_request_that_a_reader_refuses_is_an_error(plan: Plan, setup: Setup) -> None:
    agreement = Agreement(plan.name)
    for what, make in Random(plan.name).sample(plan.changes(), DRAWN):
        judge(agreement, what, make(), setup)
    agreement.hold()


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
@PLANS
def test_every_change_of_a_request_that_a_reader_refuses_is_an_error(plan: Plan, part: int, setup: Setup) -> None:
    agreement = Agreement(plan.name)
    for what, make in plan.changes()[part::4]:
        judge(agreement, what, make(), setup)
    agreement.hold()


def test_drawn_requests_that_pass_are_the_same_to_all_readers(setup: Setup) -> None:
    agreement = Agreement("requests")
    for random in cases("requests", 200):
        judge(agreement, *drawn_request(random), setup)
    agreement.hold()


@pytest.mark.parametrize("number", range(3))
def test_the_openssl_command_accepts_a_request_that_passes(number: int, setup: Setup, tmp_path: Path) -> None:
    """The library is asked about all of them; the command is asked once a plan and change."""
    accepted = 0
    for random in (Random(f"{number} {each}") for each in range(400)):
        data = drawn_request(random)[1]
        if errors(data, setup):
            continue
        (tmp_path / "fcu_csr.pem").write_text(pem_block(data, "CERTIFICATE REQUEST"))
        command = ["openssl", "req", "-in", "fcu_csr.pem", "-verify", "-noout", "-text"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "OK" in done.stdout + done.stderr
        accepted += 1
        if accepted == 4:
            break
    assert accepted

"""Device certificates with one change each, signed again: what a reader refuses a rule has told, and the reverse."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from independent_corpus.cases import Room, settings
from independent_corpus.maker import NOW

from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Evidence

from .agreement import Agreement, cases
from .devices import CHAIN, Plan, drawn_certificate, errors, plans
from .readers import available, refusals

DRAWN = 60
"""Changes of each certificate in an ordinary run, of one to three thousand."""

PLANS = pytest.mark.parametrize("plan", plans(), ids=lambda plan: plan.name)


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    room = Room(tmp_path_factory.mktemp("line") / "x")
    room.keystore_of(CHAIN)
    room.config(settings(depth=2))
    (setup,) = read_setups([room.keystore], at=NOW)
    return setup


def test_every_reader_is_installed() -> None:
    missing = {"OpenSSL", "cryptography", "Mbed TLS", "asn1crypto", "GnuTLS"} - set(available())
    if missing:
        pytest.skip(f"not installed: {', '.join(sorted(missing))}")


@PLANS
def test_a_sound_certificate_is_accepted_by_every_reader(plan: Plan, setup: Setup) -> None:
    certificate = plan.certificate.der
    assert (refusals(certificate, CHAIN[0].der), errors(certificate, setup)) == ({}, {})


@PLANS
def test_a_certificate_that_a_reader_refuses_fails_a_rule(plan: Plan, setup: Setup) -> None:
    hold(Random(plan.name).sample(plan.changes(), DRAWN), setup)


@pytest.mark.long
@pytest.mark.parametrize("part", range(8))
@PLANS
def test_every_change_that_a_reader_refuses_fails_a_rule(plan: Plan, part: int, setup: Setup) -> None:
    hold(plan.changes()[part::8], setup)


def test_drawn_certificates_that_a_reader_refuses_are_errors(setup: Setup) -> None:
    agreement = Agreement("certificates")
    for random in cases("certificates", 300):
        what, certificate = drawn_certificate(random)
        refused, found = refusals(certificate, CHAIN[0].der), errors(certificate, setup)
        agreement.add(f"{what} {certificate.hex()}", refused, found)
    agreement.hold()


def hold(changes: list[tuple[str, Callable[[], bytes]]], setup: Setup) -> None:
    """What a reader refuses is an error with a cause; an error where all accept rests on a document."""
    told: list[dict[str, str]] = []
    for what, make in changes:
        certificate = make()
        refused, found = refusals(certificate, CHAIN[0].der), errors(certificate, setup)
        told.append(found)
        assert found or not refused, (what, refused, certificate.hex())
        if not refused:
            for code in found:
                assert {source.evidence for source in CATALOGUE[code].sources} != {Evidence.INFERRED}, (what, found)
    assert any(told)

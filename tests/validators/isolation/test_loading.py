"""Validators are loaded early, in their process alone, and nothing is loaded with them that nobody needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from fcu_conform.validators.isolation import asking, workers
from fcu_conform.validators.isolation.asking import Isolated
from fcu_conform.validators.isolation.origin import Origin
from fcu_conform.validators.isolation.workers import Kind
from fcu_conform.validators.model import UNPROTECTED, Answer, ValidatorFault
from fcu_conform.validators.registry import ENTRIES
from validators.paths import Path

pytestmark = pytest.mark.skipif(bool(UNPROTECTED), reason=UNPROTECTED)

KIND = Kind("loading")
LIBRARIES = [entry for entry in ENTRIES if entry.available()]


@pytest.fixture(autouse=True)
def _new_process() -> Iterator[None]:
    yield
    workers.worker(KIND).close()


def told(name: str, question: object, *arguments: str) -> Answer:
    return Isolated(Origin("validators.misbehaving", name, arguments), KIND).ask(question)  # type: ignore[arg-type]


def prepare(*origins: Origin) -> None:
    workers.worker(KIND).prepare(asking._LOAD, {"origins": [asdict(origin) for origin in origins]})


def test_a_prepared_validator_is_loaded_at_the_first_question(good_path: Path) -> None:
    question = good_path.root_only()
    prepare(*(entry.origin for entry in LIBRARIES if entry.name == "pyhanko"))
    assert told("Modules", question, "pyhanko_certvalidator", "OpenSSL").reason == "imported: pyhanko_certvalidator"


def test_installed_validators_are_prepared_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = []
    monkeypatch.setattr(workers.Worker, "prepare", lambda _, task, given: prepared.append((task, given["origins"])))
    asking.prepare([asking.plugged_in("mine", "true")])
    assert prepared == []
    asking.prepare([asking.plugged_in("mine", "true"), *(entry.isolated() for entry in ENTRIES)])
    assert prepared == [(asking._LOAD, [asdict(entry.origin) for entry in ENTRIES])]


def test_a_process_that_is_there_is_not_prepared_again(good_path: Path) -> None:
    question = good_path.root_only()
    assert told("Adapter", question).accepted
    prepare(Origin("validators.misbehaving", "EndsWhenLoaded"))
    assert told("Adapter", question).accepted


def test_a_fault_while_loading_is_reported_for_the_validator_that_caused_it(good_path: Path) -> None:
    question = good_path.root_only()
    prepare(Origin("validators.misbehaving", "EndsWhenLoaded"))
    assert told("Adapter", question).accepted
    with pytest.raises(ValidatorFault, match=r"^endswhenloaded broke: its process ended with status 3$"):
        told("EndsWhenLoaded", question)


def test_nothing_is_loaded_that_no_question_needs(good_path: Path) -> None:
    """What fetches, what parses C headers, what finds distributions, and what only rules or handshakes need."""
    question = good_path.root_only()
    for entry in LIBRARIES:
        Isolated(entry.origin, KIND, library=entry.library).ask(question)
    unneeded = ("aiohttp", "requests", "asyncio.events", "oscrypto", "pycparser", "importlib.metadata", "ruamel.yaml")
    layers = ("fcu_conform.rules", "fcu_conform.engine", "fcu_conform.validators.handshake.trials")
    assert told("Modules", question, "asn1crypto", *unneeded, *layers).reason == "imported: asn1crypto"

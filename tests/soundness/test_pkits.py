"""PKITS, sections 4.6 and 4.13, on P-256: rules and validators give NIST's answer."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from independent_corpus.cases import Room, settings
from independent_corpus.maker import NOW

from fcu_conform.artefacts.device import DeviceFile, Kind
from fcu_conform.artefacts.setup import read_setups
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Blocked, NotApplicable, Scope
from fcu_conform.validators import registry
from fcu_conform.validators.model import Question, Validator

from .pkits import SECTION_NUMBERS, Case, cases

CODES = ("CRT007", "CHN008", "CHN009", "DEV012", "DEV030")
ENDS_IN_A_CA = {"4.6.8", "4.6.10", "4.6.12", "4.6.14"}
"""The path is that of a CA, which is not a device: DEV012, whatever NIST says of the path."""
OF_DIRECTORY_NAMES = {f"4.13.{number}" for number in (*range(1, 21), 27, 28, 29)}
"""Constraints that cryptography refuses as unsupported, and that its older releases ignore (its pull request 15014)."""
ALL = pytest.mark.parametrize("section", SECTION_NUMBERS)


def errors(case: Case, folder: Path) -> set[str]:
    """Which rules about CAs, lengths and names find something, with the end-entity as a device of the path above it."""
    room = Room(folder / "x")
    room.keystore_of(case.path[1:])
    room.config(settings(depth=1))
    (setup,) = read_setups([room.keystore], at=NOW)
    device = DeviceFile("device.pem", Kind.CHAIN, chain=tuple(cert.der for cert in case.path[:2])).read()
    found = set()
    for code in CODES:
        rule = CATALOGUE[code]
        try:
            findings = rule.check(device, setup.ca) if rule.scope is Scope.DEVICE else rule.check(setup)
            found |= {code for _ in findings}
        except (Blocked, NotApplicable):
            continue
    return found


def test_every_test_of_the_sections_is_there() -> None:
    assert sorted(cases()) == sorted(SECTION_NUMBERS)


@ALL
def test_the_rules_give_the_answer_of_nist(section: str, tmp_path: Path) -> None:
    case = cases()[section]
    found = errors(case, tmp_path)
    if section in ENDS_IN_A_CA:
        assert "DEV012" in found
        found.remove("DEV012")
    assert bool(found) is not case.is_valid, found


@ALL
def test_two_validators_give_the_answer_of_nist_and_no_other_accepts_what_is_invalid(section: str) -> None:
    """Mbed TLS refuses all name constraints, and as cryptography does some self-issued CAs."""
    case = cases()[section]
    leaf, *untrusted, root = (cert.der for cert in case.path)
    question = Question(leaf, tuple(untrusted), (root,), NOW)
    answers = {name: validator.ask(question).accepted for name, validator in validators().items()}
    assert {answers.pop("openssl-partial"), answers.pop("pyhanko")} == {case.is_valid}
    if section in OF_DIRECTORY_NAMES:
        answers.pop("cryptography")
    assert case.is_valid or not any(answers.values()), answers


@cache
def validators() -> dict[str, Validator]:
    wanted = ("openssl-partial", "pyhanko", "cryptography", "mbedtls")
    return {entry.name: entry.validator() for entry in registry.ENTRIES if entry.name in wanted and entry.available()}

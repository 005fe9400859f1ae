"""What every rule declares, and what it comes to where little is there, is what is kept beside the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from repository.generated import NEXT

from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import LONGEST

from .snapshots import CASES, DECLARED, OUTCOMES, declared, outcomes, read_sections

KEPT_RULES, KEPT_OUTCOMES = read_sections(DECLARED), read_sections(OUTCOMES)


def test_the_snapshots_cover_every_rule_and_every_case() -> None:
    assert list(KEPT_RULES) == [rule.code for rule in CATALOGUE], NEXT
    assert list(KEPT_OUTCOMES) == list(CASES), NEXT


@pytest.mark.parametrize("code", KEPT_RULES)
def test_the_declarations_of_a_rule_are_as_recorded(code: str) -> None:
    assert list(declared(CATALOGUE[code])) == KEPT_RULES[code], NEXT


@pytest.mark.parametrize("name", CASES)
def test_every_rule_has_its_recorded_outcome_for(name: str, tmp_path: Path) -> None:
    assert list(outcomes(name, tmp_path / "line")) == KEPT_OUTCOMES[name], NEXT


def test_texts_of_findings_are_cut_as_recorded() -> None:
    assert LONGEST == 2000

"""The page of facts and the rules that cite them."""

from __future__ import annotations

import re
from pathlib import Path

from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.family import Family

PAGE = (Path(__file__).parents[2] / "docs" / "facts.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z]{1,2}-\d\d) \|", PAGE, re.MULTILINE)
CITED = {fact for rule in CATALOGUE for source in rule.sources for fact in source.facts}


def test_every_fact_that_a_rule_cites_is_documented_once() -> None:
    assert len(CITED) > 80
    assert len(ROWS) == len(set(ROWS))
    assert CITED - set(ROWS) == set()


def test_every_documented_fact_is_cited_by_a_rule() -> None:
    """Choices apart: some were decided so that there is nothing to judge."""
    assert {fact for fact in set(ROWS) - CITED if not fact.startswith("D-")} == set()


def test_rules_that_the_page_names_exist() -> None:
    named = re.findall(rf"\b(?:{'|'.join(Family)})\d{{3}}\b", PAGE)
    assert len(named) > 10
    assert all(code in CATALOGUE for code in named)


def test_every_choice_left_open_by_the_documents_has_a_decision() -> None:
    rows = re.findall(r"^\| (D-\d\d) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert [name for name, _, _ in rows] == [f"D-{number:02}" for number in range(1, 17)]
    assert all(len(question) > 15 and len(decision) > 15 for _, question, decision in rows)


def test_every_fact_names_its_source() -> None:
    rows = re.findall(r"^\| ([A-Z]{1,2}-\d\d) \| [\w, ]+ \| .+ \| ([^|]+) \|$", PAGE, re.MULTILINE)
    facts = {name for name in ROWS if not name.startswith("D-")}
    assert {name for name, _ in rows} == facts
    assert [name for name, where in rows if not re.search(r"\d", where)] == ["R-08"]
    cited = {number for _, where in rows for number in re.findall(r"\[(\d+)\]", where)}
    listed = dict(re.findall(r"^(\d+)\. <(https://\S+)>$", PAGE, re.MULTILINE))
    assert cited == set(listed)
    assert listed == dict(re.findall(r"^\[(\d+)\]: (https://\S+)$", PAGE, re.MULTILINE))

"""The catalogue: what was promised is there, and every rule says what it must."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.family import Family
from fcu_conform.rules.model import Catalogue, Evidence, Finding, Level, Rule, Source, device_rule

PROMISED = """
CFG001 error   CFG002 error   CFG003 error   CFG004 error   CFG005 error   CFG006 warning CFG007 error   CFG008 error
CFG009 error   CFG010 notice  CFG011 error   CFG012 error   CFG013 error   CFG014 error   CFG015 error   CFG016 notice
KEY001 error   KEY002 error   KEY003 error   KEY004 error   KEY005 warning KEY006 error   KEY007 warning KEY008 error
KEY009 error   KEY010 error   KEY011 warning KEY013 error
CSR001 error   CSR002 error   CSR003 error   CSR004 error   CSR005 error   CSR006 error   CSR007 error   CSR008 warning
CSR009 error
CRT001 error   CRT002 error   CRT003 error   CRT004 error   CRT005 error   CRT006 error   CRT007 error   CRT008 error
CRT009 warning CRT010 warning CRT011 error   CRT012 error   CRT013 warning CRT014 error   CRT015 error   CRT016 warning
CRT017 warning CRT018 error
CHN001 error   CHN002 warning CHN003 error   CHN004 error   CHN005 error   CHN006 error   CHN007 error   CHN008 error
CHN009 error   CHN010 warning CHN011 error   CHN012 error   CHN014 notice
"""
"""Codes are for ever: a line here is never changed, only added."""

LEVELS = dict(zip(PROMISED.split()[::2], PROMISED.split()[1::2], strict=True))
RULES = list(CATALOGUE)


def code(rule: Rule) -> str:
    return rule.code


def test_every_promised_rule_exists_with_its_level() -> None:
    assert len(LEVELS) == 68
    assert {code: CATALOGUE[code].level.value for code in LEVELS if code in CATALOGUE} == LEVELS


def test_codes_are_ordered_by_family_and_number_without_gaps() -> None:
    codes = [rule.code for rule in CATALOGUE]
    assert codes == sorted(codes, key=lambda code: (list(Family).index(code[:3]), code))
    assert all(re.fullmatch(r"[A-Z]{3}\d{3}", code) for code in codes)
    for family in ("CFG", "KEY", "CSR", "CRT"):
        numbers = [int(code[3:]) for code in codes if code.startswith(family)]
        assert numbers == list(range(1, len(numbers) + 1))


def test_slugs_are_unique_and_read_as_words() -> None:
    slugs = [rule.slug for rule in CATALOGUE]
    assert len(set(slugs)) == len(slugs) == len(CATALOGUE)
    assert [slug for slug in slugs if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", slug)] == []


@pytest.mark.parametrize("rule", RULES, ids=code)
def test_every_text_of_a_rule_is_one_line(rule: Rule) -> None:
    for text in (rule.requirement, rule.title, rule.why, rule.fix, rule.passes, rule.fails):
        assert len(text.strip()) >= 3
        assert text == text.strip()
        assert "\n" not in text
        assert "  " not in text


@pytest.mark.parametrize("rule", RULES, ids=code)
def test_requirement_and_reason_of_a_rule_are_sentences(rule: Rule) -> None:
    assert not rule.requirement.endswith(".")
    assert not rule.title.endswith(".")
    assert rule.title != rule.requirement
    assert rule.why.endswith(".")
    assert rule.why[0].isupper()
    assert rule.passes != rule.fails


@pytest.mark.parametrize("rule", RULES, ids=code)
def test_a_rule_names_its_sources(rule: Rule) -> None:
    assert rule.sources
    for source in rule.sources:
        assert isinstance(source.evidence, Evidence)
        assert source.document
        assert all(re.fullmatch(r"[A-Z]{1,2}-\d{2}", fact) for fact in source.facts)
        assert source.section or source.facts
    assert rule.source.count("; ") >= len(rule.sources) - 1
    assert rule.evidence.split(", ")[0] == rule.sources[0].evidence.value


@pytest.mark.parametrize("rule", RULES, ids=code)
def test_prerequisites_of_a_rule_exist_and_are_named_once(rule: Rule) -> None:
    named = [*rule.needs, *rule.told_by, *rule.partially_blocked_by]
    assert [other for other in named if other not in CATALOGUE] == []
    assert len(set(named)) == len(named)
    assert rule.code not in named


def test_rules_do_not_depend_on_each_other_in_a_circle() -> None:
    edges = {rule.code: {*rule.needs, *rule.told_by, *rule.partially_blocked_by} for rule in CATALOGUE}
    assert sum(map(len, edges.values())) > 100
    while ready := {code for code, named in edges.items() if not named & edges.keys()}:
        edges = {code: named for code, named in edges.items() if code not in ready}
    assert edges == {}


def test_duplicate_codes_and_slugs_are_refused() -> None:
    catalogue = Catalogue()
    first = CATALOGUE["KEY001"]
    catalogue.add(first)
    with pytest.raises(ValueError, match=r"^KEY001 \(key-is-there\) is in the catalogue already$"):
        catalogue.add(first)
    with pytest.raises(ValueError, match="is in the catalogue already"):
        catalogue.add(replace(first, code="KEY999"))
    with pytest.raises(ValueError, match="is in the catalogue already"):
        catalogue.add(replace(first, slug="other-words"))
    assert [rule.code for rule in catalogue] == ["KEY001"]


def test_the_digest_changes_only_with_the_content_of_a_rule() -> None:
    def digest(**changes: object) -> str:
        catalogue = Catalogue()
        catalogue.add(replace(CATALOGUE["KEY002"], **changes))  # type: ignore[arg-type]
        return catalogue.digest()

    same = digest()
    assert re.fullmatch("[0-9a-f]{64}", same)
    assert digest(why="another reason", fix="another way") == same
    changes = [
        {"requirement": "x"},
        {"level": Level.NOTICE},
        {"slug": "x"},
        {"code": "KEY003"},
        {"needs": ()},
        {"told_by": ("KEY001",)},
        {"partially_blocked_by": ("KEY001",)},
    ]
    assert len({same, *(digest(**change) for change in changes)}) == len(changes) + 1


def test_a_finding_is_completed_from_its_rule() -> None:
    rule = CATALOGUE["KEY001"]
    done = rule.complete(Finding("found"))
    assert (done.message, done.why, done.fix, done.level) == ("found", rule.why, rule.fix, Level.ERROR)
    own = Finding("found", why="w", fix="f", level=Level.NOTICE)
    assert rule.complete(own) == own


@pytest.mark.parametrize("nothing", [(), []])
def test_a_rule_cannot_declare_by_accident_that_it_reads_nothing(nothing: Any) -> None:
    card = dict.fromkeys(("requirement", "title", "why", "fix", "passes", "fails"), "x")
    with pytest.raises(ValueError, match=r"^DEV999: looks_at is empty; leave it out, or say WHAT_ALL_SHARE$"):
        device_rule("DEV999", Level.ERROR, **card, source=Source(Evidence.PAGE, "A page"), looks_at=nothing)

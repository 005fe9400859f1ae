"""The pages of rules: made from the code, each with a case that passes and one that fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from repository.sources import ROOT

from fcu_conform.rules import CATALOGUE

sys.path.insert(0, str(ROOT / "docs"))

import catalogue
from examples_of_rules import cases, example_of


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("rules")
    catalogue.write(folder)
    return {page.stem: page.read_text(encoding="utf-8") for page in folder.glob("*.md")}


def test_every_rule_has_a_section_of_its_own(pages: dict[str, str]) -> None:
    text = "".join(pages.values())
    assert [code for code in (rule.code for rule in CATALOGUE) if text.count(f"\n({code})=\n") != 1] == []
    assert set(pages) == {"index", *(rule.family for rule in CATALOGUE)}


def test_every_section_shows_the_finding_of_its_rule(pages: dict[str, str]) -> None:
    for rule in CATALOGUE:
        section = pages[rule.family].split(f"\n({rule.code})=\n")[1].split("\n(")[0]
        assert f" fcu::{rule.code}[" in section, rule.code
        assert section.count("`fixtures/") == 2, rule.code


def test_an_example_is_a_case_about_the_rule_and_its_twin() -> None:
    for rule in CATALOGUE:
        example = example_of(rule)
        fails, passes = cases()[example.fails], cases()[example.passes]
        assert rule.code in {one["code"] for one in fails["findings"]}
        assert example.passes == fails["baseline"]
        assert passes["verdict"] == "conformant"
        assert fails["about"] == rule.code


def test_no_page_contains_a_local_path(pages: dict[str, str]) -> None:
    text = "".join(pages.values())
    assert str(ROOT) not in text
    assert "/tmp" not in text


def test_an_up_to_date_page_is_not_rewritten(tmp_path: Path) -> None:
    catalogue.save(tmp_path / "page.md", ["one"])
    before = (tmp_path / "page.md").stat().st_mtime_ns
    catalogue.save(tmp_path / "page.md", ["one"])
    assert (tmp_path / "page.md").stat().st_mtime_ns == before

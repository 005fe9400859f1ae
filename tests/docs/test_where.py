"""The page that says where everything is, and `explain --where`: the places exist, and the two agree."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner
from vectors.cases import CASES

from docs.blocks import DOCS, ROOT, blocks
from docs.test_examples import is_shown
from fcu_conform.interfaces.console import explain, where
from fcu_conform.interfaces.console.app import application
from fcu_conform.interfaces.console.where import Places, find_places
from fcu_conform.rules import CATALOGUE
from reference_ca.defects import DEFECTS

PAGE = (DOCS / "where.md").read_text("utf-8")
FOLLOWED = "CHN005"


def line_of(place: str, root: Path = ROOT) -> str:
    """The line that a place of `find_places` names."""
    path, number = re.fullmatch(r"([^:]+):(\d+)(?:  .*)?", place).groups()  # type: ignore[union-attr]
    return (root / path).read_text("utf-8").splitlines()[int(number) - 1]


@pytest.mark.parametrize("code", [rule.code for rule in CATALOGUE])
def test_each_rule_is_located_with_its_defects_and_cases(code: str) -> None:
    places = find_places(CATALOGUE[code], ROOT)
    assert line_of(places.rule, where.PACKAGE.parent).startswith(("@", "def "))
    defects = {place.rpartition("  ")[2] for place in places.defects}
    assert {name for name, defect in DEFECTS.items() if defect.expected[0].code == code} <= defects
    assert all(line_of(place).startswith("def ") for place in places.defects)
    assert set(places.fixtures) == {f"fixtures/{name}" for name, case in CASES.items() if case.about == code}
    assert all(code in line_of(place) for place in (*places.tests, *places.documents))


def test_outside_the_source_tree_only_the_function_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = CATALOGUE[FOLLOWED]
    assert find_places(rule, tmp_path) == Places(find_places(rule, ROOT).rule)
    monkeypatch.setattr(where, "is_source_tree", lambda _tree: False)
    monkeypatch.setattr(explain, "is_source_tree", lambda _tree: False)
    printed = CliRunner().invoke(application, ["explain", FOLLOWED, "--where"]).output
    assert printed.splitlines()[-1] == where.ELSEWHERE
    assert len(printed.splitlines()) == 5


def test_the_page_shows_the_printed_output(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = (block for block in blocks() if block.page == "docs/where.md")
    command, _, shown = block.text.partition("\n")
    assert command == f"$ fcu-conform explain {FOLLOWED} --where"
    for module in (where, explain):
        monkeypatch.setattr(module, "is_source_tree", lambda _tree: True)
    monkeypatch.setattr(explain, "find_places", lambda rule: find_places(rule, ROOT))
    printed = CliRunner().invoke(application, ["explain", FOLLOWED, "--where"]).output
    assert is_shown(shown + "…\n", printed)


def test_the_rule_that_the_page_follows_is_at_the_stated_places() -> None:
    walk = PAGE.partition("## One rule, followed")[2]
    places = find_places(CATALOGUE[FOLLOWED], ROOT)
    named = [place for field in fields(places) if isinstance(getattr(places, field.name), tuple)
             for place in getattr(places, field.name) if place.partition(":")[0] in walk]  # fmt: skip
    assert {place.partition("/")[0] for place in named} == {"reference_ca", "fixtures", "tests"}
    assert "def file_ends_in_root" in (ROOT / "fcu_conform/rules/keystore/chain.py").read_text("utf-8")
    assert "def root_missing" in (ROOT / "reference_ca/defects/in_chains.py").read_text("utf-8")
    assert CASES["CHN/root-missing"].baseline == "sound/chain-of-3"
    assert all(fact in PAGE for source in CATALOGUE[FOLLOWED].sources for fact in source.facts)

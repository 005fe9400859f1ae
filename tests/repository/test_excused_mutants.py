"""Every mutant that is excused from being noticed is one of a line that the code still has."""

from __future__ import annotations

import sys

import pytest

from repository.sources import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SAME = tomllib.loads((ROOT / "tests" / "mutation" / "same.toml").read_text(encoding="utf-8"))["same"]


def test_some_mutants_are_excused() -> None:
    assert SAME


@pytest.mark.parametrize("entry", SAME, ids=lambda entry: f"{entry['module']}: {entry['line'][:30]}")
def test_an_excused_mutant_names_an_existing_line(entry: dict[str, str]) -> None:
    lines = (ROOT / entry["module"]).read_text(encoding="utf-8").splitlines()
    assert entry["line"] in map(str.strip, lines)
    assert entry["reason"]

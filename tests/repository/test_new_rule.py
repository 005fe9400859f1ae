"""The beginning of a rule is one: it is in the catalogue, and the tests do not let it pass unfinished."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from docs.blocks import blocks, commands_of

from repository.new_rule import FAMILIES, begin, next_code
from repository.sources import ROOT

ASK = """
from fcu_conform.rules import CATALOGUE
from reference_ca.defects import DEFECTS
rule = list(CATALOGUE[code] for code in {codes!r})
print([(r.code, r.slug, r.level.value) for r in rule])
print(sorted(name for name, defect in DEFECTS.items() if set(defect.breaks) & set({codes!r})))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The two packages, to be changed."""
    for package in ("fcu_conform", "reference_ca"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_a_rule_of_every_family_can_be_begun(copy: Path) -> None:
    codes = [begin(copy, family, f"{family.lower()}-is-as-it-should-be", "error")[0] for family in FAMILIES]
    asked = subprocess.run(
        [sys.executable, "-c", ASK.format(codes=codes)], cwd=copy, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
    rules, defects = asked.stdout.splitlines()
    assert eval(rules) == [(code, f"{code[:3].lower()}-is-as-it-should-be", "error") for code in codes]
    assert eval(defects) == sorted(f"{code[:3].lower()}-is-as-it-should-be-broken" for code in codes)


def test_codes_go_on_where_the_family_ends(copy: Path) -> None:
    before = next_code(copy, "CHN")
    assert before == "CHN015"
    begin(copy, "CHN", "root-has-common-name", "warning")
    assert next_code(copy, "CHN") == "CHN016"


TRY = """
import sys
from pathlib import Path
import reference_ca.console as maker
from fcu_conform import check
maker.main(["defect", sys.argv[1], "made"])
report = check("made/keystore")
print(*sorted(result.code for result in report.results if result.outcome.value in ("failed", "warned")))
"""


def test_the_page_about_rules_can_be_followed_to_the_letter(copy: Path) -> None:
    """Its command, its rule and its defect; the linter has nothing to say, and what it breaks only this rule names."""
    page = [block for block in blocks() if block.page == "docs/howto/rule.md"]
    rule, defect = (block.text for block in page if block.language == "python")
    (command,) = (line for block in page for line in commands_of(block.text) if line.startswith("tox -e rule -- "))
    family, slug, _, level = command.removeprefix("tox -e rule -- ").split()
    code, files = begin(copy, family, slug, level)
    for path, text in zip(files, (rule, defect), strict=True):
        begun = path.read_text(encoding="utf-8")
        path.write_text(begun[: begun.rindex("\n@") + 1] + text, encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", copy)
    if find_spec("ruff"):
        linted = subprocess.run(
            [sys.executable, "-m", "ruff", "check", *map(str, files)], cwd=copy, capture_output=True
        )
        assert linted.returncode == 0, linted.stdout.decode()
    tried = subprocess.run(
        [sys.executable, "-c", TRY, f"{slug}-broken"], cwd=copy, capture_output=True, text=True, check=False
    )
    assert tried.stdout.splitlines()[-1:] == [code], tried.stderr

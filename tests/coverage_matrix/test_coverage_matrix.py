"""The coverage matrix is complete: each rule has cases, each case a rule, each statement of the page a rule."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from vectors.cases import CASES

from coverage_matrix.matrix import (
    FIXTURES,
    STATEMENTS,
    TOGETHER,
    WRITE,
    Matrix,
    codes_of,
    orphans,
    read_cases,
    read_statements,
    read_together,
    squeeze,
)
from fcu_conform.interfaces.console.app import application
from fcu_conform.rules import CATALOGUE

EDITS = {case.edit for case in CASES.values() if case.edit}


@cache
def explained() -> dict[str, str]:
    """The output of `fcu-conform explain` for each code, without what depends on the width."""
    told = {}
    for rule in CATALOGUE:
        done = CliRunner().invoke(application, ["explain", rule.code])
        assert done.exit_code == 0
        told[rule.code] = squeeze(done.output)
    return told


@cache
def kept() -> Matrix:
    """The matrix of the repository."""
    cases, files = read_cases(FIXTURES)
    return Matrix(
        {rule.code: rule for rule in CATALOGUE},
        cases,
        files,
        list(CASES),
        EDITS,
        read_statements(STATEMENTS),
        read_together(TOGETHER),
        explained(),
    )


def test_nothing_is_an_orphan() -> None:
    assert list(orphans(kept())) == []


def test_the_coverage_matrix_is_not_empty() -> None:
    matrix = kept()
    assert len(matrix.cases) >= 300
    assert len(matrix.rules) >= 150
    assert len(matrix.statements) >= 40
    assert len(matrix.together) <= 6


def test_every_shape_of_chain_is_among_the_sound_cases() -> None:
    drawings = {case["chain"] for name, case in kept().cases.items() if name.startswith("sound/")}
    lengths = {len(re.split(r" -> | \| |, ", drawing)) - 1 for drawing in drawings}
    assert lengths >= set(range(1, 8))


def test_a_negative_and_its_twin_differ_in_their_files() -> None:
    same = [
        name
        for name, case in kept().cases.items()
        if case.get("baseline") and contents(FIXTURES / name) == contents(FIXTURES / case["baseline"])
    ]
    assert same == []


def contents(folder: Path) -> dict[str, Any]:
    """The files of a case, and the tables of case.toml about its layout and run."""
    files: dict[str, Any] = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    case = kept().cases[folder.relative_to(FIXTURES).as_posix()]
    files["case.toml"] = [case.get(table) for table in ("run", "modes", "laid-out")]
    return files


def changed(name: str, **values: Any) -> Matrix:
    """The matrix with one case changed."""
    matrix = kept()
    return replace(matrix, cases={**matrix.cases, name: {**matrix.cases[name], **values}})


def without_case(name: str) -> Matrix:
    matrix = kept()
    return replace(
        matrix,
        cases={other: case for other, case in matrix.cases.items() if other != name},
        files={other: count for other, count in matrix.files.items() if other != name},
    )


def with_statement(which: int, **values: Any) -> Matrix:
    matrix = kept()
    statements = [{**one, **values} if one["number"] == which else one for one in matrix.statements]
    return replace(matrix, statements=statements)


NEGATIVE = "CHN/root-missing"
FINDING = {"code": "CHN005", "level": "error", "file": "fcu.crt"}


@pytest.mark.parametrize(
    ("matrix", "orphan"),
    [
        (lambda: without_case(NEGATIVE), f"{NEGATIVE}: is missing in fixtures/; {WRITE}"),
        (lambda: without_case(NEGATIVE), "CHN005: no case has a finding of it"),
        (
            lambda: without_case("sound/chain-of-3"),
            f"{NEGATIVE}: names sound/chain-of-3 as its baseline, which does not exist",
        ),
        (
            lambda: replace(kept(), planned=[name for name in CASES if name != NEGATIVE]),
            f"{NEGATIVE}: is in fixtures/ but not in tests/vectors/cases.py; {WRITE}",
        ),
        (lambda: replace(kept(), cases={}, files={}), "there are 0 cases, and 300 are promised"),
        (lambda: replace(kept(), cases={}, files={}), "BDL001: no case has a finding of it"),
        (lambda: replace(kept(), files={**kept().files, NEGATIVE: 0}), f"{NEGATIVE}: has nothing to judge; {WRITE}"),
        (
            lambda: replace(kept(), cases={**kept().cases, NEGATIVE: {}}),
            f"{NEGATIVE}: has no case.toml; {WRITE}",
        ),
        (lambda: changed(NEGATIVE, about="CHN099"), f"{NEGATIVE}: is about CHN099, which is not a rule"),
        (lambda: changed(NEGATIVE, about="CHN004"), f"{NEGATIVE}: is about CHN004, which has no finding in it"),
        (lambda: changed(NEGATIVE, about="KEY004"), f"{NEGATIVE}: is about KEY004 but is in another family's folder"),
        (lambda: changed(NEGATIVE, clause="hearsay"), f"{NEGATIVE}: does not quote the source of CHN005; {WRITE}"),
        (lambda: changed(NEGATIVE, story=""), f"{NEGATIVE}: has no story, or no drawing of its chain"),
        (lambda: changed(NEGATIVE, baseline=""), f"{NEGATIVE}: has no baseline"),
        (
            lambda: changed(NEGATIVE, baseline="CHN/root-twice"),
            f"{NEGATIVE}: has a baseline that CHN005 does not let pass",
        ),
        (
            lambda: changed(NEGATIVE, edit="rot-missing"),
            f"{NEGATIVE}: is made by 'rot-missing', which is not a known edit",
        ),
        (
            lambda: changed(NEGATIVE, findings=[{**FINDING, "code": "CHN999"}]),
            f"{NEGATIVE}: expects CHN999, which is not a rule",
        ),
        (
            lambda: changed(NEGATIVE, findings=[{**FINDING, "level": "grave"}]),
            f"{NEGATIVE}: expects a grave, which is not a level",
        ),
        (
            lambda: changed(NEGATIVE, findings=[FINDING, {**FINDING, "code": "CHN004"}]),
            "CHN005: no case has a finding of it alone",
        ),
        (
            lambda: changed("sound/chain-of-3", findings=[FINDING]),
            "sound/chain-of-3: is called sound, but has errors or another verdict",
        ),
        (
            lambda: replace(kept(), rules={**kept().rules, "CHN099": replace(CATALOGUE["CHN005"], code="CHN099")}),
            "CHN099: no case has a finding of it",
        ),
        (
            lambda: replace(kept(), rules={**kept().rules, "CHN099": replace(CATALOGUE["CHN005"], code="CHN099")}),
            "CHN099: is not explained",
        ),
        (
            lambda: replace(kept(), rules={**kept().rules, "CHN099": replace(CATALOGUE["CHN005"], code="CHN099")}),
            "CHN099: no case of it has a sound baseline",
        ),
        (
            lambda: replace(kept(), rules={**kept().rules, "CHN099": replace(CATALOGUE["CHN005"], code="CHN099")}),
            "CHN099: cites the page, 'Using FCU to generate credentials', where no statement names it",
        ),
        (lambda: replace(kept(), explained={**explained(), "XYZ001": ""}), "XYZ001: is explained, but is not a rule"),
        (
            lambda: replace(kept(), together={**kept().together, "CHN005": {"reason": ""}}),
            "CHN005: is excused from failing alone, but does fail alone",
        ),
        (
            lambda: replace(kept(), together={**kept().together, "CHN099": {"reason": ""}}),
            "CHN099: is excused from failing alone, but is not a rule",
        ),
        (lambda: replace(kept(), together={}), "CSR007: no case has a finding of it alone"),
        (
            lambda: with_statement(4, rules=[]),
            "statement 4: names rules or says why none can judge it, one of the two",
        ),
        (
            lambda: with_statement(4, untestable="no time"),
            "statement 4: names rules or says why none can judge it, one of the two",
        ),
        (
            lambda: with_statement(4, rules=["DEV004"]),
            "KEY004: cites the page, 'Process overview', where no statement names it",
        ),
        (lambda: with_statement(4, rules=["KEY099"]), "statement 4: names KEY099, which is not a rule"),
        (lambda: with_statement(4, number=40), "the page's statements are not numbered from 1 without a gap"),
        (
            lambda: with_statement(4, section="Elsewhere"),
            "the page's statements leave out a section, or do not come in the page's order",
        ),
        (
            lambda: replace(kept(), statements=kept().statements[:-6]),
            "the page's statements leave out a section, or do not come in the page's order",
        ),
    ],
)
def test_an_orphan_is_reported_with_the_command_that_helps(matrix: Any, orphan: str) -> None:
    assert orphan in list(orphans(matrix()))


def test_an_emptied_renamed_or_added_folder_is_noticed(tmp_path: Path) -> None:
    for name in ("emptied", "misspelt", "left"):
        shutil.copytree(FIXTURES / NEGATIVE, tmp_path / "CHN" / name)
    shutil.rmtree(tmp_path / "CHN" / "emptied")
    (tmp_path / "CHN" / "emptied").mkdir()
    (tmp_path / "CHN" / "misspelt" / "case.toml").rename(tmp_path / "CHN" / "misspelt" / "cases.toml")
    cases, files = read_cases(tmp_path)
    found = list(orphans(replace(kept(), cases=cases, files=files, planned=["CHN/left", "CHN/right"])))
    assert f"CHN/right: is missing in fixtures/; {WRITE}" in found
    assert f"CHN/emptied: has no case.toml; {WRITE}" in found
    assert f"CHN/misspelt: has no case.toml; {WRITE}" in found
    assert f"CHN/misspelt: is in fixtures/ but not in tests/vectors/cases.py; {WRITE}" in found
    assert [line for line in found if line.startswith("CHN/left")] == [
        "CHN/left: names sound/chain-of-3 as its baseline, which does not exist"
    ]


def test_the_notice_on_size_counts_only_in_cases_about_it() -> None:
    size = {"code": "DEV018", "level": "notice"}
    assert codes_of({"about": "DEV002", "findings": [size]}) == set()
    assert codes_of({"about": "DEV018", "findings": [size]}) == {"DEV018"}
    assert codes_of({"about": "DEV002", "findings": [{**size, "level": "error"}]}) == {"DEV018"}

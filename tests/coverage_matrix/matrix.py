"""The coverage matrix: rules, cases and statements of the page, and which of them lack a counterpart."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repository.generated import COMMAND

from fcu_conform.rules.model import Evidence, Level, Rule

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
STATEMENTS = ROOT / "docs" / "page-statements.toml"
TOGETHER = Path(__file__).with_name("together.toml")

LEAST_CASES = 300
PAGE = "Setting up FCU as a CA"
SECTIONS = (
    PAGE,
    "Process overview",
    "Assumptions",
    "Editing the FCU configuration file",
    "Generating a CA key and certificate for FCU",
    "Using FCU to generate credentials",
    "Example: Creating a certificate chain using OpenSSL",
    "Providing external credentials",
    "Securing your factory CA keys",
    "Uploading the FCU CA to Device Management",
)
"""The sections of the page, in its order."""

WRITE = f"fixtures are written by: {COMMAND}"
"""What helps where a folder of fixtures differs from the code that makes it."""

ABOUT_SIZE = "DEV018"
"""Its notice appears with every long chain."""


@dataclass(frozen=True)
class Matrix:
    """Everything that has to fit together.

    ``cases`` has each case.toml by the path of its folder, ``files`` the number of other files there; ``planned`` has
    the cases that tests/vectors makes, ``edits`` the known names of edits. ``statements`` is the list in docs/,
    ``together`` the rules that never fail alone, with reasons, and ``explained`` the output of explain for each code,
    without white space.
    """

    rules: Mapping[str, Rule]
    cases: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, int]
    planned: Collection[str]
    edits: Collection[str]
    statements: list[Mapping[str, Any]]
    together: Mapping[str, Mapping[str, str]]
    explained: Mapping[str, str]


def read_cases(folder: Path) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    """Every folder two levels below: its case.toml (empty where there is none), and how many other files it has."""
    cases, files = {}, {}
    for place in sorted(path for path in folder.glob("*/*") if path.is_dir()):
        name = place.relative_to(folder).as_posix()
        file = place / "case.toml"
        cases[name] = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
        files[name] = sum(path.is_file() and path != file for path in place.rglob("*"))
    return cases, files


def read_statements(file: Path) -> list[Mapping[str, Any]]:
    """The statements of the page."""
    found: list[Mapping[str, Any]] = tomllib.loads(file.read_text("utf-8"))["statement"]
    return found


def read_together(file: Path) -> dict[str, dict[str, str]]:
    """The rules that never fail alone."""
    return tomllib.loads(file.read_text("utf-8"))


def squeeze(text: str) -> str:
    """A text without white space and semicolons: a line break may stand for them."""
    return "".join(text.split()).replace(";", "")


def codes_of(case: Mapping[str, Any]) -> set[str]:
    """The rules with findings in a case; the notice on size counts only in a case about it."""
    return {
        one["code"]
        for one in case.get("findings", ())
        if not (one["code"] == ABOUT_SIZE != case["about"] and one["level"] == "notice")
    }


def orphans(matrix: Matrix) -> Iterator[str]:
    """A sentence for each rule, case or statement that lacks its counterpart."""
    yield from _of_folders(matrix)
    yield from _of_cases(matrix)
    yield from _of_rules(matrix)
    yield from _of_statements(matrix)


def _of_folders(matrix: Matrix) -> Iterator[str]:
    if len(matrix.cases) < LEAST_CASES:
        yield f"there are {len(matrix.cases)} cases, and {LEAST_CASES} are promised"
    for name in sorted(set(matrix.planned) - set(matrix.cases)):
        yield f"{name}: is missing in fixtures/; {WRITE}"
    for name in sorted(set(matrix.cases) - set(matrix.planned)):
        yield f"{name}: is in fixtures/ but not in tests/vectors/cases.py; {WRITE}"
    for name, count in matrix.files.items():
        if not matrix.cases[name]:
            yield f"{name}: has no case.toml; {WRITE}"
        elif not count:
            yield f"{name}: has nothing to judge; {WRITE}"


def _of_cases(matrix: Matrix) -> Iterator[str]:
    for name, case in matrix.cases.items():
        if case:
            yield from (f"{name}: {fault}" for fault in _of_case(matrix, name, case))


def _of_case(matrix: Matrix, name: str, case: Mapping[str, Any]) -> Iterator[str]:
    about = matrix.rules.get(case["about"])
    if about is None:
        yield f"is about {case['about']}, which is not a rule"
    elif case["clause"] != about.source:
        yield f"does not quote the source of {about.code}; {WRITE}"
    if not case["story"].endswith(".") or not case["chain"]:
        yield "has no story, or no drawing of its chain"
    for one in case.get("findings", ()):
        if one["code"] not in matrix.rules:
            yield f"expects {one['code']}, which is not a rule"
        elif one["level"] not in {level.value for level in Level}:
            yield f"expects a {one['level']}, which is not a level"
    is_sound = name.startswith("sound/")
    errors = {one["code"] for one in case.get("findings", ()) if one["level"] == "error"}
    if is_sound and (errors or case["verdict"] != "conformant"):
        yield "is called sound, but has errors or another verdict"
    if not is_sound:
        yield from _of_negative(matrix, name, case)
    baseline = case.get("baseline")
    if baseline is not None and baseline not in matrix.cases:
        yield f"names {baseline} as its baseline, which does not exist"
    if baseline is not None and case.get("edit") not in matrix.edits:
        yield f"is made by {case.get('edit')!r}, which is not a known edit"


def _of_negative(matrix: Matrix, name: str, case: Mapping[str, Any]) -> Iterator[str]:
    if case["about"] not in codes_of(case):
        yield f"is about {case['about']}, which has no finding in it"
    if not name.startswith(f"{case['about'][:3]}/"):
        yield f"is about {case['about']} but is in another family's folder"
    baseline = matrix.cases.get(case.get("baseline", ""))
    if not case.get("baseline"):
        yield "has no baseline"
    elif baseline and (
        baseline["verdict"] != "conformant" or _levels(case, case["about"]) & _levels(baseline, case["about"])
    ):
        yield f"has a baseline that {case['about']} does not let pass"


def _levels(case: Mapping[str, Any], code: str) -> set[str]:
    """The levels of a rule's findings."""
    return {one["level"] for one in case.get("findings", ()) if one["code"] == code}


def _of_rules(matrix: Matrix) -> Iterator[str]:
    told = {code for case in matrix.cases.values() if case for code in codes_of(case)}
    alone = {code for case in matrix.cases.values() if case and len(codes_of(case)) == 1 for code in codes_of(case)}
    passed = {case["about"] for name, case in matrix.cases.items() if case and name.startswith("sound/")}
    baselines = {case["about"] for case in matrix.cases.values() if case and case.get("baseline")}
    for code, rule in matrix.rules.items():
        if code not in told:
            yield f"{code}: no case has a finding of it"
        elif code not in alone and code not in matrix.together:
            yield f"{code}: no case has a finding of it alone"
        if code not in passed | baselines:
            yield f"{code}: no case of it has a sound baseline"
        text = matrix.explained.get(code, "")
        if not all(squeeze(part) in text for part in (rule.requirement, rule.why, rule.fix)):
            yield f"{code}: is not explained"
    for code in matrix.together:
        if code not in matrix.rules:
            yield f"{code}: is excused from failing alone, but is not a rule"
        elif code in alone:
            yield f"{code}: is excused from failing alone, but does fail alone"
    for code in sorted(set(matrix.explained) - set(matrix.rules)):
        yield f"{code}: is explained, but is not a rule"


def _of_statements(matrix: Matrix) -> Iterator[str]:
    numbers = [statement["number"] for statement in matrix.statements]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "the page's statements are not numbered from 1 without a gap"
    places = [SECTIONS.index(s["section"]) if s["section"] in SECTIONS else -1 for s in matrix.statements]
    if places != sorted(places) or set(places) != set(range(len(SECTIONS))):
        yield "the page's statements leave out a section, or do not come in the page's order"
    named = set()
    for statement in matrix.statements:
        words = f"statement {statement['number']}"
        rules = statement.get("rules", [])
        if bool(rules) == bool(statement.get("untestable")):
            yield f"{words}: names rules or says why none can judge it, one of the two"
        for code in rules:
            if code not in matrix.rules:
                yield f"{words}: names {code}, which is not a rule"
            named.add((statement["section"], code))
    for code, rule in matrix.rules.items():
        for source in rule.sources:
            if source.evidence is Evidence.PAGE and (source.section, code) not in named:
                yield f"{code}: cites the page, {source.section!r}, where no statement names it"

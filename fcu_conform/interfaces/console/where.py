"""Where to find a rule: its function, and in the source tree the defects, cases, tests and documents about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fcu_conform.rules.model import Rule

PACKAGE = Path(__file__).resolve().parents[2]
TREE = PACKAGE.parent

ELSEWHERE = "defects, fixtures, tests and documents are in the source tree"
"""What is said where the suite was installed without it."""

_EDIT = re.compile(r'^edit = "([a-z0-9-]+)"$', re.MULTILINE)


@dataclass(frozen=True)
class Places:
    """Where one rule is found; places are ``path:line`` or a path, below the tree or else the package's folder.

    Attributes:
        rule: the function and the card above it.
        defects: edits that break a conformant setup so that this rule fails, each with its name.
        fixtures: the cases that are about it: those that fail, then the conformant ones.
        tests, documents: the first line of each file that names it.
    """

    rule: str
    defects: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


def is_source_tree(tree: Path) -> bool:
    """Whether a folder is the source tree, and not one that packages are installed in."""
    return all((tree / name).exists() for name in ("pyproject.toml", "fixtures/DIGEST", "tests/vectors"))


def find_places(rule: Rule, tree: Path = TREE) -> Places:
    """The places of a rule; outside the source tree only that of its function."""
    code = rule.check.__code__
    file = Path(code.co_filename).resolve().relative_to(PACKAGE.parent)
    function = f"{file.as_posix()}:{code.co_firstlineno}"
    if not is_source_tree(tree):
        return Places(function)
    cases = dict(_cases(rule.code, tree))
    edits = {edit for text in cases.values() for edit in _EDIT.findall(text)}
    return Places(
        function,
        tuple(_defects(rule.code, edits, tree)),
        tuple(sorted(cases, key=lambda path: (path.startswith("fixtures/sound/"), path))),
        tuple(_first_lines(f'"{rule.code}"', tree, "tests/**/*.py")),
        tuple(_first_lines(rule.code, tree, "docs/**/*.md")),
    )


def _cases(code: str, tree: Path) -> Iterator[tuple[str, str]]:
    """The folder of each case that is about the rule, and its case.toml."""
    for path in (tree / "fixtures").glob("*/*/case.toml"):
        text = path.read_text("utf-8")
        if f'\nabout = "{code}"\n' in text:
            yield path.parent.relative_to(tree).as_posix(), text


def _defects(code: str, edits: set[str], tree: Path) -> Iterator[str]:
    """The functions of the defects that name the code above their ``def``, or that a case about the rule is made by."""
    for path in sorted(tree.glob("*/defects/*.py")):
        lines = path.read_text("utf-8").splitlines()
        decorated = False
        for number, line in enumerate(lines, start=1):
            if line.startswith("def "):
                name = line[4:].partition("(")[0].strip("_").replace("_", "-")
                if decorated or name in edits:
                    yield f"{path.relative_to(tree).as_posix()}:{number}  {name}"
                decorated = False
            elif line.startswith("@"):
                decorated = f'"{code}"' in line
            else:
                decorated = decorated or (f'"{code}"' in line and line.startswith("    ExpectedFinding("))


def _first_lines(wanted: str, tree: Path, pattern: str) -> Iterator[str]:
    """The first line with the text in each file that has it."""
    for path in sorted(tree.glob(pattern)):
        lines = path.read_text("utf-8").splitlines()
        number = next((number for number, line in enumerate(lines, start=1) if wanted in line), 0)
        if number:
            yield f"{path.relative_to(tree).as_posix()}:{number}"

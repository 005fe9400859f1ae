"""What every file of the repository must be: short, introduced, free of secrets and of left-over notes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from repository.sources import ROOT, Module, files_below, modules

LONGEST = 400
LONGEST_TESTS = 460
LONGEST_CLASS, MOST_METHODS = 150, 12

_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+([A-Za-z0-9+/]{16,}[A-Za-z0-9+/=\s]*)-----END")
_NOTES = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")

ALL = [module for package in ("fcu_conform", "reference_ca", "tests") for module in modules(package)]


def place(module: Module) -> str:
    return module.path.relative_to(ROOT).as_posix()


def test_the_modules_were_found() -> None:
    assert len(ALL) > 100
    assert {"fcu_conform/__init__.py", "reference_ca/__init__.py", "tests/repository/test_files.py"} <= set(
        map(place, ALL)
    )


def lengths(*, of_tests: bool) -> dict[str, int]:
    """Lines of the modules of the packages or of the tests, by place."""
    return {place(m): m.text.count("\n") for m in ALL if place(m).startswith("tests/") is of_tests}


def test_a_module_is_short() -> None:
    assert {name: lines for name, lines in lengths(of_tests=False).items() if lines >= LONGEST} == {}


def test_a_file_of_tests_holds_one_subject() -> None:
    long = {name for name, lines in lengths(of_tests=True).items() if lines >= LONGEST_TESTS}
    assert long <= {"tests/rules/expected.py"}  # which is data


def classes(text: str) -> Iterator[tuple[str, int, int]]:
    """Name, lines and methods of each class, properties among them."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))]
            yield node.name, (node.end_lineno or 0) - node.lineno + 1, len(methods)


def test_a_class_is_short_and_does_one_thing() -> None:
    shipped = [module for module in ALL if not place(module).startswith("tests/")]
    found = [(place(module), *one) for module in shipped for one in classes(module.text)]
    assert len(found) > 250
    large = [name for _, name, lines, methods in found if lines > LONGEST_CLASS or methods > MOST_METHODS]
    assert large == []


def test_lines_and_methods_of_a_class_are_counted() -> None:
    body = "".join(f"    def do_{number}(self): ...\n" for number in range(3))
    attribute = "    @property\n    def size(self): ...\n"
    assert list(classes(f"class A:\n{body}{attribute}\nclass B(A):\n    x = 1\n")) == [("A", 6, 4), ("B", 2, 0)]


def first_line(module: Module) -> str:
    """The first line of a module's docstring; empty without one, or where something else stands in front of it."""
    said = ast.get_docstring(ast.parse(module.text)) or ""
    return said.partition("\n")[0] if module.text.lstrip().startswith(('"""', 'r"""', "#!")) else ""


def test_a_module_starts_with_a_docstring_of_its_purpose() -> None:
    assert [place(module) for module in ALL if len(first_line(module)) <= 15] == []


def test_a_test_file_starts_with_one_line_about_its_content() -> None:
    lines = {place(module): first_line(module) for module in ALL if module.path.name.startswith("test_")}
    assert {name: line for name, line in lines.items() if not line.endswith((".", "?")) or len(line) <= 40} == {}


def test_no_file_outside_fixtures_contains_a_private_key() -> None:
    checked, found = 0, []
    for path in files_below(ROOT):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(("fixtures/", "tests/fixtures/", "example/")) or path.stat().st_size > 4 << 20:
            continue
        checked += 1
        if _PRIVATE_KEY.search(path.read_bytes()):
            found.append(name)
    assert checked > 100
    assert found == []


def test_a_private_key_would_be_found() -> None:
    begin, end = b"-----BEGIN EC PRIVATE " + b"KEY-----\n", b"-----END EC PRIVATE " + b"KEY-----\n"
    assert _PRIVATE_KEY.search(b"x" + begin + b"MHcCAQEEIAAAAAAAAAAAAAAAAAAA\nAAAA==\n" + end)
    assert not _PRIVATE_KEY.search(begin + b"...\n" + end)


def test_no_todo_is_left() -> None:
    suffixes = {".py", ".md", ".toml", ".ini", ".yaml", ".yml", ".json", ".txt", ".sh"}
    paths = [path for path in files_below(ROOT) if path.suffix in suffixes and path.stat().st_size < 1 << 20]
    assert len(paths) > 100
    found = [path.relative_to(ROOT).as_posix() for path in paths if _NOTES.search(path.read_text("utf-8", "replace"))]
    assert found == []


@pytest.mark.parametrize(
    "name", ["tox.ini", ".ci/run", ".pre-commit-config.yaml", "pyproject.toml", "tests/lowest.txt"]
)
def test_no_package_index_is_named(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text
    assert not re.search(r"index[-_]url|find[-_]links|trusted[-_]host|https?://", text)


def test_the_ci_script_is_executable() -> None:
    path = ROOT / ".ci" / "run"
    assert path.stat().st_mode & 0o111 == 0o111
    assert path.read_text().splitlines()[0] == "#!/usr/bin/env bash"

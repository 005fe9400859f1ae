"""Who may import whom: the wall between maker and judge, and the layers of the judge."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from repository.sources import ROOT, Module, _imports, _module, belongs, circles, imported_modules, modules

LAYERS = {
    "artefacts": {"artefacts"},
    "rules": {"artefacts", "rules"},
    "validators": {"artefacts", "validators"},
    "engine": {"artefacts", "rules", "validators", "engine"},
    "interfaces": {"artefacts", "rules", "validators", "engine", "interfaces"},
}
"""What each layer may import of the judge; the package's own top level holds no layer."""


def seen(package: str, least_files: int, least_imports: int) -> tuple[Module, ...]:
    """The modules of a package, once it is sure that they were found and read."""
    found = modules(package)
    assert len(found) >= least_files
    assert sum(len(module.imports) for module in found) >= least_imports
    return found


@pytest.mark.parametrize(
    ("package", "other", "files", "imports"),
    [("fcu_conform", "reference_ca", 50, 300), ("reference_ca", "fcu_conform", 10, 80)],
)
def test_maker_and_judge_share_nothing(package: str, other: str, files: int, imports: int) -> None:
    found = seen(package, files, imports)
    assert sum(belongs(name, package) for module in found for name in module.imports) >= len(found)
    assert [(m.name, name) for m in found for name in m.imports if belongs(name, other)] == []


def test_the_judge_does_not_start_the_maker_as_a_process() -> None:
    found = seen("fcu_conform", 50, 300)
    assert [module.name for module in found if "reference_ca" in module.text or "reference-ca" in module.text] == []


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_downward_only(layer: str) -> None:
    found = seen(f"fcu_conform/{layer}", 2, 4)
    above = set(LAYERS) - LAYERS[layer]
    wrong = [
        (module.name, name)
        for module in found
        for name in module.imports
        for other in above
        if belongs(name, f"fcu_conform.{other}")
    ]
    assert wrong == []


@pytest.mark.parametrize(("package", "files"), [("fcu_conform", 150), ("reference_ca", 30)])
def test_no_modules_import_each_other_in_a_circle_even_for_types(package: str, files: int) -> None:
    found = seen(package, files, 4 * files)
    assert circles(imported_modules(found)) == []


def test_an_import_circle_would_be_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"e"}}
    assert circles(graph) == [["b", "c"], ["e"]]
    text = "if TYPE_CHECKING:\n    from fcu_conform.two import Two\ndef f():\n    from fcu_conform import two\n"
    one, two = (Module(ROOT / f"{name}.py", f"fcu_conform.{name}", its) for name, its in (("one", text), ("two", "")))
    assert imported_modules([one, two]) == {one.name: {two.name}, two.name: set()}


def test_every_folder_of_the_judge_is_a_known_layer() -> None:
    folders = {path.parent.name for path in (ROOT / "fcu_conform").glob("*/__init__.py")}
    assert {"artefacts", "rules", "engine", "interfaces"} <= folders <= set(LAYERS)


def test_relative_imports_and_imports_within_functions_are_found() -> None:
    """The tests above would find nothing if this broke."""
    text = (
        "from ..engine import check\ndef f():\n    import reference_ca.files\n"
        "    import_module('fcu_conform.interfaces')\n"
    )
    found = set(_imports(ast.parse(text), ["fcu_conform", "rules"]))
    assert found == {"fcu_conform.engine.check", "reference_ca.files", "fcu_conform.interfaces"}
    assert _module(ROOT / "fcu_conform" / "__init__.py").name == "fcu_conform"


MOST_WITHIN_FUNCTIONS = 40


def within_functions(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """The imports that stand within functions, each with the comment behind it or right above."""
    lines = module.text.splitlines()
    for function in ast.walk(ast.parse(module.text)):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    number = node.lineno - 1
                    while re.match(r"\s+(?:if|else|try|import|from)\b", lines[number - 1]) and number > function.lineno:
                        number -= 1
                    around = [*lines[number - 1 : number], *lines[number : node.lineno]]
                    yield node, " ".join(line.partition("#")[2].strip() for line in around).strip()


def test_imports_within_functions_are_few_and_each_has_its_reason() -> None:
    """A module is imported when it is used, and imports at its top what it uses; what is left saves a start."""
    found = [
        (f"{module.name}:{node.lineno}", reason)
        for module in (*seen("fcu_conform", 50, 300), *seen("reference_ca", 10, 80))
        for node, reason in within_functions(module)
    ]
    assert 20 < len(found) < MOST_WITHIN_FUNCTIONS
    assert [place for place, reason in found if len(reason) < 15] == []


def test_the_entry_module_of_the_plugin_imports_nothing_heavy() -> None:
    script = "import sys; import fcu_conform.interfaces.pytest_plugin; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = done.stdout.split()
    assert "fcu_conform.interfaces.pytest_plugin" in loaded
    assert "pytest" in loaded
    dear = ("cryptography", "ruamel", "click", "rich", "cbor2", "dulwich", "fcu_conform.rules", "fcu_conform.artefacts")
    assert [name for name in loaded if any(belongs(name, package) for package in dear)] == []


def test_tests_can_be_imported_without_an_editable_install() -> None:
    """From a wheel, as tox installs, there is no package called tests: only what stands in that folder."""
    named = re.compile(r"^\s*(?:from|import) tests\b", re.MULTILINE)
    assert named.search("from tests.validators import paths")
    assert [module.name for module in modules("tests") if named.search(module.text)] == []

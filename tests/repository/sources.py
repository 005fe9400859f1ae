"""The repository's own files: its modules, and what each imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NOT_OURS = {".git", ".tox", ".venv", "venv", ".hypothesis", "__pycache__", "build", "dist", "site", "node_modules"}


@dataclass(frozen=True)
class Module:
    """A Python file with its dotted name and its text."""

    path: Path
    name: str
    text: str

    @property
    def package(self) -> str:
        """The package that it stands in."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @cached_property
    def imports(self) -> frozenset[str]:
        """The dotted names of all that it imports anywhere."""
        return frozenset(_imports(ast.parse(self.text), self.package.split(".")))


def files_below(folder: Path) -> Iterator[Path]:
    """Every file of ours below a folder."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name in _NOT_OURS or path.name.endswith((".egg-info", "_cache")):
            continue
        if path.is_dir():
            yield from files_below(path)
        elif path.is_file():
            yield path


@cache
def modules(package: str) -> tuple[Module, ...]:
    """All modules of a package."""
    return tuple(_module(path) for path in files_below(ROOT / package) if path.suffix == ".py")


def _module(path: Path) -> Module:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return Module(path, ".".join(parts), path.read_text(encoding="utf-8"))


def _imports(tree: ast.Module, package: list[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{start}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if function in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.args[0].value


def imported_modules(found: Sequence[Module]) -> dict[str, set[str]]:
    """By name, the modules among some that each of them imports: anywhere, for types alone as well."""
    names = {module.name for module in found}

    def module_of(name: str) -> str:
        while name and name not in names:
            name = name.rpartition(".")[0]
        return name

    return {module.name: {module_of(name) for name in module.imports} - {"", module.name} for module in found}


def circles(graph: Mapping[str, Set[str]]) -> list[list[str]]:
    """Groups of nodes of which each can be reached from every other one."""
    reached = {node: _reached(graph, node) for node in graph}
    groups = {frozenset(other for other in reached[node] if node in reached[other]) for node in graph}
    return sorted(sorted(group) for group in groups if group)


def _reached(graph: Mapping[str, Set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached


def belongs(name: str, package: str) -> bool:
    """A dotted name is that of the package or of something in it."""
    return name == package or name.startswith(f"{package}.")

"""The mutants of a module: cosmic-ray's changes, one at a time, without those that nothing evaluates."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.commands.init import _operators
from cosmic_ray.mutating import MutationVisitor
from cosmic_ray.plugins import get_operator

SAME = ("Is_Eq", "Eq_Is", "IsNot_NotEq", "NotEq_IsNot")
"""Identity for equality and back: the same for members of an enumeration, for None and for small numbers."""


@dataclass(frozen=True, order=True)
class Mutant:
    """One change: the ``occurrence``-th place of a module at which an operator can change something, in a row."""

    module: str
    row: int
    operator: str
    occurrence: int

    def __str__(self) -> str:
        return f"{self.module}:{self.row} {self.operator.removeprefix('core/')} {self.occurrence}"


class Module:
    """A module of the judge; its tree is parsed once, and each mutant is made in a process that ends afterwards."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.path = root / name
        self.status = self.path.stat()
        self.source = self.path.read_text(encoding="utf-8")
        self.code = compile(self.source, str(self.path), "exec")
        self.tree = ast.parse(self.source)
        self.length = self.source.count("\n") + 1

    @cached_property
    def evaluated(self) -> str:
        """What of the module can be told from outside."""
        return evaluated(self.source)

    def restore(self) -> None:
        """Undoes what a mutant did to the file, so that the bytecode kept for it fits again."""
        if self.path.stat().st_mtime_ns != self.status.st_mtime_ns:
            self.path.write_text(self.source, encoding="utf-8")
            os.utime(self.path, ns=(self.status.st_atime_ns, self.status.st_mtime_ns))

    @cached_property
    def nodes(self) -> object:
        """cosmic-ray's tree of the module, which making a mutant changes."""
        return get_ast(self.source)

    def mutants(self) -> Iterator[Mutant]:
        """Every change that cosmic-ray knows for this module, without those that say the same."""
        every = list(ast_nodes(self.nodes))
        for operator, _, changes in _operators({}):
            if operator.endswith(SAME):
                continue
            places = (start for node in every for start, _ in changes.mutation_positions(node))
            for occurrence, (row, _) in enumerate(places):
                yield Mutant(self.name, row, operator, occurrence)

    def mutated(self, mutant: Mutant) -> str | None:
        """The source with the change in it; None where it changes nothing that is evaluated."""
        visitor = MutationVisitor(mutant.occurrence, get_operator(mutant.operator)())
        source = visitor.walk(self.nodes).get_code()
        return None if evaluated(source) == self.evaluated else source

    @cached_property
    def _statements(self) -> list[ast.stmt]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.stmt)]

    def rows_of(self, row: int) -> range | None:
        """The rows that run when what stands in this one does; None for what runs when the module is imported."""
        function, innermost = self.function_of(row), self._around(row)[:1]
        if function is None:
            return None
        if innermost == [function]:  # its decorators and defaults count as much as it does
            return self.body_of(function)
        statement = innermost[0]
        body = getattr(statement, "body", None)
        end = body[0].lineno if body else (statement.end_lineno or statement.lineno) + 1
        return range(statement.lineno, max(end, row + 1))

    def function_of(self, row: int) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The innermost function round a row; its decorators belong to it."""
        return next((s for s in self._around(row) if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef))), None)

    def body_of(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> range:
        """The rows that run when a function is called."""
        return range(function.body[0].lineno, (function.end_lineno or function.lineno) + 1)

    def _around(self, row: int) -> list[ast.stmt]:
        """The statements round a row, the innermost first."""
        around = [s for s in self._statements if _first(s) <= row <= (s.end_lineno or s.lineno)]
        return sorted(around, key=lambda s: (s.end_lineno or s.lineno) - _first(s))


def _first(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", ())
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def evaluated(source: str) -> str:
    """What of a source can be told from outside: neither annotations (PEP 563), nor what only type checkers import,
    nor whether somebody might write to an object, nor how much is remembered to be quick."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
            node.decorator_list = [d for d in node.decorator_list if _name(d) not in ("cache", "lru_cache")]
        elif isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call):
                    decorator.keywords = [k for k in decorator.keywords if k.arg not in ("frozen", "slots")]
        elif isinstance(node, ast.arguments):  # by name or by place: callers that do as they did get the same
            node.args, node.posonlyargs, node.kwonlyargs = [*node.posonlyargs, *node.args, *node.kwonlyargs], [], []
            node.defaults, node.kw_defaults = [*node.defaults, *filter(None, node.kw_defaults)], []
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in (inner.id for inner in _names(node.test)):
            node.test, node.body = ast.Constant(False), [ast.Pass()]
    return ast.dump(tree)


def _names(expression: ast.expr) -> Iterator[ast.Name]:
    return (node for node in ast.walk(expression) if isinstance(node, ast.Name))


def _name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.id if isinstance(called, ast.Name) else ""

"""Tries mutants in forks of a process that has collected the tests, so that none of them waits for a start.

Most changes are inside a function: its new code is put into the function that is there. What runs when a module is
imported is imported anew, and the tests with it. The file is changed too, for processes that a test starts.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import inspect
import io
import os
import resource
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from .mutants import Module, Mutant
from .reach import Reach

Functions = dict[CodeType, list[FunctionType]]

JUDGED = ("fcu_conform/artefacts", "fcu_conform/rules", "fcu_conform/engine")
"""The layers that are mutated."""

SURVIVED, KILLED, IDLE, BROKEN = 0, 1, 3, 4
OUTCOMES = {SURVIVED: "survived", IDLE: "idle", BROKEN: "broken", -signal.SIGALRM: "timed out"}

PATIENCE = 10
"""Seconds beyond three times what the tests take after which a mutant counts as noticed: it goes on for ever."""

MEMORY = 4 << 30


class Trial:
    """A plugin of pytest that tries mutants in place of running the tests.

    Args:
        root: the copy of the repository that is judged.
        tell: is given each mutant with what became of it and the tests that it met.
    """

    def __init__(
        self,
        root: Path,
        reach: Reach,
        mutants: Sequence[Mutant],
        budget: float,
        tell: Callable[[Mutant, str, list[str]], None],
    ) -> None:
        self.root, self.reach, self.mutants, self.budget, self.tell = root, reach, mutants, budget, tell
        self.modules: dict[str, Module] = {}
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        functions = loaded_functions(self.root)
        gc.freeze()
        for mutant in self.mutants:
            module = self.modules.get(mutant.module)
            if module is None:
                module = self.modules[mutant.module] = Module(self.root, mutant.module)
                _ = module.nodes, module.evaluated  # once for all forks
            tests = [test for test in self.reach.tests(module, mutant, self.budget) if test in items]
            chosen = [items[test] for test in tests]
            limit = PATIENCE + 3 * sum(self.reach.seconds[test] for test in tests)
            status = forked(partial(self._try, module, mutant, chosen, functions), limit)
            module.restore()
            self.tell(mutant, OUTCOMES.get(status, "killed") if tests or status != SURVIVED else "not reached", tests)
        return True

    def _try(self, module: Module, mutant: Mutant, items: list[pytest.Item], functions: Functions) -> int:
        source = module.mutated(mutant)
        if source is None:
            return IDLE
        try:
            code = compile(source, str(module.path), "exec")
        except (SyntaxError, ValueError):
            return IDLE
        if not items:
            return SURVIVED
        module.path.write_text(source, encoding="utf-8")
        if patched(module.code, code, functions):
            for item, following in zip(items, [*items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self.failed:
                    return KILLED
            return SURVIVED
        return self._anew([item.nodeid for item in items])

    def _anew(self, tests: list[str]) -> int:
        """Imports the judge and the tests again."""
        for name, loaded in list(sys.modules.items()):
            if str(getattr(loaded, "__file__", None) or "").startswith(f"{self.root}/") and "mutation" not in name:
                del sys.modules[name]
        arguments = ["-x", "-q", "-s", "-p", "no:cacheprovider", f"--basetemp={self.root}/.again"]
        return SURVIVED if pytest.main([*arguments, *tests]) == pytest.ExitCode.OK else KILLED


def forked(work: Callable[[], int], limit: float) -> int:
    """What a piece of work returns in a process of its own that ends with it; the negative signal if one ended it."""
    pid = os.fork()
    if pid == 0:
        status = BROKEN
        try:
            os.setsid()
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(int(limit))
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                status = work()
        except BaseException:
            status = KILLED
        finally:
            os._exit(status)
    _, ended = os.waitpid(pid, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)  # what it started ends with it
    return os.waitstatus_to_exitcode(ended)


def loaded_functions(root: Path) -> Functions:
    """Every function of the judge by its code, once all that may be changed has been imported."""
    for part in JUDGED:
        for path in sorted((root / part).rglob("*.py")):
            name = path.relative_to(root).with_suffix("").as_posix().replace("/", ".")
            importlib.import_module(name.removesuffix(".__init__"))
    functions: Functions = defaultdict(list)
    for thing in gc.get_objects():
        if type(thing) is FunctionType and thing.__code__.co_filename.startswith(f"{root}/fcu_conform/"):
            functions[thing.__code__].append(thing)
    return functions


def patched(old: CodeType, new: CodeType, functions: Functions) -> bool:
    """Puts new code into the functions that have the old; False where what differs runs at import."""
    changes = []
    for before, after in differing(old, new):
        if not before.co_flags & inspect.CO_NEWLOCALS:  # of a module or a class
            return False
        changes += [(function, after) for function in functions.get(before, ())]
    if not changes or any(code.co_freevars != function.__code__.co_freevars for function, code in changes):
        return False
    for function, code in changes:
        function.__code__ = code
    return True


def differing(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Pairs of code that differ in themselves, and the functions round them, since those make them anew."""
    if old == new:
        return
    inner_old = [c for c in old.co_consts if isinstance(c, CodeType)]
    inner_new = [c for c in new.co_consts if isinstance(c, CodeType)]
    same_shape = [c.co_name for c in inner_old] == [c.co_name for c in inner_new]
    inner = list(zip(inner_old, inner_new, strict=True)) if same_shape else []
    if not same_shape or _itself(old) != _itself(new) or old.co_flags & inspect.CO_NEWLOCALS:
        yield old, new
    for before, after in inner:
        yield from differing(before, after)


def _itself(code: CodeType) -> tuple[object, ...]:
    """What code is apart from the code in it."""
    plain = tuple(repr(c) for c in code.co_consts if not isinstance(c, CodeType))
    return (code.co_code, plain, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)

"""Commands run in this process, where one of their own would prove nothing more: most of its time is importing."""

from __future__ import annotations

import contextlib
import importlib
import io
import pkgutil
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from functools import cache

import pytest

import fcu_conform as package
from fcu_conform.interfaces.console import main
from reference_ca.console import cli


def fcu_conform(*arguments: object) -> subprocess.CompletedProcess[str]:
    """``fcu-conform ARGUMENTS``, with what it writes and its exit code."""
    words = list(map(str, arguments))
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    for stream in (out, err):
        stream.seek(0)
    return subprocess.CompletedProcess(words, code, out.read(), err.read())


def reference_ca(*arguments: object) -> None:
    """``reference-ca ARGUMENTS``, which must succeed; what it says is dropped."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        cli.main(list(map(str, arguments)), prog_name="reference-ca", standalone_mode=False)


def run_pytest(pytester: pytest.Pytester, *arguments: object, fresh: bool = False) -> pytest.RunResult:
    """pytest inside pytest: in this process, but for runs with workers, and those that change the suite's own code.

    Args:
        fresh: in a process of its own.
    """
    words = list(map(str, arguments))
    if fresh or any(word.startswith("-n") for word in words):
        return pytester.runpytest_subprocess(*words)
    import_everything()
    return pytester.runpytest_inprocess(*words)


@cache
def import_everything() -> None:
    """Imports what a run could be the first to: it forgets that again, and compiled modules are imported only once."""
    modules = [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    for name in (*modules, "pyarrow.parquet", "xdist.plugin"):
        if not name.endswith("__main__"):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)

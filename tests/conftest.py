"""What all tests share: pytest inside pytest, bytecode for the processes they start, names that are always the same."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress

import pytest
import sampling

pytest_plugins = ["pytester"]

# pytest reads this in a clone where the suite alone is installed too: a keystore is judged there without hypothesis.
with suppress(ModuleNotFoundError):
    from hypothesis import HealthCheck, settings

    # The same examples each time, however long a busy machine takes over them, and nothing kept in the tree.
    settings.register_profile(
        "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("steady")

BYTECODE = "FCU_TESTS_BYTECODE"
"""The environment variable that says where the bytecode of tests' processes is; an empty one: nowhere."""


def pytest_configure(config: pytest.Config) -> None:
    """Lets the hundreds of processes that tests start compile each module once, and nothing of it lie in the tree.

    This process itself, and the workers, keep to the bytecode that is there.
    """
    folder = os.environ.get(BYTECODE)
    if folder is None:
        folder = os.environ[BYTECODE] = tempfile.mkdtemp(prefix="fcu-tests-bytecode-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(lambda: os.environ.pop(BYTECODE))
    is_controller = bool(getattr(config.option, "numprocesses", None))
    if folder and not is_controller:
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves a sample of the longest tests to an ordinary run, unless they are asked for by name."""
    if not any("::" in argument for argument in config.args):
        sampling.mark(items)


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """pytest inside pytest keeps to its order where a plugin shuffles the tests outside; hypothesis costs it time."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly -p no:hypothesispytest")
    return pytester


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes may be long, may be a key, and may be drawn anew, so they are no part of a name."""
    return argname if isinstance(val, bytes) else None

"""Freshly started worker processes that do not look for modules in the current folder while they start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnContext, SpawnProcess

SAFE_PATH = "PYTHONSAFEPATH"
"""The environment variable that keeps the current folder off the search path, from Python 3.11 on."""


@contextmanager
def safe_path() -> Iterator[None]:
    """Every Python that is started meanwhile has no current folder on its search path."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before


class _Process(SpawnProcess):
    def start(self) -> None:
        with safe_path():
            super().start()


class SafeSpawnContext(SpawnContext):
    """As multiprocessing's own "spawn", which looks in the current folder first until it knows its parent's path."""

    Process = _Process

    def __init__(self) -> None:
        if os.name == "posix":
            with safe_path():
                resource_tracker.ensure_running()  # a process of its own, started only once

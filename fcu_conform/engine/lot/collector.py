"""Keeps Python's garbage collector from looking through everything again and again while a lot is judged."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (50_000, 20, 100)
"""New objects until the youngest are looked through, and so on; devices leave no cycles behind to be found."""


def settle() -> None:
    """What has been loaded stays, and is looked through no more; what comes is looked through rarely."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


@contextmanager
def settled() -> Iterator[None]:
    """Does that until the context is left."""
    before = gc.get_threshold()
    settle()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

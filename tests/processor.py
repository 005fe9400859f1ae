"""Bounds of processor time: what a test may take of it, however busy the machine is. No test looks at the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fails if what stands within takes this process more seconds of processor time.

    Bounds are several times what is usual: caches that are shared with a neighbour cost processor time too.
    """
    start = process_time()
    yield
    taken = process_time() - start
    assert taken < seconds, f"took {taken:.1f} s of processor time"

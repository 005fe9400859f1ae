"""Ends all descendants of a process, whatever their process group or session. On Linux only."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import defaultdict
from contextlib import suppress

_SET_CHILD_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h
_PATIENCE = 2.0
"""Seconds after which a process that is killed and does not end is left to the system."""

_adopting = False


def adopt() -> None:
    """Becomes the parent of every process below this one whose own parent ends, so that none can get away.

    Only a process that has no other children may do so: `end_adopted` takes all for adopted ones.
    """
    global _adopting
    if sys.platform != "linux" or _adopting:
        return
    import ctypes  # only where programs are started

    with suppress(OSError, AttributeError):
        _adopting = ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def end_adopted() -> None:
    """Kills and collects all children of this process; does nothing where it has not called `adopt`."""
    deadline = time.monotonic() + _PATIENCE
    while _adopting and time.monotonic() < deadline:
        try:
            collected, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not collected:
            kill_below(os.getpid())
            time.sleep(0.001)


def end(process: int) -> None:
    """Kills a process, its process group and all below it. It has to be collected afterwards."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(process, signal.SIGSTOP)  # it starts nothing more, and adopts those whose parents are killed now
        deadline = time.monotonic() + _PATIENCE
        while kill_below(process) and time.monotonic() < deadline:
            pass
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)


def kill_below(process: int) -> int:
    """Kills all that live below a process; how many that were."""
    children = _children()
    below, found = [process], []
    while below:
        found += (those := children.get(below.pop(), []))
        below += those
    for one in found:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(one, signal.SIGKILL)
    return len(found)


def _children() -> dict[int, list[int]]:
    """All processes by their parents. Those that have ended and wait to be collected are left out."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    if sys.platform != "linux":
        return children
    for entry in os.scandir("/proc"):
        if not entry.name.isdecimal():
            continue
        try:
            # the name in brackets may hold anything, brackets too
            with open(f"/proc/{entry.name}/stat", "rb") as status:  # noqa: PTH123 - pathlib takes a while to import
                state, parent = status.read().rpartition(b")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state not in b"ZX":
            children[int(parent)].append(int(entry.name))
    return children

"""Faults in how a run was requested, as opposed to faults in what was judged."""

from __future__ import annotations

import os
from pathlib import Path


class UsageError(ValueError):
    """The request is not valid: one line that says what is wrong and where."""


def changed(path: str | os.PathLike[str]) -> UsageError:
    """What to raise where a path does not hold what was judged."""
    return UsageError(f"{path}: changed while it was judged")


def existing(given: str | os.PathLike[str], what: str) -> Path:
    """The path, if something is there.

    Raises:
        UsageError: nothing is there, or it cannot be looked at.
    """
    path = Path(given)
    try:
        path.stat()
    except FileNotFoundError:
        raise UsageError(f"{what} {path}: no such file or folder") from None
    except (OSError, ValueError) as fault:
        reason = os.strerror(fault.errno).lower() if isinstance(fault, OSError) and fault.errno else str(fault)
        raise UsageError(f"{what} {path}: cannot be opened: {reason}") from None
    return path

"""The exit codes of every front end; they are pytest's."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a process; for a command that judges nothing, 0 and 1 mean yes and no."""

    CONFORMANT = 0
    NON_CONFORMANT = 1
    INTERRUPTED = 2
    INTERNAL_FAULT = 3
    USAGE = 4
    NOTHING_CHECKED = 5

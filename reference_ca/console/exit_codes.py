"""The exit codes of `reference-ca`."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says at its end; those of most programs, and not pytest's."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INTERRUPTED = 130

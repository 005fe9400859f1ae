"""The exit codes of `reference-ca`."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of the process: the usual codes of programs, not pytest's."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INTERRUPTED = 130

"""Runs the console script and returns its output."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from fcu_conform.interfaces.console import main

AT = "2026-06-01T00:00:00Z"


@dataclass(frozen=True)
class Keys:
    """The files of one Ed25519 key: private, public, and private under the passphrase ``open sesame``."""

    private: Path
    public: Path
    locked: Path


@dataclass(frozen=True)
class Said:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


def run(*arguments: object) -> Said:
    """fcu-conform with these arguments, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Said(code, out.getvalue(), err.getvalue())

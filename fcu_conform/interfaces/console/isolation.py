"""Starts a command again in a Python that imports nothing from the current folder or from what is judged.

``python -I -B`` knows neither PYTHONPATH nor the user's site, nor does it run a sitecustomize.py of the current folder.
Both are the caller's own, so they are named to it, but for what means the current folder or lies in what is judged.
"""

from __future__ import annotations

import json
import os
import signal
import site
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from fcu_conform.interfaces.console.search_path import HOME, is_current_folder

START = Path(__file__).with_name("isolated.py")
"""The program that the new Python runs."""


def run_isolated(arguments: Sequence[str], *, replace: bool) -> int:
    """Runs a command in isolation and gives its exit code.

    Args:
        arguments: the command's name and its arguments.
        replace: this process becomes the new one, where the system can do that.
    """
    paths = {"first": _callers_paths(arguments), "site": _callers_site(arguments), "last": HOME}
    encoding = getattr(sys.stdout, "encoding", None)
    utf8 = ["-X", "utf8"] if sys.flags.utf8_mode else []
    told = json.dumps({**paths, "encoding": encoding})
    command = [sys.executable, "-I", "-B", *utf8, str(START), told, *arguments]
    if replace and os.name == "posix":
        os.execv(sys.executable, command)  # noqa: S606  # the same interpreter
    with subprocess.Popen(command) as process:  # noqa: S603
        before = signal.signal(signal.SIGINT, signal.SIG_IGN) if replace else None  # what it means the child decides
        try:
            return process.wait()
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)


def _callers_paths(arguments: Sequence[str]) -> list[str]:
    """The folders of PYTHONPATH."""
    if sys.flags.ignore_environment:
        return []
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [entry for entry in entries if not is_current_folder(entry) and not _is_judged(entry, arguments)]


def _callers_site(arguments: Sequence[str]) -> str | None:
    """The folder of packages that the user has installed for themselves, where this Python knows it."""
    folder = site.getusersitepackages() if site.ENABLE_USER_SITE else None
    return None if folder is None or _is_judged(folder, arguments) else folder


def _is_judged(entry: str, arguments: Sequence[str]) -> bool:
    """The folder is in one that a command names; which of its arguments are paths is not known yet."""
    place = Path(os.path.realpath(entry))
    values = [Path(part) for text in arguments for part in (text, text.partition("=")[2]) if part]
    return any(place.is_relative_to(os.path.realpath(value)) for value in values if value.is_dir())

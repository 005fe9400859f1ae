"""What the commands about several lines share: their keystores, and the device output of each as LINE=PATH."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.console.keystores import check_sound
from fcu_conform.interfaces.console.run_options import run_option
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.output_files import check_targets, keep_out, write_atomically
from fcu_conform.interfaces.run.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

DEVICES_HELP = "Device output: PATH for the one keystore, LINE=PATH for one of several; repeatable."


def line_options(command: Command) -> Command:
    """Gives a command the options that say what the lines are, and when they are judged."""
    for add in (
        run_option("at"),
        run_option("mode"),
        run_option("portal-upload"),
        run_option("devices", help=DEVICES_HELP),
        run_option("chain-depth"),
        run_option("config"),
        run_option("keystore", required=True),
    ):
        command = add(command)
    return command


def sound_lines(settings: Settings) -> list[Setup]:
    """The setups of all lines with their devices; each has a chain that can be relied on.

    Raises:
        UsageError: what was given makes no sense.
        Unsound: a rule that matters here failed on one of them.
    """
    setups = settings.read_setups(line_devices=devices_by_line(settings))
    for setup in setups:
        check_sound(setup, f"{setup.name}: " if len(setups) > 1 else "")
    return setups


def devices_by_line(settings: Settings) -> Mapping[str, Sequence[str]] | None:
    """Paths of device output by the line that is named before each; None where there is one line alone to be meant."""
    found: dict[str, list[str]] = {}
    for text in settings.devices:
        line, separator, path = text.partition("=")
        if not separator or os.path.lexists(text):
            if len(settings.keystores) == 1:
                return None
            raise UsageError(f"--devices {text}: there are several lines: say LINE=PATH")
        if not path.strip():
            raise UsageError(f"--devices {text}: has no path")
        found.setdefault(line, []).append(path)
    return found


def check_output(out: str | None, endings: Sequence[str], setups: Sequence[Setup]) -> None:
    """Makes sure, before anything is judged, that a command can write where it is told to.

    Raises:
        UsageError: the ending is not known, nothing can be written there, or it is in what is judged.
    """
    if out is not None:
        check_targets([out], endings, "--out")
        keep_out(Path(out), setups, f"--out: {printable(out)}")


def write_output(out: str, content: bytes) -> None:
    """Writes a file wholly or not at all."""
    write_atomically(Path(out), content)

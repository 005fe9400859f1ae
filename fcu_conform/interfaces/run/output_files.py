"""Where a run may write: in nothing that it judges, and a file wholly or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.reports.text import printable


def check_targets(paths: Sequence[str], endings: Sequence[str], name: str = "--fcu-report") -> None:
    """Makes sure that reports can be written where they are asked for.

    Raises:
        UsageError: no writer has this ending, or nothing can be written there.
    """
    for text in paths:
        path = Path(text)
        shown = f"{name}: {printable(text)}"
        if not path.name.lower().endswith(tuple(endings)):
            raise UsageError(f"{shown}: unknown report format (known:  {', '.join(endings)})")
        try:
            if path.exists() and not path.is_file():
                raise UsageError(f"{shown}: is not a regular file")
            if not path.parent.is_dir():
                raise UsageError(f"{shown}: there is no folder {printable(str(path.parent))}")
            descriptor, beside = open_beside(path)
            os.close(descriptor)
            beside.unlink()
        except OSError as error:
            raise UsageError(f"{shown}: cannot be written ({error.strerror})") from None
        except UsageError:
            raise
        except ValueError as error:  # a NUL in it
            raise UsageError(f"{shown}: cannot be written ({error})") from None


def keep_out(path: Path, setups: Sequence[Setup], shown: str) -> None:
    """Makes sure that a place to write to is in nothing that is judged, whatever links lead there.

    Args:
        shown: how the error calls it.

    Raises:
        UsageError: it is in a keystore, or in device output.
    """
    place = Path(os.path.realpath(path.parent)) / path.name
    for setup in setups:
        if place.is_relative_to(os.path.realpath(setup.keystore.path)):
            raise UsageError(f"{shown}: is in the keystore, which fcu-conform never writes to")
        keep_out_of_devices(path, setup.devices.paths if setup.devices else (), shown)
        state = () if setup.portal_state is None else (setup.portal_state.path,)
        if any(place == Path(os.path.realpath(path)) for path in (*state, *(file.path for file in setup.files()))):
            raise UsageError(f"{shown}: is one of the judged files, which fcu-conform never writes to")


def keep_out_of_devices(path: Path, outputs: Sequence[Path], shown: str) -> None:
    """Makes sure that a place to write to is not in device output, whatever links lead there.

    Raises:
        UsageError: it is.
    """
    place = Path(os.path.realpath(path.parent)) / path.name
    if any(place.is_relative_to(os.path.realpath(output)) for output in outputs):
        raise UsageError(f"{shown}: is in the device output, which fcu-conform never writes to")


def open_beside(path: Path) -> tuple[int, Path]:
    """Opens a new file in the folder of ``path`` for writing, with the permissions of the user's umask."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    return os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666), beside


def write_atomically(path: Path, content: bytes) -> None:
    """Puts ``content`` at ``path`` wholly or not at all: a reader never meets half a report.

    Raises:
        OSError: it cannot be written.
    """
    descriptor, beside = open_beside(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise

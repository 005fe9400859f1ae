"""A folder that a command writes: where it may be, and that it is there wholly or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.repair.plan import PlannedFile
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.output_files import keep_out


def check_folder(given: str, setups: Sequence[Setup], *, force: bool) -> Path:
    """The folder to write, before anything is written.

    Args:
        given: its path, as typed.
        setups: what is read, which the folder must not be in, nor hold.
        force: it need not be empty.

    Raises:
        UsageError: nothing can or may be written there.
    """
    path = Path(given)
    shown = f"--out {printable(given)}"
    try:
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise UsageError(f"{shown}: is not a folder")
        place = Path(os.path.realpath(path))
        if any(Path(os.path.realpath(file)).is_relative_to(place) for file in _read(setups)):
            raise UsageError(f"{shown}: holds what is judged, which fcu-conform never writes to")
        keep_out(path, setups, shown)
        if path.is_dir() and any(path.iterdir()) and not force:
            raise UsageError(f"{shown}: is not empty (--force writes over files of the same names)")
        if not path.parent.is_dir():
            raise UsageError(f"{shown}: there is no folder {printable(str(path.parent))}")
    except (OSError, ValueError) as fault:
        if isinstance(fault, UsageError):
            raise
        raise UsageError(f"{shown}: cannot be written ({getattr(fault, 'strerror', None) or fault})") from None
    return path


def _read(setups: Sequence[Setup]) -> Iterable[Path]:
    for setup in setups:
        yield setup.keystore.path
        yield from setup.devices.paths if setup.devices else ()
        yield from (file.path for file in setup.files())


def write_folder(
    folder: Path, files: Mapping[str, PlannedFile], modes: Mapping[str, int], *, own: Sequence[str] = ()
) -> None:
    """Writes files into a folder: all of them or, unless it was there with other files, none.

    Args:
        folder: as `check_folder` gave it.
        files: by their path below it.
        modes: the POSIX mode bits of the folders below it; that of a folder that is new or empty is under "".
        own: names that the folder has afterwards only if they are among the files.

    Raises:
        OSError: it cannot be written.
    """
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, file in files.items():
            _write(beside / name, file)
        if folder.is_dir() and any(folder.iterdir()):
            _move_into(folder, beside, files, own)
        else:
            for name, mode in modes.items():
                if (beside / name).is_dir():
                    (beside / name).chmod(mode)
            beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _move_into(folder: Path, beside: Path, files: Iterable[str], own: Sequence[str]) -> None:
    """Moves finished files into a folder that has others."""
    for name in own:
        if name not in files:
            (folder / name).unlink(missing_ok=True)
    for name in files:
        (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (beside / name).replace(folder / name)


def _write(path: Path, file: PlannedFile) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file.link:
        path.symlink_to(file.link)
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(file.data)
    path.chmod(file.mode)

"""Writes the CSV of first to claim: identities, a header in each file, as many files as the portal's limit needs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from fcu_conform.artefacts.enrollment.comparison import LARGEST_UPLOAD
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.output_files import keep_out_of_devices, open_beside

HEADER = b"enrollment_identity\n"
"""The first line of each file, which the portal ignores."""


def check_target(given: str, outputs: Iterable[Path], *, force: bool) -> Path:
    """The path of the CSV, before anything is read.

    Raises:
        UsageError: nothing can be written there, or a CSV is there already and is not to be replaced.
    """
    path = Path(given)
    shown = f"--out {printable(given)}"
    try:
        if not path.parent.is_dir():
            raise UsageError(f"{shown}: there is no folder {printable(str(path.parent))}")
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise UsageError(f"{shown}: is not a regular file")
        keep_out_of_devices(path, list(outputs), shown)
        there = [other.name for other in _parts_of(path)]
    except UsageError:
        raise
    except (OSError, ValueError) as fault:
        raise UsageError(f"{shown}: cannot be written ({getattr(fault, 'strerror', None) or fault})") from None
    if there and not force:
        raise UsageError(f"{shown}: {printable(there[0])} exists (--force replaces it)")
    return path


def write_csv(path: Path, identities: Iterable[str], *, limit: int = LARGEST_UPLOAD) -> list[Path]:
    """Writes the identities, and removes the files of an earlier CSV of this name.

    One file has the given name; several are numbered: ``enroll-1.csv``, ``enroll-2.csv``. They are there once all are
    complete.

    Args:
        path: the name of the CSV.
        identities: in order; read as they are written.
        limit: bytes of a file at most.

    Raises:
        OSError: it cannot be written.
    """
    parts: list[Path] = []
    file: IO[bytes] | None = None
    size = 0
    try:
        for identity in identities:
            line = identity.encode("ascii") + b"\n"
            if file is None or size + len(line) > limit:
                if file is not None:
                    file.close()
                descriptor, part = open_beside(path.with_name(f"{path.name}.{len(parts) + 1}"))
                parts.append(part)
                file = os.fdopen(descriptor, "wb")
                size = file.write(HEADER)
            size += file.write(line)
        if file is not None:
            file.close()
        return _published(path, parts)
    finally:
        if file is not None:
            file.close()
        for part in parts:
            part.unlink(missing_ok=True)


def _published(path: Path, parts: list[Path]) -> list[Path]:
    """Gives complete files their names; those of an earlier CSV are gone then."""
    names = [path] if len(parts) == 1 else [_numbered(path, number) for number in range(1, len(parts) + 1)]
    for other in _parts_of(path):
        if other not in names:
            other.unlink()
    for part, name in zip(parts, names, strict=True):
        part.replace(name)
    return names


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}-{number}{path.suffix}")


def _parts_of(path: Path) -> list[Path]:
    """The files of a CSV of this name that are there."""
    form = re.compile(rf"{re.escape(path.stem)}(-[1-9][0-9]{{0,5}})?{re.escape(path.suffix)}")
    with os.scandir(path.parent) as entries:
        names = sorted(entry.name for entry in entries if form.fullmatch(entry.name))
    return [path.with_name(name) for name in names]

"""The plan of a repaired copy: its files, what was changed, what was left out."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from fcu_conform.artefacts.bounded_io.reading import FileBytes
from fcu_conform.engine.repair.repaired import Repaired


@dataclass(frozen=True)
class PlannedFile:
    """A file of the copy: its bytes and POSIX mode bits, or where it leads to, if it is a link."""

    data: bytes = field(repr=False)
    mode: int
    link: str = ""


@dataclass
class Plan:
    """The copy to be written.

    Attributes:
        folders: the POSIX mode bits of its folders by their path below it; that of the copy itself is under "".
        files: by their path below it, with the system's separators.
        changes: what is changed, each with the file: "fcu.crt: …".
        left_out: what is not copied, and why.
        config, upload: the paths of fcu.yml and of the upload below it; empty where the copy does not have them.
    """

    folders: dict[str, int]
    files: dict[str, PlannedFile] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    config: str = ""
    upload: str = ""

    def take(self, name: str, repaired: Repaired, mode: int) -> None:
        """Puts a repaired file into the copy."""
        self.files[name] = PlannedFile(repaired.data, mode)
        self.changes += (f"{name}: {change}" for change in repaired.changes)

    def leave_out(self, name: str, why: str) -> None:
        """Notes a file that is not copied."""
        self.left_out.append(f"{name}: {why}")

    def drop_broken_links(self) -> None:
        """Leaves out every link to a file that the copy does not have."""
        for name, file in list(self.files.items()):
            if file.link and _inside(name, file.link) not in self.files:
                del self.files[name]
                self.leave_out(name, f"is a link to {file.link}, which is not copied")


def as_found(file: FileBytes, root: Path) -> PlannedFile:
    """A file as it is; a link stays one where it leads to a file below the same folder by a relative path."""
    mode = mode_of(file)
    if file.is_link:
        target = file.path.readlink()
        inside = _inside(str(file.path.relative_to(root)), str(target))
        if not target.is_absolute() and Path(inside).parts[0] != os.pardir:
            return PlannedFile(file.data, mode, str(target))
    return PlannedFile(file.data, mode)


def mode_of(file: FileBytes) -> int:
    """The POSIX permission bits of a file."""
    return stat.S_IMODE(file.mode or 0) & 0o777


def _inside(name: str, target: str) -> str:
    """Where a link of a name leads, as a path below the keystore."""
    return os.path.normpath(Path(name).parent / target)

"""Reads files without trusting them: bounded, never blocking, never following a link out of the keystore."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from pathlib import Path


class Trouble(str, Enum):
    """Why the bytes of a file could not be had."""

    MISSING = "missing"
    NOT_REGULAR = "not a regular file"
    LINK_LOOP = "link loop"
    LINK_OUT = "link out of the keystore"
    DENIED = "permission denied"
    TOO_LARGE = "too large"
    UNREADABLE = "unreadable"


CHANGED = "changed while it was read"

_PLAINLY = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
"""O_NONBLOCK: opening a FIFO or a device must not wait for its other end."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a block device"),
    (stat.S_ISCHR, "a character device"),
)


@dataclass(frozen=True)
class FileBytes:
    """A file as it was found: its bytes, or what kept them from being read.

    ``name`` is how findings call it, ``mode`` the POSIX mode bits (None where the file could not be looked at),
    ``detail`` says more about the trouble, for people. The bytes are left out of the repr: they may be a private key.
    """

    name: str
    path: Path
    data: bytes = field(default=b"", repr=False)
    trouble: Trouble | None = None
    detail: str = ""
    mode: int | None = None
    is_link: bool = False

    @property
    def exists(self) -> bool:
        """Something of that name is there, readable or not."""
        return self.trouble is not Trouble.MISSING


def kind_of(mode: int) -> str:
    """The kind of a file that is not a regular one, in words."""
    return next((words for matches, words in _KINDS if matches(mode)), "not a regular file")


def read_file(path: Path, limit: int, *, within: Path | None = None, name: str = "") -> FileBytes:
    """Reads at most ``limit`` bytes of a regular file.

    Args:
        path: the file.
        limit: more bytes than this are `Trouble.TOO_LARGE`, and none are kept.
        within: a folder that links may not lead out of; without it links are followed anywhere.
        name: how findings call the file; its last path component if empty.

    Never raises for what it finds on disk.
    """
    name = name or path.name
    is_link = os.path.islink(path)  # noqa: PTH114 - Path.is_symlink raises, on a name too long for one

    failed = partial(FileBytes, name, path, b"", is_link=is_link)
    try:
        target = Path(os.path.realpath(path, strict=True)) if is_link else path
        if is_link and within is not None and not _lies_within(target, within):
            detail = f"is a link out of the keystore, to {os.fspath(target)}, and is not followed"
            return failed(trouble=Trouble.LINK_OUT, detail=detail)
        descriptor = os.open(target, _PLAINLY)
    except OSError as fault:
        return failed(trouble=_trouble(fault), detail=_detail(fault, is_link))
    except ValueError:  # a NUL in it
        return failed(trouble=Trouble.MISSING, detail="has a name that is not valid for a file")
    try:
        before = os.fstat(descriptor)
        mode = before.st_mode
        if not stat.S_ISREG(mode):
            return failed(trouble=Trouble.NOT_REGULAR, detail=f"is {kind_of(mode)}", mode=mode)
        data = b"" if before.st_size > limit else _read_up_to(descriptor, limit + 1)
        after = os.fstat(descriptor)
    except OSError as fault:
        return failed(trouble=_trouble(fault), detail=_detail(fault, is_link))
    finally:
        os.close(descriptor)
    if max(len(data), before.st_size) > limit:
        return failed(trouble=Trouble.TOO_LARGE, detail=f"has more than {limit} bytes", mode=mode)
    if version_of(before) != version_of(after):
        return failed(trouble=Trouble.UNREADABLE, detail=CHANGED, mode=mode)
    return FileBytes(name, path, data, is_link=is_link, mode=mode)


def version_of(status: os.stat_result) -> tuple[int, ...]:
    """What differs once a file has been written to, or another one has been put in its place."""
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def version_at(path: Path) -> tuple[int, ...] | None:
    """The version of what a path leads to; None where nothing can be had there."""
    try:
        return version_of(path.stat())
    except OSError:
        return None


def read_plainly(base: str, folder: int, limit: int) -> bytes | None:
    """The bytes of a regular file of an open folder; None where `read_file` has more to say of it.

    Three calls of the system and nothing else: a lot has a million of them.
    """
    try:
        descriptor = os.open(base, _PLAINLY, dir_fd=folder)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or not 0 < status.st_size <= limit:
            return None
        data = os.read(descriptor, status.st_size + 1)
        return data if len(data) == status.st_size else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _read_up_to(descriptor: int, count: int) -> bytes:
    pieces = []
    while count > 0 and (piece := os.read(descriptor, min(count, 1 << 20))):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _lies_within(target: Path, folder: Path) -> bool:
    parent = Path(os.path.realpath(target.parent)) / target.name
    return parent.is_relative_to(os.path.realpath(folder))


_TROUBLES = {
    errno.ENOENT: Trouble.MISSING,
    errno.ELOOP: Trouble.LINK_LOOP,
    errno.EACCES: Trouble.DENIED,
    errno.EPERM: Trouble.DENIED,
    errno.ENXIO: Trouble.NOT_REGULAR,
    errno.EOPNOTSUPP: Trouble.NOT_REGULAR,
}


def _trouble(fault: OSError) -> Trouble:
    return _TROUBLES.get(fault.errno or 0, Trouble.UNREADABLE)


def _detail(fault: OSError, is_link: bool) -> str:
    trouble = _trouble(fault)
    if trouble is Trouble.MISSING:
        return "is a broken link" if is_link else ""
    if trouble is Trouble.LINK_LOOP:
        return "is a loop of links"
    if trouble is Trouble.NOT_REGULAR:
        return "is a socket or a device"
    return f"cannot be read: {os.strerror(fault.errno or 0).lower()}"

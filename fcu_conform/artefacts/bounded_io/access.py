"""Who may read or write a file or list a folder: POSIX modes, and access control lists where there are any."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_KEEPS_MODES = os.name == "posix"
_ACL = "system.posix_acl_access"
_USER, _GROUP_OWNER, _GROUP, _MASK, _OTHERS = 0x02, 0x04, 0x08, 0x10, 0x20


@dataclass(frozen=True)
class Grant:
    """Somebody other than the owner who may do something: who, and the permissions as in "rw"."""

    who: str
    permissions: str

    def __str__(self) -> str:
        return f"{self.who} ({self.permissions})"


@dataclass(frozen=True)
class Access:
    """The mode as ls shows it (empty where it could not be had), and every grant beyond the owner's.

    ``known``: the system keeps modes. Elsewhere Python makes one up that says nothing of who may read.
    """

    mode: str
    grants: tuple[Grant, ...]
    known: bool = True


UNKNOWN = "file permissions are checked on POSIX systems only"


def access_to(path: Path) -> Access:
    """Who besides its owner may read or write what a path leads to."""
    if not _KEEPS_MODES:
        return Access("", (), known=False)
    try:
        mode = path.stat().st_mode
    except OSError:
        return Access("", ())
    acl = _read_acl(path)
    grants = tuple(_from_acl(acl)) if acl else tuple(_from_mode(mode))
    return Access(f"{stat.S_IMODE(mode):04o}", grants)


def _words(bits: int) -> str:
    return ("r" if bits & 4 else "") + ("w" if bits & 2 else "")


def _from_mode(mode: int) -> Iterator[Grant]:
    for who, shift in (("group", 3), ("others", 0)):
        permissions = _words(mode >> shift)
        if permissions:
            yield Grant(who, permissions)


def _read_acl(path: Path) -> list[tuple[int, int, int]]:
    """Entries (tag, permissions, id) of the extended ACL; empty where there is none."""
    try:
        data = os.getxattr(path, _ACL)
    except (OSError, AttributeError):  # no ACL, no support in the file system, or no such call on this system
        return []
    return list(struct.iter_unpack("<HHI", data[4 : 4 + (len(data) - 4) // 8 * 8]))


def _from_acl(entries: list[tuple[int, int, int]]) -> Iterator[Grant]:
    mask = next((permissions for tag, permissions, _ in entries if tag == _MASK), 7)
    for tag, permissions, identity in entries:
        if tag == _OTHERS:
            who, effective = "others", permissions
        elif tag in (_USER, _GROUP, _GROUP_OWNER):
            who = {_USER: f"user {identity}", _GROUP: f"group {identity}", _GROUP_OWNER: "group"}[tag]
            effective = permissions & mask
        else:
            continue
        if _words(effective):
            yield Grant(who, _words(effective))

"""Writes the files of a setup with their modes and links, and encodes DER as PEM."""

from __future__ import annotations

import base64
import hashlib
import textwrap
from collections.abc import Mapping
from pathlib import Path

from reference_ca.errors import ExistsError
from reference_ca.files import PRIVATE_FILE, PUBLIC_FILE, create_file, naming


def pem_block(label: str, der: bytes) -> bytes:
    """A PEM block (RFC 7468) with lines of 64 characters."""
    lines = textwrap.wrap(base64.b64encode(der).decode("ascii"), 64)
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode("ascii")


def digest_id(der: bytes) -> str:
    """The enrollment identity of a device certificate (facts T-02, T-04)."""
    return "A-" + ":".join(f"{octet:02X}" for octet in hashlib.sha256(der).digest())


def write_tree(
    folder: Path, files: Mapping[str, bytes], modes: Mapping[str, int], links: Mapping[str, str], *, repository: bool
) -> None:
    """Write files (by path below the folder, with slashes), then links, then modes.

    Files that hold a private key are the owner's alone unless ``modes`` says otherwise. With ``repository`` the folder
    becomes an empty git work tree, which is all that a reader of work trees looks for.
    """
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ExistsError("the folder is not empty", folder, "name a new one")
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            create_file(path, data, mode=PRIVATE_FILE if b"PRIVATE KEY" in data else PUBLIC_FILE)
        for name, target in links.items():
            (folder / name).symlink_to(target)
        for name, mode in modes.items():
            if (folder / name).exists() and not (folder / name).is_symlink():
                (folder / name).chmod(mode)
    if repository:
        _make_repository(folder / ".git")


def _make_repository(folder: Path) -> None:
    """What `git init` leaves, as far as it matters: no commit, no index."""
    for name in ("objects", "refs/heads"):
        (folder / name).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
    (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = false\n", encoding="ascii")

"""A keystore folder: its three files, its permissions, and other files in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fcu_conform.artefacts.bounded_io.access import Access, access_to
from fcu_conform.artefacts.bounded_io.git import Tracking, tracking_of
from fcu_conform.artefacts.bounded_io.limits import KEYSTORE_ENTRIES, KEYSTORE_NESTING, KEYSTORE_SEARCHED, MIB, PEM_FILE
from fcu_conform.artefacts.bounded_io.reading import Trouble, read_file
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.key_text import is_key_sized, key_as_text
from fcu_conform.artefacts.encodings.pem import PRIVATE_KEY_MARKER
from fcu_conform.artefacts.encodings.private_keys import Secret, parse_private_key
from fcu_conform.artefacts.keystore_files import CertificateFile, KeyFile, RequestFile

KEY_NAME = "fcu_private_key.pem"
CERTIFICATE_NAME = "fcu.crt"
REQUEST_NAME = "fcu_csr.pem"

OWN_FILES = (KEY_NAME, CERTIFICATE_NAME, REQUEST_NAME)

_PFX_VERSION = b"\x02\x01\x03\x30"
_PASSWORD_BASED = (bytes.fromhex("2a864886f70d0105"), bytes.fromhex("2a864886f70d010c01"))
"""How the OIDs of encryption by a password begin, those of PKCS#5 and of PKCS#12."""

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"7z\xbc\xaf\x27\x1c": "7z",
}
"""What compressed files begin with: a backup of the keystore is often one, and hides the key from a search."""

_SEARCHED_AT_ONCE = 4 * MIB


@dataclass(frozen=True)
class KeyCopy:
    """Another file: its path below the keystore, and what private key it holds or why it was not searched."""

    name: str
    what: str


@dataclass(frozen=True)
class Keystore:
    """The folder that FCU keeps its credentials in (facts K-01, K-02); only ever read."""

    path: Path

    @cached_property
    def key_file(self) -> KeyFile:
        """fcu_private_key.pem."""
        return KeyFile(read_file(self.path / KEY_NAME, PEM_FILE, within=self.path))

    @cached_property
    def fcu_crt(self) -> CertificateFile:
        """fcu.crt."""
        return CertificateFile(read_file(self.path / CERTIFICATE_NAME, PEM_FILE, within=self.path))

    @cached_property
    def request_file(self) -> RequestFile:
        """fcu_csr.pem."""
        return RequestFile(read_file(self.path / REQUEST_NAME, PEM_FILE, within=self.path))

    @cached_property
    def folder_access(self) -> Access:
        """Who may get at the folder."""
        return access_to(self.path)

    @cached_property
    def key_access(self) -> Access:
        """Who may get at the key file."""
        return access_to(self.path / KEY_NAME)

    @cached_property
    def key_tracking(self) -> Tracking:
        """Whether version control has, or would take, the key file."""
        return tracking_of(self.path / KEY_NAME)

    @property
    def key_copies(self) -> tuple[KeyCopy, ...]:
        """Files below the keystore that hold a private key, the key file itself apart, by name."""
        return self._search[0]

    @property
    def unsearched(self) -> tuple[KeyCopy, ...]:
        """Files that could not be searched for private keys, and why, by name."""
        return self._search[1]

    @cached_property
    def _search(self) -> tuple[tuple[KeyCopy, ...], tuple[KeyCopy, ...]]:
        secret = self._key_scalar()
        copies: list[KeyCopy] = []
        unsearched: list[KeyCopy] = []
        budget = KEYSTORE_SEARCHED
        for path in files_below(self.path, unsearched, KEYSTORE_NESTING):
            name = str(path.relative_to(self.path))
            if name == KEY_NAME:
                continue
            if budget <= 0:
                unsearched.append(KeyCopy(name, f"the files before it have more than {KEYSTORE_SEARCHED} bytes"))
                break
            file = read_file(path, _SEARCHED_AT_ONCE, within=self.path, name=name)
            budget -= len(file.data)
            what = _private_key_in(file.data, secret)
            if file.trouble in (Trouble.TOO_LARGE, Trouble.DENIED, Trouble.UNREADABLE):
                unsearched.append(KeyCopy(name, file.detail))
            elif what and not self._is_key_by_link(path, file.is_link):
                copies.append(KeyCopy(name, what))
            elif not what and (packed := _compression_of(file.data)):
                unsearched.append(KeyCopy(name, f"it is compressed ({packed})"))
            elif not what and not secret.reveal() and name not in OWN_FILES and is_key_sized(file.data):
                unsearched.append(
                    KeyCopy(name, "it has text as long as a key, and the FCU private key could not be read to compare")
                )
        return tuple(sorted(copies, key=_by_name)), tuple(sorted(unsearched, key=_by_name))

    def _is_key_by_link(self, path: Path, is_link: bool) -> bool:
        """The file is the key file itself under another name, one being a symbolic link to the other."""
        key = self.path / KEY_NAME
        try:
            return (is_link or key.is_symlink()) and path.samefile(key)
        except OSError:
            return False

    def _key_scalar(self) -> Secret:
        key = self.key_file.key
        return key.scalar if key is not None and key.public_key is not None else Secret(b"")


def _by_name(copy: KeyCopy) -> str:
    return copy.name


def files_below(folder: Path, left_out: list[KeyCopy], nesting: int) -> Iterator[Path]:
    """Files and links below a folder, breadth first, without following links to folders; notes where it did not go.

    Args:
        folder: where to begin.
        left_out: gets what was not looked at, each with the reason.
        nesting: levels of folders that are looked at.
    """

    def skip(path: Path, why: str) -> None:
        left_out.append(KeyCopy(str(path.relative_to(folder)), why))

    level, count = [folder], 0
    for _ in range(nesting):
        below: list[Path] = []
        for parent in level:
            try:
                entries = sorted(os.scandir(parent), key=lambda entry: entry.name)
            except OSError as fault:
                skip(parent, f"cannot be listed: {os.strerror(fault.errno or 0).lower()}")
                continue
            for entry in entries:
                count += 1
                if count > KEYSTORE_ENTRIES:
                    skip(Path(entry.path), f"the keystore has more than {KEYSTORE_ENTRIES} entries")
                    return
                try:
                    mode = entry.stat(follow_symlinks=False).st_mode
                except OSError:
                    continue
                if stat.S_ISDIR(mode):
                    below.append(Path(entry.path))
                elif stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                    yield Path(entry.path)
        level = below
    for path in level:
        skip(path, f"lies more than {nesting - 1} folders deep")


def _private_key_in(data: bytes, secret: Secret) -> str:
    """What private key some bytes hold, in words; empty if none is seen."""
    if PRIVATE_KEY_MARKER.search(data) or PRIVATE_KEY_MARKER.search(data.replace(b"\0", b"")):
        return "a PEM private key"
    if as_text := key_as_text(data, secret.reveal()):
        return as_text
    if data[:1] != b"\x30":
        return ""
    try:
        start = der.content_start(data, 0)
        if data[start : start + 4] == _PFX_VERSION:
            return "a PKCS#12 file"
        if data[start : start + 1] == b"\x30":
            return "an encrypted DER private key" if _is_password_based(data, start) else ""
        parse_private_key(data)
    except der.DerError:
        return ""
    return "a DER private key"


def _is_password_based(data: bytes, position: int) -> bool:
    """The AlgorithmIdentifier at a position is of encryption by a password. Raises DerError."""
    start, stop = der.expect(data, position, len(data), der.SEQUENCE, "algorithm")
    oid, oid_stop = der.expect(data, start, stop, der.OBJECT_IDENTIFIER, "algorithm")
    return data[oid:oid_stop].startswith(_PASSWORD_BASED)


def _compression_of(data: bytes) -> str:
    """How a file is compressed; empty if it is not."""
    return next((name for beginning, name in _COMPRESSED.items() if data.startswith(beginning)), "")

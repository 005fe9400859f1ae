"""SHA-256 over files and folders, read in pieces."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from fcu_conform.artefacts.bounded_io.archives import MANIFEST_NAME, walk
from fcu_conform.artefacts.bounded_io.limits import MANIFEST_FILE
from fcu_conform.artefacts.bounded_io.reading import CHANGED, FileBytes, kind_of, read_file, version_of
from fcu_conform.artefacts.device_output.file_names import is_key_name
from fcu_conform.artefacts.device_output.manifest import MANIFEST_ENDING, Manifest, read_manifest

_PIECE = 1 << 20


def digest_of_file(path: Path, limit: int = sys.maxsize) -> str:
    """SHA-256 of a regular file, hexadecimal; a link is not followed.

    Raises:
        OSError: it cannot be read, is not a regular file, has more than ``limit`` bytes, or changes meanwhile.
    """
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        os.close(descriptor)  # of a folder no file object can be made, which would close it
        raise OSError(errno.EINVAL, f"is {kind_of(before.st_mode)}")
    with os.fdopen(descriptor, "rb") as file:
        if before.st_size > limit:
            raise OSError(errno.EFBIG, f"has more than {limit} bytes")
        left = before.st_size
        while piece := file.read(min(_PIECE, left)):
            digest.update(piece)
            left -= len(piece)
        if version_of(os.fstat(descriptor)) != version_of(before):
            raise OSError(errno.EBUSY, CHANGED)
    return digest.hexdigest()


def digest_of_output(path: Path) -> dict[str, str]:
    """The digest set of device output: SHA-256 of a file, `dir_hash` of a folder, or of a manifest with what it names.

    Raises:
        OSError: a file cannot be read.
    """
    is_folder = path.is_dir()
    if is_folder or path.name.endswith(MANIFEST_ENDING):
        root, name = (path, MANIFEST_NAME) if is_folder else (path.parent, path.name)
        files = output_files(root, name, listed_only=not is_folder)
        return {"dirHash": dir_hash((file.name, _sha256(file)) for file in files)}
    return {"sha256": digest_of_file(path.resolve())}


def digest_of_folder_in_1_0(folder: Path) -> str:
    """The digest of a folder as version 1.0 made it: it left out whatever has the name of a key, judged or not."""
    return dir_hash((file.name, _sha256(file)) for file in walk(folder, lambda name: not is_key_name(name)))


def output_files(root: Path, manifest_name: str, *, listed_only: bool) -> Iterator[FileBytes]:
    """The files of a folder of device output that its digest covers: all but private keys.

    Private keys are what is named so, and what the manifest calls a device's key; but what it calls a device's
    certificates is none. The manifest comes first.

    Args:
        root: the folder.
        manifest_name: the name of the manifest, which need not be there.
        listed_only: only the manifest and what it names.
    """
    manifest, first = Manifest("", {}), ""
    if (root / manifest_name).is_file():
        file = read_file(root / manifest_name, MANIFEST_FILE, within=root)
        manifest, first = read_manifest(file), manifest_name
        yield file
    keys = keys_named_in(manifest)
    yield from walk(
        root,
        lambda name: (
            name != first and (name in manifest.rows or not (listed_only or name in keys or is_key_name(name)))
        ),
    )


def keys_named_in(manifest: Manifest) -> frozenset[str]:
    """What a manifest calls a private key and nowhere a device's certificates."""
    return frozenset(
        row.key_file for row in manifest.rows.values() if row.key_file and row.key_file not in manifest.rows
    )


def dir_hash(lines: Iterable[tuple[str, str | None]]) -> str:
    """The ``dirHash`` of in-toto's digest sets over names and hexadecimal SHA-256 of files, hexadecimal.

    It is SHA-256 over the lines that sha256sum prints for the files' relative paths, sorted by their bytes. A file that
    cannot be read has a line without a digest, so that it is not passed over.
    """
    encoded = [(os.fsencode(name).replace(b"\n", b"\\n"), digest or "unreadable") for name, digest in lines]
    encoded.sort()
    whole = hashlib.sha256()
    for name, digest in encoded:
        whole.update(digest.encode() + b"  " + name + b"\n")
    return whole.hexdigest()


def _sha256(file: FileBytes) -> str | None:
    return None if file.trouble else hashlib.sha256(file.data).hexdigest()

"""SHA-256 over files and folders, read in pieces."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from pathlib import Path

from fcu_conform.artefacts.archives import walk
from fcu_conform.artefacts.devicenames import is_key_name
from fcu_conform.artefacts.reading import CHANGED, kind_of, version_of

_PIECE = 1 << 20


def digest_of_file(path: Path, limit: int = sys.maxsize) -> str:
    """SHA-256 of a regular file, hexadecimal; a link is not followed.

    Raises:
        OSError: it cannot be read, is no regular file, has more than ``limit`` bytes, or changes meanwhile.
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


def digest_of_folder(folder: Path) -> str:
    """A digest of all files below a folder, private keys apart, hexadecimal.

    It is the ``dirHash`` of in-toto's digest sets: SHA-256 over the lines that sha256sum prints for the files' relative
    paths, sorted by their bytes. A file that cannot be read has a line without a digest, so that it is not passed over.
    """
    lines = []
    for file in walk(folder, lambda name: not is_key_name(name)):
        name = os.fsencode(file.name).replace(b"\n", b"\\n")
        digest = hashlib.sha256(file.data).hexdigest() if file.trouble is None else "unreadable"
        lines.append((name, digest))
    lines.sort()
    whole = hashlib.sha256()
    for name, digest in lines:
        whole.update(digest.encode() + b"  " + name + b"\n")
    return whole.hexdigest()

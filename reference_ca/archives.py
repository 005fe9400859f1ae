"""Where a lot's files go: a folder, a tar, a tar.gz or a zip, the same bytes for the same files."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

from reference_ca.errors import ExistsError
from reference_ca.files import PRIVATE_FILE, create_file, naming, private_folder


class Sink(Protocol):
    """Takes one file after the other."""

    def add(self, name: str, data: bytes, mode: int) -> None:
        """Take a file: its path relative to the lot (with /), its bytes, its POSIX mode."""


@contextlib.contextmanager
def open_sink(destination: Path, at: datetime) -> Iterator[Sink]:
    """A sink for the destination's ending: .tar, .tar.gz, .tgz, .zip, or else a folder.

    Archives hold private keys, so they are made for their owner only (0600), as is the folder (0700). Inside,
    every file has the time ``at`` and no owner, so that the same lot is the same archive.
    """
    name = destination.name.lower()
    if not name.endswith((".tar", ".tar.gz", ".tgz", ".zip")):
        yield _Folder(destination)
        return
    with naming(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(destination, flags, PRIVATE_FILE)
    try:
        with os.fdopen(handle, "wb") as file:
            if name.endswith(".zip"):
                with zipfile.ZipFile(file, "w") as archive:
                    yield _Zip(archive, at)
            elif name.endswith(".tar"):
                with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                    yield _Tar(tar, at)
            else:
                with (
                    _gzip(file, at) as packed,
                    tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
                ):
                    yield _Tar(tar, at)
    except BaseException:
        destination.unlink(missing_ok=True)  # half a lot must not pass for a whole one
        raise


def _gzip(file: IO[bytes], at: datetime) -> gzip.GzipFile:
    return gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=int(at.timestamp()))


class _Folder:
    def __init__(self, folder: Path) -> None:
        private_folder(folder)
        with naming(folder):
            if any(folder.iterdir()):
                raise ExistsError("the folder is not empty", folder, "name a new one")
        self._folder = folder

    def add(self, name: str, data: bytes, mode: int) -> None:
        path = self._folder / name
        if path.parent != self._folder:
            private_folder(path.parent)
        create_file(path, data, mode=mode)


class _Tar:
    def __init__(self, archive: tarfile.TarFile, at: datetime) -> None:
        self._archive, self._time = archive, int(at.timestamp())

    def add(self, name: str, data: bytes, mode: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = len(data), mode, self._time
        self._archive.addfile(entry, io.BytesIO(data))
        self._archive.getmembers().clear()  # a lot may have a million files, and nobody reads the list


class _Zip:
    def __init__(self, archive: zipfile.ZipFile, at: datetime) -> None:
        self._archive = archive
        self._time = (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second)

    def add(self, name: str, data: bytes, mode: int) -> None:
        entry = zipfile.ZipInfo(name, self._time)  # stored, not deflated: keys do not shrink, and zlibs differ
        entry.create_system, entry.external_attr = 3, (0o100000 | mode) << 16
        self._archive.writestr(entry, data)

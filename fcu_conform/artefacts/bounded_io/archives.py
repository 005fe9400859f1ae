"""Files in folders and archives, one after the other; nothing is unpacked to disk and nothing is followed out."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tarfile import EmptyHeaderError, EOFHeaderError, HeaderError, ReadError  # type: ignore[attr-defined]
from typing import IO, Any

from fcu_conform.artefacts.bounded_io.limits import (
    ARCHIVE_FLOOR,
    ARCHIVE_HOLLOW,
    ARCHIVE_RATIO,
    ARCHIVE_READ,
    ARCHIVE_TAIL,
    DEVICE_FILE,
    GZIP_HOLLOW,
    KIB,
    MANIFEST_FILE,
    MIB,
)
from fcu_conform.artefacts.bounded_io.reading import FileBytes, Trouble, kind_of, read_file

TAR_ENDINGS = (".tar", ".tar.gz", ".tgz")
ZIP_ENDING = ".zip"
MANIFEST_NAME = "devices.csv"

ZIP_CRUMB, TAR_CRUMB = 8, 100
"""Bytes that a library reads at a time, on average and at least: some 160 of a tar.gz that packs as well as it may,
four of empty gzip members; a zip takes a few reads for each small member."""

ZIP_HEADER = 30
"""Bytes before the content of a zip's member, at least."""

Wanted = Callable[[str], bool]

Opener = Callable[[Path], io.BufferedReader]
"""Opens a file for reading, as `open_regular` does."""


def is_archive(path: Path) -> bool:
    """The path's name has an ending of an archive that can be read."""
    return path.name.lower().endswith((*TAR_ENDINGS, ZIP_ENDING))


def walk(path: Path, wanted: Wanted, opener: Opener | None = None) -> Iterator[FileBytes]:
    """The wanted files below a folder or in an archive; of a file itself just that.

    Args:
        path: a folder, an archive or a file.
        wanted: takes a name relative to the path, with slashes, and says whether the file is to be read.
        opener: what an archive is opened by, if not by `open_regular`.

    An archive that is damaged gives what could be read of it, and at last an entry that tells the trouble.
    """
    if path.is_dir():
        return _walk_folder(path, wanted)
    if is_archive(path):
        unpack = _walk_zip if path.name.lower().endswith(ZIP_ENDING) else _walk_tar
        return _guarded(path, unpack(path, wanted, opener or open_regular))
    return iter((read_file(path, _limit(path.name)),))


def _limit(name: str) -> int:
    return MANIFEST_FILE if name.rpartition("/")[2] == MANIFEST_NAME else DEVICE_FILE


def _walk_folder(root: Path, wanted: Wanted) -> Iterator[FileBytes]:
    """Depth first, names in order; links to folders are not followed."""
    pending = [""]
    while pending:
        below = pending.pop()
        folders = []
        try:
            with os.scandir(root / below) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as fault:
            detail = f"cannot be listed: {os.strerror(fault.errno or 0).lower()}"
            yield FileBytes(below or root.name, root / below, trouble=Trouble.UNREADABLE, detail=detail)
            continue
        for entry in listed:
            name = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append(name)
            elif wanted(name):
                yield read_file(Path(entry.path), _limit(name), within=root, name=name)
        pending += reversed(folders)


def _guarded(path: Path, files: Iterator[FileBytes]) -> Iterator[FileBytes]:
    try:
        yield from files
    except Exception as fault:  # on odd headers tarfile and zipfile raise much that they do not document
        detail = f"is a damaged archive: {_reason(fault)}; the rest was not judged"
        yield FileBytes(path.name, path, trouble=Trouble.UNREADABLE, detail=detail)


def _reason(fault: Exception) -> str:
    """A library's own words for what is wrong, if they are fit to be shown: one line, and not a long one."""
    return str(fault).partition("\n")[0][:200] or type(fault).__name__


class _CarefulFile(io.BufferedReader):
    """A file that is read in blocks of bounded size, because libraries trust the sizes that an archive states."""

    def __init__(self, raw: io.RawIOBase, crumb: int) -> None:
        super().__init__(raw)
        self._asked = 0
        self._patience = 1000 + os.fstat(raw.fileno()).st_size // crumb

    def read(self, count: int | None = -1) -> bytes:
        data = super().read(ARCHIVE_READ + 1 if count is None or count < 0 else min(count, ARCHIVE_READ + 1))
        self._asked += len(data) < KIB
        if len(data) > ARCHIVE_READ:
            raise OSError("its directory is too large (use a .tar.gz for this many members)")
        if self._asked > self._patience:
            raise OSError("it has too many empty members")
        return data


def open_regular(path: Path) -> io.BufferedReader:
    """Opens a file for reading, which must be a regular file: opening a FIFO would wait for its other end.

    Raises:
        OSError: it cannot be opened, or is something else.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise OSError(f"it is {kind_of(mode)}")
    return os.fdopen(descriptor, "rb")


def _open(path: Path, crumb: int, opener: Opener) -> _CarefulFile:
    """Opens an archive that is read in pieces of so many bytes on average, or more. Raises OSError."""
    return _CarefulFile(opener(path).detach(), crumb)


def _escapes(name: str) -> bool:
    # Not by pathlib: before Python 3.12 it keeps the name of every member in the interpreter's table of strings.
    return name.startswith("/") or name[1:3] == ":/" or ".." in name.split("/")


def _refused(archive: Path, name: str, detail: str) -> FileBytes:
    return FileBytes(name, archive, trouble=Trouble.NOT_REGULAR, detail=detail)


def unpacked_limit(file: IO[bytes]) -> int:
    """Bytes that an open archive may unpack to."""
    return max(ARCHIVE_FLOOR, ARCHIVE_RATIO * os.fstat(file.fileno()).st_size)


def _walk_zip(path: Path, wanted: Wanted, opener: Opener) -> Iterator[FileBytes]:
    with _open(path, ZIP_CRUMB, opener) as raw, zipfile.ZipFile(raw) as archive:
        left = unpacked_limit(raw)
        _check_overlaps(archive)
        for member in archive.infolist():
            name = member.filename.replace("\\", "/")  # as some programs on Windows write them
            if name.endswith("/") or not wanted(name):
                continue
            mode = member.external_attr >> 16
            if _escapes(name):
                yield _refused(path, name, "has a name that leads out of the archive")
            elif mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                yield _refused(path, name, "is not a regular file in the archive")
            elif member.flag_bits & 1:
                yield _refused(path, name, "is encrypted")
            else:
                file = _zip_member(path, name, archive, member)
                # Of a file that is too large nothing is kept, but it was unpacked as far as its limit.
                left -= len(file.data) if file.trouble is None else _limit(name)
                if left < 0:
                    raise zipfile.BadZipFile("it expands far beyond its own size")
                yield file


def _check_overlaps(archive: zipfile.ZipFile) -> None:
    """Makes sure that each member has bytes of its own. Raises zipfile.BadZipFile."""
    end = 0
    for member in sorted(archive.infolist(), key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise zipfile.BadZipFile("its members overlap")
        end = member.header_offset + ZIP_HEADER + member.compress_size


def _zip_member(path: Path, name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> FileBytes:
    limit = _limit(name)
    try:
        with archive.open(member) as stream:
            data = _read_up_to(stream, limit + 1)
    except Exception as fault:  # zipfile raises what each way of packing raises
        return _refused(path, name, f"cannot be unpacked: {_reason(fault)}")
    return _bounded(path, name, data, limit)


def _read_up_to(stream: IO[bytes], limit: int) -> bytes:
    """At most so many bytes, in pieces: asked for all at once, tarfile makes room for them before there are any."""
    pieces = []
    while limit > 0 and (piece := stream.read(min(limit, MIB))):
        pieces.append(piece)
        limit -= len(piece)
    return b"".join(pieces)


def _bounded(path: Path, name: str, data: bytes, limit: int) -> FileBytes:
    if len(data) > limit:
        return FileBytes(name, path, trouble=Trouble.TOO_LARGE, detail=f"has more than {limit} bytes")
    return FileBytes(name, path, data)


_PIECE, _CRUMB = 8 * KIB, 1
"""Bytes that gzip is given at once, and where it has some left: at the end of each member it copies what it has."""


class _Packed(io.RawIOBase):
    """What gzip is fed with. It goes through any number of empty members before it gives anything, a step for each."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._allowed = GZIP_HOLLOW
        self._most = 0

    def read(self, count: int = -1) -> bytes:
        """The next bytes, a few kilobytes. Raises tarfile.ReadError where too little has come of those before."""
        self._most = max(self._most, count)
        data = self._raw.read(_PIECE if count < 0 else min(count, _PIECE if count == self._most else _CRUMB))
        self._allowed -= len(data)
        if self._allowed < 0:
            raise ReadError("it has too many empty members")
        return data

    def gave(self, count: int) -> None:
        """So many bytes have come of it."""
        self._allowed += 2 * count  # at its worst gzip makes a thousandth more of something


class BoundedStream(io.RawIOBase):
    """A stream that gives no more than an archive of its size may unpack to.

    Args:
        raw: the open archive.
        packed: whether it is packed with gzip.
        budget: how many bytes it may unpack to.
    """

    def __init__(self, raw: IO[bytes], budget: int, *, packed: bool = False) -> None:
        self._packed = _Packed(raw) if packed else None
        self._stream = raw if self._packed is None else gzip.GzipFile(fileobj=self._packed)
        self._left = budget

    def read(self, count: int = -1) -> bytes:
        """The next bytes, fewer only at the end. Raises tarfile.ReadError where there are too many."""
        if not 0 <= count <= ARCHIVE_READ:
            raise ReadError("a header is too large")
        data = self._stream.read(count)
        self._left -= len(data)
        if self._packed is not None:
            self._packed.gave(len(data))
        if self._left < 0:
            raise ReadError("expands far beyond its own size")
        return data


class _Member(tarfile.TarInfo):
    """A member of a tar whose end must be where it says so.

    By itself tarfile takes a damaged header, or the end of a file that was cut off, for the end of the archive, and
    does not look at what comes behind it.
    """

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> _Member:
        """The next member, or tarfile's own exception at the end."""
        try:
            return super().fromtarfile(archive)
        except EOFHeaderError:
            _check_tail(archive.fileobj)
            raise
        except EmptyHeaderError:
            raise ReadError("it is truncated: its end mark is missing") from None
        except HeaderError as fault:
            raise ReadError(f"it is truncated, or a header is damaged ({fault})") from None


def _check_tail(stream: Any) -> None:
    """Reads a tar to its end, for gzip's checksum too; nothing but zeros may come behind the mark.

    Raises:
        tarfile.ReadError: something does, or there are more zeros than any blocking factor asks for.
    """
    left = ARCHIVE_TAIL
    while piece := stream.read(tarfile.RECORDSIZE):
        left -= len(piece)
        if left < 0 or piece.strip(b"\0"):
            raise ReadError("data follow its end mark")


def _walk_tar(path: Path, wanted: Wanted, opener: Opener) -> Iterator[FileBytes]:
    with _open(path, TAR_CRUMB, opener) as raw:
        budget = unpacked_limit(raw)
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        hollow = 0
        stream = BoundedStream(raw, budget, packed=packed)
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as archive:
            for member in archive:
                archive.members = []  # type: ignore[attr-defined]  # tarfile would keep every member it has seen
                name = member.name.removeprefix("./")
                hollow += 1 if member.size == 0 else -4
                if hollow > ARCHIVE_HOLLOW:
                    raise ReadError("it has too many empty members")
                if member.isdir() or not wanted(name):
                    continue
                if _escapes(name):
                    yield _refused(path, name, "has a name that leads out of the archive")
                elif not member.isreg() or member.issparse():  # holes are not bytes of the archive, and cost memory
                    yield _refused(path, name, "is not a regular file in the archive")
                else:
                    content = archive.extractfile(member)
                    data = b"" if content is None else _read_up_to(content, _limit(name) + 1)
                    yield _bounded(path, name, data, _limit(name))

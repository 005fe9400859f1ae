"""Records what the readers of device output were given, so that a statement covers those bytes and no others.

The result of reading depends on the bytes, on their number, and on the names in a folder. If all of these are the same
at the end, the digest at the end covers what was judged, whatever the files were in between.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from fcu_conform.artefacts.bounded_io.archives import open_regular
from fcu_conform.artefacts.bounded_io.digests import dir_hash, keys_named_in, output_files
from fcu_conform.artefacts.bounded_io.reading import FileBytes
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk, FilesChunk
from fcu_conform.artefacts.device_output.file_names import is_device_name
from fcu_conform.artefacts.device_output.manifest import Manifest
from fcu_conform.artefacts.sessions import in_sessions
from fcu_conform.artefacts.usage import changed

BLOCK = 1 << 16


class FileWitness:
    """Of a file: its size, and a digest of every block that was read."""

    def __init__(self) -> None:
        self._size: int | None = None
        self._blocks: dict[int, bytes] = {}
        self._is_changed = False

    @property
    def has_seen(self) -> bool:
        """Something was read."""
        return self._size is not None

    def open(self, path: Path) -> io.BufferedReader:
        """Opens the file for reading, as `open_regular` does; what is read from it is noted."""
        raw = open_regular(path).detach()
        self._note_size(os.fstat(raw.fileno()).st_size)
        return io.BufferedReader(_NotedFile(raw, self), BLOCK)

    def take(self, data: bytes) -> None:
        """Notes the file as it was read at once."""
        self._note_size(len(data))
        for start in range(0, len(data), BLOCK):
            self.note(start // BLOCK, data[start : start + BLOCK])

    def note(self, number: int, block: bytes) -> None:
        """Notes one block; blocks are counted from 0."""
        digest = blake2b(block, digest_size=16).digest()
        self._is_changed |= self._blocks.setdefault(number, digest) != digest

    def _note_size(self, size: int) -> None:
        self._is_changed |= self._size not in (None, size)
        self._size = size

    def digest(self, path: Path) -> str:
        """SHA-256 of the file, hexadecimal, if it holds what was read.

        Raises:
            OSError: it cannot be read.
            UsageError: it does not hold what was read.
        """
        whole = hashlib.sha256()
        with self.open(path) as file:
            left = self._size or 0
            while piece := file.read(min(left, BLOCK)):
                whole.update(piece)
                left -= len(piece)
        if self._is_changed or left:
            raise changed(path)
        return whole.hexdigest()


class _NotedFile(io.RawIOBase):
    """A file that is read in whole blocks, each of which a witness sees."""

    def __init__(self, raw: io.RawIOBase, witness: FileWitness) -> None:
        self._raw = raw
        self._witness = witness
        self._position = 0
        self._last = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        self._position = self._raw.seek(offset, whence) if base is None else base + offset
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed asks for any buffer
        number, start = divmod(self._position, BLOCK)
        piece = self._block(number)[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def _block(self, number: int) -> bytes:
        if self._last[0] != number:
            self._raw.seek(number * BLOCK)
            pieces: list[bytes] = []
            left = BLOCK
            while left and (piece := self._raw.read(left)):
                pieces.append(piece)
                left -= len(piece)
            block = b"".join(pieces)
            self._witness.note(number, block)
            self._last = (number, block)
        return self._last[1]

    def close(self) -> None:
        self._raw.close()
        super().close()


class FolderWitness:
    """Of a folder: a digest of every device's file, and of the manifest; None for what could not be read."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | None] = {}
        self.manifest = Manifest("", {})
        self.is_whole = False
        self.changed = ""

    @property
    def has_seen(self) -> bool:
        """Something was read, or looked for."""
        return self.is_whole or bool(self.files)

    def begin(self, manifest: Manifest, file: FileBytes | None) -> FolderPass:
        """Begins to go through the folder; ``file`` is the manifest's, where there is one."""
        self.manifest = manifest
        whole = FolderPass(self)
        if file is not None:
            whole.note(file.name, None if file.trouble else file.data)
        return whole

    def digest(self, root: Path, manifest_name: str, *, listed_only: bool) -> str:
        """The ``dirHash`` of the folder, see `digest_of_output`, if it holds what was read.

        Raises:
            UsageError: it does not.
        """
        if self.changed:
            raise changed(root / self.changed)
        keys = keys_named_in(self.manifest)
        left = dict(self.files)
        lines: list[tuple[str, str | None]] = []
        for file in output_files(root, manifest_name, listed_only=listed_only):
            digest = None if file.trouble else hashlib.sha256(file.data).digest()
            is_listed = file.name in self.manifest.rows
            is_device = is_listed or (is_device_name(file.name) and not listed_only and file.name not in keys)
            is_new = file.name not in left
            if (self.is_whole and is_device) if is_new else left.pop(file.name) != digest:
                raise changed(root / file.name)
            lines.append((file.name, None if digest is None else digest.hex()))
        gone = next((name for name, digest in left.items() if digest is not None), None)
        if gone is not None:
            raise changed(root / gone)
        return dir_hash(lines)


class FolderPass:
    """One way through the folder: the first sees what there is, a later one must see the same in the same order."""

    def __init__(self, witness: FolderWitness) -> None:
        self._witness = witness
        self._expected: Iterator[tuple[str, bytes | None]] | None = None
        self._last: DeviceFile | None = None
        if witness.is_whole:
            self._expected = iter(witness.files.items())

    def note(self, name: str, data: bytes | None) -> None:
        """Notes a file by its name from the root; its data, or None where it could not be read."""
        witness = self._witness
        digest = None if data is None else hashlib.sha256(data).digest()
        if self._expected is None:
            is_as_it_was = witness.files.setdefault(name, digest) == digest
        else:
            is_as_it_was = next(self._expected, None) == (name, digest)
        if not is_as_it_was:
            witness.changed = witness.changed or name

    def chunk(self, chunk: Chunk) -> Chunk:
        """The chunk with its files read here and now: nobody else reads them again."""
        files = tuple(chunk.files())
        if self._last is not None and files:
            # The session that the first goes on with is the one that was noted, and not what was read of it once more.
            files[0].before = None
            files = tuple(in_sessions(iter((self._last, files[0]))))[1:] + files[1:]
        self._last = files[-1] if files else None
        for file in files:
            if file.kind is not None or file.troubles:  # else it is a stray key, which no digest covers
                self.note(file.name, None if file.troubles else file.data)
        return FilesChunk(files)

    def end(self) -> None:
        """The whole folder was gone through."""
        self._witness.is_whole = True


class Witness:
    """The witness of one path that was given as device output, of any form."""

    def __init__(self) -> None:
        self.file = FileWitness()
        self.folder = FolderWitness()

    @property
    def has_seen(self) -> bool:
        """Something of it was read."""
        return self.file.has_seen or self.folder.has_seen

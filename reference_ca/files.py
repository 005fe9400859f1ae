"""Bytes that can be written, appended or used as a file, and that never overwrite an existing file."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from reference_ca.errors import ExistsError, ReferenceCaError

PRIVATE_FILE, PUBLIC_FILE, PRIVATE_FOLDER = 0o600, 0o644, 0o700
LARGEST = 16 << 20
"""Bytes of the largest file that is read; a chain of a hundred certificates has a hundredth of it."""


class Blob:
    """Bytes of a certificate, a chain, a request or a bundle, ready to be used as a file."""

    mode = PUBLIC_FILE

    def __init__(self, data: bytes) -> None:
        """Hold `data` as it is."""
        self._data = data

    def __repr__(self) -> str:
        """Say how much is held, not what."""
        return f"<{type(self).__name__} of {len(self._data)} bytes>"

    def __eq__(self, other: object) -> bool:
        """Equal to another blob of the same kind with the same bytes."""
        return type(other) is type(self) and isinstance(other, Blob) and other._data == self._data

    def __hash__(self) -> int:
        """Go with `__eq__`."""
        return hash(self._data)

    @property
    def data(self) -> bytes:
        """The bytes themselves."""
        return self._data

    def write_to_path(self, path: str | os.PathLike[str], *, append: bool = False, replace: bool = False) -> Path:
        """Write a new file and return its path. `ExistsError` where there is one, unless told to append or
        replace.
        """
        path = Path(path)
        if append:
            with naming(path), path.open("ab") as file:
                file.write(self._data)
        else:
            create_file(path, self._data, mode=self.mode, replace=replace)
        return path

    @contextlib.contextmanager
    def tempfile(self) -> Iterator[str]:
        """Yield the path of a private temporary file with these bytes; it is gone when the block ends."""
        handle, path = tempfile.mkstemp(suffix=".pem")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self._data)
            yield path
        finally:
            Path(path).unlink()


class SecretBlob(Blob):
    """Bytes of a private key: written only for the owner to read, and never over or behind something else."""

    mode = PRIVATE_FILE

    def write_to_path(self, path: str | os.PathLike[str], *, append: bool = False, replace: bool = False) -> Path:
        """Write a new file of mode 0600 and return its path. A private key is never appended, and never
        replaces one.
        """
        if append or replace:
            raise ReferenceCaError("a private key is written to a file of its own only", path, "name a new file")
        return super().write_to_path(path)


def read_regular(path: Path) -> bytes:
    """The bytes of a regular file: opening a FIFO would wait for its other end, and a device has none.

    Raises:
        OSError: it cannot be read, is not a regular file, or is larger than `LARGEST`.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "is not a regular file", path)
    with os.fdopen(handle, "rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise OSError(errno.EFBIG, f"has more than {LARGEST >> 20} MiB", path)
    return data


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn an operating system's error about `path` into one line for people."""
    try:
        yield
    except FileExistsError:
        raise ExistsError("the file exists and is not overwritten", path, "move it away or name another") from None
    except OSError as error:
        raise ReferenceCaError(
            error.strerror or "input or output failed", path, "check the path and its permissions"
        ) from None


def create_file(path: Path, data: bytes, *, mode: int = PUBLIC_FILE, replace: bool = False) -> None:
    """Create `path` with `data`, following no link; with `replace` the old file or link is exchanged in one
    step.
    """
    with naming(path):
        target = path.with_name(f".{path.name}.{os.getpid()}") if replace else path
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            if replace:
                target.replace(path)
        except BaseException:
            target.unlink(missing_ok=True)  # half a file must not pass for a whole one
            raise


def private_folder(path: Path) -> None:
    """Make a folder (and those above it) that only the owner may enter; one that is there is left as it
    is.
    """
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)


def must_not_exist(*paths: Path) -> None:
    """Raise `ExistsError` for the first path that is there (a dangling link counts), before anything is
    written.
    """
    for path in paths:
        if os.path.lexists(path):
            raise ExistsError("the file exists and is not overwritten", path, "move it away or choose another folder")

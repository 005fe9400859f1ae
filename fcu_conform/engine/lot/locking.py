"""Locks a file that is open, so that no second process writes to it; the lock ends with the process."""

from __future__ import annotations

import sys
from typing import IO

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 62  # Windows keeps others from reading what is locked: an octet that no file has

    def lock(file: IO[bytes]) -> None:
        """Locks the file for this process alone.

        Raises:
            OSError: another process has locked it, or it cannot be locked where it lies.
        """
        place = file.tell()
        file.seek(_FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        finally:
            file.seek(place)

    def wait_and_lock(file: IO[bytes]) -> None:
        """Does nothing: Windows waits for ten seconds at most."""

else:
    import fcntl

    def lock(file: IO[bytes]) -> None:
        """Locks the file for this process alone.

        Raises:
            OSError: another process has locked it, or it cannot be locked where it lies.
        """
        # Unlike a lock by flock() it is not handed on to workers, which may outlive a process that was killed; but it
        # ends as soon as this process opens the file a second time and closes it.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def wait_and_lock(file: IO[bytes]) -> None:
        """Locks the file for this process alone, once no other process has it.

        Raises:
            OSError: it cannot be locked where it lies.
        """
        fcntl.flock(file, fcntl.LOCK_EX)

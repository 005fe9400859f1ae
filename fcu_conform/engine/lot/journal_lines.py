"""The lines of a journal file, each with a digest over itself and all lines before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from fcu_conform.artefacts.bounded_io.limits import JOURNAL_LINE
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.serialization import MalformedError, Plain

FORMAT = 2
_BEGINNING = b'{"journal":%d,' % FORMAT


class JournalLines:
    """Reads and writes the lines of one journal, from the first on.

    A line that was truncated when the run stopped is overwritten; a complete line that was changed is damage.
    ``count`` is how many lines have been read and written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rewind()

    def error(self, reason: str) -> UsageError:
        """What is wrong with the journal, as an error to raise."""
        return UsageError(f"journal {self._path}: {reason}")

    def damaged(self, line: int) -> UsageError:
        """That a line is not what was written there, as an error to raise."""
        return self.error(f"is damaged at line {line}; begin a new one")

    def _rewind(self) -> None:
        self._chain = b""
        self.count = 0
        self._end = 0

    def begin(self, file: IO[bytes]) -> Plain:
        """What the first line says; empty where there is none yet, or where it was torn off."""
        self._rewind()
        line = file.readline(JOURNAL_LINE)
        if not line.endswith(b"\n") and line[: len(_BEGINNING)] == _BEGINNING[: len(line)]:
            return {}
        try:
            version = json.loads(line)["journal"]
        except (ValueError, RecursionError, TypeError, KeyError):
            version = None
        if type(version) is not int:
            # What somebody else has written is not to be written over.
            raise self.error("is not a journal of fcu-conform")
        if version != FORMAT:
            raise self.error("was begun by another version of fcu-conform; begin a new one")
        return self._link(line)

    def _link(self, line: bytes) -> Plain:
        """What the next line says, whose digest must be one over all that comes before it.

        Raises:
            UsageError: it is not.
        """
        body = line.rpartition(b',"chain":')[0]
        chain = hashlib.sha256(self._chain + body).hexdigest().encode()
        try:
            if line != body + b',"chain":"' + chain + b'"}\n':
                raise MalformedError("another digest")
            entry: Plain = json.loads(body + b"}")
        except (ValueError, RecursionError):
            raise self.damaged(self.count + 1) from None
        self._chain = chain
        self.count += 1
        self._end += len(line)
        return entry

    def append(self, file: IO[bytes], entry: Plain) -> None:
        """Writes the next line."""
        body = json.dumps(entry, separators=(",", ":")).encode("ascii")[:-1]
        chain = hashlib.sha256(self._chain + body).hexdigest().encode()
        line = body + b',"chain":"' + chain + b'"}\n'
        file.seek(self._end)
        file.write(line)
        file.flush()
        self._chain = chain
        self.count += 1
        self._end += len(line)

    def rest(self, file: IO[bytes]) -> Iterator[Plain]:
        """What the lines say that were not read yet; what was torn off after them is cut off.

        Raises:
            UsageError: one is damaged.
        """
        file.seek(self._end)
        # A line that is longer than any that was written counts as torn off too: it is judged anew.
        while (line := file.readline(JOURNAL_LINE)).endswith(b"\n"):
            yield self._link(line)
        file.truncate(self._end)

    def mark(self) -> tuple[bytes, int, int]:
        """Where the next line comes, for `cut_back`."""
        return self._chain, self.count, self._end

    def cut_back(self, file: IO[bytes], mark: tuple[bytes, int, int]) -> None:
        """Takes away what was written after a mark."""
        self._chain, self.count, self._end = mark
        file.truncate(self._end)

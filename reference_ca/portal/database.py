"""One SQLite file that threads share.

Each change is one transaction that is on the disk before it is answered, so that a kill loses nothing that was answered
and leaves nothing half done.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reference_ca.errors import ReferenceCaError
from reference_ca.files import PRIVATE_FILE, create_file

_BUSY_SECONDS = 30


@dataclass(frozen=True)
class Outcome:
    """What a statement gave: its rows, and the number of the row that it inserted."""

    rows: list[tuple[Any, ...]]
    last_row: int


class Database:
    """The file, and one connection to it."""

    def __init__(self, path: Path, version: int, schema: str) -> None:
        """Open the file, or make it, readable for its owner alone: it holds API keys and a CA's private key.

        `ReferenceCaError` where it is not a database, or one of another version.
        """
        self._lock = threading.RLock()
        self._depth = 0
        if not path.exists():
            create_file(path, b"", mode=PRIVATE_FILE)
        try:
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except sqlite3.DatabaseError as error:
            raise _unusable(path, error) from None
        try:
            self._prepare(version, schema)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise _unusable(path, error) from None

    def _prepare(self, version: int, schema: str) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        (found,) = self._connection.execute("PRAGMA user_version").fetchone()
        if found == 0:
            self._connection.executescript(f"BEGIN IMMEDIATE;{schema}PRAGMA user_version = {version};COMMIT;")
        elif found != version:
            raise sqlite3.DatabaseError(f"version {found}, expected {version}")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> Outcome:
        """One statement, with everything that it gives."""
        with self._lock:
            cursor = self._connection.execute(statement, values)
            return Outcome(cursor.fetchall(), cursor.lastrowid or 0)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """What is read and written inside happens at once or, after an exception, not at all."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if outermost:
                    self._connection.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._connection.execute("COMMIT")
            finally:
                self._depth -= 1


def _unusable(path: Path, error: Exception) -> ReferenceCaError:
    return ReferenceCaError(f"the state cannot be used ({error})", path, "name another --db")

"""The state of the stand-in: documents by kind, in the order of their making."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reference_ca.portal.database import Database
from reference_ca.portal.protocol import Document, new_id, timestamp

_VERSION = 1
_AT_ONCE = 1000  # rows that are in memory when all are gone through

_SCHEMA = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entity (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    lookup TEXT,             -- what it is found by besides its id: an enrollment identity, an endpoint name
    document TEXT NOT NULL,  -- JSON: what the interface shows
    hidden TEXT NOT NULL     -- JSON: what it does not show
);
CREATE INDEX entity_in_order ON entity (kind, sequence);
CREATE INDEX entity_by_lookup ON entity (kind, lookup);
"""


@dataclass(frozen=True)
class Entity:
    """One stored document: ``hidden`` belongs to it, and the interface does not show it."""

    sequence: int
    kind: str
    id: str
    document: Document
    hidden: Document


class Store:
    """The documents. Every method may be called from any thread; `transaction` makes several calls one."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it."""
        self._database = Database(path, _VERSION, _SCHEMA)
        self.transaction = self._database.transaction
        self.close = self._database.close

    def setting(self, name: str, value: str | None = None) -> str:
        """The value of a setting, which ``value`` becomes where there is none; empty without both."""
        with self.transaction():
            rows = self._database.execute("SELECT value FROM setting WHERE name = ?", (name,)).rows
            if not rows and value is not None:
                self._database.execute("INSERT INTO setting VALUES (?, ?)", (name, value))
            return str(rows[0][0]) if rows else value or ""

    def add(self, kind: str, document: Document, *, lookup: str | None = None, **hidden: object) -> Entity:
        """Store a document; it gets an id, an etag and the time of its making where it has none."""
        now = timestamp()
        document = {"id": new_id(), "etag": "1", "created_at": now, **document}
        with self.transaction():
            row = (kind, document["id"], lookup, json.dumps(document), json.dumps(hidden))
            added = self._database.execute(
                "INSERT INTO entity (kind, id, lookup, document, hidden) VALUES (?, ?, ?, ?, ?)", row
            )
        return Entity(added.last_row, kind, document["id"], document, dict(hidden))

    def replace(self, entity: Entity, document: Document, **hidden: object) -> Entity:
        """Exchange fields of a stored document, and of what belongs to it."""
        document, belongs = {**entity.document, **document}, {**entity.hidden, **hidden}
        with self.transaction():
            self._database.execute(
                "UPDATE entity SET document = ?, hidden = ? WHERE sequence = ?",
                (json.dumps(document), json.dumps(belongs), entity.sequence),
            )
        return Entity(entity.sequence, entity.kind, entity.id, document, belongs)

    def move(self, entity: Entity, kind: str) -> None:
        """Give a document a new kind: what was deleted still has its place among the others."""
        with self.transaction():
            self._database.execute("UPDATE entity SET kind = ? WHERE sequence = ?", (kind, entity.sequence))

    def get(self, kind: str, entity_id: str) -> Entity | None:
        """The document of a kind with an id."""
        return next(iter(self._select("kind = ? AND id = ?", (kind, entity_id))), None)

    def find(self, kind: str, lookup: str) -> Entity | None:
        """The first document of a kind that was stored under ``lookup``."""
        return next(iter(self._select("kind = ? AND lookup = ?", (kind, lookup))), None)

    def entities(self, *kinds: str, after: int | None = None, descending: bool = False) -> Iterator[Entity]:
        """Documents of the kinds in the order of their making, those behind the sequence number ``after``."""
        kind_in = f"kind IN ({', '.join('?' * len(kinds))})"
        order, behind = ("DESC", "<") if descending else ("ASC", ">")
        while True:
            where = kind_in if after is None else f"{kind_in} AND sequence {behind} {after}"
            found = self._select(where, kinds, f"ORDER BY sequence {order} LIMIT {_AT_ONCE}")
            yield from found
            if len(found) < _AT_ONCE:
                return
            after = found[-1].sequence

    def neighbour(self, entity_id: str, *, descending: bool = False) -> str | None:
        """The id of the document of the same kind before one in the order of their making, if there is one."""
        order, before = ("ASC", ">") if descending else ("DESC", "<")
        for entity in self._select("id = ?", (entity_id,)):
            where = f"kind = ? AND sequence {before} {entity.sequence}"
            found = self._select(where, (entity.kind,), f"ORDER BY sequence {order} LIMIT 1")
            return found[0].id if found else None
        return None

    def count(self, kind: str) -> int:
        """How many documents of a kind there are."""
        row = self._database.execute("SELECT count(*) FROM entity WHERE kind = ?", (kind,)).rows[0]
        return int(row[0])

    def _select(self, where: str, values: tuple[str, ...], order: str = "LIMIT 1") -> list[Entity]:
        columns = "sequence, kind, id, document, hidden"
        query = f"SELECT {columns} FROM entity WHERE {where} {order}"  # noqa: S608 - no value is in the text
        rows = self._database.execute(query, values).rows
        return [Entity(s, kind, key, json.loads(shown), json.loads(hidden)) for s, kind, key, shown, hidden in rows]

"""Lists as the interface pages them: `limit`, `after`, `order`, `include=total_count`, and filters."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from reference_ca.portal.protocol import ApiError, Document, invalid
from reference_ca.portal.store import Entity, Store

LEAST, MOST, USUAL = 2, 1000, 50
"""Entries of a page: at least, at most, and where the request does not say."""

INT32 = 1 << 31

REMOVED = "removed "
"""Put before the kind of a document that was deleted: a page may still begin behind it."""

Keep = Callable[[Entity], bool]


@dataclass(frozen=True)
class Paging:
    """What a request asks for. A limit outside of the range is set to the closest one, as the interface documents."""

    limit: int = USUAL
    after: str = ""
    descending: bool = False
    with_total: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str], *, strict: bool = False) -> Paging:
        """Read the parameters; `ApiError` 400 where one cannot be read, or with ``strict`` is out of range."""
        limit = integer(query, "limit")
        if strict and limit is not None and not LEAST <= limit <= MOST:
            raise invalid("Validation error.", limit=f"is not between {LEAST} and {MOST}")
        order = query.get("order", "ASC")
        if order not in ("ASC", "DESC"):
            raise invalid("Validation error.", order="is not one of ASC, DESC")
        include = {part.strip() for part in query.get("include", "").split(",")}
        limit = USUAL if limit is None else min(max(limit, LEAST), MOST)
        return cls(limit, query.get("after", ""), order == "DESC", "total_count" in include)

    def page(self, store: Store, kind: str, unknown: ApiError, keep: Keep = lambda _: True) -> Document:
        """The page of a kind as a document without its total; ``unknown`` is raised where `after` is not an id."""
        position = None
        if self.after:
            start = store.get(kind, self.after) or store.get(REMOVED + kind, self.after)
            if start is None:
                raise unknown
            position = start.sequence
        behind: Iterable[Entity] = store.entities(kind, after=position, descending=self.descending)
        found = list(itertools.islice(filter(keep, behind), self.limit + 1))
        page: Document = {
            "object": "list",
            "data": [entity.document for entity in found[: self.limit]],
            "has_more": len(found) > self.limit,
            "limit": self.limit,
            "order": "DESC" if self.descending else "ASC",
        }
        return {**page, "after": self.after} if self.after else page


def total(store: Store, kind: str, keep: Keep = lambda _: True) -> int:
    """How many documents of a kind pass the filters."""
    return sum(map(keep, store.entities(kind)))


def integer(query: Mapping[str, str], name: str) -> int | None:
    """An integer parameter of 32 bits; `ApiError` 400 where it is not one."""
    text = query.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,10}", text) or not -INT32 <= int(text) < INT32:
        raise invalid("Validation error.", **{name: "is not an integer of 32 bits"})
    return int(text)


def boolean(query: Mapping[str, str], name: str) -> bool | None:
    """A boolean parameter; `ApiError` 400 where it is not one."""
    text = query.get(name)
    if text is None:
        return None
    if text not in ("true", "false"):
        raise invalid("Validation error.", **{name: "is not true or false"})
    return text == "true"

"""Names of columns as people and their tools write them: which one is meant, which is there twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache

_LOOKED_AT = 64
"""Columns of a table that may be misspelt ones."""
_ALIKE = 0.85
"""How alike two names are of which one is the other misspelt; "chain" and "chain_id" are less so."""


@lru_cache(maxsize=1024)
def meant_by(name: str, known: tuple[str, ...]) -> str:
    """The known column whose name this is but for case, separators or a slip; empty if it is none."""
    plain = {_plain(column): column for column in known}
    found = get_close_matches(_plain(name), plain, n=1, cutoff=_ALIKE) if len(name) < 100 else []
    return plain[found[0]] if found else ""


def spelt_as(name: str, known: Iterable[str]) -> str:
    """The known column whose name this is but for case and separators; as it is if there is none."""
    return next((column for column in known if _plain(column) == _plain(name)), name)


def fault_of_columns(names: Sequence[str], known: tuple[str, ...]) -> str:
    """What is wrong with the names of a table's columns, in words: one twice, or one misspelt; empty if nothing is."""
    twice = next((column for column in known if names.count(column) > 1), "")
    if twice:
        return f"has the column {twice} twice"
    for name in names[:_LOOKED_AT]:
        column = "" if name in known else meant_by(name, known)
        if column and column not in names:
            return f"has a column {name!r}: did you mean {column}?"
    return ""


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()

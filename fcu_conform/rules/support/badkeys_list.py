"""The list of compromised keys that badkeys (https://badkeys.info) keeps, where ``badkeys --update-bl`` has fetched it.

The list is read as it is: records of 16 octets in ascending order, each the first 15 octets of a SHA-256 and the number
of the collection that has the key. What is hashed of an EC key is its x coordinate, without leading zeros. The library
itself is not loaded, for it brings arithmetic that nothing here needs.
"""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from mmap import ACCESS_READ, mmap
from pathlib import Path

from fcu_conform.artefacts.encodings.public_keys import PublicKey

FORMAT = 0
_RECORD = 16
_LARGEST_DESCRIPTION = 1 << 20


@dataclass(frozen=True)
class Blocklist(Sequence[bytes]):
    """The digests of a list in order, and the names of its collections by number."""

    records: mmap | bytes
    collections: dict[int, str]

    def __len__(self) -> int:
        return len(self.records) // _RECORD

    def __getitem__(self, index: int) -> bytes:  # type: ignore[override]
        return bytes(self.records[index * _RECORD : index * _RECORD + _RECORD - 1])

    def collection_of(self, key: PublicKey) -> str:
        """The collection that has a key on P-256; empty where none has."""
        digest = hashlib.sha256(key.bits[1:33].lstrip(b"\0")).digest()[: _RECORD - 1]
        index = bisect_left(self, digest)
        if index == len(self) or self[index] != digest:
            return ""
        number = self.records[index * _RECORD + _RECORD - 1]
        return self.collections.get(number, f"collection {number}")


@cache
def blocklist() -> Blocklist | None:
    """The list where badkeys keeps it; None where there is none, or one of a format that is not known."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "badkeys"
    try:
        with (folder / "badkeysdata.json").open("rb") as file:
            described = json.loads(file.read(_LARGEST_DESCRIPTION))
        if described["bkformat"] != FORMAT:
            return None
        collections = {int(one["id"]): str(one["name"]) for one in described["blocklists"]}
        with (folder / "blocklist.dat").open("rb") as file:
            return Blocklist(mmap(file.fileno(), 0, access=ACCESS_READ), collections)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):  # the last: there is no home
        return None

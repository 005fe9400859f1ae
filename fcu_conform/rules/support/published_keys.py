"""Keys that are nobody's own: published with their private half, or so weak that anybody can work it out.

Both lists hold the SHA-256 of SubjectPublicKeyInfo; a list is read when it is first asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from fcu_conform.artefacts.encodings.public_keys import PublicKey
from fcu_conform.rules.support.badkeys_list import blocklist


@cache
def listed(name: str) -> Mapping[str, str]:
    """A list of this package: hex digest to where the key was published, or to what is wrong with it."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    places: dict[str, list[str]] = json.loads(text)
    return {digest: place for place, digests in places.items() for digest in digests}


def published_key(key: PublicKey) -> str:
    """Where the private half of a key was published; empty if neither this list nor that of badkeys has it."""
    place = listed("published_keys.json").get(key.sha256, "")
    others = blocklist()
    if place or others is None or not key.is_p256:
        return place
    collection = others.collection_of(key)
    return collection and f"badkeys: {collection}"


def weak_key(key: PublicKey) -> str:
    """Why anybody can work out the private half of a key, in words; empty where the public half alone does not tell."""
    return listed("weak_keys.json").get(key.sha256, "")

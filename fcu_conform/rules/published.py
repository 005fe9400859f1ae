"""Test keys whose private half is published, known by the SHA-256 of their SubjectPublicKeyInfo."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from fcu_conform.artefacts.publickeys import PublicKey


@cache
def _digests() -> dict[str, str]:
    """Hex digest to where the key was published."""
    text = files("fcu_conform.rules").joinpath("published_keys.json").read_text(encoding="utf-8")
    listed: dict[str, str] = json.loads(text)
    return listed


def published_key(key: PublicKey) -> str:
    """Where the key was published; empty if it is not known to be."""
    return _digests().get(key.sha256, "")

"""A DSSE envelope in a file: its payload, and the key ids that claim to have signed it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from fcu_conform.artefacts.bounded_io.json_text import parse_json

PAYLOAD_TYPE = "application/vnd.in-toto+json"


@dataclass(frozen=True)
class Envelope:
    """A DSSE envelope as it was read: the statement in it, and the id of the key that is said to have signed it."""

    statement: bytes
    key_id: str


def render_envelope(document: dict[str, Any]) -> bytes:
    """The envelope as a file, always in the same bytes."""
    return (json.dumps(document, indent=2, ensure_ascii=True) + "\n").encode("ascii")


def open_envelope(data: bytes) -> Envelope | None:
    """What is in an envelope; None if the data is none.

    Raises:
        ValueError: it is one, and not exactly as `signing` writes it: what nobody signs must not be changed either.
    """
    try:
        document = parse_json(data)
    except ValueError:
        return None
    if not isinstance(document, dict) or "payloadType" not in document:
        return None
    try:
        payload = base64.b64decode(document["payload"], validate=True)
        [signature] = document["signatures"]
        key_id, value = signature["keyid"], base64.b64decode(signature["sig"], validate=True)
    except (KeyError, TypeError, ValueError):
        raise ValueError("is a broken envelope, or not signed by exactly one key") from None
    again = {
        "payload": base64.b64encode(payload).decode("ascii"),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": key_id, "sig": base64.b64encode(value).decode("ascii")}],
    }
    if not isinstance(key_id, str) or render_envelope(again) != data:
        raise ValueError("is an envelope of another program, or was changed")
    return Envelope(payload, key_id)

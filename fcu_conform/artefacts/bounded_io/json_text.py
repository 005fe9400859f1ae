"""Reads untrusted JSON within limits: a few megabytes of brackets would fill the memory."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from fcu_conform.artefacts.bounded_io.limits import JSON_VALUES


def parse_json(data: bytes) -> Any:
    """What a JSON document holds.

    Raises:
        json.JSONDecodeError: the data is not JSON.
        ValueError: it is nested too deeply, has more values than any honest one, or an object has a member twice:
            readers do not agree which of the two counts.
    """
    # Each value but the first follows one of these; those in strings count too, and there are few.
    if data.count(b",") + data.count(b"[") + data.count(b"{") > JSON_VALUES:
        raise ValueError(f"has more than {JSON_VALUES} values")
    try:
        return json.loads(data, object_pairs_hook=_members)
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"has the member {twice[:100]!a} twice in one object")
    return members

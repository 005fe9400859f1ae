"""Reads JSON that somebody else may have written: a few megabytes of brackets would fill the memory."""

from __future__ import annotations

import json
from typing import Any

from fcu_conform.artefacts.limits import JSON_VALUES


def parse_json(data: bytes) -> Any:
    """What a JSON document holds.

    Raises:
        ValueError: it is none, is nested too deeply, or has more values than any honest one.
    """
    # Each value but the first follows one of these; those in strings count too, and there are few.
    if data.count(b",") + data.count(b"[") + data.count(b"{") > JSON_VALUES:
        raise ValueError(f"has more than {JSON_VALUES} values")
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("is nested too deeply") from None

"""Reads untrusted TOML within limits."""

from __future__ import annotations

import re
import sys
from typing import Any

from fcu_conform.artefacts.bounded_io.limits import TOML_KEY

_LONG_KEY = re.compile(rf"(?:\.[ \t]*[^\s.]+[ \t]*){{{TOML_KEY}}}")
"""So many words with dots between them: the library's time grows with the square of their number."""


def parse_toml(text: str) -> dict[str, Any]:
    """The document's table.

    Raises:
        ValueError: it is not TOML, is nested too deeply, or has a key of too many parts.
    """
    # Runs without waivers and without the details of an upload do without it.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    if _LONG_KEY.search(text):
        raise ValueError(f"a key has more than {TOML_KEY} parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("is nested too deeply") from None

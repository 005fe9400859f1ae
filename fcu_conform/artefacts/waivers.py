"""The waiver file: which findings are accepted, by whom, why, and until when."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fcu_conform.artefacts.bounded_io.limits import WAIVER_TEXT, WAIVERS, WAIVERS_FILE
from fcu_conform.artefacts.bounded_io.reading import Trouble, read_file
from fcu_conform.artefacts.bounded_io.toml_text import parse_toml
from fcu_conform.artefacts.redaction import redact
from fcu_conform.artefacts.usage import UsageError, existing

EVERYTHING = "*"
"""The scope of a waiver that is for every finding of its rule."""

_FINGERPRINT = re.compile(r"(?:sha256:)?([0-9a-f]{2}(?::?[0-9a-f]{2}){31})", re.IGNORECASE)


@dataclass(frozen=True)
class Waiver:
    """One waiver.

    Attributes:
        code: of the rule whose findings it is for.
        scope: the SHA-256 fingerprint of a certificate (64 hexadecimal digits, lower case), the name of a device, or
            `EVERYTHING`.
        reason: why the finding is accepted.
        owner: who accepted the findings.
        expires: the last day on which it is in force, in UTC.
        number: its place in the file, from 1.
    """

    code: str
    scope: str
    reason: str
    owner: str
    expires: date
    number: int

    @property
    def is_of_all(self) -> bool:
        """It is for every finding of its rule."""
        return self.scope == EVERYTHING

    @property
    def is_of_certificate(self) -> bool:
        """Its scope is a fingerprint, even where a device is called like that."""
        return _FINGERPRINT.fullmatch(self.scope) is not None

    def __str__(self) -> str:
        return f"waiver {self.number} ({self.code}, {self.scope})"


@dataclass(frozen=True)
class WaiverFile:
    """All waivers of a file, in its order; ``sha256`` is the digest of its bytes, hexadecimal."""

    path: Path
    waivers: tuple[Waiver, ...]
    sha256: str

    @property
    def name(self) -> str:
        """How findings call it."""
        return self.path.name


_FIELDS = tuple(field.name for field in fields(Waiver) if field.name != "number")


def read_waivers(given: str | os.PathLike[str]) -> WaiverFile:
    """Reads a TOML file of ``[[waiver]]`` tables.

    Raises:
        UsageError: it cannot be read, or a waiver in it is not what a waiver is: nothing is judged by half a file.
    """
    path = existing(given, "waivers")
    file = read_file(path, WAIVERS_FILE)
    if file.trouble is not None:
        detail = "is a folder" if file.trouble is Trouble.NOT_REGULAR and path.is_dir() else file.detail
        raise UsageError(f"waivers {path}: {detail or file.trouble.value}")
    try:
        tables = parse_toml(file.data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        reason = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise UsageError(f"waivers {path}: cannot be read as TOML: {reason}") from None
    try:
        return WaiverFile(path, tuple(_listed(tables)), hashlib.sha256(file.data).hexdigest())
    except ValueError as fault:
        raise UsageError(f"waivers {path}: {fault}") from None


def _listed(document: dict[str, Any]) -> list[Waiver]:
    others = sorted(set(document) - {"waiver"})
    if others:
        raise ValueError(f"'{others[0]}' is unknown: the file can have only [[waiver]] tables")
    tables = document.get("waiver", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ValueError("write each waiver as a [[waiver]] table")
    if len(tables) > WAIVERS:
        raise ValueError(f"has more than {WAIVERS} waivers")
    waivers = [_waiver(number, table) for number, table in enumerate(tables, start=1)]
    first: dict[tuple[str, str], int] = {}
    for waiver in waivers:
        number = first.setdefault((waiver.code, waiver.scope), waiver.number)
        if number != waiver.number:
            raise ValueError(f"{waiver} is the same as waiver {number}")
    return waivers


def _waiver(number: int, table: dict[str, Any]) -> Waiver:
    missing = [name for name in _FIELDS if name not in table]
    if missing:
        raise ValueError(f"waiver {number} has no {' and no '.join(missing)}")
    unknown = sorted(set(table) - set(_FIELDS))
    if unknown:
        raise ValueError(f"waiver {number} has '{unknown[0]}', which is unknown (known: {', '.join(_FIELDS)})")
    texts = {}
    for name in _FIELDS[:-1]:
        text = table[name]
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"waiver {number}: {name} is not text")
        if len(text) > WAIVER_TEXT:
            raise ValueError(f"waiver {number}: {name} has more than {WAIVER_TEXT} characters")
        texts[name] = " ".join(text.split())
    # Here and not where they are shown: a waiver has to be the same one in every process.
    texts |= {name: redact(texts[name], read_ahead=True) for name in ("reason", "owner")}
    expires = table["expires"]
    if not isinstance(expires, date) or isinstance(expires, datetime):
        raise ValueError(f"waiver {number}: expires is not a date such as 2026-12-31 (without quotes or time)")
    match = _FINGERPRINT.fullmatch(texts["scope"])
    if match:
        texts["scope"] = match[1].replace(":", "").lower()
    return Waiver(**texts, expires=expires, number=number)

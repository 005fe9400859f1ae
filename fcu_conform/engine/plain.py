"""Findings as plain data, for what crosses to another process or is kept in a file."""

from __future__ import annotations

from datetime import date
from typing import Any

from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.rules.model import Finding, Level, Location

Plain = dict[str, Any]


def finding_of(plain: Plain) -> Finding:
    """The finding that `dataclasses.asdict` took apart. Raises KeyError, TypeError or ValueError if it is none."""
    values = dict(plain)
    level = values.pop("level")
    location, picture = Location(**values.pop("location")), tuple(values.pop("picture"))
    waiver = values.pop("waiver")
    return Finding(
        **values,
        location=location,
        picture=picture,
        level=Level(level) if level else None,
        waiver=None if waiver is None else waiver_of(waiver),
    )


def waiver_of(plain: Plain) -> Waiver:
    """The waiver that `dataclasses.asdict` took apart, its date as text."""
    return Waiver(**{**plain, "expires": date.fromisoformat(plain["expires"])})

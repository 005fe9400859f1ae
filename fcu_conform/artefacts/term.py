"""A span of time as people say it: ``5y``, ``18m``, ``90d``; in calendar years and months, not in so many days."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

_TERM = re.compile(r"([0-9]{1,5})(y|m|w|d)", re.ASCII)


@dataclass(frozen=True)
class Term:
    """So many calendar months and days."""

    months: int = 0
    days: int = 0

    def __str__(self) -> str:
        if self.days:
            return f"{self.days}d"
        return f"{self.months}m" if self.months % 12 else f"{self.months // 12}y"

    def after(self, instant: datetime) -> datetime:
        """The instant at its end; the last day of a month that is too short, the last instant where years run out."""
        year, month = divmod(instant.year * 12 + instant.month - 1 + self.months, 12)
        for day in range(instant.day, instant.day - 4, -1):
            with suppress(ValueError, OverflowError):
                return instant.replace(year=year, month=month + 1, day=day) + timedelta(days=self.days)
        return datetime.max.replace(microsecond=0, tzinfo=instant.tzinfo)


def parse_term(text: str) -> Term:
    """The term that a text stands for.

    Raises:
        ValueError: it is not a number from 1 with y, m, w or d.
    """
    match = _TERM.fullmatch(text)
    number = int(match[1]) if match else 0
    if match is None or not number:
        raise ValueError("is not a time such as 5y, 18m, 12w or 90d")
    unit = match[2]
    if unit in "ym":
        return Term(months=number * (12 if unit == "y" else 1))
    return Term(days=number * (7 if unit == "w" else 1))

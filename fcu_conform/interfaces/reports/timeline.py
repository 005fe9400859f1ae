"""The time line of an HTML report: every certificate of a path from its begin to its end, drawn to one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fcu_conform.interfaces.reports.json_report import Document

LONGEST = 60
"""Years that are drawn: a certificate without an end would make all others invisible."""


@dataclass(frozen=True)
class Bar:
    """One certificate; ``begin`` and ``width`` are percent of the line, ``is_first`` marks what ends before others."""

    name: str
    place: str
    begin: float
    width: float
    not_before: str
    not_after: str
    is_first: bool


@dataclass(frozen=True)
class Timeline:
    """The certificates of one keystore on one scale.

    Attributes:
        name: the keystore's name.
        bars: a certificate each, in the order of fcu.crt.
        now: where the instant of judgement is, in percent.
        years: each year that is marked, with its place in percent.
    """

    name: str
    bars: Sequence[Bar]
    now: float
    years: Sequence[tuple[int, float]]


def draw_timeline(keystore: Document, judged_at: str) -> Timeline | None:
    """The time line of a keystore of the document; None where no certificate could be read."""
    certificates = keystore["certificates"]
    if not certificates:
        return None
    now = _years(judged_at)
    begin = min(now, *(_years(one["not_before"]) for one in certificates))
    begin = max(begin, now - LONGEST)
    end = max(now + 1, *(_years(one["not_after"]) for one in certificates))
    end = min(end, now + LONGEST)

    def place(year: float) -> float:
        return round(100 * min(max((year - begin) / (end - begin), 0), 1), 2)

    ends = sorted({one["not_after"] for one in certificates})
    first = ends[0] if len(ends) > 1 else ""
    bars = []
    for one in certificates:
        start, stop = place(_years(one["not_before"])), place(_years(one["not_after"]))
        name = one["common_name"] or one["subject"] or "empty subject"
        where = f"fcu.crt {one['index']}"
        days = one["not_before"][:10], one["not_after"][:10]
        bars.append(Bar(name, where, start, max(round(stop - start, 2), 0.5), *days, one["not_after"] == first))
    step = 10 if end - begin > 20 else 5 if end - begin > 8 else 1
    years = range(int(begin) + 1, int(end) + 1)
    return Timeline(keystore["name"], bars, place(now), [(year, place(year)) for year in years if year % step == 0])


def _years(instant: str) -> float:
    """An instant as a number of years."""
    when = datetime.fromisoformat(instant.replace("Z", "+00:00"))
    return when.year + (when.timetuple().tm_yday - 1) / 366

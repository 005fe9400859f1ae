"""Terms such as 5y: in calendar years and months, at the ends of months and of all time."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from fcu_conform.artefacts.term import Term, parse_term


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("5y", at(2026, 6, 1, 12, 30), at(2031, 6, 1, 12, 30)),
        ("1y", at(2024, 2, 29), at(2025, 2, 28)),
        ("4y", at(2024, 2, 29), at(2028, 2, 29)),
        ("18m", at(2026, 8, 31), at(2028, 2, 29)),
        ("1m", at(2026, 12, 31), at(2027, 1, 31)),
        ("90d", at(2026, 6, 1), at(2026, 8, 30)),
        ("2w", at(2026, 6, 1), at(2026, 6, 15)),
        ("99999y", at(2026, 6, 1), at(9999, 12, 31, 23, 59, 59)),
        ("99999d", at(9990, 6, 1), at(9999, 12, 31, 23, 59, 59)),
    ],
)
def test_a_term_ends_at_the_date_of_the_calendar(text: str, begin: datetime, end: datetime) -> None:
    assert parse_term(text).after(begin) == end


def test_a_term_is_months_and_days() -> None:
    assert [parse_term(text) for text in ("2y", "3m", "1w", "7d")] == [Term(24), Term(3), Term(0, 7), Term(0, 7)]


@pytest.mark.parametrize("text", ["5y", "18m", "90d"])
def test_a_term_is_written_as_it_was_typed(text: str) -> None:
    assert str(parse_term(text)) == text
    assert str(parse_term("12m")) == "1y"


@pytest.mark.parametrize("text", ["", "5", "y", "0y", "-1y", "5 y", "1.5y", "5Y", "5y2m", "100000d", "\u0665y", "5y\n"])
def test_other_text_is_refused_as_a_term(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time such as 5y, 18m, 12w or 90d"):
        parse_term(text)

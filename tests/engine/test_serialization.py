"""Results as plain data: they round-trip, and data of another shape or type is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.engine.serialization import MalformedError, plain_of, read_plain
from fcu_conform.rules.model import Finding, Level, Location

ONE = Waiver("DEV001", "lamp", "a reason", "an owner", date(2026, 9, 30), 2)
OTHER = Waiver("DEV001", "bulb", "a reason", "an owner", date(2026, 9, 30), 1)


@dataclass(frozen=True)
class Sample:
    """One of everything that can be read."""

    number: int
    flag: bool
    text: str | None
    octets: bytes
    day: date
    levels: set[Level]
    texts: tuple[str, ...]
    pairs: list[tuple[int, int]]
    acceptance_counts: dict[str, int]
    inner: dict[str, Location]


WHOLE = Sample(
    -(1 << 70),
    True,
    "a\udc80\x00",
    b"\x00\xff",
    date(2026, 6, 1),
    {Level.ERROR, Level.WARNING},
    ("b", "a"),
    [(2, 1), (0, 3)],
    {"x": 1},
    {"y": Location("f", 1, None, "z")},
)


def crossed(value: Any) -> Any:
    """What becomes of it as JSON."""
    return json.loads(json.dumps(plain_of(value)))


@pytest.mark.parametrize("value", [WHOLE, Sample(0, False, None, b"", date.min, set(), (), [], {}, {})])
def test_plain_values_round_trip(value: Sample) -> None:
    assert read_plain(Sample, crossed(value)) == value


@pytest.mark.parametrize("level", [None, *Level])
@pytest.mark.parametrize("covered", [None, ONE])
def test_a_finding_round_trips(level: Level | None, covered: Waiver | None) -> None:
    finding = Finding("m", Location("f", 1, 2, "x"), "e", "f", "w", "x", level, ("a", "b"), covered)
    plain = crossed(finding)
    kept = json.dumps(plain)
    assert read_plain(Finding, plain) == finding
    assert json.dumps(plain) == kept


def test_sets_are_always_in_one_order() -> None:
    assert plain_of({ONE, OTHER}) == plain_of({OTHER, ONE}) == [plain_of(OTHER), plain_of(ONE)]
    assert plain_of(frozenset(Level)) == ["error", "notice", "warning"]


@pytest.mark.parametrize("name", list(plain_of(WHOLE)))
def test_no_field_may_be_missing_null_or_of_another_type(name: str) -> None:
    plain = crossed(WHOLE)
    for wrong in (1.5, [1], [[1]], {"a": []}, {"a": None}, "\N{SNOWMAN}", 2, *([] if name == "text" else [None])):
        if type(wrong) is type(plain[name]) and name in ("number", "text"):
            continue
        with pytest.raises(MalformedError):
            read_plain(Sample, {**plain, name: wrong})
    del plain[name]
    with pytest.raises(MalformedError, match="Sample with other fields than number, flag"):
        read_plain(Sample, plain)


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.update(more=1),
        lambda plain: plain.update(number=True),
        lambda plain: plain.update(number=1.0),
        lambda plain: plain.update(flag=1),
        lambda plain: plain.update(octets="AA="),
        lambda plain: plain.update(octets="A\nA=="),
        lambda plain: plain.update(day="2026-02-30"),
        lambda plain: plain.update(levels=["grave"]),
        lambda plain: plain.update(levels=[["error"]]),
        lambda plain: plain.update(texts={"a": "b"}),
        lambda plain: plain.update(pairs=[[1, 2, 3]]),
        lambda plain: plain.update(pairs=[[1, "2"]]),
        lambda plain: plain.update(counts=[]),
        lambda plain: plain["inner"].update(y=None),
        lambda plain: plain["inner"]["y"].pop("line"),
    ],
)
def test_nothing_is_converted_or_left_out(change: Callable[[dict[str, Any]], object]) -> None:
    plain = crossed(WHOLE)
    change(plain)
    with pytest.raises(MalformedError):
        read_plain(Sample, plain)


@pytest.mark.parametrize("plain", [None, [], "Sample", 1, {}])
def test_input_that_is_not_a_record_is_refused(plain: Any) -> None:
    with pytest.raises(MalformedError):
        read_plain(Sample, plain)

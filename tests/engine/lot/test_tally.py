"""Which findings of a device rule are kept, and which are only counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.fakes import waiver
from fcu_conform.engine.lot import tally as tallies
from fcu_conform.engine.lot.tally import Tally
from fcu_conform.rules.model import Finding, Level, Location

ONE, OTHER = waiver("DEV001"), waiver("DEV001", "lamp", 2)


def error(number: int) -> Finding:
    return Finding(f"wrong {number}", level=Level.ERROR)


def waived(number: int, by: object = ONE) -> Finding:
    return replace(error(number), waiver=by)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def two_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "KEPT_FINDINGS", 2)


def tally_of(*findings: Finding) -> Tally:
    tally = Tally()
    for finding in findings:
        tally.keep(finding)
    return tally


def test_ten_thousand_findings_of_each_rule_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    tally = Tally()
    for number in range(10_001):
        tally.keep(error(number))
    assert (tally.found, len(tally.findings)) == (10_001, 10_000)


@pytest.mark.parametrize(("count", "kept"), [(1, 1), (2, 2), (3, 2), (5, 2)])
def test_findings_beyond_the_limit_are_counted_and_not_kept(count: int, kept: int) -> None:
    given = [error(number) for number in range(count)]
    tally = tally_of(*given)
    assert (tally.found, tally.findings, tally.waived, tally.used) == (count, given[:kept], 0, set())


@pytest.mark.parametrize(("count", "kept"), [(1, 1), (2, 2), (3, 2), (5, 2)])
def test_waived_findings_have_the_same_limit(count: int, kept: int) -> None:
    given = [waived(number) for number in range(count)]
    tally = tally_of(*given)
    assert (tally.found, tally.findings, tally.waived, tally.used) == (count, given[:kept], count, {ONE})


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (3, 4, 5, 0, 1, 2), (0, 3, 1, 4, 2, 5)])
def test_waived_and_standing_findings_have_separate_limits(order: tuple[int, ...]) -> None:
    given = [waived(0), waived(1), waived(2), error(3), error(4), error(5)]
    tally = tally_of(*(given[place] for place in order))
    assert (tally.found, tally.waived) == (6, 3)
    assert sorted(finding.message for finding in tally.findings) == ["wrong 0", "wrong 1", "wrong 3", "wrong 4"]


def test_the_first_finding_that_a_waiver_covers_is_kept_beyond_the_limit() -> None:
    tally = tally_of(waived(0), waived(1), waived(2), waived(3, OTHER), waived(4, OTHER))
    assert [finding.message for finding in tally.findings] == ["wrong 0", "wrong 1", "wrong 3"]
    assert (tally.found, tally.waived, tally.used) == (5, 5, {ONE, OTHER})


def test_a_notice_is_reported_once() -> None:
    notice, next_one = Finding("by the way", level=Level.NOTICE), Finding("also", level=Level.NOTICE)
    tally = tally_of(notice, replace(notice, location=Location("b")), next_one)
    assert (tally.found, tally.findings) == (2, [notice, next_one])


@pytest.mark.parametrize("level", [Level.ERROR, Level.WARNING])
def test_warnings_and_errors_are_reported_for_each_device(level: Level) -> None:
    finding = Finding("wrong", level=level)
    assert tally_of(finding, finding).findings == [finding, finding]


def full(number: int) -> Tally:
    """A tally with a limit of findings of its own, of which more were found than it kept."""
    return Tally(
        judged=10 * number,
        found=9,
        findings=[error(number), waived(number + 1)],
        blocked_by={"DEV001": number},
        reasons={"no key": 2 * number, f"only {number}": 1},
        waived=4,
        used={ONE},
        levels={Level.ERROR},
        hidden_by={"DEV002": 3 * number},
    )


def test_tallies_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    tally = full(1)
    tally.add(replace(full(5), used={OTHER}, levels={Level.WARNING}, fault="broke"))
    assert tally == Tally(
        judged=60,
        found=18,
        findings=[error(1), waived(2), error(5), waived(6)],
        blocked_by={"DEV001": 6},
        reasons={"no key": 12, "only 1": 1, "only 5": 1},
        fault="broke",
        waived=8,
        used={ONE, OTHER},
        levels={Level.ERROR, Level.WARNING},
        hidden_by={"DEV002": 18},
    )


def test_only_the_first_fault_of_a_rule_is_reported() -> None:
    tally = Tally(fault="first")
    tally.add(Tally(fault="second"))
    assert tally.fault == "first"
    tally.add(Tally())
    assert tally.fault == "first"


def test_findings_alone_add_no_counts_of_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    tally = full(1)
    tally.add_findings(full(3))
    assert (tally.judged, tally.found, tally.waived) == (10, 18, 8)
    assert (tally.blocked_by, tally.hidden_by) == ({"DEV001": 1}, {"DEV002": 3})
    assert len(tally.findings) == 4


def test_a_known_notice_counts_once_across_chunks() -> None:
    notice = Finding("by the way", level=Level.NOTICE)
    tally = tally_of(notice)
    tally.add(tally_of(notice, error(1)))
    assert (tally.found, tally.findings) == (2, [notice, error(1)])


def test_each_distinct_notice_is_reported_once() -> None:
    first, second = Finding("a", level=Level.NOTICE), Finding("b", level=Level.NOTICE)
    for given in ([first, second], [second, first]):
        tally = tally_of(*given, *given)
        assert (tally.found, tally.findings) == (2, given)

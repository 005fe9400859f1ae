"""What an examination makes of the pass over the devices, and of the waivers of a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fcu_conform.artefacts.waivers import Waiver, WaiverFile
from fcu_conform.engine import Examination, Outcome, waiver_audit
from fcu_conform.engine.lot.device_run import DeviceResults
from fcu_conform.engine.lot.tally import Tally
from fcu_conform.rules.model import Catalogue, Finding, Level, Location, Rule, Scope

from .fakes import lot, rule, waiver
from .test_examination import finds, make_rule, passes

AT = datetime(2026, 6, 1, 23, 30, tzinfo=timezone.utc)
WAIVED = (Finding("found", level=Level.ERROR, waiver=waiver("DEV001")),)


def setup_named(name: str = "x", devices: Any = "devices") -> Any:
    keystore = SimpleNamespace(fcu_crt=SimpleNamespace(name="fcu.crt", entries=()))
    return SimpleNamespace(name=name, devices=devices, upload=None, keystore=keystore, ca="ca", at=AT)


class Runner:
    """In place of the pass over the devices: gives these tallies, and notes which rules it was given."""

    def __init__(self, **tallies: Tally) -> None:
        self.tallies = tallies
        self.given: list[list[str]] = []

    def __call__(self, rules: Sequence[Rule], *_: Any) -> DeviceResults:
        self.given.append([one.code for one in rules])
        return DeviceResults({one.code: self.tallies.get(one.code, Tally(judged=1)) for one in rules})


def examined(rules: Sequence[Rule], runner: Any = None, setups: Any = None, **more: Any) -> Examination:
    catalogue = Catalogue()
    for one in rules:
        catalogue.add(one)
    return Examination(setups or [setup_named()], catalogue=catalogue, runner=runner, **more)


@pytest.mark.parametrize(
    ("tally", "strict", "outcome", "blocked_by", "reason"),
    [
        (Tally(judged=1), False, Outcome.PASSED, (), ""),
        (Tally(judged=1, fault="broke"), False, Outcome.ERROR, (), "broke"),
        (Tally(fault="broke", blocked_by={"DEV002": 1}), False, Outcome.ERROR, (), "broke"),
        (Tally(blocked_by={"DEV003": 1, "DEV002": 1}), False, Outcome.BLOCKED, ("DEV002", "DEV003"), ""),
        (Tally(judged=1, blocked_by={"DEV002": 1}), False, Outcome.PASSED, (), ""),
        (Tally(reasons={"no key": 2, "no name": 1}), False, Outcome.NOT_APPLICABLE, (), "no key; no name"),
        (Tally(), False, Outcome.NOT_APPLICABLE, (), "no bundle"),
        (Tally(judged=1, found=1, levels={Level.ERROR}), False, Outcome.FAILED, (), ""),
        (Tally(judged=1, found=1, levels={Level.WARNING}), False, Outcome.WARNED, (), ""),
        (Tally(judged=1, found=1, levels={Level.WARNING}), True, Outcome.FAILED, (), ""),
        (Tally(judged=1, found=1, levels={Level.NOTICE}), True, Outcome.PASSED, (), ""),
        (Tally(judged=1, found=1, waived=1), True, Outcome.WAIVED, (), ""),
        (Tally(judged=1, found=2, waived=1, levels={Level.NOTICE}), False, Outcome.WAIVED, (), ""),
        (Tally(judged=1, found=2, waived=1, levels={Level.WARNING}), False, Outcome.WARNED, (), ""),
    ],
)
def test_a_tally_becomes_a_result(
    tally: Tally, strict: bool, outcome: Outcome, blocked_by: tuple[str, ...], reason: str
) -> None:
    tally.findings = list(WAIVED[: tally.found])
    result = examined([rule("DEV001")], Runner(DEV001=tally), strict=strict).judge("DEV001", "x")
    assert (result.outcome, result.blocked_by, result.reason) == (outcome, blocked_by, reason)
    was_judged = outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.WARNED, Outcome.WAIVED)
    assert (result.count, result.waived) == ((tally.found, tally.waived) if was_judged else (0, 0))
    assert result.findings == (tuple(tally.findings) if was_judged else ())


def test_without_devices_their_rules_do_not_apply() -> None:
    runner = Runner()
    result = examined([rule("DEV001")], runner, [setup_named(devices=None)]).judge("DEV001", "x")
    assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, "no device output was given")
    assert runner.given == []


def test_the_devices_of_each_setup_are_read_once() -> None:
    runner = Runner()
    examination = examined([rule("DEV001"), rule("DEV002")], runner, [setup_named("x"), setup_named("y")])
    for code in ("DEV001", "DEV002"):
        for subject in ("x", "y", "x"):
            examination.judge(code, subject)
    assert runner.given == [["DEV001", "DEV002"]] * 2


def test_device_rules_are_blocked_by_faults_of_the_keystore() -> None:
    runner = Runner()
    examination = examined(
        [
            make_rule("CRT001", finds),
            make_rule("CRT002", passes),
            make_rule("CRT003", finds),
            rule("DEV001", needs=("CRT001",)),
            rule("DEV002", needs=("DEV001", "CRT003")),
            rule("DEV003", needs=("CRT002",)),
            rule("DEV004", needs=("DEV003",)),
            rule("DEV005", needs=("DEV002", "DEV003")),
            make_rule("LOT001", passes, scope=Scope.UNIQUE),
            make_rule("LOT005", passes, scope=Scope.LOT),
        ],
        runner,
    )
    told = {code: examination.judge(code, "x").blocked_by for code in ("DEV001", "DEV002", "DEV005")}
    assert told == {"DEV001": ("CRT001",), "DEV002": ("CRT001", "CRT003"), "DEV005": ("CRT001", "CRT003")}
    assert runner.given == []
    assert examination.judge("DEV004", "x").outcome is Outcome.PASSED
    assert runner.given == [["DEV003", "DEV004", "LOT001", "LOT005"]]


def test_half_a_lot_gives_no_verdict() -> None:
    class Stopped:
        def chunks(self) -> Any:
            raise KeyboardInterrupt

        def has_at_least(self, _: int) -> bool:
            return False

    with pytest.raises(KeyboardInterrupt):
        examined([rule("DEV001")], setups=[setup_named(devices=Stopped())]).judge("DEV001", "x")
    whole = examined([rule("DEV001", {"b": (Finding("wrong"),)})], setups=[setup_named(devices=lot("a b", "c"))])
    result = whole.judge("DEV001", "x")
    assert (result.outcome, result.count) == (Outcome.FAILED, 1)
    assert whole.device_results("x").checked == 3


def file_of(*waivers: Waiver) -> WaiverFile:
    return WaiverFile(Path("waivers.toml"), waivers, "")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """The rules that there are, where the run has others."""
    rules = Catalogue()
    monkeypatch.setattr(waiver_audit, "catalogue", lambda: rules)
    return rules


def waiving(known: Catalogue, rules: Sequence[Rule], *waivers: Waiver, **more: Any) -> Examination:
    for one in rules:
        known.add(one)
    return examined(rules, waivers=file_of(*waivers), **more)


def unused(examination: Examination) -> list[int]:
    assert examination.waiver_audit is not None
    return [one.number for one in examination.waiver_audit.unused()]


def hidden(examination: Examination) -> dict[str, tuple[str, ...]]:
    assert examination.waiver_audit is not None
    return dict(examination.waiver_audit.hidden())


def test_the_rules_about_waivers_come_last_and_once(known: Catalogue) -> None:
    def check(_: Any) -> Any:
        yield Finding("found", Location("waivers.toml"))

    rules = [make_rule("KEY001", passes), make_rule("SYS003", cast(Any, check), scope=Scope.WAIVERS)]
    setups = [setup_named("x"), setup_named("y")]
    examination = waiving(known, rules, waiver("KEY001"), setups=setups)
    cases = [(one.code, subject) for one, subject in examination.cases()]
    assert cases == [("KEY001", "x"), ("KEY001", "y"), ("SYS003", "waivers.toml")]
    assert examination.judge("SYS003", "waivers.toml").outcome is Outcome.FAILED
    assert examination.setup_of("waivers.toml") is setups[0]
    assert examination.setup_of("y") is setups[1]
    for nobody in ("other.toml", "xylophone.toml"):
        with pytest.raises(KeyError):
            examination.setup_of(nobody)
    assert [(one.code, subject) for one, subject in examined(rules, setups=setups).cases()] == cases[:2]
    with pytest.raises(KeyError):
        examined(rules).setup_of("waivers.toml")


def test_a_keystore_may_have_the_name_of_the_waivers_subject(known: Catalogue) -> None:
    setups = [setup_named("x"), setup_named("waivers.toml")]
    examination = waiving(known, [make_rule("KEY001", passes)], waiver("KEY001"), setups=setups)
    assert examination.setup_of("waivers.toml") is setups[1]


def test_waivers_that_cover_nothing_are_unused(known: Catalogue) -> None:
    rules = [
        make_rule("KEY001", finds),
        make_rule("KEY002", passes),
        make_rule("KEY003", passes, needs=("KEY001",)),
        make_rule("KEY004", passes, partially_blocked_by=("KEY001",)),
        make_rule("KEY005", lambda _: [Finding("notice", level=Level.NOTICE)], partially_blocked_by=("KEY002",)),
        make_rule("KEY006", lambda _: [Finding("found", level=Level.WARNING)], partially_blocked_by=("KEY001",)),
        make_rule("KEY007", cast(Any, _breaks)),
    ]
    given = [waiver(f"KEY00{number}", "*", number) for number in range(1, 8)]
    narrow = [waiver("KEY001", "nothing", 8), waiver("KEY006", "nothing", 9), waiver("KEY009", "*", 10)]
    assert unused(waiving(known, rules, *given, *narrow)) == [2, 5, 8]


def _breaks(_: Any) -> Any:
    raise ValueError


def test_waivers_of_rules_outside_this_run_are_not_called_unused(known: Catalogue) -> None:
    known.add(make_rule("KEY001", passes))
    assert unused(examined([make_rule("KEY002", passes)], waivers=file_of(waiver("KEY001")))) == []


@pytest.mark.parametrize(
    ("tally", "is_unused"),
    [
        (Tally(judged=2), True),
        (Tally(judged=2, blocked_by={"DEV002": 1}), False),
        (Tally(judged=1, found=1, waived=1, findings=list(WAIVED)), False),
        (Tally(judged=1, fault="broke"), False),
        (Tally(reasons={"no key": 1}), True),
    ],
)
def test_waivers_of_device_rules_that_cover_nothing_are_unused(known: Catalogue, tally: Tally, is_unused: bool) -> None:
    examination = waiving(known, [rule("DEV001")], waiver("DEV001"), runner=Runner(DEV001=tally))
    assert unused(examination) == ([1] if is_unused else [])


def test_without_devices_a_waiver_of_a_device_rule_is_unused(known: Catalogue) -> None:
    assert unused(waiving(known, [rule("DEV001")], waiver("DEV001"), setups=[setup_named(devices=None)])) == [1]


def test_rules_blocked_by_a_waived_error_are_reported(known: Catalogue) -> None:
    rules = [
        make_rule("KEY001", finds),
        make_rule("KEY002", finds),
        make_rule("KEY003", passes, needs=("KEY001",)),
        make_rule("KEY004", passes, needs=("KEY001", "KEY002")),
        make_rule("KEY005", passes, needs=("KEY003",)),
        make_rule("KEY006", passes, Level.WARNING, needs=("KEY001",)),
        make_rule("KEY007", finds, Level.WARNING),
        make_rule("KEY008", passes, needs=("KEY007",)),
        make_rule("KEY009", passes, needs=("KEY007", "KEY001")),
        make_rule("SYS001", passes, needs=("KEY001",), scope=Scope.RUN),
        rule("DEV001", needs=("KEY001",)),
        rule("DEV002"),
        rule("DEV003"),
    ]
    both = [waiver("KEY001"), waiver("KEY007", "*", 2)]
    runner = Runner(DEV002=Tally(judged=1, hidden_by={"DEV003": 1, "DEV001": 2}))
    assert hidden(waiving(known, rules, *both, runner=runner)) == {
        "DEV001": ("DEV002",),
        "DEV003": ("DEV002",),
        "KEY001": ("KEY003", "KEY005", "DEV001"),
    }
    known._rules.clear()
    three = [*both, waiver("KEY002", "*", 3)]
    assert hidden(waiving(known, rules, *three, runner=Runner())) == {
        "KEY001": ("KEY003", "KEY004", "KEY005", "DEV001"),
        "KEY002": ("KEY004",),
    }


def test_rules_blocked_by_the_run_are_not_hidden_by_a_waiver(known: Catalogue) -> None:
    from fcu_conform.rules.model import Blocked

    def blocked(*codes: str) -> Any:
        def check(_: Any) -> Any:
            raise Blocked(*codes)

        return check

    rules = [
        make_rule("KEY001", finds),
        make_rule("KEY002", blocked("KEY001", "SYS002")),
        make_rule("KEY003", blocked("KEY001", "KEY099")),
        make_rule("KEY004", blocked("KEY001")),
        make_rule("SYS002", passes, scope=Scope.RUN),
    ]
    assert hidden(waiving(known, rules, waiver("KEY001"))) == {"KEY001": ("KEY004",)}


@pytest.mark.parametrize("hour", [0, 23])
def test_today_is_the_day_of_judgement_in_utc(known: Catalogue, hour: int) -> None:
    from datetime import timedelta

    known.add(make_rule("KEY001", finds))
    for offset, day in ((-2, 1 + (hour >= 22)), (2, 1 - (hour < 2))):
        setup = setup_named()
        setup.at = datetime(2026, 6, 1, hour, tzinfo=timezone(timedelta(hours=offset)))
        examination = examined([make_rule("KEY001", finds)], setups=[setup], waivers=file_of(waiver("KEY001")))
        assert examination.waiver_audit is not None
        today = examination.waiver_audit.today
        assert today.toordinal() == datetime(2026, 6, 1).toordinal() + day - 1


def test_a_waiver_is_applied_while_it_is_in_force(known: Catalogue) -> None:
    late = Waiver("KEY001", "*", "r", "o", AT.date().replace(year=2025), 1)
    assert waiving(known, [make_rule("KEY001", finds)], late).judge("KEY001", "x").outcome is Outcome.FAILED
    known._rules.clear()
    examination = waiving(known, [make_rule("KEY001", finds)], waiver("KEY001"), late)
    result = examination.judge("KEY001", "x")
    assert (result.outcome, result.count, result.waived) == (Outcome.WAIVED, 1, 1)
    assert (waiver("KEY001") in examination.waivers, late in examination.waivers) == (True, False)

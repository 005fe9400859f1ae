"""How rules are run: what blocks what, one outcome for each rule and subject, each judged once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from artefacts.makers import AT

from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.engine import Examination, Outcome, Report, Verdict
from fcu_conform.rules.model import (
    Blocked,
    Catalogue,
    Evidence,
    Finding,
    Level,
    Location,
    NotApplicable,
    Rule,
    Source,
    requires,
)

Check = Callable[[Setup], Iterable[Finding]]


def make_rule(code: str, check: Check, level: Level = Level.ERROR, **more: Any) -> Rule:
    texts = {name: f"{name} of {code}" for name in ("requirement", "title", "why", "fix", "passes", "fails")}
    return Rule(
        code=code,
        slug=code.lower(),
        level=level,
        sources=(Source(Evidence.PAGE, "A page"),),
        check=check,
        **{"needs": (), "told_by": (), "partially_blocked_by": (), **texts, **more},
    )


def passes(_: Setup) -> Iterable[Finding]:
    return ()


def finds(_: Setup) -> Iterable[Finding]:
    yield Finding("found", Location("fcu.crt", 1))


def raises(fault: BaseException) -> Check:
    def check(_: Setup) -> Iterable[Finding]:
        yield Finding("found before the fault")
        raise fault

    return check


@pytest.fixture
def setups(tmp_path: Path) -> list[Setup]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    return read_setups([tmp_path / "one", tmp_path / "two"], at=AT)


def examine(setups: list[Setup], *rules: Rule, strict: bool = False) -> Examination:
    catalogue = Catalogue()
    for rule in rules:
        catalogue.add(rule)
    return Examination(setups, strict=strict, catalogue=catalogue)


def outcomes(examination: Examination, subject: str = "one") -> dict[str, tuple[str, tuple[str, ...]]]:
    results = [examination.judge(rule.code, name) for rule, name in examination.cases() if name == subject]
    return {result.code: (result.outcome.value, result.blocked_by) for result in results}


def test_a_rule_without_a_finding_passes(setups: list[Setup]) -> None:
    result = examine(setups, make_rule("KEY001", passes)).judge("KEY001", "one")
    assert (result.outcome, result.findings, result.blocked_by, result.reason) == (Outcome.PASSED, (), (), "")
    assert (result.code, result.target) == ("KEY001", "one")


def test_missing_fields_of_a_finding_are_filled_from_its_rule(setups: list[Setup]) -> None:
    result = examine(setups, make_rule("KEY001", finds)).judge("KEY001", "one")
    assert result.outcome is Outcome.FAILED
    assert result.findings == (
        Finding(
            "found",
            Location("fcu.crt", 1),
            why="why of KEY001",
            fix="fix of KEY001",
            level=Level.ERROR,
        ),
    )


def test_fields_of_a_finding_take_precedence_over_its_rule(setups: list[Setup]) -> None:
    own = Finding("found", why="own why", fix="own fix", level=Level.NOTICE)
    result = examine(setups, make_rule("KEY001", lambda _: [own])).judge("KEY001", "one")
    assert result.findings == (own,)
    assert result.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("level", "strict", "outcome"),
    [
        (Level.ERROR, False, Outcome.FAILED),
        (Level.ERROR, True, Outcome.FAILED),
        (Level.WARNING, False, Outcome.WARNED),
        (Level.WARNING, True, Outcome.FAILED),
        (Level.NOTICE, False, Outcome.PASSED),
        (Level.NOTICE, True, Outcome.PASSED),
    ],
)
def test_the_level_of_a_finding_determines_the_outcome(
    setups: list[Setup], level: Level, strict: bool, outcome: Outcome
) -> None:
    assert examine(setups, make_rule("KEY001", finds, level), strict=strict).judge("KEY001", "one").outcome is outcome


def test_the_most_severe_finding_determines_the_outcome(setups: list[Setup]) -> None:
    mixed = [Finding("a", level=Level.NOTICE), Finding("b", level=Level.WARNING)]
    assert examine(setups, make_rule("KEY001", lambda _: mixed)).judge("KEY001", "one").outcome is Outcome.WARNED
    mixed.insert(0, Finding("c", level=Level.ERROR))
    assert examine(setups, make_rule("KEY001", lambda _: mixed)).judge("KEY001", "one").outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("first", "outcome", "blocks"),
    [
        (make_rule("KEY001", passes), "passed", False),
        (make_rule("KEY001", finds, Level.NOTICE), "passed", False),
        (make_rule("KEY001", raises(NotApplicable("no"))), "not-applicable", False),
        (make_rule("KEY001", finds, Level.WARNING), "warned", True),
        (make_rule("KEY001", finds), "failed", True),
        (make_rule("KEY001", raises(Blocked("KEY009"))), "blocked", True),
        (make_rule("KEY001", raises(ValueError())), "error", True),
    ],
    ids=["passed", "noticed", "not applicable", "warned", "failed", "blocked", "broken"],
)
def test_a_rule_is_blocked_if_a_prerequisite_was_not_judged(
    setups: list[Setup], first: Rule, outcome: str, blocks: bool
) -> None:
    found = outcomes(examine(setups, first, make_rule("KEY002", finds, needs=("KEY001",))))
    assert found["KEY001"][0] == outcome
    assert found["KEY002"] == (("blocked", ("KEY001",)) if blocks else ("failed", ()))


def test_blocking_is_passed_on_and_names_the_nearest_rules(setups: list[Setup]) -> None:
    found = outcomes(
        examine(
            setups,
            make_rule("CFG001", finds),
            make_rule("KEY001", passes, needs=("CFG001",)),
            make_rule("KEY002", passes, needs=("KEY001",)),
            make_rule("KEY003", passes, needs=("CFG001", "KEY002", "KEY004")),
            make_rule("KEY004", passes),
        )
    )
    assert found == {
        "CFG001": ("failed", ()),
        "KEY001": ("blocked", ("CFG001",)),
        "KEY002": ("blocked", ("KEY001",)),
        "KEY003": ("blocked", ("CFG001", "KEY002")),
        "KEY004": ("passed", ()),
    }


def test_a_blocked_rule_is_not_run(setups: list[Setup]) -> None:
    def never(_: Setup) -> Iterable[Finding]:
        raise AssertionError("was run")

    examination = examine(setups, make_rule("KEY001", finds), make_rule("KEY002", never, needs=("KEY001",)))
    assert examination.judge("KEY002", "one").outcome is Outcome.BLOCKED


def test_a_shaded_rule_judges_what_it_can_but_does_not_pass(setups: list[Setup]) -> None:
    found = outcomes(
        examine(
            setups,
            make_rule("KEY001", finds),
            make_rule("KEY002", passes, partially_blocked_by=("KEY001",)),
            make_rule("KEY003", finds, partially_blocked_by=("KEY001",)),
            make_rule("KEY004", finds, Level.WARNING, partially_blocked_by=("KEY001",)),
            make_rule("KEY005", finds, Level.NOTICE, partially_blocked_by=("KEY001",)),
            make_rule("KEY006", raises(NotApplicable("no")), partially_blocked_by=("KEY001",)),
            make_rule("KEY007", passes, partially_blocked_by=("KEY008",)),
            make_rule("KEY008", passes),
        )
    )
    assert found == {
        "KEY001": ("failed", ()),
        "KEY002": ("blocked", ("KEY001",)),
        "KEY003": ("failed", ()),
        "KEY004": ("warned", ()),
        "KEY005": ("blocked", ("KEY001",)),
        "KEY006": ("not-applicable", ()),
        "KEY007": ("passed", ()),
        "KEY008": ("passed", ()),
    }


def test_a_shaded_rule_keeps_its_notices(setups: list[Setup]) -> None:
    shaded = make_rule("KEY002", finds, Level.NOTICE, partially_blocked_by=("KEY001",))
    result = examine(setups, make_rule("KEY001", finds), shaded).judge("KEY002", "one")
    assert [finding.message for finding in result.findings] == ["found"]


def test_a_rule_that_does_not_apply_has_a_reason(setups: list[Setup]) -> None:
    def check(setup: Setup) -> Iterable[Finding]:
        requires(setup.config, "there is no fcu.yml")
        yield Finding("found")

    result = examine(setups, make_rule("CFG001", check)).judge("CFG001", "one")
    assert (result.outcome, result.reason, result.findings) == (Outcome.NOT_APPLICABLE, "there is no fcu.yml", ())


def test_a_rule_can_name_what_blocks_it(setups: list[Setup]) -> None:
    result = examine(setups, make_rule("KEY001", raises(Blocked("CRT004", "CRT005")))).judge("KEY001", "one")
    assert (result.outcome, result.blocked_by, result.findings) == (Outcome.BLOCKED, ("CRT004", "CRT005"), ())


def test_a_broken_rule_is_an_error_that_names_the_place_and_not_the_text(setups: list[Setup]) -> None:
    result = examine(setups, make_rule("KEY001", raises(ValueError("very secret bytes")))).judge("KEY001", "one")
    assert (result.outcome, result.findings) == (Outcome.ERROR, ())
    assert re.fullmatch(r"internal fault: ValueError in check, line \d+", result.reason)
    assert "secret" not in repr(result)


def test_a_broken_rule_does_not_stop_the_others(setups: list[Setup]) -> None:
    found = outcomes(examine(setups, make_rule("KEY001", raises(RecursionError())), make_rule("KEY002", finds)))
    assert found == {"KEY001": ("error", ()), "KEY002": ("failed", ())}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interruption_stops_the_run(setups: list[Setup], stop: type[BaseException]) -> None:
    with pytest.raises(stop):
        examine(setups, make_rule("KEY001", raises(stop()))).judge("KEY001", "one")


def test_every_check_runs_once_for_each_subject_in_any_order(setups: list[Setup]) -> None:
    runs: list[tuple[str, str]] = []

    def recording(code: str) -> Check:
        def check(setup: Setup) -> Iterable[Finding]:
            runs.append((code, setup.name))
            return ()

        return check

    examination = examine(
        setups,
        make_rule("KEY001", recording("KEY001")),
        make_rule("KEY002", recording("KEY002"), needs=("KEY001",)),
        make_rule("KEY003", recording("KEY003"), needs=("KEY001", "KEY002"), partially_blocked_by=("KEY002",)),
    )
    first = examination.judge("KEY003", "two")
    assert runs == [("KEY001", "two"), ("KEY002", "two"), ("KEY003", "two")]
    for rule, subject in [*examination.cases(), *examination.cases()]:
        examination.judge(rule.code, subject)
    assert sorted(runs) == [(code, name) for code in ("KEY001", "KEY002", "KEY003") for name in ("one", "two")]
    assert examination.judge("KEY003", "two") is first


def test_cases_come_subject_by_subject_in_the_order_of_the_catalogue(setups: list[Setup]) -> None:
    examination = examine(setups, make_rule("CHN001", passes), make_rule("CFG002", passes), make_rule("CFG001", passes))
    assert [(rule.code, subject) for rule, subject in examination.cases()] == [
        (code, name) for name in ("one", "two") for code in ("CFG001", "CFG002", "CHN001")
    ]


def test_a_fault_of_one_subject_does_not_block_another(setups: list[Setup]) -> None:
    first = make_rule("KEY001", lambda setup: [Finding("found")] if setup.name == "one" else [])
    examination = examine(setups, first, make_rule("KEY002", passes, needs=("KEY001",)))
    assert outcomes(examination, "one")["KEY002"] == ("blocked", ("KEY001",))
    assert outcomes(examination, "two")["KEY002"] == ("passed", ())


def test_an_unknown_rule_cannot_be_judged(setups: list[Setup]) -> None:
    with pytest.raises(KeyError):
        examine(setups, make_rule("KEY001", passes)).judge("KEY002", "one")


def verdict(setups: list[Setup], *rules: Rule, complete: bool = True) -> Verdict:
    examination = examine(setups[:1], *rules)
    results = [examination.judge(rule.code, subject) for rule, subject in examination.cases()]
    return Report(setups, results, complete).verdict


FINE = make_rule("KEY001", passes)
WRONG = make_rule("KEY002", finds)
BROKEN = make_rule("KEY003", raises(ValueError()))
IDLE = make_rule("KEY004", raises(NotApplicable("no")))
WARNS = make_rule("KEY005", finds, Level.WARNING)
HELD = make_rule("KEY006", raises(Blocked("KEY001")))


@pytest.mark.parametrize(
    ("rules", "complete", "expected"),
    [
        ([FINE], True, Verdict.CONFORMANT),
        ([WARNS], True, Verdict.CONFORMANT),
        ([FINE, IDLE, HELD, WARNS], True, Verdict.CONFORMANT),
        ([FINE, WRONG], True, Verdict.NON_CONFORMANT),
        ([WRONG, BROKEN], False, Verdict.NON_CONFORMANT),
        ([FINE, BROKEN], True, Verdict.INCOMPLETE),
        ([FINE], False, Verdict.INCOMPLETE),
        ([BROKEN], True, Verdict.INCOMPLETE),
        ([], True, Verdict.NOTHING_CHECKED),
        ([IDLE], True, Verdict.NOTHING_CHECKED),
        ([IDLE, HELD], True, Verdict.NOTHING_CHECKED),
        ([], False, Verdict.INCOMPLETE),
    ],
)
def test_the_verdict_over_all_results(
    setups: list[Setup], rules: list[Rule], complete: bool, expected: Verdict
) -> None:
    assert verdict(setups, *rules, complete=complete) is expected


def test_a_report_gives_findings_by_level_and_the_codes_that_failed(setups: list[Setup]) -> None:
    examination = examine(setups[:1], WRONG, WARNS, FINE)
    results = [examination.judge(rule.code, subject) for rule, subject in examination.cases()]
    report = Report(setups, results)
    assert report.errors() == {"KEY002"}
    assert [(result.code, finding.level) for result, finding in report.findings()] == [
        ("KEY002", Level.ERROR),
        ("KEY005", Level.WARNING),
    ]
    assert [result.code for result, _ in report.findings(Level.WARNING)] == ["KEY005"]
    assert list(report.findings(Level.NOTICE)) == []

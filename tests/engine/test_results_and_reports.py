"""Small parts of the engine: results, reports, findings as plain data, faults as text, and what waivers cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fcu_conform.engine import report as module
from fcu_conform.engine.faults import describe_fault
from fcu_conform.engine.judgements import HINDERED
from fcu_conform.engine.report import Report, Verdict
from fcu_conform.engine.results import JUDGED, Outcome, Result
from fcu_conform.engine.waivers import Waivers, WaiverScope, scopes_in_setup, scopes_of_device
from fcu_conform.rules.model import Finding, Level, Location, Scope
from fcu_conform.validators.model import ValidatorFault

from .fakes import rule, waiver

ONE = waiver("KEY001")


def result(outcome: Outcome, *findings: Finding, scope: Scope = Scope.SETUP, **more: Any) -> Result:
    code = more.pop("code", "SYS001" if scope is Scope.RUN else "KEY001")
    return Result(rule(code, scope=scope), more.pop("subject", "x"), outcome, findings, **more)


def test_outcomes_are_judgements_or_obstacles() -> None:
    assert {Outcome.PASSED, Outcome.FAILED, Outcome.WARNED, Outcome.WAIVED} == JUDGED
    assert set(Outcome) - {Outcome.PASSED, Outcome.NOT_APPLICABLE} == HINDERED


ERROR, WARNING = Finding("e", level=Level.ERROR), Finding("w", level=Level.WARNING)


@pytest.mark.parametrize(
    ("outcome", "findings", "is_one"),
    [
        (Outcome.WAIVED, (replace(ERROR, waiver=ONE),), True),
        (Outcome.WARNED, (WARNING, replace(ERROR, waiver=ONE)), True),
        (Outcome.FAILED, (replace(ERROR, waiver=ONE), ERROR), False),
        (Outcome.WAIVED, (replace(WARNING, waiver=ONE),), False),
        (Outcome.BLOCKED, (ERROR,), False),
        (Outcome.PASSED, (), False),
        (Outcome.WARNED, (replace(WARNING, waiver=ONE), ERROR), False),
    ],
)
def test_an_error_that_passes_only_by_a_waiver_is_marked(
    outcome: Outcome, findings: tuple[Finding, ...], is_one: bool
) -> None:
    told = result(outcome, *findings)
    assert told.is_waived_error is is_one
    assert told.standing == tuple(finding for finding in findings if finding.waiver is None)


@pytest.mark.parametrize(
    ("results", "complete", "verdict", "has_judged"),
    [
        ([(Outcome.PASSED, Scope.SETUP)], True, Verdict.CONFORMANT, True),
        ([(Outcome.WAIVED, Scope.SETUP)], True, Verdict.CONFORMANT, True),
        ([(Outcome.PASSED, Scope.RUN)], True, Verdict.NOTHING_CHECKED, False),
        ([(Outcome.PASSED, Scope.WAIVERS)], True, Verdict.NOTHING_CHECKED, False),
        ([(Outcome.FAILED, Scope.RUN)], True, Verdict.NOTHING_CHECKED, False),
        ([(Outcome.FAILED, Scope.RUN)], False, Verdict.INCOMPLETE, False),
        ([(Outcome.ERROR, Scope.RUN)], True, Verdict.INCOMPLETE, False),
        ([(Outcome.PASSED, Scope.SETUP), (Outcome.FAILED, Scope.RUN)], True, Verdict.INCOMPLETE, True),
        ([(Outcome.PASSED, Scope.SETUP), (Outcome.FAILED, Scope.WAIVERS)], True, Verdict.INCOMPLETE, True),
        ([(Outcome.PASSED, Scope.SETUP), (Outcome.WARNED, Scope.WAIVERS)], True, Verdict.CONFORMANT, True),
        ([(Outcome.PASSED, Scope.SETUP), (Outcome.ERROR, Scope.RUN)], True, Verdict.INCOMPLETE, True),
        ([(Outcome.FAILED, Scope.SETUP), (Outcome.FAILED, Scope.WAIVERS)], True, Verdict.NON_CONFORMANT, True),
        ([(Outcome.FAILED, Scope.DEVICE), (Outcome.ERROR, Scope.SETUP)], False, Verdict.NON_CONFORMANT, True),
        ([(Outcome.PASSED, Scope.SETUP), (Outcome.PASSED, Scope.RUN)], False, Verdict.INCOMPLETE, True),
        ([(Outcome.BLOCKED, Scope.SETUP), (Outcome.NOT_APPLICABLE, Scope.SETUP)], True, Verdict.NOTHING_CHECKED, False),
    ],
)
def test_rules_about_the_run_affect_the_verdict(
    results: list[tuple[Outcome, Scope]], complete: bool, verdict: Verdict, has_judged: bool
) -> None:
    report = Report([], [result(outcome, scope=scope) for outcome, scope in results], complete)
    assert (report.verdict, report.has_judged) == (verdict, has_judged)


def test_findings_are_selected_by_level() -> None:
    report = Report([], [result(Outcome.FAILED, ERROR, WARNING), result(Outcome.WARNED, WARNING, code="KEY002")])
    assert [(told.code, finding.message) for told, finding in report.findings()] == [
        ("KEY001", "e"),
        ("KEY001", "w"),
        ("KEY002", "w"),
    ]
    assert [told.code for told, _ in report.findings(Level.WARNING)] == ["KEY001", "KEY002"]
    assert [told.code for told, _ in report.findings(Level.ERROR)] == ["KEY001"]
    assert report.errors() == {"KEY001"}
    assert report.complete


@dataclass
class Stub:
    name: str
    is_there: bool = True
    stands_for: str = "a test"

    def version(self) -> str:
        if not self.is_there:
            raise ValidatorFault("not installed")
        return f"{self.name} of today"


def uses(
    results: Sequence[Result], asked: Iterable[Stub], known: Iterable[Stub], names: Sequence[str] = ("x",)
) -> list[tuple[str, str | None, str]]:
    examination = cast(Any, SimpleNamespace(validators=list(asked)))
    report = Report(cast(Any, [SimpleNamespace(name=name) for name in names]), results, examination=examination)
    module_known, module.known = module.known, cast(Any, lambda: list(known))
    try:
        return [(use.name, use.version, use.status) for use in report.validators()]
    finally:
        module.known = module_known


def test_the_state_of_each_validator_is_reported() -> None:
    asked = [Stub("silent"), Stub("used"), Stub("gone", False), Stub("quiet")]
    known = [Stub("used"), Stub("other"), Stub("missing", False)]
    results = [
        result(Outcome.BLOCKED, subject="x-silent", blocked_by=("CHN001", "SYS002")),
        result(Outcome.BLOCKED, subject="x-quiet", blocked_by=("CHN001",)),
        result(Outcome.BLOCKED, subject="x-used", blocked_by=("SYS002",)),
        result(Outcome.PASSED, subject="y-used", version="1.0"),
        result(Outcome.PASSED, subject="y-used", version="2.0"),
        result(Outcome.PASSED, subject="z-other", version="9"),
        result(Outcome.BLOCKED, subject="x-gone", blocked_by=("SYS002",)),
    ]
    assert uses(results, asked, known, ("x", "y")) == [
        ("silent", "silent of today", "failed"),
        ("used", "1.0", "used"),
        ("gone", None, "not-installed"),
        ("quiet", "quiet of today", "not-asked"),
        ("other", "other of today", "not-asked"),
        ("missing", None, "not-installed"),
    ]


def test_an_empty_version_counts_as_a_version() -> None:
    assert uses([result(Outcome.PASSED, subject="x-used", version="")], [Stub("used")], []) == [("used", "", "used")]


def test_a_report_without_an_examination_knows_no_validators_of_its_own() -> None:
    names = [use.name for use in Report([], []).validators()]
    assert names == [validator.name for validator in module.known()]


def outer(depth: int) -> None:
    if depth:
        outer(depth - 1)
    raise LookupError("secret")


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_fault_is_reported_with_its_innermost_location(depth: int) -> None:
    line = outer.__code__.co_firstlineno + (3 if depth == 0 else 2)
    try:
        outer(depth)
    except LookupError as fault:
        told = describe_fault(fault)
    innermost = outer.__code__.co_firstlineno + 3
    assert told == f"internal fault: LookupError in outer, line {innermost}"
    assert line <= innermost


def test_a_fault_that_was_never_raised_has_no_location() -> None:
    assert describe_fault(ValueError("secret")) == "internal fault: ValueError"


def applied(waivers: Waivers, *marks: str, code: str = "KEY001", level: Level = Level.ERROR) -> int | None:
    """The number of the waiver that covers a finding about these."""
    finding = Finding("f", level=level)
    told = waivers.apply(code, finding, lambda: map(WaiverScope, marks))
    assert replace(told, waiver=None) == finding
    return None if told.waiver is None else told.waiver.number


WIDE, LAMP, OTHER = waiver("KEY001"), waiver("KEY001", "lamp", 2), waiver("KEY002", "*", 3)


@pytest.mark.parametrize(
    ("given", "marks", "number"),
    [
        ((), ("lamp",), None),
        ((WIDE,), ("lamp",), 1),
        ((WIDE,), (), 1),
        ((LAMP,), ("lamp",), 2),
        ((LAMP,), ("other", "lamp"), 2),
        ((LAMP,), ("other",), None),
        ((LAMP,), (), None),
        ((WIDE, LAMP), ("lamp",), 2),
        ((LAMP, WIDE), ("lamp",), 2),
        ((LAMP, WIDE), ("other",), 1),
        ((OTHER,), ("lamp",), None),
    ],
)
def test_the_narrowest_waiver_of_the_rule_covers_a_finding(
    given: tuple[Any, ...], marks: tuple[str, ...], number: int | None
) -> None:
    waivers = Waivers(given)
    assert applied(waivers, *marks) == number
    assert applied(waivers, *marks, level=Level.WARNING) == number
    assert applied(waivers, *marks, level=Level.NOTICE) is None
    assert set(waivers) == set(given)
    assert [one in waivers for one in (WIDE, LAMP, OTHER)] == [one in given for one in (WIDE, LAMP, OTHER)]


def test_scopes_of_a_finding_are_computed_only_if_a_waiver_may_cover_it() -> None:
    def never() -> Iterable[WaiverScope]:
        raise AssertionError("was asked")

    for code, level in (("KEY003", Level.ERROR), ("KEY001", Level.NOTICE)):
        assert Waivers([WIDE]).apply(code, Finding("f", level=level), never).waiver is None


def certificates(*names: str) -> tuple[Any, ...]:
    return tuple(SimpleNamespace(sha256=name) for name in names)


@pytest.mark.parametrize(
    ("index", "fingerprints"),
    [(None, ["own"]), (1, ["own"]), (2, ["second"]), (3, ["third"]), (4, []), (-1, [])],
)
def test_a_device_is_matched_by_its_names_and_certificate(index: int | None, fingerprints: list[str]) -> None:
    device: Any = SimpleNamespace(
        name="n", identity="i", endpoint_names=("a", "b"), certificates=certificates("own", "second", "third")
    )
    names = [WaiverScope("n"), WaiverScope("i"), WaiverScope("a"), WaiverScope("b")]
    prints = [WaiverScope(text, is_fingerprint=True) for text in fingerprints]
    assert list(scopes_of_device(device, Location("n", index))) == [*names, *prints]
    device.certificates = ()
    assert list(scopes_of_device(device, Location("n", index))) == names


DIGITS = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("scope", "mark", "covers"),
    [
        (DIGITS, WaiverScope(DIGITS, is_fingerprint=True), True),
        (DIGITS, WaiverScope(DIGITS), False),
        ("lamp", WaiverScope("lamp"), True),
        ("lamp", WaiverScope("lamp", is_fingerprint=True), False),
        ("*", WaiverScope("lamp"), True),
        (f"sha256:{DIGITS}", WaiverScope(f"sha256:{DIGITS}"), False),
    ],
)
def test_a_device_named_like_a_fingerprint_is_not_covered_by_it(scope: str, mark: WaiverScope, covers: bool) -> None:
    given = waiver("KEY001", scope)
    found = Waivers([given]).apply("KEY001", Finding("f", level=Level.ERROR), lambda: [mark])
    assert found.waiver == (given if covers else None)


def test_a_waiver_for_the_device_star_covers_all_devices() -> None:
    given = [waiver("KEY001", "*"), waiver("KEY001", "lamp", number=2)]
    found = Waivers(given).apply(
        "KEY001", Finding("f", level=Level.ERROR), lambda: [WaiverScope("*"), WaiverScope("lamp")]
    )
    assert found.waiver == given[1]


def crt(name: str) -> Any:
    entries = [
        SimpleNamespace(index=1, certificate=SimpleNamespace(sha256=f"{name} first")),
        SimpleNamespace(index=2, certificate=None),
        SimpleNamespace(index=3, certificate=SimpleNamespace(sha256=f"{name} third")),
    ]
    return SimpleNamespace(name=name, entries=entries)


@pytest.mark.parametrize("has_upload", [True, False])
@pytest.mark.parametrize("code", ["UPL001", "CRT001"])
@pytest.mark.parametrize("file", ["fcu.crt", "upload", None])
@pytest.mark.parametrize("index", [None, 0, 1, 2, 3, 4])
def test_a_finding_is_matched_by_the_certificate_of_its_file(
    has_upload: bool, code: str, file: str | None, index: int | None
) -> None:
    upload = SimpleNamespace(certificates=crt("upload")) if has_upload else None
    setup: Any = SimpleNamespace(upload=upload, keystore=SimpleNamespace(fcu_crt=crt("fcu.crt")))
    about = "upload" if has_upload and code == "UPL001" else "fcu.crt"
    found = {1: [f"{about} first"], 3: [f"{about} third"]}.get(index or 0, []) if file == about else []
    told = [WaiverScope(text, is_fingerprint=True) for text in found]
    assert list(scopes_in_setup(setup, rule(code), Location(file, index))) == told

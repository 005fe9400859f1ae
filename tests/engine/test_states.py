"""A device is conformant, non-conformant or not decided: by its rules, by the setup's, and by validators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from fcu_conform import check
from fcu_conform.artefacts.waivers import WaiverFile
from fcu_conform.engine import Outcome, Report, Result, Verdict
from fcu_conform.engine.lot.chunk_judge import ChunkJudge, ChunkResult
from fcu_conform.engine.lot.device_run import DeviceResults, judge_devices
from fcu_conform.engine.lot.tally import Tally
from fcu_conform.engine.states import DeviceCounts
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules.model import Blocked, Finding, Level, NotApplicable, Rule, Scope
from reference_ca import KeySource
from reference_ca.defects import DEFECTS, FactorySetup, SetupParameters

from .fakes import CA, files, lot, rule, unique_rule, waiver
from .test_asking import DOUBT, NO, SILENT, YES, Passes, by_words, device, examined
from .test_examination import finds, make_rule, passes
from .test_over_devices import examined as examined_over_devices
from .test_over_devices import setup_named
from .test_validator_panel import Stub

WRONG = Finding("wrong")
ODD = Finding("odd", level=Level.WARNING)
NOT_TOLD = NotApplicable("no key")


def states(rules: Sequence[Rule], *names: str, **options: Any) -> dict[str, str]:
    """The devices that are not conformant, by name."""
    result = ChunkJudge(rules, CA, fast_path=False, **options).judge(files(*names))
    found = {offender.name: "non-conformant" for offender in result.offenders}
    return {**found, **{name: "not decided" for _, name in result.undecided}}


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ((), None),
        ((ODD,), None),
        ((WRONG,), "non-conformant"),
        (NOT_TOLD, None),
        (Blocked("CRT002"), "not decided"),
        (ValueError("broke"), "not decided"),
    ],
)
def test_a_device_is_decided_if_every_rule_could_judge_it(said: Any, state: str | None) -> None:
    rules = [rule("DEV001"), rule("DEV002", {"b": said})]
    assert states(rules, "a", "b") == ({"b": state} if state else {})


def test_an_error_decides_even_if_other_rules_are_blocked() -> None:
    rules = [rule("DEV001", {"a": (WRONG,)}), rule("DEV002", needs=("DEV001",)), rule("DEV003", {"a": Blocked("X")})]
    assert states(rules, "a") == {"a": "non-conformant"}


def test_recommendations_leave_no_device_open() -> None:
    rules = [rule("DEV001"), rule("DEV002", {"a": Blocked("CRT002")}, Level.WARNING)]
    assert states(rules, "a") == {}


def test_a_device_that_no_rule_of_level_error_applies_to_is_not_decided() -> None:
    assert states([rule("DEV001", {"a": NOT_TOLD}), rule("DEV002", level=Level.WARNING)], "a") == {"a": "not decided"}


@pytest.mark.parametrize(("scope", "state"), [("*", "not decided"), ("b", "non-conformant")])
def test_a_waived_error_that_hides_others_leaves_the_device_open(scope: str, state: str) -> None:
    rules = [rule("DEV001", {"a": (WRONG,)}), rule("DEV002", needs=("DEV001",))]
    assert states(rules, "a", waivers=Waivers([waiver("DEV001", scope)])) == {"a": state}


def test_a_blocking_warning_leaves_the_device_open() -> None:
    rules = [rule("DEV001", {"a": (ODD,)}, Level.WARNING), rule("DEV002", needs=("DEV001",))]
    assert states(rules, "a") == {"a": "not decided"}


def test_only_conformant_devices_are_drawn() -> None:
    rules = [rule("DEV001", {"a": (WRONG,), "b": Blocked("CRT002")})]
    result = ChunkJudge(rules, CA, fast_path=False, sample=9).judge(files("a", "b", "c"))
    assert [index for _, index in result.drawn] == [2]


def test_open_devices_are_counted_across_chunks_and_named_in_order_of_the_input() -> None:
    opened = {name: Blocked("CRT002") for name in ("b", "c", "e")}
    result = judge_devices([rule("DEV001", {"d": (WRONG,), **opened})], lot("a b", "c", "d e f"), CA, fast_path=False)
    assert (result.checked, result.conformant, result.offending, result.not_decided) == (6, 2, 1, 3)
    assert result.undecided == ["b", "c", "e"]


def test_a_duplicate_found_at_the_end_decides_an_open_device() -> None:
    rules = [unique_rule("LOT001", lambda device: device.name[0]), rule("DEV001", {"a2": Blocked("X"), "c": NOT_TOLD})]
    result = judge_devices(rules, lot("a1 b", "a2 c"), CA, fast_path=False)
    assert (result.offenders, result.undecided) == (["a2"], [])
    assert (result.conformant, result.offending, result.not_decided) == (3, 1, 0)


def test_names_of_open_devices_are_limited_but_their_count_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcu_conform.engine.lot.device_run.KEPT_FINDINGS", 2)
    whole = DeviceResults({}, checked=5)
    for number in (1, 2, 3, 4):
        whole.leave_open(number, f"{number}")
    whole.add_offender(3, "3")
    assert (whole.undecided, whole.not_decided, whole.conformant) == (["1", "2"], 3, 1)


class Runner:
    """Four devices, one with an error."""

    def __call__(self, rules: Sequence[Rule], *_: Any) -> DeviceResults:
        whole = DeviceResults({one.code: Tally(judged=4) for one in rules}, checked=4)
        whole.add_offender(1, "b")
        return whole


@pytest.mark.parametrize(
    ("check", "level", "acceptance_counts"),
    [(passes, Level.ERROR, (3, 1, 0)), (finds, Level.ERROR, (0, 1, 3)), (finds, Level.WARNING, (3, 1, 0))],
)
def test_a_fault_of_the_setup_that_blocks_a_rule_leaves_all_devices_open(
    check: Any, level: Level, acceptance_counts: tuple[int, int, int]
) -> None:
    rules = [make_rule("CRT002", check), rule("DEV001"), rule("DEV004", level=level, needs=("CRT002",))]
    whole = examined_over_devices(rules, Runner()).device_results("x")
    assert (whole.conformant, whole.offending, whole.not_decided) == acceptance_counts
    assert whole.blocked_by == (("CRT002",) if acceptance_counts[2] else ())


def asked(*answers: Any, acceptance_counts: bool = True) -> Result:
    """What one validator says of devices a, b and c."""
    stub = Stub("v", acceptance_counts=acceptance_counts)
    stub.ask = by_words(dict(zip((b"a", b"b", b"c"), answers, strict=True)))  # type: ignore[method-assign]
    return examined(stub).judge("DEV024", "x-v")


@pytest.mark.parametrize(
    ("answers", "number", "refused"),
    [
        ((YES, YES, YES), 3, ()),
        ((YES, NO, YES), 3, (1,)),
        ((NO, SILENT, NO), 2, (0, 2)),
        ((NO, DOUBT, YES), 2, (0,)),
    ],
)
def test_a_result_knows_which_devices_were_refused(
    answers: tuple[Any, ...], number: int, refused: tuple[int, ...]
) -> None:
    result = asked(*answers)
    assert (result.asked, result.refused) == (number, refused)


def test_a_refusal_by_an_ignored_validator_leaves_no_device_open() -> None:
    assert asked(NO, NO, YES, acceptance_counts=False).refused == ()


def test_a_refusal_explained_by_the_setup_leaves_the_device_open_and_a_waived_one_does_not() -> None:
    explained = examined(Stub("v", NO), rules=(make_rule("CRT006", finds),)).judge("DEV024", "x-v")
    assert (explained.outcome, explained.refused) == (Outcome.BLOCKED, (0, 1, 2))
    runner = Passes(device("a"), device("b"))
    file = WaiverFile(Path("waivers.toml"), (waiver("DEV024", "b"),), "")
    examination = examined(Stub("v", NO), runner=runner, waivers=file)
    assert examination.judge("DEV024", "x-v").refused == (0,)


def result_of(asked: int, *refused: int, code: str = "DEV024") -> Result:
    scope = Scope.DEVICE_PATH if code == "DEV024" else Scope.HANDSHAKE
    return Result(make_rule(code, passes, scope=scope), "x-v", Outcome.PASSED, asked=asked, refused=refused)


@pytest.mark.parametrize(
    ("results", "conformant", "number"),
    [
        ((), 8, 0),
        ((result_of(3),), 8, 3),
        ((result_of(3, 1),), 7, 3),
        ((result_of(3, 1), result_of(3, 1)), 7, 3),
        ((result_of(3, 1), result_of(2, 2)), 6, 3),
        ((result_of(3, 1), result_of(3), result_of(1, 0, code="DEV025")), 0, 3),
        ((result_of(3, 0, 1, 2), result_of(3)), 0, 3),
        ((result_of(0), result_of(3)), 8, 3),
    ],
)
def test_refused_devices_are_open_and_all_are_if_a_validator_refuses_everything(
    results: tuple[Result, ...], conformant: int, number: int
) -> None:
    acceptance_counts = DeviceCounts(10, 8, 1).after_asking(results)
    assert (
        acceptance_counts.conformant,
        acceptance_counts.not_decided,
        acceptance_counts.offending,
        acceptance_counts.asked,
    ) == (
        conformant,
        9 - conformant,
        1,
        number,
    )


@pytest.mark.parametrize(
    ("outcome", "acceptance_counts", "verdict"),
    [
        (Outcome.PASSED, DeviceCounts(3, 3), Verdict.CONFORMANT),
        (Outcome.PASSED, DeviceCounts(3, 2), Verdict.INCOMPLETE),
        (Outcome.FAILED, DeviceCounts(3, 2), Verdict.NON_CONFORMANT),
        (Outcome.PASSED, DeviceCounts(3, 2, 1), Verdict.NON_CONFORMANT),
        (Outcome.PASSED, None, Verdict.CONFORMANT),
    ],
)
def test_a_run_with_an_open_device_is_not_conformant(
    outcome: Outcome, acceptance_counts: DeviceCounts | None, verdict: Verdict
) -> None:
    results = [Result(make_rule("CRT006", passes), "x", outcome)]
    assert Report([setup_named()], results, counts=acceptance_counts).verdict is verdict


def test_a_chunk_without_open_devices_records_it() -> None:
    assert ChunkResult().undecided == []


AT = datetime(2026, 6, 1, tzinfo=timezone.utc)


def judged(folder: Path, *defects: str, crt: bytes | None = None, **options: Any) -> Report:
    """Five devices and an upload with these defects, and this fcu.crt."""
    setup = FactorySetup(SetupParameters(devices=5, upload=True), KeySource("states", at=AT))
    for name in defects:
        DEFECTS[name].apply(setup)
    setup.write(folder)
    if crt is not None:
        (folder / "keystore" / "fcu.crt").write_bytes(crt)
    files = {"devices": folder / "devices", "portal_upload": folder / "upload.pem"}
    return check(folder / "keystore", at=AT, **files, **{"validators": "none", **options})


def counted(report: Report) -> tuple[int, int, int]:
    return report.devices.conformant, report.devices.offending, report.devices.not_decided


def test_a_private_key_that_does_not_match_decides_nothing_about_devices(tmp_path: Path) -> None:
    report = judged(tmp_path, "key-of-another-fcu")
    assert report.errors() == {"KEY004"}
    assert counted(report) == (5, 0, 0)
    both = judged(tmp_path / "both", "key-of-another-fcu", "device-signed-by-another-key")
    assert both.errors() == {"KEY004", "DEV004"}
    assert counted(both) == (4, 1, 0)


def test_without_a_readable_fcu_certificate_no_device_is_decided(tmp_path: Path) -> None:
    report = judged(tmp_path, "device-expired", crt=b"garbage")
    assert report.errors() >= {"CRT002", "DEV026"}
    assert counted(report) == (0, 1, 4)


@pytest.mark.parametrize("defect", ["intermediate-expired", "root-path-length-too-small"])
def test_devices_refused_for_a_fault_of_the_setup_are_not_decided(tmp_path: Path, defect: str) -> None:
    report = judged(tmp_path, defect, validators="openssl")
    result = next(result for result in report.results if result.code == "DEV024")
    assert (result.outcome, result.asked) == (Outcome.BLOCKED, 5)
    assert counted(report) == (0, 0, 5)
    assert report.verdict is Verdict.NON_CONFORMANT


def test_a_waived_fault_that_blocks_device_rules_does_not_give_a_pass(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.toml"
    words = 'code = "CRT002"\nscope = "*"\nreason = "r"\nowner = "o"\nexpires = 2026-06-30\n'
    waivers.write_text(f"[[waiver]]\n{words}", encoding="utf-8")
    report = judged(tmp_path / "x", crt=b"garbage", waivers=waivers)
    assert counted(report) == (0, 0, 5)
    assert report.verdict is Verdict.INCOMPLETE

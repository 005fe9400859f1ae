"""Validators and servers alone: what is asked once, how an answer is reported, how handshakes end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fcu_conform.engine import Examination, Outcome, validator_panel
from fcu_conform.engine.lot.device_run import DeviceResults
from fcu_conform.engine.lot.tally import Tally
from fcu_conform.engine.validator_panel import ValidatorPanel
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Catalogue, Finding, Level, Location, NotApplicable, PathQuestion, Rule, Scope
from fcu_conform.validators.model import Answer, CannotTell, Question, ValidatorFault

from .test_examination import finds, make_rule, passes
from .test_validator_panel import Stub

AT = datetime(2026, 6, 1, 12, 0, 0, tzinfo=timezone.utc)


def path(name: str = "leaf") -> PathQuestion:
    def cert(text: str) -> Any:
        return SimpleNamespace(raw=text.encode(), sha256=f"sha256 of {text}")

    return PathQuestion(cert(name), (cert("middle"), cert("second")), (cert("root"), cert("other root")))


def test_each_validator_gets_each_question_once() -> None:
    one, other = Stub("one"), Stub("other", Answer(False, "no"))
    panel = ValidatorPanel([one, other], AT)
    for _ in range(2):
        assert panel.ask("one", path()) == Answer(True)
        assert panel.ask("other", path()) == Answer(False, "no")
    panel.ask("one", path("other leaf"))
    expected = Question(b"leaf", (b"middle", b"second"), (b"root", b"other root"), AT)
    assert one.asked == [expected, Question(b"other leaf", expected.untrusted, expected.anchors, AT)]
    assert other.asked == [expected]


def test_a_validator_without_a_verdict_is_asked_once() -> None:
    stub = Stub("clock", CannotTell("reads the clock"))
    panel = ValidatorPanel([stub], AT)
    for _ in range(2):
        with pytest.raises(CannotTell, match="reads the clock"):
            panel.ask("clock", path())
    assert len(stub.asked) == 1
    assert panel.members["clock"].faults == []


def test_each_fault_is_recorded_once() -> None:
    stub = Stub("broken", ValidatorFault("timed out"))
    panel = ValidatorPanel([stub], AT)
    assert panel.ask("broken", path()) is None
    assert panel.ask("broken", path()) is None
    assert panel.ask("broken", path("other")) is None
    stub.answer = KeyError("secret")
    assert panel.ask("broken", path("third")) is None
    assert panel.members["broken"].faults == ["timed out", "broke: KeyError"]
    assert len(stub.asked) == 3


CAUSE = SimpleNamespace(what="it is odd", who="people")
PLACE = Location("fcu.crt", 1)


@pytest.mark.parametrize(
    ("causes", "known", "acceptance_counts", "level", "end", "why"),
    [
        ((), False, True, None, "", ""),
        ((), False, False, Level.NOTICE, "", ""),
        ((), True, True, Level.WARNING, "; the cause is known: it is odd", "people"),
        ((), True, False, Level.NOTICE, "; the cause is known: it is odd", "people"),
        (("CRT006",), True, True, Level.NOTICE, "; CRT006 tells why", ""),
        (("CRT006", "CHN002"), False, True, Level.NOTICE, "; CRT006, CHN002 tell why", ""),
        (("CRT006",), False, False, Level.NOTICE, "; CRT006 tells why", ""),
    ],
)
def test_a_refusal_has_the_level_of_its_cause(
    causes: tuple[str, ...],
    known: bool,
    acceptance_counts: bool,
    level: Level | None,
    end: str,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, datetime]] = []

    def explain(_: PathQuestion, name: str, at: datetime) -> Any:
        asked.append((name, at))
        return CAUSE if known else None

    monkeypatch.setattr(validator_panel, "find_known_refusal", explain)
    panel = ValidatorPanel([Stub("no", acceptance_counts=acceptance_counts)], AT)
    finding = panel.finding("no", path(), Answer(False, "bad"), PLACE, causes)
    assert finding == Finding(f"no (a test) refuses: bad{end}", PLACE, "accepted", "refused: bad", why=why, level=level)
    assert asked == ([] if causes else [("no", AT)])


@pytest.mark.parametrize("acceptance_counts", [True, False])
def test_an_acceptance_is_reported_only_with_a_reservation(acceptance_counts: bool) -> None:
    panel = ValidatorPanel([Stub("yes", acceptance_counts=acceptance_counts)], AT)
    assert panel.finding("yes", path(), Answer(True), PLACE, ()) is None
    finding = panel.finding("yes", path(), Answer(True, dates_left_out=True), PLACE, ("CRT006",))
    assert finding is not None
    assert (finding.level, finding.location) == (Level.NOTICE, PLACE)
    assert finding.message.startswith("yes accepts, dates left out: ")


def setup_named(name: str = "x", **more: Any) -> Any:
    keystore = SimpleNamespace(fcu_crt=SimpleNamespace(name="fcu.crt", entries=()))
    whole = {"devices": "devices", "upload": "upload", "keystore": keystore, "ca": "ca", "at": AT, "portal_fault": ""}
    return SimpleNamespace(name=name, **{**whole, **more})


def at_device(code: str, scope: Scope) -> Rule:
    return make_rule(code, cast(Any, lambda device, _: path(device.name)), scope=scope)


SYS = (
    CATALOGUE["SYS001"],
    CATALOGUE["SYS002"],
    make_rule("CHN013", cast(Any, lambda _: path()), scope=Scope.PATH),
    at_device("DEV024", Scope.DEVICE_PATH),
    at_device("DEV025", Scope.HANDSHAKE),
)


class Passes:
    """In place of the pass over the devices: gives this sample, and notes how it was asked."""

    def __init__(self, *sample: Any, **tallies: Tally) -> None:
        self.sample, self.tallies = list(sample), tallies
        self.sizes: list[int] = []

    def __call__(self, rules: Any, devices: Any, setup: Any, size: int, waivers: Any) -> DeviceResults:
        self.sizes.append(size)
        return DeviceResults(self.tallies, sample=self.sample)


def device(name: str, key: Any = None) -> Any:
    return SimpleNamespace(name=name, identity=name, endpoint_names=(), certificates=(), key=key)


def examined(*stubs: Stub, rules: tuple[Rule, ...] = (), **more: Any) -> Examination:
    catalogue = Catalogue()
    for one in (*SYS, *rules):
        catalogue.add(one)
    setups = more.pop("setups", None) or [setup_named()]
    runner = more.pop("runner", Passes(device("a"), device("b"), device("c")))
    return Examination(setups, validators=stubs, catalogue=catalogue, runner=runner, **more)


@pytest.mark.parametrize(
    ("stubs", "more", "size"),
    [
        ((), {}, 0),
        ((), {"handshake": True}, 20),
        (("one",), {}, 20),
        (("one",), {"sample": 7}, 7),
        (("one",), {"sample": 0}, 0),
        ((), {"sample": 7}, 0),
    ],
)
def test_twenty_devices_are_drawn_for_validators(stubs: Any, more: dict[str, Any], size: int) -> None:
    runner = Passes()
    examination = examined(*map(Stub, stubs), runner=runner, **more)
    examination.device_results("x")
    examination.device_results("x")
    assert runner.sizes == [size]


def test_every_rule_that_validators_answer_is_judged_for_each_of_them() -> None:
    setups = [setup_named("x"), setup_named("y")]
    cases = [(one.code, subject) for one, subject in examined(Stub("v"), Stub("w"), setups=setups).cases()]
    of_x = [
        ("CHN013", "x-v"),
        ("CHN013", "x-w"),
        ("DEV024", "x-v"),
        ("DEV024", "x-w"),
        ("DEV025", "x"),
        ("SYS001", "x"),
        ("SYS002", "x"),
    ]
    assert cases == [*of_x, *((code, subject.replace("x", "y")) for code, subject in of_x)]


def by_words(words: dict[bytes, Any]) -> Callable[[Question], Answer]:
    """Answers by the leaf of the question."""

    def answer(question: Question) -> Answer:
        said = words.get(question.leaf, Answer(True))
        if isinstance(said, Exception):
            raise said
        return cast(Answer, said)

    return answer


YES, NO, RESERVE = Answer(True), Answer(False, "never"), Answer(True, dates_left_out=True)
SILENT, DOUBT = ValidatorFault("gone"), CannotTell("the clock")


@pytest.mark.parametrize(
    ("answers", "acceptance_counts", "outcome", "findings", "reason"),
    [
        ((YES, YES, YES), True, Outcome.PASSED, 0, ""),
        ((YES, NO, YES), True, Outcome.FAILED, 1, ""),
        ((NO, NO, YES), True, Outcome.FAILED, 2, ""),
        ((RESERVE, RESERVE, YES), True, Outcome.PASSED, 1, ""),
        ((RESERVE, NO, RESERVE), True, Outcome.FAILED, 2, ""),
        ((NO, RESERVE, NO), True, Outcome.FAILED, 3, ""),
        ((SILENT, SILENT, SILENT), True, Outcome.BLOCKED, 0, ""),
        ((SILENT, YES, YES), True, Outcome.BLOCKED, 0, ""),
        ((YES, SILENT, NO), True, Outcome.FAILED, 1, ""),
        ((SILENT, DOUBT, DOUBT), True, Outcome.BLOCKED, 0, ""),
        ((DOUBT, DOUBT, DOUBT), True, Outcome.NOT_APPLICABLE, 0, "the clock"),
        ((DOUBT, YES, DOUBT), True, Outcome.PASSED, 0, ""),
        ((DOUBT, NO, DOUBT), True, Outcome.FAILED, 1, ""),
        ((YES, YES, YES), False, Outcome.NOT_APPLICABLE, 0, "ignored: this library accepts forged paths"),
        ((NO, YES, YES), False, Outcome.PASSED, 1, ""),
        ((SILENT, YES, YES), False, Outcome.BLOCKED, 0, ""),
    ],
)
def test_verdicts_about_several_devices_are_combined(
    answers: tuple[Any, ...], acceptance_counts: bool, outcome: Outcome, findings: int, reason: str
) -> None:
    stub = Stub("v", acceptance_counts=acceptance_counts)
    stub.ask = by_words(dict(zip((b"a", b"b", b"c"), answers, strict=True)))  # type: ignore[method-assign]
    result = examined(stub).judge("DEV024", "x-v")
    assert (result.outcome, len(result.findings)) == (outcome, findings)
    assert result.reason.startswith(reason)
    assert bool(result.reason) is bool(reason)
    assert result.blocked_by == (("SYS002",) if outcome is Outcome.BLOCKED else ())
    was_asked = YES in answers or NO in answers or RESERVE in answers
    assert result.version == ("1.0" if was_asked else None)


FAILING = make_rule("CHN002", finds)


@pytest.mark.parametrize(
    ("code", "level", "explains"),
    [
        ("CRT006", Level.ERROR, (True, True)),
        ("CHN002", Level.ERROR, (False, False)),
        ("UPL002", Level.ERROR, (False, True)),
        ("KEY002", Level.ERROR, (False, False)),
        ("CRT006", Level.WARNING, (False, False)),
    ],
)
def test_a_failed_rule_explains_refusals_of_its_subject(code: str, level: Level, explains: tuple[bool, bool]) -> None:
    examination = examined(Stub("v", NO), rules=(make_rule(code, finds, level),))
    for told, explained in zip(("CHN013", "DEV024"), explains, strict=True):
        result = examination.judge(told, "x-v")
        assert result.outcome is (Outcome.BLOCKED if explained else Outcome.FAILED)
        assert result.blocked_by == ((code,) if explained else ())
    yes = examined(Stub("v"), rules=(make_rule(code, finds, level),))
    assert yes.judge("CHN013", "x-v").outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("missing", "reason"), [("upload", "no portal upload was given"), ("devices", "no device output was given")]
)
def test_validators_judge_devices_only_with_devices_and_an_upload(missing: str, reason: str) -> None:
    examination = examined(Stub("v"), setups=[setup_named(**{missing: None})], handshake=True)
    for code, subject in (("DEV024", "x-v"), ("DEV025", "x")):
        result = examination.judge(code, subject)
        assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, reason)
    assert examination.judge("CHN013", "x-v").outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("levels", "blocked_by"),
    [({}, ()), ({"DEV001": Level.ERROR, "DEV002": Level.WARNING, "LOT001": Level.ERROR}, ("DEV001", "LOT001"))],
)
def test_without_a_device_to_judge_the_reason_names_device_errors(
    levels: dict[str, Level], blocked_by: tuple[str, ...]
) -> None:
    runner = Passes(**{code: Tally(levels={level}) for code, level in levels.items()})
    examination = examined(Stub("v"), runner=runner, handshake=True)
    for code, subject in (("DEV024", "x-v"), ("DEV025", "x")):
        result = examination.judge(code, subject)
        assert result.blocked_by == blocked_by
        assert result.reason == ("" if blocked_by else "no device has a certificate")


def test_each_fault_of_a_validator_is_reported_once() -> None:
    silent, broken = Stub("silent", ValidatorFault("gone")), Stub("broken", KeyError())
    examination = examined(silent, broken, Stub("fine"))
    result = examination.judge("SYS002", "x")
    assert [finding.message for finding in result.findings] == [
        "silent did not answer: gone",
        "broken did not answer: broke: KeyError",
    ]
    assert result.outcome is Outcome.FAILED
    assert len(silent.asked) == 4
    assert examination.setup_of("x-silent") is examination.setup_of("x")
    assert examined().judge("SYS002", "x").reason == "no validator was requested"


@pytest.mark.parametrize(
    ("check", "passed"),
    [
        (passes, True),
        (finds, True),
        (lambda _: _raise(NotApplicable("no")), False),
        (lambda _: _raise(ValueError()), False),
    ],
)
def test_a_run_counts_as_judged_if_one_rule_gave_a_judgement(check: Any, passed: bool) -> None:
    result = examined(rules=(make_rule("KEY001", check),)).judge("SYS001", "x")
    assert result.outcome is (Outcome.PASSED if passed else Outcome.FAILED)
    assert [finding.message for finding in result.findings] == ([] if passed else ["no rule had anything to judge"])


def _raise(fault: Exception) -> Any:
    raise fault


def test_validators_judge_at_the_instant_of_judgement() -> None:
    late = AT + timedelta(days=9)
    stub = Stub("v")
    examined(stub, setups=[setup_named(at=late)]).judge("CHN013", "x-v")
    assert [question.at for question in stub.asked] == [late]

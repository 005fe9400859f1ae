"""The results of handshakes with servers, for any answer of the servers."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fcu_conform.engine import Outcome, Result
from fcu_conform.engine.validator_panel import ValidatorPanel
from fcu_conform.rules.model import Finding, Level, Location, PathQuestion, Rule
from fcu_conform.validators.isolation import asking
from fcu_conform.validators.model import ValidatorFault

from .test_asking import AT, Passes, device, examined, path
from .test_examination import finds, make_rule
from .test_validator_panel import Stub


def shake(impostor: bool, let_in: bool, words: str = "bye") -> Any:
    return SimpleNamespace(
        protocol="DTLS", client="mbed", server="OpenSSL", impostor=impostor, let_in=let_in, words=words
    )


DEVICE = SimpleNamespace(
    name="lamp.pem", identity="lamp", endpoint_names=(), certificates=(), key=SimpleNamespace(private="key")
)


def test_successful_handshakes_are_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def tried(*arguments: Any, at: datetime) -> Any:
        given.extend([*arguments, at])
        shakes = (shake(True, False), shake(False, True), shake(True, True), shake(False, False))
        return SimpleNamespace(handshakes=shakes, left_out=("one", "two"), remarks=("a remark",))

    monkeypatch.setattr(asking, "shake_hands_apart", tried)
    findings = ValidatorPanel([], AT).shake_hands(cast(Any, DEVICE), path())
    place, pair = Location("lamp.pem"), "DTLS, mbed device, OpenSSL server"
    assert findings == [
        Finding("left out: one", place, level=Level.NOTICE),
        Finding("left out: two", place, level=Level.NOTICE),
        Finding("a remark", place, level=Level.NOTICE),
        Finding(f"{pair}: accepted an impostor", place, "turned away", "let in"),
        Finding(f"{pair}: refused the device: bye", place, "let in", "bye"),
    ]
    assert given == [(b"leaf", b"middle", b"second"), "key", (b"root", b"other root"), AT]


def test_skipped_handshakes_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise ValidatorFault("no port")

    monkeypatch.setattr(asking, "shake_hands_apart", fails)
    panel = ValidatorPanel([], AT)
    assert panel.shake_hands(cast(Any, DEVICE), path()) is None
    assert panel.handshake_faults == ["no port"]


KEYLESS = (device("a"), device("b", SimpleNamespace(private=None)))


def shaken(findings: list[Finding] | None, monkeypatch: pytest.MonkeyPatch, *rules: Rule, sample: Any = ()) -> Result:
    holder = (device("c", SimpleNamespace(private="key")), device("d", SimpleNamespace(private="other")))
    names: list[str] = []

    def tried(self: ValidatorPanel, device: Any, path: PathQuestion) -> Any:
        names.append(device.name)
        assert path.leaf.raw == device.name.encode()
        if findings is None:
            self.handshake_faults.append("no port")
        return findings

    monkeypatch.setattr(ValidatorPanel, "shake_hands", tried)
    examination = examined(runner=Passes(*KEYLESS, *(sample or holder)), handshake=True, rules=rules)
    result = examination.judge("DEV025", "x")
    assert names == ([] if sample else ["c"])
    run = examination.judge("SYS002", "x")
    told = [finding.message for finding in run.findings]
    assert told == (["the handshake did not answer: no port"] if findings is None else [])
    assert run.outcome is (Outcome.FAILED if findings is None else Outcome.PASSED)
    return result


def test_handshakes_are_tried_before_missing_answers_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(self: ValidatorPanel, *_: Any) -> None:
        self.handshake_faults.append("no port")

    monkeypatch.setattr(ValidatorPanel, "shake_hands", silent)
    runner = Passes(device("c", SimpleNamespace(private="key")))
    run = examined(runner=runner, handshake=True).judge("SYS002", "x")
    assert [finding.message for finding in run.findings] == ["the handshake did not answer: no port"]


def test_the_handshake_uses_the_first_device_with_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shaken([], monkeypatch).outcome is Outcome.PASSED
    assert shaken([Finding("accepted an impostor")], monkeypatch).outcome is Outcome.FAILED
    silent = shaken(None, monkeypatch)
    assert (silent.outcome, silent.blocked_by) == (Outcome.BLOCKED, ("SYS002",))


def test_a_handshake_that_fails_for_a_known_reason_is_blocked_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = Finding("refused the device", expected="let in", found="alert unknown ca")
    result = shaken([refused], monkeypatch, make_rule("UPL002", finds))
    assert (result.outcome, result.blocked_by, result.refused) == (Outcome.BLOCKED, ("UPL002",), (2,))
    assert [(f.message, f.level) for f in result.findings] == [("refused the device; UPL002 tells why", Level.NOTICE)]
    impostor = Finding("accepted an impostor", expected="turned away", found="let in")
    result = shaken([refused, impostor], monkeypatch, make_rule("UPL002", finds))
    assert (result.outcome, result.refused) == (Outcome.FAILED, (2,))
    other = shaken([refused], monkeypatch, make_rule("CHN009", finds))
    assert (other.outcome, other.blocked_by) == (Outcome.FAILED, ())
    assert shaken([], monkeypatch, make_rule("UPL002", finds)).outcome is Outcome.PASSED
    notice = [Finding("left out", level=Level.NOTICE)]
    assert shaken(notice, monkeypatch, make_rule("UPL002", finds)).outcome is Outcome.PASSED


def test_without_a_key_no_handshake_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    result = shaken([], monkeypatch, sample=(device("c"),))
    assert result.outcome is Outcome.NOT_APPLICABLE
    assert result.reason.startswith("handshake skipped: the output has no device private key")


def test_handshakes_are_tried_only_on_request() -> None:
    result = examined(Stub("v")).judge("DEV025", "x")
    assert (result.outcome, result.reason) == (
        Outcome.NOT_APPLICABLE,
        "handshakes were not requested (--fcu-handshake)",
    )

"""What comes from a process that has read a stranger's bytes is checked, and is an answer or none."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from fcu_conform.validators.handshake.trials import Handshake, Handshakes, from_message
from fcu_conform.validators.isolation.messages import HEADER, frame, from_question, parse, to_answer, to_question
from fcu_conform.validators.model import Answer
from validators.paths import usual

SHAKE = Handshake("DTLS 1.2", "mbedtls", "openssl", False, True, "", 2)
SHAKES = Handshakes((SHAKE,), ("left",), ("said",))


def test_a_question_arrives_as_it_was_sent() -> None:
    question = usual().full()
    sent = frame(from_question(question))
    assert int.from_bytes(sent[:HEADER], "big") == len(sent) - HEADER
    assert to_question(parse(sent[HEADER:])) == question


@pytest.mark.parametrize("answer", [Answer(True), Answer(False, "no"), Answer(True, dates_left_out=True)])
def test_an_answer_arrives_as_it_was_sent(answer: Answer) -> None:
    assert to_answer(parse(frame(asdict(answer))[HEADER:])) == answer


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'"accepted"'])
def test_input_that_is_not_a_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse(body)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"accepted": True},
        {"accepted": 1, "reason": "", "dates_left_out": False},
        {"accepted": "true", "reason": "", "dates_left_out": False},
        {"accepted": True, "reason": "", "dates_left_out": None},
        {"accepted": True, "reason": "no", "dates_left_out": False},
        {"accepted": False, "reason": "", "dates_left_out": False},
        {"accepted": False, "reason": ["no"], "dates_left_out": False},
    ],
)
def test_an_inconsistent_answer_or_one_of_another_type_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        to_answer(message)


def test_messages_in_an_answer_are_bounded_and_printable() -> None:
    answer = to_answer({"accepted": False, "reason": "\x1b[31m" + "x" * 100_000, "dates_left_out": False})
    assert answer.reason.isprintable()
    assert len(answer.reason) == 2000


def test_handshakes_arrive_as_they_were_sent() -> None:
    assert from_message(parse(frame(asdict(SHAKES))[HEADER:])) == SHAKES


@pytest.mark.parametrize(
    "changes",
    [
        {"handshakes": None},
        {"handshakes": [5]},
        {"handshakes": [{**asdict(SHAKE), "protocol": "TLS 1.0"}]},
        {"handshakes": [{**asdict(SHAKE), "client": ["mbedtls"]}]},
        {"handshakes": [{**asdict(SHAKE), "let_in": 1}]},
        {"handshakes": [{**asdict(SHAKE), "presented": True}]},
        {"handshakes": [{**asdict(SHAKE), "words": None}]},
        {"left_out": "all"},
        {"remarks": [{}]},
    ],
)
def test_a_malformed_handshake_result_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        from_message({**asdict(SHAKES), **changes})

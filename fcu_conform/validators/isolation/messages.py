"""What this process and those that validators work in tell each other: framed JSON, checked, nothing unpickled."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any, TypeAlias

from fcu_conform.validators.model import Answer, Question

Message: TypeAlias = "dict[str, Any]"

OUT_OF_MEMORY = 75
"""Exit status of a process that needed more memory than it may have."""
HEADER = 4
"""Octets of the length before each message, most significant first."""
MOST_ASKED = 64 << 20
"""Octets of a question at most: an upload and a chain of 1 MiB each are 3 MiB in it."""
MOST_TOLD = 256 * 1024
"""Octets of an answer at most. It comes from a process that has parsed what a stranger wrote."""
WORDS = 2000
"""Characters of one text of an answer; what is beyond them is left out."""


def frame(message: Message) -> bytes:
    """A message with its length before it."""
    body = json.dumps(message).encode("ascii")
    return len(body).to_bytes(HEADER, "big") + body


def parse(body: bytes) -> Message:
    """The message in a frame.

    Raises:
        ValueError: it is not a JSON object.
    """
    try:
        message = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(message, dict):
        raise ValueError("not a JSON object")
    return message


def from_question(question: Question) -> Message:
    """A question as a message."""
    return {
        "leaf": encoded(question.leaf),
        "untrusted": [encoded(der) for der in question.untrusted],
        "anchors": [encoded(der) for der in question.anchors],
        "at": question.at.isoformat(),
    }


def to_question(message: Message) -> Question:
    """The question in a message of `from_question`."""
    untrusted, anchors = (tuple(map(decoded, message[which])) for which in ("untrusted", "anchors"))
    return Question(decoded(message["leaf"]), untrusted, anchors, datetime.fromisoformat(message["at"]))


def to_answer(message: Message) -> Answer:
    """The answer in a message.

    Raises:
        ValueError: a member is missing or of another type, or a refusal has no reason.
    """
    accepted, left_out = truth(message, "accepted"), truth(message, "dates_left_out")
    reason = text(message, "reason")
    if bool(reason) is accepted:
        raise ValueError("a refusal needs a reason, and an acceptance must not have one")
    return Answer(accepted, reason, left_out)


def text(message: Message, member: str) -> str:
    """A member that is a text, without what does not print and no longer than `WORDS`; empty where it is not there.

    Raises:
        ValueError: it is something else.
    """
    value = message.get(member, "")
    if not isinstance(value, str):
        raise ValueError(f"{member} is not a string")
    return "".join(one if one.isprintable() else " " for one in value[:WORDS])


def truth(message: Message, member: str) -> bool:
    """A member that is true or false.

    Raises:
        ValueError: it is neither.
    """
    value = message.get(member)
    if not isinstance(value, bool):
        raise ValueError(f"{member} is not true or false")
    return value


def encoded(data: bytes) -> str:
    """Bytes as base64."""
    return b64encode(data).decode("ascii")


def decoded(value: str) -> bytes:
    """The bytes in base64."""
    return b64decode(value, validate=True)

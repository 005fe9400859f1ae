"""What may be at the other end of the pipe to a cluster: one that answers, and ones that were taken over."""

from __future__ import annotations

import json
import os
import pickle
import struct
import time
from multiprocessing.connection import Connection
from typing import Any

from fcu_conform.engine.lot.cluster_talk import judge_for_others

READY = b'{"threads":2,"refusal":null,"task":null,"answer":null}'


class Code:
    """What runs where it is unpickled."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.mkdir, (self.marker,)


def _said(connection: Connection, **told: Any) -> None:
    nothing = {"threads": None, "refusal": None, "task": None, "answer": None}
    connection.send_bytes(json.dumps({**nothing, **told}).encode())


def _asked(connection: Connection) -> tuple[int, Any, Any]:
    number, (job, chunk) = connection.recv()
    return number, job, chunk


def answering(connection: Connection, *_: Any) -> None:
    """An honest one."""
    _said(connection, threads=2)
    while True:
        number, job, chunk = _asked(connection)
        _said(connection, task=number, answer=judge_for_others(job, chunk))


def failing(connection: Connection, *_: Any) -> None:
    _said(connection, threads=0)
    while True:
        _said(connection, task=_asked(connection)[0])


def refusing(connection: Connection, *_: Any) -> None:
    _said(connection, refusal="nobody is at home")


def silent(_connection: Connection, *_: Any) -> None:
    time.sleep(600)


def dying(_connection: Connection, *_: Any) -> None:
    os._exit(1)


def dying_later(connection: Connection, *_: Any) -> None:
    _said(connection, threads=2)
    _asked(connection)
    os._exit(1)


def boasting(connection: Connection, *_: Any) -> None:
    _said(connection, threads=1 << 70)
    time.sleep(600)


def _after_ready(connection: Connection, message: bytes) -> None:
    connection.send_bytes(READY)
    _asked(connection)
    connection.send_bytes(message)
    time.sleep(600)


def pickling(connection: Connection, marker: str, *_: Any) -> None:
    _after_ready(connection, pickle.dumps(Code(marker)))


def talking_junk(connection: Connection, *_: Any) -> None:
    _after_ready(connection, b"\xff{")


def nesting(connection: Connection, *_: Any) -> None:
    _after_ready(connection, b"[" * 100_000)


def ready_twice(connection: Connection, *_: Any) -> None:
    _after_ready(connection, READY)


def answering_nobody(connection: Connection, *_: Any) -> None:
    _after_ready(connection, READY.replace(b"2", b"null").replace(b'"task":null', b'"task":4711'))


def mistyped(connection: Connection, *_: Any) -> None:
    _after_ready(connection, READY.replace(b"2", b"null").replace(b'"task":null', b'"task":true'))


def endless(connection: Connection, *_: Any) -> None:
    """Says that a message comes that is longer than any."""
    connection.send_bytes(READY)
    _asked(connection)
    os.write(connection.fileno(), struct.pack("!iQ", -1, 1 << 40))
    time.sleep(600)


def stopping(connection: Connection, *_: Any) -> None:
    """Stops in the middle of a message, and takes none."""
    connection.send_bytes(READY)
    os.write(connection.fileno(), struct.pack("!i", 1000) + b"{")
    time.sleep(600)


def _answer(connection: Connection, change: Any) -> None:
    _said(connection, threads=2)
    while True:
        number, job, chunk = _asked(connection)
        answer = json.loads(judge_for_others(job, chunk))
        change(answer)
        _said(connection, task=number, answer=json.dumps(answer))


def other_rules(connection: Connection, *_: Any) -> None:
    _answer(connection, lambda answer: answer["suite"].__setitem__(1, "00"))


def without_offenders(connection: Connection, *_: Any) -> None:
    _answer(connection, lambda answer: answer["result"]["offenders"].clear())


def more_than_an_answer(connection: Connection, *_: Any) -> None:
    _answer(connection, lambda answer: answer.update(more=1))


def no_json(connection: Connection, *_: Any) -> None:
    _said(connection, threads=2)
    _said(connection, task=_asked(connection)[0], answer="{")
    time.sleep(600)

"""CoAP as far as a registration needs it: messages in datagrams (RFC 7252) and on streams (RFC 8323).

Options are encoded and decoded by aiocoap; its own transports, which know no X.509, are not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reference_ca.errors import ReferenceCaError

try:
    from aiocoap.message import Message
    from aiocoap.numbers.codes import Code
    from aiocoap.numbers.types import Type
    from aiocoap.options import Options
except ModuleNotFoundError:
    raise ReferenceCaError("aiocoap is not installed", todo="pip install 'fcu-conform[portal]'") from None

POST, DELETE = int(Code.POST), int(Code.DELETE)
CREATED, DELETED, CHANGED = int(Code.CREATED), int(Code.DELETED), int(Code.CHANGED)
BAD_REQUEST, FORBIDDEN, NOT_FOUND, NOT_ALLOWED = 0x80, 0x83, 0x84, 0x85
"""Codes of answers (RFC 7252, 12.1.2)."""

_CSM, _PING, _PONG, _RELEASE, _ABORT = 0xE1, 0xE2, 0xE3, 0xE4, 0xE5
"""Codes of signals on a stream (RFC 8323, 5)."""

LARGEST = 64 * 1024
"""Bytes of one message, at most."""


@dataclass(frozen=True)
class CoapRequest:
    """A request of a device: the code of its method, its path in segments, and its query by name."""

    code: int
    path: tuple[str, ...]
    query: dict[str, str]


@dataclass(frozen=True)
class CoapAnswer:
    """The answer: its code, the path of what was created, and a line for people."""

    code: int
    location: Sequence[str] = ()
    payload: bytes = b""


Answer = Callable[[CoapRequest], CoapAnswer]


class MessageError(ReferenceCaError):
    """Bytes that are not CoAP."""


def _request(message: Message) -> CoapRequest:
    pairs = (part.partition("=") for part in message.opt.uri_query)
    return CoapRequest(int(message.code), tuple(message.opt.uri_path), {name: value for name, _, value in pairs})


def _is_request(code: int) -> bool:
    return 0 < code < 0x20


class Datagrams:
    """Messages in datagrams: a confirmable request gets its answer in the acknowledgement, the same one each time."""

    greeting = b""

    def __init__(self, answer: Answer) -> None:
        """Take what answers requests."""
        self._answer = answer
        self._last: tuple[int, bytes] | None = None

    def receive(self, data: bytes) -> Iterator[bytes]:
        """The answers to one datagram; `MessageError` where it is not CoAP."""
        message = _decode(data)
        if message.mtype in (Type.ACK, Type.RST):
            return
        if self._last and self._last[0] == message.mid:
            yield self._last[1]  # sent again, because the answer was lost
            return
        if not _is_request(int(message.code)):
            yield _encode(Message(code=Code.EMPTY), Type.RST, message.mid, b"")
            return
        given = self._answer(_request(message))
        reply = Message(code=Code(given.code), payload=given.payload)
        reply.opt.location_path = tuple(given.location)
        kind = Type.ACK if message.mtype == Type.CON else Type.NON
        self._last = message.mid, _encode(reply, kind, message.mid, message.token)
        yield self._last[1]


def _encode(message: Message, kind: Type, number: int, token: bytes) -> bytes:
    message.mtype, message.mid, message.token = kind, number, token
    return bytes(message.encode())


def _decode(data: bytes) -> Message:
    try:
        message = Message.decode(data)
        _ = message.opt.uri_path, message.opt.uri_query
    except Exception as error:  # the codec raises errors of many kinds, some of them Python's own
        raise MessageError("not a CoAP message", type(error).__name__) from None
    return message


class Stream:
    """Messages on a stream, each with its length in front; what signals ask for is answered here."""

    greeting = bytes((0x00, _CSM))

    def __init__(self, answer: Answer) -> None:
        """Take what answers requests."""
        self._answer = answer
        self._buffer = b""

    def receive(self, data: bytes) -> Iterator[bytes]:
        """The answers to all messages that are whole now; `MessageError` where one is not CoAP or ends the stream."""
        self._buffer += data
        while (parts := _split(self._buffer)) is not None:
            code, token, body, self._buffer = parts
            if code in (_RELEASE, _ABORT):
                raise MessageError("the device ended the connection")
            if code == _PING:
                yield _frame(_PONG, token, b"")
            elif _is_request(code):
                given = self._answer(_request(_of_body(code, body)))
                options = Options()
                options.location_path = tuple(given.location)
                payload = b"\xff" + given.payload if given.payload else b""
                yield _frame(given.code, token, bytes(options.encode()) + payload)


def _of_body(code: int, body: bytes) -> Message:
    """A message without its frame, read as if it were a datagram: the rest is the same."""
    return _decode(bytes((0x50, code, 0, 0)) + body)


_EXTENDED = {13: (1, 13), 14: (2, 269), 15: (4, 65805)}
"""By the nibble for the length: bytes that follow with more of it, and what is added (RFC 8323, 3.2)."""


def _split(buffer: bytes) -> tuple[int, bytes, bytes, bytes] | None:
    """Code, token and body of the first message, and the rest; None while it is not whole."""
    if not buffer:
        return None
    nibble, token_length = divmod(buffer[0], 16)
    more, added = _EXTENDED.get(nibble, (0, nibble))
    head = 1 + more
    if len(buffer) < head:
        return None
    length = int.from_bytes(buffer[1:head], "big") + added
    if token_length > 8 or length > LARGEST:
        raise MessageError("a CoAP message that is too large")
    end = head + 1 + token_length + length
    if len(buffer) < end:
        return None
    body = head + 1 + token_length
    return buffer[head], buffer[head + 1 : body], buffer[body:end], buffer[end:]


def _frame(code: int, token: bytes, body: bytes) -> bytes:
    """A message with its length in front."""
    nibble, extended = len(body), b""
    for mark, (more, added) in reversed(_EXTENDED.items()):
        if len(body) >= added:
            nibble, extended = mark, (len(body) - added).to_bytes(more, "big")
            break
    return bytes((nibble << 4 | len(token),)) + extended + bytes((code,)) + token + body

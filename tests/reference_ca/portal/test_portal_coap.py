"""CoAP on a stream and in datagrams: frames, signals, and bytes that are not messages."""

from __future__ import annotations

import pytest
from aiocoap.options import Options
from hypothesis import given
from hypothesis import strategies as st

from reference_ca.portal.device_side import coap
from reference_ca.portal.device_side.coap import CoapAnswer, CoapRequest, Datagrams, MessageError, Stream

PING, RELEASE = 0xE2, 0xE4


def answer(request: CoapRequest) -> CoapAnswer:
    """Says what was asked."""
    said = f"{request.code} {'/'.join(request.path)} {sorted(request.query.items())}"
    return CoapAnswer(coap.CREATED, ("rd", "1"), said.encode())


def options(*path: str, query: tuple[str, ...] = ()) -> bytes:
    found = Options()
    found.uri_path, found.uri_query = path, query
    return bytes(found.encode())


def message(code: int, body: bytes, token: bytes = b"t") -> bytes:
    """A frame of RFC 8323 for a body of up to 268 bytes."""
    length = bytes((len(body) << 4 | len(token),)) if len(body) < 13 else bytes((0xD0 | len(token), len(body) - 13))
    return length + bytes((code,)) + token + body


@pytest.mark.parametrize("query", [("ep=a",), ("ep=" + "n" * 60, "lt=60", "lwm2m=1.0", "b=U")], ids=["short", "long"])
def test_a_message_is_answered_once_it_is_whole(query: tuple[str, ...]) -> None:
    data = message(coap.POST, options("rd", query=query))
    stream, replies = Stream(answer), []
    for octet in data + data:
        replies += stream.receive(bytes((octet,)))
    assert len(replies) == 2
    assert replies[0] == replies[1]
    expected = sorted(tuple(part.split("=")) for part in query)
    assert replies[0].endswith(f"\xff2 rd {expected}".encode("latin-1"))
    assert list(Stream(answer).receive(data + data)) == replies


def test_a_ping_is_answered_and_a_release_ends_the_stream() -> None:
    stream = Stream(answer)
    assert list(stream.receive(message(PING, b""))) == [b"\x01\xe3t"]
    assert list(stream.receive(message(0xE1, b""))) == []  # settings are taken as they are
    with pytest.raises(MessageError):
        list(stream.receive(message(RELEASE, b"")))


@pytest.mark.parametrize("size", [0, 12, 13, 268, 269, 60_000])
def test_a_body_of_any_length_has_its_length_in_front(size: int) -> None:
    body = bytes(size)
    frame = coap._frame(coap.CREATED, b"tk", body)
    assert coap._split(frame + b"rest") == (coap.CREATED, b"tk", body, b"rest")
    assert coap._split(frame[:-1]) is None


@pytest.mark.parametrize("data", [b"\x09", b"\xf0\xff\xff\xff\xff\x02"], ids=["token of 9 bytes", "4 GiB"])
def test_a_frame_that_cannot_be_is_refused_before_it_is_whole(data: bytes) -> None:
    with pytest.raises(MessageError):
        list(Stream(answer).receive(data))


def test_an_empty_message_is_reset() -> None:
    assert list(Datagrams(answer).receive(b"\x40\x00\x12\x34")) == [b"\x70\x00\x12\x34"]
    assert list(Datagrams(answer).receive(b"\x60\x00\x12\x34")) == []


@given(st.binary(max_size=80))
def test_no_bytes_cause_another_error(data: bytes) -> None:
    for kind in (Datagrams, Stream):
        try:
            list(kind(answer).receive(data))
        except MessageError:
            continue

"""Reads TLS and DTLS off the wire: where one datagram ends, and how many certificates a client has shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_CHANGE_CIPHER_SPEC, _HANDSHAKE, _CERTIFICATE = 20, 22, 11
_TLS_HEADER, _DTLS_HEADER = 5, 13


def datagrams(outgoing: bytes) -> list[bytes]:
    """What a library has put into a buffer one after the other, as the DTLS records it consists of."""
    return [outgoing[start:stop] for start, _, stop in _records(outgoing, _DTLS_HEADER)]


def certificates_shown(heard: Sequence[bytes], by_datagrams: bool) -> int:
    """How many certificates a TLS 1.2 or DTLS 1.2 client has sent, 0 if it sent no such message.

    TLS 1.3 encrypts the message: there it is 0.

    Args:
        heard: what the server has received, as it came; for DTLS one datagram each.
        by_datagrams: it is DTLS.
    """
    return _count(_dtls_message(heard) if by_datagrams else _tls_message(b"".join(heard)))


def _records(data: bytes, header: int) -> Iterator[tuple[int, int, int]]:
    """Each record: where it starts, where its content starts, where it ends. A record cut short is none."""
    start = 0
    while start + header <= len(data):
        content = start + header
        stop = content + int.from_bytes(data[content - 2 : content], "big")
        if stop > len(data):
            return
        yield start, content, stop
        start = stop


def _tls_message(stream: bytes) -> bytes:
    """The body of the Certificate message in a stream of records; empty if there is none in the clear."""
    messages = b""
    for start, content, stop in _records(stream, _TLS_HEADER):
        if stream[start] == _CHANGE_CIPHER_SPEC:
            break
        if stream[start] == _HANDSHAKE:
            messages += stream[content:stop]
    position = 0
    while position + 4 <= len(messages):
        body, kind = position + 4, messages[position]
        position = body + int.from_bytes(messages[position + 1 : body], "big")
        if kind == _CERTIFICATE and position <= len(messages):
            return messages[body:position]
    return b""


def _dtls_message(received: Sequence[bytes]) -> bytes:
    """The body of the Certificate message, put together from its fragments."""
    body = bytearray()
    for data in received:
        for start, position, stop in _records(data, _DTLS_HEADER):
            if data[start] != _HANDSHAKE or data[start + 3 : start + 5] != b"\0\0":
                continue  # epochs after the first are encrypted
            while position + 12 <= stop:
                kind = data[position]
                total, offset, length = (
                    int.from_bytes(data[position + at : position + at + 3], "big") for at in (1, 6, 9)
                )
                position += 12
                if kind == _CERTIFICATE and offset + length <= total and position + length <= stop:
                    body = body or bytearray(total)
                    body[offset : offset + length] = data[position : position + length]
                position += length
    return bytes(body)


def _count(body: bytes) -> int:
    position, count = 3, 0
    while position + 3 <= len(body):
        position += 3 + int.from_bytes(body[position : position + 3], "big")
        count += 1
    return count

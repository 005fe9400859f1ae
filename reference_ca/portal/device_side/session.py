"""One connection of a device, apart from any socket: bytes in, bytes out."""

from __future__ import annotations

from collections.abc import Iterator

from OpenSSL import SSL

from reference_ca.portal.credentials import ServerCredentials
from reference_ca.portal.device_side.coap import CoapAnswer, CoapRequest, Datagrams, MessageError, Stream
from reference_ca.portal.device_side.handshake import Verdict, device_context
from reference_ca.portal.device_side.registration import Desk, Visitor

MTU = 1400
"""Bytes of a datagram that is sent, at most."""

_PIECE = 1 << 16
_RECORD_HEAD = 13


class Session:
    """A handshake with the anchors that count at its first byte, then CoAP, until `is_closed`."""

    def __init__(self, method: int, credentials: ServerCredentials, desk: Desk) -> None:
        """Begin; ``method`` is pyOpenSSL's for TLS or DTLS servers."""
        self._desk, self._trust, self._verdict = desk, desk.trust(), Verdict()
        context = device_context(method, credentials, self._trust.anchors.values(), self._verdict)
        self._connection = SSL.Connection(context, None)
        self._is_datagram = method == SSL.DTLS_SERVER_METHOD
        if self._is_datagram:
            self._connection.set_ciphertext_mtu(MTU)
        self._connection.set_accept_state()
        self._messages = (Datagrams if self._is_datagram else Stream)(self._answer)
        self._visitor: Visitor | None = None
        self.is_closed = False

    @property
    def is_established(self) -> bool:
        """Whether the handshake succeeded."""
        return self._visitor is not None

    def receive(self, data: bytes) -> None:
        """Take bytes of the connection, for DTLS one datagram."""
        if self.is_closed:
            return
        try:
            self._connection.bio_write(data)
            if self._visitor is None:
                self._connection.do_handshake()
                self._let_in()
            self._read()
        except SSL.WantReadError:
            pass
        except (SSL.ZeroReturnError, MessageError):
            self.close()
        except (SSL.Error, ValueError) as error:
            self._fail(error)

    def retransmit(self) -> None:
        """Send a flight of the handshake again if it is time to: a datagram may have been lost."""
        if self._is_datagram and not self.is_closed and self._connection.DTLSv1_get_timeout() == 0:
            try:
                self._connection.DTLSv1_handle_timeout()
            except SSL.Error:
                self.is_closed = True

    def close(self) -> None:
        """Say goodbye, and take nothing more."""
        if not self.is_closed:
            self.is_closed = True
            try:
                self._connection.shutdown()
            except SSL.Error:
                return

    def outgoing(self) -> Iterator[bytes]:
        """What is to be sent: pieces of the stream, or whole datagrams."""
        waiting = b""
        while True:
            try:
                waiting += self._connection.bio_read(_PIECE)
            except SSL.WantReadError:
                break
        if self._is_datagram:
            yield from datagrams(waiting)
        elif waiting:
            yield waiting

    def _let_in(self) -> None:
        """Find the entry behind the path that OpenSSL accepted; without one nobody comes in."""
        path = self._connection.get_verified_chain(as_cryptography=True) or []
        entry = self._trust.entry_of(path)
        if self._verdict.error or not path or entry is None:
            raise ValueError("no trust anchor is on the path")
        self._visitor = Visitor(self._desk, path[0], path, entry)
        if self._messages.greeting:
            self._connection.send(self._messages.greeting)

    def _read(self) -> None:
        while True:
            for reply in self._messages.receive(self._connection.recv(_PIECE)):
                self._connection.send(reply)

    def _answer(self, request: CoapRequest) -> CoapAnswer:
        assert self._visitor is not None
        return self._visitor.answer(request)

    def _fail(self, error: Exception) -> None:
        self.is_closed = True
        if self._visitor is None:
            self._desk.refuse_handshake(self._verdict, _reason(error))


def datagrams(records: bytes) -> Iterator[bytes]:
    """Records of DTLS, packed into datagrams that are no longer than the MTU (one record alone may be)."""
    packed = b""
    while records:
        end = _RECORD_HEAD + int.from_bytes(records[_RECORD_HEAD - 2 : _RECORD_HEAD], "big")
        record, records = records[:end], records[end:]
        if packed and len(packed) + len(record) > MTU:
            yield packed
            packed = b""
        packed += record
    if packed:
        yield packed


def _reason(error: Exception) -> str:
    """The reason of an OpenSSL error, in its words."""
    errors = error.args[0] if error.args else ""
    return "; ".join(str(one[-1]) for one in errors) if isinstance(errors, list) and errors else str(error)

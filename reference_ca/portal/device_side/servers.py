"""The sockets of the device's side: one for TLS (coaps+tcp) and one for DTLS (coaps), on the same port."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import traceback
from collections import OrderedDict
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn
from typing import Any

from OpenSSL import SSL

from reference_ca.portal.credentials import ServerCredentials
from reference_ca.portal.device_side.registration import Desk
from reference_ca.portal.device_side.session import Session

IDLE_SECONDS = 60
TICK_SECONDS = 0.2
MOST_SESSIONS = 4096
"""Of DTLS at a time: the one that was silent longest gives way."""

_LARGEST_DATAGRAM = 1 << 16

Address = tuple[Any, ...]


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class StreamServer(ThreadingMixIn, TCPServer):
    """TLS 1.2 and 1.3; each device in a thread of its own."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], credentials: ServerCredentials, desk: Desk) -> None:
        """Listen on host and port."""
        self.address_family = _family(address[0])
        self.credentials, self.desk = credentials, desk
        super().__init__(address, _StreamHandler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what went wrong here; a device that leaves is not that."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _StreamHandler(BaseRequestHandler):
    server: StreamServer
    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(IDLE_SECONDS)
        session = Session(SSL.TLS_SERVER_METHOD, self.server.credentials, self.server.desk)
        with contextlib.suppress(OSError):
            while not session.is_closed:
                data = self.request.recv(_LARGEST_DATAGRAM)
                if not data:
                    break
                session.receive(data)
                for piece in session.outgoing():
                    self.request.sendall(piece)


class DatagramServer:
    """DTLS 1.2; all devices in one thread, each by its address."""

    def __init__(self, address: tuple[str, int], credentials: ServerCredentials, desk: Desk) -> None:
        """Listen on host and port."""
        self._socket = socket.socket(_family(address[0]), socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(TICK_SECONDS)
        self._credentials, self._desk = credentials, desk
        self._sessions: OrderedDict[Address, Session] = OrderedDict()
        self._stopped = threading.Event()

    @property
    def server_address(self) -> Address:
        """Host and port."""
        address: Address = self._socket.getsockname()
        return address

    def serve_forever(self) -> None:
        """Answer until `shutdown`."""
        while not self._stopped.is_set():
            with contextlib.suppress(OSError):  # nothing came for a tick, or a device is gone
                self._receive(*self._socket.recvfrom(_LARGEST_DATAGRAM))
            self._retransmit()

    def shutdown(self) -> None:
        """End `serve_forever` within a tick."""
        self._stopped.set()

    def server_close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _receive(self, data: bytes, address: Address) -> None:
        session = self._sessions.get(address)
        if session is None or session.is_closed or (session.is_established and is_new_hello(data)):
            if not is_new_hello(data):
                return
            session = self._sessions[address] = Session(SSL.DTLS_SERVER_METHOD, self._credentials, self._desk)
        self._sessions.move_to_end(address)
        try:
            session.receive(data)
        except Exception:  # one device's session must not end the service of all
            session.close()
            traceback.print_exc()
        self._send(session, address)
        if session.is_closed or len(self._sessions) > MOST_SESSIONS:
            self._sessions.pop(address if session.is_closed else next(iter(self._sessions)))

    def _retransmit(self) -> None:
        for address, session in self._sessions.items():
            if not session.is_established:
                session.retransmit()
                self._send(session, address)

    def _send(self, session: Session, address: Address) -> None:
        for datagram in session.outgoing():
            self._socket.sendto(datagram, address)


def is_new_hello(data: bytes) -> bool:
    """Whether a datagram begins with a ClientHello in the clear: type 22, epoch 0, handshake type 1."""
    return len(data) > 13 and data[0] == 22 and data[3:5] == b"\0\0" and data[13] == 1

"""Lets two ends of a TLS or DTLS connection meet on loopback: one thread, a free port, bounded time, nothing left."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

_HOST = "127.0.0.1"
_RECEIVE = 16384
_WAIT = 0.25  # seconds after which the ends look at their own timers, as DTLS wants where a datagram got lost


class TurnedAway(Exception):
    """A library ends the handshake, or refuses what it is given for it. The text is its own words, in one line."""


class Stalled(Exception):
    """The handshake has come to no end in its time. The text is one line."""


class End(Protocol):
    """One end of a connection; it has no socket of its own."""

    @property
    def finished(self) -> bool:
        """This end has completed the handshake."""

    def go_on(self, received: bytes) -> None:
        """Takes what has come from the other end (nothing to begin with) and goes on as far as it can.

        Raises:
            TurnedAway: it ends the handshake.
        """

    def outgoing(self) -> list[bytes]:
        """What is to be sent, once: for DTLS one datagram each."""

    def peer_certificates(self) -> int:
        """How many certificates the other end has shown, 0 where the library does not tell."""


@dataclass(frozen=True)
class Meeting:
    """How two ends met.

    Attributes:
        let_in: both have completed the handshake.
        words: those of the library that ended it.
        by_server: it was the server that ended it.
        heard: what the server has received; for DTLS one datagram each.
    """

    let_in: bool
    words: str
    by_server: bool
    heard: tuple[bytes, ...]


def meet(client: End, server: End, by_datagrams: bool, timeout: float) -> Meeting:
    """Lets a client connect to a server over sockets of their own.

    Args:
        by_datagrams: they speak DTLS, over UDP.
        timeout: seconds that this may take.

    Raises:
        Stalled: it took longer, or the system gave no sockets.
    """
    heard: list[bytes] = []
    deadline = time.monotonic() + timeout
    speaker = client
    try:
        with _connected(by_datagrams, timeout) as (client_socket, server_socket), _selector() as watch:
            sockets = ((client, client_socket), (server, server_socket))
            for end, its_socket in sockets:
                watch.register(its_socket, selectors.EVENT_READ, end)
            client.go_on(b"")
            _send(client, client_socket)
            while not (client.finished and server.finished):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Stalled(f"no end within {timeout:g} s")
                ready = {key.data for key, _ in watch.select(min(left, _WAIT))}
                for speaker, its_socket in sockets:
                    received = its_socket.recv(_RECEIVE) if speaker in ready else b""
                    if speaker is server and received:
                        heard.append(received)
                    if received or not ready:
                        speaker.go_on(received)
                        _send(speaker, its_socket)
    except TurnedAway as refusal:
        return Meeting(False, str(refusal), speaker is server, tuple(heard))
    except OSError as error:
        raise Stalled(f"the connection on loopback failed: {error.strerror or type(error).__name__}") from None
    return Meeting(True, "", False, tuple(heard))


def _selector() -> selectors.BaseSelector:
    return selectors.DefaultSelector()


def _send(end: End, its_socket: socket.socket) -> None:
    for data in end.outgoing():
        its_socket.sendall(data)


@contextmanager
def _connected(by_datagrams: bool, timeout: float) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client's and a server's socket, connected to each other and to nobody else; closed in the end."""
    kind = socket.SOCK_DGRAM if by_datagrams else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as client, socket.socket(socket.AF_INET, kind) as listener:
        for one in (client, listener):
            one.settimeout(timeout)
            one.bind((_HOST, 0))
        if by_datagrams:
            client.connect(listener.getsockname())
            listener.connect(client.getsockname())
            yield client, listener
            return
        listener.listen(1)
        client.connect(listener.getsockname())
        server, address = listener.accept()
        with server:
            if address != client.getsockname():
                raise ConnectionError("another program connected to the port")
            server.settimeout(timeout)
            for one in (client, server):  # Mbed TLS writes record by record: without it each waits 40 ms for the last
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield client, server

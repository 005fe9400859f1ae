"""Lets two ends of a TLS or DTLS connection meet in memory: no port that a stranger could write to, bounded time."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol


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


def meet(client: End, server: End, timeout: float) -> Meeting:
    """Lets a client connect to a server: what one end has to say is handed to the other, until both are content.

    Nothing gets lost on the way, so that neither has to say anything twice.

    Args:
        timeout: seconds that this may take.

    Raises:
        Stalled: it took longer, or both ends wait for each other.
    """
    heard: list[bytes] = []
    to_client: deque[bytes] = deque()
    to_server: deque[bytes] = deque()
    deadline = time.monotonic() + timeout
    speaker = client
    try:
        client.go_on(b"")
        to_server.extend(client.outgoing())
        while not (client.finished and server.finished):
            if time.monotonic() > deadline:
                raise Stalled(f"not finished within {timeout:g} s")
            if not to_client and not to_server:
                raise Stalled("both ends wait for each other")
            for speaker, received, answers in ((client, to_client, to_server), (server, to_server, to_client)):
                if received:
                    if speaker is server:
                        heard.append(received[0])
                    speaker.go_on(received.popleft())
                    answers.extend(speaker.outgoing())
    except TurnedAway as refusal:
        return Meeting(False, str(refusal), speaker is server, tuple(heard))
    return Meeting(True, "", False, tuple(heard))

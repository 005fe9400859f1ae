"""How two ends meet in memory, and what is read off the wire between them."""

from __future__ import annotations

import socket
from datetime import datetime, timezone

import pytest

from fcu_conform.validators.handshake import openssl_end, trials
from fcu_conform.validators.handshake.loopback import Stalled, TurnedAway, meet
from fcu_conform.validators.handshake.wire import certificates_shown, datagrams
from fcu_conform.validators.model import ValidatorFault

from . import test_handshake as device

CERTIFICATES = b"\0\0\x09" + b"\0\0\x03one" + b"\0\0\0"


class Talker:
    """An end that says one thing, and is content or refuses as soon as it is told one."""

    def __init__(self, says: bytes = b"", refuses: str = "") -> None:
        self._says, self._refuses = [says] if says else [], refuses
        self.told: list[bytes] = []
        self.finished = False

    def go_on(self, received: bytes) -> None:
        if received:
            self.told.append(received)
            if self._refuses:
                raise TurnedAway(self._refuses)
            self.finished = True

    def outgoing(self) -> list[bytes]:
        said, self._says = self._says, []
        return said

    def peer_certificates(self) -> int:
        return 0


def test_both_ends_receive_the_data_of_the_other() -> None:
    client, server = Talker(b"hello"), Talker(b"welcome")
    meeting = meet(client, server, 600)
    assert meeting.let_in
    assert meeting.heard == (b"hello",)
    assert client.told == [b"welcome"]


def test_ends_that_wait_for_each_other_are_stopped() -> None:
    with pytest.raises(Stalled, match="both ends wait for each other"):
        meet(Talker(b"hello"), Talker(), 600)


class Chatterer(Talker):
    """An end that never comes to the point."""

    def go_on(self, received: bytes) -> None:
        self._says = [b"and another thing"]


def test_ends_that_talk_for_ever_are_stopped() -> None:
    with pytest.raises(Stalled, match=r"not finished within 0\.05 s"):
        meet(Chatterer(), Chatterer(), 0.05)


def test_the_refusing_end_is_reported() -> None:
    by_server = meet(Talker(b"hello"), Talker(refuses="go away"), 600)
    by_client = meet(Talker(b"hello", refuses="not you"), Talker(b"welcome"), 600)
    assert (by_server.let_in, by_server.words, by_server.by_server) == (False, "go away", True)
    assert (by_client.let_in, by_client.words, by_client.by_server) == (False, "not you", False)


def test_a_handshake_uses_no_socket_that_others_can_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    path, key = device.path_to(device.DEVICE), device.key_of(device.DEVICE.common_name)
    tried = trials.shake_hands((path.leaf,), key, path.above, at=datetime.now(timezone.utc))
    assert {one.let_in for one in tried.handshakes if not one.impostor} == {True}


def test_servers_that_never_answer_give_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openssl_end, "server", lambda *_: Talker())
    monkeypatch.setattr(trials, "PAIRS", (("TLS 1.3", "openssl", "openssl"),))
    path, key = device.path_to(device.DEVICE), device.key_of(device.DEVICE.common_name)
    with pytest.raises(ValidatorFault, match=r"TLS 1\.3, openssl device, openssl server: both ends wait"):
        trials.shake_hands((path.leaf,), key, path.above, at=datetime.now(timezone.utc))


def record(content: bytes, kind: int = 22) -> bytes:
    return bytes([kind]) + b"\x03\x03" + len(content).to_bytes(2, "big") + content


def dtls_record(content: bytes, epoch: int = 0) -> bytes:
    return b"\x16\xfe\xfd" + epoch.to_bytes(2, "big") + bytes(6) + len(content).to_bytes(2, "big") + content


def fragment(offset: int, length: int, kind: int = 11) -> bytes:
    total = len(CERTIFICATES).to_bytes(3, "big")
    where = offset.to_bytes(3, "big") + length.to_bytes(3, "big")
    return bytes([kind]) + total + b"\0\x01" + where + CERTIFICATES[offset : offset + length]


def test_certificates_are_counted_across_records_and_segments() -> None:
    message = b"\x01\0\0\x02hi" + b"\x0b" + len(CERTIFICATES).to_bytes(3, "big") + CERTIFICATES
    stream = record(message[:9]) + record(message[9:])
    assert certificates_shown([stream[:3], stream[3:20], stream[20:]], False) == 2


def test_messages_after_the_change_to_encryption_are_not_counted() -> None:
    message = b"\x0b" + len(CERTIFICATES).to_bytes(3, "big") + CERTIFICATES
    assert certificates_shown([record(b"\x01", kind=20) + record(message)], False) == 0
    assert certificates_shown([dtls_record(fragment(0, len(CERTIFICATES)), epoch=1)], True) == 0


def test_certificates_are_counted_from_fragments_in_any_order() -> None:
    later, sooner = dtls_record(fragment(5, len(CERTIFICATES) - 5)), dtls_record(fragment(0, 5))
    assert certificates_shown([later, sooner], True) == 2
    assert certificates_shown([dtls_record(fragment(0, 5) + fragment(5, len(CERTIFICATES) - 5))], True) == 2


def test_truncated_records_are_ignored() -> None:
    whole = dtls_record(b"abc")
    assert datagrams(whole + whole + whole[:-1]) == [whole, whole]
    assert certificates_shown([record(b"\x0b\0\0\x20short")], False) == 0
    assert certificates_shown([], True) == 0

"""Runs handshakes of a device, and of an impostor, with servers that trust only the upload; all in memory."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from types import ModuleType
from typing import Any, Literal

from fcu_conform.artefacts.encodings.der import DerError
from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.validators.adapters.clock import differs
from fcu_conform.validators.forging import names
from fcu_conform.validators.handshake.credentials import Credentials, impostor_of, server_credentials
from fcu_conform.validators.handshake.loopback import End, Meeting, Stalled, TurnedAway, meet
from fcu_conform.validators.handshake.wire import certificates_shown
from fcu_conform.validators.isolation.messages import Message, text, truth
from fcu_conform.validators.model import ValidatorFault

Protocol = Literal["TLS 1.2", "TLS 1.3", "DTLS 1.2"]
Library = Literal["openssl", "mbedtls"]
LIBRARIES: tuple[Library, ...] = ("openssl", "mbedtls")

# Mbed TLS 2.28 has no TLS 1.3
PAIRS: tuple[tuple[Protocol, Library, Library], ...] = (
    ("TLS 1.2", "openssl", "openssl"),
    ("TLS 1.2", "openssl", "mbedtls"),
    ("TLS 1.2", "mbedtls", "openssl"),
    ("TLS 1.2", "mbedtls", "mbedtls"),
    ("TLS 1.3", "openssl", "openssl"),
    ("DTLS 1.2", "openssl", "openssl"),
    ("DTLS 1.2", "openssl", "mbedtls"),
    ("DTLS 1.2", "mbedtls", "openssl"),
    ("DTLS 1.2", "mbedtls", "mbedtls"),
)


@dataclass(frozen=True)
class Handshake:
    """One handshake.

    Attributes:
        protocol: the only version that either end speaks.
        client: the library of the device.
        server: the library of the server.
        impostor: it was not the device but somebody with a copy of its certificates and keys of his own.
        let_in: both ends completed the handshake.
        words: where it was turned away, those of the library that did so.
        presented: how many certificates the server was shown. 0 where nobody can tell: TLS 1.3 encrypts them, and
            a server that turns a client away in it keeps none.
    """

    protocol: Protocol
    client: Library
    server: Library
    impostor: bool
    let_in: bool
    words: str
    presented: int


@dataclass(frozen=True)
class Handshakes:
    """All handshakes of a device.

    Attributes:
        handshakes: two for each pair of libraries and each protocol, the device's and the impostor's.
        left_out: what was not tried or came to no verdict, and why.
        remarks: remarks about the servers.
    """

    handshakes: tuple[Handshake, ...]
    left_out: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def from_message(message: Message) -> Handshakes:
    """The handshakes in a message that holds what `dataclasses.asdict` makes of them.

    Raises:
        ValueError: a member is missing or of another type.
    """
    handshakes = tuple(_handshake(one) for one in _listed(message, "handshakes"))
    left_out, remarks = (
        tuple(text({which: one}, which) for one in _listed(message, which)) for which in ("left_out", "remarks")
    )
    return Handshakes(handshakes, left_out, remarks)


def _listed(message: Message, member: str) -> list[Any]:
    value = message.get(member)
    if not isinstance(value, list):
        raise ValueError(f"{member} is not a list")
    return value


def _handshake(message: Any) -> Handshake:
    if not isinstance(message, dict) or type(message.get("presented")) is not int:
        raise ValueError("a handshake is malformed")
    pair = next((p for p in PAIRS if p == tuple(message.get(m) for m in ("protocol", "client", "server"))), None)
    if pair is None:
        raise ValueError("a handshake names an unknown party")
    impostor, let_in = truth(message, "impostor"), truth(message, "let_in")
    return Handshake(*pair, impostor, let_in, text(message, "words"), message["presented"])


def shake_hands(
    chain: Sequence[bytes], key: Secret, anchors: Sequence[bytes], *, at: datetime, timeout: float = 5.0
) -> Handshakes:
    """Shakes hands with every server there is, as the device and as an impostor.

    Both ends run here, in one thread, and what they say is handed over in memory. The server requires a
    client's certificate and trusts the anchors and nothing else; the client presents the chain as it is. Keys stay in
    memory.

    Args:
        chain: DER of what the device presents, its own certificate first.
        key: DER of its private key, SEC1 or PKCS#8.
        anchors: DER of the portal upload.
        at: the instant at which the servers judge; where a certificate begins or ends between the clock
            and it, Mbed TLS has to be left out.
        timeout: seconds that each handshake may take; there are at most 18.

    Raises:
        ValidatorFault: not one handshake could be tried to its end.
    """
    if not chain or not anchors:
        reason = "no certificate is trusted" if chain else "the device has no certificate"
        raise ValidatorFault(f"no handshake: {reason}")
    elsewhen = differs((*chain, *anchors), at)
    remarks: tuple[str, ...] = ()
    try:
        device, impostor = Credentials(tuple(chain), key), impostor_of(chain, anchors)
    except DerError as error:
        raise ValidatorFault(f"no handshake: an impostor cannot be made from the device certificate: {error}") from None
    partial = not any(_is_root(anchor) for anchor in anchors)
    if partial:
        remarks = (
            "the upload has no self-signed root: OpenSSL's servers were configured to accept a path that"
            " ends below one",
        )
    trial = _Trial(*server_credentials(), tuple(anchors), at if elsewhen else None, partial, timeout)
    missing = _missing(elsewhen)
    left_out, done = list(missing.values()), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyOpenSSL's about its own types, of which its older versions know no others
        for pair in PAIRS:
            if missing.keys() & {pair[1], pair[2]}:
                continue
            try:
                done += trial.run(*pair, device, impostor)
            except Stalled as reason:
                left_out.append(f"{pair[0]}, {pair[1]} device, {pair[2]} server: {reason}")
    if not done:
        raise ValidatorFault(f"no handshake: {'; '.join(left_out)}")
    return Handshakes(tuple(done), tuple(left_out), remarks)


@dataclass(frozen=True)
class _Trial:
    """What all handshakes of a run have in common: the server's part, and the time that one may take."""

    server_credentials: Credentials
    server_ca: bytes
    anchors: tuple[bytes, ...]
    at: datetime | None
    partial: bool
    timeout: float

    def run(
        self, protocol: Protocol, client: Library, server: Library, device: Credentials, impostor: Credentials
    ) -> list[Handshake]:
        """The device's handshake with a server, and the impostor's.

        Raises:
            Stalled: one of them came to no end, or the impostor's proves nothing.
        """
        made: list[Handshake] = []
        for credentials in (device, impostor):
            meeting, encrypted = self._meet(protocol, client, server, credentials)
            if credentials is impostor and made[0].let_in and not meeting.let_in and not meeting.by_server:
                raise Stalled(f"the impostor's own library refused to try: {meeting.words}")
            shown = certificates_shown(meeting.heard, protocol.startswith("DTLS")) or encrypted
            words = meeting.words if meeting.by_server or meeting.let_in else f"on the device's side: {meeting.words}"
            made.append(Handshake(protocol, client, server, credentials is impostor, meeting.let_in, words, shown))
        return made

    def _meet(self, protocol: Protocol, client: Library, server: Library, device: Credentials) -> tuple[Meeting, int]:
        """How they met, and the number of certificates that only the server can tell; 0 where the wire tells it."""
        listening = False
        try:
            server_end = self._server(protocol, server)
            listening = True
            client_end = self._client(protocol, client, device)
            meeting = meet(client_end, server_end, self.timeout)
        except TurnedAway as refusal:
            return Meeting(False, str(refusal), not listening, ()), 0
        except Stalled:
            raise
        except Exception as error:  # its text may quote what it was given: the type has to do
            raise Stalled(f"the library broke: {type(error).__name__}") from None
        told = protocol == "TLS 1.3" and meeting.let_in
        return meeting, server_end.peer_certificates() if told else 0

    def _client(self, protocol: Protocol, library: Library, device: Credentials) -> End:
        made: End = end_of(library).client(protocol, device, self.server_ca)
        return made

    def _server(self, protocol: Protocol, library: Library) -> End:
        told = (self.at, self.partial) if library == "openssl" else ()  # the other cannot be told either
        made: End = end_of(library).server(protocol, self.server_credentials, self.anchors, *told)
        return made


def end_of(library: Library) -> ModuleType:
    """The module that makes clients and servers with a library, which it imports.

    Raises:
        ImportError: the library is not installed.
    """
    return import_module(f"{__package__}.{library}_end")


def _missing(elsewhen: bool) -> dict[str, str]:
    """The libraries that cannot be used, and why."""
    missing = {}
    for library, module, distribution in (
        ("openssl", "OpenSSL", "pyOpenSSL"),
        ("mbedtls", "mbedtls", "python-mbedtls"),
    ):
        if library == "mbedtls" and elsewhen:
            missing[library] = "Mbed TLS on either side: it uses the system clock and cannot be given another instant"
            continue
        try:
            import_module(module)
        except ImportError:
            name = "Mbed TLS" if library == "mbedtls" else "OpenSSL"
            advice = f"pip install {distribution}"
            if library == "mbedtls" and sys.version_info >= (3, 13):
                advice += ", which has to compile it: there is no wheel for this Python"
            missing[library] = f"{name} on either side: {distribution} is not installed ({advice})"
    return missing


def _is_root(certificate: bytes) -> bool:
    """It is self-signed by its names, as OpenSSL sees it at the end of a path."""
    try:
        subject, issuer = names(certificate)
    except DerError:
        return False
    return subject == issuer

"""Mbed TLS, the device's own library, as one end of a handshake, through python-mbedtls; all of it from memory."""

from __future__ import annotations

from collections.abc import Sequence

from mbedtls import pk, tls
from mbedtls.exceptions import TLSError
from mbedtls.x509 import CRT

from fcu_conform.artefacts.encodings.der import DerError
from fcu_conform.artefacts.encodings.private_keys import Secret, parse_private_key
from fcu_conform.validators.handshake.credentials import Credentials
from fcu_conform.validators.handshake.loopback import TurnedAway
from fcu_conform.validators.handshake.wire import datagrams

_MTU = 1400
_PENDING = 1 << 15
# the first is the only one that a device has; OpenSSL does not offer it
_SUITES = (
    "TLS-ECDHE-ECDSA-WITH-AES-128-CCM-8",
    "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256",
    "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384",
)


class MbedtlsEnd:
    """A connection of Mbed TLS's that reads from memory and writes to it."""

    def __init__(self, context: tls.ClientContext | tls.ServerContext, by_datagrams: bool) -> None:
        if isinstance(context, tls.ClientContext):
            self._buffer = context.wrap_buffers(None)
        else:
            self._buffer = context.wrap_buffers()
        self._is_server = isinstance(context, tls.ServerContext)
        self._by_datagrams = by_datagrams
        self._outgoing: list[bytes] = []
        self.finished = False
        if by_datagrams:
            self._buffer.setmtu(_MTU)
            self._name_client()

    def go_on(self, received: bytes) -> None:
        """See `End`.

        Raises:
            TurnedAway: Mbed TLS ends the handshake.
        """
        if received:
            self._buffer.receive_from_network(received)
        while self._buffer._handshake_state.name != "HANDSHAKE_OVER":
            try:
                self._buffer.do_handshake()
            except tls.WantWriteError:
                self._collect()
            except tls.WantReadError:
                if not self._collect():
                    return
            except tls.HelloVerifyRequest:
                self._collect()
                self._name_client()
            except TLSError as error:
                raise TurnedAway(_words(error)) from None
        self._collect()
        self.finished = True

    def outgoing(self) -> list[bytes]:
        """See `End`."""
        sent, self._outgoing = self._outgoing, []
        return sent

    def peer_certificates(self) -> int:
        """See `End`: Mbed TLS keeps the first certificate only."""
        return 0

    def _collect(self) -> bool:
        data = bytes(self._buffer.peek_outgoing(_PENDING))
        self._buffer.consume_outgoing(len(data))
        if data:
            self._outgoing += datagrams(data) if self._by_datagrams else [data]
        return bool(data)

    def _name_client(self) -> None:
        """A DTLS server wants to know whom its cookie is for; it forgets it with every cookie that it sends."""
        if self._is_server:
            self._buffer.setcookieparam(b"loopback")


def client(protocol: str, credentials: Credentials, server_ca: bytes) -> MbedtlsEnd:
    """A device that presents exactly its chain and trusts the server's CA.

    Raises:
        TurnedAway: Mbed TLS cannot read the credentials.
    """
    return MbedtlsEnd(
        tls.ClientContext(_configuration(protocol, credentials, (server_ca,))), protocol.startswith("DTLS")
    )


def server(protocol: str, credentials: Credentials, anchors: Sequence[bytes]) -> MbedtlsEnd:
    """A server that requires a client's certificate.

    Args:
        anchors: DER of all that it trusts.

    Raises:
        TurnedAway: Mbed TLS cannot read the anchors.
    """
    return MbedtlsEnd(tls.ServerContext(_configuration(protocol, credentials, anchors)), protocol.startswith("DTLS"))


def _configuration(
    protocol: str, credentials: Credentials, trusted: Sequence[bytes]
) -> tls.TLSConfiguration | tls.DTLSConfiguration:
    key = _key(credentials.key)
    try:
        chain = tuple(CRT.from_DER(one) for one in credentials.chain)
        store = tls.TrustStore()
        for one in trusted:
            store.add(CRT.from_DER(one))  # a list given to the constructor would count by its first one only
    except TLSError as error:
        raise TurnedAway(f"a certificate cannot be read: {_words(error)}") from None
    if protocol.startswith("DTLS"):
        return tls.DTLSConfiguration(
            validate_certificates=True,
            certificate_chain=(chain, key),
            ciphers=_SUITES,
            lowest_supported_version=tls.DTLSVersion.DTLSv1_2,
            highest_supported_version=tls.DTLSVersion.DTLSv1_2,
            trust_store=store,
        )
    return tls.TLSConfiguration(
        validate_certificates=True,
        certificate_chain=(chain, key),
        ciphers=_SUITES,
        lowest_supported_version=tls.TLSVersion.TLSv1_2,
        highest_supported_version=tls.TLSVersion.TLSv1_2,
        trust_store=store,
    )


def _key(key: Secret) -> pk.ECC | pk.RSA:
    try:
        kind = pk.RSA if parse_private_key(key.reveal()).kind == "RSA" else pk.ECC
        return kind.from_DER(key.reveal())
    except (DerError, TLSError, ValueError, TypeError):
        raise TurnedAway("the private key cannot be read") from None


def _words(error: TLSError) -> str:
    """The number and the text of an error of Mbed TLS's."""
    return str(error).removeprefix("TLSError(").removesuffix(")")

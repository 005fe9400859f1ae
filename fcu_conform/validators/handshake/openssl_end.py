"""OpenSSL as one end of a handshake, through pyOpenSSL; keys and certificates come from memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from OpenSSL import SSL, crypto

from fcu_conform.validators.handshake.credentials import Credentials
from fcu_conform.validators.handshake.loopback import TurnedAway
from fcu_conform.validators.handshake.wire import datagrams

if TYPE_CHECKING:
    from OpenSSL.crypto import X509

_METHODS = {"TLS 1.2": SSL.TLS_METHOD, "TLS 1.3": SSL.TLS_METHOD, "DTLS 1.2": SSL.DTLS_METHOD}
_VERSIONS = {"TLS 1.2": SSL.TLS1_2_VERSION, "TLS 1.3": SSL.TLS1_3_VERSION, "DTLS 1.2": 0xFEFD}
_NO_AUTO_CHAIN = 0x8  # SSL_MODE_NO_AUTO_CHAIN, for which pyOpenSSL has no name
_MTU = 1400
_SEGMENT = 16384  # Mbed TLS takes no more at once
_PENDING = 1 << 20
# What X509_verify_cert_error_string says (crypto/x509/x509_txt.c): pyOpenSSL tells only the number.
_REFUSALS = {
    2: "unable to get issuer certificate",
    6: "unable to decode issuer public key",
    7: "certificate signature failure",
    9: "certificate is not yet valid or the system clock is incorrect",
    10: "certificate has expired",
    13: "format error in certificate's notBefore field",
    14: "format error in certificate's notAfter field",
    18: "self-signed certificate",
    19: "self-signed certificate in certificate chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate",
    22: "certificate chain too long",
    24: "issuer certificate doesn't have a public key",
    25: "path length constraint exceeded",
    26: "unsuitable certificate purpose",
    32: "key usage does not include certificate signing",
    34: "unhandled critical extension",
    41: "invalid or inconsistent certificate extension",
    47: "permitted subtree violation",
    48: "excluded subtree violation",
    66: "EE certificate key too weak",
    67: "CA certificate key too weak",
    68: "CA signature digest algorithm too weak",
    77: "subject signature algorithm and issuer public key algorithm mismatch",
    79: "invalid CA certificate",
    94: "Certificate public key has explicit ECC parameters",
}


class OpensslEnd:
    """A connection of OpenSSL's that reads from memory and writes to it."""

    def __init__(self, context: SSL.Context, protocol: str, refusals: list[str]) -> None:
        self._connection = SSL.Connection(context, None)
        self._by_datagrams = protocol.startswith("DTLS")
        self._refusals = refusals
        self.finished = False
        if self._by_datagrams:
            self._connection.set_ciphertext_mtu(_MTU)

    def go_on(self, received: bytes) -> None:
        """See `End`.

        Raises:
            TurnedAway: OpenSSL ends the handshake.
        """
        try:
            if received:
                self._connection.bio_write(received)
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            why = f"certificate verify failed: {self._refusals[-1]}" if self._refusals else _words(error)
            raise TurnedAway(why) from None
        self.finished = True

    def outgoing(self) -> list[bytes]:
        """See `End`."""
        try:
            data = self._connection.bio_read(_PENDING)
        except SSL.WantReadError:
            return []
        if self._by_datagrams:
            return datagrams(data)
        return [data[start : start + _SEGMENT] for start in range(0, len(data), _SEGMENT)]

    def begin(self, as_server: bool) -> OpensslEnd:
        """Chooses the side of the connection."""
        if as_server:
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()
        return self

    def peer_certificates(self) -> int:
        """How many certificates the client of this server has shown; 0 before the end of the handshake."""
        # on a server the chain leaves out the client's own certificate
        own = self._connection.get_peer_certificate()
        return 0 if own is None else 1 + len(self._connection.get_peer_cert_chain() or ())


def client(protocol: str, credentials: Credentials, server_ca: bytes) -> OpensslEnd:
    """A device that presents exactly its chain and trusts the server's CA.

    Raises:
        TurnedAway: OpenSSL cannot read the credentials, or they do not belong together.
    """
    context = _context(protocol)
    _present(context, credentials)
    _store(context).add_cert(_certificate(server_ca))
    context.set_verify(SSL.VERIFY_PEER)
    return OpensslEnd(context, protocol, []).begin(as_server=False)


def server(
    protocol: str, credentials: Credentials, anchors: Sequence[bytes], at: datetime | None, partial: bool
) -> OpensslEnd:
    """A server that requires a client's certificate.

    Args:
        anchors: DER of all that it trusts.
        at: the instant at which it judges; None for the clock's.
        partial: a path may end at any of the anchors, self-signed or not.

    Raises:
        TurnedAway: OpenSSL cannot read the anchors.
    """
    context = _context(protocol)
    _present(context, credentials)
    store = _store(context)
    for anchor in anchors:
        store.add_cert(_certificate(anchor))
    if partial:
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    if at is not None:
        # set_time reads the fields of its argument as UTC and ignores its time zone
        store.set_time(at.astimezone(timezone.utc).replace(tzinfo=None))
    refusals: list[str] = []

    def judge(_connection: SSL.Connection, _certificate: X509, code: int, depth: int, accepted: int) -> bool:
        if not accepted:
            refusals.append(f"{code}@{depth} {_REFUSALS.get(code, '')}".strip())
        return bool(accepted)

    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, judge)
    return OpensslEnd(context, protocol, refusals).begin(as_server=True)


def _context(protocol: str) -> SSL.Context:
    context = SSL.Context(_METHODS[protocol])
    context.set_min_proto_version(_VERSIONS[protocol])
    context.set_max_proto_version(_VERSIONS[protocol])
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_options(SSL.OP_NO_TICKET)
    # without it OpenSSL completes a chain from its trusted certificates, and the slice is not what is tested
    context.set_mode(_NO_AUTO_CHAIN)
    if protocol.startswith("DTLS"):
        # without it the MTU set is not used: everything is cut to 256 bytes, which Mbed TLS refuses in a ClientHello
        context.set_options(SSL.OP_NO_QUERY_MTU)
    return context


def _present(context: SSL.Context, credentials: Credentials) -> None:
    try:
        key = crypto.load_privatekey(crypto.FILETYPE_ASN1, credentials.key.reveal())
    except (crypto.Error, ValueError, TypeError):
        raise TurnedAway("the private key cannot be read") from None
    try:
        context.use_certificate(_certificate(credentials.chain[0]))
        for one in credentials.chain[1:]:
            context.add_extra_chain_cert(_certificate(one))
        context.use_privatekey(key)
        context.check_privatekey()
    except SSL.Error as error:
        raise TurnedAway(_words(error)) from None


def _store(context: SSL.Context) -> crypto.X509Store:
    store = context.get_cert_store()
    assert store is not None
    return store


def _certificate(der: bytes) -> X509:
    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, der)
    except crypto.Error as error:
        raise TurnedAway(f"a certificate cannot be read: {_words(error)}") from None


def _words(error: Exception) -> str:
    """The reasons in OpenSSL's error queue."""
    queue = error.args[0] if error.args else ()
    if isinstance(queue, (list, tuple)):
        return "; ".join(f"{entry[0]}: {entry[-1]}" for entry in queue) or type(error).__name__
    return " ".join(map(str, error.args))

"""The handshake with one device: OpenSSL with the trust anchors of this moment, and nothing to resume."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography import x509
from OpenSSL import SSL
from OpenSSL.crypto import X509, X509StoreFlags

from reference_ca.portal.credentials import ServerCredentials

DTLS_1_2 = 0xFEFD
"""OpenSSL's number of the version, which pyOpenSSL has no name for."""

REASONS = {
    -1: "certificate cannot be parsed",
    2: "unable to get issuer certificate",
    7: "certificate signature failure",
    9: "certificate is not yet valid",
    10: "certificate has expired",
    18: "self-signed certificate",
    19: "self-signed certificate in certificate chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate",
    22: "certificate chain too long",
    24: "invalid CA certificate",
    25: "path length constraint exceeded",
    26: "unsuitable certificate purpose",
    32: "key usage does not include certificate signing",
    79: "invalid CA certificate",
}
"""OpenSSL's reasons for refusing a path, by their numbers (X509_V_ERR_…); others are named by the number."""


UNREADABLE = -1
"""In place of OpenSSL's number, for a certificate that it accepts and that cannot be parsed here."""


@dataclass
class Verdict:
    """What OpenSSL found of a device's certificates.

    Attributes:
        leaf: the device's own certificate, once it was seen.
        presented: certificates that verification saw.
        error: OpenSSL's first reason for refusing, or 0.
    """

    leaf: x509.Certificate | None = None
    presented: list[x509.Certificate] = field(default_factory=list)
    error: int = 0

    def see(self, connection: SSL.Connection, certificate: X509, error: int, depth: int, ok: int) -> bool:
        """OpenSSL's callback, once for each certificate and each error.

        An error above the device's certificate is remembered and refused only when verification comes to that
        certificate, so that the refusal can name the device.
        """
        del connection
        if not ok and not self.error:
            self.error = error
        try:
            seen = certificate.to_cryptography()
            names = seen.subject, seen.issuer  # parsed on demand
        except Exception:  # whatever the parser raises, this certificate lets nobody in
            self.error = self.error or UNREADABLE
            return False
        del names
        self.presented.append(seen)
        if depth == 0:
            self.leaf = seen
        return not (depth == 0 and self.error)

    @property
    def reason(self) -> str:
        """The reason for refusing, in OpenSSL's words."""
        return REASONS.get(self.error, f"OpenSSL's verification error {self.error}")


def device_context(
    method: int, credentials: ServerCredentials, anchors: Iterable[x509.Certificate], verdict: Verdict
) -> SSL.Context:
    """A context for one handshake: its keys for tickets, which none gets, die with it.

    Every anchor ends a path, a root or not (X509_V_FLAG_PARTIAL_CHAIN); a client certificate is asked for.
    """
    context = SSL.Context(method)
    context.set_min_proto_version(DTLS_1_2 if method == SSL.DTLS_SERVER_METHOD else SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_QUERY_MTU)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.use_certificate(credentials.chain[0])
    for issuer in credentials.chain[1:]:
        context.add_extra_chain_cert(issuer)
    context.use_privatekey(credentials.key)
    store = context.get_cert_store()
    assert store is not None
    store.set_flags(X509StoreFlags.PARTIAL_CHAIN)
    for anchor in anchors:
        store.add_cert(X509.from_cryptography(anchor))
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, verdict.see)
    return context

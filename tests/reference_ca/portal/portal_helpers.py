"""What the tests of the stand-in share: requests in process, and a device that needs no socket."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL
from OpenSSL.crypto import X509

from reference_ca import Authority, Device
from reference_ca.portal.account import Account, Tier
from reference_ca.portal.api import Portal
from reference_ca.portal.context import Context
from reference_ca.portal.credentials import ServerCredentials, server_credentials
from reference_ca.portal.device_side.registration import Desk
from reference_ca.portal.device_side.session import Session, datagrams
from reference_ca.portal.protocol import Document, Request, Response, encode
from reference_ca.portal.store import Store
from reference_ca.portal.trust import Reading

ENTRIES = "/v3/trusted-certificates"


@dataclass
class StandIn:
    """The stand-in in process."""

    store: Store
    context: Context
    credentials: ServerCredentials
    log: list[str]

    @classmethod
    def make(cls, path: Path, tier: Tier = Tier.COMMERCIAL) -> StandIn:
        store = Store(path)
        credentials = server_credentials(store, "127.0.0.1")
        return cls(store, Context(store, Account.of(store, tier)), credentials, [])

    def ask(self, method: str, path: str, body: object = None, *, key: str | None = None, **query: str) -> Response:
        """One request with the admin's key, unless another one is given."""
        account = self.context.account
        headers = {
            "authorization": f"Bearer {account.admin_key if key is None else key}",
            "content-type": "application/json",
        }
        sent = body if isinstance(body, bytes) else b"" if body is None else encode(body)
        return Portal(self.context).handle(Request(method, path, query, headers, sent))

    def upload(self, chain: bytes, name: str, service: str = "lwm2m", **fields: object) -> Document:
        """A new entry."""
        body = {"certificate": chain.decode(), "name": name, "service": service, **fields}
        response = self.ask("POST", ENTRIES, body)
        assert response.status == 201, response.body
        return response.json()  # type: ignore[no-any-return]

    def bulk(self, path: str, content: bytes) -> Response:
        """A bulk request with one file."""
        body = (
            b'--limit\r\nContent-Disposition: form-data; name="enrollment_identities"; filename="a.csv"\r\n'
            b"Content-Type: text/csv\r\n\r\n" + content + b"\r\n--limit--\r\n"
        )
        headers = {
            "authorization": f"Bearer {self.context.account.admin_key}",
            "content-type": "multipart/form-data; boundary=limit",
        }
        return Portal(self.context).handle(Request("POST", path, {}, headers, body))

    def session(self, method: int, service: str = "lwm2m", reading: Reading = Reading.ALL) -> Session:
        """The server's end of one connection."""
        return Session(method, self.credentials, Desk(self.context, service, reading, self.log.append))

    def names_of_denials(self, entry_id: str) -> list[str]:
        found = self.ask("GET", "/v3/device-enrollment-denials", trusted_certificate_id__eq=entry_id).json()
        return [denial["endpoint_name"] for denial in found["data"]]


@dataclass(frozen=True)
class Lines:
    """Root, intermediate, and two FCU lines below it with a device each."""

    root: Authority
    intermediate: Authority
    line_a: Authority
    line_b: Authority
    device_a: Device
    device_b: Device


METHODS = {
    "TLS 1.2": (SSL.TLS_CLIENT_METHOD, SSL.TLS_SERVER_METHOD, SSL.TLS1_2_VERSION),
    "TLS 1.3": (SSL.TLS_CLIENT_METHOD, SSL.TLS_SERVER_METHOD, SSL.TLS1_3_VERSION),
    "DTLS 1.2": (SSL.DTLS_CLIENT_METHOD, SSL.DTLS_SERVER_METHOD, 0xFEFD),
}
"""By name: pyOpenSSL's methods of both ends, and the one version."""


def client_context(
    version: str, key: ec.EllipticCurvePrivateKey | None, chain: Iterable[x509.Certificate], ca: x509.Certificate
) -> SSL.Context:
    """What a device presents, and whom it believes."""
    method, _, number = METHODS[version]
    context = SSL.Context(method)
    context.set_min_proto_version(number)
    context.set_max_proto_version(number)
    if key is not None:
        leaf, *above = chain
        context.use_certificate(leaf)
        context.use_privatekey(key)
        for certificate in above:
            context.add_extra_chain_cert(certificate)
    store = context.get_cert_store()
    assert store is not None
    store.add_cert(X509.from_cryptography(ca))
    context.set_verify(SSL.VERIFY_PEER, lambda *arguments: bool(arguments[-1]))
    return context


def key_of(device: Device) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(device.private_key_pem.data, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


class InProcess:
    """A device's end of a connection, joined to a session of the server without any socket."""

    def __init__(self, context: SSL.Context, session: Session, resumed: SSL.Session | None = None) -> None:
        self.connection = SSL.Connection(context, None)
        self.connection.set_connect_state()
        if resumed is not None:
            self.connection.set_session(resumed)
        self.session = session
        self.is_datagram = session._is_datagram
        if self.is_datagram:
            self.connection.set_ciphertext_mtu(1200)

    def handshake(self) -> bool:
        """Whether both ends came to the end of it."""
        for _ in range(20):
            try:
                self.connection.do_handshake()
            except SSL.WantReadError:
                pass
            except SSL.Error:
                self._carry()
                return False
            moved = self._carry()
            if self.session.is_established or self.session.is_closed or not moved:
                break
        return self.session.is_established

    def ask(self, message: bytes) -> bytes:
        """Send a message of CoAP and return what comes back."""
        self.connection.send(message)
        self._carry()
        return self.read()

    def read(self) -> bytes:
        found = b""
        while True:
            try:
                found += self.connection.recv(65536)
            except SSL.WantReadError:
                return found

    def _carry(self) -> int:
        """Move bytes in both directions; how many pieces there were."""
        pieces = 0
        for piece in self._outgoing():
            pieces += 1
            self.session.receive(piece)
        for piece in self.session.outgoing():
            pieces += 1
            self.connection.bio_write(piece)
            if self.is_datagram and not self.session.is_established:
                self._advance()
        return pieces

    def _advance(self) -> None:
        try:
            self.connection.do_handshake()
        except SSL.Error:
            return

    def _outgoing(self) -> Iterator[bytes]:
        waiting = b""
        while True:
            try:
                waiting += self.connection.bio_read(65536)
            except SSL.WantReadError:
                break
        yield from datagrams(waiting) if self.is_datagram else filter(None, [waiting])


def device_of(
    standin: StandIn, version: str, device: Device, depth: int, service: str = "lwm2m",
    reading: Reading = Reading.ALL,
) -> InProcess:  # fmt: skip
    """A device that presents so many certificates, in front of a new session."""
    context = client_context(version, key_of(device), device.chain(depth), standin.credentials.chain[-1])
    return InProcess(context, standin.session(METHODS[version][1], service, reading))


def is_let_in(standin: StandIn, device: Device, depth: int, **options: Any) -> bool:
    """Whether all three versions of TLS let the device in; they must agree."""
    answers = {device_of(standin, version, device, depth, **options).handshake() for version in METHODS}
    assert len(answers) == 1
    return answers.pop()


def documents(response: Response) -> list[Document]:
    return json.loads(response.body)["data"]  # type: ignore[no-any-return]

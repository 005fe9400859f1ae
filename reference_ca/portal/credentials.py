"""The CA and the certificate of the stand-in's own servers, made once for each state."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reference_ca.authority import Authority, RootAuthority
from reference_ca.chain import Certificates, to_pem
from reference_ca.credentials import key_pem
from reference_ca.files import Blob, SecretBlob
from reference_ca.key_source import KeySource
from reference_ca.names import DistinguishedName
from reference_ca.portal.store import Store
from reference_ca.profiles import CaProfile, Extensions

SERVER_YEARS = 2
"""Clients refuse certificates of servers that last much longer."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class ServerCredentials:
    """What the servers show: key and chain, the certificate of the servers first, their CA last."""

    chain: Certificates
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def ca_pem(self) -> Blob:
        """The CA that clients and devices verify the servers by."""
        return to_pem(self.chain[-1:])

    @property
    def chain_pem(self) -> Blob:
        """The servers' certificate and the CA."""
        return to_pem(self.chain)

    @property
    def key_pem(self) -> SecretBlob:
        """The private key of the servers."""
        return key_pem(self.key)


def server_credentials(store: Store, host: str) -> ServerCredentials:
    """A new certificate for ``host`` and the loopback addresses, by the CA that the store keeps."""
    authority, source = _authority(store), KeySource()
    key = source.private_key("server")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Portal stand-in")])
    extensions = _extensions(host)
    certificate = authority.issuer.certify(subject, key.public_key(), SERVER_YEARS, extensions, source)
    return ServerCredentials((certificate, authority.certificate), key)


def _authority(store: Store) -> Authority:
    with store.transaction():
        if not store.setting("server CA key"):
            made = RootAuthority(DistinguishedName("Portal stand-in CA"), profile=CaProfile(years=20, critical=True))
            store.setting("server CA key", made.private_key_pem.data.decode())
            store.setting("server CA", made.chain_pem.data.decode())
        return Authority.load(store.setting("server CA key").encode(), store.setting("server CA").encode())


def _extensions(host: str) -> Extensions:
    names = dict.fromkeys([*_LOOPBACK, host])
    yield x509.SubjectAlternativeName([_general_name(name) for name in names]), False
    yield x509.BasicConstraints(ca=False, path_length=None), True
    yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)

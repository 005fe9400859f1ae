"""Makes the credentials that a handshake needs: a server's own certificates, and an impostor's. All of it in memory."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fcu_conform.artefacts.encodings.der import DerError
from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.validators.forging import forge, names, new_key

_LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class Credentials:
    """The credentials that one end presents.

    Attributes:
        chain: DER of its certificates, its own first.
        key: DER of the private key of the first.
    """

    chain: tuple[bytes, ...]
    key: Secret


def server_credentials() -> tuple[Credentials, bytes]:
    """A server's credentials, good for an hour, and DER of the CA certificate that a client has to trust for them."""
    now = datetime.now(timezone.utc)
    ca_key, key = new_key(), new_key()
    ca_name = _name(f"loopback CA {secrets.token_hex(8)}")
    ca = _certificate(ca_name, ca_key.public_key(), ca_name, now)
    ca = ca.add_extension(x509.BasicConstraints(True, 0), critical=True)
    own = _certificate(_name("loopback"), key.public_key(), ca_name, now)
    own = own.add_extension(x509.BasicConstraints(False, None), critical=True)
    own = own.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    signed = [_der(one.sign(ca_key, hashes.SHA256())) for one in (ca, own)]
    return Credentials((signed[1],), _secret(key)), signed[0]


def impostor_of(chain: Sequence[bytes], anchors: Sequence[bytes]) -> Credentials:
    """Somebody who copies a device: the same certificates where it has no key for them, forged ones where it has.

    Its device certificate says all that the device's says, but of a key of its own, and is signed by an FCU key of its
    own. After it come the device's own CA certificates, and last the FCU certificate with the impostor's key in it.

    Args:
        chain: DER of what the device presents, its own certificate first.
        anchors: DER of what the server trusts, where the FCU certificate may be.

    Raises:
        DerError: the device certificate is not DER.
    """
    key, fcu_key = new_key(), new_key()
    issuer = names(chain[0])[1]
    fcu = next((one for one in (*chain[1:], *anchors) if _subject(one) == issuer), None)
    forged = () if fcu is None else (forge(fcu, fcu_key, fcu_key),)
    return Credentials((forge(chain[0], key, fcu_key), *chain[1:], *forged), _secret(key))


def _subject(certificate: bytes) -> bytes | None:
    try:
        return names(certificate)[0]
    except DerError:
        return None


def _certificate(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: x509.Name, now: datetime
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), now - _LIFE, now + _LIFE)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _secret(key: ec.EllipticCurvePrivateKey) -> Secret:
    return Secret(
        key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)

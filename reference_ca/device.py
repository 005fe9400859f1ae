"""A device as the factory makes it: endpoint name, key, certificate, and the chain above."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca.chain import Certificates, portal_upload, slice_chain, to_der, to_pem
from reference_ca.credentials import key_der, key_pem
from reference_ca.errors import DeviceError, FcuCode
from reference_ca.files import Blob, SecretBlob

ENDPOINT_NAME_OCTETS = 64
"""The longest CN: X.520's bound, and the client's buffer (fact DB-10)."""


def check_endpoint_name(endpoint_name: str) -> None:
    """Raise `DeviceError` for a name that cannot be a device's CN: 101 where it is empty, 100 where it is
    unusable.
    """
    if not endpoint_name:
        raise DeviceError(
            FcuCode.NAME_IS_MANDATORY,
            "the endpoint name is mandatory",
            todo="give each device a unique name",
        )
    if not endpoint_name.isprintable():
        raise DeviceError(
            FcuCode.GENERAL,
            "the endpoint name holds a control character",
            repr(endpoint_name),
            "choose another",
        )
    if len(endpoint_name.encode()) > ENDPOINT_NAME_OCTETS:
        limit = f"the endpoint name is longer than {ENDPOINT_NAME_OCTETS} octets"
        raise DeviceError(FcuCode.GENERAL, limit, endpoint_name, "shorten it")


def enrollment_id(certificate: x509.Certificate) -> str:
    """The enrollment identity of a device: "A-" and the SHA-256 fingerprint of its certificate, 97 characters
    (facts T-02, T-04).
    """
    return "A-" + certificate.fingerprint(hashes.SHA256()).hex(":").upper()


@dataclass(frozen=True)
class Device:
    """One device. ``issuer_chain`` is fcu.crt: the FCU certificate first, the root last."""

    endpoint_name: str
    certificate: x509.Certificate
    issuer_chain: Certificates = field(repr=False)
    _key: ec.EllipticCurvePrivateKey | None = field(default=None, repr=False)

    @property
    def enrollment_id(self) -> str:
        """What the portal enrolls this device by in first-to-claim (fact P-20)."""
        return enrollment_id(self.certificate)

    @property
    def certificate_der(self) -> bytes:
        """The device's own certificate as DER."""
        return to_der([self.certificate])[0]

    @property
    def has_private_key(self) -> bool:
        """False where the device made its key itself and kept it."""
        return self._key is not None

    @property
    def private_key_pem(self) -> SecretBlob:
        """The private key as unencrypted PKCS#8 PEM; `DeviceError` where the device keeps it."""
        return key_pem(self._private_key())

    @property
    def private_key_der(self) -> SecretBlob:
        """The private key as unencrypted PKCS#8 DER; `DeviceError` where the device keeps it."""
        return key_der(self._private_key())

    def chain(self, depth: int | None = None) -> Certificates:
        """The device's part of the chain, its own certificate first; ``depth`` counts it (fact K-07)."""
        return slice_chain(self.certificate, self.issuer_chain, depth)

    def chain_pem(self, depth: int | None = None) -> Blob:
        """`chain` as PEM."""
        return to_pem(self.chain(depth))

    def upload_pem(self, depth: int | None = None) -> Blob:
        """The portal's part, as PEM: what the device does not carry (fact K-08)."""
        return to_pem(portal_upload(self.issuer_chain, depth))

    def _private_key(self) -> ec.EllipticCurvePrivateKey:
        if self._key is None:
            raise DeviceError(FcuCode.GENERAL, "the private key never left the device", self.endpoint_name)
        return self._key

"""Certificate authorities: a root, intermediates below it, requests signed and devices issued by any of
them.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca.chain import Certificates, portal_upload, read_chain, to_pem
from reference_ca.credentials import check_match, key_pem, read_key
from reference_ca.device import Device, check_endpoint_name
from reference_ca.errors import IssuingError, RequestError
from reference_ca.files import Blob, SecretBlob
from reference_ca.key_source import KeySource
from reference_ca.names import DistinguishedName, common_name, with_common_name
from reference_ca.profiles import CaProfile, DeviceProfile
from reference_ca.requests import read_request
from reference_ca.signing import Issuer, self_sign


class Authority:
    """A CA: its certificate, the chain above it, and a private key that shows in no output.

    Make the first one with `RootAuthority`, the next with `intermediate`, or `load` one from files.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey, chain: Certificates, source: KeySource | None = None) -> None:
        """Take a P-256 key and its chain: the key's own certificate first, the root last."""
        check_match(key, chain)
        self.chain = chain
        self.source = source or KeySource()
        self._key = key
        self._issuer = Issuer(key, chain[0])
        self._unnamed = 0

    def __repr__(self) -> str:
        """Name the CA and its place, and nothing of its key."""
        return f"<{type(self).__name__} {common_name(self.certificate.subject)!r}, chain of {len(self.chain)}>"

    @classmethod
    def load(cls, private_key: bytes, chain: bytes, source: KeySource | None = None) -> Authority:
        """An authority from PEM bytes: an unencrypted key (SEC1 or PKCS#8), and its chain, own certificate
        first.

        `KeyFileError` and `CertificateFileError` carry FCU's numbers (221, 211; 100 for the key of another
        certificate).
        """
        return Authority(read_key(private_key), read_chain(chain), source)

    @property
    def issuer(self) -> Issuer:
        """What signs: this CA's key under its name, which checks less than `issue_device` does."""
        return self._issuer

    @property
    def certificate(self) -> x509.Certificate:
        """This CA's own certificate."""
        return self.chain[0]

    @property
    def chain_pem(self) -> Blob:
        """PEM, this CA first and the root last: the order of fcu.crt (fact K-03)."""
        return to_pem(self.chain)

    @property
    def private_key_pem(self) -> SecretBlob:
        """The private key as unencrypted PKCS#8 PEM; it writes files of mode 0600 only."""
        return key_pem(self._key)

    def upload_pem(self, depth: int | None = None) -> Blob:
        """PEM of what belongs on the portal when this CA issues devices that carry ``depth`` certificates
        (fact K-08).
        """
        return to_pem(portal_upload(self.chain, depth))

    def intermediate(self, name: str | DistinguishedName | None = None, profile: CaProfile | None = None) -> Authority:
        """A new CA below this one.

        Without a name it gets one with a short id of its own, for the portal takes no subject twice (fact
        P-09).
        """
        if name is None:
            self._unnamed += 1
        subject = _subject(name, "Intermediate CA", self.source, f"{self._issuer.label}/{self._unnamed}")
        key = self.source.private_key(f"ca/{self._issuer.label}/{subject.public_bytes().hex()}")
        return Authority(key, self._certify_ca(subject, key.public_key(), profile), self.source)

    def sign_request(self, request: bytes, profile: CaProfile | None = None) -> Certificates:
        """Sign a CA's request, such as fcu_csr.pem (PEM or DER bytes): the new certificate first, the root
        last.

        Subject and key are the request's own; the extensions are the profile's, whatever the request asks
        for. `RequestError` where the request cannot be trusted.
        """
        return self._certify_ca(*read_request(request), profile)

    def issue_device(
        self,
        endpoint_name: str,
        *,
        request: bytes | None = None,
        account_id: str | None = None,
        profile: DeviceProfile | None = None,
    ) -> Device:
        """A device's key and certificate: CN is the endpoint name (fact DB-06), issued by this CA.

        With the device's own ``request`` (PEM or DER bytes) the key stays on the device; the request's CN
        must be the endpoint name. ``account_id`` becomes the OU, which LwM2M mode asks for (DL-02).
        `DeviceError` 101 where the name is empty.
        """
        check_endpoint_name(endpoint_name)
        profile = profile or DeviceProfile()
        attributes = self.certificate.subject if profile.issuer_attributes else x509.Name([])
        subject = with_common_name(attributes, endpoint_name, account_id)
        key: ec.EllipticCurvePrivateKey | None = None
        if request is None:
            key = self.source.private_key(f"device/{self._issuer.label}/{endpoint_name}")
            public_key = key.public_key()
        else:
            requested, public_key = read_request(request, endpoint_name)
            if common_name(requested) != endpoint_name:
                raise RequestError(
                    f"the request is for {common_name(requested)!r}",
                    endpoint_name,
                    "send this device's own request",
                )
        certificate = self._issuer.certify(subject, public_key, profile.years, profile.extensions(), self.source)
        return Device(endpoint_name, certificate, self.chain, key)

    def _certify_ca(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, profile: CaProfile | None
    ) -> Certificates:
        profile = profile or CaProfile()
        for below, certificate in enumerate(self.chain):
            constraint = _path_length(certificate)
            if constraint is not None and constraint <= below:
                raise IssuingError(
                    f"its path length {constraint} leaves no room for another CA",
                    common_name(certificate.subject),
                    "issue devices here, or make a CA with a larger path length",
                )
            if subject == certificate.subject:
                raise IssuingError(
                    "a CA of this name is on the path already", common_name(subject), "choose another name"
                )
        return (
            self._issuer.certify(subject, key, profile.years, profile.extensions(), self.source),
            *self.chain,
        )


class RootAuthority(Authority):
    """A self-signed CA with a new key: the last certificate of fcu.crt, or its only one.

    ``RootAuthority()`` needs no arguments; its certificate looks as FCU's own does (fact CA-14).
    """

    def __init__(
        self,
        name: str | DistinguishedName | None = None,
        *,
        source: KeySource | None = None,
        profile: CaProfile | None = None,
    ) -> None:
        """Take a name (a CN, or a whole `DistinguishedName`), a `KeySource` and a profile, all optional."""
        source, profile = source or KeySource(), profile or CaProfile()
        subject = _subject(name, "Root CA", source, "root")
        key = source.private_key(f"root/{subject.public_bytes().hex()}")
        super().__init__(key, (self_sign(key, subject, profile.years, profile.extensions(), source),), source)


def _subject(name: str | DistinguishedName | None, default: str, source: KeySource, label: str) -> x509.Name:
    if name is None:
        name = f"{default} {source.octets(f'name/{label}', 4).hex()}"
    if isinstance(name, str):
        name = DistinguishedName(common_name=name)
    subject = name.as_x509()
    if not list(subject):
        raise IssuingError("a CA's name is empty", todo="give it a common name at least")
    return subject


def _path_length(certificate: x509.Certificate) -> int | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    except x509.ExtensionNotFound:
        return None

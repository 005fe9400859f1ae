"""Keys, certificates and keystores for tests, made with ``cryptography`` and with nothing of this project."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

AT = datetime(2026, 6, 1, 12, 0, 0, tzinfo=timezone.utc)
"""The instant at which tests judge."""

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_LABELS = {
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": NameOID.COUNTRY_NAME,
}

CONFIG = """\
setup-ca-as-intermediate: true
use-bootstrap: true
device-certificate-chain-depth: 2
"""


@cache
def make_key(name: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of that name: always the same one."""
    number = int.from_bytes(hashlib.sha256(f"fcu-conform tests {name}".encode()).digest(), "big")
    return ec.derive_private_key(number % (P256_ORDER - 1) + 1, ec.SECP256R1())


def make_name(*attributes: tuple[str, str]) -> x509.Name:
    """A name, its attributes in the given order."""
    return x509.Name([x509.NameAttribute(_LABELS[label], value) for label, value in attributes])


def ca_extensions(
    public: ec.EllipticCurvePublicKey, issuer: ec.EllipticCurvePublicKey, path_length: int | None = None
) -> list[tuple[x509.ExtensionType, bool]]:
    """What a sound CA certificate has, each with its criticality."""
    usages = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usages), True),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), False),
    ]


def make_certificate(
    subject: str,
    issuer: str | None = None,
    *,
    key: ec.EllipticCurvePrivateKey | None = None,
    issuer_key: ec.EllipticCurvePrivateKey | None = None,
    serial: int = 1000,
    start: datetime = datetime(2026, 1, 1, tzinfo=timezone.utc),
    days: float = 12775,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] | None = None,
    digest: hashes.HashAlgorithm | None = None,
    subject_name: x509.Name | None = None,
    issuer_name: x509.Name | None = None,
) -> x509.Certificate:
    """The CA certificate of that subject; self-signed without an issuer. Keys are those of the names."""
    issuer = issuer or subject
    key = key or make_key(subject)
    issuer_key = issuer_key or make_key(issuer)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject_name if subject_name is not None else make_name(("CN", subject)))
        .issuer_name(issuer_name if issuer_name is not None else make_name(("CN", issuer)))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
    )
    if extensions is None:
        extensions = ca_extensions(key.public_key(), issuer_key.public_key())
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, digest or hashes.SHA256(), ecdsa_deterministic=True)


def make_chain(*names: str) -> list[x509.Certificate]:
    """From the FCU certificate to the root, each issued by the next."""
    pairs = zip(names, [*names[1:], names[-1]], strict=True)
    return [make_certificate(name, issuer, serial=1000 + number) for number, (name, issuer) in enumerate(pairs)]


def der(certificate: x509.Certificate) -> bytes:
    """The certificate's bytes."""
    return certificate.public_bytes(Encoding.DER)


def pem(*certificates: x509.Certificate) -> bytes:
    """The certificates as one PEM file."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def other_algorithm(certificate: x509.Certificate, *, inside: bool) -> bytes:
    """The certificate's DER with ecdsa-with-SHA384 in place of ecdsa-with-SHA256, inside the signed part or outside."""
    sha256, sha384 = bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d040303")
    data = der(certificate)
    place = data.index(sha256) if inside else data.rindex(sha256)
    return data[:place] + sha384 + data[place + len(sha256) :]


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key as FCU keeps it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def make_request(
    subject: str, *, key: ec.EllipticCurvePrivateKey | None = None, name: x509.Name | None = None
) -> x509.CertificateSigningRequest:
    """The request of that subject, for the key of its name."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(name or make_name(("CN", subject)))
    return builder.sign(key or make_key(subject), hashes.SHA256(), ecdsa_deterministic=True)


@dataclass
class Line:
    """A production line's folder with a sound keystore of three certificates, to be broken by one edit."""

    folder: Path

    def __post_init__(self) -> None:
        self.keystore.mkdir(mode=0o700, parents=True)
        self.chain = make_chain("FCU line 1", "INT_CA", "ROOT_CA")
        self.write_chain(*self.chain)
        self.write("fcu_private_key.pem", key_pem(make_key("FCU line 1")))
        self.write("../config/fcu.yml", CONFIG.encode())

    @property
    def keystore(self) -> Path:
        """The folder that is judged."""
        return self.folder / "keystore"

    def write(self, name: str, data: bytes, mode: int = 0o600) -> Path:
        """Writes a file, its name seen from the keystore."""
        path = self.keystore / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(data)
        path.chmod(mode)
        return path

    def write_chain(self, *certificates: x509.Certificate) -> None:
        """Writes fcu.crt."""
        self.write("fcu.crt", pem(*certificates))

    def configure(self, text: str) -> None:
        """Appends to fcu.yml."""
        path = self.keystore / "../config/fcu.yml"
        path.write_text(path.read_text() + text)

"""The one place that certificates are put together and signed."""

from __future__ import annotations

import functools
import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference_ca.errors import IssuingError
from reference_ca.key_source import KeySource, deterministic
from reference_ca.names import common_name
from reference_ca.profiles import Extensions, add_years

_STAMP = "%Y-%m-%dT%H:%M:%SZ"


class Issuer:
    """A CA's name, key and validity, worked out once and then used for every certificate that it signs."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        """Take a P-256 key and the certificate that belongs to it."""
        self._key = key
        self.name = certificate.subject
        self.not_before = certificate.not_valid_before_utc
        self.not_after = certificate.not_valid_after_utc
        self.label = hashlib.sha256(_octets(key.public_key())).hexdigest()
        self._key_identifier = _authority_key_identifier(certificate)

    def __repr__(self) -> str:
        """Name the issuer, and nothing of its key."""
        return f"<Issuer {common_name(self.name)!r}>"

    def certify(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        years: int,
        extensions: Extensions,
        source: KeySource,
    ) -> x509.Certificate:
        """A certificate that starts now, lasts `years` calendar years, and ends no later than its issuer
        does.

        `IssuingError` where the issuer is not valid now, or `subject` is the issuer's own (the result would
        look self-signed).
        """
        now = source.now()
        if not self.not_before <= now < self.not_after:
            raise IssuingError(
                f"the issuer is valid only from {self.not_before:{_STAMP}} to {self.not_after:{_STAMP}}",
                common_name(self.name),
                f"issue inside that time, not at {now:{_STAMP}}",
            )
        if subject == self.name:
            raise IssuingError("subject and issuer would be the same name", common_name(subject), "choose another name")
        end = min(add_years(now, years), self.not_after)
        return self.sign(subject, key, (now, end), extensions, source)

    def sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        validity: tuple[datetime, datetime],
        extensions: Extensions,
        source: KeySource,
        digest: hashes.SHA256 | hashes.SHA384 | None = None,
    ) -> x509.Certificate:
        """Sign what it is told: `certify` without its checks, for certificates that are to be wrong.

        ``digest`` is SHA-256 where it is not given.
        """
        return _sign(self._key, self.name, self._key_identifier, subject, key, validity, extensions, source, digest)

    def sign_octets(self, octets: bytes) -> bytes:
        """The DER of an ECDSA signature with SHA-256 over ``octets`` (RFC 6979, where OpenSSL can)."""
        return self._key.sign(octets, _ecdsa())

    def serial(self, subject: bytes, key: bytes, validity: tuple[datetime, datetime], source: KeySource) -> int:
        """The serial number of a certificate for a subject (DER) and a key (an uncompressed point).

        What tells two certificates of one issuer apart goes into a seeded one, so that none is used twice.
        """
        return _serial(self._key_identifier, subject, key, validity, source)


def self_sign(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, years: int, extensions: Extensions, source: KeySource
) -> x509.Certificate:
    """A self-signed certificate that starts now and lasts `years` calendar years; its AKI is its SKI (fact
    CA-14).
    """
    public_key, now = key.public_key(), source.now()
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key)
    return _sign(key, subject, identifier, subject, public_key, (now, add_years(now, years)), extensions, source)


def _sign(
    signer: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: x509.AuthorityKeyIdentifier,
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    validity: tuple[datetime, datetime],
    extensions: Extensions,
    source: KeySource,
    digest: hashes.SHA256 | hashes.SHA384 | None = None,
) -> x509.Certificate:
    not_before, not_after = validity
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(_serial(issuer_key, subject.public_bytes(), _octets(key), validity, source))
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    builder = builder.add_extension(issuer_key, critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    return builder.sign(signer, digest or hashes.SHA256(), ecdsa_deterministic=deterministic())


def _serial(
    issuer_key: x509.AuthorityKeyIdentifier,
    subject: bytes,
    key: bytes,
    validity: tuple[datetime, datetime],
    source: KeySource,
) -> int:
    before, behind = _frame(issuer_key.key_identifier, validity)
    return source.serial(f"{before}/{subject.hex()}/{hashlib.sha256(key).hexdigest()}/{behind}")


@functools.lru_cache(maxsize=64)  # the same for every device of a lot, and dear to format
def _frame(issuer_key: bytes | None, validity: tuple[datetime, datetime]) -> tuple[str, str]:
    return f"{issuer_key!r}", f"{validity[0]}/{validity[1]}"


@functools.cache
def _ecdsa() -> ec.ECDSA:
    return ec.ECDSA(hashes.SHA256(), deterministic_signing=deterministic())


def _octets(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _authority_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """The issuer's SKI as it is, or the usual digest of its key where it has none (as the page's OpenSSL
    example).
    """
    try:
        identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        key = issuer.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)

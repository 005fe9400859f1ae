"""What goes into a certificate: FCU's own profile for CAs, and the one for devices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

CA_YEARS = 35
"""Recommended for CA certificates (fact CA-05), and what FCU's own certificate has, in calendar years
(CA-14).
"""

DEVICE_YEARS = 20
"""More than 10 years are asked for (DB-05), and the device warns below 3650 days (DB-18): twice that leaves
room for stock.
"""

Extensions = Iterator[tuple[x509.ExtensionType, bool]]


def add_years(instant: datetime, years: int) -> datetime:
    """The same day and time `years` calendar years later; 29 February becomes 28 February where there is
    none.
    """
    try:
        return instant.replace(year=instant.year + years)
    except ValueError:
        return instant.replace(year=instant.year + years, day=28)


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class CaProfile:
    """A CA certificate; the defaults are those of FCU's own certificate (facts CA-05 to CA-07, CA-14).

    ``critical`` marks basicConstraints and keyUsage critical, which FCU does not, but RFC 5280 4.2.1.9 and
    OpenSSL's strict mode want (CA-15). ``path_length`` counts the CA certificates allowed below; FCU sets
    none.
    """

    years: int = CA_YEARS
    critical: bool = False
    path_length: int | None = None

    def extensions(self) -> Extensions:
        """basicConstraints and keyUsage, each with its criticality."""
        yield x509.BasicConstraints(ca=True, path_length=self.path_length), self.critical
        yield _key_usage(ca=True), self.critical


@dataclass(frozen=True)
class DeviceProfile:
    """A device certificate (facts DB-01 to DB-06, DB-15).

    clientAuth is what the device checks for, and digitalSignature is what it does in the handshake (critical,
    as RFC 5280 4.2.1.3 asks). ``basic_constraints`` says CA:FALSE, which some readers want to see and none
    minds. ``issuer_attributes`` copies O, OU, L, ST and C of the FCU certificate next to the CN, as a
    factory's certificates usually have them.
    """

    years: int = DEVICE_YEARS
    basic_constraints: bool = True
    issuer_attributes: bool = False

    def extensions(self) -> Extensions:
        """basicConstraints (if wanted), keyUsage and extKeyUsage, each with its criticality."""
        if self.basic_constraints:
            yield x509.BasicConstraints(ca=False, path_length=None), False
        yield _key_usage(ca=False), True
        yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False

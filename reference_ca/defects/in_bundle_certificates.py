"""Defects of a bundle's certificates other than the device's own chain: server CA, update certificate."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from reference_ca.defects import asn1
from reference_ca.defects.bundle_edits import CERTIFICATES, CHAINED, SETUP_PARAMETERS, edit, expected_at
from reference_ca.defects.certificates import Certificate, Extension
from reference_ca.defects.in_certificates import DAY, UNKNOWN
from reference_ca.defects.in_chains import another_ca
from reference_ca.defects.in_device_chains import fill
from reference_ca.defects.model import defect, near_miss
from reference_ca.defects.plan import FactorySetup

SERVER, UPDATE = "Certificates[0].Data", "Certificates[1].Data"


def update_authority(s: FactorySetup) -> Certificate:
    """The certificate that the device is to believe updates under; it can be changed until the setup is written."""
    authority = another_ca(s, "Update authority")
    edit(
        s,
        lambda message: message[CERTIFICATES].append(
            {"Name": "mbed.UpdateAuthCert", "Format": "der", "Data": authority.der}
        ),
    )
    return authority


@defect(expected_at("DEV026", UPDATE), needs=CHAINED, parameters=SETUP_PARAMETERS)
def update_certificate_expired(s: FactorySetup) -> None:
    """The update certificate expired yesterday."""
    authority = update_authority(s)
    authority.not_before, authority.not_after = s.now - 400 * DAY, s.now - DAY


@defect(expected_at("DEV026", SERVER), needs=CHAINED, parameters=SETUP_PARAMETERS)
def server_certificate_not_valid_yet(s: FactorySetup) -> None:
    """The server's CA certificate is valid from the next second on."""
    s.server_ca.not_before = s.now + timedelta(seconds=1)


@defect(expected_at("DEV017", SERVER), needs=CHAINED, parameters=SETUP_PARAMETERS)
def server_certificate_of_1025_octets(s: FactorySetup) -> None:
    """The server's CA certificate has 1025 octets, one more than the client reads."""
    fill(s.server_ca, 1025)


@defect(expected_at("DEV019", UPDATE), needs=CHAINED, parameters=SETUP_PARAMETERS)
def update_certificate_with_unknown_critical_extension(s: FactorySetup) -> None:
    """The update certificate has a critical extension that the device's library does not know."""
    update_authority(s).extensions["unknown"] = Extension(UNKNOWN, asn1.octets(b"?"), True)


@defect(expected_at("DEV029", SERVER), needs=CHAINED, parameters=SETUP_PARAMETERS)
def server_certificate_with_empty_issuer(s: FactorySetup) -> None:
    """The server's CA certificate has an empty issuer."""
    s.server_ca.issuer_name = asn1.name()


@defect(
    expected_at("DEV038", UPDATE), needs=CHAINED, parameters=SETUP_PARAMETERS, baseline="update-certificate-of-1970"
)
def update_certificate_of_1969(s: FactorySetup) -> None:
    """The update certificate is valid from the last second of 1969 on."""
    update_authority(s).not_before = datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc)


@near_miss(needs=CHAINED, parameters=SETUP_PARAMETERS, about="DEV038")
def update_certificate_of_1970(s: FactorySetup) -> None:
    """The update certificate is valid from the first second of 1970 on."""
    update_authority(s).not_before = datetime(1970, 1, 1, tzinfo=timezone.utc)

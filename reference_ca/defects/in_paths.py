"""Defects that only another reader of the path sees: an independent validator, or a server in a handshake."""

from __future__ import annotations

from reference_ca.defects import asn1
from reference_ca.defects.certificates import CERTIFICATE_POLICIES, Certificate, Extension
from reference_ca.defects.model import Needs, Place, defect, oddity
from reference_ca.defects.plan import SetUp, Shape

STRICT = ("cryptography",)
"""A reader that refuses every critical extension that it does not work with."""
PORTAL = Shape(devices=1, upload=True)
ON_PORTAL = Needs(devices=1, form="pem", upload=True, length=3, depth=2, deepest=2)
ANY_POLICY = asn1.sequence(asn1.sequence(asn1.oid("2.5.29.32.0")))


def _restrict(certificate: Certificate, *, critical: bool) -> None:
    certificate.extensions["certificatePolicies"] = Extension(CERTIFICATE_POLICIES, ANY_POLICY, critical)


@defect(
    Place("CHN013", "fcu.crt", instance="keystore-cryptography"),
    needs=Needs(length=3),
    twin="policies-in-intermediate",
    ask=STRICT,
)
def critical_policies_in_intermediate(s: SetUp) -> None:
    """The intermediate's certificatePolicies is critical, which strict readers do not work with."""
    _restrict(s.chain[1], critical=True)


@oddity(needs=Needs(length=3), ask=STRICT, about="CHN013")
def policies_in_intermediate(s: SetUp) -> None:
    """The intermediate's certificatePolicies is there and not critical."""
    _restrict(s.chain[1], critical=False)


@defect(
    Place("DEV024", "line1-0001.pem", instance="keystore-cryptography"),
    needs=ON_PORTAL,
    shape=PORTAL,
    twin="policies-in-device",
    ask=STRICT,
)
def critical_policies_in_device(s: SetUp) -> None:
    """The device's certificatePolicies is critical: its own library takes this one value, strict readers none."""
    _restrict(s.device.certificate, critical=True)


@oddity(needs=ON_PORTAL, shape=PORTAL, ask=STRICT, about="DEV024")
def policies_in_device(s: SetUp) -> None:
    """The device's certificatePolicies is there and not critical."""
    _restrict(s.device.certificate, critical=False)


@defect(Place("DEV025", "line1-0001.pem"), needs=ON_PORTAL, shape=PORTAL, twin="device-gets-in", handshake=True)
def critical_key_identifier_on_portal(s: SetUp) -> None:
    """The uploaded intermediate's subjectKeyIdentifier is critical, and servers on OpenSSL turn its devices away."""
    s.chain[1].extensions["subjectKeyIdentifier"].critical = True


@oddity(needs=ON_PORTAL, shape=PORTAL, handshake=True, about="DEV025")
def device_gets_in(s: SetUp) -> None:
    """Servers that trust the upload alone let the device in, over TLS and DTLS."""
    s.upload = list(s.chain[s.depth - 1 :])

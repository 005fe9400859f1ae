"""Defects that only another reader of the path sees: an independent validator, or a server in a handshake."""

from __future__ import annotations

from reference_ca.defects import asn1
from reference_ca.defects.certificates import CERTIFICATE_POLICIES, Certificate, Extension
from reference_ca.defects.in_chains import name_constraints
from reference_ca.defects.in_devices import rename
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import FactorySetup, SetupParameters

STRICT = ("cryptography",)
"""A reader that refuses every critical extension that it does not work with, which is known of it."""
OPENSSL = ("openssl",)
PORTAL = SetupParameters(devices=1, upload=True)
ON_PORTAL = Needs(devices=1, form="pem", upload=True, length=3, depth=2, deepest=2)
HOST = "line1-0001.example.org"
"""An endpoint name that looks like the name of a host."""
ANY_POLICY = asn1.sequence(asn1.sequence(asn1.oid("2.5.29.32.0")))


def _restrict(certificate: Certificate, *, critical: bool) -> None:
    certificate.extensions["certificatePolicies"] = Extension(CERTIFICATE_POLICIES, ANY_POLICY, critical)


def _name_issuer(certificate: Certificate, *, critical: bool) -> None:
    name = asn1.context(2, b"ca.example.org", constructed=False)
    certificate.extensions["issuerAltName"] = Extension("2.5.29.18", asn1.sequence(name), critical)


@defect(
    ExpectedFinding("CHN013", "fcu.crt", level="warning", instance="keystore-cryptography"),
    needs=Needs(length=3),
    baseline="policies-in-intermediate",
    ask=STRICT,
)
def critical_policies_in_intermediate(s: FactorySetup) -> None:
    """The intermediate's certificatePolicies is critical, which strict readers do not work with."""
    _restrict(s.chain[1], critical=True)


@near_miss(needs=Needs(length=3), ask=STRICT, about="CHN013")
def policies_in_intermediate(s: FactorySetup) -> None:
    """The intermediate's certificatePolicies is there and not critical."""
    _restrict(s.chain[1], critical=False)


@defect(
    ExpectedFinding("DEV024", "line1-0001.pem", level="warning", instance="keystore-cryptography"),
    needs=ON_PORTAL,
    parameters=PORTAL,
    baseline="policies-in-device",
    ask=STRICT,
)
def critical_policies_in_device(s: FactorySetup) -> None:
    """The device's certificatePolicies is critical: its own library takes this one value, strict readers none."""
    _restrict(s.device.certificate, critical=True)


@near_miss(needs=ON_PORTAL, parameters=PORTAL, ask=STRICT, about="DEV024")
def policies_in_device(s: FactorySetup) -> None:
    """The device's certificatePolicies is there and not critical."""
    _restrict(s.device.certificate, critical=False)


@defect(
    ExpectedFinding("CHN013", "fcu.crt", instance="keystore-openssl"),
    needs=Needs(length=3),
    baseline="alternative-name-not-critical",
    ask=OPENSSL,
)
def critical_alternative_name(s: FactorySetup) -> None:
    """The intermediate's issuerAltName is critical, and OpenSSL refuses the path for it."""
    _name_issuer(s.chain[1], critical=True)


@near_miss(needs=Needs(length=3), ask=OPENSSL, about="CHN013")
def alternative_name_not_critical(s: FactorySetup) -> None:
    """OpenSSL is asked about a path with an issuerAltName that is not critical."""
    _name_issuer(s.chain[1], critical=False)


@defect(
    ExpectedFinding("DEV024", f"{HOST}.pem", instance="keystore-openssl"),
    needs=ON_PORTAL,
    parameters=PORTAL,
    baseline="name-constraints-that-admit-devices",
    ask=OPENSSL,
)
def name_constraints_that_shut_devices_out(s: FactorySetup) -> None:
    """The root permits DNS names of one domain only, and OpenSSL takes the device's CN for a DNS name of another."""
    _permit_domain(s, "example.com")


@near_miss(needs=ON_PORTAL, parameters=PORTAL, ask=OPENSSL, about="DEV024")
def name_constraints_that_admit_devices(s: FactorySetup) -> None:
    """The root permits DNS names of one domain only, and the device's CN, taken for a DNS name, is one of them."""
    _permit_domain(s, "example.org")


def _permit_domain(s: FactorySetup, domain: str) -> None:
    """Let the root permit DNS names of one domain, and give the device a name that looks like one."""
    rename(s.device, HOST)
    s.chain[-1].extensions["nameConstraints"] = name_constraints(
        permitted=asn1.context(2, domain.encode(), constructed=False)
    )


@defect(
    ExpectedFinding("DEV025", "line1-0001.pem"),
    needs=ON_PORTAL,
    parameters=PORTAL,
    baseline="device-gets-in",
    handshake=True,
)
def critical_alternative_name_on_portal(s: FactorySetup) -> None:
    """The uploaded intermediate's issuerAltName is critical, and servers on OpenSSL turn its devices away."""
    _name_issuer(s.chain[1], critical=True)


@near_miss(needs=ON_PORTAL, parameters=PORTAL, handshake=True, about="DEV025")
def device_gets_in(s: FactorySetup) -> None:
    """Servers that trust the upload alone let the device in, over TLS and DTLS."""
    s.upload = list(s.chain[s.depth - 1 :])

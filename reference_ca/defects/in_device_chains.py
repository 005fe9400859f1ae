"""Defects of the chain that a device carries: how many certificates, which, how large."""

from __future__ import annotations

from dataclasses import replace

from reference_ca.defects import asn1
from reference_ca.defects.certificates import (
    CERTIFICATE_POLICIES,
    Certificate,
    Extension,
)
from reference_ca.defects.files import pem_block
from reference_ca.defects.in_certificates import DAY, UNKNOWN
from reference_ca.defects.in_chains import directory, name_constraints
from reference_ca.defects.in_config_names import name_fcu
from reference_ca.defects.in_devices import ANY, LONG_CHAIN, ONE, PEM
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import CONFIG_FILE, FactorySetup, SetupParameters

DEEP = Needs(devices=1, form="pem", length=3, depth=3)
DEPTH_3 = SetupParameters(devices=1, depth=3)


@defect(ExpectedFinding("DEV002", PEM), needs=Needs(devices=1, form="pem", length=2, depth=2), parameters=ONE)
def device_alone_at_depth_2(s: FactorySetup) -> None:
    """The device carries its own certificate alone, and the depth says 2 or more."""
    s.device.carries = []


@defect(
    ExpectedFinding("DEV002", PEM), LONG_CHAIN, needs=Needs(devices=1, form="pem", length=2, deepest=2), parameters=ONE
)
def device_with_whole_chain(s: FactorySetup) -> None:
    """The device carries all of fcu.crt, more than the depth says."""
    s.device.carries = list(s.chain)


@defect(ExpectedFinding("DEV003", PEM), LONG_CHAIN, needs=DEEP, parameters=DEPTH_3)
def device_chain_out_of_order(s: FactorySetup) -> None:
    """The device carries the intermediate before the FCU certificate."""
    carried = s.chain[: s.depth - 1]
    s.device.carries = [carried[1], carried[0], *carried[2:]]


@defect(ExpectedFinding("DEV003", PEM), needs=Needs(devices=1, form="pem", length=2, depth=2), parameters=ONE)
def device_certificate_last(s: FactorySetup) -> None:
    """The device's own certificate stands last in its file."""
    certificate, carried = s.device.certificate, s.chain[: s.depth - 1]
    text = [pem_block("CERTIFICATE", each.der) for each in [*carried, certificate]]
    s.device.content_edits.append(lambda _: b"".join(text))


@defect(
    ExpectedFinding("DEV003", PEM), needs=Needs(devices=1, form="pem", length=3, depth=2, deepest=2), parameters=ONE
)
def device_with_wrong_certificate(s: FactorySetup) -> None:
    """The device carries the root where the FCU certificate belongs."""
    s.device.carries = [s.chain[-1]]


@defect(ExpectedFinding("DEV003", PEM), needs=Needs(devices=1, form="pem", length=2, depth=2), parameters=ONE)
def device_with_older_fcu_certificate(s: FactorySetup) -> None:
    """The device carries an older certificate of FCU's, for the same name and key."""
    older = replace(s.chain[0], serial=s.source.serial("older"), not_before=s.made - 30 * DAY)
    s.device.carries = [older, *s.chain[1 : s.depth - 1]]


def fill(certificate: Certificate, size: int) -> None:
    """Let a certificate have exactly so many octets, by an extension that nobody needs."""
    filler = certificate.extensions["filler"] = Extension(UNKNOWN, b"")
    lack = size - len(certificate.der)
    # how long the signature is depends on what is signed, so fillers are tried until all of it fits
    for octets in range(max(0, lack - 24), lack + 1):
        for octet in range(8):
            filler.value = asn1.octets(bytes([octet]) * octets)
            if len(certificate.der) == size:
                return
    raise ValueError(f"no certificate of {size} octets can be made here")


@defect(ExpectedFinding("DEV017", PEM, 1), needs=ANY, parameters=ONE, baseline="device-of-1024-octets")
def device_of_1025_octets(s: FactorySetup) -> None:
    """The device certificate has 1025 octets, one more than the client reads."""
    fill(s.device.certificate, 1025)


@defect(ExpectedFinding("DEV017", PEM, 2), needs=Needs(devices=1, form="pem", depth=2, length=2), parameters=ONE)
def longest_names_on_device(s: FactorySetup) -> None:
    """The FCU certificate has the longest names that X.520 allows, and more octets than the client reads."""
    long = [("CN", "C" * 64), ("O", "O" * 64), ("OU", "U" * 64), ("L", "L" * 128), ("ST", "S" * 128), ("C", "FI")]
    name_fcu(s, *long)
    fill(s.chain[0], 1100)


@near_miss(LONG_CHAIN, needs=ANY, parameters=ONE, about="DEV017")
def device_of_1024_octets(s: FactorySetup) -> None:
    """The device certificate has 1024 octets, as many as the client reads."""
    fill(s.device.certificate, 1024)


@defect(
    ExpectedFinding("DEV018", PEM),
    needs=Needs(devices=1, form="pem", depth=5, length=4),
    parameters=SetupParameters(length=5, depth=5, devices=1),
    baseline="chain-of-4096-octets",
)
def chain_of_4097_octets(s: FactorySetup) -> None:
    """The TLS message with the device's chain takes 4097 octets, one more than the device can send."""
    _fill_chain(s, 4097)


@near_miss(
    LONG_CHAIN,
    needs=Needs(devices=1, form="pem", depth=5, length=4),
    parameters=SetupParameters(length=5, depth=5, devices=1),
    about="DEV018",
)
def chain_of_4096_octets(s: FactorySetup) -> None:
    """The TLS message with the device's chain takes 4096 octets, as many as the device can send."""
    _fill_chain(s, 4096)


def _fill_chain(s: FactorySetup, size: int) -> None:
    """Let the certificates that the device carries take so many octets in all, framing counted."""
    certificates = [s.device.certificate, *s.chain[: s.depth - 1]]
    each, rest = divmod(size - 7 - 3 * len(certificates), len(certificates))
    for number, certificate in enumerate(certificates):
        fill(certificate, each + (1 if number < rest else 0))


@defect(ExpectedFinding("DEV019", PEM, 2), needs=Needs(devices=1, form="pem", depth=2, length=2), parameters=ONE)
def critical_policies_on_device(s: FactorySetup) -> None:
    """The FCU certificate on the device has critical certificatePolicies, which the device does not know."""
    policy = asn1.sequence(asn1.sequence(asn1.oid("1.3.6.1.4.1.99999.2")))
    s.chain[0].extensions["certificatePolicies"] = Extension(CERTIFICATE_POLICIES, policy, True)


@defect(
    ExpectedFinding("DEV028", PEM),
    LONG_CHAIN,
    needs=Needs(devices=1, form="pem", length=6),
    parameters=SetupParameters(length=6, devices=1),
    baseline="five-certificates-on-device",
)
def six_certificates_on_device(s: FactorySetup) -> None:
    """Nobody said the depth, and the device carries six certificates, one more than it stores."""
    s.remove_file(CONFIG_FILE)
    s.device.carries = s.chain[:5]


@near_miss(
    LONG_CHAIN,
    needs=Needs(devices=1, form="pem", length=5),
    parameters=SetupParameters(length=6, devices=1),
    about="DEV028",
)
def five_certificates_on_device(s: FactorySetup) -> None:
    """Nobody said the depth, and the device carries five certificates, as many as it stores."""
    s.remove_file(CONFIG_FILE)
    s.device.carries = s.chain[:4]


@defect(ExpectedFinding("DEV029", PEM, 1, "issuer"), needs=ANY, parameters=ONE)
def device_with_empty_issuer(s: FactorySetup) -> None:
    """The device certificate's issuer is empty, though the FCU certificate has a name."""
    s.device.certificate.issuer_name = asn1.name()


@defect(
    ExpectedFinding("DEV030", PEM, 1, "subject"),
    needs=Needs(devices=1, form="pem", length=3, deepest=2),
    parameters=ONE,
    baseline="name-constraints-that-exclude-nobody",
)
def device_excluded_by_name_constraints(s: FactorySetup) -> None:
    """The root, which the device does not carry, excludes the very name of the device."""
    s.chain[-1].extensions["nameConstraints"] = name_constraints(excluded=directory(s.device.certificate.subject))


@near_miss(needs=Needs(devices=1, length=3, deepest=2), parameters=ONE, about="DEV030")
def name_constraints_that_exclude_nobody(s: FactorySetup) -> None:
    """The root excludes names of another organization, and the device has another name."""
    s.chain[-1].extensions["nameConstraints"] = name_constraints(excluded=directory(asn1.name(("O", "Others"))))

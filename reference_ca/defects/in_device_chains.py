"""Defects of the chain that a device carries: how many certificates, which, how large."""

from __future__ import annotations

from dataclasses import replace

from reference_ca.defects import asn1
from reference_ca.defects.certificates import (
    CERTIFICATE_POLICIES,
    Certificate,
    Extension,
)
from reference_ca.defects.files import armour
from reference_ca.defects.in_certificates import DAY, UNKNOWN
from reference_ca.defects.in_chains import directory, name_constraints
from reference_ca.defects.in_configs import name_fcu
from reference_ca.defects.in_devices import ANY, LONG_CHAIN, ONE, PEM
from reference_ca.defects.model import Needs, Place, defect, oddity
from reference_ca.defects.plan import CONFIG_FILE, SetUp, Shape

DEEP = Needs(devices=1, form="pem", length=3, depth=3)
DEPTH_3 = Shape(devices=1, depth=3)


@defect(Place("DEV002", PEM), needs=Needs(devices=1, form="pem", length=2, depth=2), shape=ONE)
def device_alone_at_depth_2(s: SetUp) -> None:
    """The device carries its own certificate alone, and the depth says 2 or more."""
    s.device.carries = []


@defect(Place("DEV002", PEM), LONG_CHAIN, needs=Needs(devices=1, form="pem", length=2, deepest=2), shape=ONE)
def device_with_whole_chain(s: SetUp) -> None:
    """The device carries all of fcu.crt, more than the depth says."""
    s.device.carries = list(s.chain)


@defect(Place("DEV003", PEM), LONG_CHAIN, needs=DEEP, shape=DEPTH_3)
def device_chain_out_of_order(s: SetUp) -> None:
    """The device carries the intermediate before the FCU certificate."""
    carried = s.chain[: s.depth - 1]
    s.device.carries = [carried[1], carried[0], *carried[2:]]


@defect(Place("DEV003", PEM), needs=Needs(devices=1, form="pem", length=2, depth=2), shape=ONE)
def device_certificate_last(s: SetUp) -> None:
    """The device's own certificate stands last in its file."""
    certificate, carried = s.device.certificate, s.chain[: s.depth - 1]
    text = [armour("CERTIFICATE", each.der) for each in [*carried, certificate]]
    s.device.content_edits.append(lambda _: b"".join(text))


@defect(Place("DEV003", PEM), needs=Needs(devices=1, form="pem", length=3, depth=2, deepest=2), shape=ONE)
def device_with_wrong_certificate(s: SetUp) -> None:
    """The device carries the root where the FCU certificate belongs."""
    s.device.carries = [s.chain[-1]]


@defect(Place("DEV003", PEM), needs=Needs(devices=1, form="pem", length=2, depth=2), shape=ONE)
def device_with_older_fcu_certificate(s: SetUp) -> None:
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


@defect(Place("DEV017", PEM, 1), needs=ANY, shape=ONE, twin="device-of-1024-octets")
def device_of_1025_octets(s: SetUp) -> None:
    """The device certificate has 1025 octets, one more than the client reads."""
    fill(s.device.certificate, 1025)


@defect(Place("DEV017", PEM, 2), needs=Needs(devices=1, form="pem", depth=2, length=2), shape=ONE)
def longest_names_on_device(s: SetUp) -> None:
    """The FCU certificate has the longest names that X.520 allows, and more octets than the client reads."""
    long = [("CN", "C" * 64), ("O", "O" * 64), ("OU", "U" * 64), ("L", "L" * 128), ("ST", "S" * 128), ("C", "FI")]
    name_fcu(s, *long)
    fill(s.chain[0], 1100)


@oddity(LONG_CHAIN, needs=ANY, shape=ONE, about="DEV017")
def device_of_1024_octets(s: SetUp) -> None:
    """The device certificate has 1024 octets, as many as the client reads."""
    fill(s.device.certificate, 1024)


@defect(
    Place("DEV018", PEM),
    needs=Needs(devices=1, form="pem", depth=5, length=4),
    shape=Shape(length=5, depth=5, devices=1),
    twin="chain-of-4096-octets",
)
def chain_of_4097_octets(s: SetUp) -> None:
    """The TLS message with the device's chain takes 4097 octets, one more than the device can send."""
    _fill_chain(s, 4097)


@oddity(
    LONG_CHAIN,
    needs=Needs(devices=1, form="pem", depth=5, length=4),
    shape=Shape(length=5, depth=5, devices=1),
    about="DEV018",
)
def chain_of_4096_octets(s: SetUp) -> None:
    """The TLS message with the device's chain takes 4096 octets, as many as the device can send."""
    _fill_chain(s, 4096)


def _fill_chain(s: SetUp, size: int) -> None:
    """Let the certificates that the device carries take so many octets in all, framing counted."""
    certificates = [s.device.certificate, *s.chain[: s.depth - 1]]
    each, rest = divmod(size - 7 - 3 * len(certificates), len(certificates))
    for number, certificate in enumerate(certificates):
        fill(certificate, each + (1 if number < rest else 0))


@defect(Place("DEV019", PEM, 2), needs=Needs(devices=1, form="pem", depth=2, length=2), shape=ONE)
def critical_policies_on_device(s: SetUp) -> None:
    """The FCU certificate on the device has critical certificatePolicies, which the device does not know."""
    policy = asn1.sequence(asn1.sequence(asn1.oid("1.3.6.1.4.1.99999.2")))
    s.chain[0].extensions["certificatePolicies"] = Extension(CERTIFICATE_POLICIES, policy, True)


@defect(
    Place("DEV028", PEM),
    LONG_CHAIN,
    needs=Needs(devices=1, form="pem", length=6),
    shape=Shape(length=6, devices=1),
    twin="five-certificates-on-device",
)
def six_certificates_on_device(s: SetUp) -> None:
    """Nobody said the depth, and the device carries six certificates, one more than it stores."""
    s.remove_file(CONFIG_FILE)
    s.device.carries = s.chain[:5]


@oddity(LONG_CHAIN, needs=Needs(devices=1, form="pem", length=5), shape=Shape(length=6, devices=1), about="DEV028")
def five_certificates_on_device(s: SetUp) -> None:
    """Nobody said the depth, and the device carries five certificates, as many as it stores."""
    s.remove_file(CONFIG_FILE)
    s.device.carries = s.chain[:4]


@defect(Place("DEV029", PEM, 1, "issuer"), needs=ANY, shape=ONE)
def device_with_empty_issuer(s: SetUp) -> None:
    """The device certificate's issuer is empty, though the FCU certificate has a name."""
    s.device.certificate.issuer_name = asn1.name()


@defect(
    Place("DEV030", PEM, 1, "subject"),
    needs=Needs(devices=1, form="pem", length=3, deepest=2),
    shape=ONE,
    twin="name-constraints-that-exclude-nobody",
)
def device_excluded_by_name_constraints(s: SetUp) -> None:
    """The root, which the device does not carry, excludes the very name of the device."""
    s.chain[-1].extensions["nameConstraints"] = name_constraints(excluded=directory(s.device.certificate.subject))


@oddity(needs=Needs(devices=1, length=3, deepest=2), shape=ONE, about="DEV030")
def name_constraints_that_exclude_nobody(s: SetUp) -> None:
    """The root excludes names of another organization, and the device has another name."""
    s.chain[-1].extensions["nameConstraints"] = name_constraints(excluded=directory(asn1.name(("O", "Others"))))

"""LOT: many devices together, and several FCU instances."""

from __future__ import annotations

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.device_field import WHAT_ALL_SHARE, DeviceField
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.device.chain import at_number, has_whole_output, own_certificate
from fcu_conform.rules.model import (
    Blocked,
    DeviceCheck,
    DeviceFindings,
    Finding,
    Level,
    lot_rule,
    unique_rule,
)
from fcu_conform.rules.support.first_holders import FirstHolders
from fcu_conform.rules.support.sources import UPLOADING, docs, inferred, page, rfc

DRIFT_DAYS = 3
"""Days by which validity may differ inside a lot: leap days and the seconds between two signatures are not drift."""


@unique_rule(
    "LOT001",
    Level.ERROR,
    requirement="no two certificates of one issuer share a serial number",
    title="two certificates of one issuer share a serial number",
    why="Certificates are revoked by issuer and serial number. If two share them, both are revoked, or neither.",
    fix="sign devices with random serial numbers",
    passes="random serial numbers of 20 octets",
    fails="a counter that restarts every morning",
    source=rfc(5280, "4.1.2.2"),
    told_by=("DEV021", "LOT002", "LOT003"),
    looks_at=(DeviceField.SERIAL,),
)
def serial_numbers_are_unique(_ca: CaContext, holders: FirstHolders) -> DeviceCheck:
    def check(device: Device, ca: CaContext) -> DeviceFindings:
        certificate = own_certificate(device, ca)
        earlier = holders.earlier_holder(certificate.issuer.der + b"%x" % certificate.serial, device)
        if not earlier:
            return ()
        message = f"has the same serial number as {earlier}"
        return [Finding(message, at_number(1, "serialNumber"), "a unique number", f"{certificate.serial:x}")]

    return check


@unique_rule(
    "LOT002",
    Level.ERROR,
    requirement="no two devices share a public key",
    title="two devices share a public key",
    why="To the portal two devices with one key are one device, and anyone who opens one can pass as the other.",
    fix="make a key for every device",
    passes="every device has its own key",
    fails="the line copied the key of the device before",
    source=page("Securing your factory CA keys", "R-02"),
    told_by=("DEV016", "LOT003"),
    looks_at=(DeviceField.KEY,),
)
def public_keys_are_unique(_ca: CaContext, holders: FirstHolders) -> DeviceCheck:
    def check(device: Device, ca: CaContext) -> DeviceFindings:
        earlier = holders.earlier_holder(own_certificate(device, ca).public_key.bits, device)
        if not earlier:
            return ()
        return [Finding(f"has the same public key as {earlier}", at_number(1, "subjectPublicKeyInfo"), "a unique key")]

    return check


@unique_rule(
    "LOT003",
    Level.ERROR,
    requirement="no two devices share an endpoint name",
    title="two devices share an endpoint name",
    why="Device Management identifies a device by its endpoint name. The second device replaces the first.",
    fix="give every device its own name, and make the second device again",
    passes="line1-0001, line1-0002",
    fails="two devices with CN=line1-0001",
    source=docs("Device identity", "", "DB-11"),
    told_by=("DEV005",),
    looks_at=(DeviceField.NAME,),
)
def endpoint_names_are_unique(_ca: CaContext, holders: FirstHolders) -> DeviceCheck:
    def check(device: Device, ca: CaContext) -> DeviceFindings:
        names = own_certificate(device, ca).common_names
        if len(names) != 1:
            raise Blocked("DEV005")
        (name,) = names
        earlier = holders.earlier_holder(name.encode("utf-8", "backslashreplace"), device)
        if not earlier:
            return ()
        return [Finding(f"has the same endpoint name as {earlier}", at_number(1, "subject"), "a unique name", name)]

    return check


@lot_rule(
    "LOT004",
    Level.ERROR,
    requirement="all devices of the lot have the same depth",
    title="devices of the lot have different depths",
    why="There is one upload for all of them: an upload that fits one depth does not fit another.",
    fix="write the output of the named devices again with the depth of the others",
    passes="every device carries two certificates",
    fails="the night shift ran with another fcu.yml",
    source=page(UPLOADING, "K-07", "DB-08"),
    told_by=("DEV002",),
    looks_at=WHAT_ALL_SHARE,
)
def lot_has_one_depth(_ca: CaContext) -> DeviceCheck:
    first: list[tuple[int, str]] = []

    def check(device: Device, _ca: CaContext) -> DeviceFindings:
        has_whole_output(device)
        count = len(device.certificates)
        if not first:
            first.append((count, device.name))
        depth, name = first[0]
        if count == depth:
            return ()
        message = f"carries {pluralize(count, 'certificate')}, and {name}, the first of the lot, carries {depth}"
        return [Finding(message, at_number(1), f"{pluralize(depth, 'certificate')}, as {name} does", str(count))]

    return check


@lot_rule(
    "LOT005",
    Level.WARNING,
    requirement="validity and profile are the same throughout the lot",
    title="validity or profile changes within the lot",
    why="Devices of one lot are made from one template. If some differ, something was changed in between.",
    fix="compare the named devices with the others, and find out what changed",
    passes="all devices for 20 years with the same extensions",
    fails="keyUsage is missing from device 4711 on",
    source=inferred("one lot, one template"),
    told_by=("DEV007", "DEV012", "DEV020"),
    looks_at=(DeviceField.VALIDITY,),
)
def profile_does_not_drift(_ca: CaContext) -> DeviceCheck:
    first: list[tuple[str, tuple[object, ...], int]] = []

    def check(device: Device, ca: CaContext) -> DeviceFindings:
        certificate = own_certificate(device, ca)
        profile, days = certificate.profile, _days(certificate)
        if not first:
            first.append((device.name, profile, days))
        [(name, usual, usual_days)] = first
        drifts = abs(days - usual_days) > DRIFT_DAYS
        if profile == usual and not drifts:
            return ()
        drifted = [
            f"{what} differs" for what, value, other in zip(_PROFILE, profile, usual, strict=True) if value != other
        ]
        if drifts:
            drifted.append(f"valid for {pluralize(days, 'day')} instead of {usual_days}")
        return [Finding(f"differs from {name}: {'; '.join(drifted)}", at_number(1))]

    return check


def _days(certificate: Certificate) -> int:
    return (certificate.not_after.instant - certificate.not_before.instant).days


_PROFILE = (
    "the signature algorithm",
    "the list of extensions",
    "keyUsage",
    "extKeyUsage",
    "the list of subject attributes",
)
"""The parts of a certificate's profile, in words."""

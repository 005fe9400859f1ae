"""Sound setups of every kind that the page describes, and what is worth a warning or a notice in each."""

from __future__ import annotations

from dataclasses import dataclass

from reference_ca.defects import ExpectedFinding, SetupParameters

EXTERNAL = ExpectedFinding("CFG010", "fcu.yml", field="setup-ca-as-intermediate", level="notice")
"""The page lets people bring a chain of their own; the suite says that it noticed."""


@dataclass(frozen=True)
class Topology:
    """A sound setup, what it is, the rule that it is about, and the warnings and notices that it gives."""

    shape: SetupParameters
    story: str
    about: str
    places: tuple[ExpectedFinding, ...] = ()


def strict_readers(length: int) -> tuple[ExpectedFinding, ...]:
    """FCU does not mark basicConstraints critical: strict readers would want it of each certificate."""
    return tuple(ExpectedFinding("CHN014", "fcu.crt", number, level="notice") for number in range(1, length + 1))


def large(form: str) -> tuple[ExpectedFinding, ...]:
    """More than 1024 octets on the device, told once for all devices."""
    return (ExpectedFinding("DEV018", f"line1-0001.{form}", level="notice"),)


TOPOLOGIES = (
    Topology(SetupParameters(length=1, depth=1), "FCU is its own root.", "CHN011"),
    Topology(SetupParameters(length=2), "FCU stands below a root.", "CHN003"),
    Topology(SetupParameters(length=3), "FCU stands below an intermediate and a root.", "CHN003"),
    Topology(SetupParameters(length=4), "FCU stands below two intermediates and a root.", "CHN003"),
    Topology(SetupParameters(length=5), "FCU stands below three intermediates and a root.", "CHN003"),
    Topology(SetupParameters(length=6), "FCU stands below four intermediates and a root.", "CHN003"),
    Topology(SetupParameters(length=7), "FCU stands below five intermediates and a root.", "CHN003"),
    Topology(SetupParameters(length=6, depth=5), "The depth is as great as a device can store.", "CFG005"),
    Topology(SetupParameters(length=11), "FCU stands below nine intermediates and a root.", "CHN003"),
    Topology(SetupParameters(length=12), "FCU stands below ten intermediates and a root.", "CHN003"),
    Topology(
        SetupParameters(length=1, depth=1, critical=False),
        "FCU's self-signed certificate looks as FCU itself makes it, with nothing marked critical.",
        "CRT007",
        strict_readers(1),
    ),
    Topology(
        SetupParameters(length=3, critical=False),
        "The chain's certificates look as FCU itself makes them, with nothing marked critical.",
        "CRT007",
        strict_readers(3),
    ),
    Topology(
        SetupParameters(length=3, external=True),
        "Key and chain were made elsewhere, and certificate-authority is empty.",
        "CFG010",
        (EXTERNAL,),
    ),
    Topology(
        SetupParameters(length=1, depth=1, external=True),
        "Key and self-signed certificate were made elsewhere, and certificate-authority is empty.",
        "CFG010",
    ),
    Topology(SetupParameters(mode="lwm2m"), "Devices connect to LwM2M directly.", "CFG012"),
    Topology(SetupParameters(upload=True), "The rest of the chain is uploaded.", "UPL002"),
    Topology(SetupParameters(length=1, depth=1, upload=True), "FCU's self-signed certificate is uploaded.", "UPL002"),
    Topology(SetupParameters(length=4, upload=True), "Three certificates are left for the portal.", "UPL002"),
    Topology(SetupParameters(depth=3, upload=True), "The root alone is left for the portal.", "UPL002"),
    Topology(
        SetupParameters(depth=1, upload=True),
        "The devices carry their own certificates, and all of fcu.crt is uploaded.",
        "UPL002",
    ),
    Topology(
        SetupParameters(length=1, depth=1, devices=1),
        "Below a self-signed FCU a device carries its own certificate.",
        "DEV003",
    ),
    Topology(SetupParameters(depth=1, devices=1), "At depth 1 a device carries its own certificate.", "DEV003"),
    Topology(SetupParameters(devices=1), "At depth 2 a device carries its own and the FCU certificate.", "DEV003"),
    Topology(
        SetupParameters(depth=3, devices=1), "At depth 3 a device carries one intermediate too.", "DEV003", large("pem")
    ),
    Topology(
        SetupParameters(length=5, depth=4, devices=1),
        "At depth 4 a device carries two intermediates too.",
        "DEV003",
        large("pem"),
    ),
    Topology(
        SetupParameters(length=5, depth=5, devices=1),
        "At depth 5 a device carries three intermediates too.",
        "DEV003",
        large("pem"),
    ),
    Topology(SetupParameters(devices=2), "Two devices of one lot.", "LOT001"),
    Topology(SetupParameters(devices=12), "Twelve devices of one lot.", "LOT001"),
    Topology(SetupParameters(length=6, devices=1), "A device below a chain of six.", "DEV028"),
    Topology(SetupParameters(devices=1, upload=True), "A device, and the upload that lets it in.", "DEV024"),
    Topology(SetupParameters(devices=2, enrollment=True), "Two devices, and the CSV that enrolls them.", "ENR003"),
    Topology(SetupParameters(depth=1, devices=1, form="der"), "A device certificate as DER.", "DEV001"),
    Topology(
        SetupParameters(length=1, depth=1, devices=1, form="der"),
        "A device certificate as DER, below a self-signed FCU.",
        "DEV001",
    ),
    Topology(SetupParameters(devices=1, mode="lwm2m"), "A device that connects to LwM2M directly.", "DEV022"),
    Topology(SetupParameters(devices=1, form="cbor"), "A bundle, with a chain of two in it.", "BDL024"),
    Topology(SetupParameters(devices=2, form="cbor"), "Two bundles of one lot.", "LOT002"),
    Topology(
        SetupParameters(length=1, depth=1, devices=1, form="cbor"), "A bundle, with one certificate in it.", "BDL023"
    ),
    Topology(SetupParameters(devices=1, form="cbor", mode="lwm2m"), "A bundle for LwM2M.", "BDL037"),
    Topology(
        SetupParameters(depth=3, devices=1, form="cbor"),
        "A bundle, with a chain of three in it.",
        "BDL024",
        large("cbor"),
    ),
    Topology(
        SetupParameters(length=4, depth=4, devices=1, form="cbor"),
        "A bundle, with a chain of four in it and a time.",
        "BDL045",
        large("cbor"),
    ),
    Topology(
        SetupParameters(length=5, depth=5, devices=1, form="cbor"),
        "A bundle, with a chain of five in it and a time.",
        "BDL045",
        large("cbor"),
    ),
    Topology(SetupParameters(length=6, devices=1, form="cbor"), "A bundle below a chain of six.", "BDL022"),
)

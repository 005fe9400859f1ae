"""Defects of many devices together, and of several FCU instances."""

from __future__ import annotations

from reference_ca.defects.in_certificates import DAY
from reference_ca.defects.in_devices import LOT, SECOND, TWO, rename
from reference_ca.defects.in_keys import second_instance
from reference_ca.defects.model import Needs, Place, defect, oddity
from reference_ca.defects.plan import CONFIG_FILE, SetUp, Shape


@defect(Place("LOT001", SECOND, 1, "serialNumber"), needs=LOT, shape=TWO)
def serial_number_twice(s: SetUp) -> None:
    """Two devices have one serial number."""
    s.devices[1].certificate.serial = s.device.certificate.serial


@defect(Place("LOT002", SECOND, 1, "subjectPublicKeyInfo"), needs=LOT, shape=TWO)
def device_key_twice(s: SetUp) -> None:
    """Two devices have one key."""
    s.devices[1].key = s.devices[1].certificate.key = s.device.key


@defect(Place("LOT003", "second/line1-0001.pem", 1, "subject"), needs=LOT, shape=TWO)
def endpoint_name_twice(s: SetUp) -> None:
    """Two devices have one endpoint name."""
    rename(s.devices[1], s.device.endpoint_name)
    s.devices[1].file = f"second/{s.devices[1].file}"


@defect(
    Place("LOT004", SECOND, 1), needs=Needs(devices=2, form="pem", length=2), shape=TWO, twin="depth-told-by-devices"
)
def two_depths_in_one_lot(s: SetUp) -> None:
    """Nobody said the depth: the first device carries the FCU certificate, the second its own alone."""
    s.remove_file(CONFIG_FILE)
    s.device.carries, s.devices[1].carries = s.chain[:1], []


@oddity(needs=Needs(devices=2, form="pem", length=2), shape=TWO, about="LOT004")
def depth_told_by_devices(s: SetUp) -> None:
    """Nobody said the depth, and all devices carry two certificates."""
    s.remove_file(CONFIG_FILE)
    for device in s.devices:
        device.carries = s.chain[:1]


@defect(Place("LOT005", SECOND, 1, level="warning"), needs=LOT, shape=TWO)
def profile_drifts(s: SetUp) -> None:
    """The second device of the lot has no keyUsage, and the first has."""
    del s.devices[1].certificate.extensions["keyUsage"]


@defect(Place("LOT005", SECOND, 1, level="warning"), needs=LOT, shape=TWO, twin="validity-differs-by-three-days")
def validity_drifts(s: SetUp) -> None:
    """The second device of the lot lives four days longer than the first."""
    _live_longer(s, 4)


@oddity(needs=LOT, shape=TWO, about="LOT005")
def validity_differs_by_three_days(s: SetUp) -> None:
    """The second device of the lot lives three days longer than the first."""
    _live_longer(s, 3)


def _live_longer(s: SetUp, days: int) -> None:
    s.devices[1].certificate.not_after += days * DAY  # type: ignore[operator]


@defect(
    Place("LOT006", "fcu.crt", 1, "subject", instance="line-1"),
    Place("LOT006", "fcu.crt", 1, "subject", instance="line-2"),
    needs=Needs(most_devices=0),
    shape=Shape(length=2),
    twin="two-instances",
)
def subject_shared_by_instances(s: SetUp) -> None:
    """Two FCU instances have one subject, and the portal takes it once."""
    other = second_instance(s, "FCU line 1 b")
    other.chain[0].subject = s.chain[0].subject
    if other.request is not None:
        other.request.subject = other.chain[0].subject
    if "certificate-authority" in other.settings:
        other.settings["certificate-authority"] = dict(s.settings["certificate-authority"])

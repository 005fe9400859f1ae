"""Defects of many devices together, and of several FCU instances."""

from __future__ import annotations

from reference_ca.defects.in_certificates import DAY
from reference_ca.defects.in_devices import LOT, SECOND, TWO, rename
from reference_ca.defects.in_keys import second_instance
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import CONFIG_FILE, UPLOAD_FILE, FactorySetup, SetupParameters

BESIDE = Needs(most_devices=0, length=3, external=False)


@defect(ExpectedFinding("LOT001", SECOND, 1, "serialNumber"), needs=LOT, parameters=TWO)
def serial_number_twice(s: FactorySetup) -> None:
    """Two devices have one serial number."""
    s.devices[1].certificate.serial = s.device.certificate.serial


@defect(ExpectedFinding("LOT002", SECOND, 1, "subjectPublicKeyInfo"), needs=LOT, parameters=TWO)
def device_key_twice(s: FactorySetup) -> None:
    """Two devices have one key."""
    s.devices[1].key = s.devices[1].certificate.key = s.device.key


@defect(ExpectedFinding("LOT003", "second/line1-0001.pem", 1, "subject"), needs=LOT, parameters=TWO)
def endpoint_name_twice(s: FactorySetup) -> None:
    """Two devices have one endpoint name."""
    rename(s.devices[1], s.device.endpoint_name)
    s.devices[1].file = f"second/{s.devices[1].file}"


@defect(
    ExpectedFinding("LOT004", SECOND, 1),
    needs=Needs(devices=2, form="pem", length=2),
    parameters=TWO,
    baseline="depth-told-by-devices",
)
def two_depths_in_one_lot(s: FactorySetup) -> None:
    """Nobody said the depth: the first device carries the FCU certificate, the second its own alone."""
    s.remove_file(CONFIG_FILE)
    s.device.carries, s.devices[1].carries = s.chain[:1], []


@near_miss(needs=Needs(devices=2, form="pem", length=2), parameters=TWO, about="LOT004")
def depth_told_by_devices(s: FactorySetup) -> None:
    """Nobody said the depth, and all devices carry two certificates."""
    s.remove_file(CONFIG_FILE)
    for device in s.devices:
        device.carries = s.chain[:1]


@defect(ExpectedFinding("LOT005", SECOND, 1, level="warning"), needs=LOT, parameters=TWO)
def profile_drifts(s: FactorySetup) -> None:
    """The second device of the lot has no keyUsage, and the first has."""
    del s.devices[1].certificate.extensions["keyUsage"]


@defect(
    ExpectedFinding("LOT005", SECOND, 1, level="warning"),
    needs=LOT,
    parameters=TWO,
    baseline="validity-differs-by-three-days",
)
def validity_drifts(s: FactorySetup) -> None:
    """The second device of the lot lives four days longer than the first."""
    _live_longer(s, 4)


@near_miss(needs=LOT, parameters=TWO, about="LOT005")
def validity_differs_by_three_days(s: FactorySetup) -> None:
    """The second device of the lot lives three days longer than the first."""
    _live_longer(s, 3)


def _live_longer(s: FactorySetup, days: int) -> None:
    s.devices[1].certificate.not_after += days * DAY  # type: ignore[operator]


@defect(
    ExpectedFinding("LOT006", "fcu.crt", 1, "subject", instance="line-1"),
    ExpectedFinding("LOT006", "fcu.crt", 1, "subject", instance="line-2"),
    needs=Needs(most_devices=0),
    parameters=SetupParameters(length=2),
    baseline="two-instances",
)
def subject_shared_by_instances(s: FactorySetup) -> None:
    """Two FCU instances have one subject, and the portal takes it once."""
    other = second_instance(s, "FCU line 1 b")
    other.chain[0].subject = s.chain[0].subject
    if other.request is not None:
        other.request.subject = other.chain[0].subject
    if "certificate-authority" in other.settings:
        other.settings["certificate-authority"] = dict(s.settings["certificate-authority"])


@defect(ExpectedFinding("KEY004", "fcu_private_key.pem", instance="line-1"), needs=BESIDE, baseline="two-instances")
def fcu_crt_of_other_instance(s: FactorySetup) -> None:
    """fcu.crt of the second FCU instance was put into the keystore of the first one too."""
    s.crt[:] = second_instance(s, "FCU line 2").chain


@defect(ExpectedFinding("CHN004", "fcu.crt", 2, instance="line-1"), needs=BESIDE, baseline="two-instances")
def intermediate_of_other_instance(s: FactorySetup) -> None:
    """Each FCU instance has an intermediate of its own, of one name, and the first has that of the second."""
    other = second_instance(s, "FCU line 2")
    other.chain[1].key = s.new_key("INT_CA of line 2")
    s.crt[1] = other.chain[1]


@defect(
    ExpectedFinding("UPL002", UPLOAD_FILE, instance="line-1"),
    ExpectedFinding("UPL002", UPLOAD_FILE, instance="line-2"),
    needs=Needs(most_devices=0, upload=True, longest=1),
    parameters=SetupParameters(length=1, depth=1, upload=True),
    baseline="two-instances-uploaded",
)
def uploads_swapped(s: FactorySetup) -> None:
    """The uploads of two FCU instances were swapped."""
    other = second_instance(s, "FCU line 2")
    s.upload, other.upload = list(other.chain), list(s.chain)

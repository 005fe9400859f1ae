"""The devices of an output with their enrollment identities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fcu_conform.artefacts.bundle import MODES
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.enrollment.identity import identity_of, is_identity


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """A device of the output: the name that findings have, what all its files share, and its enrollment identity.

    ``identity`` is empty where the device has none, and ``fault`` then says why.
    """

    name: str
    device: str
    identity: str
    fault: str = ""


def enrolled_devices(devices: DeviceSet) -> Iterator[EnrolledDevice]:
    """Every device of the output in its order, with its identity; what cannot be read is there with its fault."""
    for device in devices:
        is_remark = device.remark is not None
        is_lone_key = device.key is not None and not device.certificates and not device.troubles
        if is_remark or (is_lone_key and device.bundle is None):
            continue
        fault = _fault_of(device)
        yield EnrolledDevice(device.name, device.identity, "" if fault else _identity(device), fault)


def _identity(device: Device) -> str:
    """The identity that the output states, as it is written there, or that of the certificate."""
    if device.enrollment_id is not None:
        return device.enrollment_id
    assert device.certificate is not None
    return identity_of(device.certificate)


def _fault_of(device: Device) -> str:
    """Why the identity of a device is not known; empty where it is."""
    stated, own = device.enrollment_id, device.certificate
    item = None if device.bundle is None else device.bundle.device_item
    if item is not None and (item.name or "").startswith(MODES["lwm2m"]):
        return "it connects to the LwM2M server directly; first to claim needs the bootstrap server"
    if stated is not None and not is_identity(stated):
        return f"the enrollment identity that the output states is malformed: {stated}"
    if own is None or device.is_headless:
        why = device.troubles[0] if device.troubles else "it has no certificate"
        return "" if stated is not None and not device.troubles else why
    if own.is_self_issued or (own.basic_constraints is not None and own.basic_constraints.ca):
        return "its first certificate is a CA's"
    if stated is not None and stated.upper() != identity_of(own):
        return "the enrollment identity that the output states is not that of its certificate (DEV023)"
    return ""

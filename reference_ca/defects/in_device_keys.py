"""Defects of the private keys in the output for devices."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca.defects.certificates import RFC_6979, key_of, other_key
from reference_ca.defects.in_devices import ANY, LOT, ONE, PEM, TWO
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import DEVICES, FactorySetup, private_key_pem


@defect(ExpectedFinding("DEV015", "line1-0001.key.pem"), needs=ANY, parameters=ONE)
def device_key_of_another_device(s: FactorySetup) -> None:
    """The private key beside the device's file is another device's."""
    s.device.key = s.new_key("another device")


@defect(ExpectedFinding("DEV015", "line1-0001.key.pem"), needs=ANY, parameters=ONE)
def device_key_on_another_curve(s: FactorySetup) -> None:
    """The private key beside the device's file is on P-384, its certificate's on P-256."""
    s.device.key = other_key(s.source, "device", "p384")


@defect(
    ExpectedFinding("DEV015", "line1-0001.key.pem"),
    ExpectedFinding("DEV015", "line1-0002.key.pem"),
    needs=LOT,
    parameters=TWO,
)
def device_keys_swapped(s: FactorySetup) -> None:
    """The private keys of two devices were swapped."""
    one, two = s.devices[:2]
    one.key, two.key = two.key, one.key


@near_miss(needs=ANY, parameters=ONE, about="DEV015")
def device_key_stays_on_device(s: FactorySetup) -> None:
    """The output has no private key: the device made it and keeps it."""
    s.device.key_beside = False


@defect(ExpectedFinding("DEV016", "fcu_private_key.pem"), needs=ANY, parameters=ONE)
def ca_key_among_devices(s: FactorySetup) -> None:
    """FCU's private key lies among the devices."""
    s.add_file(f"{DEVICES}/fcu_private_key.pem", private_key_pem(s.key))


@defect(ExpectedFinding("DEV016", "line1-0001.key.pem"), needs=ANY, parameters=ONE)
def device_has_fcu_key(s: FactorySetup) -> None:
    """The device was made with FCU's own key, which so leaves the factory."""
    assert isinstance(s.key, ec.EllipticCurvePrivateKey)
    s.device.key = s.device.certificate.key = s.key


@defect(ExpectedFinding("DEV016", PEM, 1), needs=Needs(devices=1, form="pem", length=2), parameters=ONE)
def device_has_root_key(s: FactorySetup) -> None:
    """The device certificate is for the root's key."""
    s.device.certificate.key = s.chain[-1].key
    s.device.key_beside = False


@defect(ExpectedFinding("DEV037", PEM, 1, "subjectPublicKeyInfo"), needs=ANY, parameters=ONE)
def device_key_of_an_rfc(s: FactorySetup) -> None:
    """The device has the key that is the example of RFC 6979."""
    s.device.key = s.device.certificate.key = key_of(RFC_6979)


@defect(ExpectedFinding("DEV037", PEM, 1, "subjectPublicKeyInfo"), needs=ANY, parameters=ONE)
def device_key_is_one(s: FactorySetup) -> None:
    """The device's private key is the number 1, and does not lie beside its file."""
    s.device.key = s.device.certificate.key = key_of(1)
    s.device.key_beside = False


@defect(ExpectedFinding("DEV037", "line1-0001.key.pem"), needs=ANY, parameters=ONE)
def device_key_of_repeated_octets(s: FactorySetup) -> None:
    """The device's private key is a word of four octets, eight times: memory that was never filled."""
    s.device.key = s.device.certificate.key = key_of(int.from_bytes(bytes.fromhex("deadbeef") * 8, "big"))

"""Defects of a device's names: endpoint name, account and enrollment identity, the rest of its subject."""

from __future__ import annotations

from reference_ca.defects import asn1
from reference_ca.defects.files import digest_id
from reference_ca.defects.in_devices import ANY, LWM2M, ONE, PEM, rename
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import FactorySetup


def _subject(s: FactorySetup, *attributes: tuple[str, str]) -> None:
    """Give the first device another subject."""
    s.device.certificate.subject = asn1.name(*attributes)


@defect(ExpectedFinding("DEV005", PEM, 1, "subject"), needs=ANY, parameters=ONE)
def common_name_of_another_device(s: FactorySetup) -> None:
    """The device's CN is another device's endpoint name."""
    _subject(s, ("CN", "line1-0007"))


@defect(ExpectedFinding("DEV005", PEM, 1, "subject"), needs=ANY, parameters=ONE)
def no_common_name(s: FactorySetup) -> None:
    """The device certificate has no CN."""
    _subject(s, ("O", "Example Devices"))


@defect(ExpectedFinding("DEV005", PEM, 1, "subject"), needs=ANY, parameters=ONE)
def two_common_names(s: FactorySetup) -> None:
    """The device certificate has two CNs."""
    _subject(s, ("CN", s.device.endpoint_name), ("CN", "again"))


@defect(ExpectedFinding("DEV005", PEM, 1, "subject"), needs=ANY, parameters=ONE)
def empty_common_name(s: FactorySetup) -> None:
    """The device's CN is empty, which certificate builders refuse to write."""
    _subject(s, ("CN", ""))


@defect(
    ExpectedFinding("DEV005", "L" * 65 + ".pem", 1, "subject"),
    needs=ANY,
    parameters=ONE,
    baseline="endpoint-name-of-64",
)
def endpoint_name_of_65(s: FactorySetup) -> None:
    """The endpoint name has 65 characters, one more than X.520 and the device allow."""
    rename(s.device, "L" * 65)


@near_miss(needs=ANY, parameters=ONE, about="DEV005")
def endpoint_name_of_64(s: FactorySetup) -> None:
    """The endpoint name has 64 characters."""
    rename(s.device, "L" * 64)


@defect(ExpectedFinding("DEV005", PEM, 1, "subject"), needs=ANY, parameters=ONE)
def common_name_with_nul(s: FactorySetup) -> None:
    """The device's CN has a NUL inside, where some readers stop."""
    _subject(s, ("CN", f"{s.device.endpoint_name}\0.example"))


@defect(
    ExpectedFinding("DEV006", "line1_0001.pem", 1, "subject", "warning"),
    needs=ANY,
    parameters=ONE,
    baseline="endpoint-name-of-odd-characters",
)
def endpoint_name_with_underscore(s: FactorySetup) -> None:
    """The endpoint name has an underscore, which is not among the recommended characters."""
    rename(s.device, "line1_0001")


@near_miss(needs=ANY, parameters=ONE, about="DEV006")
def endpoint_name_of_odd_characters(s: FactorySetup) -> None:
    """The endpoint name has every recommended character that a file's name can have."""
    rename(s.device, "line 1'(a)+,-.=0001")


@defect(
    ExpectedFinding("DEV022", PEM, 1, "subject"), needs=Needs(devices=1, form="pem", mode="lwm2m"), parameters=LWM2M
)
def account_missing_in_device(s: FactorySetup) -> None:
    """In LwM2M mode the device certificate has no OU, and the device compares it with its account."""
    _subject(s, ("CN", s.device.endpoint_name))


@defect(
    ExpectedFinding("DEV022", PEM, 1, "subject"), needs=Needs(devices=1, form="pem", mode="lwm2m"), parameters=LWM2M
)
def another_account_in_device(s: FactorySetup) -> None:
    """In LwM2M mode the OU of the device certificate is another account."""
    _subject(s, ("CN", s.device.endpoint_name), ("OU", "0" * 32))


@defect(ExpectedFinding("DEV023", PEM, 1), needs=ANY, parameters=ONE, baseline="enrollment-identity-in-manifest")
def enrollment_identity_of_another_device(s: FactorySetup) -> None:
    """The manifest gives the device another device's enrollment identity."""
    s.manifest = True
    s.device.enrollment_id = digest_id(b"another device")


@defect(ExpectedFinding("DEV023", PEM, 1), needs=ANY, parameters=ONE, baseline="enrollment-identity-in-manifest")
def enrollment_identity_without_colons(s: FactorySetup) -> None:
    """The manifest gives the right fingerprint without its colons, a form that the portal does not know."""
    s.manifest = True
    s.device.enrollment_id = digest_id(s.device.certificate.der).replace(":", "")


@near_miss(needs=ANY, parameters=ONE, about="DEV023")
def enrollment_identity_in_manifest(s: FactorySetup) -> None:
    """A manifest lists the devices with their enrollment identities."""
    s.manifest = True


@near_miss(needs=ANY, parameters=ONE, about="DEV005")
def device_with_attributes_of_fcu(s: FactorySetup) -> None:
    """The device certificate has the organization and country of FCU beside its CN."""
    _subject(s, ("CN", s.device.endpoint_name), ("O", "Example Devices"), ("C", "FI"))

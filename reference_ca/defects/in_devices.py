"""Defects of the output for single devices: their certificates and keys."""

from __future__ import annotations

from datetime import timedelta

from reference_ca.defects import asn1
from reference_ca.defects.certificates import (
    Extension,
    authority_key_identifier,
    basic_constraints,
    extended_key_usage,
    key_usage,
    other_key,
)
from reference_ca.defects.files import pem_block
from reference_ca.defects.in_certificates import DAY, UNKNOWN
from reference_ca.defects.in_chains import another_ca
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import DEVICES, Device, FactorySetup, SetupParameters

ONE, TWO = SetupParameters(devices=1), SetupParameters(devices=2)
ANY = Needs(devices=1, form="pem")
LOT = Needs(devices=2, form="pem")
PEM, SECOND = "line1-0001.pem", "line1-0002.pem"
LONG_CHAIN = ExpectedFinding("DEV018", PEM, level="notice")
"""More than 1024 octets: told as a notice of every setup that carries so much."""


def rename(device: Device, endpoint_name: str) -> None:
    """Make a device under another endpoint name, in its certificate, its manifest row and its file's name."""
    form = device.file.rpartition(".")[2]
    device.endpoint_name, device.file = endpoint_name, f"{endpoint_name}.{form}"
    device.certificate.subject = asn1.renamed(device.certificate.subject, "CN", endpoint_name)


@defect(ExpectedFinding("DEV001", PEM), needs=ANY, parameters=ONE)
def device_file_empty(s: FactorySetup) -> None:
    """The device's file has no bytes."""
    s.device.content_edits.append(lambda _: b"")


@defect(ExpectedFinding("DEV001", PEM), needs=ANY, parameters=ONE)
def device_certificate_cut_short(s: FactorySetup) -> None:
    """The device certificate's DER ends within its signature."""
    s.device.certificate.finished = lambda der: der[:-30]


@defect(ExpectedFinding("DEV001", PEM), needs=ANY, parameters=ONE)
def request_in_device_file(s: FactorySetup) -> None:
    """A certificate request stands in the device's file."""
    s.device.content_edits.append(lambda data: data + pem_block("CERTIFICATE REQUEST", b"\x30\x00"))


@defect(ExpectedFinding("DEV001", PEM), needs=ANY, parameters=ONE)
def device_certificate_with_bytes_left_over(s: FactorySetup) -> None:
    """Bytes follow the device certificate inside its PEM block."""
    s.device.certificate.finished = lambda der: der + bytes(3)


@defect(
    ExpectedFinding("DEV001", "line1-0001.der"),
    needs=Needs(devices=1, form="der"),
    parameters=SetupParameters(depth=1, devices=1, form="der"),
)
def chain_as_der(s: FactorySetup) -> None:
    """A DER file holds two certificates one after the other; a chain is PEM or stands in a bundle."""
    s.device.carries = s.chain[:1]


@defect(
    ExpectedFinding("DEV001", DEVICES), ExpectedFinding("DEV036", DEVICES, level="notice"), needs=ANY, parameters=ONE
)
def no_device_in_output(s: FactorySetup) -> None:
    """The folder of device output has no device in it."""
    for device in s.devices:
        device.key_beside = False
        device.file = f"{device.endpoint_name}.txt"


@near_miss(ExpectedFinding("DEV036", DEVICES, level="notice"), needs=LOT, parameters=TWO, about="DEV036")
def other_files_in_output(s: FactorySetup) -> None:
    """Beside the devices lie files that are not read: a backup, a log, PKCS#7, one without an ending."""
    for name in ("line1-0003.pem.bak", "log.txt", "line1-0004.p7b", "line1-0005"):
        s.add_file(f"{DEVICES}/{name}", b"not read")


@defect(
    ExpectedFinding("DEV004", PEM, 1, "issuer"),
    needs=Needs(devices=1, form="pem", deepest=1),
    parameters=SetupParameters(devices=1, depth=1),
)
def device_of_another_ca(s: FactorySetup) -> None:
    """The device was signed by another CA with another name."""
    s.device.certificate.issuer = another_ca(s, "FCU of somebody else")


@defect(ExpectedFinding("DEV004", PEM, 1, "signatureValue"), needs=ANY, parameters=ONE)
def device_signed_by_another_key(s: FactorySetup) -> None:
    """The device names the FCU certificate as its issuer, and another key has signed it."""
    s.device.certificate.signer = s.new_key("another FCU")


@defect(ExpectedFinding("DEV004", PEM, 1, "signatureValue"), needs=ANY, parameters=ONE)
def device_certificate_changed(s: FactorySetup) -> None:
    """A bit of the device's serial number was changed after it had been signed."""
    serial, other = (asn1.integer(s.device.certificate.serial ^ bit) for bit in (0, 1))
    s.device.certificate.finished = lambda der: der.replace(serial, other, 1)


@defect(
    ExpectedFinding("DEV007", PEM, 1, "issuer"),
    needs=Needs(devices=1, form="pem", deepest=1),
    parameters=SetupParameters(devices=1, depth=1),
)
def device_self_signed(s: FactorySetup) -> None:
    """The device certificate is self-signed."""
    s.device.certificate.issuer = None


@defect(ExpectedFinding("DEV008", PEM, 1, "subjectPublicKeyInfo"), LONG_CHAIN, needs=ANY, parameters=ONE)
def device_key_is_rsa(s: FactorySetup) -> None:
    """The device's key is RSA."""
    _take_key(s, "rsa")


@defect(ExpectedFinding("DEV008", PEM, 1, "subjectPublicKeyInfo"), needs=ANY, parameters=ONE)
def device_key_on_p384(s: FactorySetup) -> None:
    """The device's key is on P-384."""
    _take_key(s, "p384")


@defect(ExpectedFinding("DEV008", PEM, 1, "subjectPublicKeyInfo"), needs=ANY, parameters=ONE)
def device_key_is_ed25519(s: FactorySetup) -> None:
    """The device's key is Ed25519."""
    _take_key(s, "ed25519")


def _take_key(s: FactorySetup, kind: str) -> None:
    s.device.key = s.device.certificate.key = other_key(s.source, "device", kind)


@defect(ExpectedFinding("DEV009", PEM, 1), needs=ANY, parameters=ONE)
def device_signed_with_sha384(s: FactorySetup) -> None:
    """The device certificate is signed with ecdsa-with-SHA384."""
    s.device.certificate.digest = "sha384"


@defect(ExpectedFinding("DEV009", PEM, 1), needs=ANY, parameters=ONE)
def device_signed_with_sha224(s: FactorySetup) -> None:
    """The device certificate is signed with ecdsa-with-SHA224."""
    s.device.certificate.digest = "sha224"


@defect(ExpectedFinding("DEV009", PEM, 1), needs=ANY, parameters=ONE)
def device_with_two_algorithms(s: FactorySetup) -> None:
    """The device certificate names ecdsa-with-SHA384 inside the signed part and ecdsa-with-SHA256 outside."""
    s.device.certificate.inner_algorithm = asn1.algorithm("sha384_ecdsa")


@defect(
    ExpectedFinding("DEV010", PEM, 1, "notBefore"), needs=ANY, parameters=ONE, baseline="device-valid-since-this-second"
)
def device_not_valid_yet(s: FactorySetup) -> None:
    """The device certificate is valid from the next second on."""
    s.device.certificate.not_before = s.now + timedelta(seconds=1)


@defect(ExpectedFinding("DEV010", PEM, 1, "notBefore"), needs=ANY, parameters=ONE)
def device_older_than_fcu(s: FactorySetup) -> None:
    """The clock of the line stood wrong: the device is valid from a year before FCU's certificate on."""
    s.device.certificate.not_before = s.made - 400 * DAY


@near_miss(needs=ANY, parameters=ONE, about="DEV010")
def device_valid_since_this_second(s: FactorySetup) -> None:
    """The device certificate is valid from this very second on."""
    s.device.certificate.not_before = s.now


def _lasts(device: Device, days: int) -> None:
    start = device.certificate.not_before
    device.certificate.not_after = start + days * DAY  # type: ignore[operator]


@defect(
    ExpectedFinding("DEV011", PEM, 1, "validity", "warning"),
    needs=ANY,
    parameters=ONE,
    baseline="device-lasts-3651-days",
)
def device_lasts_3650_days(s: FactorySetup) -> None:
    """The device certificate is valid for exactly 3650 days, which is not more than ten years."""
    _lasts(s.device, 3650)


@near_miss(needs=ANY, parameters=ONE, about="DEV011")
def device_lasts_3651_days(s: FactorySetup) -> None:
    """The device certificate is valid for 3651 days."""
    _lasts(s.device, 3651)


@defect(ExpectedFinding("DEV012", PEM, 1, "basicConstraints"), needs=ANY, parameters=ONE)
def device_is_a_ca(s: FactorySetup) -> None:
    """The device certificate says CA:TRUE."""
    s.device.certificate.extensions["basicConstraints"].value = basic_constraints(True)


@defect(ExpectedFinding("DEV012", PEM, 1, "keyUsage"), needs=ANY, parameters=ONE)
def device_may_sign_certificates(s: FactorySetup) -> None:
    """The device's keyUsage has keyCertSign."""
    s.device.certificate.extensions["keyUsage"].value = key_usage("digitalSignature", "keyCertSign")


@near_miss(needs=ANY, parameters=ONE, about="DEV012")
def device_without_basic_constraints(s: FactorySetup) -> None:
    """The device certificate has no basicConstraints."""
    del s.device.certificate.extensions["basicConstraints"]


@defect(ExpectedFinding("DEV013", PEM, 1, "extKeyUsage"), needs=ANY, parameters=ONE, baseline="device-for-any-purpose")
def device_for_servers_only(s: FactorySetup) -> None:
    """The device's extKeyUsage is serverAuth alone."""
    s.device.certificate.extensions["extKeyUsage"].value = extended_key_usage("serverAuth")


@near_miss(needs=ANY, parameters=ONE, about="DEV013")
def device_for_any_purpose(s: FactorySetup) -> None:
    """The device's extKeyUsage is anyExtendedKeyUsage."""
    s.device.certificate.extensions["extKeyUsage"].value = extended_key_usage("any")


@near_miss(needs=ANY, parameters=ONE, about="DEV013")
def device_without_extended_key_usage(s: FactorySetup) -> None:
    """The device certificate has no extKeyUsage."""
    del s.device.certificate.extensions["extKeyUsage"]


@defect(ExpectedFinding("DEV014", PEM, 1, "keyUsage"), needs=ANY, parameters=ONE)
def device_for_key_agreement_only(s: FactorySetup) -> None:
    """The device's keyUsage is keyAgreement alone, so it may not prove itself by a signature."""
    s.device.certificate.extensions["keyUsage"].value = key_usage("keyAgreement")


@near_miss(needs=ANY, parameters=ONE, about="DEV014")
def device_without_key_usage(s: FactorySetup) -> None:
    """The device certificate has no keyUsage."""
    del s.device.certificate.extensions["keyUsage"]


@near_miss(
    ExpectedFinding("DEV035", PEM, 1, "authorityKeyIdentifier", "notice"), needs=ANY, parameters=ONE, about="DEV027"
)
def device_without_authority_key_identifier(s: FactorySetup) -> None:
    """The device certificate has no authorityKeyIdentifier."""
    del s.device.certificate.extensions["authorityKeyIdentifier"]


@defect(ExpectedFinding("DEV019", PEM, 1), needs=ANY, parameters=ONE)
def device_with_unknown_critical_extension(s: FactorySetup) -> None:
    """The device certificate has a critical extension that its own library cannot parse."""
    s.device.certificate.extensions["unknown"] = Extension(UNKNOWN, asn1.element(5, b""), True)


@defect(ExpectedFinding("DEV019", PEM, 1), needs=ANY, parameters=ONE)
def device_with_extension_twice(s: FactorySetup) -> None:
    """The device certificate has keyUsage twice."""
    extensions = s.device.certificate.extensions
    extensions["keyUsage again"] = extensions["keyUsage"]


@defect(ExpectedFinding("DEV020", PEM, 1, "version"), needs=ANY, parameters=ONE)
def device_version_1(s: FactorySetup) -> None:
    """The device certificate is version 1, as scripts write it that set no version."""
    s.device.certificate.version = 1


@defect(ExpectedFinding("DEV021", PEM, 1, "serialNumber"), needs=ANY, parameters=ONE)
def device_serial_zero(s: FactorySetup) -> None:
    """The device's serial number is 0."""
    s.device.certificate.serial = 0


@defect(ExpectedFinding("DEV021", PEM, 1, "serialNumber"), needs=ANY, parameters=ONE)
def device_serial_negative(s: FactorySetup) -> None:
    """The device's serial number is negative."""
    s.device.certificate.serial *= -1


@defect(ExpectedFinding("DEV021", PEM, 1, "serialNumber"), needs=ANY, parameters=ONE)
def device_serial_of_21_octets(s: FactorySetup) -> None:
    """The device's serial number takes 21 octets in DER."""
    s.device.certificate.serial = 1 << 160


LWM2M = SetupParameters(devices=1, mode="lwm2m")


@defect(ExpectedFinding("DEV026", PEM, 1, "validity"), needs=ANY, parameters=ONE)
def device_of_twelve_years_ago(s: FactorySetup) -> None:
    """The device was made twelve years ago, when FCU was young, and its certificate has expired since."""
    s.chain[0].not_before = s.now - 20 * 365 * DAY
    s.device.certificate.not_before = s.now - 12 * 365 * DAY
    s.device.certificate.not_after = s.now - timedelta(seconds=1)


@defect(
    ExpectedFinding("DEV026", PEM, 1, "validity"),
    ExpectedFinding("DEV011", PEM, 1, "validity", "warning"),
    needs=ANY,
    parameters=ONE,
)
def device_expired(s: FactorySetup) -> None:
    """The device certificate was made for a few months and has expired."""
    s.device.certificate.not_after = s.now - timedelta(seconds=1)


@defect(ExpectedFinding("DEV027", PEM, 1, "authorityKeyIdentifier"), needs=ANY, parameters=ONE)
def device_names_another_issuer_key(s: FactorySetup) -> None:
    """The device's authorityKeyIdentifier names another key than the FCU certificate's."""
    s.device.certificate.extensions["authorityKeyIdentifier"].value = authority_key_identifier(b"\x22" * 20)


@near_miss(needs=ANY, parameters=ONE, about="DEV005")
def device_in_folder_of_its_own(s: FactorySetup) -> None:
    """The device's files lie in a folder of its name, the certificate as cert.pem."""
    name = s.device.endpoint_name
    s.device.file = f"{name}/cert.pem"


@near_miss(needs=ANY, parameters=ONE, about="DEV019")
def device_with_subject_alt_name(s: FactorySetup) -> None:
    """The device certificate has its endpoint name as a DNS name too."""
    name = asn1.context(2, s.device.endpoint_name.encode(), constructed=False)
    s.device.certificate.extensions["subjectAltName"] = Extension("2.5.29.17", asn1.sequence(name))

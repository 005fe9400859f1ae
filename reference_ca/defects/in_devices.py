"""Defects of the output for devices: their certificates, keys and chains, and of a lot of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca.defects import asn1
from reference_ca.defects.certificates import (
    CERTIFICATE_POLICIES,
    Certificate,
    Extension,
    authority_key_identifier,
    basic_constraints,
    extended_key_usage,
    key_usage,
    other_key,
)
from reference_ca.defects.files import armour, digest_id
from reference_ca.defects.in_certificates import DAY, UNKNOWN
from reference_ca.defects.in_chains import another_ca
from reference_ca.defects.in_configs import name_fcu
from reference_ca.defects.in_keys import second_instance
from reference_ca.defects.model import Needs, Place, defect, oddity
from reference_ca.defects.plan import CONFIG_FILE, DEVICES, Device, SetUp, Shape, private_key_pem

ONE, TWO = Shape(devices=1), Shape(devices=2)
ANY = Needs(devices=1, form="pem")
LOT = Needs(devices=2, form="pem")
PEM, SECOND = "line1-0001.pem", "line1-0002.pem"
DEEP = Needs(devices=1, form="pem", length=3, depth=3)
DEPTH_3 = Shape(devices=1, depth=3)
LONG_CHAIN = Place("DEV018", PEM, level="notice")
"""More than 1024 octets: told as a notice of every set-up that carries so much."""


def _subject(s: SetUp, *attributes: tuple[str, str]) -> None:
    """Give the first device another subject."""
    s.device.certificate.subject = asn1.name(*attributes)


def _rename(device: Device, endpoint_name: str) -> None:
    """Make a device under another endpoint name, in its certificate, its manifest row and its file's name."""
    form = device.file.rpartition(".")[2]
    device.endpoint_name, device.file = endpoint_name, f"{endpoint_name}.{form}"
    device.certificate.subject = asn1.renamed(device.certificate.subject, "CN", endpoint_name)


@defect(Place("DEV001", PEM), needs=ANY, shape=ONE)
def device_file_empty(s: SetUp) -> None:
    """The device's file has no bytes."""
    s.device.content_edits.append(lambda _: b"")


@defect(Place("DEV001", PEM), needs=ANY, shape=ONE)
def device_certificate_cut_short(s: SetUp) -> None:
    """The device certificate's DER ends within its signature."""
    s.device.certificate.finished = lambda der: der[:-30]


@defect(Place("DEV001", PEM), needs=ANY, shape=ONE)
def request_in_device_file(s: SetUp) -> None:
    """A certificate request stands in the device's file."""
    s.device.content_edits.append(lambda data: data + armour("CERTIFICATE REQUEST", b"\x30\x00"))


@defect(Place("DEV001", PEM), needs=ANY, shape=ONE)
def device_certificate_with_bytes_left_over(s: SetUp) -> None:
    """Bytes follow the device certificate inside its PEM block."""
    s.device.certificate.finished = lambda der: der + bytes(3)


@defect(
    Place("DEV001", "line1-0001.der"), needs=Needs(devices=1, form="der", length=2), shape=Shape(devices=1, form="der")
)
def chain_as_der(s: SetUp) -> None:
    """A DER file holds two certificates one after the other; a chain is PEM or stands in a bundle."""
    s.device.carries = s.chain[:1]


@defect(Place("DEV001", DEVICES), needs=ANY, shape=ONE)
def no_device_in_output(s: SetUp) -> None:
    """The folder of device output has no device in it."""
    for device in s.devices:
        device.key_beside = False
        device.file = f"{device.endpoint_name}.txt"


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


@defect(
    Place("DEV004", PEM, 1, "issuer"), needs=Needs(devices=1, form="pem", deepest=1), shape=Shape(devices=1, depth=1)
)
def device_of_another_ca(s: SetUp) -> None:
    """The device was signed by another CA with another name."""
    s.device.certificate.issuer = another_ca(s, "FCU of somebody else")


@defect(Place("DEV004", PEM, 1, "signatureValue"), needs=ANY, shape=ONE)
def device_signed_by_another_key(s: SetUp) -> None:
    """The device names the FCU certificate as its issuer, and another key has signed it."""
    s.device.certificate.signer = s.new_key("another FCU")


@defect(Place("DEV004", PEM, 1, "signatureValue"), needs=ANY, shape=ONE)
def device_certificate_changed(s: SetUp) -> None:
    """A bit of the device's serial number was changed after it had been signed."""
    serial, other = (asn1.integer(s.device.certificate.serial ^ bit) for bit in (0, 1))
    s.device.certificate.finished = lambda der: der.replace(serial, other, 1)


@defect(Place("DEV005", PEM, 1, "subject"), needs=ANY, shape=ONE)
def common_name_of_another_device(s: SetUp) -> None:
    """The device's CN is another device's endpoint name."""
    _subject(s, ("CN", "line1-0007"))


@defect(Place("DEV005", PEM, 1, "subject"), needs=ANY, shape=ONE)
def no_common_name(s: SetUp) -> None:
    """The device certificate has no CN."""
    _subject(s, ("O", "Example Devices"))


@defect(Place("DEV005", PEM, 1, "subject"), needs=ANY, shape=ONE)
def two_common_names(s: SetUp) -> None:
    """The device certificate has two CNs."""
    _subject(s, ("CN", s.device.endpoint_name), ("CN", "again"))


@defect(Place("DEV005", PEM, 1, "subject"), needs=ANY, shape=ONE)
def empty_common_name(s: SetUp) -> None:
    """The device's CN is empty, which certificate builders refuse to write."""
    _subject(s, ("CN", ""))


@defect(Place("DEV005", "L" * 65 + ".pem", 1, "subject"), needs=ANY, shape=ONE, twin="endpoint-name-of-64")
def endpoint_name_of_65(s: SetUp) -> None:
    """The endpoint name has 65 characters, one more than X.520 and the device allow."""
    _rename(s.device, "L" * 65)


@oddity(needs=ANY, shape=ONE)
def endpoint_name_of_64(s: SetUp) -> None:
    """The endpoint name has 64 characters."""
    _rename(s.device, "L" * 64)


@defect(Place("DEV005", PEM, 1, "subject"), needs=ANY, shape=ONE)
def common_name_with_nul(s: SetUp) -> None:
    """The device's CN has a NUL inside, where some readers stop."""
    _subject(s, ("CN", f"{s.device.endpoint_name}\0.example"))


@defect(
    Place("DEV006", "line1_0001.pem", 1, "subject", "warning"),
    needs=ANY,
    shape=ONE,
    twin="endpoint-name-of-odd-characters",
)
def endpoint_name_with_underscore(s: SetUp) -> None:
    """The endpoint name has an underscore, which is not among the recommended characters."""
    _rename(s.device, "line1_0001")


@oddity(needs=ANY, shape=ONE)
def endpoint_name_of_odd_characters(s: SetUp) -> None:
    """The endpoint name has every recommended character that a file's name can have."""
    _rename(s.device, "line 1'(a)+,-.=0001")


@defect(
    Place("DEV007", PEM, 1, "issuer"), needs=Needs(devices=1, form="pem", deepest=1), shape=Shape(devices=1, depth=1)
)
def device_self_signed(s: SetUp) -> None:
    """The device certificate is self-signed."""
    s.device.certificate.issuer = None


@defect(Place("DEV008", PEM, 1, "subjectPublicKeyInfo"), LONG_CHAIN, needs=ANY, shape=ONE)
def device_key_is_rsa(s: SetUp) -> None:
    """The device's key is RSA."""
    _take_key(s, "rsa")


@defect(Place("DEV008", PEM, 1, "subjectPublicKeyInfo"), needs=ANY, shape=ONE)
def device_key_on_p384(s: SetUp) -> None:
    """The device's key is on P-384."""
    _take_key(s, "p384")


@defect(Place("DEV008", PEM, 1, "subjectPublicKeyInfo"), needs=ANY, shape=ONE)
def device_key_is_ed25519(s: SetUp) -> None:
    """The device's key is Ed25519."""
    _take_key(s, "ed25519")


def _take_key(s: SetUp, kind: str) -> None:
    s.device.key = s.device.certificate.key = other_key(s.source, "device", kind)


@defect(Place("DEV009", PEM, 1), needs=ANY, shape=ONE)
def device_signed_with_sha384(s: SetUp) -> None:
    """The device certificate is signed with ecdsa-with-SHA384."""
    s.device.certificate.digest = "sha384"


@defect(Place("DEV009", PEM, 1), needs=ANY, shape=ONE)
def device_signed_with_sha224(s: SetUp) -> None:
    """The device certificate is signed with ecdsa-with-SHA224."""
    s.device.certificate.digest = "sha224"


@defect(Place("DEV009", PEM, 1), needs=ANY, shape=ONE)
def device_with_two_algorithms(s: SetUp) -> None:
    """The device certificate names ecdsa-with-SHA384 inside the signed part and ecdsa-with-SHA256 outside."""
    s.device.certificate.inner_algorithm = asn1.algorithm("sha384_ecdsa")


@defect(Place("DEV010", PEM, 1, "notBefore"), needs=ANY, shape=ONE, twin="device-valid-since-this-second")
def device_not_valid_yet(s: SetUp) -> None:
    """The device certificate is valid from the next second on."""
    s.device.certificate.not_before = s.now + timedelta(seconds=1)


@defect(Place("DEV010", PEM, 1, "notBefore"), needs=ANY, shape=ONE)
def device_older_than_fcu(s: SetUp) -> None:
    """The clock of the line stood wrong: the device is valid from a year before FCU's certificate on."""
    s.device.certificate.not_before = s.made - 400 * DAY


@oddity(needs=ANY, shape=ONE)
def device_valid_since_this_second(s: SetUp) -> None:
    """The device certificate is valid from this very second on."""
    s.device.certificate.not_before = s.now


def _lasts(device: Device, days: int) -> None:
    start = device.certificate.not_before
    device.certificate.not_after = start + days * DAY  # type: ignore[operator]


@defect(Place("DEV011", PEM, 1, "validity", "warning"), needs=ANY, shape=ONE, twin="device-lasts-3651-days")
def device_lasts_3650_days(s: SetUp) -> None:
    """The device certificate is valid for exactly 3650 days, which is not more than ten years."""
    _lasts(s.device, 3650)


@oddity(needs=ANY, shape=ONE)
def device_lasts_3651_days(s: SetUp) -> None:
    """The device certificate is valid for 3651 days."""
    _lasts(s.device, 3651)


@defect(Place("DEV012", PEM, 1, "basicConstraints"), needs=ANY, shape=ONE)
def device_is_a_ca(s: SetUp) -> None:
    """The device certificate says CA:TRUE."""
    s.device.certificate.extensions["basicConstraints"].value = basic_constraints(True)


@defect(Place("DEV012", PEM, 1, "keyUsage"), needs=ANY, shape=ONE)
def device_may_sign_certificates(s: SetUp) -> None:
    """The device's keyUsage has keyCertSign."""
    s.device.certificate.extensions["keyUsage"].value = key_usage("digitalSignature", "keyCertSign")


@oddity(needs=ANY, shape=ONE)
def device_without_basic_constraints(s: SetUp) -> None:
    """The device certificate has no basicConstraints."""
    del s.device.certificate.extensions["basicConstraints"]


@defect(Place("DEV013", PEM, 1, "extKeyUsage"), needs=ANY, shape=ONE)
def device_for_servers_only(s: SetUp) -> None:
    """The device's extKeyUsage is serverAuth alone."""
    s.device.certificate.extensions["extKeyUsage"].value = extended_key_usage("serverAuth")


@oddity(needs=ANY, shape=ONE)
def device_for_any_purpose(s: SetUp) -> None:
    """The device's extKeyUsage is anyExtendedKeyUsage."""
    s.device.certificate.extensions["extKeyUsage"].value = extended_key_usage("any")


@oddity(needs=ANY, shape=ONE)
def device_without_extended_key_usage(s: SetUp) -> None:
    """The device certificate has no extKeyUsage."""
    del s.device.certificate.extensions["extKeyUsage"]


@defect(Place("DEV014", PEM, 1, "keyUsage"), needs=ANY, shape=ONE)
def device_for_key_agreement_only(s: SetUp) -> None:
    """The device's keyUsage is keyAgreement alone, so it may not prove itself by a signature."""
    s.device.certificate.extensions["keyUsage"].value = key_usage("keyAgreement")


@oddity(needs=ANY, shape=ONE)
def device_without_key_usage(s: SetUp) -> None:
    """The device certificate has no keyUsage."""
    del s.device.certificate.extensions["keyUsage"]


@oddity(needs=ANY, shape=ONE)
def device_without_authority_key_identifier(s: SetUp) -> None:
    """The device certificate has no authorityKeyIdentifier."""
    del s.device.certificate.extensions["authorityKeyIdentifier"]


@defect(Place("DEV015", "line1-0001.key.pem"), needs=ANY, shape=ONE)
def device_key_of_another_device(s: SetUp) -> None:
    """The private key beside the device's file is another device's."""
    s.device.key = s.new_key("another device")


@defect(Place("DEV015", "line1-0001.key.pem"), needs=ANY, shape=ONE)
def device_key_on_another_curve(s: SetUp) -> None:
    """The private key beside the device's file is on P-384, its certificate's on P-256."""
    s.device.key = other_key(s.source, "device", "p384")


@defect(Place("DEV015", "line1-0001.key.pem"), Place("DEV015", "line1-0002.key.pem"), needs=LOT, shape=TWO)
def device_keys_swapped(s: SetUp) -> None:
    """The private keys of two devices were swapped."""
    one, two = s.devices[:2]
    one.key, two.key = two.key, one.key


@oddity(needs=ANY, shape=ONE)
def device_key_stays_on_device(s: SetUp) -> None:
    """The output has no private key: the device made it and keeps it."""
    s.device.key_beside = False


@defect(Place("DEV016", "fcu_private_key.pem"), needs=ANY, shape=ONE)
def ca_key_among_devices(s: SetUp) -> None:
    """FCU's private key lies among the devices."""
    s.add_file(f"{DEVICES}/fcu_private_key.pem", private_key_pem(s.key))


@defect(Place("DEV016", "line1-0001.key.pem"), needs=ANY, shape=ONE)
def device_has_fcu_key(s: SetUp) -> None:
    """The device was made with FCU's own key, which so leaves the factory."""
    assert isinstance(s.key, ec.EllipticCurvePrivateKey)
    s.device.key = s.device.certificate.key = s.key


@defect(Place("DEV016", PEM, 1), needs=Needs(devices=1, form="pem", length=2), shape=ONE)
def device_has_root_key(s: SetUp) -> None:
    """The device certificate is for the root's key."""
    s.device.certificate.key = s.chain[-1].key
    s.device.key_beside = False


def _fill(certificate: Certificate, size: int) -> None:
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
    _fill(s.device.certificate, 1025)


@defect(Place("DEV017", PEM, 2), needs=Needs(devices=1, form="pem", depth=2, length=2), shape=ONE)
def longest_names_on_device(s: SetUp) -> None:
    """The FCU certificate has the longest names that X.520 allows, and so more octets than the device's client reads."""
    long = [("CN", "C" * 64), ("O", "O" * 64), ("OU", "U" * 64), ("L", "L" * 128), ("ST", "S" * 128), ("C", "FI")]
    name_fcu(s, *long)
    _fill(s.chain[0], 1100)


@oddity(LONG_CHAIN, needs=ANY, shape=ONE)
def device_of_1024_octets(s: SetUp) -> None:
    """The device certificate has 1024 octets, as many as the client reads."""
    _fill(s.device.certificate, 1024)


@defect(
    Place("DEV018", PEM),
    needs=Needs(devices=1, form="pem", depth=5, length=4),
    shape=Shape(length=5, depth=5, devices=1),
    twin="chain-of-4096-octets",
)
def chain_of_4097_octets(s: SetUp) -> None:
    """The TLS message with the device's chain takes 4097 octets, one more than the device can send."""
    _fill_chain(s, 4097)


@oddity(LONG_CHAIN, needs=Needs(devices=1, form="pem", depth=5, length=4), shape=Shape(length=5, depth=5, devices=1))
def chain_of_4096_octets(s: SetUp) -> None:
    """The TLS message with the device's chain takes 4096 octets, as many as the device can send."""
    _fill_chain(s, 4096)


def _fill_chain(s: SetUp, size: int) -> None:
    """Let the certificates that the device carries take so many octets in all, framing counted."""
    certificates = [s.device.certificate, *s.chain[: s.depth - 1]]
    each, rest = divmod(size - 7 - 3 * len(certificates), len(certificates))
    for number, certificate in enumerate(certificates):
        _fill(certificate, each + (1 if number < rest else 0))


@defect(Place("DEV019", PEM, 1), needs=ANY, shape=ONE)
def device_with_unknown_critical_extension(s: SetUp) -> None:
    """The device certificate has a critical extension that its own library cannot parse."""
    s.device.certificate.extensions["unknown"] = Extension(UNKNOWN, asn1.element(5, b""), True)


@defect(Place("DEV019", PEM, 1), needs=ANY, shape=ONE)
def device_with_extension_twice(s: SetUp) -> None:
    """The device certificate has keyUsage twice."""
    extensions = s.device.certificate.extensions
    extensions["keyUsage again"] = extensions["keyUsage"]


@defect(Place("DEV019", PEM, 2), needs=Needs(devices=1, form="pem", depth=2, length=2), shape=ONE)
def critical_policies_on_device(s: SetUp) -> None:
    """The FCU certificate on the device has critical certificatePolicies, which RFC 5280 knows and the device does not."""
    policy = asn1.sequence(asn1.sequence(asn1.oid("1.3.6.1.4.1.99999.2")))
    s.chain[0].extensions["certificatePolicies"] = Extension(CERTIFICATE_POLICIES, policy, True)


@defect(Place("DEV020", PEM, 1, "version"), needs=ANY, shape=ONE)
def device_version_1(s: SetUp) -> None:
    """The device certificate is version 1, as scripts write it that set no version."""
    s.device.certificate.version = 1


@defect(Place("DEV021", PEM, 1, "serialNumber"), needs=ANY, shape=ONE)
def device_serial_zero(s: SetUp) -> None:
    """The device's serial number is 0."""
    s.device.certificate.serial = 0


@defect(Place("DEV021", PEM, 1, "serialNumber"), needs=ANY, shape=ONE)
def device_serial_negative(s: SetUp) -> None:
    """The device's serial number is negative."""
    s.device.certificate.serial *= -1


@defect(Place("DEV021", PEM, 1, "serialNumber"), needs=ANY, shape=ONE)
def device_serial_of_21_octets(s: SetUp) -> None:
    """The device's serial number takes 21 octets in DER."""
    s.device.certificate.serial = 1 << 160


LWM2M = Shape(devices=1, mode="lwm2m")


@defect(Place("DEV022", PEM, 1, "subject"), needs=Needs(devices=1, form="pem", mode="lwm2m"), shape=LWM2M)
def account_missing_in_device(s: SetUp) -> None:
    """In LwM2M mode the device certificate has no OU, and the device compares it with its account."""
    _subject(s, ("CN", s.device.endpoint_name))


@defect(Place("DEV022", PEM, 1, "subject"), needs=Needs(devices=1, form="pem", mode="lwm2m"), shape=LWM2M)
def another_account_in_device(s: SetUp) -> None:
    """In LwM2M mode the OU of the device certificate is another account."""
    _subject(s, ("CN", s.device.endpoint_name), ("OU", "0" * 32))


@defect(Place("DEV023", PEM, 1), needs=ANY, shape=ONE, twin="enrollment-identity-in-manifest")
def enrollment_identity_of_another_device(s: SetUp) -> None:
    """The manifest gives the device another device's enrollment identity."""
    s.manifest = True
    s.device.enrollment_id = digest_id(b"another device")


@defect(Place("DEV023", PEM, 1), needs=ANY, shape=ONE, twin="enrollment-identity-in-manifest")
def enrollment_identity_without_colons(s: SetUp) -> None:
    """The manifest gives the right fingerprint without its colons, a form that the portal does not know."""
    s.manifest = True
    s.device.enrollment_id = digest_id(s.device.certificate.der).replace(":", "")


@oddity(needs=ANY, shape=ONE)
def enrollment_identity_in_manifest(s: SetUp) -> None:
    """A manifest lists the devices with their enrollment identities."""
    s.manifest = True


@defect(Place("DEV026", PEM, 1, "validity"), Place("DEV011", PEM, 1, "validity", "warning"), needs=ANY, shape=ONE)
def device_expired(s: SetUp) -> None:
    """The device certificate was made for a few months and has expired."""
    s.device.certificate.not_after = s.now - timedelta(seconds=1)


@defect(Place("DEV027", PEM, 1, "authorityKeyIdentifier"), needs=ANY, shape=ONE)
def device_names_another_issuer_key(s: SetUp) -> None:
    """The device's authorityKeyIdentifier names another key than the FCU certificate's."""
    s.device.certificate.extensions["authorityKeyIdentifier"].value = authority_key_identifier(b"\x22" * 20)


@defect(
    Place("DEV028", PEM), LONG_CHAIN, needs=Needs(devices=1, form="pem", length=6), shape=Shape(length=6, devices=1)
)
def six_certificates_on_device(s: SetUp) -> None:
    """Nobody said the depth, and the device carries six certificates, one more than it stores."""
    s.remove_file(CONFIG_FILE)
    s.device.carries = s.chain[:5]


@oddity(LONG_CHAIN, needs=Needs(devices=1, form="pem", length=5), shape=Shape(length=6, devices=1))
def five_certificates_on_device(s: SetUp) -> None:
    """Nobody said the depth, and the device carries five certificates, as many as it stores."""
    s.remove_file(CONFIG_FILE)
    s.device.carries = s.chain[:4]


@defect(Place("DEV029", PEM, 1, "issuer"), needs=ANY, shape=ONE)
def device_with_empty_issuer(s: SetUp) -> None:
    """The device certificate's issuer is empty, though the FCU certificate has a name."""
    s.device.certificate.issuer_name = asn1.name()


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
    _rename(s.devices[1], s.device.endpoint_name)
    s.devices[1].file = f"second/{s.devices[1].file}"


@defect(Place("LOT004", SECOND, 1), needs=Needs(devices=2, form="pem", length=2), shape=TWO)
def two_depths_in_one_lot(s: SetUp) -> None:
    """Nobody said the depth: the first device carries the FCU certificate, the second its own alone."""
    s.remove_file(CONFIG_FILE)
    s.device.carries, s.devices[1].carries = s.chain[:1], []


@oddity(needs=Needs(devices=2, form="pem", length=2), shape=TWO)
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


@oddity(needs=LOT, shape=TWO)
def validity_differs_by_three_days(s: SetUp) -> None:
    """The second device of the lot lives three days longer than the first."""
    _live_longer(s, 3)


def _live_longer(s: SetUp, days: int) -> None:
    s.devices[1].certificate.not_after += days * DAY  # type: ignore[operator]


@defect(
    Place("LOT006", "fcu.crt", 1, "subject", instance="line-1"),
    Place("LOT006", "fcu.crt", 1, "subject", instance="line-2"),
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


@oddity(needs=ANY, shape=ONE)
def device_in_folder_of_its_own(s: SetUp) -> None:
    """The device's files lie in a folder of its name, the certificate as cert.pem."""
    name = s.device.endpoint_name
    s.device.file = f"{name}/cert.pem"


@oddity(needs=ANY, shape=ONE)
def device_with_attributes_of_fcu(s: SetUp) -> None:
    """The device certificate has the organization and country of FCU beside its CN."""
    _subject(s, ("CN", s.device.endpoint_name), ("O", "Example Devices"), ("C", "FI"))


@oddity(needs=ANY, shape=ONE)
def device_with_subject_alt_name(s: SetUp) -> None:
    """The device certificate has its endpoint name as a DNS name too."""
    name = asn1.context(2, s.device.endpoint_name.encode(), constructed=False)
    s.device.certificate.extensions["subjectAltName"] = Extension("2.5.29.17", asn1.sequence(name))

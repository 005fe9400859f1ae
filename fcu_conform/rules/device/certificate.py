"""DEV: the device's own certificate and its key; what it is called is in `device_names`."""

from __future__ import annotations

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.device_field import WHAT_ALL_SHARE, DeviceField
from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.enrollment.identity import identity_of, is_identity
from fcu_conform.rules.device.chain import at_number, own_certificate
from fcu_conform.rules.keystore.certificate import is_ecdsa_sha256, serial_trouble, signature_text
from fcu_conform.rules.model import Blocked, DeviceFindings, Finding, Level, Location, NotApplicable, device_rule
from fcu_conform.rules.support.formatting import TEN_YEARS, format_instant, subject_text
from fcu_conform.rules.support.inputs import fcu_certificate_of
from fcu_conform.rules.support.published_keys import published_key, weak_key
from fcu_conform.rules.support.sources import device_code, docs, inferred, page, rfc

DEVICE_PAGE = "Manually generated keys"
_NETSCAPE_CLIENT = 0x80
"""The bit of nsCertType for TLS clients."""


@device_rule(
    "DEV008",
    Level.ERROR,
    requirement="the device's key is on P-256",
    title="a device key is not on P-256",
    why="The device's library supports P-256 only and refuses other keys.",
    fix="make a P-256 key for the device",
    passes="prime256v1",
    fails="RSA, P-384, secp256k1",
    source=docs(DEVICE_PAGE, "", "DB-03"),
    looks_at=(DeviceField.KEY,),
)
def device_key_is_p256(device: Device, ca: CaContext) -> DeviceFindings:
    key = own_certificate(device, ca).public_key
    if not key.trouble:
        return ()
    return [
        Finding(
            f"the device certificate: {key.trouble}", at_number(1, "subjectPublicKeyInfo"), "a key on P-256", str(key)
        )
    ]


@device_rule(
    "DEV009",
    Level.ERROR,
    requirement="the device certificate is signed with ecdsa-with-SHA256, in both of its algorithm fields",
    title="a device certificate is not signed with ecdsa-with-SHA256",
    why="The device always hashes with SHA-256 and refuses another algorithm. Only SHA-224 would be stored, on a"
    " certificate that has nothing above it.",
    fix="sign the device with SHA-256 and the FCU key",
    passes="ecdsa-with-SHA256",
    fails="ecdsa-with-SHA384",
    source=(docs(DEVICE_PAGE, "", "DB-03"), device_code("cs_der_certs.c", "DC-03")),
    looks_at=WHAT_ALL_SHARE,
)
def device_signature_is_ecdsa_sha256(device: Device, ca: CaContext) -> DeviceFindings:
    certificate = own_certificate(device, ca)
    if is_ecdsa_sha256(certificate):
        return ()
    found = signature_text(certificate)
    return [
        Finding("the device certificate is not signed with ecdsa-with-SHA256", at_number(1), "ecdsa-with-SHA256", found)
    ]


@device_rule(
    "DEV010",
    Level.ERROR,
    requirement="the device's notBefore is not before the FCU certificate's and not in the future",
    title="a device certificate starts before its CA's or in the future",
    why="Validators and the portal refuse a device that is older than its CA or not valid yet.",
    fix="set the clock of the machine that signs devices, and sign them again",
    passes="FCU certificate from January, device from March",
    fails="the device was signed on a machine whose clock stood in 1970",
    source=docs(DEVICE_PAGE, "", "DB-04"),
    needs=("CRT001",),
    looks_at=(DeviceField.VALIDITY,),
)
def device_validity_starts_in_time(device: Device, ca: CaContext) -> DeviceFindings:
    start = own_certificate(device, ca).not_before.instant
    place = at_number(1, "notBefore")
    if start > ca.at:
        return [
            Finding(
                "the device certificate is not valid yet",
                place,
                f"{format_instant(ca.at)} or earlier",
                format_instant(start),
            )
        ]
    issuer = fcu_certificate_of(ca)
    if start < issuer.not_before.instant:
        earliest = f"{format_instant(issuer.not_before.instant)} or later"
        return [
            Finding("the device certificate starts before the FCU certificate", place, earliest, format_instant(start))
        ]
    return ()


@device_rule(
    "DEV011",
    Level.WARNING,
    requirement="the device certificate is valid for more than 10 years (3650 days)",
    title="a device certificate is valid for 10 years or less",
    why="The device warns when it is configured, and it cannot renew this certificate.",
    fix="sign devices for 15 years or more",
    passes="5475 days",
    fails="3650 days",
    source=(docs(DEVICE_PAGE, "", "DB-05", "D-15"), device_code("fcc_verification.c", "DB-18")),
    looks_at=(DeviceField.VALIDITY,),
)
def device_lasts_ten_years(device: Device, ca: CaContext) -> DeviceFindings:
    certificate = own_certificate(device, ca)
    validity = certificate.not_after.instant - certificate.not_before.instant
    if validity > TEN_YEARS:
        return ()
    return [
        Finding(
            "the device certificate is valid for 10 years or less",
            at_number(1, "validity"),
            f"more than {TEN_YEARS.days} days",
            f"{validity.days} days",
        )
    ]


@device_rule(
    "DEV012",
    Level.ERROR,
    requirement="the device certificate is not a CA certificate: basicConstraints is not CA:TRUE, and keyUsage lacks"
    " keyCertSign",
    title="a device certificate is a CA certificate",
    why="Anyone who has such a device can make more devices that the portal accepts.",
    fix="sign devices without CA extensions",
    passes="no basicConstraints, keyUsage digitalSignature",
    fails="the device was signed with the extensions of a CA",
    source=rfc(5280, "4.2.1.9"),
    told_by=("DEV007",),
    looks_at=WHAT_ALL_SHARE,
)
def device_is_no_ca(device: Device, ca: CaContext) -> DeviceFindings:
    certificate = own_certificate(device, ca)
    constraints, usages = certificate.basic_constraints, certificate.key_usage
    findings = []
    if constraints is not None and constraints.ca:
        findings.append(
            Finding(
                "the device certificate is a CA certificate", at_number(1, "basicConstraints"), "no CA:TRUE", "CA:TRUE"
            )
        )
    elif usages is not None and "keyCertSign" in usages:
        findings.append(
            Finding("the device's key may sign certificates", at_number(1, "keyUsage"), "no keyCertSign", "keyCertSign")
        )
    return findings


@device_rule(
    "DEV013",
    Level.ERROR,
    requirement="the device's extKeyUsage and nsCertType, if present, allow TLS clients",
    title="a device's extKeyUsage does not allow clientAuth",
    why="Without it the device refuses its configuration, and every TLS server refuses the device.",
    fix="sign devices with extendedKeyUsage = clientAuth, or without it",
    passes="no extKeyUsage; clientAuth; anyExtendedKeyUsage",
    fails="serverAuth alone; nsCertType server",
    source=(
        device_code("fcc_verification.c", "DB-15"),
        inferred("of nsCertType: OpenSSL with -purpose sslclient refuses the device"),
    ),
    looks_at=WHAT_ALL_SHARE,
)
def device_may_be_client(device: Device, ca: CaContext) -> DeviceFindings:
    certificate = own_certificate(device, ca)
    purposes = certificate.extended_key_usage
    if purposes is not None and oids.CLIENT_AUTH not in purposes and oids.ANY_EXTENDED_KEY_USAGE not in purposes:
        found = ", ".join(oids.named(purpose, oids.PURPOSES) for purpose in purposes)
        return [Finding("extKeyUsage does not allow clientAuth", at_number(1, "extKeyUsage"), "clientAuth", found)]
    kinds = [extension.value for extension in certificate.extensions if extension.oid == oids.NETSCAPE_CERT_TYPE]
    if kinds and not kinds[0][-1] & _NETSCAPE_CLIENT:
        return [
            Finding(
                "nsCertType does not allow clients: servers that use OpenSSL refuse the device",
                at_number(1, "nsCertType"),
                "no nsCertType, or client in it",
                f"bits {kinds[0][-1]:08b}",
                fix="sign devices without nsCertType, which no current tool needs",
            )
        ]
    return ()


@device_rule(
    "DEV014",
    Level.ERROR,
    requirement="the device's keyUsage, if present, includes digitalSignature",
    title="a device's keyUsage lacks digitalSignature",
    why="A device proves its identity with a signature. Servers refuse it if its key usage does not include signing.",
    fix="sign devices with keyUsage = digitalSignature",
    passes="no keyUsage; digitalSignature",
    fails="keyAgreement alone",
    source=rfc(5280, "4.2.1.3"),
    looks_at=WHAT_ALL_SHARE,
)
def device_key_may_sign(device: Device, ca: CaContext) -> DeviceFindings:
    usages = own_certificate(device, ca).key_usage
    if usages is None or "digitalSignature" in usages:
        return ()
    found = ", ".join(sorted(usages)) or "none"
    return [Finding("keyUsage lacks digitalSignature", at_number(1, "keyUsage"), "digitalSignature", found)]


@device_rule(
    "DEV015",
    Level.ERROR,
    requirement="the device's private key, if the output has it, matches the device certificate",
    title="a device's private key does not match its certificate",
    why="The device refuses its configuration if its key and its certificate do not match.",
    fix="write the key and the certificate of the same device to the output",
    passes="line1-0001.key.pem is the key of line1-0001.pem",
    fails="the keys of two devices were swapped",
    source=(docs(DEVICE_PAGE, "", "DB-13"), device_code("fcc_verification.c", "DB-16")),
    told_by=("DEV016",),
    looks_at=(DeviceField.PRIVATE_KEY,),
)
def device_key_matches(device: Device, ca: CaContext) -> DeviceFindings:
    certificate = own_certificate(device, ca)
    key = device.key
    if key is None or device.bundle is not None:  # of bundles BDL tells it
        raise NotApplicable("no private key was given")
    if key.trouble:
        if certificate.public_key.trouble:
            raise Blocked("DEV008")
        return [Finding(f"the device's private key: {key.trouble}", Location(key.name))]
    if key.public == certificate.public_key.der:
        return ()
    return [
        Finding(
            "the device's private key does not match its certificate",
            Location(key.name),
            f"the key of {subject_text(certificate)}",
            "another key",
        )
    ]


@device_rule(
    "DEV016",
    Level.ERROR,
    requirement="a device's key is not a CA's key, and the output has no CA's private key",
    title="the output has a CA's key",
    why="Anyone who opens one such device can forge all others.",
    fix="make a key for every device; delete the CA's key from the output, and treat it as stolen wherever the output"
    " has been",
    passes="every device has its own key",
    fails="fcu_private_key.pem lies among the devices",
    source=page("Securing your factory CA keys", "R-01"),
    waivable=False,
    looks_at=(DeviceField.KEY, DeviceField.PRIVATE_KEY),
)
def device_has_no_ca_key(device: Device, ca: CaContext) -> DeviceFindings:
    if device.key is not None and device.key.public in ca.ca_keys:
        return [Finding("is the private key of a CA", Location(device.key.name), "a device's own key")]
    for key in device.other_keys:
        if key.public in ca.ca_keys:
            return [Finding("holds the private key of a CA", Location(key.name), "a device's own key")]
    if device.troubles or not device.certificates:
        raise NotApplicable("no certificate")
    if own_certificate(device, ca).public_key.der in ca.ca_keys:
        return [Finding("the device certificate has the key of a CA", at_number(1), "a device's own key")]
    return ()


@device_rule(
    "DEV020",
    Level.ERROR,
    requirement="the device certificate is X.509 version 3",
    title="a device certificate is not X.509 version 3",
    why="Older versions have no extensions, and strict validators refuse them.",
    fix="sign devices with extensions, and with the version set to 3",
    passes="Version: 3 (0x2)",
    fails="a script that does not set the version makes version 1",
    source=docs(DEVICE_PAGE, "", "DB-01", "W-04"),
    looks_at=WHAT_ALL_SHARE,
)
def device_certificate_is_version_3(device: Device, ca: CaContext) -> DeviceFindings:
    version = own_certificate(device, ca).version
    if version == 3:
        return ()
    return [
        Finding(
            f"the device certificate is version {version}", at_number(1, "version"), "version 3", f"version {version}"
        )
    ]


@device_rule(
    "DEV021",
    Level.ERROR,
    requirement="the device's serial number is positive and at most 20 octets long",
    title="a device's serial number is not positive or too long",
    why="Validators refuse other serial numbers.",
    fix="sign devices with random serial numbers of up to 20 octets",
    passes="a random number of 20 octets",
    fails="0, a negative number",
    source=rfc(5280, "4.1.2.2"),
    looks_at=(DeviceField.SERIAL,),
)
def device_serial_number_is_sound(device: Device, ca: CaContext) -> DeviceFindings:
    trouble = serial_trouble(own_certificate(device, ca))
    if not trouble:
        return ()
    return [
        Finding(f"its serial number is {trouble}", at_number(1, "serialNumber"), "positive, at most 20 octets", trouble)
    ]


@device_rule(
    "DEV023",
    Level.ERROR,
    requirement="the enrollment identity, if present, is A- and the SHA-256 fingerprint of the device certificate",
    title="an enrollment identity is not the device certificate's fingerprint",
    why="A device is claimed by this identity. With a wrong one it cannot be claimed, or another device is.",
    fix="compute it from the device certificate: openssl x509 -in device.pem -noout -fingerprint -sha256",
    passes="A-3F:9A:… with 32 octets",
    fails="the fingerprint of another device",
    source=docs("Ownership claiming configuration", "", "T-04", "T-05"),
    looks_at=(DeviceField.ENROLLMENT,),
)
def enrollment_identity_is_fingerprint(device: Device, ca: CaContext) -> DeviceFindings:
    given = device.enrollment_id
    if given is None:
        raise NotApplicable("no enrollment identity was given")
    expected = identity_of(own_certificate(device, ca))
    if given.upper() == expected and is_identity(given):
        return ()
    return [Finding("the enrollment identity is not the device's", at_number(1), expected, given)]


@device_rule(
    "DEV037",
    Level.ERROR,
    requirement="the device's key is neither published nor weak",
    title="a device's key is published or weak",
    why="Anyone who looks up or guesses the key can pass as this device.",
    fix="make a new key for the device, on a machine with a sound random number generator",
    passes="a key that the device or the tool drew at random",
    fails="the test key of a library; a private scalar of 1",
    source=inferred("a key that others have does not identify a device"),
    waivable=False,
    looks_at=(DeviceField.KEY, DeviceField.PRIVATE_KEY),
)
def device_key_is_its_own(device: Device, ca: CaContext) -> DeviceFindings:
    key = own_certificate(device, ca).public_key
    found = published_key(key)
    if found:
        message = "the device's key is a published test key"
        return [Finding(message, at_number(1, "subjectPublicKeyInfo"), "a key that nobody else has", found)]
    found = weak_key(key)
    if found:
        message = "the device's key can be guessed"
        return [Finding(message, at_number(1, "subjectPublicKeyInfo"), "a key drawn at random", found)]
    if device.key is not None and device.key.weakness:
        found = f"it {device.key.weakness}"
        return [Finding("can be guessed", Location(device.key.name), "a key drawn at random", found)]
    return ()

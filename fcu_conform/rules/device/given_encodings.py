"""DEV: how the certificates that a device is given are encoded: DER, dates, names, algorithms, extensions.

Of certificates of fcu.crt the CRT rules tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Carried, Device
from fcu_conform.artefacts.device_field import WHAT_ALL_SHARE, DeviceField
from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.names import EMPTY
from fcu_conform.rules.device.chain import own_certificate
from fcu_conform.rules.device.given_certificates import at_carried, carried_words, given_certificates
from fcu_conform.rules.device.names import account_of
from fcu_conform.rules.keystore.certificate_encoding import name_faults
from fcu_conform.rules.model import DeviceFindings, Finding, Level, device_rule
from fcu_conform.rules.support.sources import device_code, inferred, rfc

_KNOWN_TO_DEVICE = frozenset(
    {
        *(f"2.5.4.{number}" for number in (3, 4, 5, 6, 7, 8, 10, 11, 12, 16, 17, 42, 43, 44, 45, 46, 65)),
        *("0.9.2342.19200300.100.1.25", "1.2.840.113549.1.9.1"),
    }
)
"""Attributes of which Mbed TLS 2.28 knows the name (oid.c)."""


_EMPTY_CN = f"subject: CN: {EMPTY}"
"""Which DEV005 tells."""


def _own_to_device(device: Device, ca: CaContext) -> Iterator[Carried]:
    """The certificates that it is given and that are not in fcu.crt."""
    return (carried for carried in given_certificates(device) if not carried.certificate.is_among(ca.ca_certificates))


@device_rule(
    "DEV031",
    Level.ERROR,
    requirement="every certificate on the device is strict DER, not BER",
    title="a certificate on the device is not strict DER",
    why="OpenSSL, Rust's libraries and the device's library each refuse some of what BER allows. A tool that writes a"
    " superfluous zero octet into serial numbers makes one device in 256 that cannot connect.",
    fix="sign devices with a tool that writes DER",
    passes="minimal lengths and numbers, BOOLEAN true as FF",
    fails="a serial number that begins with 00 00 or 00 7F; an indefinite length",
    source=(rfc(5280, "4.1"), device_code("Mbed TLS 2.28, asn1parse.c", "DC-13")),
    looks_at=(DeviceField.ENCODING,),
)
def given_certificates_are_strict_der(device: Device, ca: CaContext) -> DeviceFindings:
    findings = []
    for carried in _own_to_device(device, ca):
        notes = carried.certificate.der_notes
        if notes:
            more = f" (and {len(notes) - 1} more)" if len(notes) > 1 else ""
            message = f"{carried_words(carried)} is not strict DER: {notes[0]}{more}"
            findings.append(Finding(message, at_carried(carried), "DER", "; ".join(notes[:5])))
    return findings


@device_rule(
    "DEV032",
    Level.ERROR,
    requirement="the dates of every certificate on the device are UTCTime through 2049 and GeneralizedTime from 2050,"
    " with seconds, without fractions, ending in Z",
    title="a date in a certificate on the device is not encoded as RFC 5280 requires",
    why="The device's library cannot parse dates in other forms, and OpenSSL refuses most of them. This rule is"
    " stricter: it refuses GeneralizedTime before 2050 too, as strict validators do.",
    fix="sign devices with a tool that follows RFC 5280",
    passes="UTCTime 261123000000Z, GeneralizedTime 20611123000000Z",
    fails="UTCTime 2611230000Z, without seconds",
    source=(rfc(5280, "4.1.2.5"), device_code("Mbed TLS 2.28, x509.c", "DC-13")),
    looks_at=(DeviceField.VALIDITY,),
)
def given_dates_are_encoded_well(device: Device, ca: CaContext) -> DeviceFindings:
    return [
        Finding(f"{carried_words(carried)}: {field}: {note}", at_carried(carried, field))
        for carried in _own_to_device(device, ca)
        for field, time in (
            ("notBefore", carried.certificate.not_before),
            ("notAfter", carried.certificate.not_after),
        )
        for note in time.notes
    ]


@device_rule(
    "DEV033",
    Level.ERROR,
    requirement="the names in every certificate on the device are valid strings, and in its own certificate every"
    " attribute before the CN (in LwM2M mode: before the OU) is one that the device's library knows",
    title="a name in a certificate on the device cannot be read",
    why="The device's library refuses values that are not valid strings of their type. The device searches its CN"
    " attribute by attribute and gives up at the first one that it does not know.",
    fix="sign devices with CN, O and OU only, in UTF8String",
    passes="CN=line1-0001, UID=7",
    fails="UID=7, CN=line1-0001; a UTF8String in Latin-1",
    source=(rfc(5280, "4.1.2.4"), device_code("Mbed TLS 2.28, x509.c, oid.c; cs_der_certs.c", "DC-13")),
    looks_at=(DeviceField.ENCODING,),
)
def given_names_are_readable(device: Device, ca: CaContext) -> DeviceFindings:
    told = {link.certificate.subject.der for link in ca.chain.links}
    told.update(carried.certificate.subject.der for carried in given_certificates(device))
    findings = [
        Finding(f"{carried_words(carried)}: {fault}", at_carried(carried, fault.partition(":")[0]))
        for carried in _own_to_device(device, ca)
        for fault in name_faults(carried.certificate, told)
        if carried.number != 1 or fault != _EMPTY_CN
    ]
    own = device.certificate
    if own is not None and not device.is_headless and not own.is_among(ca.ca_certificates):
        hidden = _hidden_attribute(own, is_lwm2m=account_of(device, ca) is not None)
        if hidden:
            findings.append(
                Finding(
                    f"the device certificate: {hidden}", at_carried(Carried(own, 1), "subject"), found=str(own.subject)
                )
            )
    return findings


@device_rule(
    "DEV035",
    Level.NOTICE,
    requirement="a strict validator (OpenSSL with X509_STRICT, Python 3.13's default TLS context) accepts the device"
    " certificate too",
    title="a strict validator refuses the device certificate",
    why="Gateways and tools that validate strictly refuse the device, although the portal and the device accept it.",
    fix="sign devices with authorityKeyIdentifier",
    passes="authorityKeyIdentifier with the key identifier of the FCU certificate",
    fails="a device certificate without authorityKeyIdentifier",
    source=inferred("measured with openssl verify -x509_strict", "CA-15"),
    looks_at=WHAT_ALL_SHARE,
)
def strict_validators_accept_device(device: Device, ca: CaContext) -> DeviceFindings:
    certificate = own_certificate(device, ca)
    if certificate.version != 3 or certificate.has_extension(oids.AUTHORITY_KEY_IDENTIFIER):
        return ()
    message = "the device certificate has no authorityKeyIdentifier, which strict validators require"
    return [Finding(message, at_carried(Carried(certificate, 1), "authorityKeyIdentifier"))]


def _hidden_attribute(certificate: Certificate, *, is_lwm2m: bool) -> str:
    """Which attribute the device stops at before it has found what it looks for; empty if none is in the way."""
    kinds = [attribute.oid for rdn in certificate.subject.rdns for attribute in rdn]
    wanted = [(oids.COMMON_NAME, "CN"), *([(oids.ORGANIZATIONAL_UNIT, "OU")] if is_lwm2m else [])]
    for oid, title in wanted:
        before = kinds[: kinds.index(oid)] if oid in kinds else []
        unknown = next((kind for kind in before if kind not in _KNOWN_TO_DEVICE), None)
        if unknown is not None:
            return f"{oids.named(unknown, oids.ATTRIBUTES)} comes before the {title}, and the device does not know it"
    return ""


@device_rule(
    "DEV034",
    Level.ERROR,
    requirement="in every certificate on the device the key's AlgorithmIdentifier is the curve only, every extension"
    " has the structure that its RFC defines, and there are no unique identifiers",
    title="a certificate on the device has a malformed key algorithm or extension",
    why="The device's library, OpenSSL or a strict validator refuses the whole certificate for any of these.",
    fix="sign devices with a tool that follows RFC 5280, and with only the extensions that they need",
    passes="keyUsage, extKeyUsage, key identifiers",
    fails="a NULL after the curve; an empty certificatePolicies; nameConstraints in a device certificate",
    source=(rfc(5280, "4.2"), rfc(5480, "2.1.1"), device_code("Mbed TLS 2.28, x509_crt.c", "DC-13")),
    looks_at=(DeviceField.ENCODING,),
)
def given_extensions_are_well_formed(device: Device, ca: CaContext) -> DeviceFindings:
    return [
        Finding(f"{carried_words(carried)}: {fault}", at_carried(carried, field))
        for carried in given_certificates(device)
        for field, fault in _faults(carried, is_ca=carried.certificate.is_among(ca.ca_certificates))
    ]


def _faults(carried: Carried, *, is_ca: bool) -> Iterator[tuple[str, str]]:
    """Field and fault; of a certificate of fcu.crt only what the CRT rules have not said."""
    certificate = carried.certificate
    if certificate.has_unique_identifiers and certificate.version == 3:
        yield "uniqueIdentifiers", "has a unique identifier"
    if is_ca:
        return
    if certificate.public_key.algorithm_fault:
        yield "subjectPublicKeyInfo", certificate.public_key.algorithm_fault
    for fault in certificate.extension_faults:
        yield fault.split(":")[0].split()[0], fault
    constraints = certificate.basic_constraints
    if constraints is not None and constraints.ca:
        return
    if any(extension.oid == oids.NAME_CONSTRAINTS and not extension.critical for extension in certificate.extensions):
        yield "nameConstraints", "has nameConstraints, but is not a CA certificate"

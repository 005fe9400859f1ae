"""Defects of how things are encoded: PEM, DER, dates, names, algorithms, extensions, in fcu.crt and on devices."""

from __future__ import annotations

from reference_ca.defects import asn1
from reference_ca.defects.bundle_edits import CHAINED, SETUP_PARAMETERS, expected_at
from reference_ca.defects.certificates import (
    CERTIFICATE_POLICIES,
    NAME_CONSTRAINTS,
    Certificate,
    Extension,
    spki,
)
from reference_ca.defects.in_bundle_certificates import SERVER
from reference_ca.defects.in_certificates import CHAIN, CRT
from reference_ca.defects.in_chains import directory, name_constraints
from reference_ca.defects.in_devices import ANY, LWM2M, ONE, PEM
from reference_ca.defects.model import DEFAULT, ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import CERTIFICATE_FILE, KEY_FILE, FactorySetup

KEY = "fcu_private_key.pem"
UTF8, NUMERIC, PRINTABLE = 12, 18, 19
USER_ID = "0.9.2342.19200300.100.1.1"
_POLICY = asn1.oid("1.3.6.1.4.1.99999.2")
_UNIQUE = asn1.context(1, b"\0\1\2", constructed=False)


def _value(kind: str, tag: int, octets: bytes) -> bytes:
    """An RDN whose value has these octets, whatever they are."""
    return asn1.element(17, asn1.sequence(asn1.oid(kind), asn1.element(tag, octets)), constructed=True)


def _add_to_subject(certificate: Certificate, *rdns: bytes, first: bool = False) -> None:
    """Put RDNs behind those of a subject, or before them."""
    own = certificate.subject[2:]
    certificate.subject = asn1.sequence(*rdns, own) if first else asn1.sequence(own, *rdns)


def _null_after_curve(certificate: Certificate) -> None:
    point = spki(certificate.key)[26:]
    curve = asn1.oid("1.2.840.10045.3.1.7")
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.2.1"), curve, asn1.element(5, b""))
    certificate.spki = asn1.sequence(algorithm, asn1.bits(point))


def _pad_serial(certificate: Certificate) -> None:
    """Write the serial number with an octet of zeros that it does not need."""
    number = asn1.integer(certificate.serial)
    padded = asn1.element(2, b"\0" + number[2:])
    certificate.signed_part = lambda der: asn1.element(16, der[4:].replace(number, padded, 1), constructed=True)


@defect(ExpectedFinding("KEY002", KEY), parameters=DEFAULT)
def key_of_another_label(s: FactorySetup) -> None:
    """The key is PKCS#8 and labelled EC PRIVATE KEY: OpenSSL reads it, and others refuse it."""
    s.edit_file(KEY_FILE, lambda data: data.replace(b" PRIVATE KEY", b" EC PRIVATE KEY"))


@defect(ExpectedFinding("KEY002", KEY), parameters=DEFAULT)
def key_indented(s: FactorySetup) -> None:
    """The key is indented, as it is where it was taken out of a YAML file: OpenSSL does not find it."""
    s.edit_file(KEY_FILE, lambda data: b"".join(b"  " + row for row in data.splitlines(keepends=True)))


@defect(*(ExpectedFinding("CRT002", CRT, number) for number in (1, 2, 3)), needs=Needs(length=3, longest=3))
def fcu_crt_with_carriage_returns(s: FactorySetup) -> None:
    """The lines of fcu.crt end with carriage returns alone: OpenSSL finds no certificate."""
    s.edit_file(CERTIFICATE_FILE, lambda data: data.replace(b"\n", b"\r"))


@defect(*(ExpectedFinding("CRT002", CRT, number) for number in (1, 2, 3)), needs=Needs(length=3, longest=3))
def fcu_crt_with_blank_lines(s: FactorySetup) -> None:
    """A blank line follows each line of fcu.crt: OpenSSL takes the first for the end of headers."""
    s.edit_file(CERTIFICATE_FILE, lambda data: data.replace(b"\n", b"\n\n"))


@near_miss(needs=CHAIN, about="CRT002")
def fcu_crt_in_long_lines(s: FactorySetup) -> None:
    """The lines of fcu.crt end with CR LF and have blanks behind them, which all readers pass over."""
    s.edit_file(CERTIFICATE_FILE, lambda data: data.replace(b"\n", b" \r\n"))


@defect(ExpectedFinding("CRT019", CRT, 2, "subject"), needs=CHAIN)
def name_in_latin_1(s: FactorySetup) -> None:
    """The intermediate's name has a UTF8String whose octets are Latin-1, as a script writes that names no encoding."""
    _add_to_subject(s.chain[1], _value("2.5.4.7", UTF8, "Köln".encode("latin-1")))


@defect(ExpectedFinding("CRT019", CRT, 3, "subject"), needs=CHAIN, baseline="printable-strings")
def underscore_in_printable_string(s: FactorySetup) -> None:
    """The root's name has an underscore in a PrintableString, which that type does not have."""
    _add_to_subject(s.chain[-1], _value("2.5.4.11", PRINTABLE, b"Line_1"))


@defect(ExpectedFinding("CRT019", CRT, 2, "subject"), needs=CHAIN)
def numeric_string_in_name(s: FactorySetup) -> None:
    """The intermediate's name has a NumericString, which the device's library cannot parse."""
    _add_to_subject(s.chain[1], _value("2.5.4.5", NUMERIC, b"4711"))


@near_miss(needs=CHAIN, about="CRT019")
def printable_strings(s: FactorySetup) -> None:
    """The names of root and intermediate are PrintableStrings with all that this type has beside letters."""
    for certificate in s.chain[1:]:
        _add_to_subject(certificate, _value("2.5.4.11", PRINTABLE, b"Line 1 '()+,-./:=?"))


@defect(ExpectedFinding("CRT020", CRT, 2, "subjectPublicKeyInfo"), needs=CHAIN)
def null_after_curve(s: FactorySetup) -> None:
    """A NULL follows the curve in the AlgorithmIdentifier of the intermediate's key, as it stands in RSA keys."""
    _null_after_curve(s.chain[1])


@defect(ExpectedFinding("CRT021", CRT, 3, "nameConstraints"), needs=CHAIN, baseline="name-constraints-of-addresses")
def name_constraints_without_subtree(s: FactorySetup) -> None:
    """The root's nameConstraints is an empty SEQUENCE."""
    s.chain[-1].extensions["nameConstraints"] = Extension(NAME_CONSTRAINTS, asn1.sequence(), True)


@defect(ExpectedFinding("CRT021", CRT, 3, "nameConstraints"), needs=CHAIN, baseline="name-constraints-of-addresses")
def name_constraints_of_five_octets(s: FactorySetup) -> None:
    """The root excludes IP addresses with a constraint of five octets, half of a mask."""
    subtree = asn1.context(7, bytes([10, 0, 0, 0, 255]), constructed=False)
    s.chain[-1].extensions["nameConstraints"] = name_constraints(excluded=subtree)


@near_miss(needs=Needs(length=3, deepest=2), about="CRT021")
def name_constraints_of_addresses(s: FactorySetup) -> None:
    """The root excludes a network of IP addresses, with address and mask."""
    subtree = asn1.context(7, bytes([10, 0, 0, 0, 255, 0, 0, 0]), constructed=False)
    s.chain[-1].extensions["nameConstraints"] = name_constraints(excluded=subtree)


@defect(ExpectedFinding("CRT021", CRT, 2, "authorityKeyIdentifier"), needs=CHAIN)
def critical_authority_key_identifier(s: FactorySetup) -> None:
    """The intermediate's authorityKeyIdentifier is critical, which RFC 5280 forbids."""
    s.chain[1].extensions["authorityKeyIdentifier"].critical = True


@defect(ExpectedFinding("DEV031", PEM, 1), needs=ANY, parameters=ONE, baseline="device-serial-with-the-zero-it-needs")
def device_serial_with_leading_zero(s: FactorySetup) -> None:
    """The device's serial number has an octet of zeros in front that it does not need, as one in 256 random ones has
    that a script writes in a fixed length.
    """
    _pad_serial(s.device.certificate)


@near_miss(needs=ANY, parameters=ONE, about="DEV031")
def device_serial_with_the_zero_it_needs(s: FactorySetup) -> None:
    """The device's serial number begins with a zero that keeps it positive."""
    s.device.certificate.serial = 0x80 << 80


@defect(expected_at("DEV031", SERVER), needs=CHAINED, parameters=SETUP_PARAMETERS)
def server_certificate_of_ber(s: FactorySetup) -> None:
    """The server's CA certificate has the octet 01 for true, as BER allows."""
    s.server_ca.extensions["basicConstraints"].value = asn1.sequence(asn1.element(1, b"\1"))


@defect(ExpectedFinding("DEV032", PEM, 1, "notBefore"), needs=ANY, parameters=ONE)
def device_dates_without_seconds(s: FactorySetup) -> None:
    """The device's notBefore has no seconds."""
    s.device.certificate.not_before = asn1.utc_time(f"{s.made:%y%m%d%H%M}Z")


@defect(ExpectedFinding("DEV032", PEM, 1, "notAfter"), needs=ANY, parameters=ONE, baseline="device-until-9999")
def device_dates_with_fractions(s: FactorySetup) -> None:
    """The device's notAfter has a fraction of a second."""
    s.device.certificate.not_after = asn1.generalized_time("20600101000000.5Z")


@near_miss(needs=ANY, parameters=ONE, about="DEV032")
def device_until_9999(s: FactorySetup) -> None:
    """The device's certificate never ends: RFC 5280 has a date of its own for that."""
    s.device.certificate.not_after = asn1.generalized_time("99991231235959Z")


@defect(ExpectedFinding("DEV033", PEM, 1, "subject"), needs=ANY, parameters=ONE)
def device_name_in_latin_1(s: FactorySetup) -> None:
    """The device's name has a UTF8String whose octets are Latin-1."""
    _add_to_subject(s.device.certificate, _value("2.5.4.7", UTF8, "Jyväskylä".encode("latin-1")))


@defect(
    ExpectedFinding("DEV033", PEM, 1, "subject"), needs=ANY, parameters=ONE, baseline="unknown-attribute-behind-names"
)
def unknown_attribute_before_common_name(s: FactorySetup) -> None:
    """A UID stands before the device's CN, and the device's library has no name for it."""
    _add_to_subject(s.device.certificate, _value(USER_ID, UTF8, b"7"), first=True)


@defect(
    ExpectedFinding("DEV033", PEM, 1, "subject"), needs=Needs(devices=1, form="pem", mode="lwm2m"), parameters=LWM2M
)
def unknown_attribute_before_account(s: FactorySetup) -> None:
    """In LwM2M mode a UID stands between the device's CN and its OU, which is the account."""
    subject = s.device.certificate.subject
    account = asn1.name(("OU", asn1.value_of(subject, "OU")))[2:]
    s.device.certificate.subject = asn1.sequence(subject[2:].replace(account, _value(USER_ID, UTF8, b"7") + account))


@near_miss(needs=ANY, parameters=ONE, about="DEV033")
def unknown_attribute_behind_names(s: FactorySetup) -> None:
    """A UID stands behind the device's other names."""
    _add_to_subject(s.device.certificate, _value(USER_ID, UTF8, b"7"))


@defect(ExpectedFinding("DEV035", PEM, 1, "authorityKeyIdentifier", "notice"), needs=ANY, parameters=ONE)
def device_that_names_no_issuer_key(s: FactorySetup) -> None:
    """The device certificate does not say by which key it was signed."""
    del s.device.certificate.extensions["authorityKeyIdentifier"]


@defect(ExpectedFinding("DEV034", PEM, 1, "subjectPublicKeyInfo"), needs=ANY, parameters=ONE)
def null_after_device_curve(s: FactorySetup) -> None:
    """A NULL follows the curve in the AlgorithmIdentifier of the device's key."""
    _null_after_curve(s.device.certificate)


@defect(ExpectedFinding("DEV034", PEM, 1, "certificatePolicies"), needs=ANY, parameters=ONE, baseline="device-policies")
def device_without_any_policy(s: FactorySetup) -> None:
    """The device's certificatePolicies is an empty SEQUENCE."""
    s.device.certificate.extensions["policies"] = Extension(CERTIFICATE_POLICIES, asn1.sequence())


@near_miss(needs=ANY, parameters=ONE, about="DEV034")
def device_policies(s: FactorySetup) -> None:
    """The device's certificatePolicies has a policy, and where it can be read."""
    place = asn1.sequence(asn1.oid("1.3.6.1.5.5.7.2.1"), asn1.element(22, b"https://example.com/cps"))
    policies = asn1.sequence(asn1.sequence(_POLICY, asn1.sequence(place)))
    s.device.certificate.extensions["policies"] = Extension(CERTIFICATE_POLICIES, policies)


@defect(ExpectedFinding("DEV034", PEM, 1, "nameConstraints"), needs=ANY, parameters=ONE)
def name_constraints_in_device(s: FactorySetup) -> None:
    """The device certificate has nameConstraints, which are for CAs."""
    constraints = name_constraints(excluded=directory(asn1.name(("O", "Others"))))
    constraints.critical = False
    s.device.certificate.extensions["nameConstraints"] = constraints


@defect(ExpectedFinding("DEV034", PEM, 1, "uniqueIdentifiers"), needs=ANY, parameters=ONE)
def unique_identifier_in_device(s: FactorySetup) -> None:
    """The device certificate has an issuerUniqueID, which no certificate of today has."""
    key = spki(s.device.key)
    s.device.certificate.signed_part = lambda der: asn1.element(
        16, der[4:].replace(key, key + _UNIQUE, 1), constructed=True
    )

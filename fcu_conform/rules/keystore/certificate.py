"""CRT: every certificate of fcu.crt by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fcu_conform.artefacts.bounded_io.reading import Trouble
from fcu_conform.artefacts.chain import Link
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.oids import ECDSA_SHA256
from fcu_conform.artefacts.encodings.pem_layout import mending
from fcu_conform.artefacts.keystore import CERTIFICATE_NAME
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.model import Blocked, Finding, Findings, Level, Location, requires, rule
from fcu_conform.rules.support.formatting import (
    DAY,
    TEN_YEARS,
    at_certificate,
    certificate_text,
    file_trouble,
    format_instant,
    format_span,
)
from fcu_conform.rules.support.sources import CREDENTIALS, ca_guidelines, device_code, docs, fcu_error, page, rfc

THIRTY_FIVE_YEARS = 35 * 365 * DAY
SECOND = timedelta(seconds=1)
"""notAfter is the last second of the validity, so that one of whole days may end a second early (RFC 5280 4.1.2.5)."""
MAX_SERIAL_BITS = 159
"""What 20 octets hold beside the sign bit: a larger number takes 21 octets in DER."""


def certificates(setup: Setup, *, version_3: bool = False) -> Iterator[tuple[Link, Certificate]]:
    """Every certificate of fcu.crt that could be read, once each; on demand only those that can have extensions.

    Device certificates, which CHN007 tells of, are left out.
    """
    links = setup.ca.chain.distinct
    if not links and setup.ca.device_links:
        raise Blocked("CHN007")
    requires(links, "fcu.crt has no readable certificate")
    for link in links:
        if not version_3 or link.certificate.version == 3:
            yield link, link.certificate


@rule(
    "CRT001",
    Level.ERROR,
    requirement="the keystore has fcu.crt, a readable regular file",
    title="fcu.crt is missing or cannot be read",
    why="FCU signs devices under the certificate in this file. Without it FCU stops with error 210.",
    fix="run FCU's setup, or put your CA's chain into the keystore as fcu.crt, the FCU certificate first",
    passes="keystore/fcu.crt is a readable file",
    fails="keystore/ has fcu.pem instead",
    source=(page(CREDENTIALS, "K-01", "K-02", "K-10"), fcu_error(210, "E-19")),
    needs=("CSR009",),
)
def certificate_file_is_there(setup: Setup) -> Findings:
    file = setup.keystore.fcu_crt
    if file.file.trouble is Trouble.MISSING:
        if setup.lacks_request:
            raise Blocked("CSR001")
        yield Finding(file.file.detail or "is not in the keystore", Location(CERTIFICATE_NAME), "a file", "none")
    elif file.file.trouble not in (None, Trouble.TOO_LARGE):
        yield Finding(file_trouble(file), Location(CERTIFICATE_NAME), expected="a regular file that can be read")


@rule(
    "CRT002",
    Level.ERROR,
    requirement="every certificate in fcu.crt parses as DER, without trailing bytes",
    title="a certificate in fcu.crt cannot be parsed",
    why="FCU either fails to load the file (error 211), or puts certificates on devices that the devices cannot read.",
    fix="copy the certificate again from the original; to convert a DER file: openssl x509 -inform DER -in CERT -out"
    " CERT.pem",
    passes="openssl x509 shows every certificate",
    fails="an empty file, a DER file, a truncated block",
    source=(page("Providing external credentials", "CA-01"), fcu_error(211, "E-20")),
    needs=("CRT001",),
)
def certificates_parse(setup: Setup) -> Findings:
    file = setup.keystore.fcu_crt
    expected = "PEM blocks of certificates"
    if file.pem.problem:
        fix = mending(file.pem.problem, CERTIFICATE_NAME)
        yield Finding(file.pem.problem, Location(CERTIFICATE_NAME), expected, fix=fix)
    elif not file.entries:
        raise Blocked("CHN001")
    count = len(file.entries)
    has_found = bool(file.pem.problem)
    for entry in file.entries:
        place = Location(CERTIFICATE_NAME, entry.index, entry.line)
        words = f"certificate {entry.index} of {count}"
        if entry.is_mislabelled:
            continue
        if entry.certificate is None:
            has_found = True
            fix = mending(entry.problem, CERTIFICATE_NAME)
            yield Finding(f"{words}: {entry.problem}", place, "a certificate in DER", fix=fix)
            continue
        if entry.certificate.trailing:
            yield Finding(f"{words}: has {pluralize(entry.certificate.trailing, 'trailing byte')}", place)
        for problem in entry.certificate.malformed_extensions:
            yield Finding(f"{words}: {problem}", place)
    if not has_found and any(entry.is_mislabelled for entry in file.entries):
        raise Blocked("CHN001")


@rule(
    "CRT003",
    Level.ERROR,
    requirement="every certificate is X.509 version 3",
    title="a certificate is not X.509 version 3",
    why="Other versions have no extensions, so nothing marks the certificate as a CA certificate.",
    fix="issue the certificate again with extensions: openssl x509 -req … -extfile ca_config.cnf -extensions ext",
    passes="Version: 3 (0x2)",
    fails="Version: 1 (0x0), as openssl x509 -req writes without -extfile",
    source=ca_guidelines("CA-01"),
    partially_blocked_by=("CRT002",),
)
def certificates_are_version_3(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        if certificate.version != 3:
            yield Finding(
                f"{certificate_text(link, setup.ca)}: is version {certificate.version}",
                at_certificate(link, setup.ca, "version"),
                "version 3",
                f"version {certificate.version}",
            )


@rule(
    "CRT004",
    Level.ERROR,
    requirement="every public key is on P-256 (secp256r1)",
    title="a CA key is not on P-256",
    why="The device's library supports P-256 only. With any other key in its chain the device cannot be configured.",
    fix="make a P-256 key for this CA (openssl ecparam -name prime256v1 -genkey) and issue the certificates again",
    passes="prime256v1 as a named curve, with an uncompressed point",
    fails="RSA, P-384, explicit curve parameters, a compressed point",
    source=(ca_guidelines("CA-02"), device_code("mbedTLSConfig_Linux.h", "DC-07")),
    partially_blocked_by=("CRT002",),
)
def public_keys_are_p256(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        if certificate.public_key.trouble:
            yield Finding(
                f"{certificate_text(link, setup.ca)}: {certificate.public_key.trouble}",
                at_certificate(link, setup.ca, "subjectPublicKeyInfo"),
                "a key on P-256",
                str(certificate.public_key),
            )


@rule(
    "CRT005",
    Level.ERROR,
    requirement="every certificate is signed with ecdsa-with-SHA256, in both of its algorithm fields",
    title="a certificate is not signed with ecdsa-with-SHA256",
    why="The device always hashes with SHA-256, so it refuses a chain with any other signature algorithm.",
    fix="issue the certificate again with -sha256 and an EC key",
    passes="Signature Algorithm: ecdsa-with-SHA256, twice",
    fails="ecdsa-with-SHA384, sha256WithRSAEncryption, two different algorithms",
    source=(ca_guidelines("CA-03"), device_code("storage_common.c, cs_der_certs.c", "DC-03")),
    partially_blocked_by=("CRT002",),
)
def signatures_are_ecdsa_sha256(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        if is_ecdsa_sha256(certificate):
            continue
        place = at_certificate(link, setup.ca, "signatureAlgorithm")
        words, found = certificate_text(link, setup.ca), signature_text(certificate)
        if certificate.inner_algorithm.der != certificate.outer_algorithm.der:
            yield Finding(
                f"{words}: has two different signature algorithms", place, "ecdsa-with-SHA256 inside and outside", found
            )
        else:
            yield Finding(f"{words}: is signed with {found}", place, "ecdsa-with-SHA256", found)


def is_ecdsa_sha256(certificate: Certificate) -> bool:
    """It names ecdsa-with-SHA256, without parameters, the same inside and outside the signed part."""
    inner, outer = certificate.inner_algorithm, certificate.outer_algorithm
    return outer.oid == ECDSA_SHA256 and not outer.has_parameters and inner.der == outer.der


def signature_text(certificate: Certificate) -> str:
    """The signature algorithm that a certificate names, or both of them where they differ."""
    inner, outer = certificate.inner_algorithm, certificate.outer_algorithm
    return str(outer) if inner.der == outer.der else f"{inner} inside, {outer} outside"


@rule(
    "CRT006",
    Level.ERROR,
    requirement="every certificate is valid now",
    title="a certificate has expired or is not valid yet",
    why="Once the certificate of a CA has expired, the devices below it can no longer connect.",
    fix="issue the certificate again and upload it; if notBefore is in the future, check the clock of the machine that"
    " signed it",
    passes="notBefore yesterday, notAfter in 35 years",
    fails="notAfter last week",
    source=ca_guidelines("CA-04", "CA-11"),
    partially_blocked_by=("CRT002",),
)
def certificates_are_valid_now(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        start, end = certificate.not_before.instant, certificate.not_after.instant
        words = certificate_text(link, setup.ca)
        if setup.at < start:
            yield Finding(
                f"{words}: is not valid for another {format_span(start - setup.at)}",
                at_certificate(link, setup.ca, "notBefore"),
                f"notBefore at {format_instant(setup.at)} or earlier",
                f"notBefore {format_instant(start)}",
            )
        elif setup.at > end:
            yield Finding(
                f"{words}: expired {format_span(setup.at - end)} ago",
                at_certificate(link, setup.ca, "notAfter"),
                f"notAfter at {format_instant(setup.at)} or later",
                f"notAfter {format_instant(end)}",
            )


@rule(
    "CRT009",
    Level.WARNING,
    requirement="the FCU certificate is valid for at least 35 years (35 times 365 days)",
    title="the FCU certificate is valid for less than 35 years",
    why="Devices stay in the field for decades. They cannot connect once the certificate above them has expired.",
    fix="issue the certificate again with -days 12775",
    passes="notBefore 2026, notAfter 2061",
    fails="-days 7300, which is 20 years",
    source=ca_guidelines("CA-05", "CA-14", "CA-16"),
    partially_blocked_by=("CRT002",),
)
def fcu_certificate_lasts_35_years(setup: Setup) -> Findings:
    link = setup.ca.fcu_link
    requires(link, "fcu.crt has no readable certificate")
    assert link is not None
    validity = link.certificate.not_after.instant - link.certificate.not_before.instant
    if validity + SECOND < THIRTY_FIVE_YEARS:
        yield Finding(
            f"{certificate_text(link, setup.ca)}: is valid for {validity.days} days",
            at_certificate(link, setup.ca, "validity"),
            f"{THIRTY_FIVE_YEARS.days} days or more",
            f"{validity.days} days",
        )


@rule(
    "CRT010",
    Level.WARNING,
    requirement="the FCU certificate and its issuers stay valid for the 10 years of a device made today",
    title="a CA certificate expires before a device made today does",
    why="A device made today has to connect for ten years or more. It cannot once a CA above it has expired.",
    fix="issue CA certificates that last at least ten years longer than you make devices under them",
    passes="notAfter in 30 years",
    fails="an intermediate that expires in 5 years",
    source=(ca_guidelines("CA-11"), docs("Manually generated keys", "", "DB-05")),
    partially_blocked_by=("CRT002", "CRT006"),
)
def certificates_outlive_devices(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        end = certificate.not_after.instant
        if setup.at <= end < setup.at + TEN_YEARS:
            yield Finding(
                f"{certificate_text(link, setup.ca)}: expires in {format_span(end - setup.at)}",
                at_certificate(link, setup.ca, "notAfter"),
                f"notAfter at least {TEN_YEARS.days} days after {format_instant(setup.at)}",
                f"notAfter {format_instant(end)}",
            )


@rule(
    "CRT011",
    Level.ERROR,
    requirement="serial numbers are positive and at most 20 octets long",
    title="a serial number is not positive or too long",
    why="Validators refuse other serial numbers, and certificates cannot be revoked by them.",
    fix="issue the certificate again with a random serial number: openssl x509 -req … -CAcreateserial",
    passes="a random number of 20 octets",
    fails="0, a negative number, 21 octets",
    source=rfc(5280, "4.1.2.2"),
    partially_blocked_by=("CRT002",),
)
def serial_numbers_are_sound(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        trouble = serial_trouble(certificate)
        if trouble:
            yield Finding(
                f"{certificate_text(link, setup.ca)}: its serial number is {trouble}",
                at_certificate(link, setup.ca, "serialNumber"),
                "positive, at most 20 octets",
                trouble,
            )


def serial_trouble(certificate: Certificate) -> str:
    """What is wrong with a serial number; empty if nothing is."""
    if certificate.serial == 0:
        return "zero"
    if certificate.serial < 0:
        return "negative"
    return "longer than 20 octets" if certificate.serial.bit_length() > MAX_SERIAL_BITS else ""


@rule(
    "CRT012",
    Level.ERROR,
    requirement="every certificate has a subject",
    title="a certificate has an empty subject",
    why="The device's library cannot read a certificate with an empty issuer. At depth 2 or more the device refuses its"
    " chain in the factory, although openssl verify prints OK.",
    fix='issue the certificate again with a name: -subj "/CN=…" (the form "//CN=…" is for MSYS on Windows; elsewhere'
    " it makes an empty subject)",
    passes="CN=ROOT_CA",
    fails='openssl req … -subj "//CN=ROOT_CA" on Linux',
    source=(
        rfc(5280, "4.1.2.6"),
        device_code("Mbed TLS 2.28", "D-09"),
        page("Example: Creating a certificate chain using OpenSSL", "D-09"),
    ),
    partially_blocked_by=("CRT002",),
)
def subjects_are_not_empty(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        if certificate.subject.is_empty:
            yield Finding(
                f"{certificate_text(link, setup.ca)}: its subject is empty",
                at_certificate(link, setup.ca, "subject"),
                "a name with at least one attribute",
                "no attribute",
            )


@rule(
    "CRT016",
    Level.WARNING,
    requirement="dates are UTCTime through 2049 and GeneralizedTime from 2050, with seconds, without fractions, ending"
    " in Z",
    title="a date is not encoded as RFC 5280 requires",
    why="Strict parsers refuse other forms, and lenient ones read them differently.",
    fix="issue the certificate again with a tool that follows RFC 5280",
    passes="UTCTime 261123000000Z, GeneralizedTime 20611123000000Z",
    fails="GeneralizedTime 20261123000000Z",
    source=rfc(5280, "4.1.2.5"),
    partially_blocked_by=("CRT002",),
)
def dates_are_encoded_well(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        for field, time in (("notBefore", certificate.not_before), ("notAfter", certificate.not_after)):
            for note in time.notes:
                place = at_certificate(link, setup.ca, field)
                # That a year before 2050 stands in a GeneralizedTime readers forgive; other forms some cannot parse.
                level = None if note.startswith("GeneralizedTime") else Level.ERROR
                yield Finding(f"{certificate_text(link, setup.ca)}: {field}: {note}", place, level=level)


@rule(
    "CRT018",
    Level.ERROR,
    requirement="every certificate is strict DER, not BER",
    title="a certificate is not strict DER",
    why="A signature covers bytes. A certificate that one parser accepts and another rewrites or refuses works in one"
    " place and fails in the next.",
    fix="issue the certificate again with a tool that writes DER",
    passes="minimal definite lengths, BOOLEAN true as FF, default values omitted",
    fails="an indefinite length; basicConstraints with true as 01",
    source=rfc(5280, "4.1"),
    partially_blocked_by=("CRT002",),
)
def certificates_are_strict_der(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        notes = certificate.der_notes
        if notes:
            more = f" (and {len(notes) - 1} more)" if len(notes) > 1 else ""
            yield Finding(
                f"{certificate_text(link, setup.ca)}: is not strict DER: {notes[0]}{more}",
                at_certificate(link, setup.ca),
                "DER",
                "; ".join(notes[:5]),
            )

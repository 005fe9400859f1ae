"""CRT: what readers have to take apart in the certificates of fcu.crt: names, algorithms, extensions."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.extension_syntax import NOT_CRITICAL
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.keystore.certificate import certificates
from fcu_conform.rules.model import Finding, Findings, Level, rule
from fcu_conform.rules.support.formatting import at_certificate, certificate_text
from fcu_conform.rules.support.sources import device_code, rfc


@rule(
    "CRT019",
    Level.ERROR,
    requirement="every value in a name is a valid string of its type: UTF8String is UTF-8, PrintableString keeps to"
    " its alphabet, BMPString has pairs of octets",
    title="a name has a value that is not a valid string",
    why="Software that cannot read a value refuses the certificate, or reads another name: OpenSSL, Rust's libraries"
    " and the device's library each have their own limits.",
    fix="issue the certificate again with names in UTF8String (openssl: string_mask = utf8only)",
    passes="CN as UTF8String, C as PrintableString",
    fails="a UTF8String in Latin-1; an underscore in a PrintableString; a NumericString",
    source=(rfc(5280, "4.1.2.4"), device_code("Mbed TLS 2.28, x509.c", "D-09")),
    partially_blocked_by=("CRT002",),
)
def names_are_readable(setup: Setup) -> Findings:
    subjects = {link.certificate.subject.der for link in setup.ca.chain.links}
    for link, certificate in certificates(setup):
        for fault in name_faults(certificate, subjects):
            field = fault.partition(":")[0]
            yield Finding(f"{certificate_text(link, setup.ca)}: {fault}", at_certificate(link, setup.ca, field))


def name_faults(certificate: Certificate, told: Collection[bytes]) -> Iterator[str]:
    """What cannot be read in a subject, and in an issuer that is not the subject of a certificate where it is told."""
    yield from (f"subject: {fault}" for fault in certificate.subject.faults)
    if certificate.issuer.der not in told:
        yield from (f"issuer: {fault}" for fault in certificate.issuer.faults)


@rule(
    "CRT020",
    Level.ERROR,
    requirement="the key's AlgorithmIdentifier is id-ecPublicKey and the curve, with nothing after it",
    title="a public key's algorithm has extra parameters",
    why="OpenSSL, Rust's libraries and the device's library cannot read such a key, nor the certificate with it.",
    fix="issue the certificate again with a tool that follows RFC 5480, such as openssl req and openssl x509",
    passes="id-ecPublicKey, prime256v1",
    fails="a NULL after the curve, as for RSA keys",
    source=(rfc(5480, "2.1.1"), device_code("Mbed TLS 2.28, pkparse.c", "D-09")),
    partially_blocked_by=("CRT002",),
)
def key_algorithms_are_the_curve_alone(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        fault = certificate.public_key.algorithm_fault
        if fault:
            place = at_certificate(link, setup.ca, "subjectPublicKeyInfo")
            yield Finding(f"{certificate_text(link, setup.ca)}: {fault}", place, "the curve alone", fault)


@rule(
    "CRT021",
    Level.ERROR,
    requirement="every RFC 5280 extension has the structure that it defines, and is critical only where it allows that",
    title="an extension is malformed, or critical where RFC 5280 forbids it",
    why="Other software parses extensions that no rule here reads. If one is malformed, it refuses the whole"
    " certificate or ignores the extension.",
    fix="issue the certificate again without the extension, or with a tool that encodes it correctly",
    passes="certificatePolicies with one policy; nameConstraints with a permitted subtree",
    fails="nameConstraints without a subtree; an IP constraint of 5 octets; authorityKeyIdentifier critical",
    source=(rfc(5280, "4.2"), rfc(5280, "appendix A")),
    partially_blocked_by=("CRT002",),
)
def extensions_are_well_formed(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        critical = (
            f"{extension.name} is critical"
            for extension in certificate.extensions
            if extension.critical and extension.oid in NOT_CRITICAL
        )
        for fault in (*certificate.extension_faults, *critical):
            place = at_certificate(link, setup.ca, fault.split(":")[0].split()[0])
            yield Finding(f"{certificate_text(link, setup.ca)}: {fault}", place)

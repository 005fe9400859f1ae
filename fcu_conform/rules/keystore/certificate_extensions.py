"""CRT: the extensions of every certificate of fcu.crt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.extensions import Extension
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.keystore.certificate import certificates
from fcu_conform.rules.model import Finding, Findings, Level, rule
from fcu_conform.rules.support.formatting import at_certificate, certificate_text
from fcu_conform.rules.support.inputs import unless_gap
from fcu_conform.rules.support.sources import ca_guidelines, inferred, page, rfc

CA_KEY_USAGES = ("digitalSignature", "keyCertSign", "cRLSign")
_PAGE_EXTENSIONS = (
    Extension(oids.BASIC_CONSTRAINTS, False, bytes.fromhex("30030101ff")),
    Extension(oids.KEY_USAGE, False, bytes.fromhex("03020186")),
)
"""All the extensions that the page's own OpenSSL configuration makes."""


@rule(
    "CRT007",
    Level.ERROR,
    requirement="every certificate has basicConstraints with CA:TRUE",
    title="a certificate is not a CA certificate",
    why="Only a CA certificate may sign other certificates: validators refuse every device below this one.",
    fix="issue the certificate again with basicConstraints = CA:TRUE",
    passes="basicConstraints CA:TRUE, critical or not",
    fails="no basicConstraints, or CA:FALSE",
    source=ca_guidelines("CA-06", "CA-15"),
    partially_blocked_by=("CRT002", "CRT003"),
)
def certificates_are_ca_certificates(setup: Setup) -> Findings:
    for link, certificate in certificates(setup, version_3=True):
        constraints = certificate.basic_constraints
        absent = not certificate.has_extension(oids.BASIC_CONSTRAINTS)
        if absent or (constraints is not None and not constraints.ca):
            yield Finding(
                f"{certificate_text(link, setup.ca)}: is not a CA certificate",
                at_certificate(link, setup.ca, "basicConstraints"),
                "CA:TRUE",
                "no basicConstraints" if absent else "CA:FALSE",
            )


@rule(
    "CRT008",
    Level.ERROR,
    requirement="every certificate has keyUsage with digitalSignature, keyCertSign and cRLSign",
    title="a CA certificate lacks a key usage",
    why="Device Management requires these usages. Without keyCertSign validators refuse every device below.",
    fix="issue the certificate again with keyUsage = digitalSignature, keyCertSign, cRLSign",
    passes="keyUsage digitalSignature, keyCertSign, cRLSign, critical or not",
    fails="keyUsage keyCertSign, cRLSign",
    source=ca_guidelines("CA-07"),
    partially_blocked_by=("CRT002", "CRT003"),
)
def key_usages_are_a_cas(setup: Setup) -> Findings:
    for link, certificate in certificates(setup, version_3=True):
        usages = certificate.key_usage
        absent = not certificate.has_extension(oids.KEY_USAGE)
        missing = [usage for usage in CA_KEY_USAGES if usages is not None and usage not in usages]
        if absent or missing:
            yield Finding(
                f"{certificate_text(link, setup.ca)}: "
                + ("has no keyUsage" if absent else f"keyUsage lacks {', '.join(missing)}"),
                at_certificate(link, setup.ca, "keyUsage"),
                ", ".join(CA_KEY_USAGES),
                "no keyUsage" if usages is None else ", ".join(sorted(usages)) or "none",
            )


@rule(
    "CRT013",
    Level.WARNING,
    requirement="every certificate has a subjectKeyIdentifier",
    title="a certificate has no subjectKeyIdentifier",
    why="Without it strict validators refuse the chain, and a renewed CA cannot be told from the old one.",
    fix="issue the certificate again with subjectKeyIdentifier = hash",
    passes="subjectKeyIdentifier, 20 octets",
    fails="an extensions section with basicConstraints and keyUsage only",
    source=(rfc(5280, "4.2.1.2"), page("Example: Creating a certificate chain using OpenSSL", "CA-16")),
    partially_blocked_by=("CRT002", "CRT003"),
)
def certificates_have_key_identifiers(setup: Setup) -> Findings:
    for link, certificate in certificates(setup, version_3=True):
        if not certificate.has_extension(oids.SUBJECT_KEY_IDENTIFIER):
            as_on_page = certificate.extensions == _PAGE_EXTENSIONS
            yield Finding(
                f"{certificate_text(link, setup.ca)}: has no subjectKeyIdentifier"
                + (", as in the documentation's own OpenSSL example" if as_on_page else ""),
                at_certificate(link, setup.ca, "subjectKeyIdentifier"),
                level=Level.NOTICE if as_on_page else None,
            )


@rule(
    "CRT014",
    Level.ERROR,
    requirement="authorityKeyIdentifier, if present, matches the issuer's subjectKeyIdentifier",
    title="an authorityKeyIdentifier does not match the issuer",
    why="OpenSSL and GnuTLS use it to find the issuer, and find none: the portal may refuse what other tools accept.",
    fix="issue the certificate again with authorityKeyIdentifier = keyid",
    passes="the certificate's authorityKeyIdentifier equals its issuer's subjectKeyIdentifier",
    fails="the intermediate was renewed with another key, and the child still names the old one",
    source=rfc(5280, "4.2.1.1"),
    partially_blocked_by=("CRT002", "CRT003", "CHN004"),
)
def authority_key_identifiers_fit(setup: Setup) -> Findings:
    yield from unless_gap(setup.ca, _unfit_identifiers(setup))


def _unfit_identifiers(setup: Setup) -> Findings:
    path = setup.ca.chain.path
    for position, link in enumerate(path):
        issuer = path[position + 1] if position + 1 < len(path) else link
        if position + 1 == len(path) and not link.certificate.is_self_issued:
            continue  # the issuer is not in the file, which is CHN005's business
        if link.certificate.signed_by(issuer.certificate.public_key) is False:
            continue  # it is another issuer's, which is CHN004's
        for message, expected, found in key_identifier_mismatches(link.certificate, issuer.certificate):
            yield Finding(
                f"{certificate_text(link, setup.ca)}: {message}",
                at_certificate(link, setup.ca, "authorityKeyIdentifier"),
                expected,
                found,
            )


def key_identifier_mismatches(child: Certificate, issuer: Certificate) -> Iterator[tuple[str, str, str]]:
    """Where a certificate's authorityKeyIdentifier does not fit its issuer: message, expected, found."""
    named = child.authority_key_identifier
    if named is None:
        return
    theirs = issuer.subject_key_identifier
    if named.key_identifier is not None and theirs is not None and named.key_identifier != theirs:
        yield (
            "its authorityKeyIdentifier is not the issuer's subjectKeyIdentifier",
            theirs.hex(),
            named.key_identifier.hex(),
        )
    if named.serial is not None and named.serial != issuer.serial:
        yield (
            "the serial number in its authorityKeyIdentifier is not the issuer's",
            f"{issuer.serial:x}",
            f"{named.serial:x}",
        )
    if named.issuer is not None and not named.issuer.matches(issuer.issuer):
        yield (
            "the name in its authorityKeyIdentifier is not that of the issuer's issuer",
            str(issuer.issuer),
            str(named.issuer),
        )


@rule(
    "CRT015",
    Level.ERROR,
    requirement="no extension occurs twice, and every critical extension is one that RFC 5280 defines",
    title="an extension occurs twice, or is critical and unknown",
    why="Software must refuse a certificate with a duplicate extension, or with a critical one that it does not know.",
    fix="issue the certificate again without the extension, or with the extension marked non-critical",
    passes="keyUsage critical",
    fails="1.3.6.1.4.1.99999.1 critical; keyUsage twice",
    source=rfc(5280, "4.2"),
    partially_blocked_by=("CRT002",),
)
def extensions_are_known_and_unique(setup: Setup) -> Findings:
    for link, certificate in certificates(setup):
        words = certificate_text(link, setup.ca)
        for oid, count in Counter(extension.oid for extension in certificate.extensions).items():
            if count > 1:
                name = oids.named(oid, oids.EXTENSIONS)
                yield Finding(
                    f"{words}: has {name} {count} times", at_certificate(link, setup.ca, name), "once", f"{count} times"
                )
        for extension in certificate.extensions:
            if extension.critical and extension.oid not in oids.EXTENSIONS:
                yield Finding(
                    f"{words}: extension {extension.oid} is critical and unknown",
                    at_certificate(link, setup.ca, extension.oid),
                    "non-critical, or an extension that RFC 5280 defines",
                    "critical",
                )


@rule(
    "CRT017",
    Level.WARNING,
    requirement="extKeyUsage, if a CA certificate has it, allows clientAuth",
    title="a CA certificate's extKeyUsage does not allow clientAuth",
    why="Some servers apply a CA's extended key usages to everything below it, and turn the devices away.",
    fix="issue the certificate again without extKeyUsage, or with clientAuth in it",
    passes="no extKeyUsage; extKeyUsage clientAuth",
    fails="extKeyUsage serverAuth",
    source=(rfc(5280, "4.2.1.12"), inferred("OpenSSL with -purpose sslclient refuses such chains")),
    partially_blocked_by=("CRT002", "CRT003"),
)
def extended_key_usages_allow_clients(setup: Setup) -> Findings:
    for link, certificate in certificates(setup, version_3=True):
        purposes = certificate.extended_key_usage
        if purposes is not None and not {oids.CLIENT_AUTH, oids.ANY_EXTENDED_KEY_USAGE} & set(purposes):
            yield Finding(
                f"{certificate_text(link, setup.ca)}: extKeyUsage does not allow clientAuth",
                at_certificate(link, setup.ca, "extKeyUsage"),
                "clientAuth",
                ", ".join(oids.named(purpose, oids.PURPOSES) for purpose in purposes),
            )

"""CHN014: what strict validators ask of the certificates of fcu.crt."""

from __future__ import annotations

from collections.abc import Iterator

from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import Finding, Findings, Level, rule
from fcu_conform.rules.support.formatting import at_certificate, certificate_text
from fcu_conform.rules.support.inputs import path_of, unless_gap
from fcu_conform.rules.support.sources import inferred


@rule(
    "CHN014",
    Level.NOTICE,
    requirement="a strict validator (OpenSSL with X509_STRICT, Python 3.13's default TLS context) accepts the path too",
    title="a strict validator refuses the path",
    why="Gateways and tools that validate strictly refuse the chain, although the portal and the device accept it.",
    fix="issue the CA certificates with basicConstraints critical, subjectKeyIdentifier and authorityKeyIdentifier",
    passes="basicConstraints critical, SKI and AKI in every CA certificate",
    fails="FCU's own certificate, whose basicConstraints is not critical, on OpenSSL 3.0",
    source=inferred("measured with openssl verify -x509_strict", "CA-15"),
    needs=("CRT001",),
    partially_blocked_by=("CRT002", "CRT003", "CRT007", "CRT012"),
)
def strict_readers_accept_path(setup: Setup) -> Findings:
    yield from unless_gap(setup.ca, _not_strict(setup))


def _not_strict(setup: Setup) -> Findings:
    path = path_of(setup.ca)
    for link in path:
        wants = ", ".join(_strict_readers_want(link.certificate))
        if wants and link.certificate.version == 3:  # CRT003 tells what the others lack
            yield Finding(
                f"{certificate_text(link, setup.ca)}: strict validators require {wants}",
                at_certificate(link, setup.ca),
                expected=wants,
            )


def _strict_readers_want(certificate: Certificate) -> Iterator[str]:
    """What OpenSSL with X509_STRICT asks of a CA certificate and this one has not."""
    if not certificate.has_extension(oids.SUBJECT_KEY_IDENTIFIER):
        yield "subjectKeyIdentifier"
    if not certificate.has_extension(oids.AUTHORITY_KEY_IDENTIFIER) and not certificate.is_self_issued:
        yield "authorityKeyIdentifier"
    constraints = [e for e in certificate.extensions if e.oid == oids.BASIC_CONSTRAINTS]
    if constraints and not any(extension.critical for extension in constraints):  # that there are none CRT007 tells
        yield "critical basicConstraints (OpenSSL 3.0)"

"""Where the issuer of a certificate is the subject of the one above by RFC 5280, and yet not in its octets."""

from __future__ import annotations

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.rules.model import Finding, Level, Location

_TO_OPENSSL = (
    "OpenSSL folds the case of ASCII letters and white space only: for it these are two names, and it finds no issuer."
)
_TO_OTHERS = (
    "RFC 5280 calls the names equal, but readers that compare octets, those built on Rust, Go, GnuTLS or"
    " Mbed TLS among them, find no issuer."
)


def encoded_differently(child: Certificate, issuer: Certificate, message: str, at: Location, fix: str) -> list[Finding]:
    """One finding where names that match differ in their octets: a warning, and an error where OpenSSL is lost too."""
    if child.issuer.der == issuer.subject.der or not child.issuer.matches(issuer.subject):
        return []
    is_one = child.issuer.is_one_to_openssl(issuer.subject)
    return [
        Finding(
            message,
            at,
            "the same octets",
            "another string type, case or spacing",
            _TO_OTHERS if is_one else _TO_OPENSSL,
            fix,
            Level.WARNING if is_one else Level.ERROR,
        )
    ]

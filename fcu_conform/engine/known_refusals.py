"""Known causes for which one validator refuses what others rightly accept, and who meets them in practice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from unicodedata import normalize

from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.extensions import GeneralName
from fcu_conform.rules.model import PathQuestion

MBEDTLS_INTERMEDIATES = 8


@dataclass(frozen=True)
class KnownRefusal:
    """Why some validators refuse a path that RFC 5280 allows: what it is, who meets it, and which validators."""

    what: str
    who: str
    validators: frozenset[str]
    applies: Callable[[PathQuestion, datetime], bool]


def _whole(path: PathQuestion) -> tuple[Certificate, ...]:
    return (path.leaf, *path.untrusted, *path.anchors)


def _names_differ_in_bytes(path: PathQuestion, _at: datetime) -> bool:
    certificates = _whole(path)
    return any(
        child.issuer.der != issuer.subject.der and child.issuer.matches(issuer.subject)
        for child in certificates
        for issuer in certificates
    )


def _names_are_beyond_stringprep(path: PathQuestion, _at: datetime) -> bool:
    """A name has characters that RFC 4518 knows nothing of or forbids: younger than Unicode 3.2, say, or from right to
    left.
    """
    import stringprep as tables  # it brings a copy of Unicode 3.2, and is asked only after a refusal

    refused = [getattr(tables, f"in_table_{name}") for name in ("a1", "c3", "c4", "c5", "c6", "c8", "c9", "d1")]
    return any(
        is_in_table(character)
        for certificate in _whole(path)
        for name in (certificate.subject, certificate.issuer)
        for rdn in name.rdns
        for attribute in rdn
        if not attribute.text.isascii()
        for character in {*attribute.text, *normalize("NFKC", "".join(map(tables.map_table_b2, attribute.text)))}
        for is_in_table in refused
    )


def _constrains(*choices: int) -> Callable[[PathQuestion, datetime], bool]:
    def applies(path: PathQuestion, _at: datetime) -> bool:
        return any(
            base.choice in choices
            for certificate in _whole(path)
            if certificate.name_constraints is not None
            for base in (*certificate.name_constraints.permitted, *certificate.name_constraints.excluded)
        )

    return applies


def _is_long(path: PathQuestion, _at: datetime) -> bool:
    return len(path.untrusted) > MBEDTLS_INTERMEDIATES


_PROCESSED_BY_MOST = frozenset(
    {
        oids.BASIC_CONSTRAINTS,
        oids.KEY_USAGE,
        oids.EXTENDED_KEY_USAGE,
        oids.SUBJECT_ALT_NAME,
    }
)


def _marks_critical_beside(*known: str) -> Callable[[PathQuestion, datetime], bool]:
    def applies(path: PathQuestion, _at: datetime) -> bool:
        return any(
            extension.critical and extension.oid not in _PROCESSED_BY_MOST and extension.oid not in known
            for certificate in _whole(path)
            for extension in certificate.extensions
        )

    return applies


def _dates_are_odd(path: PathQuestion, _at: datetime) -> bool:
    return any(c.not_before.notes or c.not_after.notes for c in _whole(path))


def _is_the_last_second(path: PathQuestion, at: datetime) -> bool:
    return any(c.not_after.instant == at.replace(microsecond=0) for c in _whole(path))


def _purposes_exclude_clients(path: PathQuestion, _at: datetime) -> bool:
    return any(
        purposes is not None and not {oids.CLIENT_AUTH, oids.ANY_EXTENDED_KEY_USAGE} & set(purposes)
        for purposes in (certificate.extended_key_usage for certificate in _whole(path)[1:])
    )


def _anchors_share_a_name(path: PathQuestion, _at: datetime) -> bool:
    """A CA was given a new key and kept its name, and the certificate below does not say by which key it was signed."""
    return any(
        one.subject.matches(other.subject) and one.public_key.der != other.public_key.der
        for one, other in combinations(path.anchors, 2)
    )


CAUSES = (
    KnownRefusal(
        "issuer and subject differ only in case or string type, and this validator compares bytes",
        "readers built on Rust, Go, NSS, wolfSSL or GnuTLS, and the device where spaces differ; RFC 5280 section 7.1"
        " calls the names equal",
        frozenset({"cryptography", "certtool", "mbedtls"}),
        _names_differ_in_bytes,
    ),
    KnownRefusal(
        "a name has characters that string preparation (RFC 4518, Unicode 3.2) forbids or does not know",
        "software that prepares names by that RFC, such as the certvalidator family; ASCII is safe everywhere",
        frozenset({"pyhanko", "certvalidator"}),
        _names_are_beyond_stringprep,
    ),
    KnownRefusal(
        "the path has directoryName constraints, which this validator does not support",
        "software built on Rust or Go; on GnuTLS if a name is excluded",
        frozenset({"cryptography", "certtool", "certvalidator"}),
        _constrains(GeneralName.DIRECTORY),
    ),
    KnownRefusal(
        "the path has a DNS constraint, and this validator reads the CN as a host name",
        "servers built on GnuTLS, wolfSSL or Java",
        frozenset({"certtool", "certvalidator"}),
        _constrains(GeneralName.DNS),
    ),
    KnownRefusal(
        "a certificate has a critical extension that Mbed TLS cannot parse",
        "the device, if it carries the certificate (DEV019), and servers built on Mbed TLS",
        frozenset({"mbedtls"}),
        _marks_critical_beside(oids.NETSCAPE_CERT_TYPE),
    ),
    KnownRefusal(
        "a critical extension is about policies, which this validator does not process",
        "software built on Rust or GnuTLS",
        frozenset({"cryptography", "certtool"}),
        _marks_critical_beside(oids.NAME_CONSTRAINTS),
    ),
    KnownRefusal(
        f"the path has more than {MBEDTLS_INTERMEDIATES} intermediates",
        "servers built on Mbed TLS or Rust with their default limits",
        frozenset({"mbedtls", "cryptography"}),
        _is_long,
    ),
    KnownRefusal(
        "a date is not encoded as RFC 5280 requires (CRT016)",
        "strict validators, such as those built on Rust",
        frozenset({"cryptography", "openssl", "openssl-partial", "openssl-command", "mbedtls", "certtool"}),
        _dates_are_odd,
    ),
    KnownRefusal(
        "the instant is the last second of a certificate, which this validator counts as expired",
        "servers built on OpenSSL before 4.0, for that second",
        frozenset({"openssl", "openssl-partial", "openssl-command"}),
        _is_the_last_second,
    ),
    KnownRefusal(
        "a CA certificate has an extKeyUsage without clientAuth (CRT017)",
        "servers that apply a CA's extKeyUsage to everything below it",
        frozenset({"openssl", "openssl-partial", "openssl-command", "certtool", "cryptography"}),
        _purposes_exclude_clients,
    ),
    KnownRefusal(
        "two anchors have the same name and different keys, and the certificate below does not tell which one"
        " signed it",
        "servers built on OpenSSL or GnuTLS, depending on which comes first; an authorityKeyIdentifier fixes it",
        frozenset({"openssl", "openssl-partial", "openssl-command", "certtool"}),
        _anchors_share_a_name,
    ),
)


def find_known_refusal(path: PathQuestion, validator: str, at: datetime) -> KnownRefusal | None:
    """The cause for which this validator is known to refuse such a path at this instant, if there is one."""
    return next((cause for cause in CAUSES if validator in cause.validators and cause.applies(path, at)), None)

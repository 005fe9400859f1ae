"""The syntax of certificate extensions: those of RFC 5280, and others that readers take apart."""

from __future__ import annotations

from fcu_conform.artefacts.encodings import der, oids
from fcu_conform.artefacts.encodings.extensions import Extension
from fcu_conform.artefacts.encodings.names import NAME
from fcu_conform.artefacts.encodings.syntax import (
    ANY,
    BIT_STRING,
    BOOLEAN,
    GENERALIZED_TIME,
    IA5_STRING,
    INTEGER,
    NULL,
    OID,
    UTF8_STRING,
    Check,
    Syntax,
    choice,
    counting,
    explicit,
    implicit,
    primitive,
    sequence,
    sequence_of,
    string,
    whole,
)

NOT_CRITICAL = frozenset(
    {
        oids.SUBJECT_KEY_IDENTIFIER,
        oids.AUTHORITY_KEY_IDENTIFIER,
        oids.SUBJECT_DIRECTORY_ATTRIBUTES,
        oids.FRESHEST_CRL,
        oids.AUTHORITY_INFO_ACCESS,
        oids.SUBJECT_INFO_ACCESS,
    }
)
"""What RFC 5280 forbids to mark critical (4.2.1.1, 4.2.1.2, 4.2.1.8, 4.2.1.15, 4.2.2.1, 4.2.2.2)."""

_CPS, _USER_NOTICE = "1.3.6.1.5.5.7.2.1", "1.3.6.1.5.5.7.2.2"


def _is_not_empty(_data: bytes, _tag: int, start: int, stop: int) -> None:
    if start == stop:
        raise der.DerError("an empty key identifier")


_IDENTIFIER = primitive("KeyIdentifier", der.OCTET_STRING, _is_not_empty)


def _addresses(*lengths: int) -> Syntax:
    def check(_data: bytes, _tag: int, start: int, stop: int) -> None:
        if stop - start not in lengths:
            raise der.DerError(f"an IP address of {stop - start} octets")

    return primitive("iPAddress", der.OCTET_STRING, check)


def _unread(name: str) -> Syntax:
    """A type that RFC 5280 has and cryptography refuses: an extension with one in it cannot be read."""

    def check(_data: bytes, _tag: int, _start: int, _stop: int) -> None:
        raise der.DerError(f"an {name}, which libraries do not read")

    return Syntax(name, frozenset({der.SEQUENCE}), check)


def _typed(name: str, kinds: dict[str, Syntax], otherwise: Syntax | None) -> Check:
    """The check of a SEQUENCE of an OID and a value whose type follows from it; None: there are no other OIDs."""

    def check(data: bytes, _tag: int, start: int, stop: int) -> None:
        oid_start, position = der.expect(data, start, stop, der.OBJECT_IDENTIFIER, name)
        oid = der.oid_text(data[oid_start:position])
        value = kinds.get(oid, otherwise)
        if value is None:
            raise der.DerError(f"{name}: {oid} is not one that RFC 5280 defines")
        if value.at(data, position, stop) != stop:
            raise der.DerError(f"{name}: something follows the value")

    return check


_OTHER_NAMES = {
    "1.3.6.1.4.1.311.20.2.3": UTF8_STRING,
    "1.3.6.1.5.5.7.8.5": UTF8_STRING,
    "1.3.6.1.5.5.7.8.7": IA5_STRING,
    "1.3.6.1.5.5.7.8.9": UTF8_STRING,
}
"""A principal's name, XmppAddr, SRVName, SmtpUTF8Mailbox."""


def _general_name(*lengths: int, minimum: int = 1) -> Syntax:
    """A GeneralName whose addresses have one of these lengths, and whose texts have at least so many octets."""
    named = {oid: explicit(0, value) for oid, value in _OTHER_NAMES.items()}
    other = Syntax("otherName", frozenset({der.SEQUENCE}), _typed("otherName", named, explicit(0, ANY)))
    text = string(der.IA5_STRING, minimum=minimum)
    return choice(
        "GeneralName",
        *(implicit(0, other), implicit(1, text), implicit(2, text), implicit(3, _unread("x400Address"))),
        *(explicit(4, NAME), implicit(5, _unread("ediPartyName"))),
        *(implicit(6, text), implicit(7, _addresses(*lengths)), implicit(8, OID)),
    )


GENERAL_NAME = _general_name(4, 16)
GENERAL_NAMES = sequence_of("GeneralNames", GENERAL_NAME)
_SUBTREES = sequence_of("GeneralSubtrees", sequence("GeneralSubtree", (_general_name(8, 32, minimum=0), False)))
_ATTRIBUTE = sequence("Attribute", (OID, False), (sequence_of("a SET of values", ANY, der.SET), False))
_PAIR = sequence("AttributeTypeAndValue", (OID, False), (ANY, False))
_POINT_NAME = choice(
    "DistributionPointName",
    implicit(0, GENERAL_NAMES),
    implicit(
        1, sequence_of("RelativeDistinguishedName", sequence("an attribute", (OID, False), (ANY, False)), der.SET)
    ),
)
_POINTS = sequence_of(
    "CRLDistributionPoints",
    sequence(
        "DistributionPoint",
        (explicit(0, _POINT_NAME), True),
        (implicit(1, BIT_STRING), True),
        (implicit(2, GENERAL_NAMES), True),
        minimum=1,
    ),
)
_ACCESS = sequence_of("AuthorityInfoAccessSyntax", sequence("AccessDescription", (OID, False), (GENERAL_NAME, False)))
_TEXT = choice(
    "DisplayText", *(string(tag, minimum=1) for tag in (der.IA5_STRING, der.UTF8_STRING, der.BMP_STRING, 0x1A))
)
_NOTICE = sequence(
    "UserNotice",
    (sequence("NoticeReference", (_TEXT, False), (sequence_of("noticeNumbers", counting(), minimum=0), False)), True),
    (_TEXT, False),  # RFC 5280 does not ask for it; GnuTLS refuses all policies where it is missing
)
_QUALIFIER = Syntax(
    "PolicyQualifierInfo",
    frozenset({der.SEQUENCE}),
    _typed("policyQualifierId", {_CPS: string(der.IA5_STRING, minimum=1), _USER_NOTICE: _NOTICE}, None),
)
_POLICY = sequence(
    "PolicyInformation",
    (OID, False),
    (sequence_of("policyQualifiers", _QUALIFIER), True),
)


def _is_one_octet(_data: bytes, _tag: int, start: int, stop: int) -> None:
    """All that the device's library takes."""
    if stop - start != 2:
        raise der.DerError("bits that are not one octet")


def _is_known_feature(data: bytes, _tag: int, start: int, stop: int) -> None:
    """Others than status_request and status_request_v2 readers do not know."""
    if int.from_bytes(data[start:stop], "big") not in (5, 17):
        raise der.DerError("a TLS feature that is neither 5 nor 17")


def _refused(why: str) -> Syntax:
    """An extension that makes readers refuse the certificate, whatever is in it."""

    def refuse(_data: bytes, _tag: int, _start: int, _stop: int) -> None:
        raise der.DerError(why)

    return Syntax("an extension of another profile", frozenset({der.SEQUENCE}), refuse)


_PROXY = _refused("a proxy certificate (RFC 3820), which OpenSSL refuses unless it is asked to take one")
_RESOURCES = _refused("resources of routers (RFC 3779), which OpenSSL refuses where an issuer does not have them too")

SYNTAXES: dict[str, Syntax] = {
    oids.SUBJECT_DIRECTORY_ATTRIBUTES: sequence_of("SubjectDirectoryAttributes", _ATTRIBUTE),
    oids.SUBJECT_KEY_IDENTIFIER: _IDENTIFIER,
    oids.KEY_USAGE: BIT_STRING,
    "2.5.29.16": sequence(
        "PrivateKeyUsagePeriod",
        (implicit(0, GENERALIZED_TIME), True),
        (implicit(1, GENERALIZED_TIME), True),
        minimum=1,
    ),
    oids.SUBJECT_ALT_NAME: GENERAL_NAMES,
    "2.5.29.18": GENERAL_NAMES,
    oids.BASIC_CONSTRAINTS: sequence("BasicConstraints", (BOOLEAN, True), (counting(), True)),
    oids.NAME_CONSTRAINTS: sequence(
        "NameConstraints", (implicit(0, _SUBTREES), True), (implicit(1, _SUBTREES), True), minimum=1
    ),
    "2.5.29.31": _POINTS,
    oids.CERTIFICATE_POLICIES: sequence_of("certificatePolicies", _POLICY),
    "2.5.29.33": sequence_of("PolicyMappings", sequence("a mapping", (OID, False), (OID, False))),
    oids.AUTHORITY_KEY_IDENTIFIER: sequence(
        "AuthorityKeyIdentifier",
        (implicit(0, _IDENTIFIER), True),
        (implicit(1, GENERAL_NAMES), True),
        (implicit(2, INTEGER), True),
    ),
    "2.5.29.36": sequence(
        "PolicyConstraints", (implicit(0, counting()), True), (implicit(1, counting()), True), minimum=1
    ),
    oids.EXTENDED_KEY_USAGE: sequence_of("ExtKeyUsageSyntax", OID),
    oids.FRESHEST_CRL: _POINTS,
    "2.5.29.54": counting(),
    oids.AUTHORITY_INFO_ACCESS: _ACCESS,
    oids.SUBJECT_INFO_ACCESS: _ACCESS,
    "1.3.6.1.5.5.7.1.7": _RESOURCES,
    "1.3.6.1.5.5.7.1.8": _RESOURCES,
    "1.3.6.1.5.5.7.1.14": _PROXY,
    "1.3.6.1.5.5.7.1.24": sequence_of("TLS features", primitive("a TLS feature", der.INTEGER, _is_known_feature)),
    "1.3.6.1.5.5.7.48.1.5": NULL,
    oids.NETSCAPE_CERT_TYPE: primitive("NetscapeCertType", der.BIT_STRING, _is_one_octet),
    **dict.fromkeys((f"2.16.840.1.113730.1.{number}" for number in (2, 3, 4, 7, 8, 12, 13)), IA5_STRING),
}
"""By OID: those of RFC 5280, three of other profiles that are refused, then privateKeyUsagePeriod (RFC 3280), TLS
features (RFC 7633), ocsp-nocheck (RFC 6960) and Netscape's."""


def syntax_fault(extension: Extension) -> str:
    """How an extension's value departs from the syntax of its OID, in words; empty where it does not or none is known.

    That a value is BER and not DER is not its business.
    """
    syntax = SYNTAXES.get(extension.oid)
    if syntax is None:
        return ""
    try:
        if der.normalise(extension.value)[2]:
            return ""
        whole(syntax, extension.value)
    except der.DerError as fault:
        return str(fault)
    return _further_fault(extension)


def _further_fault(extension: Extension) -> str:
    """What the syntax admits and the text of RFC 5280 does not."""
    value = extension.value
    if extension.oid == oids.BASIC_CONSTRAINTS and value[2:3] == b"\x02":
        return "pathLenConstraint without CA true"
    if extension.oid == oids.KEY_USAGE and _narrows_no_agreement(value):
        return "encipherOnly or decipherOnly without keyAgreement, or with keyCertSign, which readers refuse"
    if extension.oid == oids.AUTHORITY_KEY_IDENTIFIER:
        fields = {tag for tag, *_ in der.children(value, *der.only(value, der.SEQUENCE, "authorityKeyIdentifier"))}
        if (0xA1 in fields) is not (0x82 in fields):
            return "the issuer's name without its serial number, or the reverse"
    return ""


def _narrows_no_agreement(usage: bytes) -> bool:
    """cryptography refuses the two bits where they narrow nothing, Mbed TLS where the key signs certificates."""
    bits = int.from_bytes(usage[3:5].ljust(2, b"\0"), "big")
    return bool(bits & 0x0180) and (not bits & 0x0800 or bool(bits & 0x0400))

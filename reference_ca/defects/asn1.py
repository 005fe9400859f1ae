"""DER elements, put together piece by piece, so that any piece can be the wrong one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asn1crypto import algos, core, parser, x509  # type: ignore[import-untyped]

_UNIVERSAL, _CONTEXT = 0, 2

ATTRIBUTES = {
    "CN": "2.5.4.3",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
}
STRINGS: dict[str, Any] = {
    "utf8": core.UTF8String,
    "printable": core.PrintableString,
    "teletex": core.TeletexString,
    "bmp": core.BMPString,
    "universal": core.UniversalString,
}
"""String types that a name's values may have (RFC 5280, 4.1.2.4)."""


def element(tag: int, content: bytes, *, constructed: bool = False) -> bytes:
    """A universal element: identifier, minimal definite length, content."""
    return _emit(_UNIVERSAL, tag, content, constructed=constructed)


def context(tag: int, content: bytes, *, constructed: bool = True) -> bytes:
    """A context-specific element, as for explicit tags and for choices."""
    return _emit(_CONTEXT, tag, content, constructed=constructed)


def _emit(kind: int, tag: int, content: bytes, *, constructed: bool) -> bytes:
    made: bytes = parser.emit(kind, int(constructed), tag, content)
    return made


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of elements."""
    return element(16, b"".join(parts), constructed=True)


def integer(number: int) -> bytes:
    """An INTEGER, negative ones too."""
    return _dumped(core.Integer(number))


def octets(content: bytes) -> bytes:
    """An OCTET STRING."""
    return element(4, content)


def bits(content: bytes) -> bytes:
    """A BIT STRING of whole octets."""
    return element(3, b"\0" + content)


def boolean(value: bool) -> bytes:
    """A BOOLEAN."""
    return _dumped(core.Boolean(value))


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    return _dumped(core.ObjectIdentifier(dotted))


def named_bits(*positions: int) -> bytes:
    """A BIT STRING in which each bit has a meaning of its own, such as keyUsage; trailing zeros are left away."""
    return _dumped(core.BitString(tuple(int(place in positions) for place in range(max(positions) + 1))))


def algorithm(name: str) -> bytes:
    """The AlgorithmIdentifier of a signature, by asn1crypto's name for it, such as ``sha256_ecdsa``."""
    return _dumped(algos.SignedDigestAlgorithm({"algorithm": name}))


def text(value: str, kind: str = "utf8") -> bytes:
    """A string of one of the `STRINGS`."""
    return _dumped(STRINGS[kind](value))


def name(*attributes: tuple[str, str], kind: str = "utf8") -> bytes:
    """A distinguished name: type (CN, O, …) and value of each attribute, in order, an RDN each.

    A country is a PrintableString whatever ``kind`` the others are (RFC 5280, appendix A).
    """
    return sequence(
        *(
            element(
                17,
                sequence(oid(ATTRIBUTES[attribute]), text(value, "printable" if attribute == "C" else kind)),
                constructed=True,
            )
            for attribute, value in attributes
        )
    )


def renamed(subject: bytes, attribute: str, value: str) -> bytes:
    """A name with one attribute's value exchanged, or with the attribute at its end where there was none."""
    wanted = oid(ATTRIBUTES[attribute])
    new = element(17, sequence(wanted, text(value, "printable" if attribute == "C" else "utf8")), constructed=True)
    rdns = [rdn.dump() for rdn in core.SequenceOf.load(subject, spec=core.Any)]
    if not any(wanted in rdn for rdn in rdns):
        return sequence(*rdns, new)
    return sequence(*(new if wanted in rdn else rdn for rdn in rdns))


def recoded(subject: bytes, kind: str) -> bytes:
    """A name with its values in another string type; a country stays as it is."""
    pairs = (pair for rdn in x509.Name.load(subject).chosen for pair in rdn)
    known = {dotted: attribute for attribute, dotted in ATTRIBUTES.items()}
    return name(*((known[pair["type"].dotted], str(pair["value"].native)) for pair in pairs), kind=kind)


def value_of(subject: bytes, attribute: str) -> str:
    """The first value of an attribute in a name, empty where there is none."""
    wanted = ATTRIBUTES[attribute]
    found = (pair for rdn in x509.Name.load(subject).chosen for pair in rdn if pair["type"].dotted == wanted)
    return next((str(pair["value"].native) for pair in found), "")


def time(instant: datetime) -> bytes:
    """UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5)."""
    if 1950 <= instant.year < 2050:
        return utc_time(f"{instant:%y%m%d%H%M%SZ}")
    return generalized_time(f"{instant:%Y%m%d%H%M%SZ}")


def utc_time(written: str) -> bytes:
    """A UTCTime with the given characters, whatever they are."""
    return element(23, written.encode("ascii"))


def generalized_time(written: str) -> bytes:
    """A GeneralizedTime with the given characters, whatever they are."""
    return element(24, written.encode("ascii"))


def indefinite(tag: int, content: bytes) -> bytes:
    """A constructed element in BER's indefinite form, which no DER library writes."""
    return bytes([0x20 | tag, 0x80]) + content + b"\0\0"


def _dumped(value: Any) -> bytes:
    made: bytes = value.dump()
    return made

"""Certificate extensions that the rules look into, each read from its DER value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fcu_conform.artefacts.encodings import der, oids
from fcu_conform.artefacts.encodings.names import Name, parse_name

KEY_USAGES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)


@dataclass(frozen=True)
class Extension:
    """One extension as found in the certificate; ``value`` is the content of its OCTET STRING."""

    oid: str
    critical: bool
    value: bytes
    spells_default: bool = False
    """``critical`` FALSE is encoded, which DER forbids."""

    @property
    def name(self) -> str:
        """What people call it."""
        return oids.named(self.oid, oids.EXTENSIONS)


@dataclass(frozen=True)
class BasicConstraints:
    """Whether the subject is a CA, and how many intermediate CAs may follow below it (None: any number)."""

    ca: bool
    path_length: int | None


@dataclass(frozen=True)
class AuthorityKeyIdentifier:
    """Which key of which issuer signed: key identifier, issuer's issuer name and issuer's serial number."""

    key_identifier: bytes | None
    issuer: Name | None
    serial: int | None


@dataclass(frozen=True)
class GeneralName:
    """A GeneralName: the number of its choice (RFC 5280 section 4.2.1.6) and the content octets."""

    choice: int
    content: bytes

    DNS = 2
    EMAIL = 1
    DIRECTORY = 4
    URI = 6
    IP = 7


@dataclass(frozen=True)
class NameConstraints:
    """Permitted and excluded subtrees of the names of certificates below."""

    permitted: tuple[GeneralName, ...]
    excluded: tuple[GeneralName, ...]


def parse_basic_constraints(value: bytes) -> BasicConstraints:
    """RFC 5280 section 4.2.1.9. Raises DerError."""
    start, stop = der.only(value, der.SEQUENCE, "basicConstraints")
    ca, path_length = False, None
    if start < stop:
        tag, content, end = der.read(value, start, stop)
        if tag == der.BOOLEAN and end - content == 1:
            ca, start = value[content] != 0, end
    if start < stop:
        content, end = der.expect(value, start, stop, der.INTEGER, "pathLenConstraint")
        path_length, start = int.from_bytes(value[content:end], "big", signed=True), end
        if path_length < 0:
            raise der.DerError("basicConstraints: negative pathLenConstraint")
    if start != stop:
        raise der.DerError("basicConstraints: trailing bytes")
    return BasicConstraints(ca, path_length)


def parse_key_usage(value: bytes) -> frozenset[str]:
    """RFC 5280 section 4.2.1.3: the usages by name. Raises DerError."""
    start, stop = der.only(value, der.BIT_STRING, "keyUsage")
    if start == stop or value[start] > 7:
        raise der.DerError("keyUsage: malformed bit string")
    bits = value[start + 1 : stop]
    return frozenset(
        name
        for index, name in enumerate(KEY_USAGES)
        if index // 8 < len(bits) and bits[index // 8] & (0x80 >> index % 8)
    )


def parse_extended_key_usage(value: bytes) -> tuple[str, ...]:
    """RFC 5280 section 4.2.1.12: the purposes' OIDs in order. Raises DerError."""
    start, stop = der.only(value, der.SEQUENCE, "extKeyUsage")
    purposes = []
    for tag, _, content, end in der.children(value, start, stop):
        if tag != der.OBJECT_IDENTIFIER:
            raise der.DerError("extKeyUsage: not an object identifier")
        purposes.append(der.oid_text(value[content:end]))
    if not purposes:
        raise der.DerError("extKeyUsage: no purpose")
    return tuple(purposes)


def parse_key_identifier(value: bytes) -> bytes:
    """RFC 5280 section 4.2.1.2: the key identifier. Raises DerError."""
    start, stop = der.only(value, der.OCTET_STRING, "subjectKeyIdentifier")
    return value[start:stop]


def parse_authority_key_identifier(value: bytes) -> AuthorityKeyIdentifier:
    """RFC 5280 section 4.2.1.1. Raises DerError."""
    start, stop = der.only(value, der.SEQUENCE, "authorityKeyIdentifier")
    key_identifier, issuer, serial = None, None, None
    for tag, _, content, end in der.children(value, start, stop):
        if tag == 0x80:
            key_identifier = value[content:end]
        elif tag == 0xA1:
            names = parse_general_names(value, content, end)
            issuer = next((parse_name(n.content) for n in names if n.choice == GeneralName.DIRECTORY), None)
        elif tag == 0x82:
            serial = int.from_bytes(value[content:end], "big", signed=True)
        else:
            raise der.DerError(f"authorityKeyIdentifier: unknown field {tag:#04x}")
    return AuthorityKeyIdentifier(key_identifier, issuer, serial)


def parse_general_names(data: bytes, start: int, stop: int) -> tuple[GeneralName, ...]:
    """The GeneralNames between two offsets. Raises DerError."""
    names = []
    for tag, _, content, end in der.children(data, start, stop):
        if not 0x80 <= tag <= 0xA8:
            raise der.DerError(f"not a general name: tag {tag:#04x}")
        names.append(GeneralName(tag & 0x1F, data[content:end]))
    return tuple(names)


def parse_subject_alt_name(value: bytes) -> tuple[GeneralName, ...]:
    """RFC 5280 section 4.2.1.6. Raises DerError."""
    start, stop = der.only(value, der.SEQUENCE, "subjectAltName")
    return parse_general_names(value, start, stop)


def parse_name_constraints(value: bytes) -> NameConstraints:
    """RFC 5280 section 4.2.1.10. Raises DerError."""
    start, stop = der.only(value, der.SEQUENCE, "nameConstraints")
    subtrees: dict[int, tuple[GeneralName, ...]] = {}
    for tag, _, content, end in der.children(value, start, stop):
        if tag not in (0xA0, 0xA1):
            raise der.DerError(f"nameConstraints: unknown field {tag:#04x}")
        bases = []
        for _, _, base_start, base_stop in der.children(value, content, end):
            base_tag, base_content, base_end = der.read(value, base_start, base_stop)
            bases.append(GeneralName(base_tag & 0x1F, value[base_content:base_end]))
        subtrees[tag] = tuple(bases)
    return NameConstraints(subtrees.get(0xA0, ()), subtrees.get(0xA1, ()))


PARSERS: dict[str, Callable[[bytes], Any]] = {
    oids.BASIC_CONSTRAINTS: parse_basic_constraints,
    oids.KEY_USAGE: parse_key_usage,
    oids.EXTENDED_KEY_USAGE: parse_extended_key_usage,
    oids.SUBJECT_KEY_IDENTIFIER: parse_key_identifier,
    oids.AUTHORITY_KEY_IDENTIFIER: parse_authority_key_identifier,
    oids.SUBJECT_ALT_NAME: parse_subject_alt_name,
    oids.NAME_CONSTRAINTS: parse_name_constraints,
}


def default_notes(extension: Extension) -> list[str]:
    """Where an extension's value spells out what DER leaves away: defaults, trailing zero bits of a named bit list."""
    value = extension.value
    notes = []
    if extension.spells_default:
        notes.append(f"{extension.name}: critical FALSE is encoded")
    if extension.oid == oids.BASIC_CONSTRAINTS and value[2:5] == b"\x01\x01\x00":
        notes.append("basicConstraints: cA FALSE is encoded")
    if extension.oid == oids.KEY_USAGE and len(value) > 3:
        unused, last = value[2], value[-1]
        if last == 0 or (unused < 8 and not last >> unused & 1):
            notes.append("keyUsage: trailing zero bits are written out")
    return notes

"""Distinguished names: read as they are, compared as RFC 5280 section 7.1 compares them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from fcu_conform.artefacts.bounded_io.limits import NAME_CHARACTERS, NAME_KEPT, NAME_SHOWN
from fcu_conform.artefacts.cached_attribute import cached_attribute
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.oids import ATTRIBUTES, UNIQUE_IDENTIFIER, named
from fcu_conform.artefacts.encodings.strings import TYPES, string_fault
from fcu_conform.artefacts.encodings.syntax import Syntax

_ENCODINGS = {
    der.UTF8_STRING: "utf-8",
    der.NUMERIC_STRING: "ascii",
    der.PRINTABLE_STRING: "ascii",
    der.TELETEX_STRING: "latin-1",
    der.IA5_STRING: "ascii",
    der.UNIVERSAL_STRING: "utf-32-be",
    der.BMP_STRING: "utf-16-be",
}

_NAME_STRINGS = frozenset(_ENCODINGS) - {der.NUMERIC_STRING}
"""DirectoryString's types and IA5String: all that names of RFC 5280 are made of, and all that Mbed TLS reads."""


_IA5_ATTRIBUTES = frozenset({"0.9.2342.19200300.100.1.25", "1.2.840.113549.1.9.1"})
"""domainComponent and emailAddress, which RFC 5280 makes an IA5String (4.1.2.4, appendix A)."""

EMPTY = "an empty value"


class Attribute(NamedTuple):
    """One attribute of a name: its type as a dotted OID, and its value with the string type's tag."""

    oid: str
    tag: int
    value: bytes

    @property
    def text(self) -> str:
        """The value as text; bytes that its string type does not allow are shown escaped."""
        return self.value.decode(_ENCODINGS.get(self.tag, "latin-1"), "backslashreplace")

    @property
    def fault(self) -> str:
        """Why readers cannot read the value, in words; empty if they can."""
        if self.oid == UNIQUE_IDENTIFIER and self.tag == der.BIT_STRING:
            return ""
        if self.tag not in _NAME_STRINGS:
            kind = TYPES.get(self.tag)
            return f"a {kind}, which names do not have" if kind else f"tag {self.tag:#04x}, which is not a string"
        if self.oid in _IA5_ATTRIBUTES and self.tag in (der.BMP_STRING, der.UNIVERSAL_STRING, der.TELETEX_STRING):
            return f"a {TYPES[self.tag]} in place of an IA5String"
        return string_fault(self.tag, self.value) if self.value else EMPTY

    @property
    def comparable(self) -> tuple[str, object]:
        """What two attributes share that RFC 5280 calls equal: case and inner white space do not count."""
        try:
            text = self.value.decode(_ENCODINGS[self.tag])
        except (KeyError, UnicodeDecodeError):  # no string, or none of its type: only the same bytes are the same
            return self.oid, (self.tag, self.value)
        if len(text) > NAME_CHARACTERS:  # normalising takes time quadratic in the number of combining marks
            return self.oid, (self.tag, self.value)
        folded = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
        return self.oid, " ".join(folded.split())

    @property
    def canonical(self) -> tuple[str, object]:
        """What two attributes share that OpenSSL calls equal: it folds ASCII letters and ASCII white space alone."""
        try:
            text = self.value.decode(_ENCODINGS[self.tag]).encode()
        except (KeyError, UnicodeError):
            return self.oid, (self.tag, self.value)
        return self.oid, b" ".join(text.lower().split())


@dataclass(frozen=True)
class Name:
    """A distinguished name: RDNs in the order of the encoding, each a tuple of attributes."""

    der: bytes
    rdns: tuple[tuple[Attribute, ...], ...]

    @property
    def is_empty(self) -> bool:
        """It has no attribute at all."""
        return not self.rdns

    @cached_attribute
    def faults(self) -> tuple[str, ...]:
        """A sentence for each value that readers cannot read, and for an RDN that has an attribute twice."""
        told = [
            f"{named(attribute.oid, ATTRIBUTES)}: {attribute.fault}"
            for rdn in self.rdns
            for attribute in rdn
            if attribute.fault
        ]
        twice = next((rdn[0] for rdn in self.rdns if len(set(rdn)) < len(rdn)), None)
        if twice is not None:
            told.append(f"an attribute stands twice in one RDN: {named(twice.oid, ATTRIBUTES)}")
        return tuple(told)

    def values(self, oid: str) -> list[str]:
        """The values of all attributes of one type, in order."""
        return [attribute.text for rdn in self.rdns for attribute in rdn if attribute.oid == oid]

    def types(self, oid: str) -> list[int]:
        """The tags of the values of all attributes of one type, in order."""
        return [attribute.tag for rdn in self.rdns for attribute in rdn if attribute.oid == oid]

    @cached_attribute
    def comparable(self) -> tuple[frozenset[tuple[str, object]], ...]:
        """The name in the form in which equal names are equal (RFC 5280 section 7.1)."""
        return tuple(frozenset(attribute.comparable for attribute in rdn) for rdn in self.rdns)

    def matches(self, other: Name) -> bool:
        """RFC 5280 calls the two names equal, whatever their string types, case and white space."""
        if len(self.rdns) != len(other.rdns):
            return False
        return self.der == other.der or self.comparable == other.comparable

    def is_one_to_openssl(self, other: Name) -> bool:
        """OpenSSL takes the two for one name."""
        mine, theirs = (
            [frozenset(attribute.canonical for attribute in rdn) for rdn in name.rdns] for name in (self, other)
        )
        return mine == theirs

    def __str__(self) -> str:
        text = ", ".join(
            "+".join(f"{named(attribute.oid, ATTRIBUTES)}={attribute.text}" for attribute in rdn) for rdn in self.rdns
        )
        return text if len(text) <= NAME_SHOWN else f"{text[:NAME_SHOWN]}…"


def parse_name(data: bytes) -> Name:
    """Reads a DER Name.

    Raises:
        DerError: it is not one.
    """
    return _known(data) if len(data) <= NAME_KEPT else _parse(data)


def _parse(data: bytes) -> Name:
    start, stop = der.only(data, der.SEQUENCE, "name")
    rdns = []
    for tag, _, rdn_start, rdn_stop in der.children(data, start, stop):
        if tag != der.SET:
            raise der.DerError("name: an RDN that is not a SET of attributes")
        if rdn_start == rdn_stop:
            raise der.DerError("name: an RDN without attributes")
        rdns.append(tuple(_attribute(data, *span) for span in der.children(data, rdn_start, rdn_stop)))
    return Name(data, tuple(rdns))


_known = lru_cache(maxsize=4096)(_parse)


def _attribute(data: bytes, tag: int, _begin: int, start: int, stop: int) -> Attribute:
    if tag != der.SEQUENCE:
        raise der.DerError("name: an attribute that is not a SEQUENCE")
    type_start, type_stop = der.expect(data, start, stop, der.OBJECT_IDENTIFIER, "attribute type")
    if type_stop >= stop:
        raise der.DerError("name: an attribute without a value")
    value_tag, value_start, value_stop = der.read(data, type_stop, stop)
    if value_stop != stop:
        raise der.DerError("name: an attribute with trailing bytes")
    return Attribute(der.oid_text(data[type_start:type_stop]), value_tag, data[value_start:value_stop])


def _is_name(data: bytes, _tag: int, start: int, stop: int) -> None:
    name = parse_name(der.encode(der.SEQUENCE, data[start:stop]))
    if name.faults:
        raise der.DerError(name.faults[0])


NAME = Syntax("Name", frozenset({der.SEQUENCE}), _is_name)

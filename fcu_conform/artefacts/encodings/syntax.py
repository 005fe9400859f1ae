"""ASN.1 types as small values that check an encoding: what RFC 5280 defines is put together from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.strings import TYPES, has_control, string_fault
from fcu_conform.artefacts.encodings.times import parse_time
from fcu_conform.artefacts.wording import pluralize

Check = Callable[[bytes, int, int, int], None]
"""Takes all octets, the tag, and where the content starts and stops; raises DerError where it is not of the type."""


@dataclass(frozen=True)
class Syntax:
    """A type: the tags that it can begin with, and the check of an element that begins so."""

    name: str
    tags: frozenset[int]
    check: Check

    def at(self, data: bytes, position: int, end: int) -> int:
        """Checks the element at a position, and gives where it ends. Raises DerError."""
        if position >= end:
            raise der.DerError(f"{self.name} is missing")
        tag, start, stop = der.read(data, position, end)
        if tag not in self.tags:
            raise der.DerError(f"tag {tag:#04x} where {self.name} is expected")
        self.check(data, tag, start, stop)
        return stop


def whole(syntax: Syntax, data: bytes) -> None:
    """Checks that ``data`` is one element of a type. Raises DerError."""
    stop = syntax.at(data, 0, len(data))
    if stop != len(data):
        raise der.DerError(pluralize(len(data) - stop, "trailing octet"))


def _anything(_data: bytes, _tag: int, _start: int, _stop: int) -> None:
    pass


def primitive(name: str, tag: int, check: Check = _anything) -> Syntax:
    """A primitive type, and what its content has to be beyond what DER asks of its type."""
    return Syntax(name, frozenset({tag}), check)


def sequence(name: str, *fields: tuple[Syntax, bool], minimum: int = 0) -> Syntax:
    """A SEQUENCE of fields in their order, each with whether it is optional, and at least ``minimum`` of them."""

    def check(data: bytes, _tag: int, start: int, stop: int) -> None:
        count = 0
        for field, is_optional in fields:
            if start < stop and data[start] in field.tags:
                start = field.at(data, start, stop)
                count += 1
            elif not is_optional:
                field.at(data, start, stop)  # which it cannot be: this tells why
        if start < stop:
            raise der.DerError(f"something follows the fields of {name}: tag {data[start]:#04x}")
        if count < minimum:
            raise der.DerError(f"{name} is empty")

    return Syntax(name, frozenset({der.SEQUENCE}), check)


def sequence_of(name: str, item: Syntax, tag: int = der.SEQUENCE, *, minimum: int = 1) -> Syntax:
    """A SEQUENCE OF (or SET OF) with at least so many items."""

    def check(data: bytes, _tag: int, start: int, stop: int) -> None:
        count = 0
        while start < stop:
            start = item.at(data, start, stop)
            count += 1
        if count < minimum:
            raise der.DerError(f"{name} is empty")

    return Syntax(name, frozenset({tag}), check)


def choice(name: str, *options: Syntax) -> Syntax:
    """One of several types that begin with different tags."""

    def check(data: bytes, tag: int, start: int, stop: int) -> None:
        next(option for option in options if tag in option.tags).check(data, tag, start, stop)

    return Syntax(name, frozenset().union(*(option.tags for option in options)), check)


def implicit(number: int, syntax: Syntax) -> Syntax:
    """The type under another tag of its own."""
    (tag,) = syntax.tags

    def check(data: bytes, _tag: int, start: int, stop: int) -> None:
        if not tag & der.CONSTRUCTED:
            notes = der.normalise(der.encode(tag, data[start:stop]))[2]  # which nobody asks who does not know the type
            if notes:
                raise der.DerError(notes[0].removesuffix(" at offset 0"))
        syntax.check(data, tag, start, stop)

    return Syntax(syntax.name, frozenset({0x80 | tag & der.CONSTRUCTED | number}), check)


def explicit(number: int, syntax: Syntax) -> Syntax:
    """The type within an element of its own."""

    def check(data: bytes, _tag: int, start: int, stop: int) -> None:
        if syntax.at(data, start, stop) != stop:
            raise der.DerError(f"something follows {syntax.name}")

    return Syntax(syntax.name, frozenset({0xA0 | number}), check)


def _is_string(data: bytes, tag: int, start: int, stop: int) -> None:
    fault = string_fault(tag, data[start:stop])
    if fault:
        raise der.DerError(fault)


def string(tag: int, *, minimum: int = 0) -> Syntax:
    """A string type with at least so many octets; without control characters where it is an IA5String."""
    name = TYPES[tag]

    def check(data: bytes, _tag: int, start: int, stop: int) -> None:
        if stop - start < minimum:
            raise der.DerError(f"an empty {name}")
        if tag == der.IA5_STRING and has_control(data[start:stop]):
            raise der.DerError("a control character in a text")
        _is_string(data, tag, start, stop)

    return Syntax(name, frozenset({tag}), check)


def _is_oid(data: bytes, _tag: int, start: int, stop: int) -> None:
    der.oid_text(data[start:stop])


def _is_time(data: bytes, tag: int, start: int, stop: int) -> None:
    written = data[start:stop]
    parse_time(tag, written)
    if len(written) != 15 or not written.endswith(b"Z"):
        raise der.DerError("a time that is not YYYYMMDDhhmmssZ")


def _is_value(data: bytes, tag: int, start: int, stop: int) -> None:
    """Of whatever type of ASN.1's own: the strings in it are strings of theirs."""
    if tag & der.CONSTRUCTED:
        for inner, _, content, end in der.children(data, start, stop):
            _is_value(data, inner, content, end)
    elif tag in TYPES:
        _is_string(data, tag, start, stop)


ANY = Syntax("a value", frozenset(range(0x40)), _is_value)
BOOLEAN = primitive("BOOLEAN", der.BOOLEAN)
INTEGER = primitive("INTEGER", der.INTEGER)
NULL = primitive("NULL", der.NULL)
BIT_STRING = primitive("BIT STRING", der.BIT_STRING)
OCTET_STRING = primitive("OCTET STRING", der.OCTET_STRING)
OID = primitive("OBJECT IDENTIFIER", der.OBJECT_IDENTIFIER, _is_oid)
GENERALIZED_TIME = primitive("GeneralizedTime", der.GENERALIZED_TIME, _is_time)
UTF8_STRING, IA5_STRING = string(der.UTF8_STRING), string(der.IA5_STRING)
DIRECTORY_STRING = choice(
    "DirectoryString",
    *map(
        string,
        (der.TELETEX_STRING, der.PRINTABLE_STRING, der.UNIVERSAL_STRING, der.UTF8_STRING, der.BMP_STRING),
    ),
)


def counting(maximum: int = 2**31 - 2) -> Syntax:
    """An INTEGER that is not negative, and at most so large; without a bound of its own, one that all readers hold."""

    def check(data: bytes, _tag: int, start: int, stop: int) -> None:
        if stop - start > 8 or not 0 <= int.from_bytes(data[start:stop], "big", signed=True) <= maximum:
            raise der.DerError(f"a number that is not from 0 to {maximum}")

    return primitive("INTEGER", der.INTEGER, check)

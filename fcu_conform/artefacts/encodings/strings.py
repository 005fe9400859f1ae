"""ASN.1 string types: the octets that each type allows."""

from __future__ import annotations

from typing import Final

from fcu_conform.artefacts.encodings import der

TYPES: Final = {
    der.UTF8_STRING: "UTF8String",
    der.NUMERIC_STRING: "NumericString",
    der.PRINTABLE_STRING: "PrintableString",
    der.TELETEX_STRING: "TeletexString",
    der.IA5_STRING: "IA5String",
    der.UNIVERSAL_STRING: "UniversalString",
    der.BMP_STRING: "BMPString",
    0x1A: "VisibleString",
}
"""What the types are called, by tag."""

PRINTABLE: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?"
"""The alphabet of PrintableString (X.680, 41.4)."""

_CONTROLS: Final = bytes((*range(0x20), 0x7F))

_ENCODINGS: Final = {
    der.UTF8_STRING: "utf-8",
    der.UNIVERSAL_STRING: "utf-32-be",
    der.BMP_STRING: "utf-16-be",
    der.IA5_STRING: "ascii",
    der.NUMERIC_STRING: "ascii",
    0x1A: "ascii",
}

_ASCII_AT_LEAST: Final = frozenset({der.UTF8_STRING, der.TELETEX_STRING, der.IA5_STRING})


def string_fault(tag: int, value: bytes) -> str:
    """Why octets are not a value of a string type, in words; empty if they are, or of a type without an alphabet."""
    if tag == der.PRINTABLE_STRING:
        others = sorted(set(value) - set(PRINTABLE))
        if not others:
            return ""
        shown = ", ".join(repr(chr(octet)) if 0x20 <= octet < 0x7F else f"{octet:#04x}" for octet in others)
        return f"a PrintableString does not have {shown}"
    if tag == der.TELETEX_STRING and not value.isascii():
        return "a TeletexString beyond ASCII, which readers take for Latin-1, T.61 or UTF-8"
    encoding = _ENCODINGS.get(tag)
    if encoding is None:
        return ""
    try:
        text = value.decode(encoding)
    except UnicodeDecodeError as fault:
        return f"a {TYPES[tag]} is not {encoding.upper()}: {fault.reason} at octet {fault.start}"
    if tag == der.BMP_STRING and any(character > "\uffff" for character in text):
        return "a BMPString has a pair of surrogates"
    return ""


def has_control(value: bytes) -> bool:
    """A control character of ASCII stands in it."""
    return len(value.translate(None, _CONTROLS)) < len(value)


def is_string(tag: int, value: bytes) -> bool:
    """Octets are a value of a string type: `string_fault` in a tenth of the time, for what a lot has in each device."""
    if tag == der.PRINTABLE_STRING:
        return not value.translate(None, PRINTABLE)
    return (value.isascii() and tag in _ASCII_AT_LEAST) or not string_fault(tag, value)

"""The subject of a certificate request as the device's library reads it from text (Mbed TLS 2.28, x509_create.c)."""

from __future__ import annotations

MAX_VALUE = 255
"""Octets of one value."""

_OID_OCTETS = {
    **dict.fromkeys(("CN", "commonName", "C", "countryName", "O", "organizationName", "L", "locality"), 3),
    **dict.fromkeys(("OU", "organizationalUnitName", "ST", "stateOrProvinceName", "serialNumber"), 3),
    **dict.fromkeys(("postalAddress", "postalCode", "dnQualifier", "title", "surName", "SN", "givenName", "GN"), 3),
    **dict.fromkeys(("initials", "pseudonym", "generationQualifier"), 3),
    **dict.fromkeys(("R", "emailAddress"), 9),
    **dict.fromkeys(("DC", "domainComponent"), 10),
}
"""Types of attributes by the names that the library knows, exactly, and how many octets their OIDs have."""


class SubjectError(ValueError):
    """The library cannot read the subject; the text says why, after the name of the field."""


def read_subject(text: str) -> list[tuple[int, int]]:
    """The attributes of a subject: octets of the OID and of the value. Empty where the text names none.

    It ends at a NUL, a comma ends a value unless a backslash stands before it, blanks after a comma do not count, and a
    type without an equals sign at the end is ignored.

    Raises:
        SubjectError: the library cannot read it.
    """
    attributes = []
    rest = text.partition("\0")[0]
    while "=" in rest:
        name, _, rest = rest.partition("=")
        if name not in _OID_OCTETS:
            raise SubjectError("has an attribute of unknown type" if name else "has an attribute without a type")
        value, rest = _value(rest)
        octets = len(value.encode())
        if octets > MAX_VALUE:
            raise SubjectError(f"has a value of {octets} octets")
        attributes.append((_OID_OCTETS[name], octets))
    return attributes


def _value(text: str) -> tuple[str, str]:
    """The value that the text begins with, and what follows the comma after it."""
    value = ""
    while True:
        plain, comma, rest = text.partition(",")
        if "\\" in plain[:-1] or (plain.endswith("\\") and not comma):
            raise SubjectError("has a backslash that is not before a comma")
        if not plain.endswith("\\"):
            return value + plain, rest.lstrip(" ")
        value += plain[:-1] + ","
        text = rest

"""The CSV of identities that bulk operations take, by the rules that the interface documents."""

from __future__ import annotations

import re

from reference_ca.portal.protocol import invalid
from reference_ca.portal.resources.enrollments import IDENTITY

LARGEST = 10 * 1000 * 1000
"""Bytes of a file, at most."""

_TRIMMED = "".join(map(chr, range(0x21)))
_LINE_END = re.compile(r"\r\n|\r|\n")


def read_identities(data: bytes) -> list[str]:
    """The first value of each line but the first, which is taken for a header whatever it holds.

    Empty values are left out; others stand for themselves, well-formed or not. Quotation marks around a value are
    removed if what is inside is an identity; otherwise they stay, which makes the value ill-formed, so that neither
    `""` nor white space inside of quotation marks is accepted. `ApiError` 400 for what is too large or not UTF-8.
    """
    if len(data) > LARGEST:
        raise invalid("The file has more than 10 MB.", enrollment_identities="has more than 10 MB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid("The file is not UTF-8.", enrollment_identities="is not UTF-8") from None
    values = (line.partition(",")[0].strip(_TRIMMED) for line in _LINE_END.split(text)[1:])
    return [_unquoted(value) for value in values if value]


def is_identity(value: str) -> bool:
    """Whether it is well-formed."""
    return re.fullmatch(IDENTITY, value) is not None


def _unquoted(value: str) -> str:
    inside = value[1:-1]
    return inside if value[0] == value[-1] == '"' and is_identity(inside) else value

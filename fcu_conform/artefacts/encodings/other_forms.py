"""What a file or a block holds in place of what it should: another encoding, an object of another kind; in words."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable

from fcu_conform.artefacts.bounded_io.limits import PEM_BLOCKS
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.csr import Request
from fcu_conform.artefacts.encodings.pem_layout import DASHES, JWK, PKCS7, PKCS12, UTF_16, Kind
from fcu_conform.artefacts.encodings.private_keys import parse_private_key
from fcu_conform.artefacts.encodings.public_keys import parse_public_key

_DASHES = tuple(dash.encode() for dash in "\u2013\u2014\u2010\u2011\u2212")
_DATA, _SIGNED_DATA = (bytes.fromhex(f"06092a864886f70d01070{number}") for number in (1, 2))
"""The types of content of PKCS#7: data, as in PKCS#12, and signed data, in which certificates are handed over."""
_BASE64_TEXT = re.compile(rb"[A-Za-z0-9+/\s]{60,}={0,2}\s*")
_HEX_TEXT = re.compile(rb"[0-9a-fA-F:\s]{60,}")
_LONGEST = 1 << 16
"""Octets of an object whose kind is looked for."""

_READERS: tuple[tuple[Kind, Callable[[bytes], object]], ...] = (
    (Kind.CERTIFICATE, Certificate),
    (Kind.REQUEST, Request),
    (Kind.PRIVATE_KEY, parse_private_key),
    (Kind.PUBLIC_KEY, parse_public_key),
)


def kind_of_der(data: bytes) -> Kind | None:
    """What a DER object is; None where it is none of those that people take for one another."""
    if len(data) > _LONGEST:
        return None
    for kind, read in _READERS:
        try:
            read(data)
        except der.DerError:
            continue
        return kind
    return None


def describe_non_pem(data: bytes) -> str:
    """What a file without a single PEM block is, for people."""
    if not data.strip(b" \t\r\n\0"):
        return "is empty" if not data else "has nothing but white space"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[1:2] == b"\0" or data[:1] == b"\0":
        return f"is not PEM: it {UTF_16} (save it as ASCII or UTF-8)"
    if data[0] == 0x30:
        return _describe_der_file(data)
    if b"BEGIN " in data and any(dash in data for dash in _DASHES):
        return f"is not PEM: it {DASHES}"
    if data.lstrip()[:1] == b"{" and b'"kty"' in data:
        return f"is not PEM: it {JWK}"
    text = _describe_text(data) if len(data) <= _LONGEST else ""
    return text or "is not PEM: it has no BEGIN line"


def describe_der(data: bytes) -> str:
    """What DER is that people take for a certificate or a key: PKCS#7 or PKCS#12; empty where it is neither."""
    head = data[:64]
    if _SIGNED_DATA in head:
        return PKCS7
    return PKCS12 if _DATA in head and b"\x02\x01\x03" in head[:10] else ""


def describe_content(data: bytes) -> str:
    """What stands under a label that says something else, as a predicate; empty where that is not known."""
    kind = kind_of_der(data)
    return describe_der(data) or (f"holds {kind.value}" if kind else "")


def _describe_der_file(data: bytes) -> str:
    known = describe_der(data)
    if known:
        return f"{known}, as DER"
    what = _objects_in(data)
    return f"is {what} as DER" if what else "is not PEM: it looks like DER (convert it with openssl)"


def _objects_in(data: bytes) -> str:
    """One object, or several certificates, in words; empty where they are not known."""
    objects = _sequence_of_objects(data)
    if len(objects) > 1 and all(kind_of_der(one) is Kind.CERTIFICATE for one in objects):
        return f"{len(objects)} certificates"
    kind = kind_of_der(data) if len(objects) == 1 else None
    return kind.value if kind else ""


def _sequence_of_objects(data: bytes) -> list[bytes]:
    """The elements that DER consists of; what cannot be taken apart is left as it is."""
    objects: list[bytes] = []
    position = 0
    try:
        while position < len(data) and len(objects) < PEM_BLOCKS:
            _, stop = der.expect(data, position, len(data), der.SEQUENCE, "object")
            objects.append(data[position:stop])
            position = stop
    except der.DerError:
        objects.append(data[position:])
    return objects


def _describe_text(data: bytes) -> str:
    """What is written in base64 or hexadecimal digits, named where it can be read; empty for other text."""
    try:
        if _HEX_TEXT.fullmatch(data):
            return f"is {_objects_in(bytes.fromhex(data.decode().replace(':', ''))) or 'text'} in hexadecimal digits"
        if _BASE64_TEXT.fullmatch(data):
            return f"is {_objects_in(binascii.a2b_base64(data)) or 'text'} in base64 without BEGIN and END lines"
    except ValueError:
        return ""
    return ""

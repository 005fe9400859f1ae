"""A tiny DER writer: every form can also be written wrongly on purpose, which the usual builders refuse."""

from __future__ import annotations

from datetime import datetime

SEQUENCE, SET, NULL = 0x30, 0x31, b"\x05\x00"
TRUE, FALSE = b"\x01\x01\xff", b"\x01\x01\x00"


def length(size: int) -> bytes:
    """The definite length, in its shortest form."""
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag: int, *parts: bytes) -> bytes:
    """One element with a one-octet tag."""
    body = b"".join(parts)
    return bytes([tag]) + length(len(body)) + body


def seq(*parts: bytes) -> bytes:
    """SEQUENCE, or SEQUENCE OF."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """SET OF, its elements in the ascending order that DER asks for."""
    return tlv(SET, *sorted(parts))


def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    out = bytearray()
    for arc in (40 * first + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        out += bytes(reversed(groups))
    return tlv(6, bytes(out))


def integer(value: int) -> bytes:
    """INTEGER in the fewest octets that keep its sign."""
    return tlv(2, value.to_bytes((value if value >= 0 else ~value).bit_length() // 8 + 1, "big", signed=True))


def bits(data: bytes, unused: int = 0) -> bytes:
    """BIT STRING."""
    return tlv(3, bytes([unused]), data)


def octets(*parts: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(4, *parts)


def utf8(text: str) -> bytes:
    """UTF8String."""
    return tlv(12, text.encode())


def printable(text: str) -> bytes:
    """PrintableString; the alphabet is the caller's affair."""
    return tlv(19, text.encode("ascii"))


def teletex(text: str) -> bytes:
    """TeletexString, as old authorities still write it."""
    return tlv(20, text.encode("latin-1"))


def ia5(text: str) -> bytes:
    """IA5String."""
    return tlv(22, text.encode("ascii"))


def bmp(text: str) -> bytes:
    """BMPString."""
    return tlv(30, text.encode("utf-16-be"))


def utc_time(moment: datetime) -> bytes:
    """UTCTime with seconds and Z."""
    return tlv(23, moment.strftime("%y%m%d%H%M%SZ").encode())


def generalized_time(moment: datetime) -> bytes:
    """GeneralizedTime with seconds and Z, without fractions."""
    return tlv(24, moment.strftime("%Y%m%d%H%M%SZ").encode())


def time(moment: datetime) -> bytes:
    """Time as RFC 5280 4.1.2.5 has it: UTCTime through 2049, GeneralizedTime from 2050."""
    return utc_time(moment) if moment.year < 2050 else generalized_time(moment)


def explicit(number: int, *parts: bytes) -> bytes:
    """[number] EXPLICIT, or an IMPLICIT constructed type."""
    return tlv(0xA0 | number, *parts)


def implicit(number: int, *parts: bytes) -> bytes:
    """[number] IMPLICIT of a primitive type."""
    return tlv(0x80 | number, *parts)


def split(element: bytes) -> tuple[bytes, bytes, bytes]:
    """(header, contents, what follows) of the first element of well-formed DER."""
    size, start = element[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(element[2:start], "big")
    return element[:start], element[start : start + size], element[start + size :]

"""Private keys as text that is not PEM: JWK, base64, hexadecimal and decimal digits, as copies are kept in files."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator

_BETWEEN = b" \t\r\n:,;-_.'\"[]()"
"""What may stand between digits: hexadecimal octets with colons, numbers in groups, lists of numbers."""

_WEAK = 1 << 128

_MARKER = b"PRIVATE KEY-----"
_JWK_TYPE = re.compile(rb'"kty"\s*:')
_JWK_SECRET = re.compile(rb'"d"\s*:\s*"[A-Za-z0-9_-]{16}')
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_PEM_BLOCK = re.compile(rb"-----BEGIN ([^\r\n-]*)-----[^-]*-----END \1-----")
_KEY_SIZED = re.compile(rb"(?:[0-9A-Fa-f]{2}[:\s]?){32}|[0-9]{70}|[A-Za-z0-9+/_-]{43}")


def key_as_text(data: bytes, scalar: bytes) -> str:
    """What private key stands as text in a file, in words; empty if none is seen.

    Args:
        data: the file's bytes.
        scalar: the private key that is looked for, big-endian; empty where it is not known, and then only what says
            itself that it is a private key is seen.
    """
    text = data.replace(b"\0", b"")  # of UTF-16
    if _JWK_TYPE.search(text) and _JWK_SECRET.search(text):
        return "a private key as JWK"
    base64 = text.translate(_URL_SAFE, b" \t\r\n")
    if any(piece in base64 for piece in _in_base64(_MARKER)):
        return "a PEM private key in base64"
    if not scalar:
        return ""
    if scalar in data:
        return "the bytes of the FCU private key"
    if any(piece in base64 for piece in _in_base64(scalar)):
        return "the FCU private key in base64"
    number = int.from_bytes(scalar, "big")
    if number < _WEAK:
        return ""  # few digits, which stand everywhere
    digits = text.translate(None, _BETWEEN).lower()
    # Of a number the zeros at the beginning are often left out; 0x and \x stand before each octet of a list.
    if any(b"%x" % number in form for form in (digits, re.sub(rb"\\x|0x", b"", digits))):
        return "the FCU private key in hexadecimal"
    return "the FCU private key as a number" if b"%d" % number in digits else ""


def is_key_sized(data: bytes) -> bool:
    """Outside PEM blocks stands text that could be a private key of 32 octets, were that known."""
    return _KEY_SIZED.search(_PEM_BLOCK.sub(b"", data.replace(b"\0", b""))) is not None


def _in_base64(octets: bytes) -> Iterator[bytes]:
    """The characters that stand for some octets alone, for each place where a group of three may begin."""
    for before in range(3):
        text = b64encode(bytes(before) + octets)
        whole = (before + len(octets)) * 4 // 3  # what follows would change the last one
        yield text[before + (before > 0) : whole]

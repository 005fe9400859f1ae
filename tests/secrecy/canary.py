"""Finds a secret however somebody may have written it: raw, hex, base64, decimal, escaped, wrapped, or in part."""

from __future__ import annotations

import base64
import re

WINDOW = 8
"""Octets in a row of the secret that count as a leak; fewer turn up by chance."""

_NOISE = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]|[\s\0:,_-]+")


class Canary:
    """A secret and all its spellings."""

    def __init__(self, secret: bytes) -> None:
        assert len(set(secret)) > WINDOW, "a secret that looks like padding is found everywhere"
        self._spellings = _spellings(secret)

    def traces(self, text: bytes | str) -> list[str]:
        """The forms in which some of the secret stands in a text; line breaks, colours and separators hide nothing."""
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        joined = _NOISE.sub(b"", data)
        return [form for form, pieces in self._spellings.items() if any(p in data or p in joined for p in pieces)]


def _windows(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(len(text) - size + 1)]


def _spellings(secret: bytes) -> dict[str, list[bytes]]:
    """Pieces of each spelling, long enough that none of them is there by chance."""
    digits = 2 * WINDOW
    aligned = [base64.b64encode(bytes(shift) + secret).rstrip(b"=") for shift in range(3)]
    # The first characters at each alignment hold bits of the padding, the last ones bits of what would follow.
    inner = [text[shift + 1 if shift else 0 : -1] for shift, text in enumerate(aligned)]
    length = WINDOW * 4 // 3
    pieces = [piece for text in inner for piece in _windows(text, length)]
    return {
        "raw": _windows(secret, WINDOW),
        "raw, reversed": _windows(secret[::-1], WINDOW),
        "hex": _windows(secret.hex().encode(), digits),
        "hex in capitals": _windows(secret.hex().upper().encode(), digits),
        "base64": pieces,
        "base64url": [
            piece.translate(bytes.maketrans(b"+/", b"-_")).replace(b"-", b"").replace(b"_", b"")
            for piece in pieces
            if b"+" not in piece and b"/" not in piece
        ],
        "decimal": _windows(str(int.from_bytes(secret, "big")).encode(), 20),
        "list of numbers": [b"".join(b"%d" % octet for octet in window) for window in _windows(secret, WINDOW)],
        "escaped": [repr(window)[2:-1].encode() for window in _windows(secret, WINDOW)],
        "latin-1 as UTF-8": [window.decode("latin-1").encode() for window in _windows(secret, WINDOW)],
    }

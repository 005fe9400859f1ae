"""Finds PEM blocks in text that readers refuse because of its layout; only repairs read so leniently."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from fcu_conform.artefacts.bounded_io.limits import PEM_BLOCKS, PEM_LABEL
from fcu_conform.engine.repair.repaired import NotRepairable

_DASHES = tuple(dash.encode() for dash in "\u2010\u2011\u2013\u2014\u2212")
_STRICT = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 ]{1,%d})-----" % PEM_LABEL)
_LOOSE = re.compile(rb"-{1,10}(BEGIN|END) ([A-Z0-9 ]{1,%d})-{1,10}" % PEM_LABEL)
_HEADERS_END = re.compile(rb"\n[ \t]*\n")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True)
class FoundBlock:
    """A PEM block: its label, and its bytes, None where they cannot be decoded or are encrypted."""

    label: str
    data: bytes | None = field(repr=False)

    @property
    def is_private_key(self) -> bool:
        """The label is that of a private key."""
        return self.label.endswith("PRIVATE KEY")


def find_blocks(data: bytes) -> list[FoundBlock]:
    """Every PEM block in some text, in order, whatever its line ends, indents, dashes or encoding are.

    Takes time linear in the number of bytes.

    Raises:
        NotRepairable: there are too many blocks.
    """
    text, marker = _plain(data)
    blocks: list[FoundBlock] = []
    opened: re.Match[bytes] | None = None
    for found in marker.finditer(text):
        if len(blocks) > PEM_BLOCKS:
            raise NotRepairable(f"has more than {PEM_BLOCKS} PEM blocks")
        label = found[2].decode("ascii")
        if found[1] == b"BEGIN":
            if opened is not None:
                blocks.append(FoundBlock(opened[2].decode("ascii"), None))
            opened = found
        elif opened is not None:
            is_pair = opened[2] == found[2]
            blocks.append(FoundBlock(label, _decoded(text[opened.end() : found.start()]) if is_pair else None))
            opened = None
    if opened is not None:
        blocks.append(FoundBlock(opened[2].decode("ascii"), None))
    return blocks


def _plain(data: bytes) -> tuple[bytes, re.Pattern[bytes]]:
    """The text as ASCII with line feeds, and what a marker looks like in it."""
    text = data.translate(None, b"\0")  # of UTF-16
    text = text.replace(b"\\r", b"").replace(b"\\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not any(dash in text for dash in _DASHES):
        return text, _STRICT
    for dash in _DASHES:
        text = text.replace(dash, b"-")
    return text, _LOOSE


def _decoded(body: bytes) -> bytes | None:
    if b":" in body:  # headers of RFC 1421
        headers, *rest = _HEADERS_END.split(body, maxsplit=1)
        if b"ENCRYPTED" in headers or not rest:
            return None
        body = rest[0]
    text = body.translate(None, b" \t\n")
    if not _BASE64.fullmatch(text):
        return None
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return None

"""Every element of a DER encoding, and that encoding with one of them exchanged, dropped, doubled or moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

OCTET_STRING = 0x04
CONSTRUCTED = 0x20


def encode(tag: int, content: bytes) -> bytes:
    """One element with a minimal length."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


@dataclass
class Element:
    """An element with what it holds; an OCTET STRING whose content is DER itself holds that."""

    tag: int
    content: bytes
    children: list[Element] | None
    where: str

    @property
    def der(self) -> bytes:
        return encode(self.tag, self.inside)

    @property
    def inside(self) -> bytes:
        return self.content if self.children is None else b"".join(child.der for child in self.children)


def parse(data: bytes, where: str = "") -> list[Element]:
    """The elements that ``data`` consists of. Raises ValueError where it is not sound DER."""
    found = []
    position = 0
    while position < len(data):
        tag, size, start = data[position], data[position + 1], position + 2
        if size & 0x80:
            count = size & 0x7F
            size, start = int.from_bytes(data[start : start + count], "big"), start + count
        if tag & 0x1F == 0x1F or start + size > len(data):
            raise ValueError("not DER")
        content = data[start : start + size]
        path = f"{where}/{len(found)}"
        children = None
        if tag & CONSTRUCTED:
            children = parse(content, path)
        elif tag == OCTET_STRING and content[:1] in (b"\x30", b"\x03", b"\x04"):
            try:
                children = parse(content, path)
            except (ValueError, IndexError):
                children = None
        found.append(Element(tag, content, children, path))
        position = start + size
    return found


def every(element: Element) -> Iterator[Element]:
    """An element and all that it holds."""
    yield element
    for child in element.children or ():
        yield from every(child)


def replaced(root: Element, target: Element, new: bytes) -> bytes:
    """The encoding of ``root`` with other bytes in the place of one of its elements."""
    if root is target:
        return new
    if root.children is None:
        return root.der
    return encode(root.tag, b"".join(replaced(child, target, new) for child in root.children))

"""Changes of one element of a DER encoding: its tag, its length's form, its value, its place."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from .elements import CONSTRUCTED, Element, encode, every, parse, replaced

STRINGS = (0x0C, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19, 0x1A, 0x1B, 0x1C, 0x1E)
TIMES = (0x17, 0x18)
TAGS = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x16, 0x30, 0x31, 0x80, 0xA0)
STRANGE_TEXTS = (
    b"",
    b"a_b",
    b"a@b",
    b"a*b",
    b"a\0b",
    b"\x80",
    b"\xc3\xa9",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b"\x1b[0m",
)
TIME_TEXTS = (
    *("2601010000Z", "260101000000+0000", "260101000000", "26010100000Z", "260101000060Z", "260101240000Z"),
    *("20260101000000Z", "202601010000Z", "20260101000000.5Z", "20260101000000+0100", "20600101000000Z"),
    *("20600101000000.0Z", "206001010000Z", "20600101000000", "260132000000Z", "000000000000Z", "99991231235959Z"),
    *("19500101000000Z", "500101000000Z", "491231235959Z", "2601010000-0100", "26 101000000Z", "+60101000000Z", ""),
)


def changed(root: Element) -> Iterator[tuple[str, bytes]]:
    """Every change of every element below ``root``: what was done, and the whole encoding."""
    for element in every(root):
        if element is root:
            continue
        for what, new in _of_element(element):
            yield f"{element.where} {element.tag:#04x} {what}", replaced(root, element, new)
    for parent in every(root):
        yield from _of_children(root, parent)


def _of_element(element: Element) -> Iterator[tuple[str, bytes]]:
    tag, inside, der = element.tag, element.inside, element.der
    yield "dropped", b""
    yield "twice", der + der
    yield "NULL after it", der + b"\x05\0"
    yield "NULL before it", b"\x05\0" + der
    yield "in a SEQUENCE", encode(0x30, der)
    yield "empty", encode(tag, b"")
    yield "long length", _with_length(tag, inside, len(der) - len(inside))
    yield "longest length", _with_length(tag, inside, 4)
    if tag & CONSTRUCTED:
        yield "indefinite", bytes((tag, 0x80)) + inside + b"\0\0"
        yield "NULL in it", encode(tag, inside + b"\x05\0")
        yield "NULL first in it", encode(tag, b"\x05\0" + inside)
    yield "another form", encode(tag ^ CONSTRUCTED, inside)
    for other in TAGS:
        if other != tag:
            yield f"tag {other:#04x}", encode(other, inside)
    if tag & 0xC0 == 0x80:
        for number in range(10):
            if number != tag & 0x1F:
                yield f"choice {number}", encode(tag & 0xE0 | number, inside)
    if element.children is None:
        yield from _of_primitive(element)


def _with_length(tag: int, inside: bytes, octets: int) -> bytes:
    octets = max(octets, 1 + (len(inside) > 0xFF))
    return bytes((tag, 0x80 | octets)) + len(inside).to_bytes(octets, "big") + inside


def _of_primitive(element: Element) -> Iterator[tuple[str, bytes]]:
    tag, content = element.tag, element.content
    for what, new in (
        ("00 in front", b"\0" + content),
        ("FF in front", b"\xff" + content),
        ("80 in front", b"\x80" + content),
        ("00 behind", content + b"\0"),
        ("FF behind", content + b"\xff"),
        ("first octet less", content[1:]),
        ("last octet less", content[:-1]),
        ("first octet 00", b"\0" + content[1:]),
        ("first octet FF", b"\xff" + content[1:]),
        ("first octet 7F", b"\x7f" + content[1:]),
        ("first octet 01", b"\1" + content[1:]),
        ("last octet 00", content[:-1] + b"\0"),
        ("last octet 80", content[:-1] + b"\x80"),
        ("last octet FF", content[:-1] + b"\xff"),
        ("00 alone", b"\0"),
        ("01 alone", b"\1"),
        ("80 alone", b"\x80"),
        ("twenty octets of FF", b"\xff" * 20),
        ("twenty octets of 7F", b"\x7f" * 20),
        ("twenty-one octets", b"\x7f" * 21),
    ):
        if new != content:
            yield what, encode(tag, new)
    if tag in STRINGS or tag & 0xC0 == 0x80:
        for text in STRANGE_TEXTS:
            yield f"text {text!r}", encode(tag, text)
        for text in STRANGE_TEXTS:
            yield f"text and {text!r}", encode(tag, content + text)
    if tag in STRINGS:
        for other in STRINGS:
            if other != tag:
                yield f"string {other:#04x}", encode(other, content)
        yield "in pairs", encode(0x1E, b"".join(bytes((0, octet)) for octet in content))
        yield "in fours", encode(0x1C, b"".join(bytes((0, 0, 0, octet)) for octet in content))
        yield "a surrogate", encode(0x1E, b"\xd8\x00\0a")
        for size in (63, 64, 65, 128, 129, 255, 256, 300):
            yield f"{size} letters", encode(tag, b"a" * size)
    if tag in TIMES:
        for kind in TIMES:
            for written in TIME_TEXTS:
                yield f"time {kind:#04x} {written!r}", encode(kind, written.encode())


def _of_children(root: Element, parent: Element) -> Iterator[tuple[str, bytes]]:
    children = parent.children or []
    for number in range(len(children) - 1):
        order = [*children[:number], children[number + 1], children[number], *children[number + 2 :]]
        content = b"".join(child.der for child in order)
        if content != parent.inside:
            new = encode(parent.tag, content)
            yield f"{children[number].where} behind the next", replaced(root, parent, new)


def drawn(data: bytes, random: Random, most: int = 3) -> tuple[str, bytes]:
    """One to ``most`` changes of the one element that ``data`` is, each of what the one before has left."""
    told = []
    for _ in range(random.choice([*[1] * most, *range(2, most + 1)])):
        try:
            (root,) = parse(data)
        except (ValueError, IndexError):  # not an element any more
            break
        what, data = _one(root, random)
        told.append(what)
    return ", then ".join(told), data


def _one(root: Element, random: Random) -> tuple[str, bytes]:
    elements = list(every(root))[1:]
    if not elements:
        return "unchanged", root.der
    if random.random() < 0.05:
        moved = list(_of_children(root, random.choice(elements)))
        if moved:
            return random.choice(moved)
    element = random.choice(elements)
    what, new = random.choice(list(_of_element(element)))
    return f"{element.where} {element.tag:#04x} {what}", replaced(root, element, new)

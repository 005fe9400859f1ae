"""Every data item of a CBOR encoding, and that encoding with one of them written otherwise, dropped or moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, OTHER = range(8)
WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}


def head(major: int, argument: int, width: int | None = None) -> bytes:
    """The head of a data item, as short as it can be or with so many octets after the first."""
    if width is None:
        if argument < 24:
            return bytes((major << 5 | argument,))
        width = next((size for size in WIDTHS.values() if argument < 1 << 8 * size), 8)
    code = next(code for code, size in WIDTHS.items() if size == width)
    return bytes((major << 5 | code,)) + (argument % (1 << 8 * width)).to_bytes(width, "big")


@dataclass(frozen=True)
class Item:
    """A data item: its argument, the content of a string, what it holds; the children of a map are keys and values."""

    major: int
    argument: int = 0
    content: bytes = b""
    children: tuple[Item, ...] = ()
    where: tuple[int, ...] = ()
    raw: bytes | None = None

    @property
    def encoding(self) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.major in (BYTES, TEXT):
            return head(self.major, len(self.content)) + self.content
        if self.major in (ARRAY, MAP):
            return head(self.major, len(self.children) // (1 + (self.major == MAP))) + self.inside
        return head(self.major, self.argument) + self.inside

    @property
    def inside(self) -> bytes:
        return b"".join(child.encoding for child in self.children)


def parse(data: bytes) -> Item:
    """The data item that ``data`` is, of definite lengths all. Raises ValueError where it is another."""
    item, end = _parse(data, 0, ())
    if end != len(data):
        raise ValueError("not one data item")
    return item


def _parse(data: bytes, position: int, where: tuple[int, ...]) -> tuple[Item, int]:
    major, argument = data[position] >> 5, data[position] & 0x1F
    begin, position = position, position + 1
    if argument in WIDTHS:
        stop = position + WIDTHS[argument]
        argument, position = int.from_bytes(data[position:stop], "big"), stop
    elif argument > 27:
        raise ValueError("not of definite length")
    if major in (BYTES, TEXT):
        stop = position + argument
        if stop > len(data):
            raise ValueError("truncated")
        return Item(major, argument, data[position:stop], (), where), stop
    if major == OTHER:
        return Item(major, argument, b"", (), where, data[begin:position]), position
    count = {ARRAY: argument, MAP: 2 * argument, TAG: 1}.get(major, 0)
    children = []
    for number in range(min(count, len(data))):
        child, position = _parse(data, position, (*where, number))
        children.append(child)
    return Item(major, argument, b"", tuple(children), where), position


def every(item: Item) -> Iterator[Item]:
    """An item and all that it holds."""
    yield item
    for child in item.children:
        yield from every(child)


def replaced(root: Item, where: tuple[int, ...], new: bytes) -> Item:
    """The item with other bytes in the place of one in it; containers count as many as before."""
    if not where:
        return replace(root, raw=new)
    number, *rest = where
    children = list(root.children)
    children[number] = replaced(children[number], tuple(rest), new)
    return replace(root, children=tuple(children))


VALUES = {
    "false": b"\xf4",
    "true": b"\xf5",
    "null": b"\xf6",
    "undefined": b"\xf7",
    "simple 255": b"\xf8\xff",
    "a wrong simple value": b"\xf8\x10",
    "a reserved head": b"\x1c",
    "a break": b"\xff",
    "half 1.0": b"\xf9\x3c\0",
    "single 1.0": b"\xfa\x3f\x80\0\0",
    "double 1.0": b"\xfb\x3f\xf0" + bytes(6),
    "half NaN": b"\xf9\x7e\0",
    "0": b"\0",
    "1": b"\1",
    "2": b"\2",
    "-1": b"\x20",
    "-2": b"\x21",
    "2^31": head(0, 1 << 31),
    "2^32": head(0, 1 << 32),
    "2^63": head(0, 1 << 63),
    "2^64-1": head(0, (1 << 64) - 1),
    "-2^63": head(1, (1 << 63) - 1),
    "-2^64": head(1, (1 << 64) - 1),
    "a bignum": b"\xc2\x49\1" + bytes(8),
    "negative bignum": b"\xc3\x49\1" + bytes(8),
    "empty array": b"\x80",
    "empty map": b"\xa0",
    "empty bytes": b"\x40",
    "empty text": b"\x60",
    "text x": b"\x61x",
    "bytes x": b"\x41x",
    "map": b"\xa1\x61x\1",
    "long text": head(TEXT, 101) + b"n" * 101,
    "deep": b"\x81" * 15 + b"\0",
    "deeper": b"\x81" * 17 + b"\0",
}
TAGS = (0, 1, 2, 3, 4, 5, 21, 23, 24, 28, 29, 32, 36, 37, 100, 256, 258, 260, 1004, 55799, (1 << 64) - 1)
TEXTS = (b"\0", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xc3\xa9", b"\xef\xbb\xbf", b" ", b"x", b"?aid=1", b"\n")


def drawn(data: bytes, random: Random, most: int = 3) -> tuple[str, bytes]:
    """One to ``most`` changes of the data item that ``data`` is, and what they are."""
    told = []
    for _ in range(random.choice([*[1] * most, *range(2, most + 1)])):
        try:
            root = parse(data)
        except (ValueError, IndexError):  # not well-formed any more
            break
        what, data = _one(root, random)
        told.append(what)
    return ", then ".join(told), data


def _one(root: Item, random: Random) -> tuple[str, bytes]:
    kind = random.random()
    if kind < 0.03:
        data, added = root.encoding, random.choice((b"\0", b"\n", b"\xff", b"\xa0", root.encoding))
        return random.choice((("behind it", data + added), ("in front", added + data), ("cut", data[:-1])))
    item = random.choice(list(every(root)))
    if kind < 0.25 and item.children:
        what, new = random.choice(list(_of_children(item)))
    else:
        what, new = random.choice(list(_of_item(item)))
    return f"{'/'.join(map(str, item.where))} {item.major} {what}", replaced(root, item.where, new).encoding


def _of_item(item: Item) -> Iterator[tuple[str, bytes]]:
    whole = item.encoding
    for what, value in VALUES.items():
        if value != whole:
            yield what, value
    for number in TAGS:
        yield f"tag {number}", head(TAG, number) + whole
    yield "tag 2 twice", b"\xc2\xc2" + whole
    yield "in an array", b"\x81" + whole
    yield "nothing", b""
    count = {BYTES: len(item.content), TEXT: len(item.content), ARRAY: len(item.children)}.get(item.major)
    count = len(item.children) // 2 if item.major == MAP else item.argument if count is None else count
    body = item.content + item.inside
    if item.major != OTHER:
        for width in WIDTHS.values():
            yield f"width {width}", head(item.major, count, width) + body
        for other in (count + 1, count - 1, count + (1 << 32), (1 << 64) - 1):
            if other >= 0:
                yield f"argument {other}", head(item.major, other) + body
        for major in range(TAG):
            if major != item.major:
                yield f"major {major}", head(major, count) + body
    if item.major in (ARRAY, MAP):
        yield "indefinite", bytes((item.major << 5 | 31,)) + body + b"\xff"
        yield "indefinite without its break", bytes((item.major << 5 | 31,)) + body
    if item.major in (BYTES, TEXT):
        yield from _of_string(item)


def _of_string(item: Item) -> Iterator[tuple[str, bytes]]:
    begin, content = bytes((item.major << 5 | 31,)), item.content
    yield "in one chunk", begin + item.encoding + b"\xff"
    half = len(content) // 2
    chunks = b"".join(head(item.major, len(part)) + part for part in (content[:half], content[half:]))
    yield "in two chunks", begin + chunks + b"\xff"
    yield "in no chunks", begin + b"\xff"
    for new in (content[:-1], content[1:], content[:4], content.lower(), content.upper(), content.swapcase()):
        if new != content:
            yield f"content {new[:20]!r}", head(item.major, len(new)) + new
    for more in TEXTS:
        yield f"{more!r} behind", head(item.major, len(content) + len(more)) + content + more
        yield f"{more!r} in front", head(item.major, len(content) + len(more)) + more + content


def _of_children(parent: Item) -> Iterator[tuple[str, bytes]]:
    """One child, or pair of a map, dropped, doubled, or moved behind the next; the head counts those that are there."""
    step = 2 if parent.major == MAP else 1
    if parent.major == TAG:
        yield "without its tag", parent.inside
        return
    groups = [parent.children[start : start + step] for start in range(0, len(parent.children), step)]
    for number, group in enumerate(groups):
        before, behind = groups[:number], groups[number + 1 :]
        yield f"without {number}", _container(parent.major, [*before, *behind])
        yield f"{number} twice", _container(parent.major, [*before, group, group, *behind])
        yield f"{number} twice, last", _container(parent.major, [*before, group, *behind, group])
        if behind:
            yield f"{number} behind the next", _container(parent.major, [*before, behind[0], group, *behind[1:]])


def _container(major: int, groups: list[tuple[Item, ...]]) -> bytes:
    return head(major, len(groups)) + b"".join(item.encoding for group in groups for item in group)

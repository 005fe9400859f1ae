"""Breaks sound files the way that files break: each form is taken apart, changed in a few places and put together."""

from __future__ import annotations

import base64
import binascii
import contextlib
import copy
import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeAlias

import cbor2

from fcu_conform.artefacts.encodings import der

Mutator: TypeAlias = Callable[[bytes, Random, Sequence[bytes]], bytes]
"""Makes broken bytes of sound ones; the last argument are other sound files to take pieces from."""

LONGEST = 300_000
"""Bytes of what a mutator makes, about; more would test only that long files are refused."""

_EDGES = (b"", b"\0", b"\xff", b"\x7f", b"\x80", b"\r", b"\n", b"\x1b[2J", b"-", b" ", b"\xef\xbb\xbf", b"\xed\xa0\x80")
_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 63, (1 << 64) - 1)


def mutate_bytes(data: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """Flips, cuts, repeats and inserts, without knowing what the bytes are."""
    out = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(out) + 1)
        length = random.choice((1, 1, 2, 4, 16, 256))
        edit = random.randrange(7)
        if edit == 0 and at < len(out):
            out[at] ^= 1 << random.randrange(8)
        elif edit == 1 and at < len(out):
            out[at] = random.choice((0, 0x7F, 0x80, 0xFF, random.randrange(256)))
        elif edit == 2:
            del out[at : at + length]
        elif edit == 3:
            out[at:at] = random.choice(_EDGES) * random.choice((1, 1, 3, 200))
        elif edit == 4:
            out[at:at] = out[at : at + length] * random.choice((1, 2, 50))
        elif edit == 5:
            out[at : at + length] = random.randbytes(length)
        elif others:
            other = random.choice(others)
            start = random.randrange(len(other) + 1)
            out[at : at + length] = other[start : start + random.choice((length, 400))]
    return bytes(out[:LONGEST])


_UNITS = (
    b" ",
    b"\n",
    b"\t",
    b"\r",
    b"\0",
    b".",
    b"-",
    b"=",
    b"#",
    b":",
    b",",
    b"\\",
    b'"',
    b"'",
    b"[",
    b"]",
    b"{",
    b"}",
    b"*",
    b"?",
)
FILLED = 1 << 16
"""Bytes of one thing over and over: enough that what takes the square of them takes too long."""


def fill(data: bytes, random: Random) -> bytes:
    """Puts one thing into the data, at its beginning, its end or a line's, as often as fits."""
    start = random.randrange(len(data) + 1)
    unit = random.choice((*_UNITS, data[start : start + random.choice((1, 2, 3, 8))] or b"-- "))
    at = random.choice((0, len(data), data.find(b"\n", start) + 1))
    return data[:at] + unit * (FILLED // len(unit)) + data[at:]


# DER: a tree of [tag, content or children], encoded with or without lies about lengths.

_TAGS = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1C, 0x1E, 0x30, 0x31)
_ODD_TAGS = (0x00, 0x1F, 0x24, 0x80, 0x82, 0x86, 0xA0, 0xA1, 0xA3, 0xFF)
_TIMES = (b"991231235959Z", b"500101000000Z", b"99991231235959Z", b"00000101000000Z", b"0001", b"260101000000+9999")


def _tree(data: bytes, depth: int = 0) -> list[Any] | None:
    """Elements of DER as [tag, content]; the content is a list of elements where it can be read as such."""
    elements: list[Any] = []
    try:
        for tag, _, start, stop in der.children(data, 0, len(data)):
            content: Any = data[start:stop]
            inner = content[1:] if tag == der.BIT_STRING else content
            if tag & der.CONSTRUCTED or (tag in (der.OCTET_STRING, der.BIT_STRING) and inner[:1] == b"\x30"):
                parts = _tree(inner, depth + 1) if depth < 20 else None
                if parts is not None:
                    content = [*([b"\0"] if tag == der.BIT_STRING else []), *parts]
            elements.append([tag, content])
    except der.DerError:
        return None
    return elements


def _encode(element: Any, random: Random | None) -> bytes:
    if isinstance(element, bytes):
        return element
    tag, content = element
    data = content if isinstance(content, bytes) else b"".join(_encode(part, random) for part in content)
    if random is not None and random.random() < 0.03:
        size = random.choice((len(data) + 1, max(0, len(data) - 1), 0x80, *_NUMBERS))
        octets = size.to_bytes(max(1, (size.bit_length() + 7) // 8), "big")
        form = random.randrange(4)
        if form == 0:
            return bytes((tag, 0x80)) + data + b"\0\0"
        if form == 1:
            octets = b"\0" + len(data).to_bytes(4, "big")
        return bytes((tag, 0x80 | len(octets))) + octets + data
    return der.encode(tag, data)


def _nodes(elements: list[Any]) -> list[tuple[list[Any], int]]:
    """Every element, as the list that it is in and its place there."""
    found = []
    for place, element in enumerate(elements):
        if isinstance(element, list):
            found.append((elements, place))
            if isinstance(element[1], list):
                found += _nodes(element[1])
    return found


def mutate_der(data: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """Changes elements of a DER structure: their tags, contents, number and order, and what their lengths say."""
    tree = _tree(data)
    if not tree or random.random() < 0.1:
        return mutate_bytes(data, random, others)
    lying = random if random.random() < 0.3 else None
    donors = [nodes for other in others[:6] if (parts := _tree(other)) and (nodes := _nodes(parts))]
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        try:
            nodes = _nodes(tree)
        except RecursionError:  # an element was put into itself
            return mutate_bytes(data, random, others)
        if not nodes:
            break
        parent, place = random.choice(nodes)
        element = parent[place]
        edit = random.randrange(11)
        if edit == 0:
            element[0] = random.choice((*_TAGS, *_ODD_TAGS, random.randrange(256)))
        elif edit == 1:
            del parent[place]
        elif edit == 2:
            parent[place:place] = [element] * random.choice((1, 2, 40))
        elif edit == 3:
            other, there = random.choice(nodes)
            parent[place], other[there] = other[there], parent[place]
        elif edit == 4 and donors:
            other, there = random.choice(random.choice(donors))
            parent[place] = copy.deepcopy(other[there])  # what is done to it here must not be done to the donor
        elif edit == 5:
            parent[place] = [random.choice((0x30, 0x31, 0xA0, 0x24)), [element]]
        elif edit == 6:
            element[1] = random.choice((*_EDGES, *_TIMES, random.randbytes(random.choice((1, 8, 33, 200)))))
        elif edit == 7:
            element[1] = b"" if random.random() < 0.5 else b"A" * random.choice((65, 300, 5000, 70_000))
        elif edit == 8 and isinstance(element[1], bytes):
            element[1] = mutate_bytes(element[1], random)
        elif edit == 9 and random.random() < 0.2:
            for _ in range(random.choice((10, 30, 2000))):
                element = [0x30, der.encode(0x30, b"") if element is None else _encode(element, None)]
            parent[place] = element
        else:
            number = random.choice(_NUMBERS) * random.choice((1, 1, -1))
            element[1] = number.to_bytes(random.choice((9, 9, 20, 21)), "big", signed=True)
    try:
        made = b"".join(_encode(element, lying) for element in tree)
    except RecursionError:  # an element was put into itself
        return mutate_bytes(data, random, others)
    return made[:LONGEST]


# PEM

_BLOCK = re.compile(rb"-----BEGIN ([^-]*)-----(.*?)-----END [^-]*-----\s*", re.DOTALL)
_PEM_LABELS = (
    b"CERTIFICATE",
    b"EC PRIVATE KEY",
    b"PRIVATE KEY",
    b"ENCRYPTED PRIVATE KEY",
    b"CERTIFICATE REQUEST",
    b"EC PARAMETERS",
    b"TRUSTED CERTIFICATE",
    b"",
    b"X" * 70,
)
_PEM_PIECES = (
    b"-----BEGIN CERTIFICATE-----",
    b"-----END CERTIFICATE-----\n",
    b"-----BEGIN",
    b"-----",
    b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
    b"A: bc\n\n",
    b"\r\r",
    b"====",
    b"\0",
    b"\xff\xfe",
)


def mutate_pem(data: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """Changes what PEM blocks hold, their labels, order and number, and what stands between them."""
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(data)]
    if not blocks or random.random() < 0.2:
        return mutate_bytes(data, random, (*others, *_PEM_PIECES))
    inner = [binary for other in others for binary in _binaries(other)]
    made = []
    edited = random.randrange(len(blocks))
    for place, (label, body) in enumerate(blocks):
        binary = _binary(body)
        if place == edited and binary is not None and random.random() < 0.8:
            binary = mutate_der(binary, random, inner)
            if random.random() < 0.1:
                label = random.choice(_PEM_LABELS)
        elif place == edited:
            label = random.choice(_PEM_LABELS)
        made.append(_pem(label, binary, random) if binary is not None else b"")
    edit = random.randrange(9)
    if edit == 0:
        made *= random.choice((2, 3, 60))
    elif edit == 8:
        made[0] = made[0].replace(b"-----\n", b"-----\n" + random.choice(_PEM_PIECES), 1)
    elif edit == 1:
        random.shuffle(made)
    elif edit == 2:
        made.insert(random.randrange(len(made) + 1), random.choice(_PEM_PIECES) * random.choice((1, 2, 500)))
    elif edit == 3:
        del made[random.randrange(len(made))]
    return b"".join(made)[:LONGEST]


def _pem(label: bytes, binary: bytes, random: Random) -> bytes:
    width = random.choice((64, 64, 64, 76, 1, 100_000)) if len(binary) < 2000 else 64
    end = random.choice((b"\n", b"\n", b"\r\n", b"\r"))
    text = base64.b64encode(binary)
    rows = end.join(text[start : start + width] for start in range(0, len(text), width))
    return b"-----BEGIN " + label + b"-----" + end + rows + end + b"-----END " + label + b"-----" + end


def _binary(body: bytes) -> bytes | None:
    try:
        return base64.b64decode(body)
    except binascii.Error:
        return None


def _binaries(data: bytes) -> list[bytes]:
    return [binary for match in _BLOCK.finditer(data) if (binary := _binary(match[2]))]


# CBOR

_CBOR_HEADS = (
    b"\x5f",
    b"\x7f",
    b"\x9f",
    b"\xbf",
    b"\xff",
    b"\xc2",
    b"\xd8\x1c",
    b"\xd8\x1d\x00",
    b"\xfb\x7f\xf0\0\0\0\0\0\0",
)
_CBOR_LIES = (
    b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xbb\0\0\0\0\x80\0\0\0",
    b"\x5a\xff\xff\xff\xff",
    b"\x9a\0\x0f\xff\xff",
)


def mutate_cbor(data: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """Changes values, keys and the number of data items, and heads that say how long something is."""
    if random.random() < 0.3:
        return _mutate_heads(data, random, others)
    tree = cbor2.loads(data)
    for _ in range(random.choice((1, 1, 2, 3))):
        holder, key = random.choice(_places(tree))
        value = holder[key]
        edit = random.randrange(7)
        if edit == 0:
            del holder[key]
        elif edit == 1 and isinstance(holder, dict):
            holder[random.choice(("Name", "Data", "Type", "", "x" * 50, 7, b"k", "\x1b[2J"))] = holder.pop(key)
        elif edit == 2 and isinstance(holder, list):
            holder[key:key] = [value] * random.choice((1, 12, 300))
        elif edit == 3 and isinstance(value, bytes):
            holder[key] = mutate_der(value, random)
        elif edit == 4:
            for _ in range(random.choice((1, 5, 40))):
                value = [value]
            holder[key] = value
        else:
            holder[key] = random.choice((0, 1, -1, 1 << 32, 1 << 70, True, None, 1.5, "", b"", "a\nb", [], {}, *_EDGES))
        if not _places(tree):
            break
    made: bytes = cbor2.dumps(tree)
    return _mutate_heads(made, random, others) if random.random() < 0.1 else made[:LONGEST]


def _mutate_heads(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    at = random.randrange(len(data) + 1)
    head = random.choice(
        (*_CBOR_HEADS, *_CBOR_LIES, b"\x81" * random.choice((10, 20, 5000)), bytes((random.randrange(256),)))
    )
    if random.random() < 0.5:
        return mutate_bytes(data, random, others)
    return data[:at] + head + data[at + random.choice((0, 1)) :]


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every value of a decoded tree, as what it is in and its key there."""
    found: list[tuple[Any, Any]] = []
    pending = [tree]
    while pending:
        holder = pending.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in keys:
            found.append((holder, key))
            pending.append(holder[key])
    return found


# Text: YAML, TOML, JSON, CSV, patterns

_WORDS = (
    "!!python/object/apply:os.system ['true']",
    "&a [*a, *a]",
    "<<: *a",
    "? [1, 2]\n: 3",
    "{" * 30,
    "[" * 60,
    "'\\x41'",
    '"\\ud800"',
    '"\\U00110000"',
    "%YAML 9.9\n---",
    "--- !!set",
    "\t",
    "0x",
    "1" * 5000,
    "1e400",
    "2026-13-45",
    "0o9",
    "1:60:61.5",
    "<%= ENV['X'] %>",
    "device-certificate-chain-depth: 99999999999999999999",
    "a.b.c.d.e = 1",
    '"""',
    "null",
    "\u202e",
    "\x85",
    "\ufeff",
    "../../x",
    "**/*a*a*a*b",
    "[!a-",
    "\\",
    '"a","b"\n"',
    "=cmd|' /C calc'!A0",
)


def mutate_text(data: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """Moves, repeats and drops lines, and puts in words that mean something to some reader of text."""
    if random.random() < 0.25:
        return mutate_bytes(data, random, others)
    lines = data.decode("utf-8", "replace").split("\n")
    for _ in range(random.choice((1, 2, 3))):
        at = random.randrange(len(lines) + 1)
        edit = random.randrange(6)
        if edit == 0:
            del lines[at : at + 1]
        elif edit == 1:
            lines[at:at] = lines[at : at + random.choice((1, 3))] * random.choice((1, 2, 500))
        elif edit == 2:
            lines.insert(at, random.choice(_WORDS))
        elif edit == 3 and at < len(lines):
            head, mark, _ = lines[at].partition(random.choice((":", "=", ",")))
            lines[at] = f"{head}{mark} {random.choice(_WORDS)}"
        elif edit == 4 and at < len(lines):
            lines[at] = " " * random.choice((1, 2, 7)) + lines[at]
        else:
            random.shuffle(lines)
    return "\n".join(lines).encode("utf-8", "surrogatepass")[:LONGEST]


# JSON: its text as any other, and the tree that it holds, written as the suite writes it

_JSON_VALUES: tuple[Any, ...] = (
    *(0, -1, 1 << 70, 1.5, float("inf"), float("nan"), True, None, [], {}, [[]], {"": None}),
    *("", "\ud800", "\x1b[2J\u202e", "a\nb", "../../x", "x" * 5000, "0" * 64, "2026-13-45", "failed", "error"),
)


def mutate_json(data: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """Changes values, members and their number; what it makes is laid out like the suite's own documents."""
    if random.random() < 0.25:
        return mutate_text(data, random, others)
    if random.random() < 0.03:
        return data[: random.randrange(len(data))] + random.choice((b"[", b'{"":')) * random.choice((900, 50_000))
    tree = json.loads(data)
    for _ in range(random.choice((1, 1, 2, 3))):
        places = _places(tree)
        if not places:
            break
        holder, key = random.choice(places)
        edit = random.randrange(6)
        if edit == 0:
            del holder[key]
        elif edit == 1 and isinstance(holder, dict):
            holder[random.choice((*holder, "x", "__class__", ""))] = holder.pop(key)
        elif edit == 2 and isinstance(holder, list):
            holder[key:key] = [holder[key]] * random.choice((1, 12, 300))
        elif edit == 3:
            for _ in range(random.choice((1, 5, 40))):
                holder[key] = [holder[key]]
        elif edit == 4:
            there, other = random.choice(places)
            # The place may be gone by now, and what is there too deep to be copied.
            with contextlib.suppress(KeyError, IndexError, RecursionError):
                holder[key] = copy.deepcopy(there[other])
        else:
            holder[key] = copy.deepcopy(random.choice(_JSON_VALUES))  # a later edit may change it
    made, left = [], LONGEST
    with contextlib.suppress(RecursionError):
        # Not all at once: what was repeated several times over may be endless.
        for piece in json.JSONEncoder(indent=random.choice((2, 2, 2, None))).iterencode(tree):
            made.append(piece)
            left -= len(piece)
            if left < 0:
                break
    return "".join([*made, "\n"]).encode("ascii")

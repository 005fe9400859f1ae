"""Breaks archives: members of odd kinds, names that lead out, sizes that lie, headers that are damaged."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Sequence
from random import Random

from robustness.mutation import mutate_bytes, mutate_pem, mutate_text

NAMES = (
    "../out.pem",
    "/etc/passwd.pem",
    "a/../../b.pem",
    "./devices.csv",
    "devices.csv",
    "lamp.key.pem",
    "\x1b[2Jlamp.pem",
    "line\nbreak.pem",
    "\udc80.pem",
    "x" * 300 + ".pem",
    "x" * 5000 + ".pem",
    ".pem",
    "",
    "a/" * 200 + "b.pem",
    "C:\\lamp.pem",
    "lamp.cbor",
    "lamp.der",
)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_TYPES = (b"0", b"\0", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"L", b"K", b"S", b"g", b"x", b"X", b"D", b"V")
_PAX = (
    ("path", "../x.pem"),
    ("size", "99999999999999999999"),
    ("size", "-5"),
    ("size", "1e400"),
    ("mtime", "nan"),
    ("GNU.sparse.map", "0,1,2"),
    ("GNU.sparse.major", "1"),
    ("GNU.sparse.size", "9" * 30),
    ("GNU.sparse.offset", "x"),
    ("hdrcharset", "BINARY"),
    ("uid", "9" * 5000),
)


def _members(random: Random, members: dict[str, bytes]) -> list[tuple[str, bytes]]:
    made = list(members.items())
    for _ in range(random.choice((0, 1, 1, 2))):
        at = random.randrange(len(made))
        name, content = made[at]
        edit = random.randrange(5)
        if edit == 0:
            made[at] = random.choice(NAMES), content
        elif edit == 1:
            made.insert(at, made[at])
        elif edit == 2:
            made[at] = name, bytes(random.choice((0, 1, 300_000)))
        elif name.endswith(".csv"):
            made[at] = name, mutate_text(content, random)
        else:
            made[at] = name, mutate_pem(content, random)
    return made


def mutate_tar(members: dict[str, bytes]) -> Callable[[bytes, Random, Sequence[bytes]], bytes]:
    """A mutator that makes a tar of these members, names with contents, and breaks it."""

    def mutate(_data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
        out = io.BytesIO()
        kind = random.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT))
        with tarfile.open(fileobj=out, mode="w", format=kind, errors="surrogateescape") as archive:
            for name, content in _members(random, members):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                if random.random() < 0.2:
                    info.type = random.choice(_TYPES)
                    info.linkname = random.choice(NAMES)
                if kind == tarfile.PAX_FORMAT and random.random() < 0.2:
                    info.pax_headers = dict([random.choice(_PAX), random.choice(_PAX)])
                try:
                    archive.addfile(info, io.BytesIO(content))
                except ValueError:  # a name that this format cannot hold
                    continue
        data = bytearray(out.getvalue())
        for _ in range(random.choice((0, 1, 2))):
            _break_header(data, random)
        made = bytes(data) if random.random() < 0.7 else mutate_bytes(bytes(data), random, others)
        packed = random.randrange(4)
        if packed == 0:
            made = gzip.compress(made, 1, mtime=0)
        elif packed == 1:
            made = mutate_bytes(gzip.compress(made, 1, mtime=0), random, others)
        return made

    return mutate


def _break_header(data: bytearray, random: Random) -> None:
    """Changes one field of one header and makes its checksum right again, so that the field is looked at."""
    headers = [at for at in range(0, len(data) - 512, 512) if data[at + 257 : at + 262] == b"ustar"]
    if not headers:
        return
    at = random.choice(headers)
    field, size = random.choice(((0, 100), (100, 8), (124, 12), (136, 12), (156, 1), (157, 100), (345, 155), (386, 96)))
    value = random.choice((b"", b"\xff", b"\x80", b"777777777777", b"9" * 12, b"\0" * 12, b"-1", random.randbytes(12)))
    if field == 156:
        value = random.choice(_TYPES)
    data[at + field : at + field + size] = value[:size].ljust(size, b"\0")
    data[at + 148 : at + 156] = b" " * 8
    data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])


def mutate_zip(members: dict[str, bytes]) -> Callable[[bytes, Random, Sequence[bytes]], bytes]:
    """A mutator that makes a zip of these members, names with contents, and breaks it."""

    def mutate(_data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
        out = io.BytesIO()
        with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
            warnings.simplefilter("ignore")  # of names that are there twice
            for name, content in _members(random, members):
                info = zipfile.ZipInfo(name.encode("utf-8", "replace").decode())
                info.compress_type = random.choice(_METHODS)
                if random.random() < 0.15:
                    info.external_attr = random.choice((0o120777, 0o010644, 0o020644, 0o040755)) << 16
                archive.writestr(info, content)
        data = bytearray(out.getvalue())
        for _ in range(random.choice((0, 1, 2, 3))):
            _break_record(data, random)
        return bytes(data) if random.random() < 0.6 else mutate_bytes(bytes(data), random, others)

    return mutate


def _break_record(data: bytearray, random: Random) -> None:
    """Changes one number in a local header, a directory entry or the end record."""
    mark, fields = random.choice(
        (
            (b"PK\x03\x04", ("<4H", 4, "<5I", 14, "<H", 8)),
            (b"PK\x01\x02", ("<4H", 6, "<3I", 16, "<H", 10, "<H", 28, "<H", 30, "<I", 42)),
            (b"PK\x05\x06", ("<4H", 4, "<I", 12, "<I", 16, "<H", 20)),
        )
    )
    at = data.find(mark, random.randrange(len(data)))
    if at < 0:
        at = data.find(mark)
    if at < 0:
        return
    number = random.randrange(len(fields) // 2)
    form, offset = str(fields[2 * number])[-1], int(fields[2 * number + 1])
    value = random.choice((0, 1, 9, 12, 14, 93, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)) & (
        0xFFFF if form == "H" else -1
    )
    size = struct.calcsize(form)
    data[at + offset : at + offset + size] = struct.pack(f"<{form}", value)

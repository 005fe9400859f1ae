"""A keystore in a work tree whose repository would keep its readers busy: KEY011 cannot tell, and says so soon."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess

import pytest

from .commands import judge
from .conftest import Held
from .factory import Factory

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

MEGABYTE = 1 << 20
UNREAD = "in a work tree that could not be read"


def index(count: int) -> bytes:
    """Git's index (version 2) of so many empty files."""
    entries = bytearray(b"DIRC" + struct.pack(">II", 2, count))
    for number in range(count):
        name = b"f%07d" % number
        entry = struct.pack(">10I20sH", *[0] * 6, 0o100644, *[0] * 3, bytes(20), len(name)) + name
        entries += entry + bytes(8 - len(entry) % 8)
    return bytes(entries) + hashlib.sha1(entries).digest()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".gitignore", b"*k" * 12 + b"z\n"),
        (".gitignore", b"/" + b"*" * 52 + b"/\n"),
        (".gitignore", b"?" * (MEGABYTE - 1)),
        (".gitignore", b"\n".join(b"*%d" % number for number in range(100_000))),
        ("keystore/.gitignore", b"\n".join(b"%d" % number for number in range(100_000))),
        (".git/info/exclude", b"*k*k*k*k*k*k*k*k*k*k*k*k*k*k*kz\n" * 100),
        (".git/config", b"[core]\n" + b"a=\\\n" * 200_000),
    ],
    ids=["stars", "one run", "one line", "lines", "beside the key", "exclude", "config"],
)
def test_an_expensive_repository_is_not_read(name: str, content: bytes, factory: Factory, held: Held) -> None:
    unread(name, content, factory, held)


def test_an_index_of_hundreds_of_thousands_of_files_is_not_read(factory: Factory, held: Held) -> None:
    unread(".git/index", index(400_000), factory, held)


def unread(name: str, content: bytes, factory: Factory, held: Held) -> None:
    subprocess.run(["git", "init", "-q", str(factory.folder)], check=True)
    factory.put(name, content)
    done = held(lambda: judge(factory))
    assert UNREAD in " ".join(done.out.split()), done.out

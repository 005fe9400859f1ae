"""Files that are no files, far too much of one, or nothing like what their names say: an error each, and soon."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from .commands import failed, judge
from .conftest import Held
from .factory import CONFIG, CRT, CSR, DEVICES, KEY, UPLOAD, Factory

MEGABYTE = 1 << 20
FIRST = (KEY, CRT, CONFIG, UPLOAD, f"{DEVICES}/device-0001.pem", f"{DEVICES}/device-0002.pem")
SECOND = (CSR, f"{DEVICES}/device-0001.key.pem", "upload.toml")
"""What is not looked into where a place of the first is broken."""

Trap = Callable[[Factory, str], None]

MISREAD = {"KEY002", "CRT002", "CFG001", "UPL001", "DEV001"}
NO_FILES = {"KEY001", "CRT001", "CFG001", "UPL001", "DEV001"}
BESIDE = {"CSR002", "DEV015", "UPL008"}


def noise(count: int) -> bytes:
    return Random(1).randbytes(MEGABYTE) * count


def forty_megabytes_of_noise(factory: Factory, place: str) -> None:
    factory.put(place, noise(40))


def twenty_thousand_blocks(factory: Factory, place: str) -> None:
    block = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    factory.put(place, block * 20_000)


def a_hundred_thousand_begin_lines(factory: Factory, place: str) -> None:
    factory.put(place, b"-----BEGIN CERTIFICATE-----\n" * 30_000)


def deep_brackets(factory: Factory, place: str) -> None:
    factory.put(place, b"[" * 100_000)


def zeros(factory: Factory, place: str) -> None:
    factory.put(place, bytes(100_000))


def a_pipe(factory: Factory, place: str) -> None:
    os.mkfifo(factory.clear(place))


def a_loop_of_links(factory: Factory, place: str) -> None:
    factory.clear(place).symlink_to(Path(place).name)


def a_link_to_zeros_without_end(factory: Factory, place: str) -> None:
    factory.clear(place).symlink_to("/dev/zero")


def a_socket(factory: Factory, place: str) -> None:
    path = factory.clear(place)
    before = Path.cwd()
    os.chdir(path.parent)  # the address of a socket may have 107 bytes only
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(before)


def a_folder(factory: Factory, place: str) -> None:
    factory.clear(place).mkdir()


MISREAD_TRAPS: list[Trap] = [
    forty_megabytes_of_noise,
    twenty_thousand_blocks,
    a_hundred_thousand_begin_lines,
    deep_brackets,
    zeros,
]
NO_FILE_TRAPS: list[Trap] = [a_pipe, a_loop_of_links, a_link_to_zeros_without_end, a_socket, a_folder]


@pytest.mark.parametrize(
    ("trap", "codes"),
    [*((trap, MISREAD) for trap in MISREAD_TRAPS), *((trap, NO_FILES) for trap in NO_FILE_TRAPS)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_trap_of_a_hostile_setup_is_reported(trap: Trap, codes: set[str], factory: Factory, held: Held) -> None:
    is_usage = trap in (a_loop_of_links, a_folder)  # no path of the right kind, as far as an upload goes
    for place in FIRST:
        if place != UPLOAD or not is_usage:
            trap(factory, place)
    done = held(lambda: judge(factory))
    assert (done.code, failed(done)) == (1, codes - {"UPL001"} if is_usage else codes)
    assert set(re.findall(r"device-000[12]\.pem", done.out)) == {"device-0001.pem", "device-0002.pem"}


@pytest.mark.parametrize("trap", [a_loop_of_links, a_folder])
def test_a_path_of_the_wrong_kind_is_a_usage_error_in_one_line(trap: Trap, factory: Factory, held: Held) -> None:
    trap(factory, UPLOAD)
    done = held(lambda: judge(factory))
    assert (done.code, done.out) == (4, "")
    assert re.fullmatch(r"ERROR: portal upload \S+/upload\.pem: .+\n\n?", done.err)


@pytest.mark.parametrize("trap", [*MISREAD_TRAPS, *NO_FILE_TRAPS], ids=lambda trap: trap.__name__)
def test_a_trap_beside_a_sound_chain_is_reported(trap: Trap, factory: Factory, held: Held) -> None:
    for place in SECOND:
        trap(factory, place)
    done = held(lambda: judge(factory))
    assert (done.code, failed(done)) == (1, BESIDE)

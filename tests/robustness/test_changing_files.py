"""Files that change while they are read: all of one version, or an error of its own, and never half of each."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from fcu_conform.artefacts.bounded_io.digests import digest_of_file
from fcu_conform.artefacts.bounded_io.reading import CHANGED, Trouble, read_file, read_plainly
from fcu_conform.artefacts.device_output import json_lines
from fcu_conform.artefacts.device_output.device_set import DeviceSet

from .factory import DEVICES, Factory

LIMIT = 1 << 20
OLD, NEW = b"old " * 1000, b"new " * 1000

Act = Callable[[Path], object]


def is_cut_off(path: Path) -> None:
    os.truncate(path, 10)


def is_emptied(path: Path) -> None:
    os.truncate(path, 0)


def grows(path: Path) -> None:
    with path.open("ab") as file:
        file.write(NEW)


def is_written_over(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(NEW[:17])
    os.utime(path, ns=(1, 1))  # the clock of some file systems ticks slowly


def is_replaced(path: Path) -> None:
    _make_room(path).write_bytes(NEW)


def is_gone(path: Path) -> None:
    _make_room(path)


def becomes_a_pipe(path: Path) -> None:
    os.mkfifo(_make_room(path))


def becomes_a_link(path: Path) -> None:
    _make_room(path).symlink_to("/dev/zero")


def becomes_a_link_to_itself(path: Path) -> None:
    _make_room(path).symlink_to(path.name)


def becomes_a_folder(path: Path) -> None:
    _make_room(path).mkdir()


def _make_room(path: Path) -> Path:
    path.rename(path.with_name("aside"))
    return path


IN_PLACE: list[Act] = [is_cut_off, is_emptied, grows, is_written_over]
ANOTHER: list[Act] = [
    is_gone,
    becomes_a_pipe,
    becomes_a_link,
    becomes_a_link_to_itself,
    becomes_a_folder,
]
TOLD: dict[Act, Trouble] = {
    is_gone: Trouble.MISSING,
    becomes_a_pipe: Trouble.NOT_REGULAR,
    becomes_a_link: Trouble.LINK_LOOP,
    becomes_a_link_to_itself: Trouble.LINK_LOOP,
    becomes_a_folder: Trouble.NOT_REGULAR,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fcu.crt"
    path.write_bytes(OLD)
    return path


def once(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object], *, after: bool) -> None:
    """Does something at the first call of a function of os, before or after the function itself."""
    real: Callable[..., Any] = getattr(os, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(os, name, real)
        if not after:
            act()
        result = real(*arguments, **named)
        if after:
            act()
        return result

    monkeypatch.setattr(os, name, wrapped)


@pytest.mark.parametrize("act", ANOTHER)
def test_a_file_that_was_exchanged_before_opening_is_reported(
    act: Act, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(monkeypatch, "open", lambda: act(file), after=False)
    found = read_file(file, LIMIT)
    assert (found.trouble, found.data) == (TOLD[act], b"")


@pytest.mark.parametrize("act", [is_replaced, *ANOTHER])
def test_an_open_file_is_read_even_if_its_path_is_replaced(
    act: Act, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(monkeypatch, "fstat", lambda: act(file), after=False)
    assert read_file(file, LIMIT).data == OLD


@pytest.mark.parametrize("act", IN_PLACE)
@pytest.mark.parametrize("moment", ["fstat", "read"])
def test_a_file_that_changes_during_reading_is_refused(
    moment: str, act: Act, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(monkeypatch, moment, lambda: act(file), after=True)
    found = read_file(file, LIMIT)
    assert (found.trouble, found.detail, found.data) == (Trouble.UNREADABLE, CHANGED, b"")


def test_a_file_that_grows_as_fast_as_it_is_read_is_read_to_its_limit(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, pieces = os.read, []

    def read(descriptor: int, count: int) -> bytes:
        with file.open("ab") as growing:
            growing.write(bytes(count))
        pieces.append(real(descriptor, count))
        return pieces[-1]

    monkeypatch.setattr(os, "read", read)
    assert read_file(file, LIMIT).trouble is Trouble.TOO_LARGE
    assert sum(map(len, pieces)) == LIMIT + 1


@pytest.mark.parametrize("act", [is_cut_off, is_emptied, grows])
def test_a_changing_file_is_left_to_the_careful_path(act: Act, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        assert read_plainly(file.name, folder, LIMIT) == OLD
        once(monkeypatch, "fstat", lambda: act(file), after=True)
        assert read_plainly(file.name, folder, LIMIT) is None
    finally:
        os.close(folder)


@pytest.mark.parametrize("act", IN_PLACE)
def test_a_file_that_changes_has_no_digest(act: Act, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once(monkeypatch, "fstat", lambda: act(file), after=True)
    with pytest.raises(OSError, match=CHANGED):
        digest_of_file(file)


def troubles(devices: DeviceSet) -> dict[str, tuple[str, ...]]:
    return {device.name: device.troubles for device in devices if device.troubles}


def listed_then(devices: DeviceSet, act: Callable[[], object]) -> dict[str, tuple[str, ...]]:
    """What is told of the devices where something happens between the listing and the reading."""
    chunks = list(devices.chunks())
    act()
    return {
        device.name: device.troubles
        for chunk in chunks
        for device in (file.read() for file in chunk.files())
        if device.troubles
    }


def test_a_device_that_vanished_after_listing_is_reported(factory: Factory) -> None:
    path = factory / DEVICES / "device-0001.pem"
    told = listed_then(DeviceSet((path.parent,)), path.unlink)
    assert told == {"device-0001.pem": ("disappeared after the folder was listed",)}


def test_a_folder_that_vanished_after_listing_is_reported_device_by_device(factory: Factory) -> None:
    folder = factory / DEVICES
    told = listed_then(DeviceSet((folder,)), lambda: folder.rename(factory / "elsewhere"))
    assert set(told) == {"device-0001.pem", "device-0002.pem"}


def test_a_folder_that_vanishes_during_the_walk_is_reported(factory: Factory) -> None:
    below = factory / DEVICES / "more"
    below.mkdir()
    chunks = DeviceSet((factory / DEVICES,))
    real = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path) == below:
            below.rmdir()
        return real(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        assert troubles(chunks) == {"more": ("cannot be listed: no such file or directory",)}


@pytest.mark.parametrize("act", [becomes_a_pipe, becomes_a_link, becomes_a_folder])
def test_a_device_that_was_exchanged_after_listing_is_reported(act: Act, factory: Factory) -> None:
    path = factory / DEVICES / "device-0001.pem"
    assert set(listed_then(DeviceSet((path.parent,)), lambda: act(path))) == {"device-0001.pem"}


def an_archive(factory: Factory) -> Path:
    path = factory / "lot.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(factory / DEVICES, "")
    return path


def a_table(factory: Factory) -> Path:
    row = b'{"endpoint_name": "lamp-%d", "bundle": "gAA="}\n'
    return factory.put("lot.jsonl", b"".join(row % number for number in range(3)))


def changed_at_the_first_device(devices: DeviceSet, act: Callable[[], object]) -> Iterator[str]:
    for number, chunk in enumerate(devices.chunks()):
        for file in chunk.files():
            yield from file.read().troubles
        if number == 0:
            act()


@pytest.mark.parametrize("make", [an_archive, a_table])
@pytest.mark.parametrize("act", [grows, is_written_over, is_replaced, is_gone])
def test_a_file_read_in_pieces_must_not_change(act: Act, make: Callable[[Factory], Path], factory: Factory) -> None:
    path = make(factory)
    assert CHANGED not in list(changed_at_the_first_device(DeviceSet((path,)), lambda: None))
    assert CHANGED in list(changed_at_the_first_device(DeviceSet((path,)), lambda: act(path)))


def test_rows_that_vanish_before_they_are_judged_are_reported(factory: Factory) -> None:
    path = a_table(factory)
    told = listed_then(DeviceSet((path,)), lambda: os.truncate(path, 60))
    assert told == {"lot.jsonl row 1": ("can no longer be read: it became shorter",)}


def test_reading_a_growing_table_terminates(factory: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_table(factory)
    monkeypatch.setattr(json_lines, "_BLOCK", 16)
    end, row = path.stat().st_size, path.read_bytes()

    class Growing(io.FileIO):
        def read(self, count: int | None = -1, /) -> bytes:
            with path.open("ab") as file:
                file.write(row)
            return super().read(count) or b""

    monkeypatch.setattr(json_lines, "open_regular", Growing)
    chunks = islice(json_lines.line_chunks(path, packed=False), 100)
    spans = [chunk for chunk in chunks if isinstance(chunk, json_lines.LinesChunk)]
    assert spans[-1].stop == end

"""The fingerprint of a chunk: nothing that is judged of a device can change without it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from independent_corpus.keys import key

from fcu_conform.artefacts.bundle import Bundle
from fcu_conform.artefacts.device import DeviceFile, Kind, Remark
from fcu_conform.artefacts.device_key import DeviceKey
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.device_output.fingerprint import SIZE, Fingerprint
from fcu_conform.artefacts.encodings.private_keys import Secret


def fingerprint(files: Iterable[DeviceFile]) -> bytes:
    taken = Fingerprint()
    for _ in taken.over(files):
        pass
    return taken.digest()


def device(**changes: Any) -> DeviceFile:
    """One with something in every attribute."""
    file = DeviceFile(
        "a.pem",
        Kind.PEM,
        b"1234",
        ("trouble",),
        DeviceKey("a.key", b"public", "odd", Secret(b"secret")),
        identity="a",
        endpoint_names=("a", "b"),
        enrollment_id="A-1",
        chain=(b"12", b"3"),
    )
    for name, value in changes.items():
        setattr(file, name, value)
    return file


CHANGES: list[dict[str, Any]] = [
    {"name": "b.pem"},
    {"name": "a.pem\udcff"},
    {"kind": Kind.DER},
    {"kind": None},
    {"data": b"1235"},
    {"data": b"12341", "chain": (b"2", b"3")},
    {"data": b"", "chain": (b"1234", b"12", b"3")},
    {"remark": Remark(is_nameless=True)},
    {"remark": Remark(passed_over=("a",), count=1)},
    {"troubles": ()},
    {"troubles": ("trouble", "more")},
    {"troubles": ("other",)},
    {"key": None},
    {"key": DeviceKey("b.key", b"public", "odd")},
    {"key": DeviceKey("a.key", b"other", "odd")},
    {"key": DeviceKey("a.key", b"public", "")},
    {"identity": "b"},
    {"endpoint_names": ("a",)},
    {"endpoint_names": ("b", "a")},
    {"endpoint_names": ("a', 'b",)},
    {"enrollment_id": None},
    {"enrollment_id": "A-2"},
    {"chain": (b"123",)},
    {"chain": (b"1", b"23")},
    {"chain": (b"3", b"12")},
    {"chain": ()},
    {"before": Bundle(b"")},
    {"before": Bundle(b"1")},
]


@pytest.mark.parametrize(
    "change",
    CHANGES,
    ids=repr,
)
def test_every_attribute_of_a_device_is_in_it(change: dict[str, Any]) -> None:
    assert fingerprint([device(**change)]) != fingerprint([device()])


def test_no_attribute_was_forgotten() -> None:
    """One that is new must be in the fingerprint, or a change of it goes unnoticed between a run and its --resume."""
    assert {name for change in CHANGES for name in change} == set(DeviceFile.__slots__)


def test_it_is_the_same_for_the_same_devices_and_holds_their_order_and_number() -> None:
    one, other = device(), device(name="b.pem")
    assert fingerprint([one, other]) == fingerprint([device(), device(name="b.pem")])
    taken = {fingerprint(files) for files in ([], [one], [other], [one, other], [other, one], [one, one], [one] * 3)}
    assert len(taken) == 7
    assert {len(each) for each in taken} == {SIZE}


def test_the_devices_that_are_judged_are_the_ones_in_the_digest() -> None:
    files = [device(), device(name="b.pem")]
    taken = Fingerprint()
    passing = taken.over(iter(files))
    assert taken.digest() == fingerprint([])
    assert next(passing) is files[0]
    assert taken.digest() == fingerprint(files[:1])
    assert list(passing) == files[1:]
    assert taken.digest() == fingerprint(files)


def keeping_time(path: Path, data: bytes) -> None:
    """Another content of the same size and time, as cp -p, rsync -t or tar leave it."""
    before = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: keeping_time(folder / "a.pem", b"2"),
        lambda folder: keeping_time(folder / "elsewhere", b"2"),
        lambda folder: keeping_time(folder / "a.key", key("other").sec1().encode()),
        lambda folder: (folder / "a.key").unlink(),
        lambda folder: (folder / "b.key").write_bytes(b""),
        lambda folder: (folder / "stray.key").write_bytes(b"x"),
        lambda folder: (folder / "b.pem").rename(folder / "c.pem"),
        lambda folder: (folder / "b.pem").unlink(),
        lambda folder: (folder / "devices.csv").write_text("endpoint_name,file\nb,b.pem\n"),
        lambda folder: (folder / "devices.csv").write_text("endpoint_name,file,enrollment_id\na,b.pem,1\n"),
        lambda folder: (folder / "devices.csv").write_text("endpoint_name,file,key_file\na,b.pem,a.key\n"),
    ],
)
def test_every_change_of_a_folder_is_noticed(change: Callable[[Path], object], tmp_path: Path) -> None:
    for name in ("a.pem", "b.pem", "a.key", "elsewhere"):
        (tmp_path / name).write_bytes(b"1")
    (tmp_path / "a.key").write_text(key("one").sec1())
    (tmp_path / "link.pem").symlink_to("elsewhere")
    (tmp_path / "devices.csv").write_text("endpoint_name,file\na,b.pem\n")

    def taken() -> list[bytes]:
        return [fingerprint(chunk.files()) for chunk in DeviceSet((tmp_path,)).chunks()]

    before = taken()
    assert taken() == before
    change(tmp_path)
    assert taken() != before

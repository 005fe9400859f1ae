"""Archives that climb out, unpack to far too much, or are not what their headers say: DEV001, and soon."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from fcu_conform.artefacts.bounded_io.archives import walk
from fcu_conform.artefacts.bounded_io.limits import ARCHIVE_FLOOR, DEVICE_FILE

from .commands import failed, judge
from .conftest import Held
from .factory import CRT, DEVICES, Factory

MEGABYTE = 1 << 20
Maker = Callable[[], bytes]


def _tar(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info, content in members:
            info.size = info.size or len(content)
            archive.addfile(info, io.BytesIO(content) if content else None)
    return out.getvalue()


def _info(name: str, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def _zip(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def a_tar_gz_of_a_gigabyte_of_zeros() -> bytes:
    head = gzip.compress(_info("lamp.pem", size=1024 * MEGABYTE).tobuf(), 1)
    return head + gzip.compress(bytes(64 * MEGABYTE), 1) * 16


def a_tar_gz_of_a_million_empty_members() -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return b"".join(packer.compress(_info(f"x/{n}").tobuf() * 1000) for n in range(1000)) + packer.flush()


def a_tar_gz_of_a_million_gzip_members() -> bytes:
    return gzip.compress(b"", 1) * 1_000_000


def a_tar_gz_in_a_tar_gz_in_a_tar_gz() -> bytes:
    data = bytes(64 * MEGABYTE)
    for name in ("lamp.pem", "a.tar.gz", "b.tar.gz"):
        data = gzip.compress(_tar((_info(name), data)), 1)
    return data


def a_tar_whose_size_is_a_lie() -> bytes:
    return _info("lamp.pem", size=1 << 40).tobuf(tarfile.GNU_FORMAT) + b"x" * 1024


def a_tar_of_ten_thousand_long_names_in_a_row() -> bytes:
    return _info("././@LongLink", type=b"L", size=5).tobuf(tarfile.GNU_FORMAT) * 10_000


def a_tar_whose_name_has_forty_megabytes() -> bytes:
    name = b"x" * (40 * MEGABYTE)
    return _info("././@LongLink", type=b"L", size=len(name)).tobuf(tarfile.GNU_FORMAT) + name + bytes(10240)


def a_tar_with_a_sparse_file_of_a_terabyte() -> bytes:
    pax = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.size": str(1 << 40),
        "GNU.sparse.map": f"{1 << 40},0",
    }
    return _tar((_info("lamp.pem", pax_headers=pax), b""), form=tarfile.PAX_FORMAT)


def a_tar_with_a_size_that_is_no_number() -> bytes:
    return _tar((_info("lamp.pem", pax_headers={"size": "9" * 5000}), b"x"), form=tarfile.PAX_FORMAT)


def a_tar_of_links_devices_and_names_that_lead_out() -> bytes:
    return _tar(
        (_info("a.pem", type=tarfile.SYMTYPE, linkname="/etc/passwd"), b""),
        (_info("b.pem", type=tarfile.LNKTYPE, linkname="../../etc/passwd"), b""),
        (_info("c.pem", type=tarfile.CHRTYPE, devmajor=1, devminor=5), b""),
        (_info("d.pem", type=tarfile.FIFOTYPE), b""),
        (_info("../e.pem"), b"x"),
        (_info("/tmp/f.pem"), b"x"),
    )


def a_zip_that_climbs_out() -> bytes:
    return _zip(("../a.pem", b"x"), ("/etc/b.pem", b"x"), ("c/../../d.pem", b"x"))


def a_zip_of_a_gigabyte_of_zeros() -> bytes:
    packer = zlib.compressobj(1, wbits=-15)
    packed = b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(1024)) + packer.flush()
    return _one_member(packed, 1024 * MEGABYTE, zipfile.ZIP_DEFLATED)


def a_zip_whose_members_share_their_bytes() -> bytes:
    """Twenty thousand entries of the directory, all of them the same quarter of a megabyte."""
    packed = zlib.compress(b"x" * 250_000)[2:-4]
    crc = zlib.crc32(b"x" * 250_000)
    sizes = struct.pack("<3I", crc, len(packed), 250_000)
    local = b"PK\x03\x04" + struct.pack("<5H", 20, 0, 8, 0, 0) + sizes + struct.pack("<2H", 5, 0) + b"a.pem" + packed
    entry = (
        b"PK\x01\x02"
        + struct.pack("<6H", 20, 20, 0, 8, 0, 0)
        + sizes
        + struct.pack("<5H2I", 5, 0, 0, 0, 0, 0, 0)
        + b"a.pem"
    )
    return local + entry * 20_000 + _end(20_000, len(entry) * 20_000, len(local))


def a_zip_of_half_a_million_entries() -> bytes:
    entry = b"PK\x01\x02" + struct.pack("<6H3I5H2I", 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.txt"
    count = 500_000
    size = struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, count, count, len(entry) * count, 0)
    place = struct.pack("<IQI", 0, len(entry) * count, 1)
    return entry * count + b"PK\x06\x06" + size + b"PK\x06\x07" + place + _end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def a_zip_whose_directory_is_a_lie() -> bytes:
    return b"PK\x03\x04" + bytes(100) + _end(65535, 0x7FFFFFFF, 0x7FFFFFFF)


def a_zip_packed_with_a_dictionary_of_four_gigabytes() -> bytes:
    return _one_member(b"\x09\x04\x05\x00" + b"\x5d\xff\xff\xff\xff" + bytes(500), 500, zipfile.ZIP_LZMA)


def a_zip_that_says_it_is_encrypted_and_of_the_future() -> bytes:
    data = bytearray(_one_member(b"x", 1, 97))
    data[data.index(b"PK\x01\x02") + 6] = 99
    return bytes(data)


def _one_member(packed: bytes, size: int, method: int) -> bytes:
    sizes = struct.pack("<3I", 0, len(packed), size)
    local = (
        b"PK\x03\x04" + struct.pack("<5H", 20, 0, method, 0, 0) + sizes + struct.pack("<2H", 5, 0) + b"a.pem" + packed
    )
    entry = (
        b"PK\x01\x02" + struct.pack("<6H", 20, 20, 0, method, 0, 0) + sizes + struct.pack("<5H2I", 5, 0, 0, 0, 0, 0, 0)
    )
    return local + entry + b"a.pem" + _end(1, len(entry) + 5, len(local))


def _end(count: int, size: int, offset: int) -> bytes:
    return b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, count & 0xFFFF, count & 0xFFFF, size, offset, 0)


MAKERS: dict[str, list[Maker]] = {
    "lot.tar.gz": [
        a_tar_gz_of_a_gigabyte_of_zeros,
        a_tar_gz_of_a_million_empty_members,
        a_tar_gz_of_a_million_gzip_members,
        a_tar_gz_in_a_tar_gz_in_a_tar_gz,
    ],
    "lot.tar": [
        a_tar_whose_size_is_a_lie,
        a_tar_of_ten_thousand_long_names_in_a_row,
        a_tar_whose_name_has_forty_megabytes,
        a_tar_with_a_sparse_file_of_a_terabyte,
        a_tar_with_a_size_that_is_no_number,
        a_tar_of_links_devices_and_names_that_lead_out,
    ],
    "lot.zip": [
        a_zip_that_climbs_out,
        a_zip_of_a_gigabyte_of_zeros,
        a_zip_whose_members_share_their_bytes,
        a_zip_of_half_a_million_entries,
        a_zip_whose_directory_is_a_lie,
        a_zip_packed_with_a_dictionary_of_four_gigabytes,
        a_zip_that_says_it_is_encrypted_and_of_the_future,
    ],
}


def cases() -> list[object]:
    return [pytest.param(name, make, id=make.__name__) for name, makers in MAKERS.items() for make in makers]


@pytest.mark.parametrize(("name", "make"), cases())
def test_a_hostile_archive_is_refused_as_device_output(name: str, make: Maker, factory: Factory, held: Held) -> None:
    path: Path = factory.put(name, make())
    done = held(lambda: judge(factory, f"--fcu-devices={path}", "-k", "DEV001"))
    assert (done.code, failed(done)) == (1, {"DEV001"})


@pytest.mark.parametrize("name", ["lot.tar.gz", "lot.zip"])
def test_a_regular_archive_with_high_compression_is_read_completely(name: str, sound: Factory, tmp_path: Path) -> None:
    """Forty times smaller than what is in it, with a folder for each device: a lot of the same chain."""
    chain = (sound / CRT).read_bytes() * 3
    path = tmp_path / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(3000):
                archive.writestr(f"{number:05}/", b"")
                archive.writestr(f"{number:05}/device.pem", b"%06d" % number + chain)
    else:
        with tarfile.open(path, "w:gz") as tar:
            for number in range(3000):
                tar.addfile(_info(f"{number:05}", type=tarfile.DIRTYPE))
                content = b"%06d" % number + chain
                tar.addfile(_info(f"{number:05}/device.pem", size=len(content)), io.BytesIO(content))
    found = list(walk(path, lambda member: member.endswith(".pem")))
    assert [file.detail for file in found if file.trouble] == []
    assert len({file.data for file in found}) == 3000


def test_an_archive_is_unpacked_to_its_limit_and_no_further(sound: Factory, tmp_path: Path) -> None:
    path = tmp_path / "lot.zip"
    content = bytes(DEVICE_FILE)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(200):
            archive.writestr(f"{number}.pem", content)
    found = list(walk(path, lambda member: member.endswith(".pem")))
    assert len(found) == ARCHIVE_FLOOR // DEVICE_FILE + 1
    assert found[-1].detail == ("is a damaged archive: it expands far beyond its own size; the rest was not judged")


def a_tar(sound: Factory) -> tuple[bytes, list[int]]:
    """A tar of four files, and where their headers are."""
    data = _tar(*((_info(path.name), path.read_bytes()) for path in sorted((sound / DEVICES).iterdir())[:4]))
    return data, [at for at in range(0, len(data), 512) if data[at + 257 : at + 262] == b"ustar"]


def its_end_is_missing(data: bytes, headers: list[int]) -> bytes:
    return data[: headers[2]]


def it_ends_in_a_header(data: bytes, headers: list[int]) -> bytes:
    return data[: headers[2] + 100]


def it_ends_in_a_file(data: bytes, headers: list[int]) -> bytes:
    return data[: headers[2] + 600]


def a_header_is_damaged(data: bytes, headers: list[int]) -> bytes:
    return data[: headers[2]] + b"x" + data[headers[2] + 1 :]


def it_goes_on_behind_its_end(data: bytes, headers: list[int]) -> bytes:
    return data[: headers[2]] + bytes(512) + data[headers[2] :]


def another_one_follows(data: bytes, _headers: list[int]) -> bytes:
    return data + data


def zeros_follow_that_no_tape_needs(data: bytes, _headers: list[int]) -> bytes:
    return data + bytes(2 * MEGABYTE)


TAR_DAMAGE = [
    its_end_is_missing,
    it_ends_in_a_header,
    it_ends_in_a_file,
    a_header_is_damaged,
    it_goes_on_behind_its_end,
    another_one_follows,
    zeros_follow_that_no_tape_needs,
]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["tar", "tar.gz"])
@pytest.mark.parametrize("damage", TAR_DAMAGE, ids=lambda damage: damage.__name__)
def test_a_truncated_tar_is_never_taken_for_a_complete_one(
    damage: Callable[[bytes, list[int]], bytes], pack: Callable[[bytes], bytes], sound: Factory, tmp_path: Path
) -> None:
    """By itself the library stops at these without a word."""
    whole, headers = a_tar(sound)
    path = tmp_path / "lot.tar.gz"
    path.write_bytes(pack(damage(whole, headers)))
    found = list(walk(path, lambda _: True))
    assert [file.name for file in found if file.trouble is None] == [
        path.name for path in sorted((sound / DEVICES).iterdir())[: len(found) - 1]
    ]
    assert found[-1].detail.startswith("is a damaged archive: ")
    path.write_bytes(pack(whole))
    assert len([file for file in walk(path, lambda _: True) if file.trouble is None]) == 4


def test_a_tar_gz_whose_checksum_is_wrong_is_damaged(sound: Factory, tmp_path: Path) -> None:
    data = gzip.compress(a_tar(sound)[0])
    path = tmp_path / "lot.tgz"
    path.write_bytes(data[:-8] + bytes(4) + data[-4:])
    found = list(walk(path, lambda _: True))
    assert "CRC check failed" in found[-1].detail


@pytest.mark.parametrize("blocks", [20, 2048])
def test_a_tar_of_any_blocking_factor_is_read_completely(blocks: int, sound: Factory, tmp_path: Path) -> None:
    data, _ = a_tar(sound)
    path = tmp_path / "lot.tar"
    path.write_bytes(data.rstrip(b"\0").ljust(blocks * 512, b"\0"))
    assert [file.trouble for file in walk(path, lambda _: True)] == [None] * 4

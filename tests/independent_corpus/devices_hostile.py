"""DEV001: output that is no output, or far too much of one. It is refused soon, and with a word."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable

from .cases import USAGE, Room, case
from .floor import GOOD, ODD, healthy, lamp, output, pem, plant, tarred, zipped
from .maker import Cert

MEGABYTE = 1 << 20


def _members(chain: list[Cert]) -> list[tuple[str, bytes | str]]:
    return [(f"{cn}.pem", pem(lamp(chain[0], cn), chain[0])) for cn in (GOOD, ODD)]


def _tar_with(room: Room, change: Callable[[tarfile.TarInfo], None], size: int = 0) -> None:
    """Two good devices in a tar, and one more member of an odd kind."""
    chain = plant(room)
    target = tarred(room, _members(chain))
    with tarfile.open(target, "a") as archive:
        info = tarfile.TarInfo("lamp-0003.pem")
        info.size = size
        change(info)
        archive.addfile(info, io.BytesIO(bytes(size)))


def _stray(chain: list[Cert]) -> str:
    return pem(lamp(chain[0], "lamp-0003"), chain[0])


@case({"DEV001"})
def tar_that_climbs_out(room: Room) -> None:
    """A member ../lamp-0003.pem: a good device by its contents, and a name that escapes."""
    chain = plant(room)
    tarred(room, [*_members(chain), ("../lamp-0003.pem", _stray(chain))])


@case({"DEV001"})
def tar_that_climbs_out_midway(room: Room) -> None:
    """A member a/../../lamp-0003.pem."""
    chain = plant(room)
    tarred(room, [*_members(chain), ("a/../../lamp-0003.pem", _stray(chain))], "lot.tgz")


@case({"DEV001"})
def tar_with_an_absolute_name(room: Room) -> None:
    """A member /tmp/lamp-0003.pem."""
    chain = plant(room)
    tarred(room, [*_members(chain), ("/tmp/lamp-0003.pem", _stray(chain))])


@case({"DEV001"})
def zip_that_climbs_out(room: Room) -> None:
    """A zip entry ../lamp-0003.pem."""
    chain = plant(room)
    zipped(room, [*_members(chain), ("../lamp-0003.pem", _stray(chain))])


@case({"DEV001"})
def zip_with_an_absolute_name(room: Room) -> None:
    """A zip entry /etc/lamp-0003.pem."""
    chain = plant(room)
    zipped(room, [*_members(chain), ("/etc/lamp-0003.pem", _stray(chain))])


@case({"DEV001"}, either=[{"DEV005"}])
def zip_with_windows_names(room: Room) -> None:
    r"""A zip entry ..\lamp-0003.pem: it escapes on Windows. (Elsewhere it is a file of an odd name.)"""
    chain = plant(room)
    zipped(room, [*_members(chain), ("..\\lamp-0003.pem", _stray(chain))])


@case({"DEV001"})
def tar_with_a_symbolic_link(room: Room) -> None:
    """lamp-0003.pem is a link to /etc/hostname."""

    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/hostname"

    _tar_with(room, change)


@case({"DEV001"})
def tar_with_a_link_inside(room: Room) -> None:
    """lamp-0003.pem is a symbolic link to lamp-0001.pem of the same archive: no file either."""

    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = tarfile.SYMTYPE, f"{GOOD}.pem"

    _tar_with(room, change)


@case({"DEV001"})
def tar_with_a_hard_link(room: Room) -> None:
    """lamp-0003.pem is a hard link to ../../etc/passwd."""

    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = tarfile.LNKTYPE, "../../etc/passwd"

    _tar_with(room, change)


@case({"DEV001"})
def tar_with_a_device_file(room: Room) -> None:
    """lamp-0003.pem is the character device 1,5 (zeros without end)."""

    def change(info: tarfile.TarInfo) -> None:
        info.type, info.devmajor, info.devminor = tarfile.CHRTYPE, 1, 5

    _tar_with(room, change)


@case({"DEV001"})
def tar_with_a_pipe(room: Room) -> None:
    """lamp-0003.pem is a FIFO."""

    def change(info: tarfile.TarInfo) -> None:
        info.type = tarfile.FIFOTYPE

    _tar_with(room, change)


@case({"DEV001"})
def zip_with_a_symbolic_link(room: Room) -> None:
    """A zip entry marked as a link to /etc/hostname."""
    chain = plant(room)
    target = zipped(room, _members(chain))
    with zipfile.ZipFile(target, "a") as archive:
        info = zipfile.ZipInfo("lamp-0003.pem")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/hostname")


@case({"DEV001"})
def tar_gz_cut_short(room: Room) -> None:
    """The second half of the download is missing."""
    target = tarred(room, _members(plant(room)), "lot.tar.gz")
    data = target.read_bytes()
    target.write_bytes(data[: len(data) // 2])


@case({"DEV001"})
def tar_cut_short(room: Room) -> None:
    """A plain tar that ends in the middle of its second member."""
    target = tarred(room, _members(plant(room)))
    target.write_bytes(target.read_bytes()[: 512 + 2048 + 512 + 300])


@case({"DEV001"})
def zip_cut_short(room: Room) -> None:
    """A zip without its end, where the directory stands."""
    target = zipped(room, _members(plant(room)))
    data = target.read_bytes()
    target.write_bytes(data[: len(data) * 2 // 3])


@case({"DEV001"})
def zip_with_a_damaged_member(room: Room) -> None:
    """The directory is whole, one member's compressed bytes are not: its CRC fails."""
    target = zipped(room, _members(plant(room)))
    data = bytearray(target.read_bytes())
    data[120:160] = bytes(40)
    target.write_bytes(data)


@case({"DEV001"})
def noise_called_tar_gz(room: Room) -> None:
    """Noise under .tar.gz."""
    plant(room)
    _file(room, "lot.tar.gz", bytes(range(256)) * 8)


@case({"DEV001"})
def noise_called_zip(room: Room) -> None:
    """Noise under .zip."""
    plant(room)
    _file(room, "lot.zip", bytes(range(256)) * 8)


@case({"DEV001"})
def archive_of_no_octets(room: Room) -> None:
    """An empty file called lot.tar."""
    plant(room)
    _file(room, "lot.tar", b"")


@case({"DEV001"})
def archive_without_members(room: Room) -> None:
    """A good tar in which nothing is."""
    plant(room)
    tarred(room, [])


@case({"DEV001"})
def gzip_bomb(room: Room) -> None:
    """A tar.gz of 1 MB whose one member has a gigabyte of zeros."""
    plant(room)
    info = tarfile.TarInfo(f"{ODD}.pem")
    info.size = 1024 * MEGABYTE
    target = room.base / "lot.tar.gz"
    with gzip.open(target, "wb", compresslevel=1) as packed:
        packed.write(info.tobuf())
    zeros = gzip.compress(bytes(64 * MEGABYTE), 1)
    with target.open("ab") as out:
        for _ in range(16):
            out.write(zeros)
    room.devices.append(target)


@case({"DEV001"})
def zip_bomb(room: Room) -> None:
    """A zip of about 1 MB with a member of 256 MB of zeros."""
    plant(room)
    zipped(room, [(f"{ODD}.pem", bytes(256 * MEGABYTE))])


@case({"DEV001"})
def zip_that_lies_about_its_sizes(room: Room) -> None:
    """The directory says 900 octets, the member unpacks to 64 MB."""
    plant(room)
    target = zipped(room, [(f"{ODD}.pem", bytes(64 * MEGABYTE))])
    size = (64 * MEGABYTE).to_bytes(4, "little")
    target.write_bytes(target.read_bytes().replace(size, (900).to_bytes(4, "little")))


@case({"DEV001"})
def zip_under_a_password(room: Room) -> None:
    """Entries with the encryption flag."""
    target = zipped(room, _members(plant(room)))
    data = bytearray(target.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while start >= 0:
            data[start + offset] |= 1
            start = data.find(mark, start + 4)
    target.write_bytes(data)


@case({"DEV001"})
def archive_in_an_archive(room: Room) -> None:
    """A zip that holds nothing but a tar: no device in it."""
    chain = plant(room)
    inner = tarred(room, _members(chain)).read_bytes()
    room.devices.clear()
    zipped(room, [("lot.tar", inner)])


@case({"DEV001"})
def pipe_among_the_devices(room: Room) -> None:
    """lamp-0002.pem is a FIFO that nobody writes to."""
    healthy(room, plant(room))
    os.mkfifo(room.base / "out" / f"{ODD}.pem")


@case({"DEV001"}, either=[{USAGE}])
def pipe_instead_of_a_folder(room: Room) -> None:
    """The path handed over is itself a FIFO called lot.tar. (A path of the wrong kind may be called a wrong use.)"""
    plant(room)
    os.mkfifo(room.base / "lot.tar")
    room.devices.append(room.base / "lot.tar")


@case({"DEV001"})
def link_that_loops(room: Room) -> None:
    """lamp-0002.pem links to itself."""
    healthy(room, plant(room))
    (room.base / "out" / f"{ODD}.pem").symlink_to(f"{ODD}.pem")


@case({"DEV001"})
def link_to_nothing(room: Room) -> None:
    """lamp-0002.pem links to a file that is not there."""
    healthy(room, plant(room))
    (room.base / "out" / f"{ODD}.pem").symlink_to("elsewhere.pem")


@case({"DEV001"}, either=[set()])
def folder_that_holds_itself(room: Room) -> None:
    """out/again links to out: whoever follows never comes to an end. (Passing a linked folder by is no fault.)"""
    healthy(room, plant(room))
    (room.base / "out" / "again").symlink_to(".")


@case({"DEV001"}, either=[set()])
def link_out_of_the_folder(room: Room) -> None:
    """lamp-0002.pem links to a good device outside the folder. (A user's own folder may link where it likes.)"""
    chain = plant(room)
    healthy(room, chain)
    room.put(f"../../elsewhere/{ODD}.pem", pem(lamp(chain[0]), chain[0]))
    (room.base / "out" / f"{ODD}.pem").symlink_to(f"../elsewhere/{ODD}.pem")


@case({"DEV001"})
def device_of_forty_megabytes(room: Room) -> None:
    """40 MB of base64 in one block."""
    healthy(room, plant(room))
    row = "A" * 64 + "\n"
    body = row * (40 * MEGABYTE // len(row))
    output(room, f"{ODD}.pem", f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
    room.guilty.add(f"{ODD}.pem")


@case({"DEV001"})
def endless_begin_lines(room: Room) -> None:
    """100,000 BEGIN lines without an END."""
    healthy(room, plant(room))
    output(room, f"{ODD}.pem", "-----BEGIN CERTIFICATE-----\n" * 100_000)
    room.guilty.add(f"{ODD}.pem")


@case({"DEV001"})
def nested_der(room: Room) -> None:
    """40,000 SEQUENCE headers one inside the other in a .der."""
    healthy(room, plant(room, 3, 1), 1)
    output(room, f"{ODD}.der", b"\x30\x80" * 40_000)
    room.guilty.add(f"{ODD}.der")


@case({"DEV001"}, either=[{"DEV002"}, {"DEV002", "DEV028"}, {"DEV028"}])
def ten_thousand_certificates(room: Room) -> None:
    """FCU's certificate ten thousand times behind the device's: too many to be read at all, or to be right."""
    chain = plant(room)
    healthy(room, chain)
    output(room, f"{ODD}.pem", lamp(chain[0]).pem + chain[0].pem * 10_000)
    room.guilty.add(f"{ODD}.pem")


@case({"DEV001"})
def empty_folder(room: Room) -> None:
    """A folder in which nothing is: a run over no device never passes."""
    plant(room)
    (room.base / "out").mkdir()
    room.devices.append(room.base / "out")


@case({"DEV001"})
def folder_without_a_device(room: Room) -> None:
    """A folder with a log and a readme."""
    plant(room)
    output(room, "line.log", "nothing was made today\n")
    output(room, "sub/README.md", "# Shift\n")


@case({"DEV001"}, either=[{USAGE}])
def file_of_another_kind(room: Room) -> None:
    """The path handed over is a text file. (A path of the wrong kind may be called a wrong use.)"""
    plant(room)
    _file(room, "devices.txt", b"lamp-0001\n")


@case({USAGE})
def path_that_is_not_there(room: Room) -> None:
    """Nothing has this name."""
    plant(room)
    room.devices.append(room.base / "out")


@case({USAGE})
def one_of_two_paths_is_not_there(room: Room) -> None:
    """A good folder and a name with a slip of the pen."""
    healthy(room, plant(room))
    room.devices.append(room.base / "ouT2")


def _file(room: Room, name: str, data: bytes) -> None:
    (room.base / name).write_bytes(data)
    room.devices.append(room.base / name)

"""Conformant: archives as the tools of this world write them."""

from __future__ import annotations

import io
import tarfile
import zipfile

from .cases import Room, case
from .devices_good_forms import NAMES, lamps
from .floor import enrollment, lamp, output, pem, plant, tarred, zipped


@case()
def tar(room: Room) -> None:
    """A plain tar, files at its top."""
    tarred(room, lamps(plant(room)))


@case()
def tar_gz(room: Room) -> None:
    """A .tar.gz with folders by shift."""
    tarred(room, [(f"./shift-{n % 2}/{file}", text) for n, (file, text) in enumerate(lamps(plant(room)))], "lot.tar.gz")


@case()
def tgz(room: Room) -> None:
    """The same under .tgz, all below one folder."""
    tarred(room, [(f"lot/{file}", text) for file, text in lamps(plant(room))], "lot.tgz")


@case()
def zip_file(room: Room) -> None:
    """A zip, deflated, with an entry for its folder."""
    zipped(room, [("lot/", ""), *((f"lot/{file}", text) for file, text in lamps(plant(room)))])


@case()
def zip_stored(room: Room) -> None:
    """A zip without compression."""
    members = lamps(plant(room))
    with zipfile.ZipFile(room.base / "lot.zip", "w", zipfile.ZIP_STORED) as archive:
        for file, text in members:
            archive.writestr(file, text)
    room.devices.append(room.base / "lot.zip")


@case(never={"DEV015", "DEV023"})
def archive_with_manifest_and_keys(room: Room) -> None:
    """A tar.gz with devices.csv, certificates and keys, as a tool of the factory packs it."""
    chain = plant(room)
    certs = [(f"unit-{place}", cn, lamp(chain[0], cn)) for place, cn in enumerate(NAMES)]
    room.secrets += [cert.key for _, _, cert in certs]
    rows = [f"{cn},certs/{unit}.pem,{enrollment(cert)},keys/{unit}.pem" for unit, cn, cert in certs]
    head = "endpoint_name,file,enrollment_id,key_file"
    members = [("devices.csv", "\n".join([head, *rows, ""]))]
    members += [(f"certs/{unit}.pem", pem(cert, chain[0])) for unit, _, cert in certs]
    members += [(f"keys/{unit}.pem", cert.key.sec1()) for unit, _, cert in certs]
    tarred(room, members, "lot.tar.gz")


@case()
def folder_and_archive_together(room: Room) -> None:
    """A folder of some devices and a zip of the others, both given."""
    chain = plant(room)
    members = lamps(chain)
    for file, text in members[:3]:
        output(room, file, text)
    zipped(room, members[3:])


@case()
def tar_with_long_names(room: Room) -> None:
    """Paths of more than 100 characters, which PAX headers carry."""
    folder = "/".join(["a-folder-with-a-rather-long-name"] * 5)
    tarred(room, [(f"{folder}/{file}", text) for file, text in lamps(plant(room))])


@case()
def tar_of_gnu_with_folders(room: Room) -> None:
    """GNU format with entries for the folders, as `tar czf lot.tar.gz lot` has it."""
    members = lamps(plant(room))
    with tarfile.open(room.base / "lot.tar.gz", "w:gz", format=tarfile.GNU_FORMAT) as archive:
        for folder in ("lot", "lot/" + "deep-" * 30):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(info)
            for file, text in members[:3] if folder == "lot" else members[3:]:
                info = tarfile.TarInfo(f"{folder}/{file}")
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text.encode()))
    room.devices.append(room.base / "lot.tar.gz")


class _Pipe(io.BytesIO):
    """A stream that cannot go back, as standard output is."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError("not seekable")

    def tell(self) -> int:
        raise OSError("not seekable")


@case()
def zip_written_to_a_pipe(room: Room) -> None:
    """Sizes stand behind each member, not before it."""
    stream = _Pipe()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in lamps(plant(room)):
            archive.writestr(file, text)
    (room.base / "lot.zip").write_bytes(stream.getvalue())
    room.devices.append(room.base / "lot.zip")


@case()
def zip_with_a_finder_file(room: Room) -> None:
    """.DS_Store among the devices."""
    zipped(room, [("lot/.DS_Store", b"\0\0\0\1Bud1"), *((f"lot/{file}", text) for file, text in lamps(plant(room)))])


@case(either=[{"DEV001"}])
def zip_with_resource_forks(room: Room) -> None:
    """__MACOSX/lot/._lamp-0001.pem, which macOS adds for each file: no device, though it ends in .pem. (It is a .pem
    that cannot be parsed.)
    """
    members = lamps(plant(room))
    forks = [(f"__MACOSX/lot/._{file}", b"\0\5\x16\7\0\2\0\0Mac OS X        ") for file, _ in members]
    zipped(room, [*((f"lot/{file}", text) for file, text in members), *forks])
    room.guilty |= {file for file, _ in forks}


@case(either=[{"DEV001"}])
def endings_in_capitals(room: Room) -> None:
    """LOT.ZIP with NAME.PEM and NAME.CRT in it, as old Windows tools write. (The interface has the endings in small
    letters.)
    """
    members = lamps(plant(room))
    renamed = [(file.replace(".pem", (".PEM", ".CRT")[n % 2]), text) for n, (file, text) in enumerate(members)]
    zipped(room, renamed, "LOT.ZIP")

"""Conformant: the forms in which a factory hands its device output over."""

from __future__ import annotations

import os
import zipfile

from .cases import Room, case
from .floor import (
    GOOD,
    ODD,
    device,
    enrollment,
    healthy,
    key_beside,
    lamp,
    manifest,
    output,
    pem,
    plant,
    tarred,
    zipped,
)
from .maker import Cert, armour

NAMES = [f"lamp-{number:04}" for number in range(1, 7)]


def _lamps(chain: list[Cert]) -> list[tuple[str, str]]:
    return [(f"{cn}.pem", pem(lamp(chain[0], cn), chain[0])) for cn in NAMES]


@case()
def one_pem_file(room: Room) -> None:
    """The path of one .pem, not of a folder."""
    chain = plant(room)
    room.devices.append(output(room, f"{ODD}.pem", pem(lamp(chain[0]), chain[0])))
    room.devices.pop(0)


@case()
def one_crt_file(room: Room) -> None:
    """The same under .crt."""
    chain = plant(room)
    room.devices.append(output(room, f"{ODD}.crt", pem(lamp(chain[0]), chain[0])))
    room.devices.pop(0)


@case()
def one_der_file(room: Room) -> None:
    """One certificate in DER: all that depth 1 needs."""
    chain = plant(room, 1, None)
    room.devices.append(output(room, f"{ODD}.der", lamp(chain[0]).der))
    room.devices.pop(0)


@case()
def two_files_by_name(room: Room) -> None:
    """Two paths, each of one file."""
    chain = plant(room)
    room.devices = [output(room, file, text) for file, text in _lamps(chain)[:2]]


@case()
def two_folders_by_name(room: Room) -> None:
    """Two paths, each of one shift's folder."""
    chain = plant(room)
    for place, (file, text) in enumerate(_lamps(chain)):
        output(room, f"shift-{place % 2}/{file}", text)
    room.devices = [room.base / "out" / "shift-0", room.base / "out" / "shift-1"]


@case()
def folder_of_pem_crt_and_der(room: Room) -> None:
    """All three endings in one folder, at depth 1."""
    chain = plant(room, 2, 1)
    for cn, ending in zip(NAMES, ("pem", "crt", "der"), strict=False):
        cert = lamp(chain[0], cn)
        output(room, f"{cn}.{ending}", cert.der if ending == "der" else cert)


@case()
def folders_by_shift(room: Room) -> None:
    """out/DAY/SHIFT/NAME.pem, several devices a folder."""
    for place, (file, text) in enumerate(_lamps(plant(room))):
        output(room, f"2026-11-2{place % 2}/night/{file}", text)


@case(never={"DEV005"})
def folder_for_each_device(room: Room) -> None:
    """A folder named by the endpoint, with the chain as device.pem and the key as device.key.pem."""
    chain = plant(room)
    for cn in NAMES:
        cert = lamp(chain[0], cn)
        output(room, f"{cn}/device.pem", pem(cert, chain[0]))
        key_beside(room, f"{cn}/device.key.pem", cert.key)


@case(never={"DEV005"})
def folder_and_file_of_one_name(room: Room) -> None:
    """NAME/NAME.pem: folder and file agree about the endpoint."""
    for file, text in _lamps(plant(room)):
        output(room, f"{file.removesuffix('.pem')}/{file}", text)


@case(never={"DEV015"})
def keys_beside_in_pem(room: Room) -> None:
    """NAME.key.pem, SEC1 for one device and PKCS#8 for the other."""
    chain = plant(room)
    first, second = healthy(room, chain), healthy(room, chain, cn=ODD)
    key_beside(room, f"{GOOD}.key.pem", first.key)
    key_beside(room, f"{ODD}.key.pem", second.key, second.key.pkcs8())


@case(never={"DEV015"})
def keys_beside_in_der(room: Room) -> None:
    """NAME.key.der, SEC1 for one device and PKCS#8 for the other, which is what bundles hold."""
    chain = plant(room)
    first, second = healthy(room, chain), healthy(room, chain, cn=ODD)
    key_beside(room, f"{GOOD}.key.der", first.key, first.key.der())
    key_beside(room, f"{ODD}.key.der", second.key, second.key.der(pkcs8=True))


@case()
def key_beside_some(room: Room) -> None:
    """One device with its key, one without: a device that made its own key gives none away."""
    chain = plant(room)
    first = healthy(room, chain)
    healthy(room, chain, cn=ODD)
    key_beside(room, f"{GOOD}.key.pem", first.key)


@case()
def windows_line_ends(room: Room) -> None:
    """CRLF throughout."""
    chain = plant(room)
    output(room, f"{ODD}.pem", armour(lamp(chain[0]).der, newline="\r\n") + armour(chain[0].der, newline="\r\n"))


@case()
def text_before_the_blocks(room: Room) -> None:
    """What `openssl x509 -text` writes stands before the first block, which RFC 7468 lets readers pass over."""
    chain = plant(room)
    output(room, f"{ODD}.pem", "Certificate:\n    Data:\n        Version: 3 (0x2)\n" + pem(lamp(chain[0]), chain[0]))


@case()
def no_final_newline(room: Room) -> None:
    """The last line of the file does not end."""
    chain = plant(room)
    output(room, f"{ODD}.pem", pem(lamp(chain[0]), chain[0]).rstrip("\n"))


@case()
def tar(room: Room) -> None:
    """A plain tar, files at its top."""
    tarred(room, _lamps(plant(room)))


@case()
def tar_gz(room: Room) -> None:
    """A .tar.gz with folders by shift."""
    tarred(
        room, [(f"./shift-{n % 2}/{file}", text) for n, (file, text) in enumerate(_lamps(plant(room)))], "lot.tar.gz"
    )


@case()
def tgz(room: Room) -> None:
    """The same under .tgz, all below one folder."""
    tarred(room, [(f"lot/{file}", text) for file, text in _lamps(plant(room))], "lot.tgz")


@case()
def zip_file(room: Room) -> None:
    """A zip, deflated, with an entry for its folder."""
    zipped(room, [("lot/", ""), *((f"lot/{file}", text) for file, text in _lamps(plant(room)))])


@case()
def zip_stored(room: Room) -> None:
    """A zip without compression."""
    members = _lamps(plant(room))
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
    members = _lamps(chain)
    for file, text in members[:3]:
        output(room, file, text)
    zipped(room, members[3:])


@case()
def other_files_among_them(room: Room) -> None:
    """A log, a picture, a readme and an empty folder among the devices: none of them looks like a device."""
    healthy(room, plant(room))
    output(room, "README.txt", "Night shift of 22 November.\n")
    output(room, "line.log", "00:00:01 injected\n")
    output(room, "label.png", b"\x89PNG\r\n\x1a\n")
    (room.base / "out" / "spare").mkdir()


@case(never={"DEV005"})
def manifest_with_names_alone(room: Room) -> None:
    """devices.csv of endpoint_name and file only; the files are called otherwise."""
    chain = plant(room)
    for place, cn in enumerate(NAMES):
        output(room, f"{place}.pem", pem(lamp(chain[0], cn), chain[0]))
    manifest(room, *(f"{cn},{place}.pem" for place, cn in enumerate(NAMES)), head="endpoint_name,file")


@case(never={"DEV005", "DEV015", "DEV023"})
def manifest_with_everything(room: Room) -> None:
    """devices.csv with all four columns; the identity in capitals for one, in small letters for the other; one key in
    DER.
    """
    chain = plant(room)
    first, second = lamp(chain[0], GOOD), lamp(chain[0], ODD)
    output(room, "a/1.pem", pem(first, chain[0]))
    output(room, "a/2.pem", pem(second, chain[0]))
    key_beside(room, "keys/1.pem", first.key)
    key_beside(room, "keys/2.der", second.key, second.key.der())
    manifest(
        room,
        f"{GOOD},a/1.pem,{enrollment(first)},keys/1.pem",
        f"{ODD},a/2.pem,{enrollment(second, upper=False)},keys/2.der",
    )


@case(never={"DEV023"})
def manifest_with_empty_cells(room: Room) -> None:
    """enrollment_id and key_file are columns and empty: first-to-claim is not used, keys are not handed over."""
    healthy(room, plant(room))
    manifest(room, f"{GOOD},{GOOD}.pem,,")


@case(never={"DEV005", "DEV006"})
def manifest_quoted(room: Room) -> None:
    """A name with a comma, quoted as CSV has it; CRLF at the ends and columns in another order."""
    chain = plant(room)
    output(room, "1.pem", pem(lamp(chain[0], "lamp, red"), chain[0]))
    output(room, "devices.csv", 'file,endpoint_name\r\n1.pem,"lamp, red"\r\n')


@case(either=[{"DEV001"}])
def manifest_with_a_byte_order_mark(room: Room) -> None:
    """devices.csv as a spreadsheet saves it, UTF-8 with a BOM: still UTF-8. (A reader may take the BOM into the first
    column's name.)
    """
    healthy(room, plant(room))
    output(room, "devices.csv", b"\xef\xbb\xbf" + f"endpoint_name,file\r\n{GOOD},{GOOD}.pem\r\n".encode())


@case()
def manifest_with_a_name_beyond_ascii(room: Room) -> None:
    """An endpoint name in UTF-8 with a slash, which no file could be called by."""
    chain = plant(room)
    output(room, "1.pem", pem(lamp(chain[0], "hall/lämppu"), chain[0]))
    manifest(room, "hall/lämppu,1.pem", head="endpoint_name,file")


@case(never={"DEV005"})
def manifest_with_a_slash(room: Room) -> None:
    """The slash is a recommended character, and only a manifest can name it."""
    chain = plant(room)
    output(room, "1.pem", pem(lamp(chain[0], "hall/lamp-1"), chain[0]))
    manifest(room, "hall/lamp-1,1.pem", head="endpoint_name,file")


@case()
def link_within_the_folder(room: Room) -> None:
    """`latest` links to a file of notes beside the devices: nothing of the devices is reached twice."""
    healthy(room, plant(room))
    output(room, "notes.txt", "fine\n")
    os.symlink("notes.txt", room.base / "out" / "latest.txt")


@case()
def device_named_twice_over_two_forms(room: Room) -> None:
    """Two devices whose names differ in case alone: two names all the same."""
    chain = plant(room)
    device(room, "lamp-a", lamp(chain[0], "lamp-a"), chain[0])
    device(room, "Lamp-A", lamp(chain[0], "Lamp-A"), chain[0])

"""Conformant: the forms in which a factory hands its device output over."""

from __future__ import annotations

from .cases import Room, case
from .floor import (
    GOOD,
    ODD,
    device,
    healthy,
    key_beside,
    lamp,
    output,
    pem,
    plant,
)
from .maker import Cert, pem_block

NAMES = [f"lamp-{number:04}" for number in range(1, 7)]


def lamps(chain: list[Cert]) -> list[tuple[str, str]]:
    """File and PEM text of six good devices."""
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
    room.devices = [output(room, file, text) for file, text in lamps(chain)[:2]]


@case()
def two_folders_by_name(room: Room) -> None:
    """Two paths, each of one shift's folder."""
    chain = plant(room)
    for place, (file, text) in enumerate(lamps(chain)):
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
    for place, (file, text) in enumerate(lamps(plant(room))):
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
    for file, text in lamps(plant(room)):
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
    output(room, f"{ODD}.pem", pem_block(lamp(chain[0]).der, newline="\r\n") + pem_block(chain[0].der, newline="\r\n"))


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
def other_files_among_them(room: Room) -> None:
    """A log, a picture, a readme and an empty folder among the devices: none of them looks like a device."""
    healthy(room, plant(room))
    output(room, "README.txt", "Night shift of 22 November.\n")
    output(room, "line.log", "00:00:01 injected\n")
    output(room, "label.png", b"\x89PNG\r\n\x1a\n")
    (room.base / "out" / "spare").mkdir()


@case()
def link_within_the_folder(room: Room) -> None:
    """`latest` links to a file of notes beside the devices: nothing of the devices is reached twice."""
    healthy(room, plant(room))
    output(room, "notes.txt", "fine\n")
    (room.base / "out" / "latest.txt").symlink_to("notes.txt")


@case()
def device_named_twice_over_two_forms(room: Room) -> None:
    """Two devices whose names differ in case alone: two names all the same."""
    chain = plant(room)
    device(room, "lamp-a", lamp(chain[0], "lamp-a"), chain[0])
    device(room, "Lamp-A", lamp(chain[0], "Lamp-A"), chain[0])

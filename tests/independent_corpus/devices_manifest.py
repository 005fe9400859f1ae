"""DEV001, DEV005, DEV015, DEV023: devices.csv, and what it says of the devices."""

from __future__ import annotations

from hashlib import sha1

from .cases import Room, case, stranger
from .floor import GOOD, ODD, device, enrollment, healthy, key_beside, lamp, manifest, output, pem, plant
from .maker import Cert


def _two(room: Room) -> tuple[Cert, Cert, Cert]:
    """1.pem and 2.pem of two good devices; gives both certificates and FCU's."""
    chain = plant(room)
    first, second = lamp(chain[0], GOOD), lamp(chain[0], ODD)
    output(room, "1.pem", pem(first, chain[0]))
    output(room, "2.pem", pem(second, chain[0]))
    return first, second, chain[0]


def _identity(room: Room, text: str) -> None:
    first, _, _ = _two(room)
    manifest(room, f"{GOOD},1.pem,{enrollment(first)},", f"{ODD},2.pem,{text},")
    room.guilty.add("2.pem")


@case({"DEV005"})
def names_exchanged(room: Room) -> None:
    """The two rows have each other's name."""
    _two(room)
    manifest(room, f"{ODD},1.pem,,", f"{GOOD},2.pem,,")
    room.guilty |= {"1.pem", "2.pem"}


@case({"DEV005"})
def name_with_a_slip_of_the_pen(room: Room) -> None:
    """lamp-002 for lamp-0002."""
    _two(room)
    manifest(room, f"{GOOD},1.pem,,", "lamp-002,2.pem,,")
    room.guilty.add("2.pem")


@case({"DEV005"})
def manifest_against_the_file_name(room: Room) -> None:
    """The file is called as its CN says, the manifest calls the device otherwise: the manifest counts."""
    chain = plant(room)
    healthy(room, chain)
    device(room, ODD, lamp(chain[0]), chain[0], guilty=True)
    manifest(room, f"{GOOD},{GOOD}.pem,,", f"lamp-0003,{ODD}.pem,,")


@case({"DEV015"})
def key_of_the_other_row(room: Room) -> None:
    """The second row names the first device's key."""
    first, _, _ = _two(room)
    key_beside(room, "keys/1.pem", first.key, of=("2.pem", ODD))
    manifest(room, f"{GOOD},1.pem,,keys/1.pem", f"{ODD},2.pem,,keys/1.pem")
    room.guilty.add("2.pem")


@case({"DEV016"}, either=[{"DEV015", "DEV016"}])
def key_of_fcu_in_a_row(room: Room) -> None:
    """The second row's key file is FCU's private key."""
    *_, fcu = _two(room)
    key_beside(room, "keys/2.pem", fcu.key, of=("2.pem", ODD))
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,,keys/2.pem")
    room.guilty.add("2.pem")


@case({"DEV023"})
def identity_of_the_other_device(room: Room) -> None:
    """The enrollment identity is the first device's."""
    first, _, _ = _two(room)
    manifest(room, f"{GOOD},1.pem,{enrollment(first)},", f"{ODD},2.pem,{enrollment(first)},")
    room.guilty.add("2.pem")


@case({"DEV023"})
def identity_of_fcu(room: Room) -> None:
    """The fingerprint is FCU's certificate's."""
    *_, fcu = _two(room)
    manifest(room, f"{ODD},2.pem,{enrollment(fcu)},", f"{GOOD},1.pem,,")
    room.guilty.add("2.pem")


@case({"DEV023"})
def identity_with_one_digit_changed(room: Room) -> None:
    """The last hexadecimal digit is another."""
    _, second, _ = _two(room)
    right = enrollment(second)
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,{right[:-1]}{'0' if right[-1] != '0' else '1'},")
    room.guilty.add("2.pem")


@case({"DEV023"})
def identity_without_its_prefix(room: Room) -> None:
    """The fingerprint without "A-"."""
    _, second, _ = _two(room)
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,{enrollment(second)[2:]},")
    room.guilty.add("2.pem")


@case({"DEV023"}, either=[set()])
def identity_without_colons(room: Room) -> None:
    """64 digits in a row: Device Management wants 95 characters with colons. (DEV023 does not speak of colons.)"""
    _, second, _ = _two(room)
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,{enrollment(second).replace(':', '')},")
    room.guilty.add("2.pem")


@case({"DEV023"})
def identity_by_sha1(room: Room) -> None:
    """The SHA-1 fingerprint."""
    _, second, _ = _two(room)
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,A-{sha1(second.der, usedforsecurity=False).hexdigest()},")
    room.guilty.add("2.pem")


@case({"DEV023"})
def identity_cut_short(room: Room) -> None:
    """The last octet is missing."""
    _, second, _ = _two(room)
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,{enrollment(second)[:-3]},")
    room.guilty.add("2.pem")


@case({"DEV023"})
def identity_of_nothing(room: Room) -> None:
    """A well-formed identity of no certificate at all."""
    _identity(room, "A-" + ":".join(["5A"] * 32))


@case({"DEV023"})
def identity_of_words(room: Room) -> None:
    """Somebody wrote n/a."""
    _identity(room, "n/a")


@case({"DEV001"})
def file_that_is_not_there(room: Room) -> None:
    """A row names 3.pem, which nobody made."""
    _two(room)
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,,", "lamp-0003,3.pem,,")


@case({"DEV001"}, either=[{"DEV015"}])
def key_file_that_is_not_there(room: Room) -> None:
    """A row names a key that nobody made."""
    _two(room)
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,,keys/2.pem")


@case({"DEV001"})
def file_outside_the_folder(room: Room) -> None:
    """A row names ../stray.pem, a good device that lies outside what was handed over."""
    *_, fcu = _two(room)
    room.put("../../stray.pem", pem(lamp(fcu, "lamp-0003"), fcu))
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,,", "lamp-0003,../stray.pem,,")


@case({"DEV001"})
def file_by_an_absolute_path(room: Room) -> None:
    """A row names a file of the system."""
    _two(room)
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,,", "lamp-0003,/etc/hostname,,")


@case({"DEV001"}, either=[{"DEV015"}])
def key_outside_the_folder(room: Room) -> None:
    """A row names ../fcu/keystore/fcu_private_key.pem as its key: nothing outside may be opened."""
    _two(room)
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,,../fcu/keystore/fcu_private_key.pem")


@case({"DEV001"})
def column_missing(room: Room) -> None:
    """No column file."""
    healthy(room, plant(room))
    manifest(room, GOOD, head="endpoint_name")


@case({"DEV001"})
def columns_of_another_tool(room: Room) -> None:
    """name;path instead of the promised columns."""
    healthy(room, plant(room))
    manifest(room, f"{GOOD};{GOOD}.pem", head="name;path")


@case({"DEV001"})
def manifest_in_latin_1(room: Room) -> None:
    """A name with an ä in Latin-1: not UTF-8."""
    healthy(room, plant(room))
    output(room, "devices.csv", f"endpoint_name,file\n{GOOD},{GOOD}.pem\nlämppu,{GOOD}.pem\n".encode("latin-1"))


@case()
def manifest_in_utf_16(room: Room) -> None:
    """The manifest saved as UTF-16 with its byte order mark, as Excel does: it is read."""
    healthy(room, plant(room))
    output(room, "devices.csv", f"endpoint_name,file\n{GOOD},{GOOD}.pem\n".encode("utf-16"))


@case({"DEV001"})
def manifest_of_nothing(room: Room) -> None:
    """devices.csv of no octets: not even the columns."""
    healthy(room, plant(room))
    output(room, "devices.csv", "")


@case({"DEV001"}, either=[{"DEV005"}, {"LOT003"}])
def file_in_two_rows(room: Room) -> None:
    """One file under two names: at most one of them can be right."""
    _two(room)
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,,", "lamp-0003,2.pem,,")


@case({"DEV001"}, either=[{"DEV005"}])
def row_without_a_name(room: Room) -> None:
    """The endpoint name of a row is empty."""
    _two(room)
    manifest(room, f"{GOOD},1.pem,,", ",2.pem,,")


@case({"DEV001"})
def row_without_a_file(room: Room) -> None:
    """The file of a row is empty."""
    _two(room)
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,,", "lamp-0003,,,")


@case({"DEV015"})
def key_that_is_nobodys(room: Room) -> None:
    """The key file of a row belongs to no device."""
    _two(room)
    key_beside(room, "keys/2.der", stranger(), stranger().der(), of=("2.pem", ODD))
    manifest(room, f"{GOOD},1.pem,,", f"{ODD},2.pem,,keys/2.der")
    room.guilty.add("2.pem")

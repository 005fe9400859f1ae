"""Conformant: devices.csv as factories write it."""

from __future__ import annotations

from .cases import Room, case
from .devices_good_forms import NAMES
from .floor import GOOD, ODD, enrollment, healthy, key_beside, lamp, manifest, output, pem, plant


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


@case(never={"DEV005"})
def manifest_with_columns_of_its_own(room: Room) -> None:
    """Columns that the factory needs for itself, batch and tester, between the promised ones."""
    healthy(room, plant(room))
    manifest(room, f"7,{GOOD},night,{GOOD}.pem", head="batch,endpoint_name,tester,file")


@case()
def manifest_with_blank_lines(room: Room) -> None:
    """Blank lines between rows and at the end."""
    chain = plant(room)
    healthy(room, chain)
    healthy(room, chain, cn=ODD)
    manifest(room, f"{GOOD},{GOOD}.pem,,", "", f"{ODD},{ODD}.pem,,", "", "")


@case()
def manifest_with_a_dot_before_its_paths(room: Room) -> None:
    """./a/1.pem, as `find` prints it."""
    chain = plant(room)
    output(room, "a/1.pem", pem(lamp(chain[0]), chain[0]))
    manifest(room, f"{ODD},./a/1.pem,,")

"""UPL001, UPL009 and wrong use: an upload that is none."""

from __future__ import annotations

import os

from .cases import USAGE, Room, case, stranger
from .floor import plant, upload
from .maker import Request, pem_block


@case({"UPL001"})
def key_inside(room: Room) -> None:
    """FCU's private key behind the right certificates: it would leave the building."""
    chain = plant(room)
    upload(room, *chain[1:], chain[0].key.sec1())


@case({"UPL001"})
def key_inside_in_pkcs8(room: Room) -> None:
    """A private key of nobody, in PKCS#8, before them."""
    room.secrets.append(stranger())
    upload(room, stranger().pkcs8(), *plant(room)[1:])


@case({"UPL001"})
def key_alone(room: Room) -> None:
    """fcu_private_key.pem was chosen in the dialog."""
    plant(room)
    room.uploads.append(room.keystore / "fcu_private_key.pem")


@case({"UPL001"})
def encrypted_key_inside(room: Room) -> None:
    """An encrypted key is a private key too."""
    upload(room, *plant(room)[1:], stranger().encrypted())


@case({"UPL001"})
def request_inside(room: Room) -> None:
    """fcu_csr.pem behind the certificates."""
    chain = plant(room)
    upload(room, *chain[1:], Request(chain[0].key).pem)


@case({"UPL001"})
def in_der(room: Room) -> None:
    """The self-signed certificate in DER: the portal wants PEM."""
    upload(room, plant(room, 1, None)[0].der)


@case({"UPL001"})
def trusted_certificate_blocks(room: Room) -> None:
    """OpenSSL's own block label."""
    upload(room, *(pem_block(cert.der, "TRUSTED CERTIFICATE") for cert in plant(room)[1:]))


@case({"UPL001"})
def block_of_noise(room: Room) -> None:
    """The right certificates and a block that is none."""
    upload(room, *plant(room)[1:], pem_block(bytes(range(200))))


@case({"UPL001"})
def block_cut_short(room: Room) -> None:
    """The root's DER ends early."""
    chain = plant(room)
    upload(room, chain[1], pem_block(chain[2].der[:-9]))


@case({"UPL001"})
def block_with_an_octet_more(room: Room) -> None:
    """One octet behind the root inside its block."""
    chain = plant(room)
    upload(room, chain[1], pem_block(chain[2].der + b"\0"))


@case({"UPL001"})
def no_end_line(room: Room) -> None:
    """The last END line is missing."""
    chain = plant(room)
    upload(room, chain[1], chain[2].pem.replace("-----END CERTIFICATE-----\n", ""))


@case({"UPL001"})
def in_utf_16(room: Room) -> None:
    """The file saved as UTF-16."""
    upload(room, "".join(cert.pem for cert in plant(room)[1:]).encode("utf-16"))


@case({"UPL001"})
def noise(room: Room) -> None:
    """Every octet value, many times."""
    plant(room)
    upload(room, bytes(range(256)) * 16)


@case({"UPL001"}, either=[{"UPL009"}])
def words(room: Room) -> None:
    """Text without a block: not PEM, and not empty either."""
    plant(room)
    upload(room, "the chain is in the mail\n")


@case({"UPL001"})
def forty_megabytes(room: Room) -> None:
    """40 MB in one block."""
    plant(room)
    row = "A" * 64 + "\n"
    upload(room, "-----BEGIN CERTIFICATE-----\n", row * (40 * (1 << 20) // len(row)), "-----END CERTIFICATE-----\n")


@case({"UPL009"})
def no_octets(room: Room) -> None:
    """An empty file."""
    plant(room)
    upload(room)


@case({"UPL009"}, either=[{"UPL001"}])
def white_space(room: Room) -> None:
    """Spaces and newlines."""
    plant(room)
    upload(room, " \r\n\n\t\n")


@case({"UPL009"})
def no_octets_where_nothing_is_left(room: Room) -> None:
    """Depth 4 of three leaves nothing to upload; an empty file is no answer to that, as nothing would be trusted."""
    plant(room, 3, 4)
    upload(room)


@case({"UPL001"}, either=[{USAGE}])
def folder(room: Room) -> None:
    """A folder instead of a file. (A path of the wrong kind may be called a wrong use.)"""
    plant(room)
    room.uploads.append(room.keystore)


@case({"UPL001"}, either=[{USAGE}])
def pipe(room: Room) -> None:
    """A FIFO that nobody writes to."""
    plant(room)
    os.mkfifo(room.base / "portal.pem")
    room.uploads.append(room.base / "portal.pem")


@case({USAGE})
def path_that_is_not_there(room: Room) -> None:
    """Nothing has this name."""
    plant(room)
    room.uploads.append(room.base / "portal.pem")


@case({USAGE})
def two_uploads_for_one_keystore(room: Room) -> None:
    """There is one upload for each keystore, in order; here is one more."""
    chain = plant(room)
    upload(room, *chain[1:])
    upload(room, *chain[1:], file="again.pem")

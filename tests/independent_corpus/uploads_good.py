"""Conformant: what goes to the portal, and what a user may write around it."""

from __future__ import annotations

from .cases import Room, case, intermediate, settings
from .floor import healthy, lwm2m_settings, plant, upload
from .maker import line, pem_block


def _register(size: int, depth: int) -> None:
    def lay_out(room: Room) -> None:
        upload(room, *plant(room, size, depth)[depth - 1 :])

    lay_out.__name__ = f"rest_of_{size}_at_depth_{depth}"
    lay_out.__doc__ = f"Certificates {depth} to {size} of fcu.crt at depth {depth}: the rest of the chain."
    case(never={"UPL007"})(lay_out)


for _size in range(1, 7):
    for _depth in range(1, min(5, _size) + 1):
        _register(_size, _depth)


@case(never={"UPL003", "UPL004"})
def self_signed_without_a_depth(room: Room) -> None:
    """FCU's own self-signed fcu.crt as it is; no fcu.yml."""
    upload(room, *plant(room, 1, None))


@case()
def the_file_itself(room: Room) -> None:
    """The upload is fcu.crt in the keystore, at depth 1."""
    plant(room, 3, 1)
    room.uploads.append(room.keystore / "fcu.crt")


@case()
def the_pages_example(room: Room) -> None:
    """FCU as an intermediate with its request, depth 2: [intermediate, root]."""
    upload(room, *intermediate(room)[1:])


@case()
def depth_from_the_command_line(room: Room) -> None:
    """No fcu.yml, the depth of 3 given with the run."""
    room.depth = 3
    upload(room, *plant(room, 4, None)[2:])


@case(warnings={"CFG006"})
def root_alone_where_nothing_is_left(room: Room) -> None:
    """Depth 4 of three: the rest is empty, and an upload of the root alone is accepted with a word why, although the
    device carries it.
    """
    chain = plant(room, 3, 4)
    upload(room, chain[2])


@case(warnings={"CFG006"})
def self_signed_where_nothing_is_left(room: Room) -> None:
    """Depth 2 of a lone certificate, which is the root: the upload is that certificate."""
    upload(room, *plant(room, 1, 2))


@case(warnings={"CFG006"})
def root_alone_with_the_devices(room: Room) -> None:
    """The same of two certificates at depth 3, with a device that carries all."""
    chain = plant(room, 2, 3)
    healthy(room, chain, 3)
    upload(room, chain[1])


@case()
def windows_line_ends(room: Room) -> None:
    """CRLF: other bytes of the file, the same certificates."""
    upload(room, *(pem_block(cert.der, newline="\r\n") for cert in plant(room)[1:]))


@case()
def lines_of_76(room: Room) -> None:
    """Base64 in lines of 76 columns."""
    upload(room, *(pem_block(cert.der, width=76) for cert in plant(room)[1:]))


@case(either=[{"UPL001"}])
def text_around_the_blocks(room: Room) -> None:
    """subject= and issuer= lines before each block, as s_client writes them: only CERTIFICATE blocks, and words
    between them. (UPL001 could be read to forbid the words.)
    """
    upload(room, *(f"subject=CN = {n}\nissuer=CN = {n}\n{cert.pem}" for n, cert in enumerate(plant(room)[1:])))


@case()
def any_file_name(room: Room) -> None:
    """A .crt with spaces in its name."""
    upload(room, *plant(room)[1:], file="to upload (line 1).crt")


@case(warnings={"UPL007"})
def eleven_certificates(room: Room) -> None:
    """A chain of eleven, all of it on the portal: more than a developer account may have."""
    upload(room, *plant(room, 11, 1))


@case(never={"UPL007"})
def ten_certificates(room: Room) -> None:
    """Ten: as many as a developer account may have."""
    upload(room, *plant(room, 10, 1))


def _details(room: Room, text: str, ending: str = "toml") -> None:
    upload(room, *plant(room)[1:])
    room.put(f"../../portal.{ending}", text)


@case(never={"UPL008"})
def details_in_toml(room: Room) -> None:
    """portal.toml: name, description and service."""
    _details(room, 'name = "Aurora line 1"\ndescription = "Lamps, Oulu"\nservice = "bootstrap"\n')


@case(never={"UPL008"})
def details_in_json(room: Room) -> None:
    """portal.json with the same."""
    _details(room, '{"name": "Aurora line 1", "description": "Lamps, Oulu", "service": "bootstrap"}\n', "json")


@case(never={"UPL008"})
def details_as_long_as_they_may_be(room: Room) -> None:
    """A name of 100 and a description of 500 characters, none of them ASCII: characters count, not octets."""
    _details(room, f'name = "{"ä" * 100}"\ndescription = "{"ö" * 500}"\nservice = "bootstrap"\n')


@case(never={"UPL008"})
def details_for_lwm2m(room: Room) -> None:
    """use-bootstrap false and service lwm2m."""
    chain = plant(room, 3, None)
    room.config(lwm2m_settings(2))
    upload(room, *chain[1:])
    room.put("../../portal.toml", 'name = "Aurora"\nservice = "lwm2m"\n')


@case(never={"UPL008"})
def details_with_a_name_alone(room: Room) -> None:
    """description is optional; which service it is for need not be written down."""
    _details(room, 'name = "Aurora line 1"\n')


@case(never={"UPL008"})
def details_where_nobody_says_the_mode(room: Room) -> None:
    """service lwm2m, and neither fcu.yml nor the run says how devices connect: nothing to contradict."""
    upload(room, *plant(room, 1, None))
    room.put("../../portal.toml", 'name = "Aurora"\nservice = "lwm2m"\n')


@case()
def depth_that_nobody_said(room: Room) -> None:
    """A chain, no fcu.yml, no depth: the devices carry FCU and the upload is the rest, which fits a depth of 2."""
    chain = line()
    room.keystore_of(chain)
    healthy(room, chain, 2)
    upload(room, *chain[1:])


@case()
def certificates_of_a_configured_line(room: Room) -> None:
    """external credentials, depth 2 in ../fcu.yml."""
    chain = line()
    room.keystore_of(chain)
    room.config(settings(depth=2), "../fcu.yml")
    upload(room, *chain[1:])

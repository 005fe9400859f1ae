"""Conformant: every depth that a device can carry, over every length of fcu.crt."""

from __future__ import annotations

from .cases import Room, case, intermediate, settings
from .floor import GOOD, ODD, device, healthy, lamp, plant, sized, upload
from .maker import Cert, line


def _carries(room: Room, size: int, depth: int) -> None:
    """Two devices at this depth, and the rest of the chain on the portal."""
    chain = plant(room, size, depth)
    healthy(room, chain, depth)
    healthy(room, chain, depth, cn=ODD)
    upload(room, *chain[depth - 1 :])


def _register(size: int, depth: int) -> None:
    def lay_out(room: Room) -> None:
        _carries(room, size, depth)

    lay_out.__name__ = f"depth_{depth}_of_a_chain_of_{size}"
    lay_out.__doc__ = f"The device and FCU's first {depth - 1} of {size} certificates; the portal gets the rest."
    case(never={"CFG006"})(lay_out)


for _size in range(1, 7):
    for _depth in range(1, min(5, _size) + 1):
        _register(_size, _depth)


@case()
def self_signed_without_a_depth(room: Room) -> None:
    """FCU's own self-signed certificate, no fcu.yml: the device carries one certificate."""
    chain = plant(room, 1, None)
    device(room, GOOD, lamp(chain[0], GOOD))


@case()
def depth_from_the_command_line(room: Room) -> None:
    """No fcu.yml; the depth of 3 is given with the run."""
    chain = plant(room, 4, None)
    room.depth = 3
    healthy(room, chain, 3)


@case()
def depth_that_nobody_said(room: Room) -> None:
    """A chain without fcu.yml and without a depth: every device of the lot carries FCU, which any depth of 2 gives."""
    chain = plant(room, 3, None)
    healthy(room, chain, 2)
    healthy(room, chain, 2, cn=ODD)


@case(warnings={"CFG006"})
def the_whole_chain_with_the_root(room: Room) -> None:
    """Depth 4 of three: the root lies on the device. Nothing is left for the portal, of which CFG006 warns."""
    healthy(room, plant(room, 3, 4), 4)


@case(warnings={"CFG006"})
def self_signed_on_the_device(room: Room) -> None:
    """Depth 2 with a lone self-signed certificate: [device, FCU]."""
    healthy(room, plant(room, 1, 2), 2)


@case()
def set_up_as_an_intermediate(room: Room) -> None:
    """FCU with its request, its signed chain and fcu.yml: the page's own example at depth 2."""
    chain = intermediate(room)
    healthy(room, chain)
    upload(room, *chain[1:])


@case(notices={"DEV018"})
def as_large_as_one_message(room: Room) -> None:
    """Five certificates, none above 1024 octets, that need exactly 4096 octets: 7 + Σ(3 + length)."""
    chain = [sized(cert, 850) if place < 4 else cert for place, cert in enumerate(line(6))]
    fill_one_message(room, chain, 4096)


def fill_one_message(room: Room, chain: list[Cert], octets: int, guilty: bool = False) -> None:
    """Depth 5, the device certificate grown until the Certificate message has this many octets."""
    room.keystore_of(chain)
    room.config(settings(depth=5))
    rest = octets - 7 - 5 * 3 - sum(len(cert.der) for cert in chain[:4])
    device(room, ODD, sized(lamp(chain[0]), rest), *chain[:4], guilty=guilty)


@case(never={"DEV018"})
def within_the_small_builds(room: Room) -> None:
    """Depth 1: one certificate below the 1024 octets of constrained builds, so not even a notice."""
    healthy(room, plant(room, 3, 1), 1)


@case()
def large_issuer_that_stays_at_home(room: Room) -> None:
    """FCU's certificate has 1100 octets, and at depth 1 no device carries it."""
    chain = line(3)
    chain[0] = sized(chain[0], 1100)
    room.keystore_of(chain)
    room.config(settings(depth=1))
    healthy(room, chain, 1)

"""DEV017, DEV018: certificates that the client cannot read, and chains that one message cannot hold."""

from __future__ import annotations

from .cases import Room, case, settings
from .devices_good_depth import fill_one_message
from .floor import GOOD, ODD, device, healthy, lamp, plant, sized
from .maker import FCU_NAME, Cert, line, name

#: The longest subject that RFC 5280's upper bounds allow.
LONG = {"O": "o" * 64, "OU": "u" * 64, "L": "l" * 128, "ST": "s" * 128, "C": "FI"}


def _of(room: Room, octets: int) -> None:
    chain = plant(room)
    healthy(room, chain)
    device(room, ODD, sized(lamp(chain[0]), octets), chain[0], guilty=True)


@case({"DEV017"})
def one_octet_too_large(room: Room) -> None:
    """1025 octets."""
    _of(room, 1025)


@case({"DEV017"})
def somewhat_too_large(room: Room) -> None:
    """1046 octets: imported without a word, never presentable."""
    _of(room, 1046)


@case({"DEV017"})
def of_1400_octets(room: Room) -> None:
    """1400 octets."""
    _of(room, 1400)


@case({"DEV017"})
def of_4000_octets_alone(room: Room) -> None:
    """4000 octets at depth 1: one message would hold it."""
    chain = plant(room, 3, 1)
    device(room, ODD, sized(lamp(chain[0]), 4000), guilty=True)


@case({"DEV017", "DEV018"}, either=[{"DEV017"}])
def of_4090_octets(room: Room) -> None:
    """4090 octets at depth 1 need a message of 4100: both limits are broken, by one certificate."""
    chain = plant(room, 3, 1)
    device(room, ODD, sized(lamp(chain[0]), 4090), guilty=True)


@case({"DEV017", "DEV018"}, either=[{"DEV017"}])
def of_5048_octets(room: Room) -> None:
    """5048 octets."""
    _of(room, 5048)


@case({"DEV017", "DEV018"}, either=[{"DEV017"}])
def of_20000_octets(room: Room) -> None:
    """20,000 octets, which the device's storage takes."""
    _of(room, 20000)


@case({"DEV017"})
def large_issuer(room: Room) -> None:
    """FCU's certificate has 1025 octets and lies on every device at depth 2."""
    chain = line()
    chain[0] = sized(chain[0], 1025)
    room.keystore_of(chain)
    room.config(settings(depth=2))
    for cn in (GOOD, ODD):
        device(room, cn, lamp(chain[0], cn), chain[0], guilty=True)


@case({"DEV017"})
def large_intermediate(room: Room) -> None:
    """The intermediate has 1300 octets, and depth 3 brings it onto the device."""
    chain = line()
    chain[1] = sized(chain[1], 1300)
    room.keystore_of(chain)
    room.config(settings(depth=3))
    device(room, ODD, lamp(chain[0]), *chain[:2], guilty=True)


@case({"DEV017"})
def longest_names_at_depth_two(room: Room) -> None:
    """64-character O and OU, 128-character L and ST in every name: "any valid X.509 values", and too large."""
    _long_names(room, 2)


@case({"DEV017"})
def longest_names_at_depth_three(room: Room) -> None:
    """The same at depth 3, still within one message."""
    _long_names(room, 3)


@case({"DEV017", "DEV018"}, either=[{"DEV017"}])
def longest_names_at_depth_four(room: Room) -> None:
    """The same at depth 4: beyond one message as well."""
    _long_names(room, 4)


@case({"DEV018"})
def one_octet_beyond_the_message(room: Room) -> None:
    """Five certificates, none above 1024 octets, that need 4097."""
    chain = [sized(cert, 850) if place < 4 else cert for place, cert in enumerate(line(6))]
    fill_one_message(room, chain, 4097, guilty=True)


@case({"DEV018"})
def five_of_a_thousand_octets(room: Room) -> None:
    """Five certificates of about 1000 octets."""
    chain = [sized(cert, 1000) if place < 4 else cert for place, cert in enumerate(line(6))]
    fill_one_message(room, chain, 7 + 5 * 3 + 4 * 1000 + 1000, guilty=True)


def _long_names(room: Room, depth: int) -> None:
    """FCU's line with the longest names throughout."""
    chain: list[Cert] = []
    for place, cert in reversed(list(enumerate(line(5)))):
        subject = name(**{**LONG, "CN": f"{FCU_NAME['CN']} {place}"})
        issuer = chain[0] if chain else None
        dates = {"not_before": cert.not_before, "not_after": cert.not_after}
        chain.insert(0, Cert(subject, cert.key, issuer, **dates))  # type: ignore[arg-type]
    room.keystore_of(chain)
    room.config(settings(depth=depth))
    device(room, ODD, lamp(chain[0], subject=name(**{**LONG, "CN": ODD})), *chain[: depth - 1], guilty=True)

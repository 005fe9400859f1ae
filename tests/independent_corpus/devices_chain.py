"""DEV002, DEV003, DEV028, DEV029: how many certificates a device carries, and which."""

from __future__ import annotations

from dataclasses import replace

from .cases import Room, case, settings, stranger
from .floor import GOOD, ODD, device, healthy, lamp, output, plant
from .maker import DAY, EMPTY_NAME, FCU_NAME, NOW, Cert, flipped, line, name


def _shaped(room: Room, size: int, depth: int, *places: int) -> list[Cert]:
    """A device whose file holds the certificates at these places of [device, *fcu.crt], beside a healthy one."""
    chain = plant(room, size, depth)
    healthy(room, chain, depth)
    whole = [lamp(chain[0]), *chain]
    device(room, ODD, *(whole[place] for place in places), guilty=True)
    return chain


@case({"DEV002"})
def too_short_for_depth_two(room: Room) -> None:
    """Only the device certificate at depth 2."""
    _shaped(room, 3, 2, 0)


@case({"DEV002"})
def too_short_for_depth_three(room: Room) -> None:
    """Two certificates at depth 3."""
    _shaped(room, 4, 3, 0, 1)


@case({"DEV002"})
def much_too_short(room: Room) -> None:
    """One certificate at depth 5."""
    _shaped(room, 6, 5, 0)


@case({"DEV002"})
def too_long_for_depth_one(room: Room) -> None:
    """[device, FCU] at depth 1."""
    _shaped(room, 3, 1, 0, 1)


@case({"DEV002"})
def too_long_for_depth_two(room: Room) -> None:
    """[device, FCU, intermediate] at depth 2."""
    _shaped(room, 3, 2, 0, 1, 2)


@case({"DEV002"})
def with_the_root(room: Room) -> None:
    """Everything down to the root at depth 2."""
    _shaped(room, 3, 2, 0, 1, 2, 3)


@case({"DEV002"})
def issuer_behind_a_self_signed_line(room: Room) -> None:
    """FCU's own self-signed certificate, no depth set, and the device carries it: one certificate is the law."""
    chain = plant(room, 1, None)
    healthy(room, chain, 1)
    device(room, ODD, lamp(chain[0]), chain[0], guilty=True)


@case({"DEV002"})
def short_of_a_self_signed_line(room: Room) -> None:
    """Depth 2 over a lone certificate: [device] lacks FCU."""
    _shaped(room, 1, 2, 0)


@case({"DEV002"})
def too_short_for_the_command_line(room: Room) -> None:
    """No fcu.yml, a depth of 3 given with the run, two certificates."""
    chain = plant(room, 4, None)
    room.depth = 3
    healthy(room, chain, 3)
    device(room, ODD, lamp(chain[0]), chain[0], guilty=True)


@case({"DEV002"}, either=[{"DEV003"}])
def root_twice(room: Room) -> None:
    """[device, FCU, intermediate, root, root] at depth 4: the device takes it; it is one too many."""
    _shaped(room, 3, 4, 0, 1, 2, 3, 3)


@case({"DEV002"}, either=[{"DEV001"}])
def der_at_depth_two(room: Room) -> None:
    """A .der file holds one certificate, depth 2 wants two. (DEV001 says that DER is no form for a chain.)"""
    chain = plant(room)
    healthy(room, chain)
    output(room, f"{ODD}.der", lamp(chain[0]).der)
    room.guilty.add(f"{ODD}.der")


@case({"DEV003"})
def reversed_at_depth_two(room: Room) -> None:
    """[FCU, device]: both are there, the order is wrong. What is asked of a device certificate is not asked of FCU's,
    or one fault would be six.
    """
    _shaped(room, 3, 2, 1, 0)


@case({"DEV003"})
def reversed_at_depth_three(room: Room) -> None:
    """[intermediate, FCU, device]."""
    _shaped(room, 3, 3, 2, 1, 0)


@case({"DEV003"})
def issuers_exchanged(room: Room) -> None:
    """[device, intermediate, FCU] at depth 3."""
    _shaped(room, 3, 3, 0, 2, 1)


@case({"DEV003"})
def gap_at_depth_two(room: Room) -> None:
    """[device, intermediate]: FCU left out."""
    _shaped(room, 3, 2, 0, 2)


@case({"DEV003"})
def root_instead_of_the_issuer(room: Room) -> None:
    """[device, root] at depth 2."""
    _shaped(room, 3, 2, 0, 3)


@case({"DEV003"})
def gap_at_depth_three(room: Room) -> None:
    """[device, FCU, root] at depth 3 of three: the intermediate left out."""
    _shaped(room, 3, 3, 0, 1, 3)


@case({"DEV003"})
def device_certificate_twice(room: Room) -> None:
    """[device, device] at depth 2: FCU's place is taken."""
    _shaped(room, 3, 2, 0, 0)


@case({"DEV003"})
def issuer_twice(room: Room) -> None:
    """[device, FCU, FCU] at depth 3."""
    _shaped(room, 3, 3, 0, 1, 1)


@case({"DEV003"})
def renewed_issuer(room: Room) -> None:
    """FCU's certificate was renewed for the same key; the device carries the old one: every signature verifies, the
    bytes differ.
    """
    chain = plant(room)
    healthy(room, chain)
    old = replace(chain[0], serial=77)
    device(room, ODD, lamp(chain[0]), old, guilty=True)


@case({"DEV003"})
def renewed_intermediate(room: Room) -> None:
    """The same with the intermediate at depth 3."""
    chain = plant(room, 3, 3)
    healthy(room, chain, 3)
    device(room, ODD, lamp(chain[0]), chain[0], replace(chain[1], serial=78), guilty=True)


@case({"DEV003"})
def damaged_issuer(room: Room) -> None:
    """One bit of the signature in the device's copy of FCU's certificate turned."""
    chain = plant(room)
    healthy(room, chain)
    device(room, ODD, lamp(chain[0]), replace(chain[0], after_signing=flipped), guilty=True)


@case({"DEV003"})
def another_lines_certificate(room: Room) -> None:
    """Ours as the device, FCU line 2's certificate behind it."""
    chain = plant(room)
    healthy(room, chain)
    other = Cert(name(**{**FCU_NAME, "CN": "FCU line 2"}), stranger(), chain[1])
    device(room, ODD, lamp(chain[0]), other, guilty=True)


@case({"DEV003"})
def a_strangers_root_at_the_end(room: Room) -> None:
    """[device, FCU, another factory's root] at depth 3."""
    chain = plant(room, 3, 3)
    healthy(room, chain, 3)
    device(room, ODD, lamp(chain[0]), chain[0], line(factory=" far away")[2], guilty=True)


@case({"DEV003"})
def another_device_behind_it(room: Room) -> None:
    """[device, another device] at depth 2."""
    chain = plant(room)
    healthy(room, chain)
    device(room, ODD, lamp(chain[0]), lamp(chain[0], "lamp-0007"), guilty=True)


@case({"DEV003"})
def issuer_alone(room: Room) -> None:
    """At depth 1 the file holds FCU's certificate and no device certificate."""
    _shaped(room, 3, 1, 1)


@case({"DEV028"}, either=[{"DEV028", "LOT004"}])
def six_certificates(room: Room) -> None:
    """Six of a chain of six, and nobody said a depth: right in everything but the device's limit of five."""
    chain = plant(room, 6, None)
    device(room, ODD, lamp(chain[0]), *chain[:5], guilty=True)


@case({"DEV002"}, either=[{"DEV028"}, {"DEV002", "DEV028"}])
def six_certificates_at_depth_five(room: Room) -> None:
    """Six at depth 5: one more than the law says, and one more than a device stores."""
    _shaped(room, 6, 5, 0, 1, 2, 3, 4, 5)


@case({"CFG005", "DEV028"}, either=[{"CFG005"}])
def six_certificates_as_configured(room: Room) -> None:
    """fcu.yml asks for depth 6 and the device has six: the configuration's fault, seen on the device too."""
    chain = plant(room, 6, 6)
    device(room, ODD, lamp(chain[0]), *chain[:5], guilty=True)


@case({"DEV029"}, either=[{"DEV004"}, {"DEV004", "DEV029"}])
def no_issuer_name(room: Room) -> None:
    """An empty issuer, FCU's signature: DEV029 names just this; that it is not FCU's name follows."""
    chain = plant(room)
    healthy(room, chain)
    device(room, ODD, lamp(chain[0], issuer_name=EMPTY_NAME), chain[0], guilty=True)


@case({"CRT012"}, either=[{"CRT012", "CHN012"}, {"CRT012", "DEV029"}, {"CRT012", "CHN012", "DEV029"}])
def the_pages_commands_on_linux(room: Room) -> None:
    """Root and intermediate with empty subjects, as `-subj "//CN=…"` makes them: FCU's issuer is empty, and at depth 2
    its certificate is on the device. DEV029 is blocked where CRT012 says it.
    """
    unnamed = {"subject": EMPTY_NAME}
    chain = plant(room, middle=unnamed, root=unnamed)
    device(room, GOOD, lamp(chain[0], GOOD), chain[0])
    room.guilty |= {f"{GOOD}.pem"}


@case({"DEV002"})
def one_of_many_is_short(room: Room) -> None:
    """Nine devices at depth 3, the fifth has two certificates."""
    chain = plant(room, 4, 3)
    for number in range(1, 10):
        cn = f"lamp-{number:04}"
        device(room, cn, lamp(chain[0], cn), *chain[: 1 if number == 5 else 2], guilty=number == 5)


@case({"DEV002"})
def all_of_them_are_short(room: Room) -> None:
    """The depth was raised to 3 in fcu.yml after the lot was made with 2."""
    chain = plant(room, 4, 2)
    room.config(settings(depth=3))
    for cn in (GOOD, ODD):
        device(room, cn, lamp(chain[0], cn), chain[0], guilty=True)


@case({"DEV003"})
def made_before_the_renewal(room: Room) -> None:
    """Every device carries FCU's certificate from before its renewal, and fcu.crt has the new one."""
    chain = plant(room)
    old = replace(chain[0], serial=77, not_before=NOW - 299 * DAY)
    for cn in (GOOD, ODD):
        device(room, cn, lamp(chain[0], cn), old, guilty=True)


@case({"DEV003"}, either=[set()])
def gap_at_a_depth_that_nobody_said(room: Room) -> None:
    """[device, intermediate], no fcu.yml and no depth: at no depth at all is that a beginning of the chain. (DEV003
    names a depth, and a judge may find that without one it has nothing to judge.)
    """
    chain = plant(room, 3, None)
    device(room, GOOD, lamp(chain[0], GOOD), chain[0])
    device(room, ODD, lamp(chain[0]), chain[1], guilty=True)

"""DEV005, DEV007, DEV022, DEV033: the names in the device certificate, of the device and of its issuer."""

from __future__ import annotations

from . import der
from .cases import Room, case
from .floor import ACCOUNT, GOOD, ODD, device, healthy, lamp, lwm2m_settings, odd, output, pem, plant
from .maker import EMPTY_NAME, FCU_NAME, Cert, attribute, name


@case({"DEV005"})
def another_name(room: Room) -> None:
    """The certificate is lamp-0003's."""
    odd(room, subject=name(CN="lamp-0003"))


@case({"DEV005"})
def the_beginning_of_the_name(room: Room) -> None:
    """CN lamp-000: a prefix, which the device refuses too."""
    odd(room, subject=name(CN="lamp-000"))


@case({"DEV005"})
def more_than_the_name(room: Room) -> None:
    """CN lamp-00021."""
    odd(room, subject=name(CN="lamp-00021"))


@case({"DEV005"})
def name_in_capitals(room: Room) -> None:
    """CN LAMP-0002: the device compares bytes."""
    odd(room, subject=name(CN="LAMP-0002"))


@case({"DEV005"})
def name_with_a_space_behind(room: Room) -> None:
    """CN "lamp-0002 ": a scanner's space."""
    odd(room, subject=name(CN="lamp-0002 "))


@case({"DEV005"})
def name_as_bmp_string(room: Room) -> None:
    """CN as BMPString: the same name, and other bytes for the device."""
    odd(room, subject=name(der.bmp, CN=ODD))


@case({"DEV005"})
def no_common_name(room: Room) -> None:
    """O and OU, no CN."""
    odd(room, subject=name(O="Aurora", OU=ODD))


@case({"DEV005"})
def empty_subject(room: Room) -> None:
    """An empty subject: the device's import takes it, nobody can say whose it is."""
    odd(room, subject=EMPTY_NAME)


@case({"DEV005"})
def empty_common_name(room: Room) -> None:
    """A CN of no characters."""
    odd(room, subject=name(CN=""))


@case({"DEV005"})
def two_names_the_right_one_first(room: Room) -> None:
    """CN lamp-0002 and CN lamp-0003: the device reads the first and accepts; exactly one is allowed."""
    odd(room, subject=_names(ODD, "lamp-0003"))


@case({"DEV005"})
def two_names_the_right_one_last(room: Room) -> None:
    """CN lamp-0003 and CN lamp-0002."""
    odd(room, subject=_names("lamp-0003", ODD))


@case({"DEV005"})
def two_names_in_one_set(room: Room) -> None:
    """Both CNs in one multi-valued RDN."""
    pair = der.set_of(attribute("CN", ODD), attribute("CN", "lamp-0003"))
    odd(room, subject=der.seq(pair))


@case({"DEV005"})
def the_same_name_twice(room: Room) -> None:
    """CN lamp-0002 twice: it is the endpoint name, and not exactly one."""
    odd(room, subject=_names(ODD, ODD))


@case({"DEV005"})
def name_of_65(room: Room) -> None:
    """A name of 65 characters in file and CN: the client's buffer holds 64."""
    odd(room, cn="lamp-" + "7" * 60)


@case({"DEV005"})
def name_with_a_nul(room: Room) -> None:
    """CN lamp-0002 NUL admin: C code reads the right name, everybody else another."""
    odd(room, subject=name(CN="lamp-0002\0admin"))


@case({"DEV005"})
def name_with_a_nul_at_the_end(room: Room) -> None:
    """CN lamp-0002 NUL, from a tool that counted the terminator."""
    odd(room, subject=name(CN="lamp-0002\0"))


@case({"DEV005"}, either=[{"DEV001"}])
def name_with_a_control_character(room: Room) -> None:
    """A tab in both the file's name and the CN: equal, and a control character."""
    odd(room, cn="lamp\t0002")


@case({"DEV033"})
def unknown_attribute_before_the_name(room: Room) -> None:
    """An attribute of a private arc before the CN: the device cannot read the CN behind it and refuses."""
    own = der.set_of(der.seq(der.oid("1.3.6.1.4.1.55555.9"), der.utf8("x")))
    odd(room, subject=der.seq(own, der.set_of(attribute("CN", ODD))))


@case({"DEV005"})
def folder_of_another_name(room: Room) -> None:
    """A folder for each device; in lamp-0002's lies lamp-0003's chain."""
    chain = plant(room)
    for folder, cn in ((GOOD, GOOD), (ODD, "lamp-0003")):
        output(room, f"{folder}/device.pem", pem(lamp(chain[0], cn), chain[0]))
    room.guilty.add(f"{ODD}/device.pem")


@case({"DEV005"})
def files_exchanged(room: Room) -> None:
    """Two devices, each with the other's file name: both have the wrong name."""
    chain = plant(room)
    device(room, ODD, lamp(chain[0], GOOD), chain[0], guilty=True)
    device(room, GOOD, lamp(chain[0], ODD), chain[0], guilty=True)


@case({"DEV007"}, either=[{"DEV004"}, {"DEV004", "DEV007"}])
def self_signed(room: Room) -> None:
    """A developer certificate: issued by itself. DEV007 says so; that FCU did not issue it follows."""
    odd(room, issuer=None)


@case({"DEV007"}, either=[{"DEV004"}, {"DEV004", "DEV007"}])
def self_signed_alone(room: Room) -> None:
    """The same at depth 1 below a lone self-signed FCU."""
    odd(room, 1, 1, issuer=None)


@case({"DEV007"})
def named_as_its_issuer(room: Room) -> None:
    """The device has FCU's own subject, and FCU signed it: not self-signed, and every reader will think so.

    The endpoint name is FCU's CN, so that only DEV007 is broken.
    """
    odd(room, cn=FCU_NAME["CN"], subject=name(**FCU_NAME))


@case({"DEV022"})
def account_of_another(room: Room) -> None:
    """LwM2M with an OU of the right length and one other character."""
    _lwm2m(room, "1" + ACCOUNT[1:])


@case({"DEV022"})
def account_one_short(room: Room) -> None:
    """31 of the 32 characters."""
    _lwm2m(room, ACCOUNT[:-1])


@case({"DEV022"})
def account_and_more(room: Room) -> None:
    """The account id with a character more."""
    _lwm2m(room, ACCOUNT + "0")


@case({"DEV022"})
def account_missing(room: Room) -> None:
    """LwM2M without an OU: a bootstrap device's certificate."""
    _lwm2m(room, None)


@case({"DEV022"})
def account_in_capitals(room: Room) -> None:
    """The account id in capitals: the device compares bytes."""
    _lwm2m(room, ACCOUNT.upper())


@case({"CFG012"}, either=[{"CFG012", "DEV022"}])
def account_that_is_not_last(room: Room) -> None:
    """OU is right; in the URI something follows aid, so that the device compares OU with all of it. The fault is the
    URI's.
    """
    _lwm2m(room, ACCOUNT, uri_aid=ACCOUNT + "&x=1", guilty=False)


def _names(*values: str) -> bytes:
    return der.seq(*(der.set_of(attribute("CN", value)) for value in values))


def _lwm2m(room: Room, unit: str | None, uri_aid: str = ACCOUNT, guilty: bool = True) -> None:
    chain = plant(room, 3, None)
    room.config(lwm2m_settings(2, uri_aid))
    good: Cert = lamp(chain[0], GOOD, subject=name(CN=GOOD, OU=ACCOUNT))
    device(room, GOOD, good, chain[0])
    subject = name(CN=ODD) if unit is None else name(CN=ODD, OU=unit)
    device(room, ODD, lamp(chain[0], subject=subject), chain[0], guilty=guilty)


@case({"DEV005"})
def one_of_six(room: Room) -> None:
    """Six devices, the fourth has the fifth's name in its certificate and a serial number of its own."""
    chain = plant(room)
    for number in (1, 2, 3, 5, 6):
        healthy(room, chain, cn=f"lamp-000{number}")
    odd_one = lamp(chain[0], "lamp-0004", subject=name(CN="lamp-0005 "), serial=4)
    device(room, "lamp-0004", odd_one, chain[0], guilty=True)

"""DEV013, DEV014, DEV019, DEV034: extensions that keep a device out."""

from __future__ import annotations

from . import der
from .cases import Room, case
from .devices_good_profile import policies
from .floor import GOOD, ODD, UNKNOWN, device, healthy, lamp, odd, plant
from .maker import (
    CLIENT_AUTH,
    SERVER_AUTH,
    directory,
    extended_key_usage,
    extension,
    key_usage,
    name,
    name_constraints,
)

CODE_SIGNING = "1.3.6.1.5.5.7.3.3"


@case({"DEV013"})
def server_auth_alone(room: Room) -> None:
    """EKU serverAuth: production builds of the device refuse it."""
    odd(room, more=(extended_key_usage(SERVER_AUTH),))


@case({"DEV013"})
def critical_server_auth(room: Room) -> None:
    """The same, critical."""
    odd(room, more=(extended_key_usage(SERVER_AUTH, critical=True),))


@case({"DEV013"})
def code_signing(room: Room) -> None:
    """EKU codeSigning and e-mail, as for an update certificate."""
    odd(room, more=(extended_key_usage(CODE_SIGNING, "1.3.6.1.5.5.7.3.4"),))


@case({"DEV014"})
def agreement_alone(room: Room) -> None:
    """keyUsage keyAgreement: enough for static ECDH, not for ECDHE_ECDSA."""
    odd(room, usage=key_usage(4))


@case({"DEV014"})
def encipherment_alone(room: Room) -> None:
    """keyUsage keyEncipherment, the habit of RSA."""
    odd(room, usage=key_usage(2, critical=True))


@case({"DEV014"})
def usage_without_a_bit(room: Room) -> None:
    """keyUsage present with no bit set."""
    odd(room, usage=key_usage())


@case({"DEV019"})
def critical_and_unknown(room: Room) -> None:
    """An extension of a private arc, critical."""
    odd(room, more=(extension(UNKNOWN, der.utf8("batch 7"), critical=True),))


@case({"DEV019"})
def critical_name_constraints(room: Room) -> None:
    """Critical nameConstraints in the device certificate."""
    odd(room, more=(name_constraints(permitted=directory(name(O="Aurora Devices Oy"))),))


@case({"DEV019"})
def critical_policy_constraints(room: Room) -> None:
    """Critical policyConstraints."""
    odd(room, more=(extension("2.5.29.36", der.seq(der.implicit(0, b"\0")), critical=True),))


@case({"DEV019"})
def critical_inhibit_any_policy(room: Room) -> None:
    """Critical inhibitAnyPolicy."""
    odd(room, more=(extension("2.5.29.54", der.integer(0), critical=True),))


@case({"DEV019"})
def critical_policy_of_the_company(room: Room) -> None:
    """Critical certificatePolicies with another policy than anyPolicy."""
    odd(room, more=(policies("1.3.6.1.4.1.55555.1", critical=True),))


@case({"DEV019"})
def critical_subject_key_identifier(room: Room) -> None:
    """A critical SKI, which RFC 5280 forbids and the library does not parse."""
    odd(room, identifier=None, more=(extension("2.5.29.14", der.octets(b"lamp"), critical=True),))


@case({"DEV019"})
def critical_authority_key_identifier(room: Room) -> None:
    """A critical AKI, of the right value."""
    chain = plant(room)
    healthy(room, chain)
    value = der.seq(der.implicit(0, chain[0].own_identifier))
    odd_one = lamp(chain[0], authority=extension("2.5.29.35", value, critical=True))
    device(room, ODD, odd_one, chain[0], guilty=True)


@case({"DEV019"})
def usage_twice(room: Room) -> None:
    """keyUsage twice, both alike."""
    odd(room, more=(key_usage(0),))


@case({"DEV019"})
def unknown_extension_twice(room: Room) -> None:
    """A private extension twice, not critical: the library refuses what is repeated."""
    odd(room, more=(extension(UNKNOWN, der.NULL), extension(UNKNOWN, der.NULL)))


@case({"DEV019"})
def purpose_twice(room: Room) -> None:
    """extKeyUsage twice, each with clientAuth."""
    odd(room, more=(extended_key_usage(CLIENT_AUTH), extended_key_usage(CLIENT_AUTH)))


@case({"DEV019"})
def constrained_issuer_on_the_device(room: Room) -> None:
    """FCU's certificate has critical nameConstraints that admit every device: legal by RFC 5280 and good in fcu.crt,
    but at depth 2 it lies on the device, whose library cannot parse it. Each device fails.
    """
    _constrained(room, 2)
    room.guilty |= {f"{GOOD}.pem", f"{ODD}.pem"}


@case()
def constrained_issuer_at_home(room: Room) -> None:
    """The same certificate at depth 1: no device carries it."""
    _constrained(room, 1)


@case({"DEV019"})
def constrained_intermediate_on_the_device(room: Room) -> None:
    """The intermediate has critical policyConstraints, and depth 3 brings it onto the device."""
    limit = extension("2.5.29.36", der.seq(der.implicit(1, b"\5")), critical=True)
    chain = plant(room, 3, 3, middle={"more": (limit,)})
    device(room, ODD, lamp(chain[0]), *chain[:2], guilty=True)


def _constrained(room: Room, depth: int) -> None:
    other = directory(name(O="Somebody Else Ltd"))
    chain = plant(room, 3, depth, fcu={"more": (name_constraints(excluded=other),)})
    healthy(room, chain, depth)
    healthy(room, chain, depth, cn=ODD)


@case({"DEV030"})
def name_that_the_root_excludes(room: Room) -> None:
    """The root's nameConstraints exclude one device by its name; at depth 2 no device carries the root."""
    _excluding(room, name(CN=ODD))
    room.guilty.add(f"{ODD}.pem")


@case()
def name_that_the_root_does_not_exclude(room: Room) -> None:
    """They exclude the name of a device that there is not."""
    _excluding(room, name(CN=f"{ODD}-0"))


def _excluding(room: Room, subject: bytes) -> None:
    chain = plant(room, 3, 2, root={"more": (name_constraints(excluded=directory(subject)),)})
    healthy(room, chain, 2)
    healthy(room, chain, 2, cn=ODD)


@case({"DEV034"})
def constraints_that_are_not_critical(room: Room) -> None:
    """nameConstraints in a device certificate, not critical: RFC 5280 has them for CAs alone."""
    odd(room, more=(extension("2.5.29.30", der.seq(der.explicit(0, der.seq(der.implicit(2, b"example"))))),))

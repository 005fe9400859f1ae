"""UPL002 to UPL006: the wrong certificates in an upload that can be read."""

from __future__ import annotations

from dataclasses import replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from .cases import Room, case, settings, stranger
from .floor import healthy, plant, upload
from .keys import key
from .maker import DAY, ECDSA_SHA384, FCU_NAME, NOW, Cert, flipped, line, name


@case({"UPL003"}, either=[{"UPL002"}, {"UPL002", "UPL003"}])
def everything_at_depth_two(room: Room) -> None:
    """The whole fcu.crt at depth 2: the device carries FCU's certificate already. UPL003 names this very fault; that
    the file is not the rest (UPL002) is the same once more.
    """
    upload(room, *plant(room))


@case({"UPL003"}, either=[{"UPL002"}, {"UPL002", "UPL003"}])
def everything_at_depth_three(room: Room) -> None:
    """The whole fcu.crt of four at depth 3."""
    upload(room, *plant(room, 4, 3))


@case({"UPL003"}, either=[{"UPL002"}, {"UPL002", "UPL003"}])
def one_too_many(room: Room) -> None:
    """[Issuing 1, Issuing 2, root] at depth 3 of four: off by one, the device carries the first."""
    upload(room, *plant(room, 4, 3)[1:])


@case({"UPL003"}, either=[{"UPL002"}, {"UPL002", "UPL003"}])
def one_too_few(room: Room) -> None:
    """[Issuing 2, root] at depth 2 of four: off by one, Issuing 1 is neither here nor there."""
    upload(room, *plant(room, 4, 2)[2:])


@case({"UPL003"}, either=[{"UPL002"}, {"UPL002", "UPL003"}])
def one_too_few_at_depth_one(room: Room) -> None:
    """Depth 1 and FCU's certificate left out: the rest for depth 2."""
    upload(room, *plant(room, 3, 1)[1:])


@case({"UPL003"}, either=[{"UPL002"}, {"UPL002", "UPL003"}])
def root_alone(room: Room) -> None:
    """The root at depth 2 of three: the intermediate is missing between."""
    upload(room, plant(room)[2])


@case({"UPL003"}, either=[{"UPL002"}, {"UPL002", "UPL003"}])
def hole_in_the_middle(room: Room) -> None:
    """[Issuing 1, root] of five at depth 2."""
    chain = plant(room, 4, 2)
    upload(room, chain[1], chain[3])


@case({"UPL003"}, either=[{"UPL002"}, {"UPL002", "UPL003"}, {"UPL003", "UPL004"}])
def issuer_alone_at_depth_two(room: Room) -> None:
    """FCU's certificate by itself at depth 2, which is what the device carries, and nothing else."""
    upload(room, plant(room)[0])


@case({"UPL004"}, either=[{"UPL002"}, {"UPL002", "UPL004"}, {"UPL003", "UPL004"}])
def intermediate_alone(room: Room) -> None:
    """The intermediate at depth 2 of three, without the root."""
    upload(room, plant(room)[1])


@case({"UPL004"}, either=[{"UPL002"}, {"UPL002", "UPL004"}, {"UPL003", "UPL004"}])
def root_left_out_at_depth_one(room: Room) -> None:
    """[FCU, intermediate] at depth 1."""
    upload(room, *plant(room, 3, 1)[:2])


@case({"UPL004"}, either=[{"UPL002"}, {"UPL002", "UPL004"}, {"UPL003", "UPL004"}])
def fcu_certificate_alone_at_depth_one(room: Room) -> None:
    """FCU's certificate alone at depth 1: what signs the devices, and its own issuers are missing."""
    upload(room, plant(room, 3, 1)[0])


@case({"UPL002"})
def wrong_order(room: Room) -> None:
    """[root, intermediate]."""
    upload(room, *reversed(plant(room)[1:]))


@case({"UPL002"})
def wrong_order_of_three(room: Room) -> None:
    """[Issuing 2, Issuing 1, root] of four at depth 2."""
    chain = plant(room, 4, 2)
    upload(room, chain[2], chain[1], chain[3])


@case({"UPL002"}, either=[{"UPL003"}, {"UPL002", "UPL003"}])
def another_factorys_chain(room: Room) -> None:
    """The rest of another factory's chain, good in itself."""
    plant(room)
    upload(room, *line(factory=" far away")[1:])


@case({"UPL002"}, either=[{"UPL003"}, {"UPL002", "UPL003"}])
def another_self_signed_one(room: Room) -> None:
    """FCU's old self-signed certificate, of a key that is no more."""
    plant(room, 1, None)
    upload(room, line(1, fcu={"key": stranger(), "serial": 99})[0])


@case({"UPL002"}, either=[{"UPL003"}, {"UPL002", "UPL003"}])
def another_lines_certificate(room: Room) -> None:
    """Depth 1: FCU line 2's certificate above the same intermediate and root."""
    chain = plant(room, 3, 1)
    upload(room, Cert(name(**{**FCU_NAME, "CN": "FCU line 2"}), stranger(), chain[1]), *chain[1:])


@case({"UPL002"}, either=[{"UPL003"}, {"UPL002", "UPL003"}])
def root_before_its_renewal(room: Room) -> None:
    """The root of the same name and key with other dates: good, and not byte for byte."""
    chain = plant(room)
    upload(room, chain[1], replace(chain[2], serial=77))


@case({"UPL002"}, either=[{"UPL003"}, {"UPL002", "UPL003"}, {"UPL002", "UPL004"}])
def damaged_root(room: Room) -> None:
    """One bit of the root's signature turned on the way. (That the upload then ends in no root can be said too.)"""
    chain = plant(room)
    upload(room, chain[1], replace(chain[2], after_signing=flipped))


@case({"UPL002"}, either=[{"UPL003"}, {"UPL002", "UPL003"}])
def a_stranger_behind_it(room: Room) -> None:
    """The right rest, and another factory's root behind it."""
    upload(room, *plant(room)[1:], line(1, factory=" far away")[0])


@case({"UPL002"}, either=[{"UPL003"}, {"UPL002", "UPL003"}])
def a_stranger_in_the_middle(room: Room) -> None:
    """The right rest with a stranger in it."""
    chain = plant(room)
    upload(room, chain[1], line(1, factory=" far away")[0], chain[2])


@case({"UPL006"}, either=[{"UPL002"}, {"UPL002", "UPL006"}])
def root_twice(room: Room) -> None:
    """[intermediate, root, root]: the portal answers 409 to the second of one subject. That it is not the rest byte
    for byte is the same fault.
    """
    chain = plant(room)
    upload(room, *chain[1:], chain[2])


@case({"UPL006"}, either=[{"UPL002"}, {"UPL002", "UPL006"}])
def everything_twice(room: Room) -> None:
    """The file appended to itself."""
    upload(room, *plant(room)[1:] * 2)


@case({"UPL006"}, either=[{"UPL002"}, {"UPL002", "UPL006"}])
def self_signed_twice(room: Room) -> None:
    """fcu.crt of one certificate, twice."""
    upload(room, *plant(room, 1, None) * 2)


@case({"UPL006"}, either=[{"UPL006", "CHN012"}])
def one_subject_for_two_of_them(room: Room) -> None:
    """FCU ← "Aurora CA" ← Bridge ← "Aurora CA" (the root): two keys, one subject. fcu.crt is legal, as no subject is
    its own issuer's; the portal takes the subject once.
    """
    fcu, first, bridge, root = line(4)
    same = name(O="Aurora Devices Oy", CN="Aurora CA")
    root = replace(root, subject=same)
    bridge = replace(bridge, issuer=root)
    first = replace(first, subject=same, issuer=bridge)
    chain = [replace(fcu, issuer=first), first, bridge, root]
    room.keystore_of(chain)
    room.config(settings(depth=2))
    upload(room, *chain[1:])


@case({"CRT006", "UPL005"}, either=[{"CRT006"}])
def expired_intermediate(room: Room) -> None:
    """The right rest, and its intermediate expired yesterday: the portal refuses it. CRT006 has said it of the same
    bytes.
    """
    upload(room, *plant(room, middle={"not_after": NOW - DAY})[1:])


@case({"CRT006", "UPL005"}, either=[{"CRT006"}])
def not_yet_valid_root(room: Room) -> None:
    """The right rest, and the root begins tomorrow."""
    chain = plant(room, root={"not_before": NOW + DAY, "not_after": NOW + 12900 * DAY})
    upload(room, *chain[1:])


@case({"CRT006"})
def expired_certificate_that_stays_away(room: Room) -> None:
    """FCU's own certificate expired; at depth 2 it is not in the upload, which is right."""
    upload(room, *plant(room, fcu={"not_after": NOW - DAY})[1:])


@case({"CRT004", "UPL005"}, either=[{"CRT004"}])
def root_on_p384(room: Room) -> None:
    """A P-384 root in the right rest."""
    upload(room, *plant(room, root={"key": key("big", ec.SECP384R1)})[1:])


@case({"CRT005", "UPL005"}, either=[{"CRT005"}])
def root_with_sha384(room: Room) -> None:
    """A root that signs itself with SHA-384."""
    upload(room, *plant(room, root={"inner": ECDSA_SHA384, "digest": hashes.SHA384()})[1:])


@case({"CRT001", "UPL005"}, either=[{"CRT001"}])
def expired_without_a_keystore_chain(room: Room) -> None:
    """fcu.crt is missing, so what the rest should be is not known; that the uploaded root expired is plain to see."""
    chain = line(root={"not_after": NOW - DAY})
    room.key(chain[0].key)
    upload(room, *chain[1:])


@case({"UPL005"}, either=[{"UPL002"}, {"UPL002", "UPL005"}, {"UPL003", "UPL005"}, {"UPL003"}, {"UPL002", "UPL003"}])
def root_that_has_expired_since(room: Room) -> None:
    """The root of the same key was renewed in fcu.crt, the upload still has the old one, which expired: that is why
    the portal says no.
    """
    chain = plant(room)
    upload(room, chain[1], replace(chain[2], serial=77, not_after=NOW - DAY))


@case({"UPL002"}, either=[{"UPL003"}, {"UPL002", "UPL003"}])
def eleven_with_a_stranger(room: Room) -> None:
    """A chain of ten at depth 1, and a stranger behind it: eleven."""
    upload(room, *plant(room, 10, 1), line(1, factory=" far away")[0])


@case({"UPL003"}, either=[{"UPL002"}, {"UPL002", "UPL003"}])
def everything_where_nothing_is_left(room: Room) -> None:
    """Depth 4 of three: the device carries all. Of an upload only the root alone makes sense; this is everything."""
    upload(room, *plant(room, 3, 4))


@case({"UPL004"})
def intermediate_alone_at_a_depth_that_nobody_said(room: Room) -> None:
    """A chain, no fcu.yml, no depth: at no depth may the root be missing."""
    upload(room, plant(room, 3, None)[1])


@case({"UPL002"}, either=[{"UPL003"}, {"UPL002", "UPL003"}])
def another_factorys_chain_at_a_depth_that_nobody_said(room: Room) -> None:
    """A chain, no depth, and the upload is another factory's: at no depth is it a part of fcu.crt."""
    plant(room, 3, None)
    upload(room, *line(factory=" far away")[1:])


@case({"UPL002"})
def wrong_order_at_a_depth_that_nobody_said(room: Room) -> None:
    """[root, intermediate], and no depth: in fcu.crt's order it is not at any."""
    upload(room, *reversed(plant(room, 3, None)[1:]))


@case({"UPL003"}, either=[set(), {"UPL002"}])
def everything_beside_devices_at_a_depth_that_nobody_said(room: Room) -> None:
    """No depth is set, the devices given carry FCU's certificate, and the upload is the whole of fcu.crt: "nothing that
    the device carries". (A judge may find that without a depth it has nothing to judge.)
    """
    chain = plant(room, 3, None)
    healthy(room, chain, 2)
    upload(room, *chain)

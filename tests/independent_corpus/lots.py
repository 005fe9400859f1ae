"""LOT001 to LOT005: many devices together."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from .cases import Room, case, stranger
from .floor import GOOD, ODD, device, healthy, key_beside, lamp, manifest, output, pem, plant, tarred, upload
from .maker import CLIENT_AUTH, DAY, NOW, Cert, extended_key_usage, flipped, key_usage, line, name

THIRD = "lamp-0003"


def _pair(room: Room, first: Cert, second: Cert, chain: list[Cert]) -> None:
    """Two devices that break a rule together, and a third that has nothing to do with it."""
    device(room, GOOD, first, chain[0])
    device(room, ODD, second, chain[0])
    healthy(room, chain, cn=THIRD)
    room.duplicates.append({f"{GOOD}.pem", f"{ODD}.pem"})


@case({"LOT001"})
def serial_reused(room: Room) -> None:
    """Two devices with serial 5."""
    chain = plant(room)
    _pair(room, lamp(chain[0], GOOD, serial=5), lamp(chain[0], serial=5), chain)


@case({"LOT001"})
def serial_reused_by_all(room: Room) -> None:
    """Five devices with serial 1: `-set_serial 1` in a script."""
    chain = plant(room)
    for number in range(1, 6):
        cn = f"lamp-{number:04}"
        device(room, cn, lamp(chain[0], cn, serial=1), chain[0])
    room.duplicates.append({f"lamp-{number:04}.pem" for number in range(1, 6)})


@case({"LOT001"})
def serials_reused_in_pairs(room: Room) -> None:
    """A counter that started again: serials 1, 2, 3, 1, 2."""
    chain = plant(room)
    for place, serial in enumerate((1, 2, 3, 1, 2)):
        cn = f"lamp-{place:04}"
        device(room, cn, lamp(chain[0], cn, serial=serial), chain[0])
    room.duplicates += [{"lamp-0000.pem", "lamp-0003.pem"}, {"lamp-0001.pem", "lamp-0004.pem"}]


@case({"LOT001"}, either=[set()])
def serial_of_fcu_itself(room: Room) -> None:
    """Below a self-signed FCU a device has FCU's own serial number, and both have one issuer. (The family speaks of
    devices.)
    """
    chain = plant(room, 1, None, fcu={"serial": 4711})
    healthy(room, chain, 1)
    device(room, ODD, lamp(chain[0], serial=4711), guilty=True)


@case({"LOT002"})
def key_reused(room: Room) -> None:
    """Two devices with one key: whoever opens one is the other."""
    chain = plant(room)
    _pair(room, lamp(chain[0], GOOD, key=stranger()), lamp(chain[0], key=stranger()), chain)


@case({"LOT002"})
def key_reused_by_all(room: Room) -> None:
    """Four devices made from one image with one key."""
    chain = plant(room)
    names = [f"lamp-{number:04}" for number in range(4)]
    for cn in names:
        device(room, cn, lamp(chain[0], cn, key=stranger()), chain[0])
    room.duplicates.append({f"{cn}.pem" for cn in names})


@case({"LOT002"})
def key_reused_with_its_file(room: Room) -> None:
    """Two devices with one key, and the key file beside each: each matches its own certificate."""
    chain = plant(room)
    _pair(room, lamp(chain[0], GOOD, key=stranger()), lamp(chain[0], key=stranger()), chain)
    key_beside(room, f"{GOOD}.key.pem", stranger())
    key_beside(room, f"{ODD}.key.pem", stranger(), stranger().pkcs8())


@case({"LOT003"})
def name_reused(room: Room) -> None:
    """lamp-0001 in the morning and in the evening, each with a key and a serial number of its own."""
    chain = plant(room)
    output(room, f"morning/{GOOD}.pem", pem(lamp(chain[0], GOOD), chain[0]))
    output(room, f"evening/{GOOD}.pem", pem(lamp(chain[0], GOOD, key=stranger()), chain[0]))
    output(room, f"evening/{ODD}.pem", pem(lamp(chain[0]), chain[0]))
    room.duplicates.append({f"morning/{GOOD}.pem", f"evening/{GOOD}.pem"})


@case({"LOT003"})
def name_reused_in_the_manifest(room: Room) -> None:
    """Two rows with one endpoint name and two files."""
    chain = plant(room)
    output(room, "1.pem", pem(lamp(chain[0], GOOD), chain[0]))
    output(room, "2.pem", pem(lamp(chain[0], GOOD, key=stranger()), chain[0]))
    manifest(room, f"{GOOD},1.pem,,", f"{GOOD},2.pem,,")
    room.duplicates.append({"1.pem", "2.pem"})


@case({"LOT003"})
def name_reused_over_two_paths(room: Room) -> None:
    """The same name in a folder and in a tar, both handed over: one lot."""
    chain = plant(room)
    device(room, GOOD, lamp(chain[0], GOOD), chain[0])
    tarred(room, [(f"day2/{GOOD}.pem", pem(lamp(chain[0], GOOD, key=stranger()), chain[0]))])
    room.duplicates.append({f"{GOOD}.pem", f"day2/{GOOD}.pem"})


@case(
    {"LOT003"},
    either=[{"LOT001"}, {"LOT002"}, {"LOT001", "LOT003"}, {"LOT001", "LOT002"}, {"LOT001", "LOT002", "LOT003"}],
)
def the_very_same_file_twice(room: Room) -> None:
    """One file in two folders: name, key and serial number are all there twice, by one slip of the hand."""
    chain = plant(room)
    text = pem(lamp(chain[0], GOOD), chain[0])
    output(room, f"a/{GOOD}.pem", text)
    output(room, f"b/{GOOD}.pem", text)
    room.duplicates.append({f"a/{GOOD}.pem", f"b/{GOOD}.pem"})


@case(
    {"DEV005"},
    either=[{"DEV005", "LOT001", "LOT002"}, {"DEV005", "LOT001"}, {"DEV005", "LOT002"}, {"LOT001", "LOT002"}],
)
def one_file_under_two_names(room: Room) -> None:
    """lamp-0001's file copied as lamp-0002: the copy has the wrong name. Key and serial are there twice as well."""
    chain = plant(room)
    cert = healthy(room, chain)
    device(room, ODD, cert, chain[0], guilty=True)


@case({"DEV002"}, either=[{"DEV002", "LOT004"}])
def mixed_depths(room: Room) -> None:
    """fcu.yml says 3 and one of four devices has two certificates: DEV002 says it of that device."""
    chain = plant(room, 4, 3)
    for number in range(4):
        cn = f"lamp-{number:04}"
        device(room, cn, lamp(chain[0], cn), *chain[: 1 if number == 3 else 2], guilty=number == 3)


@case({"LOT004"})
def mixed_depths_that_nobody_set(room: Room) -> None:
    """No fcu.yml, no depth: three devices with two certificates, one with three."""
    chain = plant(room, 4, None)
    for number in range(4):
        cn = f"lamp-{number:04}"
        device(room, cn, lamp(chain[0], cn), *chain[: 2 if number == 3 else 1], guilty=number == 3)


@case({"LOT004"})
def mixed_depths_half_and_half(room: Room) -> None:
    """No depth, and the lot was changed over in the middle: one device each."""
    chain = plant(room, 4, None)
    device(room, GOOD, lamp(chain[0], GOOD), chain[0])
    device(room, ODD, lamp(chain[0]), *chain[:2])
    room.duplicates.append({f"{GOOD}.pem", f"{ODD}.pem"})


@case({"LOT004"})
def mixed_depths_with_the_odd_one_first(room: Room) -> None:
    """The same with the odd one first in the folder. (Which of them are wrong nobody can know without a depth.)"""
    chain = plant(room, 4, None)
    names = [f"lamp-{number:04}" for number in range(4)]
    for place, cn in enumerate(names):
        device(room, cn, lamp(chain[0], cn), *chain[: 1 if place else 2])
    room.duplicates.append({f"{cn}.pem" for cn in names})


@case(warnings={"LOT005"})
def validity_drifts(room: Room) -> None:
    """Nine devices for 20 years, one for 30."""
    _nine_and(room, not_after=NOW + 10950 * DAY)


@case(warnings={"LOT005"})
def profile_drifts(room: Room) -> None:
    """Nine devices without an EKU, one with clientAuth."""
    _nine_and(room, more=(extended_key_usage(CLIENT_AUTH),))


@case(warnings={"LOT005"})
def usage_drifts(room: Room) -> None:
    """Nine devices with digitalSignature, one with keyAgreement too, critical."""
    _nine_and(room, usage=key_usage(0, 4, critical=True))


@case(warnings={"LOT005"})
def subject_drifts(room: Room) -> None:
    """Nine devices of a CN alone, one with O and OU."""
    _nine_and(room, subject=name(O="Aurora", OU="Lamps", CN="lamp-0010"))


@case({"DEV016"})
def key_of_fcu_in_one_of_nine(room: Room) -> None:
    """Nine devices, the fifth has FCU's own key."""
    chain = plant(room)
    for number in range(1, 10):
        cn = f"lamp-{number:04}"
        shared = {"key": chain[0].key, "identifier": None} if number == 5 else {}
        device(room, cn, lamp(chain[0], cn, **shared), chain[0], guilty=number == 5)


@case({"DEV004", "DEV005", "DEV013", "LOT001"})
def four_faults_in_four_devices(room: Room) -> None:
    """Each device has a fault of its own, and two share a serial number: nobody hides behind another."""
    chain = plant(room)
    device(room, "lamp-1", lamp(chain[0], "lamp-1", signer=stranger()), chain[0], guilty=True)
    device(room, "lamp-2", lamp(chain[0], "lamp-x"), chain[0], guilty=True)
    device(room, "lamp-3", lamp(chain[0], "lamp-3", more=(extended_key_usage("1.2.3"),)), chain[0], guilty=True)
    for cn in ("lamp-4", "lamp-5"):
        device(room, cn, lamp(chain[0], cn, serial=9), chain[0])
    room.duplicates.append({"lamp-4.pem", "lamp-5.pem"})


@cache
def _lot() -> tuple[tuple[str, Cert], ...]:
    fcu = line()[0]
    return tuple((f"lamp-{number:04}", lamp(fcu, f"lamp-{number:04}")) for number in range(300))


@case(never={"LOT005"})
def three_hundred(room: Room) -> None:
    """300 devices without a fault, and the right upload."""
    chain = plant(room)
    for cn, cert in _lot():
        output(room, f"{cn[:-2]}/{cn}.pem", pem(cert, chain[0]))
    upload(room, *chain[1:])


@case({"DEV004"})
def one_bad_among_three_hundred(room: Room) -> None:
    """The 212th of 300 has one bit of its signature turned."""
    chain = plant(room)
    for place, (cn, cert) in enumerate(_lot()):
        made = replace(cert, after_signing=flipped) if place == 211 else cert
        device(room, cn, made, chain[0], guilty=place == 211)


@case({"LOT001"})
def a_pair_among_three_hundred(room: Room) -> None:
    """The first and the last of 300 in a tar.gz have one serial number."""
    chain = plant(room)
    certs = [(cn, replace(cert, serial=77) if place in (0, 299) else cert) for place, (cn, cert) in enumerate(_lot())]
    tarred(room, [(f"{cn}.pem", pem(cert, chain[0])) for cn, cert in certs], "lot.tar.gz")
    room.duplicates.append({"lamp-0000.pem", "lamp-0299.pem"})


@case({"DEV013"})
def all_of_three_dozen(room: Room) -> None:
    """36 devices, each with serverAuth alone: more offenders than a console shows, and all of them are counted."""
    chain = plant(room)
    for number in range(36):
        cn = f"lamp-{number:04}"
        device(room, cn, lamp(chain[0], cn, more=(extended_key_usage("1.3.6.1.5.5.7.3.1"),)), chain[0], guilty=True)


@case()
def serials_of_neighbours(room: Room) -> None:
    """Serials 1 to 5: each once, however guessable."""
    chain = plant(room)
    for number in range(1, 6):
        cn = f"lamp-{number:04}"
        device(room, cn, lamp(chain[0], cn, serial=number), chain[0])


@case(either=[{"LOT001"}])
def serial_of_another_issuer(room: Room) -> None:
    """A device has the intermediate's serial number, which another issuer gave: once under each issuer."""
    chain = plant(room, middle={"serial": 4711})
    healthy(room, chain)
    device(room, ODD, lamp(chain[0], serial=4711), chain[0])


@case(never={"LOT005"})
def made_over_a_year(room: Room) -> None:
    """Devices made a month apart, each for 20 years from its own day: no drift."""
    chain = plant(room)
    for number in range(8):
        begin = NOW - DAY * (30 * number + 1)
        cn = f"lamp-{number:04}"
        device(room, cn, lamp(chain[0], cn, not_before=begin, not_after=begin + 7301 * DAY), chain[0])


def _nine_and(room: Room, **changes: object) -> None:
    chain = plant(room)
    for number in range(1, 10):
        healthy(room, chain, cn=f"lamp-{number:04}")
    device(room, "lamp-0010", lamp(chain[0], "lamp-0010", **changes), chain[0])

"""DEV001, DEV015, DEV016: device files that cannot be read, and keys in the output."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from .cases import Room, case, stranger
from .floor import GOOD, ODD, device, healthy, key_beside, lamp, odd, output, pem, plant, tarred
from .keys import key
from .maker import Cert, Request, line, pem_block


def _file(room: Room, content: bytes | str, ending: str = "pem", depth: int = 2) -> None:
    """A healthy device, and a file beside it that is none."""
    chain = plant(room, 3, depth)
    healthy(room, chain, depth)
    output(room, f"{ODD}.{ending}", content)
    room.guilty.add(f"{ODD}.{ending}")


def _parts() -> tuple[Cert, Cert]:
    """The odd device's certificate and FCU's, as `plant` makes them."""
    fcu = line()[0]
    return lamp(fcu), fcu


@case({"DEV001"})
def empty_pem(room: Room) -> None:
    """A .pem of no octets."""
    _file(room, "")


@case({"DEV001"})
def empty_der(room: Room) -> None:
    """A .der of no octets."""
    _file(room, b"", "der", 1)


@case({"DEV001"})
def text_without_a_block(room: Room) -> None:
    """A .pem of plain words."""
    _file(room, "to be injected on Monday\n")


@case({"DEV001"})
def web_page(room: Room) -> None:
    """A .crt that is a web page."""
    _file(room, "<!DOCTYPE html><html><body>Sign in</body></html>\n", "crt")


@case({"DEV001"})
def noise_as_der(room: Room) -> None:
    """A .der of noise."""
    _file(room, bytes(range(256)) * 3, "der", 1)


@case({"DEV001"})
def der_cut_short(room: Room) -> None:
    """The last nine octets are missing."""
    _file(room, _parts()[0].der[:-9], "der", 1)


@case({"DEV001"})
def der_with_an_octet_more(room: Room) -> None:
    """One octet behind the certificate: the device takes it; one DER certificate it is not."""
    _file(room, _parts()[0].der + b"\0", "der", 1)


@case({"DEV001"})
def der_with_two_certificates(room: Room) -> None:
    """[device, FCU] in DER one behind the other: a chain only as PEM."""
    first, second = _parts()
    _file(room, first.der + second.der, "der")


@case({"DEV001"})
def pem_cut_short(room: Room) -> None:
    """The block of the device certificate ends in the middle of its base64."""
    first, second = _parts()
    _file(room, first.pem[:300] + "\n" + second.pem)


@case({"DEV001"})
def pem_block_cut_short(room: Room) -> None:
    """A good block around half a certificate."""
    first, second = _parts()
    _file(room, pem_block(first.der[:200]) + second.pem)


@case({"DEV001"})
def pem_with_an_octet_more(room: Room) -> None:
    """One octet behind the certificate inside its block."""
    first, second = _parts()
    _file(room, pem_block(first.der + b"\0") + second.pem)


@case({"DEV001"})
def two_certificates_in_one_block(room: Room) -> None:
    """[device, FCU] in one block."""
    first, second = _parts()
    _file(room, pem_block(first.der + second.der))


@case({"DEV001"})
def request_instead(room: Room) -> None:
    """The device's request, not yet signed."""
    _file(room, Request(stranger()).pem)


@case({"DEV001"})
def request_in_a_certificate_block(room: Room) -> None:
    """A request under BEGIN CERTIFICATE."""
    _file(room, pem_block(Request(stranger()).der))


@case({"DEV001"})
def trusted_certificate_block(room: Room) -> None:
    """OpenSSL's BEGIN TRUSTED CERTIFICATE."""
    first, second = _parts()
    _file(room, pem_block(first.der, "TRUSTED CERTIFICATE") + second.pem)


@case({"DEV001"})
def second_block_of_noise(room: Room) -> None:
    """The device certificate, and noise where FCU's should be."""
    _file(room, _parts()[0].pem + pem_block(bytes(range(200))))


@case({"DEV001"})
def in_utf_16(room: Room) -> None:
    """The chain saved as UTF-16."""
    _file(room, pem(*_parts()).encode("utf-16"))


@case({"DEV001"}, either=[set()])
def pem_called_der(room: Room) -> None:
    """PEM text in a .der at depth 1: what goes to the device as it stands is refused there. (Reading by content would
    take it.)
    """
    _file(room, _parts()[0].pem, "der", 1)


@case({"DEV001"}, either=[set()])
def der_called_pem(room: Room) -> None:
    """DER in a .pem at depth 1. (Reading by content would take it.)"""
    _file(room, _parts()[0].der, "pem", 1)


@case({"DEV001"}, either=[set()])
def der_called_crt(room: Room) -> None:
    """DER in a .crt at depth 1, as Windows writes it; the interface names .crt for PEM chains. (Reading by content
    would take it.)
    """
    _file(room, _parts()[0].der, "crt", 1)


@case({"DEV001"})
def one_unreadable_in_an_archive(room: Room) -> None:
    """A tar of three devices, the second an empty file."""
    chain = plant(room)
    members = [(f"{cn}.pem", pem(lamp(chain[0], cn), chain[0])) for cn in (GOOD, "lamp-0003")]
    tarred(room, [members[0], (f"{ODD}.pem", ""), members[1]])
    room.guilty.add(f"{ODD}.pem")


@case({"DEV015"})
def key_of_another(room: Room) -> None:
    """The key beside the certificate belongs to nobody."""
    odd(room)
    key_beside(room, f"{ODD}.key.pem", stranger())


@case({"DEV015"})
def key_of_another_in_der(room: Room) -> None:
    """The same in PKCS#8 DER."""
    odd(room)
    key_beside(room, f"{ODD}.key.der", stranger(), stranger().der(pkcs8=True))


@case({"DEV015"})
def key_on_another_curve(room: Room) -> None:
    """A P-384 key beside a P-256 certificate."""
    odd(room)
    key_beside(room, f"{ODD}.key.pem", key("big", ec.SECP384R1))


@case({"DEV015"})
def keys_exchanged(room: Room) -> None:
    """Two devices with each other's keys: both are wrong."""
    chain = plant(room)
    first, second = healthy(room, chain), healthy(room, chain, cn=ODD)
    key_beside(room, f"{GOOD}.key.pem", second.key)
    key_beside(room, f"{ODD}.key.pem", first.key)
    room.guilty |= {f"{GOOD}.pem", f"{ODD}.pem"}


@case({"DEV015"}, either=[{"DEV001"}])
def key_of_noise(room: Room) -> None:
    """NAME.key.pem holds no key: the output has a key file, and what it holds does not match."""
    odd(room)
    key_beside(room, f"{ODD}.key.pem", stranger(), "no key here\n")


@case({"DEV015"}, either=[{"DEV001"}])
def key_file_with_a_certificate(room: Room) -> None:
    """NAME.key.pem holds the certificate."""
    odd(room)
    key_beside(room, f"{ODD}.key.pem", stranger(), _parts()[0].pem)


@case({"DEV016"})
def key_of_fcu_in_the_certificate(room: Room) -> None:
    """The device's public key is FCU's own."""
    _shared(room, 0)


@case({"DEV016"})
def key_of_the_intermediate_in_the_certificate(room: Room) -> None:
    """The device's public key is the intermediate's."""
    _shared(room, 1)


@case({"DEV016"})
def key_of_the_root_in_the_certificate(room: Room) -> None:
    """The device's public key is the root's."""
    _shared(room, 2)


@case({"DEV016"}, either=[{"DEV015", "DEV016"}])
def key_of_fcu_beside_a_device(room: Room) -> None:
    """NAME.key.pem is FCU's private key: that it does not match the device is the smaller news."""
    odd(room)
    key_beside(room, f"{ODD}.key.pem", _parts()[1].key)


@case({"DEV016"}, either=[{"DEV001", "DEV016"}])
def key_of_fcu_among_the_devices(room: Room) -> None:
    """fcu_private_key.pem was copied into the output folder."""
    chain = plant(room)
    healthy(room, chain)
    key_beside(room, "fcu_private_key.pem", chain[0].key)
    room.guilty.add("fcu_private_key.pem")


@case({"DEV016"}, either=[{"DEV001", "DEV016"}])
def key_of_fcu_in_an_archive(room: Room) -> None:
    """The keystore's key in a tar.gz of devices, in PKCS#8 and under another name."""
    chain = plant(room)
    room.secrets.append(chain[0].key)
    members = [(f"{GOOD}.pem", pem(lamp(chain[0], GOOD), chain[0])), ("backup/old.pem", chain[0].key.pkcs8())]
    tarred(room, members, "lot.tar.gz")
    room.guilty.add("backup/old.pem")


@case({"DEV016"}, either=[{"DEV001", "DEV016"}, {"DEV001"}])
def key_of_fcu_in_the_chain(room: Room) -> None:
    """FCU's private key stands in the device's own PEM, behind the certificates."""
    chain = plant(room)
    healthy(room, chain)
    room.secrets.append(chain[0].key)
    device(room, ODD, lamp(chain[0]), chain[0], chain[0].key.sec1(), guilty=True)


@case({"DEV001"}, either=[set()])
def key_of_the_device_in_the_chain(room: Room) -> None:
    """The device's own private key behind its certificates: a PEM chain holds certificates. (A reader may take it for
    "the private key, where the output has it", and it matches.)
    """
    chain = plant(room)
    healthy(room, chain)
    cert = lamp(chain[0])
    room.secrets.append(cert.key)
    device(room, ODD, cert, chain[0], cert.key.sec1(), guilty=True)


def _shared(room: Room, place: int) -> None:
    chain = plant(room)
    healthy(room, chain)
    device(room, ODD, lamp(chain[0], key=chain[place].key, identifier=None), chain[0], guilty=True)

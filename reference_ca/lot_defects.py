"""What may be wrong with a device of a lot: each kind by name, with the codes of the rules that it breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reference_ca.lot_devices import LotDevice, LotLine, endpoint_name
from reference_ca.profiles import DeviceProfile, Extensions
from reference_ca.signing import Issuer, self_sign

Make = Callable[[LotLine, int], LotDevice]


@dataclass(frozen=True)
class LotDefect:
    """One kind of wrong device.

    ``codes`` are those of the rules that judging such a device breaks, errors and warnings, in order. It can be made
    where devices carry at least ``least_depth`` certificates and fcu.crt has at least ``spare`` more than they carry;
    ``listed_only`` is for formats that give the enrollment identity beside the certificates.
    """

    name: str
    codes: tuple[str, ...]
    make: Make
    least_depth: int = 1
    spare: int = 0
    listed_only: bool = False


KINDS: list[LotDefect] = []
"""In the order in which a lot takes them in turn."""


def _kind(
    name: str, *codes: str, least_depth: int = 1, spare: int = 0, listed_only: bool = False
) -> Callable[[Make], Make]:
    def keep(make: Make) -> Make:
        KINDS.append(LotDefect(name, codes, make, least_depth, spare, listed_only))
        return make

    return keep


def kinds_for(depth: int, length: int, *, listed: bool) -> list[LotDefect]:
    """The kinds that a lot can have: of this depth, with so many certificates in fcu.crt, with or without a list."""
    spare = length + 1 - depth
    return [k for k in KINDS if depth >= k.least_depth and spare >= k.spare and (listed or not k.listed_only)]


@_kind("wrong-order", "DEV003", least_depth=2)
def _wrong_order(line: LotLine, number: int) -> LotDevice:
    device = line.device(number)
    first, second, *rest = device.chain
    return LotDevice(device.name, [second, first, *rest])


@_kind("slice-too-short", "DEV002", least_depth=2)
def _slice_too_short(line: LotLine, number: int) -> LotDevice:
    device = line.device(number)
    return LotDevice(device.name, device.chain[:-1])


@_kind("slice-too-long", "DEV002", spare=1)
def _slice_too_long(line: LotLine, number: int) -> LotDevice:
    device = line.device(number)
    return LotDevice(device.name, [device.chain[0], *line.ca_der[: len(device.chain)]])


@_kind("another-line-s-chain", "DEV003", least_depth=2)
def _another_lines_chain(line: LotLine, number: int) -> LotDevice:
    device = line.device(number)
    foreign = line.impostor.certificate.public_bytes(Encoding.DER)
    return LotDevice(device.name, [device.chain[0], foreign, *device.chain[2:]])


@_kind("another-line-s-signature", "DEV004")
def _another_lines_signature(line: LotLine, number: int) -> LotDevice:
    return _signed(line, number, issuer=line.impostor.issuer)


@_kind("flipped-signature", "DEV004")
def _flipped_signature(line: LotLine, number: int) -> LotDevice:
    own = bytearray(line.device(number).chain[0])
    own[-1] ^= 1
    return line.carrying(endpoint_name(number), bytes(own))


@_kind("cut-off", "DEV001")
def _cut_off(line: LotLine, number: int) -> LotDevice:
    return line.carrying(endpoint_name(number), line.device(number).chain[0][:-20])


@_kind("next-device-s-name", "DEV005")
def _next_devices_name(line: LotLine, number: int) -> LotDevice:
    return line.carrying(endpoint_name(number), _renamed(line, number, endpoint_name(number + 1)))


def _renamed(line: LotLine, number: int, name: str) -> bytes:
    """The certificate of a device with the name of another."""
    return line.template.certificate(name, line.keys.public_point(number))


@_kind("name-twice", "LOT003")
def _name_twice(line: LotLine, number: int) -> LotDevice:
    name = endpoint_name(line.before(number))
    return line.carrying(name, _renamed(line, number, name))


@_kind("key-twice", "LOT002")
def _key_twice(line: LotLine, number: int) -> LotDevice:
    name, point = endpoint_name(number), line.keys.public_point(line.before(number))
    return line.carrying(name, line.template.certificate(name, point))


@_kind("serial-twice", "LOT001")
def _serial_twice(line: LotLine, number: int) -> LotDevice:
    name, earlier = endpoint_name(number), line.before(number)
    serial = line.template.serial(endpoint_name(earlier), line.keys.public_point(earlier))
    return line.carrying(name, line.template.certificate_with(name, line.keys.public_point(number), serial))


@_kind("expired", "DEV011", "DEV026", "LOT005")
def _expired(line: LotLine, number: int) -> LotDevice:
    return _signed(line, number, validity=(line.now, line.now + timedelta(seconds=1)))


@_kind("clock-of-1970", "DEV010", "DEV026")
def _clock_of_1970(line: LotLine, number: int) -> LotDevice:
    start, (_, end) = datetime(1970, 1, 1, tzinfo=timezone.utc), line.template.validity
    return _signed(line, number, validity=(start, start + (end - line.now)))


@_kind("ten-years", "DEV011", "LOT005")
def _ten_years(line: LotLine, number: int) -> LotDevice:
    return _signed(line, number, validity=(line.now, line.now + timedelta(days=3650)))


@_kind("ca-true", "DEV012")
def _ca_true(line: LotLine, number: int) -> LotDevice:
    return _signed(line, number, changed=[(x509.BasicConstraints(ca=True, path_length=None), False)])


@_kind("key-agreement-only", "DEV014", "LOT005")
def _key_agreement_only(line: LotLine, number: int) -> LotDevice:
    return _signed(line, number, changed=[(_KEY_AGREEMENT, True)])


@_kind("server-auth-only", "DEV013", "LOT005")
def _server_auth_only(line: LotLine, number: int) -> LotDevice:
    return _signed(line, number, changed=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)])


@_kind("critical-extension", "DEV019", "LOT005")
def _critical_extension(line: LotLine, number: int) -> LotDevice:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
    return _signed(line, number, changed=[(unknown, True)])


@_kind("p-384", "DEV008")
def _p384(line: LotLine, number: int) -> LotDevice:
    scalar = int.from_bytes(line.source.octets(f"lot/p-384/{number}", 40), "big") + 1
    return _signed(line, number, key=ec.derive_private_key(scalar, ec.SECP384R1()).public_key())


@_kind("sha-384", "DEV009", "LOT005")
def _sha384(line: LotLine, number: int) -> LotDevice:
    return _signed(line, number, digest=hashes.SHA384())


@_kind("self-signed", "DEV007")
def _self_signed(line: LotLine, number: int) -> LotDevice:
    name = endpoint_name(number)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = line.keys.private_key(number)
    own = self_sign(key, subject, DeviceProfile().years, DeviceProfile().extensions(), line.source)
    return line.carrying(name, own.public_bytes(Encoding.DER))


@_kind("underscore", "DEV006")
def _underscore(line: LotLine, number: int) -> LotDevice:
    return _signed(line, number, name=endpoint_name(number).replace("-", "_"))


@_kind("enrollment-of-another", "DEV023", listed_only=True)
def _enrollment_of_another(line: LotLine, number: int) -> LotDevice:
    device, other = line.device(number), line.device(line.before(number))
    return LotDevice(device.name, device.chain, enrolled=other.chain[0])


_KEY_AGREEMENT = x509.KeyUsage(
    digital_signature=False,
    key_cert_sign=False,
    crl_sign=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=True,
    encipher_only=False,
    decipher_only=False,
)


def _signed(
    line: LotLine,
    number: int,
    *,
    issuer: Issuer | None = None,
    name: str | None = None,
    key: ec.EllipticCurvePublicKey | None = None,
    validity: tuple[datetime, datetime] | None = None,
    changed: Sequence[tuple[x509.ExtensionType, bool]] = (),
    digest: hashes.SHA384 | None = None,
) -> LotDevice:
    """A device as the line makes it, but for what is named."""
    name = name or endpoint_name(number)
    certificate = (issuer or line.authority.issuer).sign(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        key or line.keys.private_key(number).public_key(),
        validity or line.template.validity,
        _extensions(changed),
        line.source,
        digest,
    )
    return line.carrying(name, certificate.public_bytes(Encoding.DER))


def _extensions(changed: Sequence[tuple[x509.ExtensionType, bool]]) -> Extensions:
    """A device's own extensions, with some of them exchanged or added."""
    new = {extension.oid: (extension, critical) for extension, critical in changed}
    for extension, critical in DeviceProfile().extensions():
        yield new.pop(extension.oid, (extension, critical))
    yield from new.values()

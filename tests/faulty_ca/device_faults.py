"""Lines that are wrong about their devices."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

import reference_ca
from faulty_ca.line import MADE, NAMES, Line, signed_by_hand
from reference_ca import Authority, Device, DeviceProfile, KeySource, SecretBlob
from reference_ca.chain import Certificates
from reference_ca.profiles import CaProfile, Extensions
from reference_ca.signing import self_sign


class SlicesTooShort(Line):
    """Gives the devices their own certificate alone."""

    caught_by = ("DEV002",)

    def carried(self, device: Device, number: int) -> Certificates:
        return super().carried(device, number)[:1]


class SlicesTooLong(Line):
    """Counts the depth without the device."""

    caught_by = ("DEV002",)

    def carried(self, device: Device, number: int) -> Certificates:
        return device.chain(self.depth + 1)


class ChangesDepthDuringShift(Line):
    """Somebody changes the depth after the third device, and back at the end of the shift."""

    caught_by = ("DEV002",)

    def carried(self, device: Device, number: int) -> Certificates:
        return device.chain(self.depth + (number >= 3))


class TurnsChainRound(Line):
    """Writes the device certificate last."""

    caught_by = ("DEV003",)

    def carried(self, device: Device, number: int) -> Certificates:
        return super().carried(device, number)[::-1]


class SkipsFcuCertificate(Line):
    """Gives the devices the intermediate, which is one off."""

    caught_by = ("DEV003",)

    def carried(self, device: Device, number: int) -> Certificates:
        return (device.certificate, device.issuer_chain[1])


class KeepsOldChainAfterRekeying(Line):
    """Signs with its new key, and still hands out the chain of the old one."""

    caught_by = ("DEV003",)

    def carried(self, device: Device, number: int) -> Certificates:
        old = reference_ca.RootAuthority(self.name, source=KeySource("the old key", at=MADE))
        return (device.certificate, old.certificate)


class KeepsOldKeyAfterRekeying(Line):
    """Hands out its new chain, and still signs with the old key of the same name."""

    caught_by = ("DEV004",)

    def issue(self, authority: Authority, name: str) -> Device:
        return _signed_by_namesake(authority, name)


class SignsWithIntermediate(Line):
    """Signs devices with the intermediate's key, and hands out the chain of the FCU."""

    caught_by = ("DEV004",)

    def signed(self, above: list[Authority]) -> Certificates:
        self.above = above
        return super().signed(above)

    def issue(self, authority: Authority, name: str) -> Device:
        return replace(self.above[-1].issue_device(name), issuer_chain=authority.chain)


class TakesAnotherLinesSignature(Line):
    """Sends its requests to the FCU of another line."""

    caught_by = ("DEV004",)

    def issue(self, authority: Authority, name: str) -> Device:
        other = reference_ca.RootAuthority("FCU line 2", source=self.source)
        return replace(other.issue_device(name), issuer_chain=authority.chain)


class ReusesOneKey(Line):
    """Makes one key, and certifies it for every device."""

    caught_by = ("LOT002",)

    def issue(self, authority: Authority, name: str) -> Device:
        first = authority.issue_device(NAMES[0])
        if name == first.endpoint_name:
            return first
        changed = signed_by_hand(authority, first, name=name)
        return replace(changed, endpoint_name=name)


class CountsSerials(Line):
    """Counts serial numbers, and starts anew when the power fails."""

    caught_by = ("LOT001",)

    def issue(self, authority: Authority, name: str) -> Device:
        number = NAMES.index(name) % 3 + 1
        device = super().issue(authority, name)
        builder = x509.CertificateBuilder(
            device.certificate.issuer,
            device.certificate.subject,
            device.certificate.public_key(),
            number,
            device.certificate.not_valid_before_utc,
            device.certificate.not_valid_after_utc,
            list(device.certificate.extensions),
        )
        key = reference_ca.credentials.read_key(self.keystore.private_key_file.read_bytes())
        certificate = builder.sign(key, device.certificate.signature_hash_algorithm, ecdsa_deterministic=True)
        return replace(device, certificate=certificate)


class NamesNextDevice(Line):
    """Is one ahead with its names: each device gets the CN of the next."""

    caught_by = ("DEV005",)

    def issue(self, authority: Authority, name: str) -> Device:
        following = f"line1-{NAMES.index(name) + 2:04d}"
        return replace(authority.issue_device(following), endpoint_name=name)


class NamesTwoAlike(Line):
    """Gives the last device the name of the first."""

    caught_by = ("LOT003",)

    def issue(self, authority: Authority, name: str) -> Device:
        if name != NAMES[-1]:
            return super().issue(authority, name)
        key = self.source.private_key("the last device")
        return replace(signed_by_hand(authority, authority.issue_device(NAMES[0]), key=key.public_key()), _key=key)

    def file_of(self, device: Device, number: int) -> Path:
        return self.folder / "devices" / f"{number}.pem"


class LivesIn1970(Line):
    """Signs with a clock that was never set."""

    caught_by = ("DEV010",)

    def issue(self, authority: Authority, name: str) -> Device:
        start = datetime(1970, 1, 1, tzinfo=timezone.utc)
        return signed_by_hand(authority, super().issue(authority, name), validity=(start, MADE + timedelta(days=7300)))


class LivesInTheFuture(Line):
    """Signs with a clock that is a year ahead."""

    caught_by = ("DEV010",)

    def issue(self, authority: Authority, name: str) -> Device:
        start = MADE + timedelta(days=365)
        return signed_by_hand(authority, super().issue(authority, name), validity=(start, start + timedelta(days=7300)))


class SignsForTenYears(Line):
    """Signs for exactly ten years of 365 days, which is not more than ten."""

    caught_by = ("DEV011",)
    only_warned = True

    def issue(self, authority: Authority, name: str) -> Device:
        return signed_by_hand(authority, super().issue(authority, name), validity=(MADE, MADE + timedelta(days=3650)))


class MakesCas(Line):
    """Signs devices with the profile of a CA."""

    caught_by = ("DEV012",)

    def issue(self, authority: Authority, name: str) -> Device:
        return signed_by_hand(authority, super().issue(authority, name), extensions=CaProfile().extensions())


class MakesServers(Line):
    """Signs devices with the profile of a server."""

    caught_by = ("DEV013",)

    def issue(self, authority: Authority, name: str) -> Device:
        def extensions() -> Extensions:
            for extension, critical in DeviceProfile().extensions():
                if isinstance(extension, x509.ExtendedKeyUsage):
                    yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical
                else:
                    yield extension, critical

        return signed_by_hand(authority, super().issue(authority, name), extensions=extensions())


class LetsDevicesSignThemselves(Line):
    """Lets every device sign its own certificate."""

    caught_by = ("DEV007",)

    def issue(self, authority: Authority, name: str) -> Device:
        device, key = super().issue(authority, name), self.source.private_key(f"self {name}")
        own = self_sign(key, device.certificate.subject, 20, DeviceProfile().extensions(), self.source)
        return replace(device, certificate=own, _key=key)


class TakesAnotherCurve(Line):
    """Makes P-384 keys, which look safer."""

    caught_by = ("DEV008",)

    def issue(self, authority: Authority, name: str) -> Device:
        key = ec.derive_private_key(NAMES.index(name) + 2**300, ec.SECP384R1())
        return replace(signed_by_hand(authority, super().issue(authority, name), key=key.public_key()), _key=None)


class MixesUpKeys(Line):
    """Puts the private key of the device before beside each device."""

    caught_by = ("DEV015",)

    def hand_over(self, device: Device, number: int, devices: list[Device]) -> None:
        super().hand_over(replace(device, _key=None), number, devices)
        path = self.file_of(device, number).with_suffix(".key.pem")
        devices[number - 1].private_key_pem.write_to_path(path)


class GivesAwayCaKey(Line):
    """Leaves the FCU's private key among the devices."""

    caught_by = ("DEV016",)

    def after_work(self) -> None:
        SecretBlob(self.keystore.private_key_file.read_bytes()).write_to_path(self.folder / "devices" / "fcu.key.pem")


class UsesItsOwnKeyForDevices(Line):
    """Certifies the FCU's own key as that of a device."""

    caught_by = ("DEV016",)

    def issue(self, authority: Authority, name: str) -> Device:
        if name != NAMES[2]:
            return super().issue(authority, name)
        key = reference_ca.credentials.read_key(self.keystore.private_key_file.read_bytes())
        return replace(signed_by_hand(authority, super().issue(authority, name), key=key.public_key()), _key=None)


class EnrollsNextDevice(Line):
    """Lists the enrollment identity of the next device with each."""

    caught_by = ("DEV023",)

    def enrolled(self, number: int, devices: list[Device]) -> str:
        return devices[(number + 1) % len(devices)].enrollment_id


class ForgetsAccount(Line):
    """Works in LwM2M mode, and signs devices without the account in OU."""

    caught_by = ("DEV022",)
    mode = "lwm2m"


class FlipsOneBit(Line):
    """Stores its output on a disk that is dying: the last bit of one device is another."""

    caught_by = ("DEV004",)

    def issue(self, authority: Authority, name: str) -> Device:
        device = super().issue(authority, name)
        if name != NAMES[1]:
            return device
        der = bytearray(device.certificate_der)
        der[-1] ^= 1
        return replace(device, certificate=x509.load_der_x509_certificate(bytes(der)))


class CutsFileOff(Line):
    """Fills the disk: the last file is half there."""

    caught_by = ("DEV001",)

    def after_work(self) -> None:
        path = self.folder / "devices" / f"{NAMES[-1]}.pem"
        path.write_bytes(path.read_bytes()[:500])


class LosesDevice(Line):
    """Lists five devices and hands over four."""

    caught_by = ("DEV001",)

    def after_work(self) -> None:
        (self.folder / "devices" / f"{NAMES[-1]}.pem").unlink()
        (self.folder / "devices" / f"{NAMES[-1]}.key.pem").unlink()


class KeepsAnotherIdentifier(Line):
    """Computes the authority key identifier from the root's key instead of its own."""

    caught_by = ("DEV027",)

    def issue(self, authority: Authority, name: str) -> Device:
        device = super().issue(authority, name)
        root = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.chain[-1].public_key())  # type: ignore[arg-type]
        builder = x509.CertificateBuilder(
            device.certificate.issuer,
            device.certificate.subject,
            device.certificate.public_key(),
            device.certificate.serial_number,
            device.certificate.not_valid_before_utc,
            device.certificate.not_valid_after_utc,
        )
        for extension in device.certificate.extensions:
            wrong = isinstance(extension.value, x509.AuthorityKeyIdentifier)
            builder = builder.add_extension(root if wrong else extension.value, extension.critical)
        key = reference_ca.credentials.read_key(self.keystore.private_key_file.read_bytes())
        certificate = builder.sign(key, device.certificate.signature_hash_algorithm, ecdsa_deterministic=True)
        return replace(device, certificate=certificate)


class DriftsDuringShift(Line):
    """Changes the profile after the second device: the rest have no keyUsage."""

    caught_by = ("LOT005",)
    only_warned = True

    def issue(self, authority: Authority, name: str) -> Device:
        device = super().issue(authority, name)
        if NAMES.index(name) < 2:
            return device
        kept = (
            (extension, critical)
            for extension, critical in DeviceProfile().extensions()
            if not isinstance(extension, x509.KeyUsage)
        )
        return signed_by_hand(authority, device, extensions=kept)


class UnderscoresNames(Line):
    """Names devices with characters that the portal may change."""

    caught_by = ("DEV006",)
    only_warned = True

    def issue(self, authority: Authority, name: str) -> Device:
        return super().issue(authority, name.replace("-", "_"))


def _signed_by_namesake(authority: Authority, name: str) -> Device:
    """A device signed by a CA of the same name with another key."""
    old = KeySource("the old key", at=MADE).private_key("fcu")
    certificate = self_sign(old, authority.certificate.subject, 35, CaProfile().extensions(), authority.source)
    key = SecretBlob(old.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    namesake = Authority.load(key.data, reference_ca.to_pem([certificate]).data, authority.source)
    return replace(namesake.issue_device(name), issuer_chain=authority.chain)

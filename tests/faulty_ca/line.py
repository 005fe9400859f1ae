"""A correct factory line around the reference CA, in steps that a faulty line can replace."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import reference_ca
from reference_ca import Authority, CaProfile, Config, Device, DeviceProfile, KeySource, Keystore
from reference_ca.chain import Certificates
from reference_ca.profiles import Extensions

MADE = datetime(2026, 1, 1, tzinfo=timezone.utc)
AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
NAMES = tuple(f"line1-{number:04d}" for number in range(1, 6))
CRITICAL = CaProfile(critical=True)
"""As RFC 5280 asks, so that an honest line gets not even a warning."""


class Line:
    """One FCU instance: keystore, fcu.yml, five devices with their keys and a manifest, and the upload.

    ``caught_by`` are the codes that judging it gives, errors and warnings; none for the honest line.
    ``only_warned``: they are warnings alone, and the verdict is conformant.
    """

    caught_by: tuple[str, ...] = ()
    only_warned = False
    length, depth, mode = 3, 2, "bootstrap"
    name = "FCU line 1"

    def __init__(self, folder: Path, seed: str = "liars") -> None:
        self.folder, self.source = folder, KeySource(seed, at=MADE)

    @property
    def keystore(self) -> Keystore:
        return Keystore(self.folder / "keystore")

    @property
    def keystores(self) -> list[Path]:
        """The keystores that are judged together."""
        return [self.folder / "keystore"]

    @property
    def devices(self) -> list[Path]:
        """The device output that is judged."""
        return [self.folder / "devices"]

    @property
    def uploads(self) -> list[Path]:
        """An upload for each keystore, or none."""
        return [self.folder / "upload.pem"]

    def work(self) -> None:
        """Set up, have the request signed, make the devices of one shift, write the upload."""
        self.set_up()
        authority = self.keystore.authority(self.source)
        devices = [self.issue(authority, name) for name in NAMES]
        for number, device in enumerate(devices):
            self.hand_over(device, number, devices)
        self.write_manifest(devices)
        reference_ca.to_pem(self.upload(authority)).write_to_path(self.folder / "upload.pem")
        self.after_work()

    def set_up(self) -> None:
        config = self.config()
        (self.folder / "config").mkdir(parents=True)
        config.as_yaml().write_to_path(self.folder / "config" / "fcu.yml")
        self.keystore.setup(config, self.source)
        if self.length > 1:
            chain = self.signed(reference_ca.make_hierarchy(self.length - 2, self.source, self.ca_profile()))
            reference_ca.to_pem(chain).write_to_path(self.keystore.certificate_file)

    def config(self) -> Config:
        config = Config.example(self.source, name=self.name, mode=self.mode)
        depth = self.depth if self.length > 1 else None
        return replace(config, setup_ca_as_intermediate=self.length > 1, device_certificate_chain_depth=depth)

    def ca_profile(self) -> CaProfile:
        return CRITICAL

    def signed(self, above: list[Authority]) -> Certificates:
        """fcu.crt, from the CAs above the FCU, the root first."""
        return above[-1].sign_request(self.keystore.request().data, CRITICAL)

    def issue(self, authority: Authority, name: str) -> Device:
        return authority.issue_device(name)

    def carried(self, device: Device, number: int) -> Certificates:
        """What the device is given, its own certificate first; ``number`` counts the devices from 0."""
        return device.chain(self.depth)

    def file_of(self, device: Device, number: int) -> Path:
        return self.folder / "devices" / f"{device.endpoint_name}.pem"

    def hand_over(self, device: Device, number: int, devices: list[Device]) -> None:
        path = self.file_of(device, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        reference_ca.to_pem(self.carried(device, number)).write_to_path(path)
        if device.has_private_key:
            device.private_key_pem.write_to_path(path.with_suffix(".key.pem"))

    def enrolled(self, number: int, devices: list[Device]) -> str:
        return devices[number].enrollment_id

    def write_manifest(self, devices: list[Device]) -> None:
        rows = ["endpoint_name,file,enrollment_id"]
        for number, device in enumerate(devices):
            file = self.file_of(device, number).relative_to(self.folder / "devices").as_posix()
            rows.append(f"{self.listed_name(device)},{file},{self.enrolled(number, devices)}")
        (self.folder / "devices" / "devices.csv").write_text("\n".join(rows) + "\n")

    def listed_name(self, device: Device) -> str:
        return device.endpoint_name

    def upload(self, authority: Authority) -> Certificates:
        return reference_ca.portal_upload(authority.chain, self.depth)

    def after_work(self) -> None:
        """Clean up; an honest line has nothing to."""


class Lines(Line):
    """Two instances that are judged together."""

    def __init__(self, folder: Path, seed: str = "liars") -> None:
        super().__init__(folder, seed)
        self.others = self.make_lines()

    def make_lines(self) -> list[Line]:
        first, second = Line(self.folder / "line-1", "line 1"), Line(self.folder / "line-2", "line 2")
        second.name = "FCU line 2"
        return [first, second]

    @property
    def keystores(self) -> list[Path]:
        return [line.folder / "keystore" for line in self.others]

    @property
    def devices(self) -> list[Path]:
        return []  # which of two lines a device is of, nobody can tell

    @property
    def uploads(self) -> list[Path]:
        return [line.folder / "upload.pem" for line in self.others]

    def work(self) -> None:
        for line in self.others:
            line.work()


def signed_by_hand(
    authority: Authority,
    device: Device,
    *,
    name: str | None = None,
    key: ec.EllipticCurvePublicKey | None = None,
    validity: tuple[datetime, datetime] | None = None,
    extensions: Extensions | None = None,
) -> Device:
    """The device with a certificate that the CA would not sign of itself."""
    own = device.certificate
    public = key or own.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    certificate = authority.issuer.sign(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) if name else own.subject,
        public,
        validity or (own.not_valid_before_utc, own.not_valid_after_utc),
        extensions or DeviceProfile().extensions(),
        authority.source,
    )
    return replace(device, certificate=certificate)


def years(count: float) -> timedelta:
    return timedelta(days=round(365.25 * count))

"""The output of a factory for one device: its certificates, its private key, its bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from fcu_conform.artefacts.bundle import CERTIFICATES, CHAINS, KEYS, Bundle
from fcu_conform.artefacts.device_key import DeviceKey, device_key_of, read_key_block, unreadable
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.pem import parse_pem
from fcu_conform.artefacts.keystore_files import read_entry
from fcu_conform.artefacts.wording import pluralize


class Kind(Enum):
    """The kind of a device's file, which decides how it is read."""

    PEM = "PEM chain"
    DER = "DER certificate"
    BUNDLE = "bundle"
    CHAIN = "DER certificates one by one"


@dataclass(frozen=True)
class Remark:
    """A remark about the output as a whole, not about a device in it.

    ``passed_over`` are files that nobody reads, the first of them by name, ``count`` is how many there are;
    ``is_nameless``: it is a table that says of no device what its endpoint name is.
    """

    passed_over: tuple[str, ...] = ()
    count: int = 0
    is_nameless: bool = False


class Carried(NamedTuple):
    """A certificate that a device is given, and where.

    Attributes:
        certificate: the certificate.
        number: its place in the device's own chain, from 1; 0 where it stands beside that chain.
        place: beside it, its path in the bundle, such as ``CertificateChains[1].DataArray[0]``; empty in the own chain.
        item: beside it, the name of the bundle's item, such as ``mbed.UpdateAuthCert``.
    """

    certificate: Certificate
    number: int
    place: str = ""
    item: str = ""


class Device:
    """The output for one device.

    Attributes:
        name: the file it came from, as findings call it.
        endpoint_names: the names that its CN may have; empty where none is known from outside.
        certificates: those that could be read, the device's own first.
        troubles: a sentence for everything in the file that could not be read.
        bundle: the CBOR bundle, where the file is one.
        key: the private key that goes with it, where the output has one.
        other_keys: further private keys in the same file, which do not belong there.
        identity: what all files of this device share: its place and name without the ending.
        enrollment_id: the enrollment identity that the manifest gives.
        own: the device's own certificate, if it is already known not to be one of the CA's.
        remark: a remark about the output, if this object stands for the remark and not for a device.
        is_headless: its first certificate cannot be read, so that none of the others is its own.
    """

    __slots__ = (
        "bundle",
        "certificates",
        "endpoint_names",
        "enrollment_id",
        "identity",
        "is_headless",
        "key",
        "name",
        "other_keys",
        "own",
        "remark",
        "troubles",
    )

    def __init__(
        self,
        name: str,
        *,
        endpoint_names: tuple[str, ...] = (),
        certificates: tuple[Certificate, ...] = (),
        troubles: tuple[str, ...] = (),
        bundle: Bundle | None = None,
        key: DeviceKey | None = None,
        enrollment_id: str | None = None,
        identity: str = "",
    ) -> None:
        self.name = name
        self.identity = identity or name
        self.endpoint_names = endpoint_names
        self.certificates = certificates
        self.troubles = troubles
        self.bundle = bundle
        self.key = key
        self.other_keys: tuple[DeviceKey, ...] = ()
        self.enrollment_id = enrollment_id
        self.own: Certificate | None = None
        self.remark: Remark | None = None
        self.is_headless = False

    @property
    def certificate(self) -> Certificate | None:
        """The device's own certificate: the first."""
        return self.certificates[0] if self.certificates else None

    def __repr__(self) -> str:
        return f"<Device {self.name}>"


def all_certificates(device: Device) -> list[Carried]:
    """Every certificate that a device is given and that can be read: its own chain, then, where it is given a bundle,
    those beside it (server CA, update certificate, their chains) in the bundle's order.
    """
    own = [Carried(certificate, number) for number, certificate in enumerate(device.certificates, start=1)]
    return own if device.bundle is None else [*own, *_beside(device.bundle)]


def _beside(bundle: Bundle) -> list[Carried]:
    """The certificates of a bundle that are not of the device's own chain."""
    return [
        Carried(certificate, 0, place, item.name or "")
        for item in bundle.items(CERTIFICATES, CHAINS)
        if item is not bundle.device_item
        for place, certificate in item.certificates
        if isinstance(certificate, Certificate)
    ]


class DeviceFile:
    """A file of a device, not yet taken apart; can cross to another process where it has no private key.

    Attributes:
        name, identity, endpoint_names, enrollment_id, key: those of the `Device`.
        kind: how to read it.
        data: its bytes.
        chain: DER certificates in order, where a table has them one by one.
        troubles: why its bytes could not be had.
        remark: a remark about the output, if this object stands for the remark and not for a device.
        before: of a bundle, the message before it in its session; see `fcu_conform.artefacts.sessions`.
    """

    __slots__ = (
        "before",
        "chain",
        "data",
        "endpoint_names",
        "enrollment_id",
        "identity",
        "key",
        "kind",
        "name",
        "remark",
        "troubles",
    )

    def __init__(
        self,
        name: str,
        kind: Kind | None = None,
        data: bytes = b"",
        troubles: tuple[str, ...] = (),
        key: DeviceKey | None = None,
        *,
        identity: str = "",
        endpoint_names: tuple[str, ...] = (),
        enrollment_id: str | None = None,
        chain: tuple[bytes, ...] = (),
        remark: Remark | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.data = data
        self.identity = identity or name
        self.endpoint_names = endpoint_names
        self.enrollment_id = enrollment_id
        self.key = key
        self.troubles = troubles
        self.chain = chain
        self.remark = remark
        self.before: Bundle | None = None

    @classmethod
    def of(cls, device: Device) -> DeviceFile:
        """One that holds a device's certificates and nothing else of it."""
        return cls(
            device.name,
            Kind.CHAIN,
            identity=device.identity,
            endpoint_names=device.endpoint_names,
            chain=tuple(certificate.raw for certificate in device.certificates),
        )

    def read(self) -> Device:
        """The device; what breaks its reader is a trouble of this device alone."""
        device = self._unread(self.troubles)
        device.remark = self.remark
        try:
            if self.kind is Kind.CHAIN:
                _read_chain(device, self.chain)
            elif self.kind is Kind.BUNDLE:
                read_device_bundle(device, self.data, self.before)
            elif self.kind is not None:
                _READERS[self.kind](device, self.data)
        except Exception as fault:
            device = self._unread((*self.troubles, unreadable(fault)))
        if self.key is not None:
            if device.key is not None:
                device.other_keys = (device.key, *device.other_keys)
            device.key = self.key
        return device

    def _unread(self, troubles: tuple[str, ...]) -> Device:
        return Device(
            self.name,
            endpoint_names=self.endpoint_names,
            troubles=troubles,
            enrollment_id=self.enrollment_id,
            identity=self.identity,
        )

    def known(self, own: Certificate, rest: tuple[Certificate, ...]) -> Device:
        """The device with certificates that were read already, its own and those that follow."""
        device = Device.__new__(Device)  # a million times: __init__ with its names would cost as much as a rule
        device.name = self.name
        device.identity = self.identity
        device.endpoint_names = self.endpoint_names
        device.enrollment_id = self.enrollment_id
        device.key = self.key
        device.other_keys = ()
        device.certificates = (own, *rest)
        device.troubles = ()
        device.bundle = None
        device.remark = None
        device.own = own
        device.is_headless = False
        return device

    @property
    def is_portable(self) -> bool:
        """No private key is in it, so that another machine may be given it."""
        if self.kind is Kind.BUNDLE or b"PRIVATE KEY" in self.data:
            return False
        return self.key is None or self.key.private is None

    def __repr__(self) -> str:
        return f"<DeviceFile {self.name}>"


def read_device_pem(device: Device, data: bytes) -> None:
    """Fills in what a PEM file of a device holds: its chain, and the private keys that stand in the same file."""
    text = parse_pem(data)
    if text.problem:
        device.troubles = (text.problem,)
        return
    certificates: list[Certificate] = []
    keys: list[DeviceKey] = []
    troubles: list[str] = []
    number = 0
    for block in text.blocks:
        if block.label == "CERTIFICATE":
            number += 1
            entry = read_entry(number, block)
            if entry.certificate is None:
                device.is_headless |= number == 1
                troubles.append(f"certificate {number}: {entry.problem}")
            else:
                certificates.append(entry.certificate)
        elif block.is_private_key:
            keys.append(read_key_block(device.name, block))
        elif block.label != "EC PARAMETERS" or block.problem:
            troubles.append(f"has a block that is not a certificate: {block.label}")
    if not number and not keys and not troubles:
        troubles.append("has no certificate")
    if keys:
        device.key, *others = keys
        device.other_keys = tuple(others)
    device.certificates = tuple(certificates)
    device.troubles = (*troubles, *_problems(device.certificates))


def read_device_der(device: Device, data: bytes) -> None:
    """Fills in what a DER file of a device holds: one certificate."""
    try:
        device.certificates = (Certificate(data),)
    except der.DerError as fault:
        device.troubles = (f"is not a DER certificate: {fault}",)
        return
    device.troubles = tuple(_problems(device.certificates))


def _read_chain(device: Device, chain: tuple[bytes, ...]) -> None:
    """Fills in DER certificates that a table has one by one."""
    certificates: list[Certificate] = []
    troubles = [] if chain else ["has no certificate"]
    for number, data in enumerate(chain, start=1):
        try:
            certificates.append(Certificate(data))
        except der.DerError as fault:
            device.is_headless |= number == 1
            troubles.append(f"certificate {number}: cannot be read: {fault}")
    device.certificates = tuple(certificates)
    device.troubles = (*troubles, *_problems(device.certificates))


def read_device_bundle(device: Device, data: bytes, before: Bundle | None = None) -> None:
    """Fills in what a CBOR bundle holds for the device: certificates, key and endpoint name.

    What is wrong with the bundle as such is left to the rules that judge bundles.
    """
    bundle = device.bundle = Bundle(data, before)
    certificates: list[Certificate] = []
    for number, certificate in enumerate(bundle.device_certificates, start=1):
        if isinstance(certificate, Certificate):
            certificates.append(certificate)
        else:
            device.troubles += (f"certificate {number} of the bundle cannot be read: {certificate}",)
    device.certificates = tuple(certificates)
    device.is_headless = bundle.device_item is not None and bundle.device_item.leaf is None
    device.troubles += tuple(_problems(device.certificates))
    # Whatever their type: a CA's key is stolen under a wrong one too.
    for item in bundle.items(KEYS):
        if item.read_key is None:
            continue
        key = device_key_of(device.name, item.read_key, item.fields["Data"])
        if item is bundle.device_key:
            device.key = key
        else:
            device.other_keys += (key,)


_READERS: dict[Kind, Callable[[Device, bytes], None]] = {
    Kind.PEM: read_device_pem,
    Kind.DER: read_device_der,
}


def _problems(certificates: tuple[Certificate, ...]) -> list[str]:
    problems = []
    for number, certificate in enumerate(certificates, start=1):
        if certificate.trailing:
            problems.append(f"certificate {number}: has {pluralize(certificate.trailing, 'trailing byte')}")
        problems += [f"certificate {number}: {problem}" for problem in certificate.malformed_extensions]
    return problems

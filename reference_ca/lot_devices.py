"""Device certificates by the hundred thousand: the bytes that `Authority.issue_device` makes, but from a template."""

from __future__ import annotations

import functools
import hashlib
from binascii import b2a_base64
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference_ca.authority import Authority, RootAuthority
from reference_ca.chain import to_der
from reference_ca.key_source import KeySource
from reference_ca.lot_keys import LotKeys

NUMBER_WIDTH = 7

PART = 5000
"""Devices in a part of a lot: a folder, a row group, what one process makes at a time."""


def endpoint_name(number: int) -> str:
    """The name of the device of this number, counted from 1; all names of a lot have the same length."""
    return f"device-{number:0{NUMBER_WIDTH}d}"


def pem_text(der: bytes, end: bytes = b"\n") -> bytes:
    """A DER certificate as a PEM block of 64 characters a line (RFC 7468); ``end`` stands for each newline."""
    text = b2a_base64(der, newline=False)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return end.join((b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""))


class LotDevice(NamedTuple):
    """The output of the line for one device: its name, and DER certificates, its own first.

    ``enrolled`` is the certificate whose enrollment identity is given, where that is not its own.
    """

    name: str
    chain: Sequence[bytes]
    enrolled: bytes | None = None

    @property
    def enrollment_id(self) -> str:
        """ "A-" and the SHA-256 fingerprint of the device certificate (facts T-02, T-04)."""
        return "A-" + hashlib.sha256(self.enrolled or self.chain[0]).digest().hex(":").upper()


class DeviceTemplate:
    """The to-be-signed part of one CA's device certificates, open where two devices differ.

    Those places are the serial number, the name, the public key and its identifier. They have the same length in
    every certificate as long as the names have, so that nothing around them changes.
    """

    def __init__(self, authority: Authority) -> None:
        """Take the CA; it makes one certificate to cut the template from."""
        self._source, self._issuer = authority.source, authority.issuer
        name = endpoint_name(0)
        certificate = authority.issue_device(name).certificate
        tbs, whole = certificate.tbs_certificate_bytes, certificate.public_bytes(Encoding.DER)
        self.validity = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        key = certificate.public_key()
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        subject = certificate.subject.public_bytes()
        self._subject = tuple(subject.split(name.encode()))
        serial = certificate.serial_number.to_bytes(20, "big")
        self._gaps = _cut(tbs, (serial, subject, point, hashlib.sha1(point, usedforsecurity=False).digest()))
        start = whole.index(tbs) + len(tbs)
        self._algorithm = whole[start : start + 2 + whole[start + 1]]

    def serial(self, name: str, point: bytes) -> int:
        """The serial number of the certificate for this name and key."""
        return self._issuer.serial(self._subject_der(name), point, self.validity, self._source)

    def certificate(self, name: str, point: bytes) -> bytes:
        """The DER of the certificate for this name and key (an uncompressed point)."""
        return self.certificate_with(name, point, self.serial(name, point))

    def certificate_with(self, name: str, point: bytes, serial: int) -> bytes:
        """The DER of a certificate with just this name, key and serial number."""
        first, second, third, fourth, last = self._gaps
        identifier = hashlib.sha1(point, usedforsecurity=False).digest()  # the SKI of RFC 5280, 4.2.1.2 (1)
        tbs = b"".join(
            (first, serial.to_bytes(20, "big"), second, self._subject_der(name), third, point, fourth, identifier, last)
        )
        signature = self._issuer.sign_octets(tbs)
        body = b"".join((tbs, self._algorithm, b"\x03", bytes((len(signature) + 1, 0)), signature))
        return b"\x30\x82" + len(body).to_bytes(2, "big") + body

    def _subject_der(self, name: str) -> bytes:
        before, after = self._subject
        return before + name.encode() + after


class LotLine:
    """The factory line of a lot: it makes the device of any number, and knows which of them are to be sound."""

    def __init__(self, authority: Authority, depth: int, plan: DefectPlan) -> None:
        """Take the CA of the line (its source is a seeded one), the depth, and which devices are to be wrong."""
        self.authority, self.source, self.plan = authority, authority.source, plan
        self.now = authority.source.now()
        self.template, self.keys = DeviceTemplate(authority), LotKeys(authority.source)
        self.ca_der = to_der(authority.chain)
        self._on_device = self.ca_der[: depth - 1]

    @functools.cached_property
    def impostor(self) -> RootAuthority:
        """The CA of a line that this lot does not belong to."""
        return RootAuthority("FCU of another line", source=self.source)

    def device(self, number: int) -> LotDevice:
        """The sound device of this number, counted from 1."""
        name = endpoint_name(number)
        return self.carrying(name, self.template.certificate(name, self.keys.public_point(number)))

    def carrying(self, name: str, certificate: bytes) -> LotDevice:
        """A device with this certificate (DER) and the line's part of the chain above it."""
        return LotDevice(name, (certificate, *self._on_device))

    def before(self, number: int) -> int:
        """The nearest sound device before this one."""
        return next(earlier for earlier in range(number - 1, 0, -1) if not self.plan.is_wrong(earlier))


class DefectPlan:
    """The faulty devices of a lot: a given number of them, spread over the lot by the source.

    Each equal part of the lot has one, so that any part of the plan is known without the rest. The first device is
    never faulty, because the others of a lot are compared with it.
    """

    def __init__(self, count: int, wrong: int, source: KeySource) -> None:
        """Take how many devices there are, how many of them are to be wrong, and a seeded source."""
        self._count, self._wrong, self._source = count, min(wrong, count - 1), source

    def among(self, start: int, end: int) -> dict[int, int]:
        """The wrong devices from number ``start`` to before ``end``, each with its own number among the wrong ones."""
        if not self._wrong:
            return {}
        slots = self._count - 1
        first, last = ((number - 2) * self._wrong // slots for number in (start, end))
        parts = range(max(first - 1, 0), min(last + 2, self._wrong))
        places = {self._place(part, slots): part for part in parts}
        return {number: part for number, part in places.items() if start <= number < end}

    def is_wrong(self, number: int) -> bool:
        """Whether the device of this number is one of them."""
        return bool(self.among(number, number + 1))

    def _place(self, part: int, slots: int) -> int:
        start, end = (each * slots // self._wrong for each in (part, part + 1))
        return 2 + start + int.from_bytes(self._source.octets(f"lot/wrong/{part}", 8), "big") % (end - start)


def _cut(octets: bytes, values: Sequence[bytes]) -> tuple[bytes, ...]:
    """What stands before, between and behind values that follow each other in octets."""
    gaps = []
    for value in values:
        gap, _, octets = octets.partition(value)
        gaps.append(gap)
    return (*gaps, octets)

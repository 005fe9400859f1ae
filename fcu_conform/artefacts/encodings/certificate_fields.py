"""The fields of a certificate, read from DER, or from BER if it is not DER."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from fcu_conform.artefacts.cached_attribute import cached_attribute
from fcu_conform.artefacts.encodings import der, oids
from fcu_conform.artefacts.encodings.extension_syntax import SYNTAXES
from fcu_conform.artefacts.encodings.extensions import Extension, default_notes
from fcu_conform.artefacts.encodings.names import parse_name
from fcu_conform.artefacts.encodings.public_keys import PublicKey, parse_public_key
from fcu_conform.artefacts.encodings.times import Time, parse_time


@dataclass(frozen=True)
class SignatureAlgorithm:
    """An AlgorithmIdentifier of a signature: its DER, the OID, and whether parameters stand beside it."""

    der: bytes
    oid: str
    has_parameters: bool

    def __str__(self) -> str:
        name = oids.named(self.oid, oids.SIGNATURES)
        return f"{name} with parameters" if self.has_parameters else name


class CertificateFields:
    """The content of a certificate.

    Attributes:
        raw: the bytes as found, DER or BER, without anything that followed them.
        trailing: how many bytes followed.
        version: 1, 2 or 3 (whatever the field says plus one).
        serial: the serial number.
        inner_algorithm, outer_algorithm: the signature algorithm inside and outside the signed part.
        subject, issuer: names.
        not_before, not_after: `Time`.
        public_key: the subject public key.
        extensions: in the order of the certificate, repetitions included.
        has_unique_identifiers: issuerUniqueID or subjectUniqueID stands in it.
        signature: the signature bits.
        tbs: the bytes that the signature is over.
        ber_notes: departures from DER that the strict reader stumbled over.
    """

    def __init__(self, data: bytes) -> None:
        """Reads a certificate.

        Raises:
            DerError: it cannot be read, not even as BER.
        """
        try:
            self.ber_notes: tuple[str, ...] = ()
            self.trailing = self._read(data)
            self.raw = data[: len(data) - self.trailing]
            self.tbs = self._signed_part
        except der.DerError as strict_fault:
            try:
                rewritten, rest, notes = der.normalise(data)
            except der.DerError:
                raise strict_fault from None
            if not notes:
                raise
            self._read(rewritten)
            self.ber_notes, self.trailing = tuple(notes), len(rest)
            self.raw = data[: len(data) - self.trailing]
            begin = der.content_start(data, 0)
            self.tbs = data[begin : der.element_end(data, begin)]

    def _read(self, data: bytes) -> int:
        """Reads all fields from DER; gives the number of trailing bytes."""
        expect = der.expect
        start, stop = expect(data, 0, len(data), der.SEQUENCE, "certificate")
        tbs, tbs_stop = expect(data, start, stop, der.SEQUENCE, "tbsCertificate")
        self._signed_part = data[start:tbs_stop]
        self.outer_algorithm, position = read_algorithm(data, tbs_stop, stop, "signatureAlgorithm")
        bits, bits_stop = expect(data, position, stop, der.BIT_STRING, "signatureValue")
        if bits_stop != stop or data[bits:bits_stop][:1] != b"\0":  # whole octets, no unused bits
            raise der.DerError("certificate: malformed signature value")
        self.signature = data[bits + 1 : bits_stop]

        position, self.version, self.spells_version_1 = self._read_version(data, tbs, tbs_stop)
        serial, position = expect(data, position, tbs_stop, der.INTEGER, "serial number")
        if serial == position:
            raise der.DerError("serial number: empty")
        self.serial = int.from_bytes(data[serial:position], "big", signed=True)
        self.inner_algorithm, position = read_algorithm(data, position, tbs_stop, "signature")
        begin = position
        _, position = expect(data, position, tbs_stop, der.SEQUENCE, "issuer")
        self.issuer = parse_name(data[begin:position])
        begin, position = expect(data, position, tbs_stop, der.SEQUENCE, "validity")
        self.not_before, self.not_after = read_times(data, begin, position)
        begin = position
        _, position = expect(data, position, tbs_stop, der.SEQUENCE, "subject")
        self.subject = parse_name(data[begin:position])
        begin = position
        _, position = expect(data, position, tbs_stop, der.SEQUENCE, "subjectPublicKeyInfo")
        self.public_key: PublicKey = parse_public_key(data[begin:position])
        self.has_unique_identifiers = position < tbs_stop and data[position] in (0x81, 0x82)
        self.extensions = self._read_extensions(data, position, tbs_stop)
        return len(data) - stop

    @staticmethod
    def _read_version(data: bytes, position: int, end: int) -> tuple[int, int, bool]:
        tag, start, stop = der.read(data, position, end)
        if tag != 0xA0:
            return position, 1, False
        content, content_stop = der.expect(data, start, stop, der.INTEGER, "version")
        if content_stop != stop or not 1 <= content_stop - content <= 4:
            raise der.DerError("version: malformed")
        version = int.from_bytes(data[content:content_stop], "big", signed=True) + 1
        return stop, version, version == 1

    @staticmethod
    def _read_extensions(data: bytes, position: int, end: int) -> tuple[Extension, ...]:
        while position < end:
            tag, start, stop = der.read(data, position, end)
            if tag == 0xA3:
                if stop != end:
                    raise der.DerError("tbsCertificate: trailing bytes after the extensions")
                first, last = der.expect(data, start, stop, der.SEQUENCE, "extensions")
                if last != stop:
                    raise der.DerError("extensions: trailing bytes")
                return tuple(read_extension(data, *span) for span in der.children(data, first, last))
            if tag not in (0x81, 0x82):  # issuerUniqueID, subjectUniqueID
                raise der.DerError(f"tbsCertificate: unknown field {tag:#04x}")
            position = stop
        return ()

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.raw)

    @cached_attribute
    def sha256(self) -> str:
        """Hex SHA-256 over the bytes as found: the fingerprint."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def is_ecdsa_sha256(self) -> bool:
        """Both places that name the algorithm of the signature name ECDSA with SHA-256."""
        return self.inner_algorithm.oid == self.outer_algorithm.oid == oids.ECDSA_SHA256

    def is_valid_at(self, instant: datetime) -> bool:
        """Neither too early nor too late."""
        return self.not_before.instant <= instant <= self.not_after.instant

    @cached_attribute
    def der_notes(self) -> list[str]:
        """Everything in the certificate that is not strict DER, in words; empty if all is."""
        try:
            notes = list(self.ber_notes or der.normalise(self.raw)[2])
        except der.DerError as fault:  # where fields are read as they are, their insides need not be even BER
            notes = [str(fault)]
        if self.spells_version_1:
            notes.append("version 1 is encoded")
        for extension in self.extensions:
            if extension.oid in SYNTAXES:
                try:
                    notes += [f"{extension.name}: {note}" for note in der.normalise(extension.value)[2]]
                except der.DerError:
                    continue  # malformed: said where extensions are read, as far as they are
            notes += default_notes(extension)
        return notes


def read_algorithm(data: bytes, position: int, end: int, what: str) -> tuple[SignatureAlgorithm, int]:
    """The AlgorithmIdentifier at a position, and the position after it. Raises DerError."""
    start, stop = der.expect(data, position, end, der.SEQUENCE, what)
    oid_start, oid_stop = der.expect(data, start, stop, der.OBJECT_IDENTIFIER, what)
    oid = der.oid_text(data[oid_start:oid_stop])
    return SignatureAlgorithm(data[position:stop], oid, oid_stop != stop), stop


def read_times(data: bytes, position: int, end: int) -> tuple[Time, Time]:
    """notBefore and notAfter, which must fill the span. Raises DerError."""
    not_before, position = _time(data, position, end, "notBefore")
    not_after, position = _time(data, position, end, "notAfter")
    if position != end:
        raise der.DerError("validity: trailing bytes")
    return not_before, not_after


def _time(data: bytes, position: int, end: int, what: str) -> tuple[Time, int]:
    if position >= end:
        raise der.DerError(f"{what} is missing")
    tag, start, stop = der.read(data, position, end)
    if tag not in (der.UTC_TIME, der.GENERALIZED_TIME):
        raise der.DerError(f"{what}: tag {tag:#04x} is not a time")
    return parse_time(tag, data[start:stop]), stop


def read_extension(data: bytes, tag: int, _begin: int, start: int, stop: int) -> Extension:
    """One extension, as `der.children` finds it. Raises DerError."""
    if tag != der.SEQUENCE:
        raise der.DerError("extension: not a SEQUENCE")
    oid_start, position = der.expect(data, start, stop, der.OBJECT_IDENTIFIER, "extension")
    oid = der.oid_text(data[oid_start:position])
    critical = spells_default = False
    if data[position : position + 2] == b"\x01\x01" and position + 3 <= stop:
        critical = data[position + 2] != 0
        spells_default = not critical
        position += 3
    value, position = der.expect(data, position, stop, der.OCTET_STRING, "extension value")
    if position != stop:
        raise der.DerError("extension: trailing bytes")
    return Extension(oid, critical, data[value:position], spells_default)

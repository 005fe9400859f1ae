"""An X.509 certificate: its fields as they stand there, read once, whether or not other libraries would load it."""

from __future__ import annotations

import hashlib
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fcu_conform.artefacts.cached_attribute import cached_attribute
from fcu_conform.artefacts.encodings import der, oids
from fcu_conform.artefacts.encodings.extension_syntax import SYNTAXES, syntax_fault
from fcu_conform.artefacts.encodings.extensions import (
    PARSERS,
    AuthorityKeyIdentifier,
    BasicConstraints,
    Extension,
    GeneralName,
    NameConstraints,
    default_notes,
)
from fcu_conform.artefacts.encodings.names import parse_name
from fcu_conform.artefacts.encodings.public_keys import PublicKey, parse_public_key, verifies
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


class Certificate:
    """One certificate.

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
            self._tbs = self._signed_part
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
            self._tbs = data[begin : der.element_end(data, begin)]

    def _read(self, data: bytes) -> int:
        """Reads all fields from DER; gives the number of bytes left over."""
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
                    raise der.DerError("tbsCertificate: bytes left over after the extensions")
                first, last = der.expect(data, start, stop, der.SEQUENCE, "extensions")
                if last != stop:
                    raise der.DerError("extensions: bytes left over")
                return tuple(_extension(data, *span) for span in der.children(data, first, last))
            if tag not in (0x81, 0x82):  # issuerUniqueID, subjectUniqueID
                raise der.DerError(f"tbsCertificate: unknown field {tag:#04x}")
            position = stop
        return ()

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.raw)

    def is_among(self, certificates: Set[bytes]) -> bool:
        """It is one of some certificates, given by their bytes."""
        return self.raw in certificates

    @cached_attribute
    def common_names(self) -> tuple[str, ...]:
        """The subject's CNs."""
        return tuple(self.subject.values(oids.COMMON_NAME))

    @cached_attribute
    def common_name_types(self) -> tuple[int, ...]:
        """The tags of the subject's CNs: as what type of string each is written."""
        return tuple(self.subject.types(oids.COMMON_NAME))

    @cached_attribute
    def organizational_units(self) -> tuple[str, ...]:
        """The subject's OUs."""
        return tuple(self.subject.values(oids.ORGANIZATIONAL_UNIT))

    @cached_attribute
    def organizational_unit_types(self) -> tuple[int, ...]:
        """The tags of the subject's OUs."""
        return tuple(self.subject.types(oids.ORGANIZATIONAL_UNIT))

    @cached_attribute
    def profile(self) -> tuple[object, ...]:
        """What certificates of one template share: the signature algorithm, OID and criticality of each extension,
        keyUsage, extendedKeyUsage, and the OIDs of the subject's attributes.
        """
        kinds = tuple((extension.oid, extension.critical) for extension in self.extensions)
        attributes = tuple(attribute.oid for rdn in self.subject.rdns for attribute in rdn)
        return self.outer_algorithm.der, kinds, self.key_usage, self.extended_key_usage, attributes

    @cached_attribute
    def sha256(self) -> str:
        """Hex SHA-256 over the bytes as found: the fingerprint."""
        return hashlib.sha256(self.raw).hexdigest()

    @cached_attribute
    def _parsed(self) -> dict[str, Any]:
        """The first of each extension that the rules look into; a DerError in place of one that is malformed."""
        parsed: dict[str, Any] = {}
        for extension in self.extensions:
            parser = PARSERS.get(extension.oid)
            if parser is None or extension.oid in parsed:
                continue
            try:
                parsed[extension.oid] = parser(extension.value)
            except der.DerError as strict_fault:
                parsed[extension.oid] = _parse_leniently(parser, extension.value, strict_fault)
        return parsed

    def _extension(self, oid: str) -> Any:
        value = self._parsed.get(oid)
        return None if isinstance(value, der.DerError) else value

    @property
    def malformed_extensions(self) -> list[str]:
        """A sentence for each extension whose value cannot be read."""
        return [
            f"{oids.named(oid, oids.EXTENSIONS)} cannot be read: {value}"
            for oid, value in self._parsed.items()
            if isinstance(value, der.DerError)
        ]

    @property
    def basic_constraints(self) -> BasicConstraints | None:
        """None if absent or malformed."""
        return self._extension(oids.BASIC_CONSTRAINTS)  # type: ignore[no-any-return]

    @property
    def key_usage(self) -> frozenset[str] | None:
        """Usages by name; None if absent or malformed."""
        return self._extension(oids.KEY_USAGE)  # type: ignore[no-any-return]

    @property
    def extended_key_usage(self) -> tuple[str, ...] | None:
        """Purposes' OIDs; None if absent or malformed."""
        return self._extension(oids.EXTENDED_KEY_USAGE)  # type: ignore[no-any-return]

    @property
    def subject_key_identifier(self) -> bytes | None:
        """None if absent or malformed."""
        return self._extension(oids.SUBJECT_KEY_IDENTIFIER)  # type: ignore[no-any-return]

    @property
    def authority_key_identifier(self) -> AuthorityKeyIdentifier | None:
        """None if absent or malformed."""
        return self._extension(oids.AUTHORITY_KEY_IDENTIFIER)  # type: ignore[no-any-return]

    @property
    def subject_alt_names(self) -> tuple[GeneralName, ...]:
        """Empty if absent or malformed."""
        return self._extension(oids.SUBJECT_ALT_NAME) or ()

    @property
    def name_constraints(self) -> NameConstraints | None:
        """None if absent or malformed."""
        return self._extension(oids.NAME_CONSTRAINTS)  # type: ignore[no-any-return]

    def has_extension(self, oid: str) -> bool:
        """An extension of that OID is there, readable or not."""
        return any(extension.oid == oid for extension in self.extensions)

    @property
    def is_self_issued(self) -> bool:
        """Subject and issuer are the same name; that the signature is its own is not said."""
        return self.subject.matches(self.issuer)

    @cached_attribute
    def is_self_signed(self) -> bool:
        """Self-issued, and the signature verifies under the certificate's own key."""
        return self.is_self_issued and self.signed_by(self.public_key) is True

    def signed_by(self, key: PublicKey) -> bool | None:
        """Whether the signature verifies under a key; None where its algorithm is not known or does not fit the key.

        Where the algorithms inside and outside the signed part differ, either will do: that they differ is another
        fault.
        """
        if key.der not in self._answers:
            self._answers[key.der] = self._verifies_under(key)
        return self._answers[key.der]

    @cached_attribute
    def _answers(self) -> dict[bytes, bool | None]:
        """What `signed_by` has said, by the DER of the key: several rules ask the same, and verifying is dear."""
        return {}

    def _verifies_under(self, key: PublicKey) -> bool | None:
        answer = verifies(key, self.outer_algorithm.oid, self.signature, self._tbs)
        if answer is not True and self.inner_algorithm.oid != self.outer_algorithm.oid:
            return verifies(key, self.inner_algorithm.oid, self.signature, self._tbs) or answer
        return answer

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
            notes.append("version 1 is written out")
        for extension in self.extensions:
            if extension.oid in SYNTAXES:
                try:
                    notes += [f"{extension.name}: {note}" for note in der.normalise(extension.value)[2]]
                except der.DerError:
                    continue  # malformed: said where extensions are read, as far as they are
            notes += default_notes(extension)
        return notes

    @cached_attribute
    def extension_faults(self) -> list[str]:
        """A sentence for each extension that is not as the document that defines it has it.

        `malformed_extensions` and `der_notes` tell of those that cannot be read at all, or that are not DER.
        """
        faults = []
        for extension in self.extensions:
            if isinstance(self._parsed.get(extension.oid), der.DerError):
                continue
            fault = syntax_fault(extension)
            if fault:
                faults.append(f"{extension.name}: {fault}")
        return faults

    def __repr__(self) -> str:
        return f"<Certificate {self.subject} sha256 {self.sha256[:16]}>"


def _parse_leniently(parser: Any, value: bytes, strict_fault: der.DerError) -> Any:
    try:
        rewritten, rest, notes = der.normalise(value)
        return parser(rewritten) if notes and not rest else strict_fault
    except der.DerError:
        return strict_fault


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
        raise der.DerError("validity: bytes left over")
    return not_before, not_after


def _time(data: bytes, position: int, end: int, what: str) -> tuple[Time, int]:
    if position >= end:
        raise der.DerError(f"{what} is missing")
    tag, start, stop = der.read(data, position, end)
    if tag not in (der.UTC_TIME, der.GENERALIZED_TIME):
        raise der.DerError(f"{what}: tag {tag:#04x} is no time")
    return parse_time(tag, data[start:stop]), stop


def _extension(data: bytes, tag: int, _begin: int, start: int, stop: int) -> Extension:
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
        raise der.DerError("extension: bytes left over")
    return Extension(oid, critical, data[value:position], spells_default)

"""The bytes that devices of one template share, and the parts in which they differ.

Reading a certificate field by field costs about as much as verifying its signature. Devices of one lot come from one
template: except for serial number, validity, name, key and signature, their certificates are the same bytes. A
`Template` is made from a certificate that was read in full. It splits another certificate of the same template with one
call, and compares everything except those parts with the first one's bytes. A certificate that differs anywhere else
does not belong to the template.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from struct import Struct
from typing import Any

from fcu_conform.artefacts.cached_attribute import cached_attribute
from fcu_conform.artefacts.device_field import DeviceField
from fcu_conform.artefacts.encodings import der, oids
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.certificate_fields import read_times
from fcu_conform.artefacts.encodings.extension_syntax import SYNTAXES
from fcu_conform.artefacts.encodings.extensions import Extension
from fcu_conform.artefacts.encodings.names import Attribute, Name
from fcu_conform.artefacts.encodings.public_keys import PublicKey, parse_public_key, verifies
from fcu_conform.artefacts.encodings.strings import has_control, is_string
from fcu_conform.artefacts.encodings.times import Time, parse_time

NAME_ATTRIBUTES = frozenset({oids.COMMON_NAME, oids.SERIAL_NUMBER, oids.USER_ID})
"""Attributes of a subject that name the single device."""

_ALTERNATIVE_NAMES = {0x81: der.IA5_STRING, 0x82: der.IA5_STRING, 0x86: der.IA5_STRING, 0x87: der.OCTET_STRING}
"""What of a subjectAltName may be a device's own, by the type that its octets are of: e-mail, DNS, URI, IP address."""

_UTC_TIME = bytes((der.UTC_TIME, 13))

Span = tuple[int, int, DeviceField]


class CertificateTemplate:
    """How certificates of one template and one set of lengths are laid out.

    ``prefix`` are the first bytes of each of them, to look templates up by.
    """

    PREFIX_LENGTH = 15
    """Octets up to and with the length of the serial number, where all lengths have their usual form."""

    def __init__(self, reference: Certificate) -> None:
        """Learns from a certificate that was read in full.

        Raises:
            DerError: it is not laid out as certificates of devices are: not strict DER, or the key is not on P-256.
        """
        if reference.ber_notes or reference.trailing:
            raise der.DerError("certificate: not strict DER alone")
        self.reference = reference
        raw = reference.raw
        self.prefix = raw[: self.PREFIX_LENGTH]
        self.spans = tuple(sorted(_spans(raw)))
        pieces, position = [], 0
        for start, stop, _ in self.spans:
            pieces += [start - position, stop - start]
            position = stop
        pieces.append(len(raw) - position)
        self._struct = Struct("".join(f"{size}s" for size in pieces))
        self.size = self._struct.size
        self._fixed = self._struct.unpack(raw)[::2]
        begin, self.signed_until, _ = _tbs(raw)
        self.signed_from = begin
        self.algorithm = reference.outer_algorithm.oid
        self.is_ecdsa_sha256 = reference.is_ecdsa_sha256
        places = {field: span for *span, field in reversed(self.spans)}
        self.serial_at, self.validity_at, self.signature_at = (
            slice(*places[field]) for field in (DeviceField.SERIAL, DeviceField.VALIDITY, DeviceField.SIGNATURE)
        )
        # A CN among several attributes of one RDN is not a name of its own here, see _names.
        self.key_at = slice(places[DeviceField.KEY][0] - 27, places[DeviceField.KEY][1])
        self.subject_at, self.rdns = _names(raw, reference.subject)
        named = [(rdn[0].tag, place) for rdn, place in self.rdns if place and rdn[0].oid == oids.COMMON_NAME]
        self.common_name = named[0] if len(named) == 1 else None
        self.may_be_self_issued = [{a.oid for a in rdn} for rdn, _ in self.rdns] == [
            {a.oid for a in rdn} for rdn in reference.issuer.rdns
        ]
        self._serial = self.serial_at.start
        self._has_long_serial = self.serial_at.stop - self._serial > 1
        self._texts = (
            *((rdn[0].tag, place) for rdn, place in self.rdns if place),
            *_alternative_texts(raw),
        )
        self.shared = {
            "_template": self,
            **{name: getattr(reference, name) for name in _SHARED},
        }

    def fits(self, raw: bytes) -> bool:
        """All that is not part of its own is, byte for byte, what it is in the first one, and its own parts are DER."""
        return (
            len(raw) == self.size and self._struct.unpack(raw)[::2] == self._fixed and self._own_parts_are_strict(raw)
        )

    def _own_parts_are_strict(self, raw: bytes) -> bool:
        """Its own parts are encoded as the rules about encodings ask, which so need not be asked: see `DeviceField`."""
        first = raw[self._serial]
        if first in (0x00, 0xFF) and self._has_long_serial and raw[self._serial + 1] ^ first < 0x80:
            return False
        for tag, place in self._texts:
            text = raw[place]
            if not is_string(tag, text) or has_control(text):
                return False
        return True


_SHARED = (
    "version",
    "spells_version_1",
    "inner_algorithm",
    "outer_algorithm",
    "issuer",
    "trailing",
    "ber_notes",
    "profile",
    "organizational_units",
    "organizational_unit_types",
    "common_name_types",
    "has_unique_identifiers",
)


class TemplatedFields(Certificate):
    """The fields of a certificate of a known template: those that all of the template share are the first one's."""

    _template: CertificateTemplate

    def __init__(self, template: CertificateTemplate, raw: bytes) -> None:
        # No call of the base class: that would read every field.
        self.__dict__ = {**template.shared, "raw": raw}

    @cached_attribute
    def serial(self) -> int:
        """See `Certificate`."""
        return int.from_bytes(self.raw[self._template.serial_at], "big", signed=True)

    @cached_attribute
    def validity(self) -> tuple[Time, Time]:
        """Both dates. Raises DerError where they are none."""
        content = self.raw[self._template.validity_at]
        if len(content) == 30 and content[:2] == content[15:17] == _UTC_TIME:
            return parse_time(der.UTC_TIME, content[2:15]), parse_time(der.UTC_TIME, content[17:])
        return read_times(content, 0, len(content))

    @property
    def not_before(self) -> Time:  # type: ignore[override]
        """See `Certificate`."""
        return self.validity[0]

    @property
    def not_after(self) -> Time:  # type: ignore[override]
        """See `Certificate`."""
        return self.validity[1]

    @cached_attribute
    def subject(self) -> Name:
        """See `Certificate`."""
        template, raw = self._template, self.raw
        return Name(
            raw[template.subject_at],
            tuple(
                [
                    rdn if place is None else (Attribute(rdn[0].oid, rdn[0].tag, raw[place]),)
                    for rdn, place in template.rdns
                ]
            ),
        )

    @cached_attribute
    def public_key(self) -> PublicKey:
        """See `Certificate`."""
        return parse_public_key(self.raw[self._template.key_at])

    @property
    def signature(self) -> bytes:  # type: ignore[override]
        """See `Certificate`."""
        return self.raw[self._template.signature_at]

    @property
    def tbs(self) -> bytes:  # type: ignore[override]
        """See `Certificate`."""
        return self.raw[self._template.signed_from : self._template.signed_until]


class TemplatedCertificate(TemplatedFields):
    """A certificate of a known template: its own parts are read when asked for, and anything else that may not be as in
    the first one by reading it in full.
    """

    _verified_under: PublicKey | None = None

    def note_verified(self, key: PublicKey) -> None:
        """See `Certificate`."""
        self._verified_under = key

    @property
    def is_ecdsa_sha256(self) -> bool:
        """See `Certificate`."""
        return self._template.is_ecdsa_sha256

    @cached_attribute
    def common_names(self) -> tuple[str, ...]:
        """See `Certificate`."""
        template = self._template
        if template.common_name is None:
            return tuple(self.subject.values(oids.COMMON_NAME))
        tag, place = template.common_name
        return (Attribute(oids.COMMON_NAME, tag, self.raw[place]).text,)

    @property
    def is_self_issued(self) -> bool:
        """See `Certificate`."""
        return self._template.may_be_self_issued and super().is_self_issued

    def signed_by(self, key: PublicKey) -> bool | None:
        """See `Certificate`."""
        if key is self._verified_under:
            return True
        template, raw = self._template, self.raw
        if template.reference.inner_algorithm.oid != template.algorithm:
            return super().signed_by(key)
        return verifies(
            key, template.algorithm, raw[template.signature_at], raw[template.signed_from : template.signed_until]
        )

    @cached_attribute
    def _in_full(self) -> Certificate:
        return Certificate(self.raw)

    @property
    def extensions(self) -> tuple[Extension, ...]:  # type: ignore[override]
        """See `Certificate`."""
        return self._in_full.extensions

    def _extension(self, oid: str) -> Any:
        # Of the extensions that are parsed only these may differ from the first one's.
        own = oid in (oids.SUBJECT_KEY_IDENTIFIER, oids.SUBJECT_ALT_NAME)
        return (self._in_full if own else self._template.reference)._extension(oid)

    @property
    def malformed_extensions(self) -> list[str]:
        """See `Certificate`."""
        return self._in_full.malformed_extensions


def _tbs(raw: bytes) -> tuple[int, int, int]:
    """Where the signed part begins and ends, and where its content starts."""
    begin, _ = der.expect(raw, 0, len(raw), der.SEQUENCE, "certificate")
    content, stop = der.expect(raw, begin, len(raw), der.SEQUENCE, "tbsCertificate")
    return begin, stop, content


def _fields(raw: bytes) -> list[tuple[int, int, int, int]]:
    """Tag, begin, content start and end of each field from the serial number on."""
    _, stop, content = _tbs(raw)
    fields = list(der.children(raw, content, stop))
    return fields[1:] if fields[0][0] == 0xA0 else fields


def _spans(raw: bytes) -> Iterator[Span]:
    """Everything in a certificate that is the single device's own."""
    fields = _fields(raw)
    (_, _, start, stop), _, _, (_, _, validity, validity_stop), (_, _, subject, subject_stop), key, *_ = fields
    yield start, stop, DeviceField.SERIAL
    yield validity, validity_stop, DeviceField.VALIDITY
    for oid, value, end in _attributes(raw, subject, subject_stop):
        if oid in NAME_ATTRIBUTES:
            yield value, end, DeviceField.NAME
    if not parse_public_key(raw[key[1] : key[3]]).is_p256 or key[3] - key[1] != 91:
        raise der.DerError("certificate: the key is not a point of P-256")
    yield key[3] - 64, key[3], DeviceField.KEY
    for oid, value, end in _extensions(raw):
        yield from _extension_spans(raw, oid, value, end)
    _, position = der.expect(raw, _tbs(raw)[1], len(raw), der.SEQUENCE, "signatureAlgorithm")
    bits, end = der.expect(raw, position, len(raw), der.BIT_STRING, "signatureValue")
    yield bits + 1, end, DeviceField.SIGNATURE


def _extensions(raw: bytes) -> Iterator[tuple[str, int, int]]:
    """OID and the value's span of each extension."""
    tag, _, begin, end = _fields(raw)[-1]
    if tag != 0xA3:
        return
    for _, _, start, stop in der.children(raw, *der.expect(raw, begin, end, der.SEQUENCE, "extensions")):
        *_, (_, _, value, value_stop) = der.children(raw, start, stop)
        content, oid_stop = der.expect(raw, start, stop, der.OBJECT_IDENTIFIER, "extension")
        yield der.oid_text(raw[content:oid_stop]), value, value_stop


def _extension_spans(raw: bytes, oid: str, value: int, end: int) -> Iterator[Span]:
    """What of an extension nobody reads, or is read only to be shown: it may be anything of its length and type."""
    if oid == oids.SUBJECT_KEY_IDENTIFIER:
        yield *der.expect(raw, value, end, der.OCTET_STRING, oid), DeviceField.REST
    elif oid == oids.SUBJECT_ALT_NAME:
        for _, place in _alternative_names(raw, value, end):
            yield place.start, place.stop, DeviceField.REST
    elif oid not in SYNTAXES and value < end:
        yield value, end, DeviceField.REST


def _alternative_names(raw: bytes, value: int, end: int) -> Iterator[tuple[int, slice]]:
    """Type and place of what in a subjectAltName is a device's own."""
    for tag, _, start, stop in der.children(raw, *der.expect(raw, value, end, der.SEQUENCE, "subjectAltName")):
        if tag in _ALTERNATIVE_NAMES:
            yield _ALTERNATIVE_NAMES[tag], slice(start, stop)


def _alternative_texts(raw: bytes) -> Iterator[tuple[int, slice]]:
    """Those of all subjectAltNames that are texts."""
    for oid, value, end in _extensions(raw):
        if oid == oids.SUBJECT_ALT_NAME:
            yield from ((tag, place) for tag, place in _alternative_names(raw, value, end) if tag == der.IA5_STRING)


def _attributes(raw: bytes, start: int, stop: int) -> Iterator[tuple[str, int, int]]:
    """OID and the value's span of each attribute of a subject."""
    for _, _, rdn, rdn_stop in der.children(raw, start, stop):
        for _, _, inner, inner_stop in der.children(raw, rdn, rdn_stop):
            content, end = der.expect(raw, inner, inner_stop, der.OBJECT_IDENTIFIER, "attribute type")
            _, value, value_stop = der.read(raw, end, inner_stop)
            yield der.oid_text(raw[content:end]), value, value_stop


def _names(raw: bytes, subject: Name) -> tuple[slice, tuple[tuple[tuple[Attribute, ...], slice | None], ...]]:
    """Where the subject stands, and its RDNs, each with the place of its value where that is a device's own.

    Raises:
        DerError: such a value shares its RDN with another one.
    """
    _, begin, start, stop = _fields(raw)[4]
    values = _attributes(raw, start, stop)
    rdns = []
    for rdn in subject.rdns:
        own = [slice(first, last) for oid, first, last in islice(values, len(rdn)) if oid in NAME_ATTRIBUTES]
        if own and len(rdn) > 1:
            raise der.DerError("subject: a name in an RDN of several attributes")
        rdns.append((rdn, own[0] if own else None))
    return slice(begin, stop), tuple(rdns)

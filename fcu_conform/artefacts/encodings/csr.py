"""A PKCS#10 certification request (RFC 2986)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fcu_conform.artefacts.cached_attribute import cached_attribute
from fcu_conform.artefacts.encodings import der, oids
from fcu_conform.artefacts.encodings.certificate_fields import SignatureAlgorithm, read_algorithm, read_extension
from fcu_conform.artefacts.encodings.extension_syntax import SYNTAXES, syntax_fault
from fcu_conform.artefacts.encodings.extensions import Extension, default_notes
from fcu_conform.artefacts.encodings.names import parse_name
from fcu_conform.artefacts.encodings.public_keys import PublicKey, parse_public_key, verifies
from fcu_conform.artefacts.encodings.syntax import ANY, whole

_ATTRIBUTES = 0xA0


@dataclass(frozen=True)
class RequestAttribute:
    """One attribute: its type as a dotted OID, and the DER of each of its values."""

    oid: str
    values: tuple[bytes, ...]

    @property
    def name(self) -> str:
        """What people call it."""
        return oids.named(self.oid, oids.REQUEST_ATTRIBUTES)

    @cached_attribute
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions that it asks for, where it is an extensionRequest. Raises DerError."""
        if self.oid != oids.EXTENSION_REQUEST:
            return ()
        data = self.values[0]
        start, stop = der.only(data, der.SEQUENCE, "extensions")
        return tuple(read_extension(data, *span) for span in der.children(data, start, stop))

    def faults(self) -> Iterator[str]:
        """What keeps readers from reading it, in words."""
        if len(self.values) != 1:
            yield f"{len(self.values)} values, where readers expect one"
            return
        try:
            whole(ANY, self.values[0])
            extensions = self.extensions
        except der.DerError as fault:
            yield str(fault)
            return
        if self.oid == oids.EXTENSION_REQUEST and not extensions:
            yield "no extension"
        names = [extension.oid for extension in extensions]
        for number, extension in enumerate(extensions):
            if extension.oid in names[:number]:
                yield f"{extension.name} is there twice"
            yield from _extension_faults(extension)


def _extension_faults(extension: Extension) -> Iterator[str]:
    yield from default_notes(extension)
    fault = syntax_fault(extension)
    if not fault and extension.oid in SYNTAXES:
        fault = next(iter(_departures(extension.value)), "")
    if fault:
        yield f"{extension.name}: {fault}"


def _departures(data: bytes) -> list[str]:
    """What is not DER, in words."""
    try:
        return der.normalise(data)[2]
    except der.DerError as fault:
        return [str(fault)]


class Request:
    """One request.

    Attributes:
        version: what the field says; RFC 2986 has 0 alone.
        subject: the name that is asked for.
        public_key: the key that is to be certified.
        attributes: challenge passwords, requests for extensions and the like, in the order of the request.
        algorithm: that of the signature.
        trailing: how many bytes follow it.
    """

    def __init__(self, data: bytes) -> None:
        """Reads a DER request.

        Raises:
            DerError: it is not one.
        """
        start, stop = der.expect(data, 0, len(data), der.SEQUENCE, "request")
        info, info_stop = der.expect(data, start, stop, der.SEQUENCE, "certificationRequestInfo")
        self._der = data[:stop]
        self._signed_part = data[start:info_stop]
        self.algorithm: SignatureAlgorithm
        self.algorithm, position = read_algorithm(data, info_stop, stop, "signatureAlgorithm")
        bits, bits_stop = der.expect(data, position, stop, der.BIT_STRING, "signature")
        if bits_stop != stop or data[bits:bits_stop][:1] != b"\0":  # whole octets, no unused bits
            raise der.DerError("request: malformed signature")
        self._signature = data[bits + 1 : bits_stop]
        version, position = der.expect(data, info, info_stop, der.INTEGER, "version")
        self.version = int.from_bytes(data[version:position], "big", signed=True)
        begin = position
        _, position = der.expect(data, begin, info_stop, der.SEQUENCE, "subject")
        self.subject = parse_name(data[begin:position])
        begin = position
        _, position = der.expect(data, begin, info_stop, der.SEQUENCE, "subjectPublicKeyInfo")
        self.public_key: PublicKey = parse_public_key(data[begin:position])
        first, last = der.expect(data, position, info_stop, _ATTRIBUTES, "attributes")
        if last != info_stop:
            raise der.DerError("certificationRequestInfo: something follows the attributes")
        spans = list(der.children(data, first, last))
        self.attributes = tuple(_attribute(data, *span) for span in spans)
        written = [data[begin:end] for _, begin, _, end in spans]
        self._is_sorted = written == sorted(written)
        self.trailing = len(data) - stop

    @cached_attribute
    def faults(self) -> tuple[str, ...]:
        """How it departs from RFC 2986 and from DER, in words: what keeps other software from reading it."""
        return tuple(self._faults())

    def _faults(self) -> Iterator[str]:
        if self.version:
            yield f"version {self.version}, where 0 is the only one"
        if self.subject.is_empty:
            yield "the subject is empty"
        yield from (f"subject: {fault}" for fault in self.subject.faults)
        yield from _departures(self._der)
        if not self._is_sorted:
            yield "SET OF out of order: the attributes"  # whose tag is not that of a SET
        kinds = [attribute.oid for attribute in self.attributes]
        for number, attribute in enumerate(self.attributes):
            if attribute.oid in kinds[:number]:
                yield f"{attribute.name} is there twice"
            yield from (f"{attribute.name}: {fault}" for fault in attribute.faults())

    @property
    def is_signed_by_its_key(self) -> bool | None:
        """Whether the self-signature verifies; None where its algorithm is not known or does not fit the key."""
        return verifies(self.public_key, self.algorithm.oid, self._signature, self._signed_part)

    def __repr__(self) -> str:
        return f"<Request {self.subject}>"


def _attribute(data: bytes, tag: int, _begin: int, start: int, stop: int) -> RequestAttribute:
    if tag != der.SEQUENCE:
        raise der.DerError("attribute: not a SEQUENCE")
    oid, position = der.expect(data, start, stop, der.OBJECT_IDENTIFIER, "attribute")
    first, last = der.expect(data, position, stop, der.SET, "attribute values")
    if last != stop:
        raise der.DerError("attribute: something follows its values")
    values = tuple(data[begin:end] for _, begin, _, end in der.children(data, first, last))
    return RequestAttribute(der.oid_text(data[oid:position]), values)

"""The values of the certificate extensions that rules look at."""

from __future__ import annotations

from typing import Any

from fcu_conform.artefacts.cached_attribute import cached_attribute
from fcu_conform.artefacts.encodings import der, oids
from fcu_conform.artefacts.encodings.extension_syntax import syntax_fault
from fcu_conform.artefacts.encodings.extensions import (
    PARSERS,
    AuthorityKeyIdentifier,
    BasicConstraints,
    Extension,
    GeneralName,
    NameConstraints,
)


class ExtensionValues:
    """The values of extensions, each parsed once; ``extensions`` are in the order of the certificate."""

    extensions: tuple[Extension, ...]

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


def _parse_leniently(parser: Any, value: bytes, strict_fault: der.DerError) -> Any:
    try:
        rewritten, rest, notes = der.normalise(value)
        return parser(rewritten) if notes and not rest else strict_fault
    except der.DerError:
        return strict_fault

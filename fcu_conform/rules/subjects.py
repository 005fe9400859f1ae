"""Compares subjects with the certificate-authority section of fcu.yml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fcu_conform.artefacts import oids
from fcu_conform.artefacts.names import Name
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import requires

AUTHORITY_ATTRIBUTES = {
    "common-name": oids.COMMON_NAME,
    "organization-name": oids.ORGANIZATION,
    "organizational-unit-name": oids.ORGANIZATIONAL_UNIT,
    "locality-name": oids.LOCALITY,
    "state-or-province-name": oids.STATE,
    "country-name": oids.COUNTRY,
}
"""The settings of certificate-authority and the attribute that each fills (fact Y-12)."""


@dataclass(frozen=True)
class Mismatch:
    """An attribute of a subject that is not what fcu.yml says."""

    setting: str
    attribute: str
    expected: str
    found: str


def authority_mismatches(setup: Setup, subject: Name) -> Iterator[Mismatch]:
    """Each filled-in value of certificate-authority that the subject does not carry exactly once.

    Raises:
        NotApplicable: there is no fcu.yml, or the section is empty.
    """
    requires(setup.config, "there is no fcu.yml")
    assert setup.config is not None
    authority = setup.config.authority
    requires(authority, "certificate-authority is empty")
    for name, oid in AUTHORITY_ATTRIBUTES.items():
        setting = authority.get(name)
        if setting is None or setting.is_template or setting.as_text is None:
            continue
        values = subject.values(oid)
        if values != [setting.as_text]:
            yield Mismatch(name, oids.ATTRIBUTES[oid], repr(setting.as_text), ", ".join(map(repr, values)) or "none")

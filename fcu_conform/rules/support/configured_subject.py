"""Compares subjects with the certificate-authority section of fcu.yml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fcu_conform.artefacts.encodings import oids
from fcu_conform.rules.model import Blocked, requires
from fcu_conform.rules.support.formatting import has_controls

if TYPE_CHECKING:
    from fcu_conform.artefacts.encodings.names import Name
    from fcu_conform.artefacts.setup import Setup

AUTHORITY_ATTRIBUTES = {
    "common-name": oids.COMMON_NAME,
    "organization-name": oids.ORGANIZATION,
    "organizational-unit-name": oids.ORGANIZATIONAL_UNIT,
    "locality-name": oids.LOCALITY,
    "state-or-province-name": oids.STATE,
    "country-name": oids.COUNTRY,
}
"""The settings of certificate-authority and the attribute that each fills (fact Y-12)."""


_UPPER_BOUNDS = {
    "common-name": 64,
    "organization-name": 64,
    "organizational-unit-name": 64,
    "locality-name": 128,
    "state-or-province-name": 128,
}
"""Characters an attribute may have (RFC 5280 appendix A.1, upper bounds)."""


@dataclass(frozen=True)
class AttributeTrouble:
    """Why a value cannot be an attribute of a subject."""

    what: str
    expected: str
    found: str


def attribute_trouble(name: str, text: str) -> AttributeTrouble | None:
    """What is wrong with a value of certificate-authority; None where it may stand in a subject."""
    limit = _UPPER_BOUNDS.get(name)
    if limit is None:
        if not re.fullmatch("[A-Za-z]{2}", text):
            return AttributeTrouble("is not a country code", "two letters", repr(text))
    elif len(text) > limit:
        return AttributeTrouble("is too long", f"{limit} characters", f"{len(text)} characters")
    elif has_controls(text):
        return AttributeTrouble("has control characters", "", repr(text))
    return None


@dataclass(frozen=True)
class Mismatch:
    """An attribute of a subject that is not what fcu.yml says."""

    setting: str
    attribute: str
    expected: str
    found: str


def authority_mismatches(setup: Setup, subject: Name) -> Iterator[Mismatch]:
    """Each filled-in value of certificate-authority that the subject does not carry exactly once.

    Values that no subject can carry are left out: CFG002 and CFG007 tell them.

    Raises:
        NotApplicable: there is no fcu.yml, or the section is empty.
        Blocked: the section is not a section.
    """
    requires(setup.config, "there is no fcu.yml")
    assert setup.config is not None
    authority = setup.config.authority
    section = setup.config.get("certificate-authority")
    if section is not None and not isinstance(section.value, dict):
        raise Blocked("CFG002")
    requires(authority, "certificate-authority is empty")
    for name, oid in AUTHORITY_ATTRIBUTES.items():
        setting = authority.get(name)
        if setting is None or setting.is_template or setting.as_text is None:
            continue
        if attribute_trouble(name, setting.as_text) is not None:
            continue
        values = subject.values(oid)
        if values != [setting.as_text]:
            yield Mismatch(name, oids.ATTRIBUTES[oid], repr(setting.as_text), ", ".join(map(repr, values)) or "none")

"""Distinguished names as FCU writes them, from the fields that fcu.yml has for them."""

from __future__ import annotations

from dataclasses import dataclass, fields

from cryptography import x509
from cryptography.x509.oid import NameOID

from reference_ca.errors import ConfigError, FcuCode

_FIELDS = {
    # fcu.yml's key: attribute type and X.520's upper bound (RFC 5280, appendix A.1), in FCU's order (CA-14)
    "common-name": (NameOID.COMMON_NAME, 64),
    "organization-name": (NameOID.ORGANIZATION_NAME, 64),
    "organizational-unit-name": (NameOID.ORGANIZATIONAL_UNIT_NAME, 64),
    "locality-name": (NameOID.LOCALITY_NAME, 128),
    "state-or-province-name": (NameOID.STATE_OR_PROVINCE_NAME, 128),
    "country-name": (NameOID.COUNTRY_NAME, 2),
}


@dataclass(frozen=True)
class DistinguishedName:
    """The six fields of fcu.yml's `certificate-authority` section (fact Y-12); every one may be absent
    (CA-09).
    """

    common_name: str | None = None
    organization_name: str | None = None
    organizational_unit_name: str | None = None
    locality_name: str | None = None
    state_or_province_name: str | None = None
    country_name: str | None = None

    def __post_init__(self) -> None:
        """Refuse values that no X.509 name can hold, with FCU's number for a bad attribute (201)."""
        for key, value in self.as_mapping().items():
            limit = _FIELDS[key][1]
            # a CN is counted in octets, as the issuing library and the device's own buffer do
            if len(value.encode(errors="replace") if key == "common-name" else value) > limit:
                raise _invalid(key, f"is longer than {limit} characters")
            if not value.isprintable():
                raise _invalid(key, "holds a control character")
        country = self.country_name
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise _invalid("country-name", "is not two letters")

    @classmethod
    def from_mapping(cls, values: dict[str, str | None]) -> DistinguishedName:
        """Take fcu.yml's keys (`common-name`, …); an empty value is the same as none."""
        return cls(**{key.replace("-", "_"): value or None for key, value in values.items() if key in _FIELDS})

    def as_mapping(self) -> dict[str, str]:
        """fcu.yml's keys and the values that are set, in FCU's order."""
        values = ((field.name.replace("_", "-"), getattr(self, field.name)) for field in fields(self))
        return {key: value for key, value in values if value}

    def as_x509(self) -> x509.Name:
        """CN, O, OU, L, ST, C: one attribute each, C a PrintableString and the rest UTF8String (fact
        CA-14).
        """
        return x509.Name([x509.NameAttribute(_FIELDS[key][0], value) for key, value in self.as_mapping().items()])


FIELD_NAMES = tuple(_FIELDS)
"""The keys of a distinguished name in fcu.yml, in the order of FCU's certificates."""


def common_name(name: x509.Name) -> str:
    """The first CN of a name, or its whole RFC 4514 form where it has none: what to call a certificate in a
    message.
    """
    values = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(values[0].value) if values else name.rfc4514_string()


def with_common_name(name: x509.Name, value: str, organizational_unit: str | None = None) -> x509.Name:
    """`name` with CN (and OU, where given) exchanged; the other attributes stay, in FCU's order."""
    given = {attribute.oid: attribute for attribute in name}
    given[NameOID.COMMON_NAME] = x509.NameAttribute(NameOID.COMMON_NAME, value)
    if organizational_unit is not None:
        given[NameOID.ORGANIZATIONAL_UNIT_NAME] = x509.NameAttribute(
            NameOID.ORGANIZATIONAL_UNIT_NAME, organizational_unit
        )
    return x509.Name([given[oid] for oid, _ in _FIELDS.values() if oid in given])


def _invalid(key: str, what: str) -> ConfigError:
    return ConfigError(FcuCode.CONFIG_INVALID, f"{key} {what}", "certificate-authority", "correct it in fcu.yml")

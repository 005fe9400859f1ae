"""Defects of what fcu.yml calls FCU's certificate: the attributes of certificate-authority."""

from __future__ import annotations

from reference_ca.defects import asn1
from reference_ca.defects.in_configs import GENERATED, LONE, YML
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import FactorySetup


@defect(ExpectedFinding("CFG007", YML, field="country-name"), needs=GENERATED)
def country_in_words(s: FactorySetup) -> None:
    """country-name is a country's name instead of its two letters."""
    s.settings["certificate-authority"]["country-name"] = "Finland"


@defect(ExpectedFinding("CFG007", YML, field="organization-name"), needs=GENERATED, baseline="longest-names")
def organization_too_long(s: FactorySetup) -> None:
    """organization-name has 65 characters, one more than X.520 allows."""
    s.settings["certificate-authority"]["organization-name"] = "O" * 65


@defect(ExpectedFinding("CFG007", YML, field="locality-name"), needs=GENERATED, baseline="longest-names")
def locality_too_long(s: FactorySetup) -> None:
    """locality-name has 129 characters, one more than X.520 allows."""
    s.settings["certificate-authority"]["locality-name"] = "L" * 129


@defect(ExpectedFinding("CFG007", YML, field="common-name"), needs=GENERATED)
def common_name_with_control_character(s: FactorySetup) -> None:
    """The common name holds a line feed."""
    s.settings["certificate-authority"]["common-name"] = "FCU\nline 1"


def name_fcu(s: FactorySetup, *attributes: tuple[str, str], kind: str = "utf8") -> None:
    """Give FCU another name, in its certificate, its request and fcu.yml."""
    keys = {
        "CN": "common-name",
        "O": "organization-name",
        "OU": "organizational-unit-name",
        "L": "locality-name",
        "ST": "state-or-province-name",
        "C": "country-name",
    }
    s.chain[0].subject = asn1.name(*attributes, kind=kind)
    if s.request is not None:
        s.request.subject = s.chain[0].subject
    if "certificate-authority" in s.settings:
        s.settings["certificate-authority"] = {keys[attribute]: value for attribute, value in attributes}


@near_miss(about="CFG007")
def longest_names(s: FactorySetup) -> None:
    """Common name and organization have 64 characters, locality 128: as long as X.520 allows."""
    name_fcu(s, ("CN", "C" * 64), ("O", "O" * 64), ("L", "L" * 128))


@near_miss(about="CFG008")
def all_six_attributes(s: FactorySetup) -> None:
    """certificate-authority fills all six fields that FCU knows."""
    name_fcu(s, ("CN", "FCU 1"), ("O", "ACME"), ("OU", "Line 1"), ("L", "Espoo"), ("ST", "Uusimaa"), ("C", "FI"))


@near_miss(about="CFG008")
def common_name_only(s: FactorySetup) -> None:
    """certificate-authority fills the common name alone."""
    name_fcu(s, ("CN", "FCU 1"))


@near_miss(about="CFG008")
def name_outside_ascii(s: FactorySetup) -> None:
    """The common name has letters outside ASCII."""
    name_fcu(s, ("CN", "Verkstad Å, 工場 1"))


@near_miss(about="CFG008")
def name_in_bmp_strings(s: FactorySetup) -> None:
    """The FCU certificate's name is written in BMPStrings, which RFC 5280 lets old CAs keep."""
    name_fcu(s, ("CN", "FCU line 1"), ("O", "Example Devices"), kind="bmp")


@near_miss(about="CFG008")
def name_in_teletex_strings(s: FactorySetup) -> None:
    """The FCU certificate's name is written in TeletexStrings, which RFC 5280 lets old CAs keep."""
    name_fcu(s, ("CN", "FCU line 1"), ("O", "Example Devices"), kind="teletex")


@near_miss(about="CFG008")
def name_in_printable_strings(s: FactorySetup) -> None:
    """The FCU certificate's name is written in PrintableStrings."""
    name_fcu(s, ("CN", "FCU line 1"), ("O", "Example Devices"), kind="printable")


@defect(
    ExpectedFinding("CFG008", "fcu.crt", 1, "CN"),
    needs=Needs(longest=1, external=False),
    parameters=LONE,
)
def common_name_edited_after_setup(s: FactorySetup) -> None:
    """The common name in fcu.yml was changed after FCU had made its self-signed certificate."""
    s.settings["certificate-authority"]["common-name"] = "Another name"


@defect(ExpectedFinding("CFG008", "fcu.crt", 1, "OU"), needs=Needs(longest=1, external=False), parameters=LONE)
def attribute_added_after_setup(s: FactorySetup) -> None:
    """fcu.yml has an organizational unit that the FCU certificate lacks."""
    s.settings["certificate-authority"]["organizational-unit-name"] = "Factory"

"""The documents that rules rest on, each named once, and short ways to cite them."""

from __future__ import annotations

from fcu_conform.rules.model import Evidence, Source

CREDENTIALS = "Using FCU to generate credentials"
UPLOADING = "Uploading the FCU CA to Device Management"
"""Sections of the vendor's page that many rules rest on."""


def page(section: str, *facts: str) -> Source:
    """The vendor's page that this suite exists for."""
    return Source(Evidence.PAGE, "Setting up FCU as a CA", section, facts)


def docs(document: str, section: str = "", *facts: str) -> Source:
    """Another page of the vendor's documentation."""
    return Source(Evidence.DOCS, document, section, facts)


def fcu_error(number: int, *facts: str) -> Source:
    """A numbered error in the vendor's list of FCU's validation notices."""
    return Source(Evidence.DOCS, "FCU validation notices", f"error {number}", facts)


def ca_guidelines(*facts: str) -> Source:
    """The vendor's table of what a CA certificate must and should be."""
    return docs("Certificate authority options", "CA certificate guidelines", *facts)


def device_code(document: str, *facts: str) -> Source:
    """What the open-source device client does."""
    return Source(Evidence.DEVICE, document, "", facts)


def api(section: str, *facts: str) -> Source:
    """The public description of Device Management's REST API."""
    return Source(Evidence.API, "Device Management public API, trusted certificates", section, facts)


def enrollment_api(*facts: str) -> Source:
    """What the same description says of the CSV for first to claim."""
    return Source(Evidence.API, "Device Management public API, device enrollments", "bulk upload", facts)


def rfc(number: int, section: str) -> Source:
    """A section of an RFC; an appendix by its name."""
    return Source(Evidence.RFC, f"RFC {number}", section if section.startswith("appendix") else f"section {section}")


def inferred(reason: str, *facts: str) -> Source:
    """No document states it; the reason stands in its place."""
    return Source(Evidence.INFERRED, "inferred", reason, facts)

"""Words that rules of several families use to say what they found and where."""

from __future__ import annotations

from datetime import datetime, timedelta
from unicodedata import category

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.chain import Link
from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.keystore_files import PemFile
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.model import Location

DAY = timedelta(days=1)
CN_LIMIT = 64
"""Characters of a CN (RFC 5280, ub-common-name)."""

TEN_YEARS = 3650 * DAY
"""Ten years as the device's own code counts them (fact DB-18)."""


def subject_text(certificate: Certificate) -> str:
    """A certificate's subject, or words for an empty one."""
    return str(certificate.subject) or "empty subject"


def short_name(certificate: Certificate) -> str:
    """What to call a certificate where there is little room: its CN, or its whole subject."""
    names = certificate.subject.values(oids.COMMON_NAME)
    return f"CN={names[0]}" if names else subject_text(certificate)


def certificate_text(link: Link, ca: CaContext) -> str:
    """Which certificate of fcu.crt, told so that nobody can take another one for it."""
    count = len(ca.fcu_crt.entries)
    certificate = link.certificate
    return f"certificate {link.index} of {count} ({subject_text(certificate)}, sha256 {certificate.sha256[:8]}…)"


def at_certificate(link: Link, ca: CaContext, field: str | None = None) -> Location:
    """The place of a certificate of fcu.crt."""
    return Location(ca.fcu_crt.name, link.index, link.entry.line, field)


def number_and_name(link: Link) -> str:
    """Number and subject, for drawings of the chain."""
    return f"{link.index} {short_name(link.certificate)}"


def file_trouble(file: PemFile) -> str:
    """Why a file cannot be read, as what it is or does."""
    trouble = file.file.trouble
    return file.file.detail or (trouble.value if trouble else "")


def has_controls(text: str) -> bool:
    """Control characters or ends of lines stand in it.

    `str.isprintable` alone will not do: to it a space of another script, and any character that is younger than the
    running Python, are not printable.
    """
    return not text.isprintable() and any(category(character) in ("Cc", "Zl", "Zp") for character in text)


def format_instant(instant: datetime) -> str:
    """An instant to the second in UTC, as RFC 3339."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def format_span(difference: timedelta) -> str:
    """A difference of time in the largest unit that fits, rounded down: "400 days", "23 hours"."""
    return _spans(difference)[0]


def format_exact_span(difference: timedelta) -> str:
    """A difference of time to the second in all units that it has: "1 day 1 second"."""
    return " ".join(_spans(difference))


def _spans(difference: timedelta) -> list[str]:
    """The days, hours, minutes and seconds of a difference that are not zero, or 0 seconds."""
    seconds = int(abs(difference).total_seconds())
    spans = []
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            spans.append(pluralize(count, unit))
    return spans or [pluralize(0, "second")]

"""When the certificates of fcu.crt end, and from when new devices lose their ten years."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from fcu_conform.artefacts.chain import Link
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.support.formatting import TEN_YEARS

SECOND = timedelta(seconds=1)


class End(NamedTuple):
    """A certificate of fcu.crt, and when it ends.

    Attributes:
        link: the certificate with its place in the file.
        role: what it is on the path: "FCU certificate", "intermediate" or "root".
        carrier: who holds it: "device" or "portal"; empty where no depth is known.
        from_then: the first whole second at which it is not valid; None where that is after the year 9999.
    """

    link: Link
    role: str
    carrier: str
    from_then: datetime | None

    @property
    def certificate(self) -> Certificate:
        """The certificate."""
        return self.link.certificate


def ends_of(setup: Setup) -> list[End]:
    """Every certificate of fcu.crt once, in the order of the file."""
    path = setup.ca.chain.path
    last = path[-1] if setup.ca.chain.is_complete else None
    return [
        End(link, _role(link, path[0], last), _carrier(link, setup), first_second_after(link.certificate))
        for link in setup.ca.chain.distinct
    ]


def first_of(ends: list[End]) -> End | None:
    """The one that ends first, of several the one highest up, which the others hang on; None where none ever ends."""
    ending = [end for end in reversed(ends) if end.from_then is not None]
    return min(ending, key=lambda end: end.certificate.not_after.instant, default=None)


def first_second_after(certificate: Certificate) -> datetime | None:
    """The first whole second at which a certificate is not valid; None where no date can say it."""
    try:
        return certificate.not_after.instant.replace(microsecond=0) + SECOND
    except OverflowError:
        return None


def loses_ten_years_from(ends: list[End]) -> datetime | None:
    """The first whole second at which a device would be made that outlives a certificate above it; None if never.

    What FCU signs ends with FCU's certificate at the latest, and a device above which a CA has ended is refused.
    """
    first = first_of(ends)
    return None if first is None or first.from_then is None else first.from_then - TEN_YEARS


def _role(link: Link, fcu: Link, root: Link | None) -> str:
    if link is root:
        return "root"
    return "FCU certificate" if link is fcu else "intermediate"


def _carrier(link: Link, setup: Setup) -> str:
    slicing = setup.ca.slicing
    if slicing is None:
        return ""
    return "device" if any(link.certificate is one for one in slicing.on_device) else "portal"

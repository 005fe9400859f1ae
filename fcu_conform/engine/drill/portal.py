"""What the portal trusts: by the uploads of the lines, or by the state of an account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.portal_state import PortalState, TrustedCertificate
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import NotApplicable
from fcu_conform.rules.support.account import has_issued, lowest_first, upload_of_line
from fcu_conform.rules.support.theft import Entry


def entries_of_uploads(setups: Sequence[Setup]) -> tuple[Entry, ...]:
    """One entry for each upload; uploads of several lines that are the same, byte for byte, are uploaded once."""
    found: dict[tuple[str | None, tuple[bytes, ...]], tuple[tuple[Certificate, ...], list[str]]] = {}
    for setup in setups:
        certificates = upload_of_line(setup)
        key = setup.mode, tuple(certificate.raw for certificate in certificates)
        found.setdefault(key, (certificates, []))[1].append(setup.name)
    return tuple(
        Entry(f"upload of {', '.join(lines)}", service, certificates, tuple(lines))
        for (service, _), (certificates, lines) in found.items()
    )


def entries_of_state(state: PortalState, setups: Sequence[Setup]) -> tuple[Entry, ...]:
    """The ACTIVE entries of an account.

    The portal answers with the lowest certificate of an entry. What was uploaded with it is taken from the lines.

    Raises:
        NotApplicable: a certificate of an entry cannot be read.
    """
    known = [certificate for setup in setups for certificate in setup.ca.fcu_crt.certificates]
    return tuple(_entry(entry, known, setups) for entry in state.active(None))


def _entry(entry: TrustedCertificate, known: Sequence[Certificate], setups: Sequence[Setup]) -> Entry:
    certificates = lowest_first(entry.certificates)
    if not certificates or not entry.file.is_whole:
        raise NotApplicable(f"the certificate of the entry {entry.name!r} cannot be read")
    lowest = certificates[0].raw
    lines = [setup.name for setup in setups if setup.mode in (None, entry.service) and _starts_with(setup, lowest)]
    whole = certificates if len(certificates) > 1 else tuple(_with_issuers(certificates[0], known))
    return Entry(f"entry {entry.name}", entry.service, whole, tuple(lines))


def _starts_with(setup: Setup, lowest: bytes) -> bool:
    return upload_of_line(setup)[0].raw == lowest


def _with_issuers(certificate: Certificate, known: Sequence[Certificate]) -> Iterable[Certificate]:
    """A certificate and those above it."""
    seen: set[bytes] = set()
    above: Certificate | None = certificate
    while above is not None and above.raw not in seen:
        seen.add(above.raw)
        yield above
        below = above
        above = next((one for one in known if has_issued(one, below)), None)

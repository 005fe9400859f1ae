"""What the lines have, or are to have, on the portal, and which entries of an account are theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.portal_state import PortalState, TrustedCertificate
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import Blocked, Location, NotApplicable, requires

DEVELOPER_LIMIT, COMMERCIAL_LIMIT = 10, 50
"""Trusted certificates that an account may have, by its kind."""

DEVELOPER_MODE = 1
"""device_execution_mode of a developer certificate."""


def state_of(setup: Setup) -> PortalState:
    """What the account trusts.

    Raises:
        NotApplicable: no state of an account was given.
        Blocked: the portal was asked and did not answer as documented.
    """
    if setup.portal_fault:
        raise Blocked("SYS002")
    requires(setup.portal_state, "no state of the account was given (--fcu-portal-state)")
    assert setup.portal_state is not None
    return setup.portal_state


def upload_of_line(setup: Setup) -> tuple[Certificate, ...]:
    """What a line has, or is to have, on the portal, the lowest first; the root alone where the device carries all.

    Raises:
        NotApplicable: no depth is known, or a certificate cannot be read.
    """
    if setup.upload is not None and setup.upload.certificates.certificates:
        return lowest_first(setup.upload.certificates.certificates)
    slicing = setup.ca.slicing
    if slicing is None or not slicing.certificates:
        raise NotApplicable(f"what {setup.name} has on the portal is not known: its chain depth is unknown")
    return slicing.on_portal or slicing.certificates[-1:]


def lines_with_uploads(setups: Sequence[Setup]) -> list[tuple[Setup, tuple[Certificate, ...]]]:
    """Each line whose upload is known, with that."""
    found = []
    for setup in setups:
        try:
            found.append((setup, upload_of_line(setup)))
        except NotApplicable:
            continue
    return found


def lowest_first(certificates: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    """Certificates of a chain from the lowest up: the interface asks for them from the root down."""
    if len(certificates) > 1 and has_issued(certificates[0], certificates[1]):
        return certificates[::-1]
    return certificates


def has_issued(issuer: Certificate, certificate: Certificate) -> bool:
    """Names and signature say so."""
    return issuer.subject.matches(certificate.issuer) and certificate.signed_by(issuer.public_key) is True


def lowest_of(entry: TrustedCertificate) -> Certificate | None:
    """The certificate that an entry stands for, the lowest of its chain; None where it cannot be read."""
    if not entry.file.is_whole or not entry.certificates:
        return None
    return lowest_first(entry.certificates)[0]


def holds(entry: TrustedCertificate, certificate: Certificate) -> bool:
    """An entry stands for a certificate: its text, or its fingerprint, says so."""
    lowest = lowest_of(entry)
    if lowest is not None and lowest.raw == certificate.raw:
        return True
    return plain_fingerprint(entry.fields.get("certificate_fingerprint")) == certificate.sha256


def is_of_subject(entry: TrustedCertificate, certificate: Certificate) -> bool:
    """The portal takes an entry and a certificate for the same subject, of which it has one alone."""
    lowest = lowest_of(entry)
    return lowest is not None and lowest.subject.matches(certificate.subject)


def is_developers(entry: TrustedCertificate) -> bool:
    """It is a developer certificate, which the account made itself."""
    return bool(entry.fields.get("device_execution_mode") == DEVELOPER_MODE)


def plain_fingerprint(value: object) -> str:
    """A fingerprint as lower-case hexadecimal without colons; empty where it is not text."""
    return value.replace(":", "").strip().lower() if isinstance(value, str) else ""


def serves(entry: TrustedCertificate, setup: Setup) -> bool:
    """An entry is of the service that a line's devices use, so far as that is known."""
    return setup.mode in (None, entry.service)


def vouching(state: PortalState, setup: Setup) -> list[TrustedCertificate]:
    """The ACTIVE entries by which devices of a line can be let in: those for a certificate of its chain."""
    chain = {certificate.raw for certificate in setup.keystore.fcu_crt.certificates}
    return [entry for entry in state.active(None) if serves(entry, setup) and _is_among(entry, chain)]


def _is_among(entry: TrustedCertificate, raws: set[bytes]) -> bool:
    lowest = lowest_of(entry)
    return lowest is not None and lowest.raw in raws


def strangers(state: PortalState, setups: Sequence[Setup]) -> Iterator[TrustedCertificate]:
    """The ACTIVE entries of the services in use by which no device of any line is let in, developers' apart."""
    known = [entry for setup in setups for entry in vouching(state, setup)]
    uploads = [upload for _, upload in lines_with_uploads(setups)]
    owned = {certificate.raw for upload in uploads for certificate in upload}
    for entry in state.active(None):
        is_in_use = any(serves(entry, setup) for setup in setups)
        is_owned = entry in known or _is_among(entry, owned)
        is_predecessor = any(is_of_subject(entry, upload[0]) for upload in uploads)  # PTL003 tells of it
        if is_in_use and not (is_owned or is_predecessor or is_developers(entry)):
            yield entry


def surplus(state: PortalState, setup: Setup) -> list[TrustedCertificate]:
    """The entries that vouch for a line beside its own one; beside the first, where none is its own."""
    entries = vouching(state, setup)
    uploads = [upload for _, upload in lines_with_uploads([setup])]
    own = next((entry for entry in entries for upload in uploads if holds(entry, upload[0])), None)
    return [entry for entry in entries if entry is not (own or entries[0])]


def still_to_be_made(state: PortalState, setups: Sequence[Setup]) -> list[tuple[Setup, tuple[Certificate, ...]]]:
    """The uploads that no entry stands for, each once, with the first line whose upload it is."""
    found: dict[tuple[bytes, str | None], tuple[Setup, tuple[Certificate, ...]]] = {}
    for setup, upload in lines_with_uploads(setups):
        if not any(holds(entry, upload[0]) for entry in state.entries):
            found.setdefault((upload[0].raw, setup.mode), (setup, upload))
    return list(found.values())


def at_entry(state: PortalState, entry: TrustedCertificate) -> Location:
    """The place of an entry in the file of the account's state."""
    return Location(state.name, field=f"entry {entry.name}")


def first_line(setup: Setup, others: Sequence[Setup]) -> list[Setup]:
    """All lines of a run, for a rule about the account, which is judged once.

    Raises:
        NotApplicable: it is judged with another line, the first by its name.
    """
    lines = sorted((setup, *others), key=lambda one: one.name)
    requires(setup is lines[0], f"the account is judged once, with {lines[0].name}")
    return lines

"""PTL001 to PTL006: what the account really trusts, beside what the lines have uploaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.portal_state import PortalState, TrustedCertificate
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.wording import count_or_no, pluralize
from fcu_conform.rules.model import (
    Finding,
    Findings,
    Instances,
    Level,
    Location,
    instances_rule,
    requires,
    rule,
)
from fcu_conform.rules.support.account import (
    COMMERCIAL_LIMIT,
    DEVELOPER_LIMIT,
    at_entry,
    first_line,
    holds,
    is_developers,
    is_of_subject,
    lowest_of,
    plain_fingerprint,
    serves,
    state_of,
    still_to_be_made,
    strangers,
    surplus,
    upload_of_line,
)
from fcu_conform.rules.support.formatting import format_instant, short_name
from fcu_conform.rules.support.sources import UPLOADING, api, docs, page

CHAIN = ("CRT001", "CRT002", "CHN003", "CHN004")
"""Without a chain that can be relied on nobody knows what belongs on the portal."""

FREE_TIER = "0"


@rule(
    "PTL001",
    Level.ERROR,
    requirement="the account has an entry for the line's upload: ACTIVE, valid, of the service in use, its certificate"
    " and fingerprint as uploaded",
    title="the account does not trust the line's upload",
    why="The portal lets a device in by an ACTIVE entry of its service and by nothing else. Without one every device of"
    " the line is turned away.",
    fix="see fcu-conform portal plan for what to create, to replace or to set to ACTIVE, and fetch the state again",
    passes="an ACTIVE entry for bootstrap whose certificate is the first of the upload",
    fails="no entry; an INACTIVE one; one for the other service; the certificate that was replaced last year",
    source=(page(UPLOADING, "P-01"), api("certificate, service, status", "P-22", "P-23")),
    needs=CHAIN,
)
def account_trusts_upload(setup: Setup) -> Findings:
    state = state_of(setup)
    lowest = upload_of_line(setup)[0]
    entries = [entry for entry in state.entries if holds(entry, lowest)]
    if entries:
        yield from min(([*_faults(entry, lowest, state, setup)] for entry in entries), key=len)
        return
    subject = next((entry for entry in state.entries if is_of_subject(entry, lowest)), None)
    yield Finding(
        f"no entry stands for {short_name(lowest)}, the lowest certificate of the upload (sha256 {lowest.sha256[:8]}…)",
        Location(state.name, field="trusted_certificates"),
        f"an ACTIVE entry for {setup.mode or 'the service in use'}",
        _instead(subject, state),
    )


def _instead(subject: TrustedCertificate | None, state: PortalState) -> str:
    """What there is in place of the entry that is missing."""
    if subject is None:
        return count_or_no(len(state.entries), "other trusted certificate")
    lowest = lowest_of(subject)
    assert lowest is not None
    return f"entry {subject.name}: another certificate of the same subject (sha256 {lowest.sha256[:8]}…)"


def _faults(entry: TrustedCertificate, lowest: Certificate, state: PortalState, setup: Setup) -> Findings:
    """What keeps the entry of an upload from letting devices in."""
    place, name = at_entry(state, entry), f"entry {entry.name}"
    held = lowest_of(entry)
    if held is None or held.raw != lowest.raw:
        yield Finding(f"{name}: its certificate is not the one that its fingerprint names", place)
    given = entry.fields.get("certificate_fingerprint")
    if given is not None and plain_fingerprint(given) != lowest.sha256:
        yield Finding(f"{name}: its fingerprint is not that of its certificate", place, lowest.sha256, f"{given}")
    if not serves(entry, setup):
        yield Finding(f"{name}: is for another service", place, setup.mode or "", entry.service)
    if not entry.is_active:
        yield Finding(f"{name}: is INACTIVE and lets no device in", place, "ACTIVE", "INACTIVE")
    is_in_time = lowest.not_before.instant <= setup.at <= lowest.not_after.instant  # else CRT006 tells it
    if entry.fields.get("valid") is False and is_in_time:
        yield Finding(f"{name}: the portal says that it is not valid", place, "valid", "not valid")


@instances_rule(
    "PTL002",
    Level.WARNING,
    requirement="every ACTIVE entry of the service belongs to a line that was given, and each line to one entry",
    title="the account trusts more than the lines need",
    why="Who has the key of an entry makes devices that the portal lets in. An entry that nobody remembers, or a second"
    " one above a line, stays in force when the line's own entry is removed.",
    fix="name all lines; what still belongs to none is to be set to INACTIVE, see fcu-conform portal plan",
    passes="one entry for each line",
    fails="the entry of a line that was closed; the root's own entry beside that of the intermediate",
    source=api("status", "P-21", "P-22"),
    needs=CHAIN,
)
def entries_belong_to_lines(setup: Setup, others: Instances) -> Findings:
    state = state_of(setup)
    lines = first_line(setup, others)
    for entry in strangers(state, lines):
        yield Finding(f"entry {entry.name} is ACTIVE and belongs to no line that was given", at_entry(state, entry))
    told: list[TrustedCertificate] = []
    for line in lines:
        for entry in surplus(state, line):
            if entry not in told:
                told.append(entry)
                yield Finding(
                    f"entry {entry.name} vouches for {line.name} beside another entry",
                    at_entry(state, entry),
                    "one entry that vouches for the line",
                )


@rule(
    "PTL003",
    Level.ERROR,
    requirement="no entry has the name or the subject of an upload that is still to be made",
    title="the portal would refuse the upload: name or subject is taken",
    why="The portal has each name and each subject once, and answers 409 to the second.",
    fix="replace the certificate of that entry, as fcu-conform portal plan says, or choose another name",
    passes="no entry of the same name or subject",
    fails="the entry of the certificate that this one succeeds",
    source=api("name, subject", "P-09"),
    needs=CHAIN,
)
def name_and_subject_are_free(setup: Setup) -> Findings:
    state = state_of(setup)
    waiting = still_to_be_made(state, [setup])
    requires(waiting, "nothing is still to be uploaded")
    lowest = upload_of_line(setup)[0]
    details = None if setup.upload is None else setup.upload.details
    name = None if details is None else details.values.get("name")
    for entry in state.entries:
        taken = [*_taken(entry, lowest, name)]
        if taken:
            words = " and ".join(taken)
            yield Finding(f"entry {entry.name} has the {words} that the upload needs", at_entry(state, entry))


def _taken(entry: TrustedCertificate, lowest: Certificate, name: object) -> Iterator[str]:
    if entry.name == name:
        yield "name"
    if is_of_subject(entry, lowest):
        yield "subject"


@instances_rule(
    "PTL004",
    Level.WARNING,
    requirement="the account has room for what is still to be uploaded",
    title="the account has no room for what is still to be uploaded",
    why="The portal answers 403 once the account's limit is reached.",
    fix="remove entries that are no longer needed, or ask for a larger limit",
    passes="8 entries of 10, and one upload to be made",
    fails="10 entries of 10, and one upload to be made",
    source=api("limits, tier", "P-10", "P-11", "P-12"),
    needs=CHAIN,
)
def account_has_room(setup: Setup, others: Instances) -> Findings:
    state = state_of(setup)
    waiting = len(still_to_be_made(state, first_line(setup, others)))
    requires(waiting, "nothing is still to be uploaded")
    limit = limit_of(state)
    requires(limit is not None, "the limits of the account are not known")
    assert limit is not None
    if len(state.entries) + waiting > limit:
        yield Finding(
            f"has {len(state.entries)} of {limit} entries, and {pluralize(waiting, 'upload')} still to be made",
            Location(state.name, field="account"),
            f"at most {limit}",
            str(len(state.entries) + waiting),
        )


def limit_of(state: PortalState) -> int | None:
    """How many entries the account may have: as it says itself, else as its tier has it; None where neither is known.

    Under which name the limit stands is not documented.
    """
    limits = state.account.get("limits")
    for name, value in limits.items() if isinstance(limits, dict) else ():
        if "trusted" in name and "certificate" in name and str(value).isascii() and str(value).isdigit():
            return int(str(value)[:9])
    tier = state.account.get("tier")
    if not isinstance(tier, str):
        return None
    return DEVELOPER_LIMIT if tier == FREE_TIER else COMMERCIAL_LIMIT


@instances_rule(
    "PTL005",
    Level.WARNING,
    requirement="no developer certificate is ACTIVE beside those of production",
    title="a developer certificate is ACTIVE beside those of production",
    why="A developer certificate comes with a key that is handed from desk to desk. Who has it is let in among the"
    " devices of the factory.",
    fix="set developer certificates to INACTIVE in the account that production devices use",
    passes="an account with entries of production alone",
    fails="device_execution_mode 1 and ACTIVE beside a line's entry",
    source=docs("Managing trusted certificates", "", "P-24"),
)
def developers_are_apart(setup: Setup, others: Instances) -> Findings:
    state = state_of(setup)
    first_line(setup, others)
    active = state.active(None)
    if all(is_developers(entry) for entry in active):
        return
    for entry in active:
        if is_developers(entry):
            yield Finding(
                f"entry {entry.name} is a developer certificate and ACTIVE",
                at_entry(state, entry),
                "INACTIVE",
                "ACTIVE",
            )


@instances_rule(
    "PTL006",
    Level.WARNING,
    requirement="no ACTIVE entry of the account expires within the time asked for",
    title="an entry of the account expires within the time asked for",
    why="From that instant on the portal turns away every device that is let in by it.",
    fix="let your CA issue a successor in time, and replace the entry's certificate; fcu-conform expiry shows what"
    " hangs on it",
    passes="--fcu-within=5y, and every entry is valid for 20 years",
    fails="--fcu-within=5y, and an entry expires in three",
    source=docs("Managing trusted certificates", "", "P-14"),
)
def entries_outlast_time_asked_for(setup: Setup, others: Instances) -> Findings:
    state = state_of(setup)
    first_line(setup, others)
    horizon = setup.horizon
    requires(horizon, "no time was asked for (--fcu-within)")
    assert horizon is not None
    for entry in state.active(None):
        end = _end_of(entry)
        if end is not None and end < horizon:
            yield Finding(
                f"entry {entry.name} expires at {format_instant(end)}",
                at_entry(state, entry),
                f"{format_instant(horizon)} or later",
                format_instant(end),
            )


def _end_of(entry: TrustedCertificate) -> datetime | None:
    """When an entry's certificate expires; None where it cannot be read."""
    lowest = lowest_of(entry)
    return None if lowest is None else lowest.not_after.instant

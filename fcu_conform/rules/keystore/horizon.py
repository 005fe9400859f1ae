"""EXP001 and EXP002: what ends within the time that was asked for; judged only where one was."""

from __future__ import annotations

from datetime import datetime

from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import Finding, Findings, Level, requires, rule
from fcu_conform.rules.support.formatting import (
    TEN_YEARS,
    at_certificate,
    certificate_text,
    format_instant,
    format_span,
)
from fcu_conform.rules.support.horizon import End, ends_of, first_of
from fcu_conform.rules.support.sources import ca_guidelines, docs


@rule(
    "EXP001",
    Level.WARNING,
    requirement="no certificate on the path, on the device or on the portal, ends within the time asked for",
    title="a certificate on the path ends within the time asked for",
    why="From that instant on no device below the certificate can connect, and a bootstrap device cannot be given"
    " another one over the air.",
    fix="let your CA issue a successor in time, and see fcu-conform expiry for what hangs on it",
    passes="--fcu-within=5y, and every certificate of fcu.crt is valid for 20 years",
    fails="--fcu-within=5y, and the intermediate ends in three years",
    source=ca_guidelines("CA-11"),
    partially_blocked_by=("CRT002", "CRT006"),
)
def nothing_ends_in_time_asked_for(setup: Setup) -> Findings:
    ends, horizon = _asked(setup)
    for end in ends:
        after = end.certificate.not_after.instant
        if setup.at <= after < horizon:
            what = f"the {end.role}{f', on the {end.carrier}' if end.carrier else ''}"
            yield Finding(
                f"{certificate_text(end.link, setup.ca)}: {what}, ends in {format_span(after - setup.at)}",
                at_certificate(end.link, setup.ca, "notAfter"),
                f"notAfter at {format_instant(horizon)} or later",
                f"notAfter {format_instant(after)}",
            )


@rule(
    "EXP002",
    Level.WARNING,
    requirement="a device made at the end of the time asked for is still valid for its ten years",
    title="devices made within the time asked for do not get their ten years",
    why="A device certificate does not outlive the CAs above it: what is made too late goes dark early, and nobody sees"
    " it in the factory.",
    fix="plan a successor of the certificate that ends first before that day; fcu-conform expiry names the day",
    passes="--fcu-within=5y, and every certificate of fcu.crt is valid for 20 years",
    fails="--fcu-within=5y, and the intermediate is valid for 12 years",
    source=(ca_guidelines("CA-11"), docs("Manually generated keys", "", "DB-05")),
    told_by=("EXP001",),
    partially_blocked_by=("CRT002", "CRT006"),
)
def last_device_gets_ten_years(setup: Setup) -> Findings:
    ends, horizon = _asked(setup)
    first = first_of(ends)
    if first is None:
        return
    after = first.certificate.not_after.instant
    if after - TEN_YEARS < horizon and setup.at <= after:
        yield Finding(
            f"{certificate_text(first.link, setup.ca)}: devices made after {format_instant(after - TEN_YEARS)}"
            " lose some of their ten years",
            at_certificate(first.link, setup.ca, "notAfter"),
            f"notAfter at least {TEN_YEARS.days} days after {format_instant(horizon)}",
            f"notAfter {format_instant(after)}",
        )


def _asked(setup: Setup) -> tuple[list[End], datetime]:
    """When each certificate ends, and until when the rules look."""
    requires(setup.horizon, "no time was asked for (--fcu-within)")
    requires(setup.ca.chain.path, "fcu.crt has no readable certificate")
    assert setup.horizon is not None
    return ends_of(setup), setup.horizon

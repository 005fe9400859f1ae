"""SYS003 to SYS007: the file of waivers, so that no finding disappears behind one that nobody keeps watch over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches

from fcu_conform.artefacts.waivers import Waiver, WaiverFile
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.model import Catalogue, Finding, Findings, Level, Location, RuleDecorator, Scope
from fcu_conform.rules.support.sources import inferred

LONGEST_TERM = timedelta(days=180)
"""How far ahead a waiver may reach."""

_WATCHED = inferred("a waiver is a decision that somebody owns, for a limited time")


@dataclass(frozen=True)
class WaiverAudit:
    """The waivers of a run and what is known of them.

    Attributes:
        file: all that were given.
        today: the day of the instant of judgement, in UTC. The clock is not asked: the same input at the same instant
            gives the same report, and who judges at another instant is told so by the report.
        rules: every rule that there is.
        unused: those in force whose rule was judged and found nothing that they cover; called when it is asked for.
        hidden: for codes whose findings were waived, the codes of rules that could not judge because of that; called
            when it is asked for.
    """

    file: WaiverFile
    today: date
    rules: Catalogue
    unused: Callable[[], Iterable[Waiver]]
    hidden: Callable[[], Mapping[str, tuple[str, ...]]]

    def place(self, waiver: Waiver) -> Location:
        """Where a waiver stands."""
        return Location(self.file.name, field=str(waiver))

    @property
    def in_force(self) -> tuple[Waiver, ...]:
        """The waivers that count: a wrong one waives nothing."""
        return tuple(waiver for waiver in self.file.waivers if self.holds(waiver))

    def holds(self, waiver: Waiver) -> bool:
        """Its rule may be waived, and its time is neither over nor too long."""
        return (
            waiver.code in self.rules
            and self.rules[waiver.code].waivable
            and timedelta() <= waiver.expires - self.today <= LONGEST_TERM
        )


waiver_rule: RuleDecorator[Callable[[WaiverAudit], Findings]] = RuleDecorator(Scope.WAIVERS)
"""Puts a check of the file of waivers into the catalogue; it gets what is known of them."""


@waiver_rule(
    "SYS003",
    Level.ERROR,
    requirement="every waiver is for an existing rule that can be waived",
    title="a waiver is for a rule that does not exist or cannot be waived",
    why="A misspelt code waives nothing, and a key that others have makes every device forgeable, whatever the reason.",
    fix="see the codes with fcu-conform rules; if the rule cannot be waived, remove the waiver and fix the setup",
    passes='code = "CRT009"',
    fails='code = "KEY010", for a published key; code = "CRT999"',
    source=_WATCHED,
)
def waivers_are_for_waivable_rules(audit: WaiverAudit) -> Findings:
    for waiver in audit.file.waivers:
        if waiver.code not in audit.rules:
            near = get_close_matches(waiver.code.upper(), [rule.code for rule in audit.rules], n=1)
            expected = f"a rule's code: {near[0]}?" if near else "a rule's code"
            yield Finding("there is no such rule", audit.place(waiver), expected, waiver.code)
        elif not audit.rules[waiver.code].waivable:
            yield Finding(f"{waiver.code} cannot be waived", audit.place(waiver), "a rule that may be waived")


@waiver_rule(
    "SYS004",
    Level.ERROR,
    requirement="no waiver has expired",
    title="a waiver has expired",
    why="The finding was accepted for a limited time. That time is over, and nobody has looked at it since.",
    fix="fix the finding, or have the waiver's owner review it and set a new date",
    passes="expires = 2026-09-30, judged at 2026-06-01",
    fails="expires = 2026-05-31, judged at 2026-06-01",
    source=_WATCHED,
)
def waivers_have_not_expired(audit: WaiverAudit) -> Findings:
    for waiver in audit.file.waivers:
        if waiver.expires < audit.today:
            message = f"expired {pluralize((audit.today - waiver.expires).days, 'day')} before the day of judgement"
            yield Finding(message, audit.place(waiver), f"{audit.today} or later", str(waiver.expires))


@waiver_rule(
    "SYS005",
    Level.ERROR,
    requirement=f"no waiver is valid for more than {LONGEST_TERM.days} days from now",
    title="a waiver is valid for more than 180 days",
    why="A waiver that does not end soon switches the rule off: nobody looks at it again.",
    fix=f"set expires to a day at most {LONGEST_TERM.days} days from now",
    passes="expires = 2026-11-28, judged at 2026-06-01",
    fails="expires = 2026-11-29, judged at 2026-06-01",
    source=_WATCHED,
)
def waivers_are_short(audit: WaiverAudit) -> Findings:
    for waiver in audit.file.waivers:
        ahead = waiver.expires - audit.today
        if ahead > LONGEST_TERM:
            latest = f"{audit.today + LONGEST_TERM} or earlier"
            yield Finding(f"expires in {ahead.days} days", audit.place(waiver), latest, str(waiver.expires))


@waiver_rule(
    "SYS006",
    Level.ERROR,
    requirement="every waiver waives a finding",
    title="a waiver waives nothing",
    why="The fault is fixed, or the scope is misspelt. If the waiver stays, it covers the next fault of this kind"
    " without anyone's decision.",
    fix="remove the waiver, or set its scope to the fingerprint or the device name in the finding",
    passes="a waiver of CRT009 for the certificate that is valid for 20 years",
    fails="the same waiver after the certificate was renewed for 35 years",
    source=_WATCHED,
)
def waivers_are_used(audit: WaiverAudit) -> Findings:
    for waiver in audit.unused():
        yield Finding(f"{waiver.code} has no finding that it covers", audit.place(waiver))


@waiver_rule(
    "SYS007",
    Level.ERROR,
    requirement="no waiver keeps another rule from judging",
    title="a waiver keeps another rule from judging",
    why="If a rule cannot judge because of a waived fault, nobody knows what it would have found.",
    fix="fix the fault: while it is there, the other rules cannot judge",
    passes="CRT009 is waived, and no other rule depends on it",
    fails="DEV001 is waived for a device whose file cannot be read: no other rule has judged the device",
    source=_WATCHED,
)
def waivers_hide_nothing(audit: WaiverAudit) -> Findings:
    for code, others in audit.hidden().items():
        waivers = [waiver for waiver in audit.in_force if waiver.code == code]
        where = audit.place(waivers[0]) if len(waivers) == 1 else Location(audit.file.name, field=code)
        yield Finding(f"while {code} fails, {', '.join(others)} cannot be judged", where)

"""SYS003 to SYS007: the file of waivers, so that no finding disappears behind one that nobody keeps watch over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches

from fcu_conform.artefacts.waivers import Waiver, WaiverFile
from fcu_conform.rules.model import Catalogue, Finding, Findings, Level, Location, RuleDecorator, Scope
from fcu_conform.rules.support.formatting import pluralize
from fcu_conform.rules.support.sources import inferred

LONGEST = timedelta(days=180)
"""How far ahead a waiver may reach."""

_WATCHED = inferred("a waiver is a responsibility that somebody carries for a known time")


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
            and timedelta() <= waiver.expires - self.today <= LONGEST
        )


waiver_rule: RuleDecorator[Callable[[WaiverAudit], Findings]] = RuleDecorator(Scope.WAIVERS)
"""Puts a check of the file of waivers into the catalogue; it gets what is known of them."""


@waiver_rule(
    "SYS003",
    Level.ERROR,
    statement="every waiver is for a rule that there is and that may be waived",
    why="A misspelt code waives nothing, and a key that others have makes every device forgeable, whatever the reason.",
    fix="fcu-conform rules lists the codes; take the waiver out where its rule cannot be waived, and mend the set-up",
    passes='code = "CRT009"',
    fails='code = "KEY010", for a published key; code = "CRT999"',
    source=_WATCHED,
)
def waivers_are_for_waivable_rules(audit: WaiverAudit) -> Findings:
    for waiver in audit.file.waivers:
        if waiver.code not in audit.rules:
            near = get_close_matches(waiver.code.upper(), [rule.code for rule in audit.rules], n=1)
            expected = f"a rule's code, {near[0]} perhaps" if near else "a rule's code"
            yield Finding("there is no such rule", audit.place(waiver), expected, waiver.code)
        elif not audit.rules[waiver.code].waivable:
            yield Finding(f"{waiver.code} cannot be waived", audit.place(waiver), "a rule that may be waived")


@waiver_rule(
    "SYS004",
    Level.ERROR,
    statement="no waiver has expired",
    why="What was accepted for a time is no longer accepted; nobody has looked at it since.",
    fix="mend what the waiver is for; or have its owner look at it again and set a new date",
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
    statement=f"no waiver reaches more than {LONGEST.days} days ahead",
    why="A waiver without a near end is a rule that was switched off: nobody looks at it again.",
    fix=f"set expires to a day at most {LONGEST.days} days ahead",
    passes="expires = 2026-11-28, judged at 2026-06-01",
    fails="expires = 2026-11-29, judged at 2026-06-01",
    source=_WATCHED,
)
def waivers_are_short(audit: WaiverAudit) -> Findings:
    for waiver in audit.file.waivers:
        ahead = waiver.expires - audit.today
        if ahead > LONGEST:
            latest = f"{audit.today + LONGEST} or earlier"
            yield Finding(f"expires {ahead.days} days ahead", audit.place(waiver), latest, str(waiver.expires))


@waiver_rule(
    "SYS006",
    Level.ERROR,
    statement="every waiver waives something",
    why="The fault is mended, or the scope is misspelt; left there, the waiver would cover the next fault of its kind"
    " without anybody's decision.",
    fix="take the waiver out; or give it the fingerprint or the device's name that the finding has",
    passes="a waiver of CRT009 for the certificate that is valid for 20 years",
    fails="the same waiver after the certificate was renewed for 35 years",
    source=_WATCHED,
)
def waivers_are_used(audit: WaiverAudit) -> Findings:
    for waiver in audit.unused():
        yield Finding(f"{waiver.code} found nothing that it covers", audit.place(waiver))


@waiver_rule(
    "SYS007",
    Level.ERROR,
    statement="no waiver keeps another rule from judging",
    why="Where a rule cannot judge because of a waived fault, nobody knows what it would have found.",
    fix="mend the fault: while it is there the other rules cannot be judged",
    passes="CRT009 is waived, and no other rule rests on it",
    fails="DEV001 is waived for a device whose file cannot be read: no other rule has seen the device",
    source=_WATCHED,
)
def waivers_hide_nothing(audit: WaiverAudit) -> Findings:
    for code, others in audit.hidden().items():
        waivers = [waiver for waiver in audit.in_force if waiver.code == code]
        where = audit.place(waivers[0]) if len(waivers) == 1 else Location(audit.file.name, field=code)
        yield Finding(f"while {code} is violated, {', '.join(others)} cannot be judged", where)

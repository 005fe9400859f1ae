"""A second pass, over finished results: which waivers cover nothing, and which faults keep other rules from judging."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from fcu_conform.engine.judgements import HINDERED
from fcu_conform.engine.results import Outcome, Result
from fcu_conform.rules import catalogue
from fcu_conform.rules.model import Catalogue, Level
from fcu_conform.rules.run.waivers import WaiverAudit

if TYPE_CHECKING:
    from fcu_conform.artefacts.waivers import Waiver, WaiverFile
    from fcu_conform.engine.lot.tally import Tally


@dataclass(frozen=True)
class FinishedRun:
    """The results of all other rules.

    Attributes:
        catalogue: the rules of the run.
        results: those of every rule about a setup, with the setup's name.
        tallies: by setup and code, what device rules said of its devices; none of those that the keystore kept from
            judging, and none at all where there are no devices.
    """

    catalogue: Catalogue
    results: list[tuple[str, Result]]
    tallies: Mapping[str, Mapping[str, Tally]]

    def of(self, code: str, name: str) -> Result | None:
        """The result of one rule on one setup, if it was judged there."""
        return next((result for its, result in self.results if (its, result.code) == (name, code)), None)

    def of_rule(self, code: str) -> list[tuple[str, Result]]:
        """The results of one rule on all its targets; none where the run has nothing for it to judge."""
        return [(name, result) for name, result in self.results if result.code == code]

    def tally(self, code: str, name: str) -> Tally | None:
        """What a device rule said of the devices of a setup."""
        return self.tallies.get(name, {}).get(code)


def audit_waivers(file: WaiverFile, today: date, finish: Callable[[], FinishedRun]) -> WaiverAudit:
    """What the rules about waivers judge.

    Args:
        file: all waivers that were given.
        today: the day of judgement.
        finish: judges all other rules; called when a rule asks what a waiver did.
    """
    # Every rule that there is, whether or not this run has something for it to judge.
    audit = WaiverAudit(file, today, catalogue(), lambda: _unused(in_force, finish()), lambda: _hidden(finish()))
    in_force = audit.in_force
    return audit


def _unused(in_force: tuple[Waiver, ...], run: FinishedRun) -> Iterator[Waiver]:
    """Waivers whose rule has judged all that there is, and found nothing that they cover.

    Those of rules that this run has nothing for may be used in another run with the same file.
    """
    for waiver in in_force:
        results = run.of_rule(waiver.code)
        used = {finding.waiver for _, result in results for finding in result.findings}
        if results and waiver not in used and not any(_is_partial(run, name, result) for name, result in results):
            yield waiver


def _is_partial(run: FinishedRun, name: str, result: Result) -> bool:
    """Another fault has kept the rule from seeing everything."""
    if result.outcome in (Outcome.BLOCKED, Outcome.ERROR):
        return True
    tally = run.tally(result.code, name)
    if tally is not None:
        return bool(tally.blocked_by)
    hindering = (run.of(code, name) for code in result.rule.partially_blocked_by)
    return any(other is not None and other.outcome in HINDERED for other in hindering)


def _hidden(run: FinishedRun) -> dict[str, tuple[str, ...]]:
    """By codes whose errors were waived, the rules of level error that could not judge because of just that."""
    hidden: dict[str, list[str]] = {}
    for rule in run.catalogue:
        if rule.level is Level.ERROR:
            results = run.of_rule(rule.code)
            for code in sorted(set().union(*(_behind(run, name, result) for name, result in results))):
                hidden.setdefault(code, []).append(rule.code)
    return {code: tuple(others) for code, others in sorted(hidden.items())}


def _behind(run: FinishedRun, name: str, result: Result) -> frozenset[str]:
    """The waived rules that alone keep a rule from judging; none where another one does too."""
    tally = run.tally(result.code, name)
    if tally is not None:
        return frozenset(tally.hidden_by)  # every device has faults of its own
    behind = []
    for code in result.blocked_by:
        cause = run.of(code, name)
        if cause is None:  # the run itself is the cause
            return frozenset()
        behind.append(frozenset({code}) if cause.is_waived_error else _behind(run, name, cause))
    return frozenset().union(*behind) if all(behind) else frozenset()

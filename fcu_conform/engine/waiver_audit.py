"""Looks at what became of the waivers of a run: which cover nothing, and which hide what other rules would find."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timezone
from functools import partial
from typing import TYPE_CHECKING

from fcu_conform.artefacts.waivers import Waiver, WaiverFile
from fcu_conform.engine.results import Outcome, Result
from fcu_conform.rules import catalogue
from fcu_conform.rules.model import OVER_DEVICES, Level

if TYPE_CHECKING:
    from fcu_conform.engine.examination import Examination
    from fcu_conform.rules.run.waivers import WaiverAudit


def audit_waivers(examination: Examination, file: WaiverFile) -> WaiverAudit:
    """What the rules about waivers judge; the set-ups of the examination must be known."""
    from fcu_conform.rules.run.waivers import WaiverAudit  # a run without waivers does without

    today = next(iter(examination.setups.values())).at.astimezone(timezone.utc).date()
    # Every rule that there is, whether or not this run has something for it to judge.
    return WaiverAudit(file, today, catalogue(), partial(_unused, examination, file), partial(_hidden, examination))


def _unused(examination: Examination, file: WaiverFile) -> Iterator[Waiver]:
    """Waivers whose rule has judged all that there is, and found nothing that they cover.

    Those of rules that this run has nothing for may be used in another run with the same file.
    """
    for waiver in file.waivers:
        results = examination.results_of(waiver.code) if examination.is_in_force(waiver) else []
        used = {finding.waiver for result in results for finding in result.findings}
        if results and waiver not in used and not any(_is_partial(examination, result) for result in results):
            yield waiver


def _is_partial(examination: Examination, result: Result) -> bool:
    """Another fault has kept the rule from seeing everything."""
    if result.outcome in (Outcome.BLOCKED, Outcome.ERROR):
        return True
    setup = examination.setup_of(result.target)
    if result.rule.scope in OVER_DEVICES and setup.devices:
        return bool(examination.device_results(setup.name).tallies[result.code].blocked_by)
    return bool(examination.hindered(result.rule.partially_blocked_by, setup.name))


def _hidden(examination: Examination) -> dict[str, tuple[str, ...]]:
    """By codes whose errors were waived, the rules of level error that could not judge because of just that."""
    hidden: dict[str, list[str]] = {}
    for rule in examination.catalogue:
        if rule.level is Level.ERROR and not rule.scope.is_about_run:
            results = examination.results_of(rule.code)
            for code in sorted(set().union(*(_behind(examination, result) for result in results))):
                hidden.setdefault(code, []).append(rule.code)
    return {code: tuple(others) for code, others in sorted(hidden.items())}


def _behind(examination: Examination, result: Result) -> frozenset[str]:
    """The waived rules that alone keep a rule from judging; none where another one does too."""
    setup = examination.setup_of(result.target)
    if (
        result.rule.scope in OVER_DEVICES
        and setup.devices
        and not examination.keystore_hinders(result.rule, setup.name)
    ):
        # Every device has faults of its own.
        return frozenset(examination.device_results(setup.name).tallies[result.code].hidden_by)
    behind = []
    for code in result.blocked_by:
        if code not in examination.catalogue or examination.catalogue[code].scope.is_about_run:
            return frozenset()
        cause = examination.judge(code, setup.name)
        behind.append(frozenset({code}) if cause.is_waived_error else _behind(examination, cause))
    return frozenset().union(*behind) if all(behind) else frozenset()

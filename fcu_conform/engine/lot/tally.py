"""What one rule said over some devices."""

from __future__ import annotations

from dataclasses import dataclass, field

from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.rules.model import Finding, Level

KEPT_FINDINGS = 10_000
"""Findings kept for each rule; what comes beyond is counted, so that a wholly wrong lot does not fill the memory."""


@dataclass
class Tally:
    """What one rule said over some devices.

    ``judged`` counts the devices that it really looked at, ``blocked_by`` and ``reasons`` tell why it did not look at
    others; ``findings`` are the first of ``found``; ``fault`` tells how the rule itself broke. Of the findings
    ``waived`` are covered by a waiver, each of ``used`` covers at least one, and ``levels`` are those of the findings
    that none covers. ``hidden_by`` counts the devices that it did not look at because of nothing but waived errors, by
    the codes of these. A notice is reported once, however many devices it concerns.
    """

    judged: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)
    blocked_by: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    fault: str = ""
    waived: int = 0
    used: set[Waiver] = field(default_factory=set)
    levels: set[Level] = field(default_factory=set)
    hidden_by: dict[str, int] = field(default_factory=dict)

    def keep(self, finding: Finding) -> None:
        """Counts a finding, and keeps it where there is room.

        Waived findings have a limit of their own, so that they never crowd out one that stands.
        """
        if finding.level is Level.NOTICE and any(finding.message == kept.message for kept in self.findings):
            return
        self.found += 1
        if finding.waiver is None:
            has_room = self.found - self.waived <= KEPT_FINDINGS
        else:
            self.waived += 1
            has_room = self.waived <= KEPT_FINDINGS or finding.waiver not in self.used
            self.used.add(finding.waiver)
        if has_room:
            self.findings.append(finding)

    def add(self, later: Tally) -> None:
        """Takes in what the rule said over devices that come after these."""
        self.judged += later.judged
        self.add_findings(later)
        for name in ("blocked_by", "reasons", "hidden_by"):
            for key, count in getattr(later, name).items():
                count_up(getattr(self, name), key, count)
        self.fault = self.fault or later.fault

    def add_findings(self, later: Tally) -> None:
        """Takes in no more than what the rule found."""
        for finding in later.findings:
            self.keep(finding)
        self.found += later.found - len(later.findings)
        self.waived += later.waived - sum(finding.waiver is not None for finding in later.findings)
        self.used |= later.used
        self.levels |= later.levels


def count_up(counter: dict[str, int], key: str, number: int = 1) -> None:
    """Adds to the number of a key."""
    counter[key] = counter.get(key, 0) + number

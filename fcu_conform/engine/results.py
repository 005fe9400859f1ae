"""The result of one rule on one target, and the event that listeners of `fcu_conform.check` get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from fcu_conform.rules.model import Finding, Level, Rule


class Outcome(str, Enum):
    """How one rule came out on one subject."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    WAIVED = "waived"
    NOT_APPLICABLE = "not-applicable"
    BLOCKED = "blocked"
    ERROR = "error"


JUDGED = frozenset({Outcome.PASSED, Outcome.FAILED, Outcome.WARNED, Outcome.WAIVED})
"""Outcomes of rules that really looked at something."""


@dataclass(frozen=True)
class Result:
    """One rule on one subject: the outcome, the findings, and why it could not be judged, if so.

    ``blocked_by`` holds rule codes in catalogue order; ``reason`` is for people: what is missing for a rule that does
    not apply, what the fault was when the rule itself broke. ``count`` is how many findings there were, ``waived`` how
    many of them a waiver covers; over devices both may be more than are kept in ``findings``. ``version`` is that of
    the validator that answered, which may be empty; None where none did. Of the devices of the sample ``asked`` were
    put to it, and it refuses those with the numbers ``refused``, unless a waiver or a known cause excuses that.
    """

    rule: Rule
    target: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    blocked_by: tuple[str, ...] = ()
    reason: str = ""
    count: int = 0
    version: str | None = None
    waived: int = 0
    asked: int = 0
    refused: tuple[int, ...] = ()

    @property
    def is_waived_error(self) -> bool:
        """An error was found, and a waiver alone keeps it from failing the run."""
        return self.outcome is not Outcome.FAILED and any(f.level is Level.ERROR and f.waiver for f in self.findings)

    @property
    def standing(self) -> tuple[Finding, ...]:
        """The findings that no waiver covers."""
        return tuple(finding for finding in self.findings if finding.waiver is None)

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code


@dataclass(frozen=True)
class Judged:
    """A rule has been judged on a subject."""

    result: Result


@dataclass(frozen=True)
class Finished:
    """Nothing more comes. ``complete``: every rule that was to be judged has been."""

    complete: bool


Event: TypeAlias = Judged | Finished
Listener: TypeAlias = Callable[[Event], None]

"""What was requested of a run but not done. It must be reported, or it would be taken for a pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine.results import JUDGED, Outcome, Result
from fcu_conform.rules.model import Scope

if TYPE_CHECKING:
    from fcu_conform.engine.examination import Examination


@dataclass(frozen=True)
class NotDone:
    """Something that was asked for and did not take place on a setup, and why."""

    asked: str
    subject: str
    reason: str

    def __str__(self) -> str:
        return f"{self.asked} [{self.subject}]: {self.reason}"


def not_done(setups: Sequence[Setup], results: Sequence[Result], examination: Examination) -> Iterator[NotDone]:
    """What did not take place, setup by setup.

    What the user left out by selecting rules, what broke, and a validator that did not answer (SYS002) are told
    elsewhere.
    """
    for setup in setups:
        if examination.handshake:
            yield from _handshake(setup, results, examination)
        for name in examination.named_validators:
            reason = _why_nobody_answered(result for result in results if result.target == f"{setup.name}-{name}")
            if reason:
                yield NotDone(f"validator {name}", setup.name, reason)


def _handshake(setup: Setup, results: Sequence[Result], examination: Examination) -> Iterator[NotDone]:
    if not setup.devices:  # then no rule about handshakes is in the run
        yield NotDone("handshake", setup.name, "no device output was given")
        return
    about = (r for r in results if r.rule.scope is Scope.HANDSHAKE and examination.setup_of(r.target) is setup)
    reason = _why_nobody_answered(about)
    if reason:
        yield NotDone("handshake", setup.name, reason)


def _why_nobody_answered(results: Iterable[Result]) -> str:
    """Why none of some results is an answer; empty where one is, where there are none, or where another rule tells."""
    reasons = []
    for result in results:
        was_asked = result.version is not None or result.outcome in JUDGED
        if was_asked or result.outcome is Outcome.ERROR or "SYS002" in result.blocked_by:
            return ""
        reasons.append(result.reason or f"blocked by {', '.join(result.blocked_by)}")
    return reasons[0] if reasons else ""

"""SYS001 and SYS002: the run itself, by what the engine tells of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from fcu_conform.rules.model import Finding, Findings, Level, RuleDecorator, Scope, requires
from fcu_conform.rules.support.sources import inferred


class Silence(NamedTuple):
    """Who was asked and did not answer, and why."""

    who: str
    why: str


class RunAccount(Protocol):
    """What a run has come to on one setup; what it tells is judged when it is asked for."""

    @property
    def asks_others(self) -> bool:
        """Validators or servers were to be asked, or the portal was asked and did not answer."""

    @property
    def unprotected(self) -> str:
        """Why those who are asked are not kept from harm on this machine, in words; empty where they are."""

    def has_judged(self) -> bool:
        """Some rule looked at something."""

    def silences(self) -> Sequence[Silence]:
        """Once all validators and servers have been asked: who did not answer, the portal among them."""


run_rule: RuleDecorator[Callable[[RunAccount], Findings]] = RuleDecorator(Scope.RUN)
"""Puts a check of the run into the catalogue."""


@run_rule(
    "SYS001",
    Level.ERROR,
    requirement="something was checked",
    title="nothing was checked",
    why="A run that judged nothing does not tell whether the setup is conformant, however green it looks.",
    fix="see why the other rules did not apply; pass the files that are to be judged",
    passes="at least one rule judged the setup",
    fails="no rule applied",
    source=inferred("no check passes because nothing ran"),
)
def something_was_checked(run: RunAccount) -> Findings:
    if not run.has_judged():
        yield Finding("no rule had anything to judge")


@run_rule(
    "SYS002",
    Level.ERROR,
    requirement="every requested validator was available and answered, and so did the portal where it was asked",
    title="a validator is missing, or who was asked did not answer",
    why="A missing, crashed or timed-out validator has no opinion, and a portal that does not answer as documented says"
    " nothing of the account. A verdict without them would be a guess.",
    fix="install what is missing, or choose other validators with --fcu-validators; ask the portal again, or give a"
    " state that was fetched before with --fcu-portal-state",
    passes="--fcu-validators=auto, and every installed validator answered",
    fails="--fcu-validators=all without certtool; an external command that prints no JSON",
    source=inferred("a fault of the run is never a verdict on the setup"),
)
def validators_answered(run: RunAccount) -> Findings:
    requires(run.asks_others, "no validator was requested")
    for silence in run.silences():
        yield Finding(f"{silence.who} did not answer: {silence.why}")
    if run.unprotected:
        yield Finding(run.unprotected, level=Level.NOTICE)

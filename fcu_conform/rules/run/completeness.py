"""SYS: the run itself. What these rules mean the engine knows; here they are told."""

from __future__ import annotations

from collections.abc import Callable

from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import Findings, Level, RuleDecorator, Scope
from fcu_conform.rules.support.sources import inferred

run_rule: RuleDecorator[Callable[[Setup], Findings]] = RuleDecorator(Scope.RUN)


@run_rule(
    "SYS001",
    Level.ERROR,
    statement="something was checked",
    why="A run that judged nothing says nothing of the set-up, however green it looks.",
    fix="read why the other rules did not apply; give the files that are to be judged",
    passes="at least one rule looked at the set-up",
    fails="every rule was left out",
    source=inferred("no check passes because nothing ran"),
)
def something_was_checked(_setup: Setup) -> Findings:
    yield from ()


@run_rule(
    "SYS002",
    Level.ERROR,
    statement="the validators that were asked for were there and answered",
    why="A validator that is missing, crashed or timed out has no opinion; a verdict without it would be a guess.",
    fix="install what is missing, or ask for other validators with --fcu-validators",
    passes="--fcu-validators=auto, and every one that is installed answered",
    fails="--fcu-validators=all without certtool; an external command that prints no JSON",
    source=inferred("a fault of the run is never a verdict on the set-up"),
)
def validators_answered(_setup: Setup) -> Findings:
    yield from ()

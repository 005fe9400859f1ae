"""``fcu-conform drill``: a key is stolen; what has to go from the portal, who goes dark with it, who stays online."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.engine import Examination, Outcome, Result
from fcu_conform.interfaces.console.lines import line_options, sound_lines
from fcu_conform.interfaces.console.page import show
from fcu_conform.interfaces.console.run_options import run_option
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.interfaces.run.settings import parse_instant, settings_of
from fcu_conform.interfaces.run.validators import select_validators
from fcu_conform.rules import catalogue
from fcu_conform.rules.family import Family
from fcu_conform.rules.model import Catalogue, NotApplicable
from fcu_conform.rules.support.theft import DeclaredTheft, Removal, State, Theft, draw_removal


@click.command("drill")
@line_options
@run_option("portal-state", help="What the account trusts, as JSON; default: the uploads of the lines.")
@run_option("validators")
@run_option("validator-command")
@click.option("--stolen", metavar="LINE", multiple=True, help="The key of this line is stolen; default: each in turn.")
@click.option("--since", metavar="TIME", help="The instant of the theft, RFC 3339: devices made since are listed.")
def command(stolen: tuple[str, ...], since: str | None, **values: Any) -> ExitCode:
    """Plays the theft of a key through: what to remove from the portal, who goes dark with it, who stays online."""
    settings = settings_of(values)
    setups = sound_lines(settings)
    names = [setup.name for setup in setups]
    unknown = next((name for name in stolen if name not in names), None)
    if unknown is not None:
        raise UsageError(f"--stolen {unknown}: there is no such line (there are: {', '.join(names)})")
    if since is not None and not stolen:
        raise UsageError("--since: needs --stolen LINE")
    declared = DeclaredTheft(stolen, None if since is None else parse_instant(since, "--since")) if stolen else None
    validators = select_validators(settings)
    if not validators:
        raise UsageError("--validators none: who is let in is asked of validators")
    examination = Examination(
        setups, validators=validators, theft=declared, catalogue=_rules(is_declared=declared is not None)
    )
    examination.thefts.counts_devices = True
    try:
        thefts = [examination.thefts.theft(name) for name in stolen or names]
    except NotApplicable as reason:
        raise UsageError(str(reason)) from None
    if declared is None:
        show(_table(thefts))
    else:
        for theft in thefts:
            _show(theft, examination, setups)
    click.echo()
    for result in examination.results():
        if result.rule.family is Family.THEFT and result.target in (stolen or names):
            _tell(result)
    faults = examination.thefts.faults()
    for name, fault in faults:
        click.secho(printable(f"{name} did not answer: {fault}"), fg="yellow")
    is_clean = all(theft.is_clean for theft in thefts)
    click.echo(_closing(thefts, is_clean=is_clean))
    return ExitCode.CONFORMANT if is_clean and not faults else ExitCode.NON_CONFORMANT


def _rules(*, is_declared: bool) -> Catalogue:
    """The rules about thefts, and those that they cannot be judged without."""
    rules = catalogue(devices=False, declared=is_declared)
    todo = [rule.code for rule in rules if rule.family is Family.THEFT]
    wanted: set[str] = set()
    while todo:
        code = todo.pop()
        if code not in wanted and code in rules:
            wanted.add(code)
            todo += (*rules[code].needs, *rules[code].told_by, *rules[code].partially_blocked_by)
    return rules.without({rule.code for rule in rules} - wanted)


def _table(thefts: Sequence[Theft]) -> Table:
    """The readiness table: a row for each theft in each reading, rows that are the same once."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("stolen", "portal trusts", "remove", "thief", "goes dark too", "stays online"):
        table.add_column(heading, style="bold" if heading == "stolen" else "", header_style="dim")
    for theft in thefts:
        for removal in theft.removals:
            table.add_row(*(Text(printable(cell)) for cell in _row(theft, removal)))
    return table


def _row(theft: Theft, removal: Removal) -> Iterator[str]:
    online = [name for name, state in removal.after.items() if state is State.ONLINE]
    yield theft.line
    yield "every certificate" if removal is theft.removals[0] else "the lowest alone"
    yield ", ".join(entry.name for entry in removal.remove) or "nothing"
    yield "shut out" if removal.is_shut_out else removal.thief.value
    yield ", ".join(removal.dark) or "nobody"
    yield ", ".join(online) or "nobody"


def _show(theft: Theft, examination: Examination, setups: Sequence[Setup]) -> None:
    """One theft in full: a drawing for each reading, and what to make again."""
    click.echo(printable(f"the key of {theft.line} is stolen"))
    for removal in theft.removals:
        click.echo(f"\nwhere {removal.reading.value}:")
        for row in draw_removal(removal):
            click.echo(f"  {printable(row)}")
        if removal.set_aside:
            click.echo(f"  not counted for who is online: {', '.join(removal.set_aside)} (lets nobody in, even before)")
    dark = list(dict.fromkeys(name for removal in theft.removals for name in removal.dark))
    click.echo("\nmake again:")
    for words in _again(theft.line, dark, setups):
        click.echo(f"  {printable(words)}")
    for setup in setups:
        lot = examination.thefts.lot(setup.name)
        if lot is not None:
            devices = "1 device" if lot.count == 1 else f"{lot.count:,} devices"
            chains = pluralize(len(lot.shapes), "chain")
            click.echo(printable(f"{setup.name}: {devices}, {chains}"))


def _tell(result: Result) -> None:
    """What a rule has found, in a line each: the drawings are there already."""
    for finding in result.findings:
        level = finding.level or result.rule.level
        click.echo(printable(f"{level.value.upper()} {result.code} [{result.target}]  {finding.message}"))
    if result.outcome in (Outcome.BLOCKED, Outcome.ERROR):
        reason = result.reason or f"blocked by {', '.join(result.blocked_by)}"
        click.echo(printable(f"{result.code} [{result.target}] was not judged: {reason}"))


def _again(stolen: str, dark: Sequence[str], setups: Sequence[Setup]) -> Iterator[str]:
    """What has to be issued anew once the entries are removed."""
    yield f"{stolen}: a new key and FCU certificate, its upload, and every device (none can be renewed over the air)"
    for setup in setups:
        if setup.name in dark:
            slicing = setup.ca.slicing
            is_leaf_alone = slicing is not None and not slicing.on_device
            devices = "its devices can stay as they are" if is_leaf_alone else "and the chains on all its devices"
            yield f"{setup.name}: its FCU certificate under another CA (its key can stay), its upload; {devices}"


def _closing(thefts: Sequence[Theft], *, is_clean: bool) -> str:
    """The one line that matters."""
    lines = ", ".join(theft.line for theft in thefts if not theft.is_clean)
    if is_clean:
        return "every theft asked about can be shut out without another line"
    return printable(f"cannot be shut out without another line, or not at all: {lines}")

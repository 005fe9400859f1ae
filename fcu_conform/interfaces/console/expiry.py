"""``fcu-conform expiry``: when what ends, which devices hang on it, and from when new devices lose their ten years."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.engine import Examination
from fcu_conform.interfaces.console.findings_page import write_findings
from fcu_conform.interfaces.console.lines import check_output, line_options, sound_lines, write_output
from fcu_conform.interfaces.console.page import show
from fcu_conform.interfaces.console.run_options import run_option
from fcu_conform.interfaces.horizon import calendar, document
from fcu_conform.interfaces.horizon.gathering import (
    DeviceEnds,
    Ending,
    LineHorizon,
    describe,
    earliest,
    gather,
    hanging_on,
)
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.interfaces.run.settings import Settings, settings_of
from fcu_conform.rules import catalogue
from fcu_conform.rules.family import Family
from fcu_conform.rules.support.formatting import format_instant, short_name

ENDINGS = (".ics", ".json")


@click.command("expiry")
@line_options
@run_option("within", help="Exit code 1 if something ends within this time, e.g. 5y, 18m or 90d.")
@click.option("--out", metavar="FILE", help="Write it too, as a calendar (.ics) or as JSON (.json).")
def command(out: str | None, **values: Any) -> ExitCode:
    """Shows when what ends, on devices and portal, and from when new devices lose their ten years."""
    settings = settings_of(values)
    setups = sound_lines(settings)
    check_output(out, ENDINGS, setups)
    lines = [gather(setup) for setup in setups]
    _show(lines)
    _tell_findings(setups)
    horizon = setups[0].horizon
    first = earliest(line.first for line in lines if line.first is not None)
    click.echo(_closing(first, lines, settings.instant))
    inside = list(_inside(lines, horizon))
    if horizon is not None:
        click.echo(f"within {settings.within}, until {horizon:%Y-%m-%d}: {', '.join(inside) or 'nothing'} ends")
    if out is not None:
        write_output(out, _written(out, lines, settings, horizon))
        click.echo(printable(out), err=True)
    has_ended = first is not None and first.from_then <= settings.instant
    return ExitCode.NON_CONFORMANT if inside or has_ended else ExitCode.CONFORMANT


def _written(out: str, lines: Sequence[LineHorizon], settings: Settings, horizon: datetime | None) -> bytes:
    if out.lower().endswith(".ics"):
        return calendar.render(lines, settings.instant)
    return document.render(lines, settings.instant, settings.within, horizon)


def _show(lines: Sequence[LineHorizon]) -> None:
    """The page: a table for each line."""
    for line in lines:
        table = Table.grid(padding=(0, 2))
        for row in _rows(line):
            table.add_row(*(Text(printable(cell)) for cell in row))
        show(Text(printable(line.name), style="bold"), table)
        if line.loses_ten_years_from is not None:
            click.echo(f"devices made from {format_instant(line.loses_ten_years_from)} on lose their ten years")
        click.echo()


def _rows(line: LineHorizon) -> Iterator[tuple[str, str, str, str]]:
    """Who holds it, where it stands, what it is, when it ends."""
    if line.devices is not None:
        yield "device", "", *_of_devices(line.devices)
        if line.devices.beside is not None:
            yield "device", "", f"the first {line.devices.beside.what}", _when(line.devices.beside, line)
    for ending in line.path:
        yield ending.carrier, ending.place, f"{short_name(ending.certificate)}, {ending.what}", _when(ending, line)


def _of_devices(devices: DeviceEnds) -> tuple[str, str]:
    unread = f", {devices.unread:,} more cannot be read" if devices.unread else ""
    if devices.first is None or devices.last is None:
        return f"{pluralize(devices.count, 'device')}{unread}", "never"
    count = f"1 device{unread}" if devices.count == 1 else f"{devices.count:,} devices{unread}"
    return count, f"ends {format_instant(devices.first.from_then)} to {format_instant(devices.last)}"


def _when(ending: Ending, line: LineHorizon) -> str:
    return f"ends {format_instant(ending.from_then)}{'  <- first' if ending is line.first else ''}"


def _closing(first: Ending | None, lines: Sequence[LineHorizon], at: datetime) -> str:
    """The one line that matters."""
    if first is None:
        return "conformant: no certificate ends"
    dark = hanging_on(first, lines)
    when = format_instant(first.from_then)
    if first.from_then <= at:
        who = f", and all devices of {', '.join(dark)} are dark" if dark else ""
        return printable(f"non-conformant since {when}: {describe(first)} has ended{who}")
    who = f", and all devices of {', '.join(dark)} go dark" if dark else ""
    return printable(f"conformant until {when}: then {describe(first)} ends{who}")


def _inside(lines: Sequence[LineHorizon], horizon: datetime | None) -> Iterator[str]:
    """What ends before the horizon, in words."""
    if horizon is None:
        return
    on_path = {one.certificate.raw: one for line in lines for one in line.path}
    yield from (
        printable(short_name(one.certificate)) for one in on_path.values() if _is_before(one.certificate, horizon)
    )
    for line in lines:
        if line.devices is not None and line.devices.in_window:
            yield f"{pluralize(line.devices.in_window, 'device certificate')} of {printable(line.name)}"
        if line.devices is not None and line.devices.beside is not None:
            beside = line.devices.beside
            if _is_before(beside.certificate, horizon):
                yield printable(beside.what)


def _is_before(certificate: Any, horizon: datetime) -> bool:
    is_before: bool = certificate.not_after.instant < horizon
    return is_before


def _tell_findings(setups: Sequence[Setup]) -> None:
    """What the rules about what ends find."""
    rules = catalogue(devices=False, upload=False, validators=False, handshake=False, waivers=False)
    others = {rule.code for rule in rules if rule.family is not Family.HORIZON}
    examination = Examination(setups, catalogue=rules.without(others - {"CRT002", "CRT006"}))
    results = [result for result in examination.results() if result.rule.family is Family.HORIZON]
    write_findings(results, examination.setup_of)

"""``fcu-conform portal``: fetches what an account trusts, judges it, and plans what is to be done; it only reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.table import Table
from rich.text import Text

from fcu_conform.artefacts.bounded_io.limits import PORTAL_STATE_FILE
from fcu_conform.artefacts.bounded_io.reading import Trouble, read_file
from fcu_conform.artefacts.portal_state import PortalState, read_portal_state
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.interfaces.console.check import judge_under_pytest
from fcu_conform.interfaces.console.lines import check_output, devices_by_line, sound_lines, write_output
from fcu_conform.interfaces.console.page import show
from fcu_conform.interfaces.console.run_options import run_option, run_options
from fcu_conform.interfaces.portal.api_key import VARIABLE, read_api_key
from fcu_conform.interfaces.portal.client import PortalClient, PortalFault
from fcu_conform.interfaces.portal.fetching import Fetched, fetch
from fcu_conform.interfaces.portal.plan import Step, What, is_done, make_plan, render
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.interfaces.run.run import Run
from fcu_conform.interfaces.run.settings import now, settings_of
from fcu_conform.rules.portal.account import limit_of

Command = TypeVar("Command", bound=Callable[..., Any])


class Incomplete(click.ClickException):
    """The portal did not answer as documented, so that nothing is known of the account."""

    suite_exit_code = ExitCode.NON_CONFORMANT

    def __init__(self, fault: PortalFault) -> None:
        super().__init__(f"incomplete: {fault}")


@click.group("portal")
def command() -> None:
    """Fetches what an account of the portal trusts, judges it, and plans what is to be done. Writes nothing there."""


def portal_options(*, required: bool) -> Callable[[Command], Command]:
    """Gives a command the options that say which account is asked."""
    added = (
        click.option("--ca-file", metavar="FILE", help="PEM certificates that its server is verified by."),
        click.option(
            "--api-key-env", metavar="NAME", default=VARIABLE, show_default=True, help="Or the variable with it."
        ),
        click.option("--api-key-file", metavar="FILE", help="A file that holds the API key."),
        click.option("--url", metavar="URL", required=required, help="The portal: https://HOST or https://HOST:PORT."),
    )

    def decorate(command: Command) -> Command:
        for add in added:
            command = add(command)
        return command

    return decorate


@command.command("fetch")
@portal_options(required=True)
@click.option("--out", metavar="FILE.json", required=True, help="Where to write the state of the account.")
@click.option("--with-devices", is_flag=True, help="With the devices that the portal has seen.")
@click.option("--force", is_flag=True, help="Overwrite a file that is not the state of an account.")
def fetch_command(out: str, with_devices: bool, force: bool, **portal: str | None) -> ExitCode:
    """Writes what the account trusts to a file.

    With its limits and server credentials; every --portal-state reads it.
    """
    check_output(out, (".json",), ())
    _check_overwritten(out, force=force)
    try:
        fetched = _ask(portal, with_devices=with_devices)
    except PortalFault as fault:
        raise Incomplete(fault) from None
    write_output(out, fetched.data)
    click.echo(printable(f"{out}: {_summary(fetched.state)}"))
    for what in fetched.withheld:
        click.echo(printable(f"not shown by the portal: {what}"))
    return ExitCode.CONFORMANT


@command.command("check")
@run_options(required=["keystore"])
@portal_options(required=False)
@click.option("-v", "--verbose", count=True, help="Show every rule.")
@click.option("-q", "--quiet", count=True, help="Show less.")
def check_command(
    url: str | None,
    api_key_file: str | None,
    api_key_env: str,
    ca_file: str | None,
    verbose: int,
    quiet: int,
    **values: Any,
) -> int:
    """Judges lines beside what the account trusts."""
    settings = settings_of(values)
    portal = {"url": url, "api_key_file": api_key_file, "api_key_env": api_key_env, "ca_file": ca_file}
    _check_source(url, settings.portal_state)
    account: PortalState | str | None = None
    if url is not None:
        try:
            account = _ask(portal, with_devices=bool(settings.devices)).state
        except PortalFault as fault:
            account = str(fault)
    run = Run(settings, line_devices=devices_by_line(settings), account=account)
    run.check_outputs()
    return judge_under_pytest(run, ["-v"] * verbose + ["-q"] * quiet)


@command.command("plan")
@run_option("keystore", required=True)
@run_option("config")
@run_option("chain-depth")
@run_option("portal-upload")
@run_option("mode")
@run_option("at")
@run_option("portal-state")
@portal_options(required=False)
@click.option("--out", metavar="FILE.json", help="Write the plan too.")
def plan_command(
    url: str | None, api_key_file: str | None, api_key_env: str, ca_file: str | None, out: str | None, **values: Any
) -> ExitCode:
    """Shows what to create, replace, deactivate or leave.

    With that done, the account trusts the lines and nothing else.
    """
    settings = settings_of(values)
    portal = {"url": url, "api_key_file": api_key_file, "api_key_env": api_key_env, "ca_file": ca_file}
    _check_source(url, settings.portal_state)
    setups = sound_lines(settings)
    check_output(out, (".json",), setups)
    for setup in setups:
        _check_known(setup)
    try:
        state = _ask(portal).state if settings.portal_state is None else read_portal_state(settings.portal_state)
    except PortalFault as fault:
        raise Incomplete(fault) from None
    steps = make_plan(state, setups)
    _show(steps)
    if out is not None:
        write_output(out, render(steps, state, settings.at))
        click.echo(printable(out), err=True)
    return ExitCode.CONFORMANT if is_done(steps) else ExitCode.NON_CONFORMANT


def _ask(portal: dict[str, Any], *, with_devices: bool = False) -> Fetched:
    """The state of the account that the options name.

    Raises:
        UsageError: they make no sense.
        PortalFault: it did not answer as documented.
    """
    key = read_api_key(portal["api_key_file"], portal["api_key_env"])
    client = PortalClient(portal["url"], key, portal["ca_file"])
    return fetch(client, now(), with_devices=with_devices)


def _check_source(url: str | None, state: str | None) -> None:
    if (url is None) == (state is None):
        raise UsageError("which account: name one of --portal-state FILE and --url URL")


def _check_known(setup: Setup) -> None:
    """Makes sure that it is known what a line needs on the portal."""
    if setup.mode is None:
        raise UsageError(f"{setup.name}: neither fcu.yml nor --mode says which service its devices use")
    if setup.upload is None and setup.ca.slicing is None:
        raise UsageError(f"{setup.name}: neither fcu.yml nor --chain-depth says what is uploaded")


def _check_overwritten(out: str, *, force: bool) -> None:
    """Makes sure that nothing else than an older state is overwritten."""
    there = read_file(Path(out), PORTAL_STATE_FILE)
    if there.trouble is Trouble.MISSING or force:
        return
    try:
        read_portal_state(out)
    except UsageError:
        raise UsageError(f"--out: {out} is not the state of an account (--force overwrites it)") from None


def _summary(state: PortalState) -> str:
    active = len(state.active(None))
    limit = limit_of(state)
    words = f"{pluralize(len(state.entries), 'trusted certificate')}, {active} ACTIVE"
    words += "" if limit is None else f"; room for {limit}"
    return words if state.devices is None else f"{words}; {pluralize(len(state.devices), 'device')}"


def _show(steps: Sequence[Step]) -> None:
    """The plan as a table, and its sum as a line."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("what", "entry", "service", "lines", "why"):
        table.add_column(heading, style="bold" if heading == "what" else "", header_style="dim")
    for step in steps:
        cells = step.what.value, step.name, step.service, ", ".join(step.lines), step.why
        table.add_row(*(Text(printable(cell)) for cell in cells))
    show(table)
    counts = {what: sum(step.what is what for step in steps) for what in What}
    todo = [f"{counts[what]} to {what.value}" for what in What if what is not What.LEAVE and counts[what]]
    click.echo(f"\n{', '.join(todo) or 'nothing is to be done'}; {counts[What.LEAVE]} to leave. Nothing was changed.")

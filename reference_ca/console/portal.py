"""`reference-ca portal`: the stand-in for the portal, until it is ended."""

from __future__ import annotations

import ipaddress
import re
import signal
import tempfile
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import click

from reference_ca.console.options import PATH
from reference_ca.portal.account import Tier
from reference_ca.portal.faults import FAULTS
from reference_ca.portal.service import Settings, running
from reference_ca.portal.trust import Reading

DATABASE = "portal.sqlite"


_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+))(?::([0-9]{1,5}))?")


def _address(_: click.Context, __: click.Parameter, value: str) -> tuple[str, int]:
    """ADDR or ADDR:PORT, with an IPv6 address in brackets where a port follows."""
    with suppress(ValueError):
        return str(ipaddress.ip_address(value)), 0
    found = _ADDRESS.fullmatch(value)
    if found is None or int(found[3] or 0) > 65535:
        raise click.BadParameter(f"{value!r} is not an address: write it as 127.0.0.1 or 127.0.0.1:8443")
    return found[1] or found[2], int(found[3] or 0)


@click.command("portal")
@click.option(
    "--listen", callback=_address, default="127.0.0.1", show_default=True, metavar="ADDR[:PORT]",
    help="Where to listen; without a port, on any free one.",
)  # fmt: skip
@click.option("--db", "database", type=PATH, help="Keep the state in this SQLite file. [default: until the end only]")
@click.option(
    "--coaps", "coaps_port", type=click.IntRange(0, 65534), default=0,
    help="The port of bootstrap; LwM2M has the next one. [default: any free ones]",
)  # fmt: skip
@click.option(
    "--reading", type=click.Choice([reading.value for reading in Reading]), default="all", show_default=True,
    help="Which certificates of an entry are trusted.",
)  # fmt: skip
@click.option(
    "--account", type=click.Choice([tier.label for tier in Tier]), default="commercial", show_default=True,
    help="The kind of account: its limit of certificates.",
)  # fmt: skip
@click.option(
    "--fault", "faults", multiple=True, metavar="NAME[:N]",
    help=f"What goes wrong, in the first N requests or in all of them: {', '.join(FAULTS)}.",
)  # fmt: skip
def portal_command(
    listen: tuple[str, int],
    database: Path | None,
    coaps_port: int,
    reading: str,
    account: str,
    faults: tuple[str, ...],
) -> None:
    """Run a stand-in for the portal until SIGTERM: REST interface, bootstrap and LwM2M servers.

    When it is ready it prints what a client needs, and `ready`; on standard error a line for each device.
    """
    ended = threading.Event()
    with ExitStack() as stack:
        if database is None:
            database = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-"))) / DATABASE
        host, port = listen
        tier = next(tier for tier in Tier if tier.label == account)
        settings = Settings(
            database, host, port, coaps_port, Reading(reading), tier, faults, lambda line: click.echo(line, err=True)
        )
        ready = stack.enter_context(running(settings))
        signal.signal(signal.SIGTERM, lambda *_: ended.set())
        click.echo("\n".join([*ready.lines(), "ready"]))
        ended.wait()

"""`reference-ca lot`: a whole lot, with a truth file about the wrong devices in it."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from reference_ca.console.options import PATH, with_chain_depth, with_length, with_source
from reference_ca.key_source import KeySource
from reference_ca.lot import make_lot


@click.command("lot")
@with_source
@click.argument("count", metavar="N", type=click.IntRange(1))
@click.argument("folder", metavar="OUT", type=PATH)
@click.option(
    "--format", "form", type=click.Choice(["folder", "jsonl", "parquet"]), default="folder", show_default=True
)
@click.option("--defects", type=click.FloatRange(0, 1), default=0.0, help="The share of devices to make wrong.")
@with_length(3)
@with_chain_depth("2; 1 for length 1", least=1)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
def lot_command(
    count: int,
    folder: Path,
    form: str,
    defects: float,
    length: int,
    depth: int | None,
    workers: int,
    source: KeySource,
) -> None:
    """Make a factory setup and a lot of N devices in OUT, with a truth file about the wrong ones among them."""
    if not source.seeded:
        source = KeySource(secrets.token_bytes(32), at=source.now())
    made = make_lot(folder, count, source, form=form, defects=defects, length=length, depth=depth, workers=workers)
    click.echo(f"{made.devices} devices, {made.wrong} of them wrong: {folder}")

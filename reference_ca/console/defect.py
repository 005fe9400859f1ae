"""`reference-ca defect`: a setup with one thing wrong."""

from __future__ import annotations

from pathlib import Path

import click

from reference_ca.console.options import PATH, with_chain_depth, with_length, with_source
from reference_ca.defects import command
from reference_ca.key_source import KeySource


@click.command("defect")
@with_source
@click.argument("name", required=False)
@click.argument("folder", metavar="OUT", type=PATH, required=False)
@click.option("--list", "listing", is_flag=True, help="List all defects, and the sound near misses beside them.")
@with_length(None, "as the defect needs")
@with_chain_depth("as the defect needs", least=1)
def defect_command(
    name: str | None, folder: Path | None, listing: bool, length: int | None, depth: int | None, source: KeySource
) -> None:
    """Make a setup with one defect, to test a checker with, and say what the checker should say of it."""
    if listing:
        command.list_all()
    elif name is None or folder is None:
        raise click.UsageError("name a defect and the folder to make, or ask for --list")
    else:
        command.make(name, folder, length, depth, source)

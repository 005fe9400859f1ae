"""`reference-ca device` and `devices`: what FCU issues."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from reference_ca.authority import Authority
from reference_ca.config import Config
from reference_ca.console.options import (
    PATH,
    Command,
    config_of,
    depth_of,
    with_chain_depth,
    with_keystore,
    with_source,
)
from reference_ca.key_source import KeySource
from reference_ca.keystore import Keystore
from reference_ca.output import FORMATS, LAYOUTS, file_name, issue_outputs, write_device, write_lot


def with_form(command: Command) -> Command:
    """Add what `device` and `devices` share."""
    forms = click.Choice(list(FORMATS))
    command = click.option("--format", "form", type=forms, default="pem", show_default=True)(command)
    command = with_chain_depth("what fcu.yml says")(command)
    return with_source(with_keystore(command))


def authority_for(
    folder: Path, config_file: Path | None, depth: int | None, source: KeySource
) -> tuple[Authority, Config | None]:
    """The keystore's CA, and the settings with the depth that counts."""
    authority, config = Keystore(folder).authority(source), config_of(folder, config_file)
    depth = depth_of(config, depth, len(authority.chain))
    return authority, config and dataclasses.replace(config, device_certificate_chain_depth=depth)


@click.command("device")
@with_form
@click.argument("endpoint_name", metavar="ENDPOINT")
@click.option(
    "--out", "-o", "--output", "output", type=PATH, help="The file to write. [default: ENDPOINT.pem, .der or .cbor]"
)
def device_command(
    endpoint_name: str,
    folder: Path,
    config_file: Path | None,
    form: str,
    depth: int | None,
    output: Path | None,
    source: KeySource,
) -> None:
    """Issue one device; its private key lies beside it as NAME.key.pem or NAME.key.der (inside it, for
    cbor).
    """
    authority, config = authority_for(folder, config_file, depth, source)
    (made,) = issue_outputs([endpoint_name], authority, config, form=form, depth=depth)
    for path in write_device(made, output or Path(f"{file_name(endpoint_name)}.{form}")):
        click.echo(path)


@click.command("devices")
@with_form
@click.option("--count", type=click.IntRange(1), required=True, help="How many devices.")
@click.option("--prefix", default="device-", show_default=True, help="Endpoint names are this and a number.")
@click.option("--layout", type=click.Choice(list(LAYOUTS)), default="flat", show_default=True)
@click.option(
    "--out",
    "-o",
    "--output",
    "output",
    type=PATH,
    required=True,
    help="A new folder, or a .tar, .tar.gz, .tgz or .zip by its ending.",
)
def devices_command(
    count: int,
    prefix: str,
    layout: str,
    output: Path,
    folder: Path,
    config_file: Path | None,
    form: str,
    depth: int | None,
    source: KeySource,
) -> None:
    """Issue a lot of devices, with a manifest (devices.csv)."""
    authority, config = authority_for(folder, config_file, depth, source)
    width = max(4, len(str(count)))
    names = (f"{prefix}{number:0{width}d}" for number in range(1, count + 1))
    outputs = issue_outputs(names, authority, config, form=form, depth=depth)
    made = write_lot(outputs, output, layout=layout, at=source.now())
    click.echo(f"{made} devices: {output}")

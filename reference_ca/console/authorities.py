"""`reference-ca root` and `intermediate`: the CAs above FCU's."""

from __future__ import annotations

from pathlib import Path

import click

from reference_ca.authority import Authority, RootAuthority
from reference_ca.console.options import PATH, Command, with_source
from reference_ca.hierarchy import load_authority, save_authority
from reference_ca.key_source import KeySource
from reference_ca.keystore import Keystore
from reference_ca.profiles import CaProfile


def with_ca_options(command: Command) -> Command:
    """Add what `root` and `intermediate` share."""
    for option in (
        click.option("--out", "-o", "--output", "output", type=PATH, required=True, help="The folder to write it to."),
        click.option("--name", help="Its common name. [default: one with an id of its own]"),
        click.option("--critical", is_flag=True, help="Mark basicConstraints and keyUsage critical (RFC 5280)."),
        click.option("--path-length", type=click.IntRange(0), help="So many CAs may stand below. [default: any]"),
        click.option("--as-keystore", is_flag=True, help="Name the files as FCU's keystore does."),
    ):
        command = option(command)
    return with_source(command)


def keep_authority(authority: Authority, output: Path, as_keystore: bool) -> None:
    """Write a CA as a CA's folder, or as external credentials for FCU."""
    if as_keystore:
        Keystore(output).provide(authority)
    else:
        save_authority(authority, output)
    click.echo(output)


@click.command("root")
@with_ca_options
def root_command(
    output: Path, name: str | None, critical: bool, path_length: int | None, as_keystore: bool, source: KeySource
) -> None:
    """Make a stand-alone root CA."""
    profile = CaProfile(critical=critical, path_length=path_length)
    keep_authority(RootAuthority(name, source=source, profile=profile), output, as_keystore)


@click.command("intermediate")
@with_ca_options
@click.option("--ca", type=PATH, required=True, help="The folder of the CA to stand below.")
def intermediate_command(
    output: Path,
    ca: Path,
    name: str | None,
    critical: bool,
    path_length: int | None,
    as_keystore: bool,
    source: KeySource,
) -> None:
    """Make an intermediate CA below another one."""
    profile = CaProfile(critical=critical, path_length=path_length)
    keep_authority(load_authority(ca, source).intermediate(name, profile), output, as_keystore)

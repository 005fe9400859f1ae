"""`reference-ca keystore`, `setup`, `sign` and `status`: FCU's keystore, at once or step by step."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import click

from reference_ca.authority import Authority
from reference_ca.chain import check_depth
from reference_ca.config import Config
from reference_ca.console.exit_codes import ExitCode
from reference_ca.console.options import PATH, with_chain_depth, with_keystore, with_length, with_source
from reference_ca.hierarchy import load_authority, make_hierarchy, make_keystore, save_authority
from reference_ca.key_source import KeySource
from reference_ca.keystore import Keystore
from reference_ca.profiles import CaProfile
from reference_ca.status import get_setup_status


@click.command("setup")
@with_source
@click.option("--replace", is_flag=True, help="Write certificate or request anew from the key that is there.")
@click.option("--config", "config_file", type=PATH, required=True, help="The fcu.yml to set up from.")
@click.option("--keystore", "folder", type=PATH, required=True, help="The folder to make.")
def setup_command(folder: Path, config_file: Path, replace: bool, source: KeySource) -> None:
    """Make the key, and fcu.crt or fcu_csr.pem, as FCU's setup does."""
    keystore = Keystore(folder)
    config = Config.read(config_file)
    keystore.setup(config, source, replace=replace)
    made = keystore.csr_file if config.setup_ca_as_intermediate else keystore.certificate_file
    click.echo(f"{keystore.private_key_file}\n{made}")


@click.command("sign")
@with_source
@click.option("--keystore", "folder", type=PATH, required=True, help="The keystore with fcu_csr.pem.")
@click.option("--intermediates", type=click.IntRange(0), default=None, help="CAs between root and FCU. [default: 1]")
@click.option("--ca", type=PATH, help="Sign with the CA in this folder, instead of a new hierarchy.")
@click.option("--ca-out", type=PATH, help="Keep the new CAs here, a folder each; else their keys are gone.")
@click.option("--critical", is_flag=True, help="Mark basicConstraints and keyUsage critical (RFC 5280).")
@click.option("--replace", is_flag=True, help="Replace an fcu.crt that is there.")
def sign_command(
    folder: Path,
    intermediates: int | None,
    ca: Path | None,
    ca_out: Path | None,
    critical: bool,
    replace: bool,
    source: KeySource,
) -> None:
    """Sign fcu_csr.pem and write fcu.crt, the FCU certificate first and the root last."""
    keystore, profile = Keystore(folder), CaProfile(critical=critical)
    request = keystore.request()
    if ca is None:
        line = make_hierarchy(1 if intermediates is None else intermediates, source, profile)
    elif ca_out is not None:
        raise click.UsageError("--ca-out keeps a new hierarchy, and --ca names an old one: give one of them")
    else:
        line = [load_authority(ca, source)]
        for _ in range(intermediates or 0):
            line.append(line[-1].intermediate(profile=profile))
    keystore.install_chain(line[-1].sign_request(request.data, profile), replace=replace)
    if ca_out is not None:
        keep_line(line, ca_out)
    click.echo(keystore.certificate_file)


def keep_line(line: list[Authority], folder: Path) -> None:
    """Save CAs as folder/root, folder/intermediate-1, …."""
    for position, authority in enumerate(line):
        save_authority(authority, folder / (f"intermediate-{position}" if position else "root"))


@click.command("keystore")
@with_source
@click.argument("folder", metavar="DIR", type=PATH)
@with_length(1)
@with_chain_depth("2; 1 for length 1", least=1)
@click.option("--name", help="Common name of the FCU certificate. [default: one with an id of its own]")
@click.option("--mode", type=click.Choice(["bootstrap", "lwm2m"]), default="bootstrap", show_default=True)
@click.option("--critical", is_flag=True, help="The CAs above mark basicConstraints and keyUsage critical (RFC 5280).")
@click.option("--ca-out", type=PATH, help="Keep the CAs above here, a folder each; else their keys are gone.")
def keystore_command(
    folder: Path,
    length: int,
    depth: int | None,
    name: str | None,
    mode: str,
    critical: bool,
    ca_out: Path | None,
    source: KeySource,
) -> None:
    """Make a whole conformant setup: DIR/keystore and DIR/config/fcu.yml."""
    if critical and length == 1:
        raise click.UsageError("--critical needs --length 2 or more: a self-signed certificate is as FCU makes it")
    config = Config.example(source, name=name, mode=mode)
    depth = check_depth(min(length, 2) if depth is None else depth, length)
    config = dataclasses.replace(config, device_certificate_chain_depth=depth)
    made, line = make_keystore(folder, length, config, source, CaProfile(critical=critical))
    if ca_out is not None:
        keep_line(line, ca_out)
    click.echo(made.folder)


@click.command("status")
@with_keystore
def status_command(folder: Path, config_file: Path | None) -> None:
    """Print get_setup_status as JSON; the exit code is 1 where its status is not 0."""
    found = get_setup_status(folder, config_file)
    click.echo(json.dumps(found.as_mapping(), indent=2))
    if found.status:
        sys.exit(ExitCode.FAILED)

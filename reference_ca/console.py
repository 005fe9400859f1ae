"""The `reference-ca` command: every error is one line, and the exit code says whether it was the usage (2) or
the matter (1).
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import secrets
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from reference_ca.authority import Authority, RootAuthority
from reference_ca.chain import check_depth, portal_upload, read_chain, slice_chain, to_pem
from reference_ca.config import Config, find_config
from reference_ca.credentials import seems_private
from reference_ca.errors import ReferenceCaError
from reference_ca.files import Blob, naming, read_regular
from reference_ca.hierarchy import load_authority, make_hierarchy, make_keystore, save_authority
from reference_ca.key_source import KeySource
from reference_ca.keystore import Keystore
from reference_ca.output import FORMATS, LAYOUTS, file_name, issue_outputs, write_device, write_lot
from reference_ca.profiles import CaProfile
from reference_ca.status import get_setup_status

Command = TypeVar("Command", bound=Callable[..., Any])


PATH = click.Path(path_type=Path)

EARLIEST, LATEST = 1951, 9900
"""Years in which something may be made: certificates have no dates before 1950 nor after 9999."""

LONGEST = 100
"""Certificates in an fcu.crt; the portal takes 50 for an account."""


def _instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    """An RFC 3339 instant; a date alone is its first second in UTC."""
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value.upper().replace("Z", "+00:00"))
    except ValueError:
        raise click.BadParameter(f"{value!r} is no instant: write it as 2026-01-01T00:00:00Z") from None
    if instant.tzinfo is None and len(value) > len("2026-01-01"):
        raise click.BadParameter(f"{value!r} has no zone: end it with Z")
    if not EARLIEST <= instant.year <= LATEST:
        raise click.BadParameter(f"{value!r} is no time for certificates: name a year from {EARLIEST} to {LATEST}")
    return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)


def with_source(command: Command) -> Command:
    """Add --seed and --at, which reach the command as one ``source``."""

    @click.option("--seed", help="For tests: derive keys, serials and dates from this text.")
    @click.option("--at", callback=_instant, metavar="TIME", help="Make it as of this instant (RFC 3339).")
    @functools.wraps(command)
    def inner(seed: str | None, at: datetime | None, **arguments: Any) -> Any:
        if seed is None and at is None:
            at = datetime.now(timezone.utc)  # what one command makes starts at one instant
        return command(source=KeySource(seed, at=at), **arguments)

    return cast(Command, inner)


def with_keystore(command: Command) -> Command:
    """Add --keystore and --config."""
    where = "fcu.yml; else it is looked for beside the keystore."
    command = click.option("--config", "config_file", type=PATH, help=where)(command)
    return click.option("--keystore", "folder", type=PATH, required=True, help="FCU's keystore folder.")(command)


def config_of(folder: Path, config_file: Path | None) -> Config | None:
    """The fcu.yml that was named or lies beside the keystore, or none."""
    place = config_file or find_config(folder)
    return Config.read(place) if place else None


def depth_of(config: Config | None, depth: int | None, length: int) -> int:
    """The depth from fcu.yml or the option; the two must not contradict each other."""
    configured = config.device_certificate_chain_depth if config else None
    if depth is not None and configured is not None and depth != configured:
        raise click.UsageError(f"--depth {depth} contradicts {configured} in {config and config.settings_file}")
    return check_depth(depth if depth is not None else configured, length)


def emit(blob: Blob, output: Path | None, replace: bool = False) -> None:
    """Write to a file, or to standard output where none is named."""
    if output is None:
        sys.stdout.buffer.write(blob.data)
    else:
        blob.write_to_path(output, replace=replace)


def check_output(path: Path, keystore: Path) -> None:
    """Make sure that no private key is written over, and nothing into a keystore, this one or another."""
    place = Path(os.path.realpath(path.parent)) / path.name
    if place.is_relative_to(os.path.realpath(keystore)) or any(
        os.path.lexists(Keystore(folder).private_key_file) for folder in place.parents
    ):
        raise ReferenceCaError("a keystore is no place for an upload", path, "name a file elsewhere")
    if path.exists():
        with naming(path):
            if seems_private(read_regular(path)):
                raise ReferenceCaError("the file may hold a private key and is not replaced", path, "name another")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Make what FCU makes as a CA: keystores, CA chains, device certificates, uploads."""


@cli.command()
@with_source
@click.option("--replace", is_flag=True, help="Write certificate or request anew from the key that is there.")
@click.option("--config", "config_file", type=PATH, required=True, help="The fcu.yml to set up from.")
@click.option("--keystore", "folder", type=PATH, required=True, help="The folder to make.")
def setup(folder: Path, config_file: Path, replace: bool, source: KeySource) -> None:
    """Make the key, and fcu.crt or fcu_csr.pem, as FCU's setup does."""
    keystore = Keystore(folder)
    config = Config.read(config_file)
    keystore.setup(config, source, replace=replace)
    made = keystore.csr_file if config.setup_ca_as_intermediate else keystore.certificate_file
    click.echo(f"{keystore.private_key_file}\n{made}")


@cli.command()
@with_source
@click.option("--keystore", "folder", type=PATH, required=True, help="The keystore with fcu_csr.pem.")
@click.option("--intermediates", type=click.IntRange(0), default=None, help="CAs between root and FCU. [default: 1]")
@click.option("--ca", type=PATH, help="Sign with the CA in this folder, instead of a new hierarchy.")
@click.option("--ca-out", type=PATH, help="Keep the new CAs here, a folder each; else their keys are gone.")
@click.option("--critical", is_flag=True, help="Mark basicConstraints and keyUsage critical (RFC 5280).")
@click.option("--replace", is_flag=True, help="Replace an fcu.crt that is there.")
def sign(
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


def with_ca_options(command: Command) -> Command:
    """Add what `root` and `intermediate` share."""
    for option in (
        click.option("-o", "--output", type=PATH, required=True, help="The folder to write it to."),
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


@cli.command()
@with_ca_options
def root(
    output: Path, name: str | None, critical: bool, path_length: int | None, as_keystore: bool, source: KeySource
) -> None:
    """Make a stand-alone root CA."""
    profile = CaProfile(critical=critical, path_length=path_length)
    keep_authority(RootAuthority(name, source=source, profile=profile), output, as_keystore)


@cli.command()
@with_ca_options
@click.option("--ca", type=PATH, required=True, help="The folder of the CA to stand below.")
def intermediate(
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


@cli.command()
@with_source
@click.argument("folder", metavar="DIR", type=PATH)
@click.option(
    "--length", type=click.IntRange(1, LONGEST), default=1, show_default=True, help="Certificates in fcu.crt."
)
@click.option("--depth", type=click.IntRange(1), help="device-certificate-chain-depth. [default: 2; 1 for length 1]")
@click.option("--name", help="Common name of the FCU certificate. [default: one with an id of its own]")
@click.option("--mode", type=click.Choice(["bootstrap", "lwm2m"]), default="bootstrap", show_default=True)
@click.option("--ca-out", type=PATH, help="Keep the CAs above here, a folder each; else their keys are gone.")
def keystore(
    folder: Path, length: int, depth: int | None, name: str | None, mode: str, ca_out: Path | None, source: KeySource
) -> None:
    """Make a whole conformant set-up: DIR/keystore and DIR/config/fcu.yml."""
    config = Config.example(source, name=name, mode=mode)
    depth = check_depth(min(length, 2) if depth is None else depth, length)
    config = dataclasses.replace(config, device_certificate_chain_depth=depth)
    made, line = make_keystore(folder, length, config, source)
    if ca_out is not None:
        keep_line(line, ca_out)
    click.echo(made.folder)


def with_form(command: Command) -> Command:
    """Add what `device` and `devices` share."""
    forms = click.Choice(list(FORMATS))
    command = click.option("--format", "form", type=forms, default="pem", show_default=True)(command)
    command = click.option("--depth", type=int, help="device-certificate-chain-depth, where fcu.yml does not say.")(
        command
    )
    return with_source(with_keystore(command))


def authority_for(
    folder: Path, config_file: Path | None, depth: int | None, source: KeySource
) -> tuple[Authority, Config | None]:
    """The keystore's CA, and the settings with the depth that counts."""
    authority, config = Keystore(folder).authority(source), config_of(folder, config_file)
    depth = depth_of(config, depth, len(authority.chain))
    return authority, config and dataclasses.replace(config, device_certificate_chain_depth=depth)


@cli.command()
@with_form
@click.argument("endpoint_name", metavar="ENDPOINT")
@click.option("-o", "--output", type=PATH, help="The file to write. [default: ENDPOINT.pem, .der or .cbor]")
def device(
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


@cli.command()
@with_form
@click.option("--count", type=click.IntRange(1), required=True, help="How many devices.")
@click.option("--prefix", default="device-", show_default=True, help="Endpoint names are this and a number.")
@click.option("--layout", type=click.Choice(list(LAYOUTS)), default="flat", show_default=True)
@click.option(
    "-o", "--output", type=PATH, required=True, help="A new folder, or a .tar, .tar.gz, .tgz or .zip by its ending."
)
def devices(
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


@cli.command()
@with_source
@click.argument("count", metavar="N", type=click.IntRange(1))
@click.argument("folder", metavar="OUT", type=PATH)
@click.option(
    "--format", "form", type=click.Choice(["folder", "jsonl", "parquet"]), default="folder", show_default=True
)
@click.option("--defects", type=click.FloatRange(0, 1), default=0.0, help="The share of devices to make wrong.")
@click.option(
    "--length", type=click.IntRange(1, LONGEST), default=3, show_default=True, help="Certificates in fcu.crt."
)
@click.option("--depth", type=click.IntRange(1), help="device-certificate-chain-depth. [default: 2; 1 for length 1]")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
def lot(
    count: int,
    folder: Path,
    form: str,
    defects: float,
    length: int,
    depth: int | None,
    workers: int,
    source: KeySource,
) -> None:
    """Make a factory set-up and a lot of N devices in OUT, with a truth file about the wrong ones among them."""
    from reference_ca.lot import make_lot

    if not source.seeded:
        source = KeySource(secrets.token_bytes(32), at=source.now())
    made = make_lot(folder, count, source, form=form, defects=defects, length=length, depth=depth, workers=workers)
    click.echo(f"{made.devices} devices, {made.wrong} of them wrong: {folder}")


@cli.command(name="slice")
@with_keystore
@click.argument("device", metavar="DEVICE.pem", type=PATH)
@click.option("--depth", type=int, help="device-certificate-chain-depth, where fcu.yml does not say.")
@click.option("-o", "--output", type=PATH, help="The file to write. [default: standard output]")
def slice_(folder: Path, config_file: Path | None, device: Path, depth: int | None, output: Path | None) -> None:
    """Write the chain that the device of DEVICE.pem carries, its own certificate first."""
    chain = Keystore(folder).chain()
    with naming(device):
        own = read_chain(read_regular(device), device)[0]
    emit(to_pem(slice_chain(own, chain, depth_of(config_of(folder, config_file), depth, len(chain)))), output)


@cli.command()
@with_keystore
@click.option("--depth", type=int, help="device-certificate-chain-depth, where fcu.yml does not say.")
@click.option("-o", "--output", type=PATH, help="The file to write. [default: standard output]")
@click.option("--replace", is_flag=True, help="Replace the output file.")
def upload(folder: Path, config_file: Path | None, depth: int | None, output: Path | None, replace: bool) -> None:
    """Write the PEM that belongs on the portal: what the devices do not carry."""
    chain = Keystore(folder).chain()
    depth = depth_of(config_of(folder, config_file), depth, len(chain))
    rest = portal_upload(chain, depth)
    if not rest:
        raise ReferenceCaError(
            f"nothing is left to upload at depth {depth}",
            folder,
            "lower the depth, so that at least the root is left",
        )
    if output is not None:
        check_output(output, folder)
    emit(to_pem(rest), output, replace)


@cli.command()
@with_keystore
def status(folder: Path, config_file: Path | None) -> None:
    """Print get_setup_status as JSON; the exit code is 1 where its status is not 0."""
    found = get_setup_status(folder, config_file)
    click.echo(json.dumps(found.as_mapping(), indent=2))
    if found.status:
        sys.exit(1)


@cli.command()
@with_source
@click.argument("name", required=False)
@click.argument("folder", metavar="OUT", type=PATH, required=False)
@click.option("--list", "listing", is_flag=True, help="List all defects, and the sound near misses beside them.")
@click.option(
    "--length", type=click.IntRange(1, LONGEST), help="Certificates in fcu.crt. [default: as the defect needs]"
)
@click.option("--depth", type=click.IntRange(1), help="device-certificate-chain-depth. [default: as the defect needs]")
def defect(
    name: str | None, folder: Path | None, listing: bool, length: int | None, depth: int | None, source: KeySource
) -> None:
    """Make a set-up with one defect, to test a checker with, and say what the checker should say of it."""
    from reference_ca.defects import command  # needs an ASN.1 library that no other command does

    if listing:
        command.list_all()
    elif name is None or folder is None:
        raise click.UsageError("name a defect and the folder to make, or ask for --list")
    else:
        command.make(name, folder, length, depth, source)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; every error that people can cause ends as one line on standard error."""
    try:
        cli.main(arguments, prog_name="reference-ca", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.UsageError as error:
        _fail(" ".join(error.format_message().split()), 2)
    except click.ClickException as error:
        _fail(error.format_message(), 1)
    except click.Abort:
        _fail("interrupted", 130)
    except ReferenceCaError as error:
        _fail(str(error), 1)
    except BrokenPipeError:
        _write_no_more()
        sys.exit(1)
    except OSError as error:
        _write_no_more()
        _fail(error.strerror or type(error).__name__, 1)


def _write_no_more() -> None:
    """Leave what standard output could not take: Python would try once more at its exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(line: str, code: int) -> None:
    click.echo(f"reference-ca: {line}", err=True)
    sys.exit(code)

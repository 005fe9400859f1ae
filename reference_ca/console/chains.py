"""`reference-ca slice` and `upload`: what devices carry, and what belongs on the portal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from reference_ca.chain import portal_upload, read_chain, slice_chain, to_pem
from reference_ca.console.options import PATH, config_of, depth_of, with_chain_depth, with_keystore
from reference_ca.credentials import seems_private
from reference_ca.errors import ReferenceCaError
from reference_ca.files import Blob, naming, read_regular
from reference_ca.keystore import Keystore


@click.command("slice")
@with_keystore
@click.argument("device", metavar="DEVICE.pem", type=PATH)
@with_chain_depth("what fcu.yml says")
@click.option("--out", "-o", "--output", "output", type=PATH, help="The file to write. [default: standard output]")
def slice_command(folder: Path, config_file: Path | None, device: Path, depth: int | None, output: Path | None) -> None:
    """Write the chain that the device of DEVICE.pem carries, its own certificate first."""
    chain = Keystore(folder).chain()
    with naming(device):
        own = read_chain(read_regular(device), device)[0]
    emit(to_pem(slice_chain(own, chain, depth_of(config_of(folder, config_file), depth, len(chain)))), output)


@click.command("upload")
@with_keystore
@with_chain_depth("what fcu.yml says")
@click.option("--out", "-o", "--output", "output", type=PATH, help="The file to write. [default: standard output]")
@click.option("--force", "--replace", "replace", is_flag=True, help="Replace the output file.")
def upload_command(
    folder: Path, config_file: Path | None, depth: int | None, output: Path | None, replace: bool
) -> None:
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
        raise ReferenceCaError("a keystore is not a place for an upload", path, "name a file elsewhere")
    if path.exists():
        with naming(path):
            if seems_private(read_regular(path)):
                raise ReferenceCaError("the file may hold a private key and is not replaced", path, "name another")

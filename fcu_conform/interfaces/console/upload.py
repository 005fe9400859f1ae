"""``fcu-conform upload``: writes the PEM that belongs on the portal."""

from __future__ import annotations

from pathlib import Path

import click

from fcu_conform.artefacts.bounded_io.limits import PEM_FILE
from fcu_conform.artefacts.bounded_io.reading import Trouble, read_file
from fcu_conform.artefacts.encodings.pem import to_pem
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.console.keystores import listed, slicing_of, sound_setup
from fcu_conform.interfaces.console.run_options import OptionWithAliases, run_option
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.output_files import keep_out, write_atomically


@click.command("upload")
@run_option("keystore", required=True, once=True, help="The keystore whose upload it is.")
@run_option("config")
@run_option("chain-depth", aliases=["--depth"])
@click.option(
    "--out",
    cls=OptionWithAliases,
    aliases=["-o", "--output"],
    metavar="FILE",
    help="Where to write; default: standard output.",
)
@click.option("--root-only", is_flag=True, help="Write the root alone, if the device carries the whole chain.")
@click.option("--force", is_flag=True, help="Overwrite a file with other content.")
def command(
    keystore: str, config: str | None, chain_depth: str | None, out: str | None, root_only: bool, force: bool
) -> None:
    """Writes what belongs on the portal: the rest of fcu.crt, which the device does not carry."""
    setup = sound_setup(keystore, config, chain_depth)
    slicing = slicing_of(setup)
    portal = slicing.on_portal
    if not portal:
        if not root_only:
            raise UsageError(
                f"at depth {slicing.depth} the device carries the whole chain and nothing is left to upload:"
                " lower the depth by one, or use --root-only"
            )
        portal = slicing.certificates[-1:]
    elif root_only:
        raise UsageError(f"--root-only: at depth {slicing.depth} {len(portal)} certificates belong on the portal")
    text = to_pem(*(certificate.raw for certificate in portal))
    if out is None or out == "-":
        click.echo(text, nl=False)
        return
    _write(Path(out), text, setup, force)
    click.echo(printable(f"{out}: {listed(portal)}"), err=True)


def _write(path: Path, text: bytes, setup: Setup, force: bool) -> None:
    """Writes the upload, wholly or not at all, over nothing that it should not.

    Raises:
        UsageError: the place is in the keystore, is not a regular file, or holds something else.
    """
    try:
        if not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}")
    except OSError as fault:
        raise UsageError(f"{path}: cannot be written ({fault.strerror})") from None
    keep_out(path, [setup], str(path))
    there = read_file(path, PEM_FILE)
    if there.is_link or there.trouble not in (None, Trouble.MISSING):
        raise UsageError(f"{path}: {there.detail or 'is a link'}")
    if there.exists and there.data != text and not force:
        raise UsageError(f"{path}: has other content (--force overwrites it)")
    try:
        write_atomically(path, text)
    except OSError as fault:
        raise UsageError(f"{path}: cannot be written ({fault.strerror})") from None

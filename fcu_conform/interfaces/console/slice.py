"""``fcu-conform slice``: what device and portal get, drawn as a picture of the chain."""

from __future__ import annotations

import click
from rich.text import Text

from fcu_conform.artefacts.bounded_io.archives import is_archive
from fcu_conform.artefacts.ca_context import Slicing
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError, existing
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.interfaces.console.keystores import slicing_of, sound_setup
from fcu_conform.interfaces.console.page import show
from fcu_conform.interfaces.console.run_options import run_option
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.interfaces.run.settings import parse_depth
from fcu_conform.rules.support.chain_diagram import draw_chain
from fcu_conform.rules.support.formatting import short_name

NOTHING_LEFT = """\
Nothing is left to upload, and the documentation does not cover this case.
Lower the depth by one, or upload the root: fcu-conform upload --root-only"""


@click.command("slice")
@run_option("keystore", required=True, once=True, help="The keystore whose chain is cut.")
@run_option("config")
@run_option("chain-depth", aliases=["--depth"], help="The chain depth; default: that of fcu.yml.")
@click.argument("device", required=False)
def command(keystore: str, config: str | None, chain_depth: str | None, device: str | None) -> int:
    """Shows what a device carries and what the portal gets. With DEVICE, checks that file too."""
    depth = None if chain_depth is None else parse_depth(chain_depth)
    setup = sound_setup(keystore, config, None)
    slicing = _at_depth(setup, depth)
    given = None if device is None else _read(device)
    show(_picture(slicing, given))
    if not slicing.on_portal:
        click.echo(f"\n{NOTHING_LEFT}")
    if device is None or given is None:
        return ExitCode.CONFORMANT
    faults = _faults(given, slicing, setup)
    if not faults:
        count = "1 certificate" if slicing.depth == 1 else f"{slicing.depth} certificates in this order"
        click.echo(f"\n{printable(device)} fits: {count}.")
        return ExitCode.CONFORMANT
    click.echo(f"\n{printable(device)} does not fit:")
    for fault in faults:
        click.echo(f"  {printable(fault)}")
    return ExitCode.NON_CONFORMANT


def _at_depth(setup: Setup, depth: int | None) -> Slicing:
    """fcu.crt cut at the depth that is asked about, whatever fcu.yml says: nothing is written here.

    Raises:
        UsageError: no depth is known, or fcu.crt is too short for it.
    """
    if depth is None:
        return slicing_of(setup)
    certificates = setup.keystore.fcu_crt.certificates
    if depth > len(certificates) + 1:
        raise UsageError(
            f"depth {depth}: fcu.crt has {pluralize(len(certificates), 'certificate')},"
            f" so {len(certificates) + 1} at most"
        )
    return Slicing(depth, certificates)


def _read(path: str) -> Device:
    place = existing(path, "device")
    if place.is_dir() or is_archive(place) or place.name.endswith(".csv"):
        kind = "a folder" if place.is_dir() else "an archive" if is_archive(place) else "a manifest"
        raise UsageError(f"device {path}: is {kind}, but slice checks the file of one device")
    return next(iter(DeviceSet((place,))))


def _picture(slicing: Slicing, device: Device | None) -> Text:
    """The chain, with the name of the device's own certificate where one is given."""
    own = device.certificate if device is not None else None
    is_own = own is not None and all(own.raw != known.raw for known in slicing.certificates)
    lines = draw_chain(slicing, device=short_name(own) if own is not None and is_own else "device certificate")
    return Text("\n").join(Text(printable(line), style="bold" if line.startswith("device") else "") for line in lines)


def _faults(device: Device, slicing: Slicing, setup: Setup) -> list[str]:
    """Where the file's certificates are not those that belong on the device."""
    if device.troubles:
        return list(device.troubles)
    expected = ["the device certificate", *map(short_name, slicing.on_device)]
    known = {certificate.raw: number for number, certificate in enumerate(slicing.certificates, start=1)}
    faults = []
    for position, words in enumerate(expected):
        if position >= len(device.certificates):
            faults.append(f"{position + 1}: {words} is missing")
            continue
        found = device.certificates[position]
        number = known.get(found.raw)
        if number != (position or None):
            what = short_name(found) + (f" (fcu.crt {number})" if number else "")
            faults.append(f"{position + 1}: {what} instead of {words}")
        elif position == 0 and setup.ca.fcu_certificate and not found.signed_by(setup.ca.fcu_certificate.public_key):
            faults.append(f"1: {short_name(found)} is not signed by {short_name(setup.ca.fcu_certificate)}")
    for position, extra in enumerate(device.certificates[len(expected) :], start=len(expected) + 1):
        number = known.get(extra.raw)
        where = "is not in fcu.crt" if number is None else "belongs on the portal"
        if number is not None and number < slicing.depth:
            where = "is there already"
        faults.append(f"{position}: {short_name(extra)} is one too many: it {where}")
    return faults

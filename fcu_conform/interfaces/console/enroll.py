"""``fcu-conform enroll``: writes the CSV of first to claim, judges one, and reads the portal's error report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
from rich.console import Console

from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.enrollment.comparison import Told, compare_enrollment
from fcu_conform.artefacts.enrollment.digests import KeyedDigests
from fcu_conform.artefacts.enrollment.enrolled_devices import EnrolledDevice, enrolled_devices
from fcu_conform.artefacts.enrollment.error_report import RefusedIdentity, read_error_report
from fcu_conform.artefacts.setup import read_devices
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.engine import Outcome, Result
from fcu_conform.engine.evaluate_enrollment import judge_enrollment
from fcu_conform.interfaces.console.run_options import run_option
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.reports.text_report import Certificates, render
from fcu_conform.interfaces.run.enrollment_files import check_target, write_csv
from fcu_conform.interfaces.run.exit_codes import ExitCode


@click.command("enroll")
@run_option("devices", help="The device output to enroll, in any form; repeatable.")
@click.option("--out", metavar="FILE", help="Write the CSV here; more than 10 MB become FILE-1, FILE-2, …")
@click.option("--force", is_flag=True, help="Replace a CSV that is there.")
@click.option("--check", "checked", metavar="FILE", multiple=True, help="Judge this CSV; repeatable, for its parts.")
@click.option("--errors", metavar="FILE", help="Name the devices in the portal's error report on an upload.")
def command(
    devices: tuple[str, ...], out: str | None, force: bool, checked: tuple[str, ...], errors: str | None
) -> int:
    """Writes the CSV that enrolls devices at the portal (first to claim), or judges one."""
    if sum((out is not None, bool(checked), errors is not None)) != 1:
        raise UsageError("enroll: needs one of --out, --check and --errors")
    if force and out is None:
        raise UsageError("--force: needs --out")
    given = read_devices(devices)
    if checked:
        return _check(checked, given)
    if given is None:
        raise UsageError(f"{'--out' if errors is None else '--errors'}: needs --devices")
    return _write(out, given, force=force) if out is not None else _name_refused(read_error_report(errors or ""), given)


def _check(paths: Sequence[str], devices: DeviceSet | None) -> ExitCode:
    """Judges the CSV."""
    comparison = compare_enrollment(paths, devices)
    results = judge_enrollment(comparison, comparison.files[0].name)
    for result in results:
        if result.outcome in (Outcome.FAILED, Outcome.ERROR):
            word = "FAILED" if result.outcome is Outcome.FAILED else "ERROR"
            for line in render(result, result.findings, word, "failed", Certificates(), Console().width):
                click.echo("".join(text for text, _ in line).rstrip())
            click.echo()
    outcomes = {result.outcome for result in results}
    identities = pluralize(comparison.rows, "identity", "identities")
    click.echo(f"{printable(', '.join(file.name for file in comparison.files))}: {identities}; {_counted(results)}")
    if Outcome.ERROR in outcomes:
        return ExitCode.INTERNAL_FAULT
    if Outcome.FAILED in outcomes:
        return ExitCode.NON_CONFORMANT
    return ExitCode.CONFORMANT if comparison.rows else ExitCode.NOTHING_CHECKED


def _counted(results: Sequence[Result]) -> str:
    counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in Outcome}
    return ", ".join(f"{count} {outcome.value.replace('-', ' ')}" for outcome, count in counts.items() if count)


def _write(out: str, devices: DeviceSet, *, force: bool) -> ExitCode:
    """Writes the CSV, and names the devices that cannot be in it."""
    path = check_target(out, devices.paths, force=force)
    left_out: Told[str] = Told()
    written: dict[int, int] = {}
    try:
        files = write_csv(path, _identities(enrolled_devices(devices), written, left_out))
    except OSError as fault:
        raise UsageError(f"--out {printable(out)}: cannot be written ({fault.strerror})") from None
    for line in left_out.first:
        click.echo(printable(line), err=True)
    if left_out.count > len(left_out.first):
        click.echo(f"and {left_out.count - len(left_out.first)} more", err=True)
    shown = ", ".join(str(file) for file in files) or "nothing written"
    click.echo(printable(f"{shown}: {pluralize(len(written), 'identity', 'identities')}"))
    return ExitCode.NON_CONFORMANT if left_out.count or not written else ExitCode.CONFORMANT


def _identities(devices: Iterator[EnrolledDevice], written: dict[int, int], left_out: Told[str]) -> Iterator[str]:
    """The identities to be written, each once; notes digests of them and of their devices, and what is left out."""
    digests = KeyedDigests()
    for device in devices:
        identity = digests.of_identity(device.identity)
        if device.fault:
            left_out.add(f"not enrolled: {device.name}: {device.fault}")
        elif identity not in written:
            written[identity] = digests.of(device.device)
            yield device.identity
        elif written[identity] != digests.of(device.device):
            left_out.add(f"not enrolled: {device.name}: another device has the same identity")


def _name_refused(refused: Sequence[RefusedIdentity], devices: DeviceSet) -> ExitCode:
    """Names the device of each identity that the portal refused."""
    wanted = {one.identity.upper() for one in refused}
    names: dict[str, str] = {}
    for device in enrolled_devices(devices):
        if device.identity.upper() in wanted:
            names.setdefault(device.identity.upper(), device.name)
    for one in refused:
        name = names.get(one.identity.upper(), "no given device")
        click.echo(printable(f"{name}: {one.reason} (line {one.line}, {one.identity})"))
    click.echo(f"{pluralize(len(refused), 'identity', 'identities')} refused by the portal")
    return ExitCode.NON_CONFORMANT if refused else ExitCode.CONFORMANT

"""``fcu-conform lot``: judges the devices of a whole production lot, streaming, on one core or on many machines."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import click

from fcu_conform.artefacts.usage import UsageError, existing
from fcu_conform.engine.lot.cluster_talk import Credentials
from fcu_conform.engine.lot.journal import Journal
from fcu_conform.engine.lot.lot_runner import LotRunner
from fcu_conform.interfaces.console.lot_page import Meter, write_verdict
from fcu_conform.interfaces.console.run_options import run_options
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.interfaces.run.output_files import keep_out
from fcu_conform.interfaces.run.run import Run
from fcu_conform.interfaces.run.settings import settings_of

SAMPLE = 200
"""Devices that each validator is asked about."""


@click.command("lot")
@run_options(required=["keystore"], once=["keystore", "portal-upload"])
@click.option("--workers", type=click.IntRange(1, 256), default=1, metavar="N", help="Processes on this machine.")
@click.option("--scheduler", metavar="ADDRESS", help="Judge on the Dask cluster with this scheduler, tcp://host:port.")
@click.option("--scheduler-ca", metavar="FILE", help="The CA of the cluster, for tls:// (PEM; never FCU's own CA).")
@click.option("--scheduler-cert", metavar="FILE", help="This machine's certificate of that CA (PEM).")
@click.option("--scheduler-key", metavar="FILE", help="The private key of that certificate (PEM).")
@click.option("--resume", metavar="JOURNAL", help="Keep a journal in this file; if it exists, resume from it.")
@click.argument("paths", metavar="DEVICES...", nargs=-1)
def command(
    paths: tuple[str, ...],
    keystore: str,
    portal_upload: str | None,
    workers: int,
    scheduler: str | None,
    scheduler_ca: str | None,
    scheduler_cert: str | None,
    scheduler_key: str | None,
    resume: str | None,
    **values: Any,
) -> int:
    """Judges the devices of a whole lot: folders, archives, devices.csv, .jsonl, .jsonl.gz or .parquet."""
    begin = time.perf_counter()
    if scheduler is not None and workers > 1:
        raise UsageError("--scheduler: cannot be combined with --workers: the cluster has its own workers")
    values["keystores"] = (keystore,)
    values["portal_uploads"] = () if portal_upload is None else (portal_upload,)
    values["devices"] = (*paths, *values["devices"])
    if not values["devices"]:
        raise click.UsageError("Missing argument 'DEVICES...'.")
    cluster = _cluster(scheduler, (scheduler_ca, scheduler_cert, scheduler_key))
    journal = None if resume is None else Journal(Path(resume))
    if journal is not None and values["at"] is None and isinstance(journal.header.get("at"), str):
        values["at"] = journal.header["at"]
    settings = settings_of(values)
    seed, at, devices = settings.sample_seed, settings.at, settings.devices
    meter = Meter()
    runner = LotRunner(meter.watch, seed, workers, cluster, journal, at, devices, settings.verify == "tables")
    run = Run(settings, sample=SAMPLE, runner=runner, ask_together=meter.show_answers)
    if resume is not None:
        keep_out(Path(os.path.realpath(resume)), run.setups, f"--resume {resume}")
    run.check_outputs()
    return _judge(run, runner, begin)


def _cluster(scheduler: str | None, files: tuple[str | None, ...]) -> tuple[str, Credentials | None] | None:
    """The address of a scheduler, and by what to prove who is who where that was given.

    Raises:
        UsageError: a file is missing, or what was given does not go together.
    """
    given = [path for path in files if path is not None]
    if scheduler is None:
        if given:
            raise UsageError("--scheduler-ca, --scheduler-cert and --scheduler-key need --scheduler")
        return None
    if not given:
        return scheduler, None
    if len(given) < len(files):
        raise UsageError("--scheduler-ca, --scheduler-cert and --scheduler-key go together")
    if not scheduler.startswith("tls://"):
        raise UsageError(f"--scheduler {scheduler}: with --scheduler-ca it must be tls://host:port")
    for path, what in zip(given, ("--scheduler-ca", "--scheduler-cert", "--scheduler-key"), strict=True):
        if existing(path, what).is_dir():
            raise UsageError(f"{what} {path}: is a folder")
    return scheduler, Credentials(*given)


def _judge(run: Run, runner: LotRunner, begin: float) -> ExitCode:
    """Judges a lot, tells, writes the reports; gives the exit code. ``begin``: when the command did, by the counter."""
    # Asked for before any rule is: what the user got wrong about journal or scheduler is not a fault of a rule.
    devices = run.examination.device_results(run.setups[0].name)
    report = run.report(list(run.judge(is_interrupted=not devices.complete)), devices.counts())
    ending = run.end(report)
    seconds = time.perf_counter() - begin
    write_verdict(report, seconds, run.settings.reports, ending.faults, is_complete=devices.complete)
    if runner.late:
        click.echo(f"fcu-conform: {runner.late}", err=True)
    if not devices.complete:
        return ExitCode.INTERRUPTED
    if not devices.checked and ending.exit_code is not ExitCode.INTERNAL_FAULT:
        return ExitCode.NOTHING_CHECKED
    return ending.exit_code

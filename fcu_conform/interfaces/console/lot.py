"""``fcu-conform lot``: judges the devices of a whole production lot, streaming, on one core or on many machines."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.usage import UsageError, existing
from fcu_conform.engine.lot.chunk_results import Question
from fcu_conform.engine.lot.cluster import Cluster
from fcu_conform.engine.lot.cluster_talk import Credentials
from fcu_conform.engine.lot.device_run import DeviceResults, judge_devices
from fcu_conform.engine.lot.journal import Journal, binding
from fcu_conform.engine.lot.workers import Distrust, WorkerPool, local_pool
from fcu_conform.interfaces.console.lot_page import Meter, write_verdict
from fcu_conform.interfaces.console.run_options import run_options
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.interfaces.run.output_files import keep_out
from fcu_conform.interfaces.run.run import Run
from fcu_conform.interfaces.run.settings import Settings, settings_of
from fcu_conform.rules.model import Rule

if TYPE_CHECKING:
    from fcu_conform.artefacts.device_output.device_set import DeviceSet
    from fcu_conform.engine.waivers import Waivers

SAMPLE = 200
"""Devices that each validator is asked about."""

CONNECTING = 30
"""Seconds that a scheduler may take to answer."""


@click.command("lot")
@run_options(required=["keystore"], once=["keystore", "portal-upload"])
@click.option("--workers", type=click.IntRange(1, 256), default=1, metavar="N", help="Processes on this machine.")
@click.option("--scheduler", metavar="ADDRESS", help="Judge on the Dask cluster of this scheduler, tcp://host:port.")
@click.option("--scheduler-ca", metavar="FILE", help="The CA of the cluster, for tls:// (PEM; never FCU's own CA).")
@click.option("--scheduler-cert", metavar="FILE", help="This machine's certificate of that CA (PEM).")
@click.option("--scheduler-key", metavar="FILE", help="The private key of that certificate (PEM).")
@click.option("--resume", metavar="JOURNAL", help="Keep a journal there; where it has one already, go on from it.")
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
    if scheduler is not None and workers > 1:
        raise UsageError("--scheduler: its cluster has the workers, so --workers has no meaning")
    values["keystores"] = (keystore,)
    values["portal_uploads"] = () if portal_upload is None else (portal_upload,)
    values["devices"] = (*paths, *values["devices"])
    if not values["devices"]:
        raise click.UsageError("Missing argument 'DEVICES...'.")
    cluster = _cluster(scheduler, (scheduler_ca, scheduler_cert, scheduler_key))
    journal = None if resume is None else Journal(Path(resume))
    if journal is not None and values["at"] is None and isinstance(journal.header.get("at"), str):
        values["at"] = journal.header["at"]
    lot = Lot(settings_of(values), workers, cluster, journal)
    if resume is not None:
        keep_out(Path(os.path.realpath(resume)), lot.run.setups, f"--resume {resume}")
    lot.run.check_outputs()
    return lot.judge()


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


class Lot:
    """One lot being judged."""

    def __init__(
        self,
        settings: Settings,
        workers: int,
        cluster: tuple[str, Credentials | None] | None,
        journal: Journal | None,
    ) -> None:
        self.run = Run(settings, sample=SAMPLE, runner=self._over_devices)
        self.workers = workers
        self.cluster = cluster
        self.journal = journal
        self.seconds = 0.0
        self.late = ""
        self.meter = Meter()

    def judge(self) -> ExitCode:
        """Judges, tells, writes the reports; gives the exit code."""
        # Asked for before any rule is: what the user got wrong about journal or scheduler is no fault of a rule.
        devices = self.run.examination.device_results(self.run.setups[0].name)
        report = self.run.report(list(self.run.judge(is_interrupted=not devices.complete)), devices.counts())
        ending = self.run.end(report)
        reports = self.run.settings.reports
        write_verdict(report, self.seconds, reports, ending.faults, is_complete=devices.complete)
        if self.late:
            click.echo(f"fcu-conform: {self.late}", err=True)
        if not devices.complete:
            return ExitCode.INTERRUPTED
        if not devices.checked and ending.exit_code is not ExitCode.INTERNAL_FAULT:
            return ExitCode.NOTHING_CHECKED
        return ending.exit_code

    def _over_devices(
        self, rules: Sequence[Rule], devices: DeviceSet | None, ca: CaContext, sample: int, waivers: Waivers
    ) -> DeviceResults:
        begin = time.perf_counter()
        question = Question(rules, sample, waivers, self.run.settings.sample_seed)
        with ExitStack() as stack:
            pool = self._worker_pool(question, ca, stack)
            if self.journal is not None:
                of = binding(question, ca, self.run.settings.devices)
                stack.enter_context(self.journal.open({"at": self.run.settings.at, "of": of}))
            self.meter.begin(stack, devices)
            result = judge_devices(
                rules,
                devices,
                ca,
                sample=sample,
                seed=self.run.settings.sample_seed,
                waivers=waivers,
                run_chunks=pool,
                journal=self.journal,
                progress=self.meter.progress,
            )
        self.late = "" if pool is None else pool.describe_late()
        self.seconds = time.perf_counter() - begin
        return result

    def _worker_pool(self, question: Question, ca: CaContext, stack: ExitStack) -> WorkerPool | None:
        """Workers on this machine or on others; None where this process judges alone."""
        if self.cluster is None and self.workers == 1:
            return None
        of_these = partial(WorkerPool, question.rules, ca, waivers=question.waivers, seed=question.seed)
        if self.cluster is None:
            return of_these(lambda: local_pool(self.workers), self.workers)
        address, credentials = self.cluster
        cluster = Cluster(address, question, credentials, patience=CONNECTING)
        stack.callback(cluster.shutdown)
        return of_these(lambda: cluster, cluster.size, distrust=Distrust(cluster.name))

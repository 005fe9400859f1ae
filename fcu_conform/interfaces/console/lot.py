"""``fcu-conform lot``: judges the devices of a whole production lot, streaming, on one core or on many machines."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError, existing
from fcu_conform.engine import Examination, Outcome, Report, Result, Verdict
from fcu_conform.engine.examination import BY_VALIDATORS
from fcu_conform.engine.lot.chunk_results import Question
from fcu_conform.engine.lot.device_run import DeviceResults, judge_devices
from fcu_conform.engine.states import DeviceCounts
from fcu_conform.interfaces.console.lot_page import Meter, write_verdict
from fcu_conform.interfaces.reports import writers
from fcu_conform.interfaces.run.settings import (
    Settings,
    keep_out,
    now,
    parse_depth,
    parse_instant,
    parse_mode,
    parse_seed,
)
from fcu_conform.rules.model import Rule, Scope

if TYPE_CHECKING:
    from fcu_conform.artefacts.device_output.device_set import DeviceSet
    from fcu_conform.engine.lot.cluster_talk import Credentials
    from fcu_conform.engine.lot.journal import Journal
    from fcu_conform.engine.lot.workers import WorkerPool
    from fcu_conform.engine.waivers import Waivers

CONFORMANT, NON_CONFORMANT, INTERRUPTED, INTERNAL_FAULT, NOTHING_CHECKED = 0, 1, 2, 3, 5
"""Exit codes, as pytest's."""

SAMPLE = 200
"""Devices that each validator is asked about."""

CONNECTING = 30
"""Seconds that a scheduler may take to answer."""


class _SampleSize(click.IntRange):
    """How many devices: a number, or all."""

    def __init__(self) -> None:
        super().__init__(min=1)

    def get_metavar(self, *_args: object, **_more: object) -> str:
        return "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return sys.maxsize if value == "all" else int(super().convert(value, param, ctx))


@click.command("lot")
@click.option("--keystore", required=True, metavar="DIR", help="FCU's keystore folder.")
@click.option("--config", metavar="FILE", help="fcu.yml; else it is looked for beside the keystore.")
@click.option("--portal-upload", metavar="FILE", help="What was, or will be, uploaded to the portal.")
@click.option("--chain-depth", metavar="N", help="The depth, where there is no fcu.yml.")
@click.option("--mode", metavar="MODE", help="bootstrap or lwm2m, where fcu.yml does not say.")
@click.option("--at", metavar="TIME", help="Judge validity at this instant (RFC 3339; default: now).")
@click.option("--workers", type=click.IntRange(1, 256), default=1, metavar="N", help="Processes on this machine.")
@click.option("--scheduler", metavar="ADDRESS", help="Judge on the Dask cluster of this scheduler, tcp://host:port.")
@click.option("--scheduler-ca", metavar="FILE", help="The CA of the cluster, for tls:// (PEM; never FCU's own CA).")
@click.option("--scheduler-cert", metavar="FILE", help="This machine's certificate of that CA (PEM).")
@click.option("--scheduler-key", metavar="FILE", help="The private key of that certificate (PEM).")
@click.option("--validators", default="auto", metavar="LIST", help="Validators to ask: names, auto, all or none.")
@click.option(
    "--validator-sample",
    type=_SampleSize(),
    default=SAMPLE,
    show_default=True,
    help="Devices that each validator is asked about; or all of them.",
)
@click.option("--sample-seed", metavar="N", help="Draw these devices by this number; else always the same ones.")
@click.option("--waivers", metavar="FILE", help="Findings that somebody has taken the responsibility for (TOML).")
@click.option("--strict", is_flag=True, help="Warnings fail.")
@click.option("--report", multiple=True, metavar="FILE", help="Write a report; its ending says which; repeatable.")
@click.option("--resume", metavar="JOURNAL", help="Keep a journal there; where it has one already, go on from it.")
@click.argument("devices", nargs=-1, required=True)
def command(
    keystore: str,
    config: str | None,
    portal_upload: str | None,
    chain_depth: str | None,
    mode: str | None,
    at: str | None,
    workers: int,
    scheduler: str | None,
    scheduler_ca: str | None,
    scheduler_cert: str | None,
    scheduler_key: str | None,
    validators: str,
    validator_sample: int,
    sample_seed: str | None,
    waivers: str | None,
    strict: bool,
    report: tuple[str, ...],
    resume: str | None,
    devices: tuple[str, ...],
) -> int:
    """Judges the devices of a whole lot: folders, archives, devices.csv, .jsonl, .jsonl.gz or .parquet."""
    if scheduler is not None and workers > 1:
        raise UsageError("--scheduler: its cluster has the workers, so --workers has no meaning")
    cluster = _cluster(scheduler, (scheduler_ca, scheduler_cert, scheduler_key))
    journal = None
    if resume is not None:
        from fcu_conform.engine.lot.journal import Journal

        journal = Journal(Path(resume))
        if at is None and isinstance(journal.header.get("at"), str):
            at = journal.header["at"]
    if at is not None:
        parse_instant(at, "--at")
    settings = Settings(
        keystores=(keystore,),
        config=config,
        chain_depth=None if chain_depth is None else parse_depth(chain_depth, "--chain-depth"),
        at=at or now(),
        strict=strict,
        reports=report,
        devices=devices,
        portal_uploads=() if portal_upload is None else (portal_upload,),
        mode=None if mode is None else parse_mode(mode, "--mode"),
        validators=validators,
        sample_seed=None if sample_seed is None else parse_seed(sample_seed, "--sample-seed"),
        waivers=waivers,
    )
    (setup,) = settings.read_setups()
    if resume is not None:
        keep_out(Path(os.path.realpath(resume)), [setup], f"--resume {resume}")
    writers.check(settings, [setup])
    run = Run(settings, setup, validator_sample, workers, cluster, journal)
    return run.go()


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
    from fcu_conform.engine.lot.cluster_talk import Credentials

    for path, what in zip(given, ("--scheduler-ca", "--scheduler-cert", "--scheduler-key"), strict=True):
        if existing(path, what).is_dir():
            raise UsageError(f"{what} {path}: is a folder")
    return scheduler, Credentials(*given)


@dataclass
class Run:
    """One lot being judged."""

    settings: Settings
    setup: Setup
    sample: int
    workers: int
    cluster: tuple[str, Credentials | None] | None
    journal: Journal | None
    seconds: float = 0.0
    late: str = ""
    meter: Meter = field(default_factory=Meter)

    def go(self) -> int:
        """Judges, tells, writes the reports; gives the exit code."""
        examination = Examination(
            [self.setup],
            strict=self.settings.strict,
            validators=self.settings.select_validators(),
            named_validators=self.settings.named_validators,
            sample=self.sample,
            sample_seed=self.settings.sample_seed,
            waivers=self.settings.read_waivers(),
            runner=self._over_devices,
        )
        # Asked for before any rule is: what the user got wrong about journal or scheduler is no fault of a rule.
        devices = examination.device_results(self.setup.name)
        results = list(_results(examination, devices))
        counts = DeviceCounts.of(devices)
        report = Report([self.setup], results, len(results) == len(examination.cases()), examination, counts)
        faults = writers.write(self.settings, report)
        write_verdict(report, self.seconds, self.settings.reports, faults, is_complete=devices.complete)
        if self.late:
            click.echo(f"fcu-conform: {self.late}", err=True)
        if not devices.complete:
            return INTERRUPTED
        if faults or any(result.outcome is Outcome.ERROR for result in results):
            return INTERNAL_FAULT
        if not report.has_judged or not devices.checked:
            return NOTHING_CHECKED
        return CONFORMANT if report.verdict is Verdict.CONFORMANT else NON_CONFORMANT

    def _over_devices(
        self, rules: Sequence[Rule], devices: DeviceSet | None, ca: CaContext, sample: int, waivers: Waivers
    ) -> DeviceResults:
        begin = time.perf_counter()
        question = Question(rules, sample, waivers, self.settings.sample_seed)
        with ExitStack() as stack:
            pool = self._worker_pool(question, ca, stack)
            if self.journal is not None:
                from fcu_conform.engine.lot.journal import binding

                of = binding(question, ca, self.settings.devices)
                stack.enter_context(self.journal.open({"at": self.settings.at, "of": of}))
            self.meter.begin(stack, devices)
            result = judge_devices(
                rules,
                devices,
                ca,
                sample=sample,
                seed=self.settings.sample_seed,
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
        from fcu_conform.engine.lot.workers import Distrust, WorkerPool, local_pool

        of_these = partial(WorkerPool, question.rules, ca, waivers=question.waivers, seed=question.seed)
        if self.cluster is None:
            return of_these(lambda: local_pool(self.workers), self.workers)
        from fcu_conform.engine.lot.cluster import Cluster

        address, credentials = self.cluster
        cluster = Cluster(address, question, credentials, patience=CONNECTING)
        stack.callback(cluster.shutdown)
        return of_these(lambda: cluster, cluster.size, distrust=Distrust(cluster.name))


def _results(examination: Examination, devices: DeviceResults) -> Iterator[Result]:
    """Every rule's result, in order; after an interruption only those that ask nobody else."""
    for rule, target in examination.cases():
        waits = rule.scope in BY_VALIDATORS or rule.scope is Scope.HANDSHAKE or rule.scope.is_about_run
        if devices.complete or not waits:
            yield examination.judge(rule.code, target)

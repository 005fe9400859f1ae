"""Judges the devices of a lot as it was asked for: here, in processes or on a cluster, with a journal or without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.engine.lot.chunk_results import Question
from fcu_conform.engine.lot.cluster import Cluster
from fcu_conform.engine.lot.cluster_talk import Credentials
from fcu_conform.engine.lot.collector import settled
from fcu_conform.engine.lot.device_run import DeviceResults, Progress, judge_devices, pay_tables
from fcu_conform.engine.lot.journal import Journal, binding
from fcu_conform.engine.lot.workers import Distrust, WorkerPool, local_pool
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules.model import Rule

CONNECTING = 30
"""Seconds that a scheduler may take to answer."""

Watch: TypeAlias = Callable[[DeviceSet | None], AbstractContextManager[Progress]]
"""Begins to watch over devices; until the context is left its value is told how far it is."""


@dataclass
class LotRunner:
    """The runner of an `Examination` of one lot.

    Attributes:
        watch: watches over the devices while they are judged.
        seed: the seed that draws the sample.
        workers: processes on this machine; with one this process judges alone.
        cluster: a scheduler's address and the TLS files, to use in place of processes on this machine.
        journal: where judged chunks are kept, not open yet.
        at, paths: the instant of judgement and the device output as they were given; a journal is bound to these.
        tables: whether signatures may be verified by tables of the key that signs the devices.
        late: a message about workers that exceeded their time; empty if none did.
    """

    watch: Watch
    seed: int | None = None
    workers: int = 1
    cluster: tuple[str, Credentials | None] | None = None
    journal: Journal | None = None
    at: str = ""
    paths: Sequence[str] = ()
    tables: bool = True
    late: str = field(default="", init=False)

    def __call__(
        self, rules: Sequence[Rule], devices: DeviceSet | None, ca: CaContext, sample: int, waivers: Waivers
    ) -> DeviceResults:
        """Judges the devices; after an interruption what was judged so far."""
        question = Question(rules, sample, waivers, self.seed)
        with settled(), ExitStack() as stack:
            tables = self.tables and pay_tables(devices)
            pool = self._worker_pool(question, ca, stack, tables=tables)
            if self.journal is not None:
                of = binding(question, ca, self.paths)
                stack.enter_context(self.journal.open({"at": self.at, "of": of}))
            result = judge_devices(
                rules,
                devices,
                ca,
                sample=sample,
                seed=self.seed,
                tables=tables,
                waivers=waivers,
                run_chunks=pool,
                journal=self.journal,
                progress=stack.enter_context(self.watch(devices)),
            )
        self.late = "" if pool is None else pool.describe_late()
        return result

    def _worker_pool(self, question: Question, ca: CaContext, stack: ExitStack, *, tables: bool) -> WorkerPool | None:
        """Workers on this machine or on others; None where this process judges alone."""
        if self.cluster is None and self.workers == 1:
            return None
        of_these = partial(WorkerPool, question.rules, ca, waivers=question.waivers, seed=question.seed, tables=tables)
        if self.cluster is None:
            return of_these(lambda: local_pool(self.workers), self.workers)
        address, credentials = self.cluster
        cluster = Cluster(address, question, credentials, patience=CONNECTING)
        stack.callback(cluster.shutdown)
        return of_these(lambda: cluster, cluster.size, distrust=Distrust(cluster.name))

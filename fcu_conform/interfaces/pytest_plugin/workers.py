"""The messages between the processes of pytest-xdist: settings to the workers, results and digests from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine import Result, serialization
from fcu_conform.engine.states import DeviceCounts
from fcu_conform.interfaces.certification.witnessed import Digests, digests_of, merged
from fcu_conform.interfaces.pytest_plugin.names import SUITE
from fcu_conform.interfaces.pytest_plugin.session import SuiteSession
from fcu_conform.interfaces.run.settings import Settings

if TYPE_CHECKING:
    from fcu_conform.engine.evaluate_devices import Runner

RESULT = "fcu_result"
"""Attribute of pytest's test report that carries a result, as text, from a worker to the controller."""

COUNTS = "fcu_devices"
"""Attribute that carries the counts over the devices, once from every process that has gone through them."""

WITNESSED = "fcu_witnessed"
"""Key under which a worker hands over the digests of what it has judged."""


SHARED = f"{SUITE}-shared"
"""Key under which a worker is handed the folder in which the workers pass on what they found over the devices."""


def send_settings(node: Any, settings: Settings, shared: str) -> None:
    """Hands a worker what the controller decided, the instant of judgement above all; ``node`` is pytest-xdist's.

    Args:
        shared: a folder of this run's own; empty where the workers share nothing.
    """
    node.workerinput[SUITE] = settings.dump()
    node.workerinput[SHARED] = shared


def settings_sent(config: pytest.Config) -> Settings | None:
    """The settings that this process was handed; None where it is not a worker."""
    handed: Mapping[str, Any] | None = getattr(config, "workerinput", None)
    return None if handed is None else Settings.load(handed[SUITE])


def shared_runner(config: pytest.Config, settings: Settings) -> Runner | None:
    """Who judges devices once for all workers, in a worker; else None."""
    folder = getattr(config, "workerinput", {}).get(SHARED)
    if not folder:
        return None
    # Only where there are devices: what judges them is much to load.
    from fcu_conform.engine.lot.shared_pass import SharedPass

    return SharedPass(Path(folder), settings.sample_seed)


def attach_result(report: pytest.TestReport, result: Result) -> None:
    """Lets a result travel with pytest's report of it."""
    setattr(report, RESULT, serialization.dump_result(result))


def attach_counts(report: pytest.TestReport, counts: DeviceCounts) -> None:
    """Lets the counts over the devices travel with pytest's report of a result."""
    setattr(report, COUNTS, serialization.dump_counts(counts))


def take_result(report: pytest.TestReport, suite: SuiteSession) -> Result | None:
    """Takes note of what a report of pytest's carries; None where that is nothing."""
    text = getattr(report, RESULT, None)
    if text is None:
        return None
    result = serialization.load_result(text, suite.run.examination.catalogue)
    suite.results[report.nodeid] = result
    counts = getattr(report, COUNTS, None)
    if counts is not None:
        suite.devices = serialization.load_counts(counts)
    return result


class Witnesses:
    """The digests of what all processes of a run have judged, for a statement."""

    def __init__(self, suite: SuiteSession) -> None:
        self._suite = suite
        self._told: list[dict[str, Any]] = []

    def tell(self, config: pytest.Config) -> None:
        """Lets the controller know which bytes this worker has judged."""
        if self._suite.settings.makes_statement:
            try:
                told: dict[str, Any] = {"digests": digests_of(self._suite.setups)}
            except UsageError as fault:
                told = {"fault": str(fault)}
            config.workeroutput[WITNESSED] = json.dumps(told)  # type: ignore[attr-defined]  # pytest-xdist's

    def hear(self, node: Any) -> None:
        """Takes note of what a worker has judged; one that died has not told."""
        self._told.append(json.loads(getattr(node, "workeroutput", {}).get(WITNESSED, "{}")))

    def digests(self) -> Digests:
        """The digests of what all processes of this run have judged.

        Raises:
            UsageError: two have judged different bytes, something has changed since, or a worker did not tell.
        """
        fault = next((told["fault"] for told in self._told if "fault" in told), None)
        if fault is None and not all("digests" in told for told in self._told):
            fault = "a worker ended without sending its results"
        if fault is not None:
            raise UsageError(fault)
        return merged([*(told["digests"] for told in self._told), digests_of(self._suite.setups)])

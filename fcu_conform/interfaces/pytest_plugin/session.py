"""The state of one run of the suite in one process of pytest: its input, its options and its results."""

from __future__ import annotations

from collections.abc import Sequence

from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine import Report, Result
from fcu_conform.engine.states import DeviceCounts
from fcu_conform.interfaces.pytest_plugin.options import SELECTOR
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.reports.text_report import Certificates, node_id, node_name
from fcu_conform.interfaces.run.run import Run
from fcu_conform.interfaces.run.settings import Settings
from fcu_conform.rules.model import Rule


class SuiteSession:
    """One run of the suite in this process.

    With pytest-xdist there is one in the controller, which reports, and one in each worker, which judge;
    without, one does both.

    Attributes:
        run: what is judged.
        is_worker: this is a worker's.
        selected: the rules and subjects that the command line names, in the order of the run.
        results: what came out so far, by node id; of a worker nothing.
        devices: what the rules say of the devices, once that is known.
        faults: a line for each thing that went wrong after the judging.
    """

    def __init__(self, run: Run, selectors: Sequence[str], *, is_worker: bool) -> None:
        self.run = run
        self.is_worker = is_worker
        self.selected = self._select(selectors)
        self.results: dict[str, Result] = {}
        self.devices: DeviceCounts | None = None
        self.faults: list[str] = []

    @property
    def settings(self) -> Settings:
        """What was asked for."""
        return self.run.settings

    @property
    def setups(self) -> tuple[Setup, ...]:
        """What is judged, in the order of the keystores."""
        return self.run.setups

    def _select(self, selectors: Sequence[str]) -> tuple[tuple[Rule, str], ...]:
        chosen = {case for selector in selectors for case in self._named(selector)}
        return tuple((rule, target) for rule, target in self.run.cases if (rule.code, target) in chosen)

    def _named(self, selector: str) -> list[tuple[str, str]]:
        """Code and subject of every case that a selector names."""
        name = selector.removeprefix(SELECTOR)
        everything = ((rule.code, target) for rule, target in self.run.cases)
        matching = [case for case in everything if name in ("", case[0], node_name(*case))]
        if not matching:
            targets = ", ".join(printable(setup.name) for setup in self.setups)
            raise UsageError(f"not found: {selector} (subjects: {targets}; fcu-conform rules lists the rules)")
        return matching

    def judge(self, rule: Rule, target: str) -> Result:
        """The result of one rule on one subject."""
        return self.run.examination.judge(rule.code, target)

    def certificates(self, result: Result) -> Certificates:
        """What the certificates are called that a result's findings are about."""
        return Certificates.about(result.rule, self.run.examination.setup_of(result.target))

    def report(self) -> Report:
        """What is known so far, in the order of the catalogue."""
        names = (node_id(rule.code, target) for rule, target in self.run.cases)
        return self.run.report([self.results[name] for name in names if name in self.results], self.devices)

"""The suite's nodes in pytest's tree: one collector, and one item for each rule on each keystore."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fcu_conform.engine import Outcome, Result
from fcu_conform.engine.faults import describe_fault
from fcu_conform.interfaces.pytest_plugin.session import SuiteSession
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.reports.text_report import (
    SHOWN,
    light_findings,
    node_id,
    node_name,
    place_and_message,
    summary,
)
from fcu_conform.rules.model import Rule


class NonConformityError(AssertionError):
    """Raised by an item whose rule failed, with the failure in one line; the item has the result.

    An assertion, so that plugins tell a keystore that fails from code that is broken.
    """


class BrokenRuleError(Exception):
    """Raised by an item whose rule came to no verdict, because the suite itself broke."""


FAULTS: dict[Outcome, type[Exception]] = {Outcome.FAILED: NonConformityError, Outcome.ERROR: BrokenRuleError}
"""What an item raises, by outcome."""

TOLD = ("outcome", "waived", "warning", "notice")
"""Names of the properties that a verdict adds to those a rule has by itself."""


class Suite(pytest.Collector):
    """Collects the rules; its node id is ``fcu``."""

    def __init__(self, *, suite: SuiteSession, **keywords: Any) -> None:
        super().__init__(name="fcu", nodeid="fcu", **keywords)
        self.suite = suite

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each rule and keystore that is selected, keystore by keystore."""
        for rule, target in self.suite.selected:
            yield RuleItem.from_parent(self, suite=self.suite, rule=rule, target=target)

    def __repr__(self) -> str:
        return "<Suite fcu>"


class RuleItem(pytest.Item):
    """One rule on one keystore; its node id is ``fcu::CODE[subject]``."""

    def __init__(self, *, suite: SuiteSession, rule: Rule, target: str, **keywords: Any) -> None:
        # The id is given as text: pytest 9 would not know a computed one again when --lf reads it back.
        super().__init__(name=node_name(rule.code, target), nodeid=node_id(rule.code, target), **keywords)
        self.suite = suite
        self.rule = rule
        self.target = target
        self.result: Result | None = None
        topic = rule.check.__module__.rpartition(".")[2]
        self.extra_keyword_matches.update((rule.code, rule.family.value, topic, *rule.slug.split("-"), target))
        self.user_properties += [
            ("code", rule.code),
            ("slug", rule.slug),
            ("level", rule.level.value),
            ("source", rule.source),
        ]

    @property
    def reason(self) -> str:
        """Why nothing was judged, where that is so."""
        if self.result is None:
            return ""
        if self.result.outcome is Outcome.BLOCKED:
            return f"blocked by {', '.join(self.result.blocked_by)}"
        return f"not applicable: {printable(self.result.reason)}"

    def runtest(self) -> None:
        """Judges the rule, and what it needs if nothing has judged that yet."""
        self.result = None  # an item may be run again: pytest-rerunfailures does so
        self.result = self.suite.judge(self.rule, self.target)
        outcome = self.result.outcome
        self.user_properties = [pair for pair in self.user_properties if pair[0] not in TOLD]
        self.user_properties += self._told(self.result)
        if outcome in FAULTS:
            raise FAULTS[outcome](summary(self.result, self.suite.certificates(self.result)))
        if outcome in (Outcome.NOT_APPLICABLE, Outcome.BLOCKED):
            pytest.skip(self.reason)

    def _told(self, result: Result) -> Iterator[tuple[str, str]]:
        """The verdict as properties, which JUnit XML keeps: what fails nothing is told nowhere else in it."""
        yield "outcome", result.outcome.value
        certificates = self.suite.certificates(result)
        for word, _style, shown in light_findings([result]):
            for _result, findings in shown:
                for finding in findings[:SHOWN]:
                    yield word.lower(), place_and_message(finding, certificates)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Never a traceback: what failed is a keystore, not code. On the terminal FailureText takes over."""
        del style
        if isinstance(excinfo.value, tuple(FAULTS.values())):
            return str(excinfo.value)
        return describe_fault(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        """There is no file and no line; pytest titles a failure with the last part."""
        return self.config.rootpath / "fcu", None, self.rule.slug

    def __repr__(self) -> str:
        return f"<Rule {self.name}>"

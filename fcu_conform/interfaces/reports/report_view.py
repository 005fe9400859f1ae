"""A report's document as writers for people want it: results with their rules and findings, grouped and counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fcu_conform.engine.results import Outcome
from fcu_conform.interfaces.reports.json_report import Document
from fcu_conform.interfaces.reports.text import device_states
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.family import Family
from fcu_conform.rules.model import Level, Rule

GROUPS = {
    "error": "Not judged: internal error",
    "failed": "Failed",
    "warned": "Warnings",
    "waived": "Waived",
    "noted": "Notices",
    "blocked": "Blocked by another failure",
    "passed": "Passed",
    "not-applicable": "Not applicable",
}
"""Titles of the groups that results are told in, the weightiest first; ``noted`` are those with notices alone."""

SHARABLE = ("why", "fix", "expected", "found", "picture", "waiver")
"""What findings of one result may have in common; of a single finding the first two are told apart from it."""


@dataclass(frozen=True)
class ResultView:
    """One rule on one subject, with its findings.

    ``result`` and ``findings`` are those of the document; ``setup`` is the name of the keystore that the subject
    is about, ``validator`` the one that was asked, empty where none was.
    """

    rule: Rule
    result: Document
    findings: tuple[Document, ...]
    setup: str
    validator: str

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code

    @property
    def outcome(self) -> str:
        """How the rule came out."""
        outcome: str = self.result["outcome"]
        return outcome

    @property
    def group(self) -> str:
        """The key of the group in `GROUPS` that it is told in."""
        quiet = self.outcome in (Outcome.PASSED.value, Outcome.NOT_APPLICABLE.value)
        return "noted" if quiet and self.findings else self.outcome

    @property
    def headline(self) -> str:
        """The rule's title; its requirement where nothing was found, or remarks alone, which do not violate it."""
        levels = {finding["level"] for finding in self.findings}
        is_violated = levels - {Level.NOTICE.value} or self.rule.level.value in levels
        return self.rule.title if is_violated else self.rule.requirement

    @property
    def count(self) -> int:
        """How many findings there were; over devices it may be more than the document has."""
        return max(int(self.result.get("count", 0)), len(self.findings))

    @cached_property
    def shared(self) -> dict[str, Any]:
        """What all findings have in common, by its name: it is told once, below them; why and fix go together."""
        if not self.findings:
            return {}
        first = self.findings[0]
        names = SHARABLE if len(self.findings) > 1 else SHARABLE[:2]
        same = {name for name in names if all(other.get(name) == first.get(name) for other in self.findings)}
        if not same >= {"why", "fix"}:
            same -= {"why", "fix"}
        return {name: first.get(name) for name in names if name in same}


@dataclass(frozen=True)
class Devices:
    """How many devices are in which state; see the report's schema."""

    checked: int
    conformant: int
    non_conformant: int
    not_decided: int
    asked: int

    @classmethod
    def of(cls, document: Document) -> Devices:
        """Those of a document of json_report."""
        found = document["devices"]
        decided = found["checked"] - found["not_decided"]
        return cls(
            found["checked"],
            found["conformant"],
            decided - found["conformant"],
            found["not_decided"],
            found["asked"],
        )

    def __str__(self) -> str:
        return device_states(self.conformant, self.non_conformant, self.not_decided, self.asked)

    def shares(self) -> Iterator[tuple[str, float, float]]:
        """Style, begin and width in percent of each part of a bar."""
        begin = 0
        for style, number in (
            ("passed", self.conformant),
            ("failed", self.non_conformant),
            ("warned", self.not_decided),
        ):
            yield style, 100 * begin / self.checked, 100 * number / self.checked
            begin += number


@dataclass(frozen=True)
class ReportView:
    """A document, and its results as entries in its order."""

    document: Document
    entries: tuple[ResultView, ...]

    @classmethod
    def of(cls, document: Document) -> ReportView:
        """Those of a document of json_report."""
        findings: dict[tuple[str, str], list[Document]] = defaultdict(list)
        for finding in document["findings"]:
            findings[finding["code"], finding["subject"]].append(finding)
        setups = [subject["name"] for subject in document["subjects"] if subject["kind"] == "keystore"]
        subjects = {name: (name, "") for name in setups}
        for name in setups:
            subjects |= {f"{name}-{v['name']}": (name, v["name"]) for v in document["validators"]}
        entries = (
            ResultView(
                CATALOGUE[result["code"]],
                result,
                tuple(findings[result["code"], result["subject"]]),
                *subjects.get(result["subject"], (result["subject"], "")),
            )
            for result in document["results"]
        )
        return cls(document, tuple(entries))

    @property
    def verdict(self) -> str:
        """conformant, non-conformant, nothing-checked or incomplete."""
        verdict: str = self.document["verdict"]
        return verdict

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many results have which outcome, those that occur, in the order of `Outcome`."""
        counter = Counter(entry.outcome for entry in self.entries)
        return {outcome.value: counter[outcome.value] for outcome in Outcome if counter[outcome.value]}

    @cached_property
    def devices(self) -> Devices:
        """How many devices are in which state."""
        return Devices.of(self.document)

    @cached_property
    def not_done(self) -> tuple[str, ...]:
        """What the run was asked for and did not do, a line each."""
        return tuple(f"{one['asked']} [{one['subject']}]: {one['reason']}" for one in self.document["not_done"])

    @cached_property
    def keystores(self) -> tuple[Document, ...]:
        """The subjects that are keystores."""
        return tuple(subject for subject in self.document["subjects"] if subject["kind"] == "keystore")

    def groups(self) -> Iterator[tuple[str, str, Sequence[ResultView]]]:
        """Key, title and entries of every group that has some."""
        for key, title in GROUPS.items():
            members = [entry for entry in self.entries if entry.group == key]
            if members:
                yield key, title, members

    def families(self) -> list[tuple[str, str]]:
        """Letters and name of every family that has results."""
        present = {entry.rule.family for entry in self.entries}
        return [(family.value, family.heading) for family in Family if family in present]

    def summary(self) -> str:
        """What the verdict rests on, in a sentence."""
        failed, errors = self.counts.get("failed", 0), self.counts.get("error", 0)
        checks = "1 check" if len(self.entries) == 1 else f"{len(self.entries)} checks"
        if self.verdict == "non-conformant":
            return f"{failed} of {checks} failed."
        if self.verdict == "nothing-checked":
            return "No rule had anything to judge."
        if self.verdict == "incomplete":
            if errors:
                return f"{errors} of {checks} could not be judged because of an internal error of the suite."
            if failed:
                return "The run is incomplete: a requested validator did not answer."
            if self.not_done and self.document["options"]["strict"]:
                return "No rule failed, but not everything that was requested was done."
            if self.devices.not_decided:
                open_ones = f"{self.devices.not_decided:,} of {self.devices.checked:,} devices"
                return f"No rule failed, but {open_ones} are not decided."
            return "Not every rule could judge, so conformance is not proven."
        waived = self.counts.get("waived", 0)
        warned = self.counts.get("warned", 0)
        but = [f"{waived} waived"] * bool(waived) + [f"{warned} warned"] * bool(warned)
        words = f" ({', '.join(but)})" if but else ""
        return f"Every rule was judged and none failed{words}."


def place(finding: Document) -> str:
    """Where a finding is, in words: file, certificate, line, field; empty where it has no place."""
    location = finding["location"]
    parts = [location["file"]]
    parts += [f"certificate {location['index']}" if location["index"] is not None else None]
    parts += [f"line {location['line']}" if location["line"] is not None else None, location["field"]]
    return ", ".join(part for part in parts if part)

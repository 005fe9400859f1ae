"""Results as text that crosses from a worker process to the one that reports."""

from __future__ import annotations

import json
from dataclasses import asdict

from fcu_conform.engine import Outcome, Result
from fcu_conform.engine.plain import plain_of, read_plain
from fcu_conform.engine.states import DeviceCounts
from fcu_conform.rules.model import Catalogue, Finding


def dump_counts(counts: DeviceCounts) -> str:
    """Counts over devices as ASCII text."""
    return json.dumps(asdict(counts))


def load_counts(text: str) -> DeviceCounts:
    """The counts that `dump_counts` wrote."""
    plain = json.loads(text)
    return DeviceCounts(**{**plain, "offenders": tuple(plain["offenders"]), "undecided": tuple(plain["undecided"])})


def dump(result: Result) -> str:
    """The result as ASCII text; its rule goes by its code."""
    return json.dumps(
        {
            "code": result.code,
            "subject": result.subject,
            "outcome": result.outcome.value,
            "findings": plain_of(result.findings),
            "blocked_by": result.blocked_by,
            "reason": result.reason,
            "count": result.count,
            "version": result.version,
            "waived": result.waived,
            "asked": result.asked,
            "refused": result.refused,
        }
    )


def load(text: str, catalogue: Catalogue) -> Result:
    """The result that `dump` wrote, with its rule from the catalogue."""
    plain = json.loads(text)
    return Result(
        rule=catalogue[plain["code"]],
        subject=plain["subject"],
        outcome=Outcome(plain["outcome"]),
        findings=tuple(read_plain(Finding, finding) for finding in plain["findings"]),
        blocked_by=tuple(plain["blocked_by"]),
        reason=plain["reason"],
        count=plain["count"],
        version=plain["version"],
        waived=plain["waived"],
        asked=plain["asked"],
        refused=tuple(plain["refused"]),
    )

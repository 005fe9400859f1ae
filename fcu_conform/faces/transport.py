"""Results as text that crosses from a worker process to the one that reports."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date

from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.engine import Outcome, Result
from fcu_conform.engine.devices import DevicePass
from fcu_conform.rules.model import Catalogue, Finding, Level, Location


@dataclass(frozen=True)
class DeviceCounts:
    """What a report says of all devices together: how many, how many without an error, which with one."""

    checked: int = 0
    conformant: int = 0
    offenders: tuple[str, ...] = ()

    @classmethod
    def of(cls, devices: DevicePass) -> DeviceCounts:
        """Those of one pass."""
        return cls(devices.checked, devices.conformant, tuple(devices.offenders))

    def dump(self) -> str:
        """As ASCII text for `load`."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> DeviceCounts:
        """The counts that `dump` wrote."""
        plain = json.loads(text)
        return cls(plain["checked"], plain["conformant"], tuple(plain["offenders"]))


def dump(result: Result) -> str:
    """The result as ASCII text; its rule goes by its code."""
    return json.dumps(
        {
            "code": result.code,
            "subject": result.subject,
            "outcome": result.outcome.value,
            "findings": [asdict(finding) for finding in result.findings],
            "blocked_by": result.blocked_by,
            "reason": result.reason,
            "count": result.count,
            "version": result.version,
            "waived": result.waived,
        },
        default=str,  # a waiver's date
    )


def load(text: str, catalogue: Catalogue) -> Result:
    """The result that `dump` wrote, with its rule from the catalogue."""
    plain = json.loads(text)
    findings = []
    for finding in plain["findings"]:
        level = finding.pop("level")
        finding["location"], finding["picture"] = Location(**finding["location"]), tuple(finding["picture"])
        waiver = finding.pop("waiver")
        if waiver is not None:
            waiver = Waiver(**{**waiver, "expires": date.fromisoformat(waiver["expires"])})
        findings.append(Finding(**finding, level=Level(level) if level else None, waiver=waiver))
    return Result(
        rule=catalogue[plain["code"]],
        subject=plain["subject"],
        outcome=Outcome(plain["outcome"]),
        findings=tuple(findings),
        blocked_by=tuple(plain["blocked_by"]),
        reason=plain["reason"],
        count=plain["count"],
        version=plain["version"],
        waived=plain["waived"],
    )

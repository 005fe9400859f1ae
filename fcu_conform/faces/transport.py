"""Results as text that crosses from a worker process to the one that reports."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from fcu_conform.engine import Outcome, Result
from fcu_conform.engine.plain import finding_of
from fcu_conform.rules.model import Catalogue

if TYPE_CHECKING:
    from fcu_conform.engine.lots import DevicePass


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
    return Result(
        rule=catalogue[plain["code"]],
        subject=plain["subject"],
        outcome=Outcome(plain["outcome"]),
        findings=tuple(map(finding_of, plain["findings"])),
        blocked_by=tuple(plain["blocked_by"]),
        reason=plain["reason"],
        count=plain["count"],
        version=plain["version"],
        waived=plain["waived"],
    )

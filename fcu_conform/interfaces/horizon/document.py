"""What ends, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fcu_conform.artefacts.redaction import redact_all
from fcu_conform.interfaces.horizon.gathering import DeviceEnds, Ending, LineHorizon, earliest
from fcu_conform.interfaces.run.settings import format_instant
from fcu_conform.version import __version__

FORMAT = "fcu-conform expiry"
FORMAT_VERSION = 1


def render(lines: Sequence[LineHorizon], judged_at: datetime, within: str | None, horizon: datetime | None) -> bytes:
    """The document as ASCII: the same bytes for the same lines and instant."""
    first = earliest(one.first for one in lines if one.first is not None)
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "suite": {"name": "fcu-conform", "version": __version__},
        "judged_at": format_instant(judged_at),
        "within": within,
        "until": _instant(horizon),
        "conformant_until": None if first is None else format_instant(first.from_then),
        "ends_first": None if first is None else _ending(first),
        "lines": [_line(line) for line in lines],
    }
    return (json.dumps(redact_all(content), indent=2, ensure_ascii=True) + "\n").encode("ascii")


def _line(line: LineHorizon) -> dict[str, Any]:
    return {
        "name": line.name,
        "conformant_until": None if line.first is None else format_instant(line.first.from_then),
        "ends_first": None if line.first is None else _ending(line.first),
        "loses_ten_years_from": _instant(line.loses_ten_years_from),
        "certificates": [_ending(one) for one in line.path],
        "devices": None if line.devices is None else _devices(line.devices),
    }


def _devices(devices: DeviceEnds) -> dict[str, Any]:
    return {
        "count": devices.count,
        "unread": devices.unread,
        "ends_first": None if devices.first is None else _ending(devices.first),
        "last_ends_at": _instant(devices.last),
        "beside_ends_first": None if devices.beside is None else _ending(devices.beside),
        "end_within": devices.in_window,
    }


def _ending(ending: Ending) -> dict[str, Any]:
    certificate = ending.certificate
    return {
        "what": ending.what,
        "place": ending.place,
        "carrier": ending.carrier or None,
        "subject": str(certificate.subject),
        "sha256": certificate.sha256,
        "not_before": format_instant(certificate.not_before.instant),
        "not_after": format_instant(certificate.not_after.instant),
        "ends_at": format_instant(ending.from_then),
    }


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else format_instant(instant)

"""Which reports there are, by their files' endings, and the writing of all that a run is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from fcu_conform.engine import Report
from fcu_conform.faces import json_report
from fcu_conform.faces.settings import Settings, check_targets, write_atomically
from fcu_conform.faces.text import printable
from fcu_conform.faces.transport import DeviceCounts

Writer = Callable[[json_report.Document], bytes]

WRITERS: dict[str, Writer] = {".json": json_report.render}
"""By ending, the function that turns the document of json_report into a file's content."""


def check(settings: Settings) -> None:
    """Makes sure, before anything is judged, that every report can be written.

    Raises:
        UsageError: one cannot.
    """
    check_targets(settings.reports, list(WRITERS))


def write(settings: Settings, report: Report, devices: DeviceCounts | None = None) -> list[str]:
    """Writes every report that is asked for; gives a line for each that could not be written after all."""
    if not settings.reports:
        return []
    faults = []
    checked_at = datetime.now(timezone.utc).replace(microsecond=0)
    content = json_report.document(report, judged_at=settings.instant, checked_at=checked_at, devices=devices)
    for target in map(Path, settings.reports):
        try:
            write_atomically(target, WRITERS[target.suffix.lower()](content))
        except OSError as error:
            faults.append(f"report {printable(str(target))} could not be written: {error.strerror}")
    return faults

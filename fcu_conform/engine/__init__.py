"""Runs rules over artefacts; a library that knows nothing of pytest."""

from fcu_conform.engine.examination import Examination
from fcu_conform.engine.report import Report, Verdict
from fcu_conform.engine.results import Event, Finished, Judged, Listener, Outcome, Result

__all__ = [
    "Event",
    "Examination",
    "Finished",
    "Judged",
    "Listener",
    "Outcome",
    "Report",
    "Result",
    "Verdict",
]

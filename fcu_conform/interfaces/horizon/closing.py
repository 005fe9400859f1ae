"""The line about the horizon that a run ends with."""

from __future__ import annotations

from fcu_conform.engine import Report, Verdict
from fcu_conform.rules.support.horizon import ends_of, first_of


def horizon_line(report: Report) -> str:
    """Until when a conformant run stays so, and what ends then; empty where it is not, or where nothing ends.

    Of devices the run has not gone through for this: where some were judged, the line is about the CAs above them.
    """
    if report.verdict is not Verdict.CONFORMANT:
        return ""
    firsts = [(first, setup) for setup in report.setups if (first := first_of(ends_of(setup))) is not None]
    if not firsts:
        return ""
    first, setup = min(firsts, key=lambda one: one[0].certificate.not_after.instant)
    what = "conformant" if setup.devices is None else "the CA certificates are valid"
    of_line = f" of {setup.name}" if len(report.setups) > 1 else ""
    return f"{what} until {first.from_then:%Y-%m-%d}: then the {first.role}{of_line} ends"

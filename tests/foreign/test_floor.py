"""Every case of devices, uploads, lots and pairs against the judge: the exact set of codes, and who offends."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from .cases import Case, Room, floor_cases
from .verdict import assert_expected, codes, ending, judged

CASES = floor_cases()
#: Families whose findings lie at a device.
AT_DEVICES = ("DEV", "LOT")
#: Rules that can be judged of any device that can be read, and of any upload.
OF_EVERY_DEVICE = {"DEV001", "DEV003", "DEV004", "DEV005", "DEV008", "DEV026"}
OF_EVERY_UPLOAD = {"UPL001", "UPL004", "UPL009"}
#: Seconds in which the worst of hostile output is refused.
PATIENCE = 10.0


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_judge_finds_exactly_the_errors_and_the_offenders_of(case: Case, tmp_path: Path) -> None:
    room = case.make(tmp_path)
    begun = time.monotonic()
    report = judged(room)
    assert time.monotonic() - begun < PATIENCE, "the judge took too long"
    assert_expected(case, room, report)
    if isinstance(report, Exception):
        return
    passed = {result.code for result in ending(report, "passed") + ending(report, "warned")}
    found = codes(report, "error")
    if room.devices and not found:
        assert passed >= OF_EVERY_DEVICE, f"not judged: {sorted(OF_EVERY_DEVICE - passed)}"
    if room.uploads and not found:
        assert passed >= OF_EVERY_UPLOAD, f"not judged: {sorted(OF_EVERY_UPLOAD - passed)}"
    if any(code.startswith(AT_DEVICES) and code != "LOT006" for code in found):
        assert_offenders(case, room, report)


def assert_offenders(case: Case, room: Room, report: Any) -> None:
    """Exactly the guilty files have errors; of each group of twins all but one at least, and the text names that one."""
    errors = [
        finding
        for result in report.results
        if result.code.startswith(AT_DEVICES)
        for finding in result.findings
        if getattr(finding.level, "value", finding.level) == "error"
    ]
    located = {str(finding.location.file) for finding in errors}
    if not room.guilty and not room.twins:
        assert case.topic in {"devices_hostile", "devices_manifest"}, f"{case.id} does not say who offends"
        assert located, "an error says where"
        return
    twins = set().union(*room.twins)
    if located - twins - room.guilty or room.guilty - located:
        pytest.fail(
            f"{case.id}: {case.why}\n  offenders expected {sorted(room.guilty)} and of {sorted(twins)}, "
            f"found {sorted(located)}",
            pytrace=False,
        )
    if not codes(report, "error") & {"LOT001", "LOT002", "LOT003", "LOT004"}:
        return
    words = " ".join(f"{finding.location.file} {finding.message}" for finding in errors)
    for group in room.twins:
        assert len(group & located) >= len(group) - 1, f"of {sorted(group)} only {sorted(group & located)} are found"
        unnamed = {file for file in group if file not in words}
        assert not unnamed, f"never named: {sorted(unnamed)}"

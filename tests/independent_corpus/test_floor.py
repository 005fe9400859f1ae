"""Every case of devices, uploads, lots and pairs against the judge: the exact set of codes, and who offends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .cases import Case, Room, floor_cases
from .verdict import assert_expected, codes, ending, judged, patience

CASES = floor_cases()
#: Families whose findings lie at a device.
AT_DEVICES = ("DEV", "LOT")
#: Rules that can be judged of any device that can be read, and of any upload.
OF_EVERY_DEVICE = {"DEV001", "DEV004", "DEV005", "DEV008", "DEV026"}
#: Rules that need a depth as well, which all cases but those of this name have.
BY_DEPTH, WITHOUT_DEPTH = {"DEV002", "DEV003"}, ("nobody_said", "nobody_set")
UPLOAD_BY_DEPTH = {"UPL002", "UPL004"}
OF_EVERY_UPLOAD = {"UPL001", "UPL005", "UPL009"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_judge_finds_exactly_the_errors_and_the_offenders_of(case: Case, tmp_path: Path) -> None:
    room = case.make(tmp_path)
    with patience():
        report = judged(room)
    assert_expected(case, room, report)
    if isinstance(report, Exception):
        return
    passed = {result.code for result in ending(report, "passed") + ending(report, "warned")}
    found = codes(report, "error")
    if room.devices and not found:
        needed = OF_EVERY_DEVICE | (set() if case.name.endswith(WITHOUT_DEPTH) else BY_DEPTH)
        assert passed >= needed, f"not judged: {sorted(needed - passed)}"
    if room.uploads and not found:
        needed = OF_EVERY_UPLOAD | (set() if case.name.endswith(WITHOUT_DEPTH) else UPLOAD_BY_DEPTH)
        assert passed >= needed, f"not judged: {sorted(needed - passed)}"
    if any(code.startswith(AT_DEVICES) and code != "LOT006" for code in found):
        assert_offenders(case, room, report)


def assert_offenders(case: Case, room: Room, report: Any) -> None:
    """Exactly the guilty files have errors; of each group of twins all but one at least, and the text names all."""
    errors = [
        finding
        for result in report.results
        if result.code.startswith(AT_DEVICES)
        for finding in result.findings
        if getattr(finding.level, "value", finding.level) == "error"
    ]
    located = {device_of(room, finding) for finding in errors}
    if not room.guilty and not room.duplicates:
        assert case.topic in {"devices_hostile", "devices_manifest"}, f"{case.id} does not say who offends"
        assert located, "an error says where"
        return
    duplicates = set().union(*room.duplicates)
    if located - duplicates - room.guilty or room.guilty - located:
        pytest.fail(
            f"{case.id}: {case.why}\n  offenders expected {sorted(room.guilty)} and of {sorted(duplicates)}, "
            f"found {sorted(located)}",
            pytrace=False,
        )
    if not codes(report, "error") & {"LOT001", "LOT002", "LOT003"}:
        assert located, "an error says where"
        return
    words = " ".join(f"{finding.location.file} {finding.message}" for finding in errors)
    for group in room.duplicates:
        assert len(group & located) >= len(group) - 1, f"of {sorted(group)} only {sorted(group & located)} are found"
        unnamed = {file for file in group if file not in words}
        assert not unnamed, f"never named: {sorted(unnamed)}"


def device_of(room: Room, finding: Any) -> str:
    """The device file that an error lies at, or that it names where it lies at the device's key."""
    file = str(finding.location.file)
    device, endpoint = room.keys_of.get(file, (file, ""))
    text = f"{file} {finding.message} {finding.expected} {finding.found}"
    return device if device in text or endpoint in text else file

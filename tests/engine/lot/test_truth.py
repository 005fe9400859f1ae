"""The judge finds exactly the faults that the maker put into a lot, device by device."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path

import pytest

from fcu_conform import check
from reference_ca import KeySource
from reference_ca.lot import make_lot
from reference_ca.lot_defects import KINDS

AT = datetime(2025, 6, 1, tzinfo=timezone.utc)


def told(folder: Path) -> dict[str, set[str]]:
    """The codes of each wrong device by its file, from truth.csv."""
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: set(row["codes"].split()) for row in csv.DictReader(file)}


def found(folder: Path) -> dict[str, set[str]]:
    """The codes of errors and warnings by the device's file, as the judge has them."""
    report = check(folder / "keystore", devices=folder / "devices", portal_upload=folder / "upload.pem", at=AT)
    by_file: dict[str, set[str]] = defaultdict(set)
    for result in report.results:
        for finding in result.findings:
            place = str(finding.location.file)
            if finding.level is not None and finding.level.value != "notice" and place.endswith(".pem"):
                by_file[place].add(result.rule.code)
    return dict(by_file)


@pytest.mark.parametrize(("length", "depth"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 5), (3, 1)])
def test_judging_a_lot_gives_exactly_the_expected_findings(tmp_path: Path, length: int, depth: int) -> None:
    folder = tmp_path / "lot"
    make_lot(folder, 120, KeySource(f"truth {length} {depth}"), defects=0.4, length=length, depth=depth)
    expected = told(folder)
    assert len(expected) == 48
    assert found(folder) == expected


def test_a_lot_without_defects_is_conformant(tmp_path: Path) -> None:
    folder = tmp_path / "lot"
    make_lot(folder, 200, KeySource("sound"))
    assert told(folder) == {}
    report = check(folder / "keystore", devices=folder / "devices", portal_upload=folder / "upload.pem", at=AT)
    assert (report.verdict.value, report.errors()) == ("conformant", set())
    assert found(folder) == {}


def test_the_kinds_break_many_rules() -> None:
    assert len({code for kind in KINDS for code in kind.codes}) >= 18

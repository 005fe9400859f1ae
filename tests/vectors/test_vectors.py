"""Every fixture gives exactly the errors that it says, and is what the reference CA makes today."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fcu_conform import check

from .regenerate import CASES, FIXTURES, write

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDERS = sorted(path for path in FIXTURES.iterdir() if path.is_dir())


def expected(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_case_has_its_folder_and_every_folder_its_case() -> None:
    assert len(CASES) > 5
    assert [folder.name for folder in FOLDERS] == sorted(case.name for case in CASES)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_case_gives_exactly_its_errors(folder: Path, tmp_path: Path) -> None:
    case = expected(folder)
    shutil.copytree(folder, tmp_path / "case")
    for name, mode in case["modes"].items():
        (tmp_path / "case" / name).chmod(int(mode, 8))
    report = check(
        tmp_path / "case" / "keystore", at=datetime.fromisoformat(case["at"].replace("Z", "+00:00")), validators="none"
    )
    assert sorted(report.errors()) == case["errors"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_made_byte_for_byte_from_its_seed(case: Any, tmp_path: Path) -> None:
    write(case, tmp_path / case.name)
    assert files(tmp_path / case.name) == files(FIXTURES / case.name)


@pytest.mark.parametrize("case", [case for case in CASES if case.twin], ids=lambda case: case.name)
def test_a_negative_differs_from_its_twin_in_one_file(case: Any) -> None:
    mine, twins = files(FIXTURES / case.name), files(FIXTURES / case.twin)
    differing = {name for name in mine if mine[name] != twins.get(name)} - {"case.toml"}
    assert len(differing) == 1
    assert set(mine) == set(twins)

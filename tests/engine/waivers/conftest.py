"""A line to judge, a lot of three devices, and files of waivers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from artefacts.makers import Line
from inprocess import reference_ca

from engine.waivers.files import Lot


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "line")


@pytest.fixture(scope="session")
def made_lot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lot")
    common = ["--seed", "waived lot", "--at", "2026-01-01T00:00:00Z"]
    reference_ca("keystore", folder, "--length", "3", *common)
    reference_ca("devices", "--keystore", folder / "keystore", "--count", "3", "-o", folder / "out", *common)
    return folder


@pytest.fixture
def lot(made_lot: Path, tmp_path: Path) -> Lot:
    """Three devices of a sound keystore, to be broken."""
    shutil.copytree(made_lot, tmp_path / "lot")
    (tmp_path / "lot" / "keystore").chmod(0o700)
    return Lot(tmp_path / "lot")

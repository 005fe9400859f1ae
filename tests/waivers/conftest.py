"""A line to judge, a lot of three devices, and files of waivers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from artefacts.makers import Line

from waivers.files import Lot


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "line")


@pytest.fixture(scope="session")
def made_lot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lot")
    maker = [sys.executable, "-m", "reference_ca"]
    common = ["--seed", "waived lot", "--at", "2026-01-01T00:00:00Z"]
    subprocess.run([*maker, "keystore", str(folder), "--length", "3", *common], check=True, capture_output=True)
    devices = ["devices", "--keystore", str(folder / "keystore"), "--count", "3", "-o", str(folder / "out")]
    subprocess.run([*maker, *devices, *common], check=True, capture_output=True)
    return folder


@pytest.fixture
def lot(made_lot: Path, tmp_path: Path) -> Lot:
    """Three devices of a sound keystore, to be broken."""
    shutil.copytree(made_lot, tmp_path / "lot")
    (tmp_path / "lot" / "keystore").chmod(0o700)
    return Lot(tmp_path / "lot")

"""Lots to judge, and the console command as users run it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from inprocess import fcu_conform

from .factory import AT, Factory

DEFECTS = {
    3: "purpose",
    499: "signature",
    500: "depth",
    701: "name",
    702: "cut",
    900: "same key",
    1003: "same serial",
    1100: "ca",
}
"""By the number of the device."""


@dataclass(frozen=True)
class Laid:
    """A lot on disk."""

    folder: Path
    factory: Factory

    @property
    def keystore(self) -> Path:
        return self.folder / "keystore"

    @property
    def devices(self) -> Path:
        return self.folder / "devices"


def lay(folder: Path, factory: Factory) -> Laid:
    factory.write_keystore(folder)
    factory.write_folder(folder / "devices")
    return Laid(folder, factory)


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """1200 devices without a fault."""
    return lay(tmp_path_factory.mktemp("good"), Factory(1200))


@pytest.fixture(scope="session")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """1200 devices, eight of them with a fault each."""
    return lay(tmp_path_factory.mktemp("bad"), Factory(1200, DEFECTS))


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """6000 devices, eight of them with a fault each: enough to do something in the middle."""
    return lay(tmp_path_factory.mktemp("large"), Factory(6000, DEFECTS))


def command(laid: Laid, *arguments: object) -> list[str]:
    """The command line: everything but the devices is given."""
    fixed = ["lot", "--keystore", str(laid.keystore), "--at", AT, "--validators", "none"]
    return [sys.executable, "-m", "fcu_conform", *fixed, *map(str, arguments)]


def run(laid: Laid, *arguments: object) -> subprocess.CompletedProcess[str]:
    """The command, in this process where it starts no other."""
    words = command(laid, *arguments)
    if "--workers" in arguments:
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
    return fcu_conform(*words[3:])


@pytest.fixture
def report_of(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Runs the command and gives its JSON report without the time of the run; the exit code must be as expected."""

    def report(laid: Laid, *arguments: object, code: int = 0) -> dict[str, Any]:
        path = tmp_path / "report.json"
        path.unlink(missing_ok=True)
        done = run(laid, "--report", path, *arguments)
        assert done.returncode == code, done.stdout + done.stderr
        document: dict[str, Any] = json.loads(path.read_text())
        document.pop("checked_at")
        return document

    return report

"""The shifted clock works in Python, in C libraries and in other programs, and validity is judged by it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clock.shifting import DATES, build, can_shift, environment
from reference_ca import Config, KeySource, make_keystore

pytestmark = pytest.mark.skipif(not can_shift(), reason="the clock is shifted by a preloaded library, built with cc")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("clock"))


def said(library: Path, date: str, *command: str | Path) -> str:
    done = subprocess.run(
        list(map(str, command)),
        env=environment(library, date),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("date", DATES)
def test_python_and_other_programs_see_the_shifted_date(library: Path, date: str) -> None:
    script = "import datetime, time; print(datetime.datetime.now().year, time.gmtime().tm_year, time.monotonic() < 3e9)"
    year = date.partition("-")[0]
    assert said(library, date, sys.executable, "-c", script).split() == [year, year, "True"]
    if shutil.which("date"):
        assert said(library, date, "date", "-u", "+%Y-%m-%d").strip() == date


def test_a_process_sleeps_for_the_requested_time(library: Path) -> None:
    script = "import time, threading; time.sleep(0.01); threading.Event().wait(0.01); print('awake')"
    assert said(library, "2099-01-01", sys.executable, "-c", script).strip() == "awake"


def test_a_certificate_that_has_expired_by_the_shifted_clock_has_expired(library: Path, tmp_path: Path) -> None:
    source = KeySource("the clock")  # made in 2025, for 35 years
    make_keystore(tmp_path, 1, Config.example(source), source)
    command = (sys.executable, "-m", "pytest", f"--fcu-keystore={tmp_path / 'keystore'}", "-k", "CRT006", "-q")
    before, now, after = (said(library, date, *command) for date in ("2020-01-01", "2027-01-01", "2099-01-01"))
    assert "FAILED fcu::CRT006" in before
    assert "1 passed" in now
    assert "FAILED fcu::CRT006" in after

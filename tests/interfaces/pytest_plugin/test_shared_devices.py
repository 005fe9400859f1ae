"""With pytest-xdist the devices are judged once for all workers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from inprocess import reference_ca, run_pytest

COUNTING = """
import os
from pathlib import Path
from fcu_conform.engine.lot import device_run, shared_pass

real = device_run.judge_devices

def counting(*arguments, **keywords):
    with Path(os.environ["JUDGED"]).open("a") as file:
        file.write("pass\\n")
    return real(*arguments, **keywords)

device_run.judge_devices = shared_pass.judge_devices = counting
"""


@pytest.fixture(scope="module")
def devices(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    keystore = pristine / "keystore"
    reference_ca("devices", "--keystore", keystore, "--seed", "shared", "--count", 30, "-o", folder / "out")
    (folder / "out" / "device-0003.pem").write_text("nothing")
    reference_ca("upload", "--keystore", keystore, "-o", folder / "upload.pem")
    return folder


def outcomes(pytester: Any, pristine: Path, devices: Path, *more: str) -> dict[str, str]:
    """The outcome of each rule on each target."""
    options = (f"--fcu-keystore={pristine / 'keystore'}", "--fcu-at=2026-06-01T00:00:00Z")
    given = (f"--fcu-devices={devices / 'out'}", f"--fcu-portal-upload={devices / 'upload.pem'}")
    chosen = ("--fcu-validators=cryptography,openssl", "--fcu-sample-seed=1", "--fcu-report=report.json")
    result = run_pytest(pytester, *options, *given, *chosen, *more, fresh=True)
    assert result.ret == 1
    report = json.loads((pytester.path / "report.json").read_text())
    return {f"{one['code']} {one['subject']}": one["outcome"] for one in report["results"]}


def test_two_workers_judge_the_devices_once_and_find_what_one_process_does(
    pytester: Any, pristine: Path, devices: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytester.makeconftest(COUNTING)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    found = []
    for workers in ((), ("-n2",)):
        monkeypatch.setenv("JUDGED", str(judged := tmp_path / f"judged{len(workers)}"))
        found.append(outcomes(pytester, pristine, devices, *workers))
        assert judged.read_text().splitlines() == ["pass"]
    assert found[0] == found[1]
    assert "failed" in found[0].values()
    assert [path for path in temporary.iterdir() if path.name.startswith("fcu-conform-")] == []

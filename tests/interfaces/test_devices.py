"""Device output and uploads under pytest: one test a rule, offenders named, reports the same with -n 2."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inprocess import reference_ca, run_pytest
from jsonschema import Draft202012Validator

from fcu_conform.interfaces.reports.json_report import schema

AT = "2026-06-01T00:00:00Z"
END = "-----END CERTIFICATE-----\n"


@pytest.fixture(scope="session")
def lot(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 devices at depth 2 as a folder, and the right upload beside it."""
    folder = tmp_path_factory.mktemp("lot")
    keystore = pristine / "keystore"
    reference_ca("devices", "--keystore", keystore, "--seed", "lot", "--count", 300, "-o", folder / "out")
    reference_ca("upload", "--keystore", keystore, "-o", folder / "upload.pem")
    return folder


def run(pytester: Any, keystore: Path, *arguments: object, fresh: bool = False) -> Any:
    options = (f"--fcu-keystore={keystore}", f"--fcu-at={AT}", "--fcu-validators=none")
    return run_pytest(pytester, *options, *arguments, fresh=fresh)


def test_one_rule_over_300_devices_is_one_test(pytester: Any, keystore: Path, lot: Path) -> None:
    result = run(pytester, keystore, f"--fcu-devices={lot / 'out'}", "-k", "DEV004", "-v")
    result.assert_outcomes(passed=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines([f"fcu-devices: {lot / 'out'}", "*fcu::DEV004*keystore* PASSED*"])
    assert result.ret == 0


def test_a_conformant_lot_with_its_upload_is_conformant(pytester: Any, keystore: Path, lot: Path) -> None:
    upload = lot / "upload.pem"
    result = run(pytester, keystore, f"--fcu-devices={lot / 'out'}", f"--fcu-portal-upload={upload}", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["FCU conformance: conformant*"])


def test_a_failure_lists_the_first_offenders_and_counts_the_others(
    pytester: Any, keystore: Path, lot: Path, tmp_path: Path, terminal: Callable[[int], None]
) -> None:
    terminal(200)
    output = tmp_path / "out"
    output.mkdir()
    for path in sorted((lot / "out").glob("device-*.pem")):
        if ".key." not in path.name and path.name < "device-0031":
            (output / path.name).write_text(path.read_text().split(END)[0] + END)
    result = run(pytester, keystore, f"--fcu-devices={output}", "--fcu-report=r.json")
    assert result.ret == 1
    text = result.stdout.str()
    assert text.count("carries 1 certificate at depth 2") == 21  # 20 in the failure, one in the summary
    result.stdout.fnmatch_lines(["  … and 10 more (all of them in the report)"])
    assert text.count("  portal  fcu.crt 3  ") == 1
    report = json.loads((pytester.path / "r.json").read_text())
    Draft202012Validator(schema()).validate(report)
    assert report["devices"] == {
        "checked": 30,
        "conformant": 0,
        "not_decided": 0,
        "asked": 0,
        "offenders": sorted(path.name for path in output.iterdir()),
        "undecided": [],
    }
    assert sum(finding["code"] == "DEV002" for finding in report["findings"]) == 30
    assert [subject["kind"] for subject in report["subjects"]] == ["keystore", "devices"]


def test_reports_over_devices_are_the_same_with_two_workers(pytester: Any, keystore: Path, lot: Path) -> None:
    arguments = (f"--fcu-devices={lot / 'out'}", f"--fcu-portal-upload={keystore / 'fcu.crt'}")
    reports = []
    for number, more in enumerate(((), ("-n", "2"))):
        assert run(pytester, keystore, *arguments, f"--fcu-report={number}.json", *more).ret == 1
        report = json.loads((pytester.path / f"{number}.json").read_text())
        report.pop("checked_at")
        reports.append(report)
    assert reports[0] == reports[1]
    assert {finding["code"] for finding in reports[0]["findings"] if finding["level"] == "error"} == {"UPL003"}


@pytest.mark.parametrize("selection", [["-k", "KEY0"], ["fcu::CRT001"], ["-k", "no-such-word"]])
def test_a_report_of_a_run_that_judged_no_device_counts_none(
    pytester: Any, keystore: Path, lot: Path, selection: list[str]
) -> None:
    run(pytester, keystore, f"--fcu-devices={lot / 'out'}", "--fcu-report=r.json", *selection)
    report = json.loads((pytester.path / "r.json").read_text())
    assert not any(report["devices"].values())


def test_an_interrupted_run_does_not_begin_to_read_the_devices(pytester: Any, keystore: Path, lot: Path) -> None:
    pytester.makeconftest(
        """
        import fcu_conform.engine.lot.device_run as lots

        passes = []
        def interrupted(*_, **__):
            passes.append(1)
            assert len(passes) == 1, "went through the devices after the interruption"
            raise KeyboardInterrupt
        lots.judge_devices = interrupted
        """
    )
    result = run(pytester, keystore, f"--fcu-devices={lot / 'out'}", "--fcu-report=r.json", fresh=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    report = json.loads((pytester.path / "r.json").read_text())
    assert (report["verdict"], report["devices"]["checked"]) == ("incomplete", 0)


def test_with_workers_the_controller_does_not_read_the_devices_again(pytester: Any, keystore: Path, lot: Path) -> None:
    pytester.makeconftest(
        """
        import os
        import fcu_conform.engine.lot.device_run as lots

        if "PYTEST_XDIST_WORKER" not in os.environ:
            lots.judge_devices = None
        """
    )
    result = run(pytester, keystore, f"--fcu-devices={lot / 'out'}", "--fcu-report=r.json", "-n", "2")
    assert result.ret == 0
    report = json.loads((pytester.path / "r.json").read_text())
    assert (report["devices"]["checked"], report["devices"]["conformant"]) == (300, 300)


def test_certificates_of_an_upload_called_fcu_crt_are_not_taken_for_those_of_the_keystore(
    pytester: Any, keystore: Path, tmp_path: Path, terminal: Callable[[int], None]
) -> None:
    terminal(200)
    upload = tmp_path / "other" / "fcu.crt"
    upload.parent.mkdir()
    root = (keystore / "fcu.crt").read_text().split(END)[2] + END
    upload.write_text(root + root)
    result = run(pytester, keystore, f"--fcu-portal-upload={upload}", "-k", "UPL006")
    result.stdout.fnmatch_lines(
        ["  fcu.crt, certificate 2 of 2 (CN=Root CA*), subject: has the same subject as certificate 1"]
    )


def test_a_wrong_upload_is_reported_in_terms_of_the_factory_with_a_drawing(
    pytester: Any, keystore: Path, terminal: Callable[[int], None]
) -> None:
    terminal(200)
    result = run(pytester, keystore, f"--fcu-portal-upload={keystore / 'fcu.crt'}")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "  fcu.crt: you uploaded the whole fcu.crt, but at depth 2 the device already carries*",
            "  device  fcu.crt 1  CN=FCU line 1 *<- uploaded too, but the device carries it",
            "  fix        fcu-conform upload --keystore *",
        ]
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--fcu-devices=nowhere"], "devices nowhere: no such file or folder"),
        (["--fcu-portal-upload=nowhere.pem"], "portal upload nowhere.pem: no such file or folder"),
        (["--fcu-portal-upload=."], "portal upload .: is a folder"),
        (["--fcu-mode=wifi"], "--fcu-mode: 'wifi' is neither bootstrap nor lwm2m"),
        (["--fcu-devices="], "--fcu-devices: needs a path"),
    ],
)
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two-workers"])
def test_contradictory_options_are_a_usage_error_in_one_line(
    pytester: Any, keystore: Path, arguments: list[str], told: str, workers: tuple[str, ...]
) -> None:
    result = run(pytester, keystore, *arguments, *workers)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {told}"])


def test_more_uploads_than_keystores_are_a_usage_error(pytester: Any, keystore: Path, lot: Path) -> None:
    upload = f"--fcu-portal-upload={lot / 'upload.pem'}"
    result = run(pytester, keystore, upload, upload)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: portal upload *: there is no keystore for it"])


def test_ini_keys_name_devices_and_upload(pytester: Any, keystore: Path, lot: Path) -> None:
    pytester.makeini(
        f"[pytest]\nfcu_keystore = {keystore}\nfcu_devices = {lot / 'out'}\n"
        f"fcu_portal_upload = {lot / 'upload.pem'}\nfcu_mode = bootstrap\nfcu_at = {AT}\n"
    )
    result = run_pytest(pytester, "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["FCU conformance: conformant*"])


PEAKS = """
import datetime, gc, sys, tracemalloc
from fcu_conform import check

at, keystore, *archives = sys.argv[1:]
at = datetime.datetime.fromisoformat(at)
check(keystore, devices=archives[-1], at=at)  # what is loaded once, and caches that have a bound
for archive in archives:
    gc.collect()
    tracemalloc.start()
    report = check(keystore, devices=archive, at=at)
    print(report.examination.device_pass("keystore").checked, tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
"""


def test_memory_does_not_grow_with_the_lot(keystore: Path, tmp_path: Path) -> None:
    archives = {count: tmp_path / f"{count}.tar" for count in (1000, 2500)}
    for count, archive in archives.items():
        reference_ca("devices", "--keystore", keystore, "--seed", "memory", "--count", count, "-o", archive)
    # In a process of its own: where others have been at work, tables of the interpreter grow at any moment.
    done = subprocess.run(
        [sys.executable, "-c", PEAKS, AT.replace("Z", "+00:00"), str(keystore), *map(str, archives.values())],
        capture_output=True,
        text=True,
        check=True,
    )
    (few, least), (many, most) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert [few, many] == list(archives)
    # What stays of a device is digests, its name and its public key: a kilobyte or two, not its certificates.
    assert most - least < 1500 * 2500

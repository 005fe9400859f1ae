"""``fcu-conform lot`` as users run it: verdicts, exit codes, reports, workers, going on after a stop."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fcu_conform import check
from fcu_conform.engine.lot.verification.lot_verifier import usable_library
from fcu_conform.interfaces.reports import json_report
from fcu_conform.interfaces.run.settings import parse_sample

from .conftest import DEFECTS, Laid, command, run
from .factory import NOW, Factory, ders

Report = Callable[..., dict[str, Any]]

GUILTY = [f"{number // 100:04}/lamp-{number:06}.pem" for number in DEFECTS]


def test_a_good_lot_is_conformant(good: Laid, report_of: Report) -> None:
    report = report_of(good, "--portal-upload", good.folder / "upload.pem", good.devices)
    Draft202012Validator(json_report.schema()).validate({**report, "checked_at": "2026-01-01T00:00:00Z"})
    assert report["verdict"] == "conformant"
    acceptance_counts = {"checked": 1200, "conformant": 1200, "not_decided": 0, "asked": 0}
    assert report["devices"] == {**acceptance_counts, "offenders": [], "undecided": []}


def test_a_bad_lot_names_exactly_its_offenders(bad: Laid, report_of: Report) -> None:
    report = report_of(bad, bad.devices, code=1)
    acceptance_counts = {"checked": 1200, "conformant": 1192, "not_decided": 0, "asked": 0}
    assert report["devices"] == {**acceptance_counts, "offenders": GUILTY, "undecided": []}
    errors = {
        finding["location"]["file"]: finding["code"] for finding in report["findings"] if finding["level"] == "error"
    }
    expected = ["DEV013", "DEV004", "DEV002", "DEV005", "DEV001", "LOT002", "LOT001", "DEV012"]
    assert errors == dict(zip(GUILTY, expected, strict=True))
    repeats = {finding["code"]: finding["message"] for finding in report["findings"] if finding["code"][:3] == "LOT"}
    assert repeats["LOT002"] == "has the same public key as 0008/lamp-000899.pem"
    assert repeats["LOT001"] == "has the same serial number as 0010/lamp-001002.pem"


def test_the_report_equals_that_of_the_library_and_of_pytest(bad: Laid, report_of: Report) -> None:
    report = report_of(bad, bad.devices, code=1)
    by_library = check(bad.keystore, devices=bad.devices, at=NOW, validators="none")
    document = json_report.document(by_library, judged_at=NOW, checked_at=datetime.now(NOW.tzinfo))
    document.pop("checked_at")
    assert document == report


def test_the_summary_shows_first_offenders_counts_and_rate(bad: Laid) -> None:
    done = run(bad, bad.devices)
    assert done.returncode == 1
    assert "FAILED fcu::LOT002[keystore]" in done.stdout
    assert "0009/lamp-000900.pem" in done.stdout
    assert "1,200 judged in" in done.stdout
    assert "8 non-conformant, 0 not decided" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("FCU conformance: non-conformant (")
    assert done.stderr == ""


@pytest.mark.skipif(usable_library() is None, reason="this Python has no OpenSSL 3 to call")
def test_report_and_terminal_state_how_signatures_were_verified(bad: Laid, report_of: Report) -> None:
    report, plain = (report_of(bad, bad.devices, *more, code=1) for more in ((), ("--verify=plain",)))
    assert report.pop("signatures") == {"by_tables": 1198, "by_cryptography": 2}
    assert report == plain
    line = "signatures: 1,198 verified by tables of the FCU key, 2 by cryptography"
    assert line in run(bad, bad.devices).stdout.splitlines()
    assert "signatures:" not in run(bad, bad.devices, "--verify=plain").stdout


def test_two_workers_give_the_same_report(bad: Laid, report_of: Report) -> None:
    assert report_of(bad, bad.devices, code=1) == report_of(bad, "--workers", 2, bad.devices, code=1)


@pytest.mark.parametrize("form", ["lot.jsonl", "lot.jsonl.gz", "lot.tar.gz", "lot.parquet"])
def test_every_input_format_gives_the_same_devices_with_any_number_of_workers(
    form: str, bad: Laid, report_of: Report, tmp_path: Path
) -> None:
    path = tmp_path / form
    if form.endswith(".parquet"):
        write_parquet(bad.factory, path)
    elif form.endswith(".tar.gz"):
        subprocess.run(["tar", "-czf", path, "-C", bad.devices, "."], check=True)
    else:
        bad.factory.write_lines(path)
    reports = [report_of(bad, "--workers", workers, path, code=1) for workers in (1, 2)]
    assert reports[0] == reports[1]
    assert reports[0]["devices"]["checked"] == 1200
    assert reports[0]["devices"]["conformant"] == 1192
    codes = sorted(finding["code"] for finding in reports[0]["findings"] if finding["level"] == "error")
    assert codes == ["DEV001", "DEV002", "DEV004", "DEV005", "DEV012", "DEV013", "LOT001", "LOT002"]


def write_parquet(factory: Factory, path: Path) -> None:
    # In a process of its own: pyarrow starts threads that outlive it, and forks of this one would be warned of.
    rows = [[name, [der.hex() for der in ders(text)]] for name, text in factory.devices.items()]
    script = """
import json, sys, pyarrow as pa
from pyarrow import parquet
rows = json.load(sys.stdin)
chains = [[bytes.fromhex(der) for der in chain] for _, chain in rows]
table = pa.table({"endpoint_name": [name for name, _ in rows], "chain": pa.array(chains, pa.list_(pa.binary()))})
parquet.write_table(table, sys.argv[1], row_group_size=300)
"""
    from sys import executable

    subprocess.run([executable, "-c", script, path], input=json.dumps(rows), text=True, check=True)


def _interrupted(laid: Laid, journal: Path, *arguments: object, chunks: int = 3) -> subprocess.Popen[str]:
    """A run that was sent Ctrl-C once some chunks stood in its journal."""
    line = command(laid, "--resume", journal, *arguments)
    # Tests that run in the background of a shell are to ignore Ctrl-C, and so would what they start.
    heed = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"
    line = [sys.executable, "-c", heed, *map(str, line)]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_chunks(journal, chunks, process)
    process.send_signal(signal.SIGINT)
    return process


def wait_for_chunks(journal: Path, count: int, process: subprocess.Popen[str]) -> None:
    while not journal.exists() or journal.read_bytes().count(b"\n") <= count:
        assert process.poll() is None, "it ended before the journal had grown"
        time.sleep(0.01)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stopped_run_is_reported_and_resumes_where_it_stopped(
    workers: int, large: Laid, report_of: Report, tmp_path: Path
) -> None:
    journal, report = tmp_path / "journal", tmp_path / "first.json"
    process = _interrupted(large, journal, "--workers", workers, "--report", report, large.devices)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 2, out + err
    assert "interrupted: the rest was not judged" in out
    assert "Traceback" not in out + err
    stopped = json.loads(report.read_text())
    assert stopped["verdict"] == "non-conformant"
    assert 0 < stopped["devices"]["checked"] < 6000
    judged = journal.read_bytes().count(b"\n")
    with journal.open("ab") as file:
        file.write(b'{"chunk":4711,"fingerpr')  # torn off
    whole = report_of(large, "--resume", journal, "--workers", workers, large.devices, code=1)
    assert whole == report_of(large, large.devices, code=1)
    lines = journal.read_bytes().splitlines()
    assert len(lines) > judged
    assert all(json.loads(line) for line in lines)


def test_a_journal_of_another_lot_is_refused_in_one_line(good: Laid, bad: Laid, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    assert run(good, "--resume", journal, good.devices).returncode == 0
    before = journal.read_bytes()
    for laid, devices in ((bad, bad.devices), (good, good.devices / "0001")):
        done = run(laid, "--resume", journal, devices)
        assert done.returncode == 4
        assert done.stderr == (
            f"fcu-conform: journal {journal}: belongs to another lot, another keystore or other options\n"
        )
    assert journal.read_bytes() == before


def test_a_changed_lot_is_not_resumed(tmp_path: Path) -> None:
    laid = Laid(tmp_path, Factory(1100))
    laid.factory.write_keystore(tmp_path)
    laid.factory.write_folder(laid.devices)
    journal = tmp_path / "journal"
    assert run(laid, "--resume", journal, laid.devices).returncode == 0
    changed = laid.devices / "0007" / "lamp-000700.pem"
    changed.write_text(changed.read_text()[:-300])
    done = run(laid, "--resume", journal, laid.devices)
    assert (done.returncode, done.stderr) == (
        4,
        f"fcu-conform: journal {journal}: belongs to another lot, or the lot has changed since\n",
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--at", "yesterday", "."], "--at: 'yesterday' is not a date"),
        (["nowhere"], "devices nowhere: no such file or folder"),
        (["--scheduler", "tcp://127.0.0.1:9", "--workers", "2", "."], "--scheduler: cannot be combined with --workers"),
        (["--resume", "fcu.yml", "."], "journal fcu.yml: is not a journal of fcu-conform"),
        (["--report", "report.doc", "devices"], "report.doc: unknown report format"),
        (["--workers", "0", "."], "Invalid value for '--workers'"),
        ([], "Missing argument 'DEVICES...'"),
    ],
)
def test_invalid_options_are_reported_in_one_line(
    arguments: list[str], told: str, good: Laid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(good.folder)
    done = run(good, *arguments)
    assert done.returncode == 4
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_empty_folder_is_a_usage_error(good: Laid, tmp_path: Path) -> None:
    done = run(good, tmp_path)
    assert done.returncode == 1
    assert "has no device in it" in done.stdout


def test_no_progress_is_shown_in_a_pipe(good: Laid) -> None:
    done = run(good, good.devices)
    assert done.stderr == ""
    assert "\r" not in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(("given", "least"), [("7", 7), ("all", 10**9)])
def test_validators_can_judge_every_device(given: str, least: int) -> None:
    assert parse_sample(given) >= least

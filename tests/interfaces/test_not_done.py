"""A request that was not carried out is shown in the terminal and in every report, and fails a strict run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fcu_conform.interfaces.console import main
from fcu_conform.interfaces.run.options import WRITERS
from reference_ca.console import main as reference_ca

NO_DEVICES = "handshake [keystore]: no device output was given"
NO_KEY = "handshake [keystore]: handshake skipped: the output has no device private key, and a stand-in needs FCU's"


@pytest.fixture
def devices(keystore: Path) -> Path:
    """The output for one device, without its key."""
    assert main(["upload", "--keystore", str(keystore), "-o", str(keystore.parent / "upload.pem")]) == 0
    out = keystore.parent / "out"
    made = ["--count", "1", "--seed", "faces", "-o", str(out)]
    reference_ca(["devices", "--keystore", str(keystore), *made])
    for file in (*out.rglob("*.key.*"), out / "devices.csv"):
        file.unlink()
    return out


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_a_handshake_without_devices_is_reported_and_fails_a_strict_run(
    run, keystore: Path, workers: list[str]
) -> None:
    options = ("--fcu-handshake", "-k", "KEY00", *workers)
    result = run(keystore, *options)
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"not done: {NO_DEVICES.replace('[', '[[]')}", "FCU conformance: incomplete*"])
    result = run(keystore, "--fcu-strict", *options)
    assert result.ret == 1
    assert "FAILED" not in result.stdout.str()


def test_a_handshake_without_a_key_is_in_every_report(
    run, keystore: Path, devices: Path, pytester, read_report, terminal
) -> None:
    given = [f"--fcu-devices={devices}", f"--fcu-portal-upload={keystore.parent / 'upload.pem'}", "--fcu-handshake"]
    result = run(keystore, *given, *(f"--fcu-report=report{ending}" for ending in WRITERS))
    assert result.ret == 0
    document = read_report()
    assert document["not_done"] == [{"asked": "handshake", "subject": "keystore", "reason": NO_KEY.partition(": ")[2]}]
    assert document["verdict"] == "conformant"
    for ending in (".md", ".html", ".sarif"):
        text = (pytester.path / f"report{ending}").read_text("utf-8")
        assert "ot done: handshake" in text, ending
    statement = json.loads((pytester.path / "report.intoto.json").read_text("utf-8"))
    assert statement["predicate"]["configuration"][0]["annotations"]["notDone"] == [NO_KEY]
    assert statement["predicate"]["result"] == "WARNED"


def test_certify_reports_skipped_work_and_a_strict_run_is_incomplete(tmp_path: Path, capsys) -> None:
    """A setup that nothing warns of has critical extensions."""
    line = tmp_path / "line"
    reference_ca(["keystore", str(line), "--length", "3", "--seed", "x"])
    reference_ca(["sign", "--keystore", str(line / "keystore"), "--seed", "x", "--critical", "--replace"])
    options = ["--keystore", str(line / "keystore"), "--handshake", "--validators", "none"]
    assert main(["certify", *options, "--out", str(tmp_path / "one")]) == 0
    assert f"not done: {NO_DEVICES}\nFCU conformance: conformant\n" in capsys.readouterr().out
    assert main(["certify", *options, "--strict", "--out", str(tmp_path / "two")]) == 1
    assert f"not done: {NO_DEVICES}\nFCU conformance: incomplete\n" in capsys.readouterr().out
    report = json.loads((tmp_path / "two" / "report.json").read_text("utf-8"))
    assert report["verdict"] == "incomplete"
    assert (
        json.loads((tmp_path / "two" / "report.sarif").read_text("utf-8"))["runs"][0]["invocations"][0]["exitCode"] == 1
    )


def test_a_named_validator_that_was_not_used_is_reported(run, keystore: Path) -> None:
    (keystore / "fcu.crt").write_text("")
    result = run(keystore, "--fcu-validators=cryptography", "--fcu-validator-command=ours=true")
    result.stdout.fnmatch_lines(
        [
            "not done: validator cryptography ?keystore?: blocked by CRT002",
            "not done: validator ours ?keystore?: blocked by CRT002",
        ]
    )


def test_work_that_was_done_or_not_requested_is_not_reported(run, keystore: Path) -> None:
    run(keystore, "--fcu-validators=cryptography").stdout.no_fnmatch_line("not done:*")
    (keystore / "fcu.crt").write_text("")
    run(keystore, "--fcu-validators=auto", "-k", "KEY00").stdout.no_fnmatch_line("not done:*")

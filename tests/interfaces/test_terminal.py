"""What people read on the terminal: failures, warnings, the verdict, at any width, and nothing that steers it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


def block(result: pytest.RunResult, code: str) -> list[str]:
    """The lines of one failure, from its headline on."""
    lines = result.outlines
    start = next(number for number, line in enumerate(lines) if line.startswith(f"FAILED fcu::{code}["))
    end = next(number for number, line in enumerate(lines[start + 1 :], start + 1) if not line.startswith("  "))
    return lines[start:end]


def test_a_failure_shows_finding_location_reason_source_and_fix(run, disordered: Path, terminal) -> None:
    terminal(120)
    lines = block(run(disordered), "CHN003")
    assert lines[0].startswith("FAILED fcu::CHN003[keystore]")
    body = "\n".join(lines)
    assert "  fcu.crt, certificate 2 of 3 (CN=Root CA" in body
    labels = [line.split()[0] for line in lines if line.startswith("  ") and line[2:13].rstrip() in LABELS]
    assert labels == ["expected", "found", "why", "source", "fix"]
    assert 'source     Setting up FCU as a CA, "Providing external credentials"' in body


LABELS = ("expected", "found", "why", "source", "fix")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_failure_keeps_within_the_terminal_and_its_labels_stay_aligned(run, disordered, terminal, width) -> None:
    terminal(width)
    lines = block(run(disordered), "CHN003")
    assert max(map(len, lines)) <= width
    assert max(map(len, lines)) > width - 20
    texts = [line for line in lines if line[2:13].rstrip() in LABELS]
    assert all(line[12] == " " and line[13] != " " for line in texts)
    continued = [line for line in lines[lines.index(texts[0]) :] if line.startswith(" " * 13)]
    assert continued
    assert all(line[13] != " " for line in continued)


@pytest.mark.parametrize("style", ["auto", "long", "short", "native", "line", "no"])
@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_no_traceback_style_shows_a_traceback(run, disordered: Path, style, workers) -> None:
    result = run(disordered, f"--tb={style}", "--showlocals", "-k", "CHN003", *workers)
    text = result.stdout.str() + result.stderr.str()
    assert result.ret == 1
    for code in ("Traceback", "pytest_items", "NonConformity", "self =", ".py:", "BEGIN"):
        assert code not in text


def test_a_short_summary_line_shows_the_finding(run, disordered: Path, terminal) -> None:
    terminal(120)
    result = run(disordered)
    result.stdout.fnmatch_lines(["FAILED fcu::CHN003?keystore? - fcu.crt, certificate 2: *"])


def test_colour_is_used_only_if_wanted(run, disordered: Path) -> None:
    assert "\x1b[" in run(disordered, "--color=yes").stdout.str()
    assert "\x1b[" not in run(disordered, "--color=no").stdout.str()


def test_quiet_and_verbose_runs_end_in_the_verdict(run, disordered: Path) -> None:
    for verbosity in ("-q", "-qq", "-v", "-vv"):
        result = run(disordered, verbosity)
        result.stdout.fnmatch_lines(["FCU conformance: non-conformant (*)"])


def test_a_run_without_a_terminal_judges_as_usual(run, disordered: Path, read_report) -> None:
    result = run(disordered, "-p", "no:terminal", "--fcu-report=report.json")
    assert result.ret == 1
    assert read_report()["verdict"] == "non-conformant"


def test_slow_rules_are_listed_on_request(run, keystore: Path) -> None:
    run(keystore, "--durations=2", "-vv").stdout.fnmatch_lines(["*s * fcu::*"])


def test_a_path_cannot_control_the_terminal(run, keystore: Path, tmp_path: Path) -> None:
    folder = tmp_path / "line\x1b]0;owned\x07\n\u202e"
    folder.symlink_to(keystore)
    result = run(folder, "-v", "-k", "KEY001")
    text = result.stdout.str()
    assert result.ret == 0
    assert "\x1b" not in text
    assert "\u202e" not in text
    result.stdout.fnmatch_lines([r"fcu::KEY001?line\\x1b?0;owned\\x07\\n\\u202e? PASSED*".replace("\\\\", "\\")])


def test_a_certificate_name_cannot_control_the_terminal(run, pytester, tmp_path: Path, read_report) -> None:
    folder = tmp_path / "keystore"
    folder.mkdir(mode=0o700)
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-subj", "/CN=\x1b[2J\x07evil\u202e", "-utf8", "-days", "10", "-addext", "basicConstraints=CA:FALSE"),
            *("-keyout", folder / "fcu_private_key.pem", "-out", folder / "fcu.crt"),
        ],
        check=True,
        capture_output=True,
    )
    result = run(folder, "--fcu-report=report.json", "--junitxml=junit.xml", "-vv")
    text = result.stdout.str()
    assert result.ret == 1
    assert r"\x1b[2J\x07evil\u202e" in text
    assert "\x1b" not in text
    certificate = read_report()["subjects"][0]["certificates"][0]
    assert "\x1b[2J\x07evil\u202e" in certificate["subject"]
    assert (pytester.path / "report.json").read_bytes().isascii()
    assert "\x1b" not in (pytester.path / "junit.xml").read_text()


def test_no_byte_of_the_key_is_shown(run, keystore: Path) -> None:
    key = keystore / "fcu_private_key.pem"
    secrets = [line for line in key.read_text().splitlines() if not line.startswith("-----")]
    (keystore / "copy.pem").write_bytes(key.read_bytes())
    with (keystore / "fcu.crt").open("a") as crt:
        crt.write(key.read_text())
    result = run(keystore, "--tb=long", "--showlocals", "-vv", "-rA", "--fcu-report=report.json")
    text = result.stdout.str() + result.stderr.str() + Path("report.json").read_text()
    assert result.ret == 1
    assert not [secret for secret in secrets if secret in text]

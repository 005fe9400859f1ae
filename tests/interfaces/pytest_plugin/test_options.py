"""The options, their ini keys, what the header shows of them, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fcu_conform.interfaces.run.options import OPTIONS


def test_help_shows_every_option_and_ini_key(pytester) -> None:
    result = pytester.runpytest_subprocess("--help")
    for option in OPTIONS:
        result.stdout.fnmatch_lines([f"  {option.flag}*"])
        result.stdout.fnmatch_lines([f"  {option.key} (*"])


def test_ini_keys_work_like_options(keystore: Path, pytester) -> None:
    depth, config = "3", keystore.parent / "config" / "fcu.yml"
    config.write_text(config.read_text().replace("device-certificate-chain-depth: 2\n", ""))
    pytester.makeini(
        f"""
        [pytest]
        fcu_keystore = {keystore}
        fcu_config = {config}
        fcu_chain_depth = {depth}
        fcu_at = 2026-02-01T00:00:00Z
        fcu_sample_seed = 7
        fcu_strict = true
        fcu_report = report.json
        """
    )
    result = pytester.runpytest_inprocess("-k", "KEY001")
    result.stdout.fnmatch_lines(
        [
            f"fcu-keystore: {keystore}",
            f"fcu-config: {config}",
            f"fcu-chain-depth: {depth}",
            "fcu-sample-seed: 7",
            "fcu-at: 2026-02-01T00:00:00Z",
            "fcu-strict: warnings are failures",
            "fcu-report: *report.json",
        ]
    )
    assert (pytester.path / "report.json").is_file()


def test_paths_in_an_ini_file_are_relative_to_it(pristine: Path, pytester, monkeypatch) -> None:
    shutil.copytree(pristine, pytester.path / "line")
    pytester.makeini("[pytest]\nfcu_keystore = line/keystore\n")
    monkeypatch.chdir(pytester.mkdir("below"))
    result = pytester.runpytest_subprocess("--co", "-q", "-k", "KEY001")
    result.stdout.fnmatch_lines(["fcu::KEY001?keystore?"])


def test_the_command_line_wins_over_the_ini_file(run, keystore: Path, pytester) -> None:
    pytester.makeini("[pytest]\nfcu_keystore = nowhere\nfcu_at = nonsense\n")
    assert run(keystore, "-k", "KEY001").ret == 0


def test_the_header_shows_what_is_judged(run, keystore: Path) -> None:
    run(keystore).stdout.fnmatch_lines(
        [
            "fcu-conform: *, * rules",
            f"fcu-keystore: {keystore}",
            f"fcu-config: {keystore.parent}/config/fcu.yml",
            "fcu-at: 2026-06-01T00:00:00Z",
        ]
    )


@pytest.mark.parametrize("workers", [[], ["-n2"]])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fcu-keystore=nowhere"], "*nowhere*no such f*"),
        (["--fcu-keystore=a-file"], "*a-file*is not a folder"),
        (["--fcu-keystore="], "--fcu-keystore: needs a path"),
        (["--fcu-keystore=empty", "--fcu-config=nowhere.yml"], "*nowhere.yml*no such file*"),
        (["--fcu-keystore=empty", "--fcu-config=empty"], "*empty*is a folder"),
        (["--fcu-keystore=empty", "--fcu-chain-depth=0"], "--fcu-chain-depth: '0' is not a valid depth*"),
        (["--fcu-keystore=empty", "--fcu-chain-depth=two"], "--fcu-chain-depth: 'two' is not a valid depth*"),
        (["--fcu-keystore=empty", "--fcu-at=yesterday"], "--fcu-at: 'yesterday' is not a date and time*"),
        (["--fcu-keystore=empty", "--fcu-at=2026-01-01T00:00:00"], "--fcu-at: *is not a date and time*"),
        (["--fcu-keystore=empty", "--fcu-sample-seed=-1"], "--fcu-sample-seed: '-1' is not an integer from 0 to *"),
        (["--fcu-keystore=empty", "--fcu-sample-seed=9007199254740992"], "--fcu-sample-seed: *is not an integer*"),
        (["--fcu-keystore=empty", "--fcu-validator-sample=0"], "--fcu-validator-sample: '0' is neither a number *"),
        (["--fcu-keystore=empty", "--fcu-report=report.doc"], "--fcu-report: report.doc: unknown report format*.json*"),
        (["--fcu-keystore=empty", "--fcu-report=nowhere/r.json"], "--fcu-report: *there is no folder nowhere"),
        (["--fcu-keystore=empty", "--fcu-report=folder.json"], "--fcu-report: *is not a regular file"),
    ],
)
def test_contradictory_options_are_refused_in_one_line(pytester, workers, arguments, message) -> None:
    pytester.mkdir("empty")
    pytester.mkdir("folder.json")
    (pytester.path / "a-file").write_text("")
    result = pytester.runpytest_inprocess(*arguments, *workers)
    assert result.ret == 4
    lines = [line for line in result.errlines if line]
    assert len(lines) == 1
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
    assert "FCU conformance" not in result.stdout.str()


def test_a_missing_keystore_named_in_the_ini_file_is_refused(pytester) -> None:
    pytester.makeini("[pytest]\nfcu_keystore = nowhere\n")
    result = pytester.runpytest_inprocess()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: *nowhere*no such folder"])


def test_help_is_shown_even_if_the_ini_file_names_a_missing_keystore(pytester) -> None:
    pytester.makeini("[pytest]\nfcu_keystore = nowhere\n")
    assert pytester.runpytest_inprocess("--help").ret == 0


def test_a_report_in_a_folder_that_cannot_be_written_is_refused(run, keystore: Path, monkeypatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("fcu_conform.interfaces.run.output_files.open_beside", refuse)
    result = run(keystore, "--fcu-report=report.json")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: --fcu-report: report.json: cannot be written (Permission denied)"])

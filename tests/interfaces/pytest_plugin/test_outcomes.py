"""How outcomes of rules become pytest's, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

BREAKING_KEY004 = """
from dataclasses import replace
from fcu_conform.rules import catalogue, model

def broken(*_):
    note = "very secret"
    raise RuntimeError(note)

catalogue()
model.REGISTERED._rules["KEY004"] = replace(model.REGISTERED["KEY004"], check=broken)
"""


def test_a_conformant_keystore_passes(run, keystore: Path) -> None:
    result = run(keystore)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["FCU conformance: conformant (*passed*)"])


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_a_failed_rule_fails_the_run(run, disordered: Path, workers) -> None:
    result = run(disordered, *workers)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["FAILED fcu::CHN003?keystore?*", "FCU conformance: non-conformant (*1 failed*)"])


def test_a_rule_without_its_subject_is_skipped_with_a_reason(run, keystore: Path) -> None:
    result = run(keystore, "-v", "-k", "KEY009")
    result.stdout.fnmatch_lines(["fcu::KEY009?keystore? SKIPPED (not applicable: *)*"])


def test_a_blocked_rule_is_skipped_and_names_what_blocks_it(run, keystore: Path) -> None:
    (keystore / "fcu.crt").unlink()
    result = run(keystore, "-v", "-k", "CRT")
    result.stdout.fnmatch_lines(["fcu::CRT002?keystore? SKIPPED (blocked by CRT001)*"])


def test_skips_are_folded_by_reason(run, keystore: Path) -> None:
    (keystore / "fcu.crt").unlink()
    result = run(keystore, "-ra")
    result.stdout.fnmatch_lines_random(["SKIPPED ?*? fcu: blocked by CRT001", "SKIPPED ?1? fcu: not applicable: *"])
    assert max(len(line) for line in result.outlines if line.startswith("SKIPPED")) < 100


def test_a_warning_passes_and_is_shown(run, keystore: Path) -> None:
    keystore.chmod(0o755)
    result = run(keystore, "-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "fcu::KEY007?keystore? WARNED*",
            "=*= FCU warnings =*=",
            "WARNING fcu::KEY007?keystore?*",
            "FCU conformance: conformant (*warned*)",
        ]
    )


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_a_warning_fails_when_strict(run, keystore: Path, workers) -> None:
    keystore.chmod(0o755)
    result = run(keystore, "--fcu-strict", *workers)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["FAILED fcu::KEY007?keystore?*"])
    result.stdout.no_fnmatch_line("WARNING fcu::KEY007*")


def test_a_run_of_inapplicable_rules_has_checked_nothing(run, keystore: Path) -> None:
    assert run(keystore, "fcu::KEY009").ret == 5


def test_a_selection_that_is_empty_has_checked_nothing(run, keystore: Path) -> None:
    assert run(keystore, "-k", "no-such-word").ret == 5


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_a_broken_rule_is_a_fault_of_the_suite(run, keystore: Path, pytester, workers) -> None:
    pytester.makeconftest(BREAKING_KEY004)
    result = run(keystore, "--tb=long", "--showlocals", *workers, fresh=True)
    assert result.ret == 3
    result.stdout.fnmatch_lines(
        [
            "ERROR fcu::KEY004?keystore?*",
            "  internal fault: RuntimeError in broken, line *",
            "FCU conformance: incomplete (*1 error*)",
        ]
    )
    assert "very secret" not in result.stdout.str() + result.stderr.str()


def test_the_first_failure_ends_the_run_with_exitfirst(run, disordered: Path) -> None:
    result = run(disordered, "-x")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["FCU conformance: non-conformant (*not run)", "*stopping after 1 failures*"])


def test_an_interrupted_run_is_incomplete(run, keystore: Path, pytester, read_report) -> None:
    pytester.makeconftest(
        """
        def pytest_runtest_logreport(report):
            if report.nodeid.startswith("fcu::KEY004"):
                raise KeyboardInterrupt
        """
    )
    result = run(keystore, "--fcu-report=report.json", fresh=True)
    assert result.ret == 2
    assert read_report()["verdict"] == "incomplete"


def test_failures_of_users_tests_fail_the_run_but_not_the_keystore(run, keystore: Path, pytester) -> None:
    pytester.makepyfile(test_user="def test_of_the_user(): assert False\n")
    result = run(keystore, "test_user.py", "fcu::")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["FCU conformance: conformant (*)"])


def test_warnings_as_errors_do_not_break_the_run(run, keystore: Path) -> None:
    assert run(keystore, "-W", "error", fresh=True).ret == 0

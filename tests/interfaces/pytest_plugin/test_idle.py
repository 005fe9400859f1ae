"""The plugin does nothing unless it is requested."""

from __future__ import annotations

import subprocess
import sys

import pytest


def test_without_a_keystore_the_plugin_does_nothing(pytester) -> None:
    pytester.makepyfile(test_user="def test_of_the_user(): pass\n")
    pytester.makeini("[pytest]\nfcu_report = report.json\nfcu_strict = true\n")
    result = pytester.runpytest_subprocess("-v")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("fcu-*:*")
    assert not (pytester.path / "report.json").exists()


@pytest.mark.parametrize("workers", [[], ["-n2"]])
@pytest.mark.parametrize("option", ["--fcu-handshake", "--fcu-report=report.json", "--fcu-devices=.", "--fcu-at="])
def test_an_option_without_a_keystore_is_refused_in_one_line(pytester, option: str, workers: list[str]) -> None:
    """Otherwise a typo in the ini file that names the keystore would leave a build green with nothing judged."""
    pytester.makepyfile(test_user="def test_of_the_user(): pass\n")
    result = pytester.runpytest_inprocess(option, "--junitxml=junit.xml", *workers)
    assert result.ret == 4
    flag = option.partition("=")[0]
    assert [line for line in result.errlines if line] == [
        f"ERROR: {flag}: no keystore to judge: add --fcu-keystore=DIR (or set fcu_keystore)"
    ]
    assert not (pytester.path / "junit.xml").exists()


def test_an_idle_plugin_imports_only_its_entry_module(pytester) -> None:
    program = (
        "import sys, pytest\n"
        "class Spy:\n"
        "    def pytest_sessionfinish(self):\n"
        "        print(sorted(name for name in sys.modules if name.startswith('fcu_conform')))\n"
        "sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider'], plugins=[Spy()]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=pytester.path, capture_output=True, text=True, check=False
    )
    interfaces = ("", ".pytest_plugin", ".pytest_plugin.names", ".run", ".run.options")
    assert str(["fcu_conform", *(f"fcu_conform.interfaces{name}" for name in interfaces)]) in done.stdout


def test_the_plugin_can_be_blocked(pytester) -> None:
    result = pytester.runpytest_subprocess("-p", "no:fcu_conform", "--fcu-keystore=.")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*unrecognized arguments: --fcu-keystore=."])


@pytest.mark.parametrize("fixture", ["fcu_setup", "fcu_setups"])
def test_fixtures_report_what_is_missing(pytester, fixture: str) -> None:
    pytester.makepyfile(f"def test_reading({fixture}): pass\n")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no keystore to read: pass --fcu-keystore=DIR*"])

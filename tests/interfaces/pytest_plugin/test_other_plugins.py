"""Other plugins of pytest beside the suite: verdicts stay, their reports say what was found, without a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from secrecy.canary import Canary

FOUND = "comes before a certificate that it issued"
"""What CHN003 says of the failing keystore."""

WARNED = "can be listed or written by other users"
"""What KEY007 says of it; a warning, which fails nothing."""

READER = """
import json
import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call":
        crash = getattr(report.longrepr, "reprcrash", None)
        seen = {
            "crash": crash and [crash.path, crash.lineno, crash.message],
            "entries": crash and report.longrepr.reprtraceback.reprentries,
            "text": report.longreprtext,
            "sections": report.sections,
            "is_assertion": bool(call.excinfo) and isinstance(call.excinfo.value, AssertionError),
        }
        with open(f"{item.rule.code}.json", "w") as file:
            json.dump(seen, file)
"""
"""A plugin that reads reports as others do: within a wrapper, by the names that pytest's own failures have."""

ALONE: dict[str, list[str]] = {
    "xdist": ["-n2"],
    "pytest_cov": ["--cov=.", "--cov-report=xml:cov.xml"],
    "html": ["-p", "metadata", "--html=report.html", "--self-contained-html"],
    "pytest_jsonreport": ["-p", "metadata", "--json-report", "--json-report-file=plugin.json"],
    "randomly": ["-p", "randomly", "-p", "no:cacheprovider"],
    "rerunfailures": ["--reruns=1"],
    "timeout": ["--timeout=600"],
    "sugar": ["--force-sugar"],
    "instafail": ["--instafail"],
    "repeat": ["--count=2"],
    "allure_pytest": ["--alluredir=allure"],
}
"""Arguments that bring each plugin into action, by the name that pytest loads it by."""

TOGETHER: dict[str, list[str]] = {
    "all that leave the terminal alone": [name for name in ALONE if name not in ("sugar", "instafail")],
    "all but pytest-sugar": [name for name in ALONE if name != "sugar"],
    "all but pytest-instafail": [name for name in ALONE if name != "instafail"],
}
"""Plugins that work with each other: pytest-sugar and pytest-instafail each put a terminal of their own in place."""

PARTIES = {**{name: [name] for name in ALONE}, **TOGETHER}


@pytest.fixture
def failing(disordered: Path) -> Path:
    """A keystore that fails CHN003, and whose folder everybody can list."""
    disordered.chmod(0o755)
    return disordered


Beside = Callable[[Path, list[str]], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def beside(pytester: pytest.Pytester) -> Beside:
    """pytest on a keystore with the suite and these plugins, and no other that happens to be installed."""

    def run(keystore: Path, plugins: list[str]) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-p", "fcu_conform", f"--fcu-keystore={keystore}"]
        for name in plugins:
            command += ["-p", name, *ALONE[name]]
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
        return subprocess.run(
            [*command, "--junitxml=junit.xml", "--fcu-report=own.json", "--fcu-validators=none"],
            cwd=pytester.path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def scalar(keystore: Path) -> bytes:
    key = load_pem_private_key((keystore / "fcu_private_key.pem").read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return key.private_numbers().private_value.to_bytes(32, "big")


def told(case: ET.Element) -> dict[str | None, str | None]:
    return {item.get("name"): item.get("value") for item in case.iter("property")}


def seen(folder: Path, code: str) -> dict[str, object]:
    document: dict[str, object] = json.loads((folder / f"{code}.json").read_text())
    return document


@pytest.mark.plugins
@pytest.mark.parametrize("party", PARTIES)
def test_a_sound_keystore_conforms_beside_other_plugins(beside: Beside, keystore: Path, party: str) -> None:
    done = beside(keystore, PARTIES[party])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FCU conformance: conformant (" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.plugins
@pytest.mark.parametrize("party", PARTIES)
def test_a_failing_keystore_fails_beside_other_plugins(
    beside: Beside, failing: Path, party: str, pytester: pytest.Pytester
) -> None:
    done = beside(failing, PARTIES[party])
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FCU conformance: non-conformant (" in done.stdout
    assert " 1 failed, 1 warned, " in done.stdout
    assert FOUND in " ".join(done.stdout.split())
    written = [path.read_bytes() for path in pytester.path.rglob("*") if path.is_file()]
    canary = Canary(scalar(failing))
    for text in (done.stdout.encode(), done.stderr.encode(), *written):
        assert b"Traceback" not in text
        assert b"INTERNALERROR" not in text
        assert not canary.traces(text)


@pytest.mark.plugins
@pytest.mark.parametrize("others", [[], ["xdist"]], ids=["alone", "with xdist"])
@pytest.mark.parametrize(
    ("name", "report", "holds"),
    [
        ("html", "report.html", (FOUND, WARNED, "write the certificates of fcu.crt in the order 1, 3, 2")),
        ("pytest_jsonreport", "plugin.json", (FOUND, WARNED, "write the certificates of fcu.crt in the order 1, 3, 2")),
        ("allure_pytest", "allure/*-result.json", (FOUND, "write the certificates of fcu.crt in the order 1, 3, 2")),
    ],
)
def test_the_reports_of_other_plugins_contain_the_findings(
    beside: Beside,
    failing: Path,
    pytester: pytest.Pytester,
    others: list[str],
    name: str,
    report: str,
    holds: tuple[str, ...],
) -> None:
    beside(failing, [name, *others])
    text = " ".join("".join(path.read_text() for path in pytester.path.glob(report)).replace(r"\n", " ").split())
    assert [words for words in holds if words not in text] == []


@pytest.mark.plugins
def test_pytest_json_report_shows_where_a_rule_failed(beside: Beside, failing: Path, pytester: pytest.Pytester) -> None:
    beside(failing, ["pytest_jsonreport"])
    document = json.loads((pytester.path / "plugin.json").read_text())
    (failed,) = [test for test in document["tests"] if test["outcome"] == "failed"]
    assert failed["nodeid"] == "fcu::CHN003[keystore]"
    assert failed["call"]["crash"]["path"] == "fcu.crt"
    assert FOUND in failed["call"]["crash"]["message"]
    assert failed["call"]["traceback"] == []


@pytest.mark.plugins
def test_a_rule_that_is_run_again_reports_its_verdict_once(
    beside: Beside, failing: Path, pytester: pytest.Pytester
) -> None:
    done = beside(failing, ["rerunfailures"])
    assert "1 rerun" in done.stdout
    cases = ET.parse(pytester.path / "junit.xml").iter("testcase")
    (failed,) = [case for case in cases if case.find("failure") is not None]
    assert [item.get("value") for item in failed.iter("property") if item.get("name") == "outcome"] == ["failed"]


# What needs no plugin but pytest's own


def test_a_failure_is_reported_like_one_of_code_without_a_traceback(run, failing: Path, pytester) -> None:
    pytester.makeconftest(READER)
    run(failing, "fcu::CHN003")
    report = seen(pytester.path, "CHN003")
    assert report["crash"] == ["fcu.crt", 14, f"fcu.crt, certificate 2: {FOUND}"]
    assert report["entries"] == []
    assert report["is_assertion"] is True
    assert str(report["text"]).startswith("FAILED fcu::CHN003[keystore]")


def test_a_warning_is_in_the_sections_of_its_report(run, failing: Path, pytester) -> None:
    pytester.makeconftest(READER)
    run(failing, "fcu::KEY007")
    report = seen(pytester.path, "KEY007")
    assert report["crash"] is None
    ((title, text),) = report["sections"]  # type: ignore[misc]
    assert title == "FCU warnings"
    assert WARNED in " ".join(text.split())
    assert "chmod 700" in text


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_junit_contains_the_warnings_of_a_rule(run, failing: Path, pytester, workers) -> None:
    run(failing, "--junitxml=junit.xml", "fcu::KEY007", "fcu::CHN003", *workers)
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "junit.xml").iter("testcase")}
    assert told(cases["KEY007[keystore]"])["warning"] == f"keystore: the keystore folder {WARNED}"
    assert "warning" not in told(cases["CHN003[keystore]"])

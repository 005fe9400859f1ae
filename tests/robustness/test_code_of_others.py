"""No command runs code of others: not from what is judged, from above it, or from the current folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .commands import PYTEST, SUITE, Done, elsewhere, picture, run
from .factory import AT, DEVICES, UPLOAD, Factory

MODULES = (
    "conftest",
    "sitecustomize",
    "usercustomize",
    "cryptography",
    "yaml",
    "ruamel",
    "pyarrow",
    "click",
    "cbor2",
    "pytest",
    "evil",
    "typing",
    "json",
    "sysconfig",
    "multiprocessing",
)
"""Names that Python, a library or pytest would import from a folder that it looks in."""

INI = "[pytest]\naddopts = -p evil fcu::CFG001\npythonpath = .\nlog_file = log.txt\n"
INI_FILES = {
    "pytest.ini": INI,
    ".pytest.ini": INI,
    "tox.ini": INI,
    "setup.cfg": INI.replace("[pytest]", "[tool:pytest]"),
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-p evil fcu::CFG001'\npythonpath = ['.']\n",
    "pytest.toml": "[pytest]\naddopts = ['-p', 'evil', 'fcu::CFG001']\npythonpath = ['.']\n",
}
"""Ini files that run code, leave out all rules but one, and write a file."""


class Trapped:
    """A factory with code and ini files in every folder of it and above it."""

    def __init__(self, factory: Factory) -> None:
        self.factory = factory
        self.mark = factory.folder.parent / "ran.txt"
        code = f"import os\nwith open({str(self.mark)!r}, 'a') as mark:\n    mark.write(__file__ + '\\n')\n"
        for folder in (factory.folder.parent, factory.folder, factory.keystore, factory / DEVICES):
            for name in MODULES:
                (folder / f"{name}.py").write_text(code)
            for name, text in INI_FILES.items():
                (folder / name).write_text(text)

    @property
    def ran(self) -> str:
        """What of that has been run."""
        return self.mark.read_text() if self.mark.exists() else ""


@pytest.fixture
def trapped(factory: Factory) -> Trapped:
    return Trapped(factory)


def commands(factory: Factory, kept: Path) -> list[tuple[str, ...]]:
    """Every command of the console, on the factory; what they write goes to a folder of its own."""
    keystore, at = ("--keystore", str(factory.keystore)), ("--at", AT)
    devices, none = str(factory / DEVICES), "--validators=none"
    handed, report = str(kept / "certified"), str(kept / "certified" / "report.json")
    state = kept / "account.json"
    state.write_text('{"format": "fcu-conform portal state", "format_version": 1, "trusted_certificates": []}')
    return [
        ("check", str(factory.folder), *at, none),
        ("certify", *keystore, "--devices", devices, *at, none, "--out", handed),
        ("verify-statement", handed),
        ("diff", report, report),
        ("lot", *keystore, *at, none, "--workers", "2", devices),
        ("upload", *keystore),
        ("slice", *keystore, str(factory / DEVICES / "device-0001.pem")),
        ("explain", "KEY004"),
        ("rules",),
        ("expiry", *keystore, *at, "--devices", devices),
        ("drill", *keystore, *at, "--devices", devices, "--validators=cryptography"),
        ("enroll", "--devices", devices, "--out", str(kept / "enroll.csv")),
        ("fix", *keystore, *at, none, "--out", str(kept / "fixed")),
        ("portal", "plan", *keystore, *at, "--portal-state", str(state)),
    ]


UNFINISHED = ("portal",)
"""Commands that end with 1: nothing has been uploaded yet."""


@pytest.mark.parametrize("way", ["script", "module"])
def test_no_command_runs_code_of_the_judged_folder_or_of_the_current_one(
    way: str, trapped: Trapped, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from fcu_conform.interfaces.console.app import COMMANDS

    factory, kept = trapped.factory, tmp_path_factory.mktemp("kept")
    begin = SUITE if way == "script" else (sys.executable, "-m", "fcu_conform")
    lines = commands(factory, kept)
    assert {line[0] for line in lines} == set(COMMANDS)
    before = picture(factory.folder)
    for line in lines:
        done = run(*begin, *line, cwd=factory.folder)
        assert done.code == (line[0] in UNFINISHED), done.text
        assert trapped.ran == "", line
    assert picture(factory.folder) == before


@pytest.mark.skipif(sys.version_info < (3, 11), reason="only from Python 3.11 on can a new process be told")
def test_spawned_workers_use_the_same_search_path(trapped: Trapped) -> None:
    """Where pyarrow is loaded workers are not forked: a new Python would look in the current folder first."""
    pytest.importorskip("pyarrow")
    made = trapped.factory.folder.parent / "lot"
    at = ("--seed", "x", "--at", "2026-01-01T00:00:00Z")
    maker = (SUITE[0].with_name("reference-ca"), "lot", "3", made, "--format", "parquet", *at)
    assert run(*maker, cwd=elsewhere(trapped.factory)).code == 0
    judge = ("lot", "--keystore", made / "keystore", "--at", AT, "--validators=none", "--workers", "2")
    done = run(*SUITE, *judge, *made.glob("*.parquet"), cwd=trapped.factory.folder)
    assert (done.code, trapped.ran) == (0, ""), done.text


def verdict(done: Done) -> str:
    """The last line about conformance of a run."""
    return next(line for line in reversed(done.out.splitlines()) if line.startswith("FCU conformance:"))


def test_check_gives_the_results_of_pytest_without_foreign_ini_files(factory: Factory) -> None:
    """One of these would leave out the rule that fails, in a folder of others and in the environment."""
    (factory.keystore / "fcu_private_key.pem").chmod(0o644)
    given = [f"--fcu-keystore={factory.keystore}", f"--fcu-devices={factory / DEVICES}"]
    own = run(*PYTEST, *given, f"--fcu-portal-upload={factory / UPLOAD}", cwd=elsewhere(factory))
    trapped = Trapped(factory)
    before = picture(factory.folder)
    line = (*SUITE, "check", factory.folder, "--at", AT, "--validators=none")
    for cwd in (factory.folder, elsewhere(factory)):
        done = run(*line, cwd=cwd, environment={"PYTEST_ADDOPTS": "-k CFG001", "PYTEST_PLUGINS": "evil"})
        assert (picture(factory.folder), trapped.ran) == (before, "")
        assert (done.code, verdict(done)) == (own.code, verdict(own)) == (1, verdict(own))
        theirs = [line for line in own.out.splitlines()[:-1] if not line.startswith(("rootdir:", "plugins:"))]
        assert set(theirs) <= set(done.out.splitlines())


def test_pytest_with_an_equals_sign_runs_no_code_of_judged_folders(trapped: Trapped) -> None:
    """From another folder; what an ini file names runs before any plugin can say no, so a blank is no part of this."""
    factory = trapped.factory
    options = (f"--fcu-keystore={factory.keystore}", f"--fcu-devices={factory / DEVICES}")
    nearby = factory.folder.parents[1] / f"{factory.folder.parent.name}-elsewhere"
    nearby.mkdir()
    done = run(*PYTEST, *options, cwd=nearby)
    assert (done.code, trapped.ran) == (0, ""), done.text

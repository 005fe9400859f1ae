"""pytest obeys nothing of what it judges: ini files, root directories, caches and tests of a judged folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fcu_conform.interfaces.pytest_plugin import judged_paths

INI_FILES = {
    "pytest.ini": "[pytest]\naddopts = {addopts}\nlog_file = {log}\n",
    ".pytest.ini": "[pytest]\naddopts = {addopts}\nlog_file = {log}\n",
    "tox.ini": "[pytest]\naddopts = {addopts}\nlog_file = {log}\n",
    "setup.cfg": "[tool:pytest]\naddopts = {addopts}\nlog_file = {log}\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '{addopts}'\nlog_file = '{log}'\n",
    "pytest.toml": "[pytest]\naddopts = ['{addopts}']\nlog_file = '{log}'\n",
}
"""How each file that pytest looks for says something; the last one by pytest 9 alone, a folder of tests to others."""

PLACES = ("keystore", "out", ".")
"""Where it lies in what was handed in: in the keystore, in the output for devices, above both."""

JUDGE = ("--fcu-validators=none", "--fcu-at=2026-06-01T00:00:00Z")


@pytest.fixture
def handed_in(keystore: Path) -> Path:
    """A folder from somebody else: a keystore, output for one device (anything), configuration, code."""
    folder = keystore.parent
    (folder / "out").mkdir()
    shutil.copy(keystore / "fcu.crt", folder / "out" / "device.pem")
    for place in PLACES:
        code = f"import pathlib\npathlib.Path({str(folder / place / 'ran')!r}).touch()\n"
        (folder / place / "conftest.py").write_text(code)
        (folder / place / "test_of_theirs.py").write_text(code)
    return folder


@pytest.fixture
def untouched(handed_in: Path) -> Callable[[], bool]:
    """Whether the folder, with all that is in it, is as it was when this was first asked."""

    def picture() -> list[tuple[Path, int]]:
        return sorted((path, path.lstat().st_mtime_ns) for path in (handed_in, *handed_in.rglob("*")))

    before: list[list[tuple[Path, int]]] = []

    def same() -> bool:
        before.append(picture())
        return before[0] == before[-1]

    return same


def write_ini(folder: Path, name: str, addopts: str = "fcu::CFG001") -> Path:
    """An ini file that leaves out all rules but one and writes a log."""
    path = folder / name
    path.write_text(INI_FILES[name].format(addopts=addopts, log=folder / "log.txt"))
    return path


def refusal(result: pytest.RunResult) -> str:
    """The one line of a run that was refused before anything was judged."""
    assert result.ret == 4, result.stdout.str() + result.stderr.str()
    (line,) = (line for line in result.errlines if line)
    result.stdout.no_fnmatch_line("FCU conformance: *")
    return line


@pytest.mark.parametrize("workers", [[], ["-n2"]])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", INI_FILES)
def test_an_ini_file_found_through_an_option_without_equals_sign_is_refused(
    name: str, place: str, workers: list[str], handed_in: Path, untouched, pytester
) -> None:
    ini = write_ini(handed_in / place, name)
    assert untouched()
    keystore = handed_in / "keystore"
    option, path = ("--fcu-devices", handed_in / "out") if place == "out" else ("--fcu-keystore", keystore)
    others = [f"--fcu-keystore={keystore}"] if place == "out" else []
    result = pytester.runpytest_inprocess(*others, option, path, *JUDGE, *workers)
    line = refusal(result)
    assert line.startswith(f"ERROR: {option} {path}: because of the blank pytest took its ")
    assert f"type {option}={path}" in line
    assert str(ini) in line or name == "pytest.toml"
    assert untouched()


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_with_an_equals_sign_no_foreign_ini_file_is_used(
    workers: list[str], handed_in: Path, untouched, pytester
) -> None:
    """Ini files of every name in every place: if pytest obeyed one, a single rule would be left."""
    for place in PLACES:
        for name in INI_FILES:
            write_ini(handed_in / place, name)
    assert untouched()
    options = [f"--fcu-keystore={handed_in / 'keystore'}", f"--fcu-devices={handed_in / 'out'}"]
    result = pytester.runpytest_subprocess(*options, *JUDGE, "-v", *workers)
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"rootdir: {pytester.path}"])
    for name in ("CFG001", "KEY004", "DEV005"):
        result.stdout.fnmatch_lines([f"*fcu::{name}?keystore?*"])
    assert untouched()
    assert (pytester.path / ".pytest_cache").is_dir()


@pytest.mark.parametrize("option", ["--fcu-config", "--fcu-portal-upload", "--fcu-waivers", "--fcu-report"])
def test_an_ini_file_beside_a_judged_file_is_refused(option: str, handed_in: Path, untouched, pytester) -> None:
    (handed_in / "fcu.any").touch()
    write_ini(handed_in, "tox.ini")
    assert untouched()
    given = (f"--fcu-keystore={handed_in / 'keystore'}", option, handed_in / "fcu.any")
    assert "tox.ini) from there" in refusal(pytester.runpytest_inprocess(*given, *JUDGE))
    assert untouched()


@pytest.mark.parametrize(
    "addopts",
    ["--help", "--version", "--collect-only", "--fixtures", "--co -k nothing", "--deselect=fcu::", "--debug=debug.txt"],
)
def test_options_of_a_foreign_ini_file_never_give_a_pass(addopts: str, handed_in: Path, untouched, pytester) -> None:
    write_ini(handed_in / "keystore", "pytest.ini", addopts)
    assert untouched()
    refusal(pytester.runpytest_inprocess("--fcu-keystore", handed_in / "keystore", *JUDGE))
    assert untouched()
    assert not list(pytester.path.iterdir())


@pytest.mark.parametrize("addopts", ["-p no:fcu_conform", "-p no:fcu_conform.interfaces.pytest_plugin"])
def test_a_foreign_ini_file_that_disables_the_plugin_is_an_error(addopts: str, handed_in: Path, pytester) -> None:
    write_ini(handed_in / "keystore", "pytest.ini", addopts)
    assert pytester.runpytest_subprocess("--fcu-keystore", handed_in / "keystore").ret == 4


def test_a_root_directory_found_through_an_option_without_equals_sign_is_refused(
    handed_in: Path, untouched, pytester
) -> None:
    """pytest would put its cache there."""
    assert untouched()
    line = refusal(pytester.runpytest_inprocess("--fcu-keystore", handed_in / "keystore", *JUDGE))
    assert "took its root directory (" in line
    (handed_in / "setup.py").touch()
    line = refusal(pytester.runpytest_inprocess("--fcu-keystore", handed_in / "keystore", *JUDGE))
    assert f"took its root directory ({handed_in})" in line


def test_options_from_the_environment_and_from_a_file_are_checked(handed_in: Path, pytester, monkeypatch) -> None:
    keystore = handed_in / "keystore"
    write_ini(keystore, "pytest.ini")
    pytester.path.joinpath("arguments").write_text(f"--fcu-keystore\n{keystore}\n")
    result = pytester.runpytest_inprocess("@arguments", *JUDGE)
    assert result.ret == 4  # by this plugin, or by a pytest that knows no such files
    monkeypatch.setenv("PYTEST_ADDOPTS", f"--fcu-keystore {keystore}")
    assert "because of the blank" in refusal(pytester.runpytest_inprocess(*JUDGE))


@pytest.mark.parametrize("name", ["tox.ini", "pytest.ini", "pyproject.toml"])
@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_the_own_project_may_use_options_without_equals_sign(
    name: str, workers: list[str], keystore: Path, pytester
) -> None:
    """Its ini file lies above the keystore, and in the current folder as well."""
    shutil.copytree(keystore.parent, pytester.path / "line")
    (pytester.path / name).write_text(INI_FILES[name].format(addopts="-v", log=pytester.path / "log.txt"))
    result = pytester.runpytest_inprocess("--fcu-keystore", "line/keystore", *JUDGE, "-k", "KEY00", *workers)
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"*configfile: {name}", "*fcu::KEY004?keystore? *"])


def test_own_tests_may_follow_an_option_without_equals_sign(keystore: Path, pytester) -> None:
    shutil.copytree(keystore.parent, pytester.path / "line")
    pytester.makepyfile(**{"tests/test_own": "def test_own(fcu_setup):\n    assert fcu_setup.depth == 2\n"})
    result = pytester.runpytest_inprocess("tests", "--fcu-keystore", "line/keystore", *JUDGE)
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("option", "arguments"),
    [
        ("--fcu-keystore", ["keystore", "elsewhere"]),
        ("--fcu-keystore", ["elsewhere", "keystore"]),
        ("--fcu-keystore=keystore", ["keystore/test_of_theirs.py::test_x"]),
        ("--fcu-keystore=keystore", ["--fcu-devices", "out/device.pem", "out/device.key.pem"]),
        ("--fcu-keystore=keystore", ["--fcu-devices=out", "out"]),
    ],
)
def test_judged_folders_are_not_searched_for_tests(
    option: str, arguments: list[str], handed_in: Path, untouched, pytester, monkeypatch
) -> None:
    """A shell's pattern makes such arguments: ``--fcu-keystore line-*/keystore``."""
    shutil.copytree(handed_in / "keystore", handed_in / "elsewhere")
    (handed_in / "out" / "device.key.pem").touch()
    (handed_in / "pytest.ini").touch()
    monkeypatch.chdir(handed_in)
    assert untouched()
    line = refusal(pytester.runpytest_inprocess(option, *arguments, *JUDGE))
    assert "and pytest would look for tests in it" in line
    assert untouched()


def test_a_run_from_within_a_keystore_writes_no_cache_there(keystore: Path, pytester, monkeypatch) -> None:
    monkeypatch.chdir(keystore)
    before = sorted(keystore.iterdir())
    result = pytester.runpytest_inprocess("--fcu-keystore=.", *JUDGE, "-v")
    assert result.ret == 0
    assert sorted(keystore.iterdir()) == before


@pytest.mark.parametrize("option", ["--junitxml", "--log-file", "--basetemp"])
def test_pytest_itself_writes_nothing_into_a_keystore(option: str, keystore: Path, pytester) -> None:
    before = sorted(keystore.iterdir())
    result = pytester.runpytest_inprocess(f"--fcu-keystore={keystore}", f"{option}={keystore / 'new'}", *JUDGE)
    assert refusal(result) == (
        f"ERROR: {option}: {keystore / 'new'}: is in the keystore, which fcu-conform never writes to"
    )
    assert sorted(keystore.iterdir()) == before


def test_a_pytest_with_an_unknown_file_lookup_is_handled_strictly(keystore: Path, pytester, monkeypatch) -> None:
    shutil.copytree(keystore.parent, pytester.path / "line")
    monkeypatch.setattr(judged_paths, "inspect", None)
    assert "because of the blank" in refusal(pytester.runpytest_inprocess("--fcu-keystore", "line/keystore", *JUDGE))

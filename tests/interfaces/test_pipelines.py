"""What the documentation offers for pipelines: jobs and hooks that their own tools take, and the exit codes."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validators
from ruamel.yaml import YAML

from fcu_conform.interfaces.run.options import OPTIONS, WRITERS

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
JOBS = {"github-actions.yml": "github-workflows", "gitlab-ci.yml": "gitlab-ci"}


def read(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def schema(name: str) -> Any:
    """A schema of the collection that check-jsonschema brings along."""
    package = pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    path = files(package) / "builtin_schemas" / "vendor" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def faults(document: Any, name: str) -> list[str]:
    rules = schema(name)
    return [error.message for error in validators.validator_for(rules)(rules).iter_errors(document)]


@pytest.mark.parametrize(("file", "name"), JOBS.items())
def test_a_job_is_valid_by_the_schema_of_the_code_host(file: str, name: str) -> None:
    job = read(EXAMPLES / file)
    assert faults(job, name) == []
    broken = json.loads(json.dumps(job).replace('"steps"', '"stepss"').replace('"script"', '"scriptt"'))
    assert faults(broken, name)


def commands(file: Path) -> list[str]:
    """The pytest commands of a file, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", file.read_text(encoding="utf-8"))
    text = re.sub(r"\n {6,}(?=--)", " ", text)
    return re.findall(r"pytest --fcu-\S.*", text)


@pytest.mark.parametrize("name", [*JOBS, "tox.ini"])
def test_every_option_and_report_of_an_example_exists(name: str) -> None:
    [command] = commands(EXAMPLES / name)
    words = [word for word in shlex.split(command) if word.startswith("--fcu-")]
    assert {word.partition("=")[0] for word in words} <= {option.flag for option in OPTIONS}
    reports = [Path(word.partition("=")[2]) for word in words if word.startswith("--fcu-report=")]
    assert len(reports) >= 2
    assert {report.suffix for report in reports} <= set(WRITERS)
    assert "--fcu-keystore" in {word.partition("=")[0] for word in words}


def test_the_command_of_a_job_judges(run, keystore: Path, pytester, monkeypatch) -> None:
    """As written, with the keystore where the job looks for it."""
    [command] = commands(EXAMPLES / "github-actions.yml")
    words = shlex.split(command.replace("$KEYSTORE", str(keystore)).replace("config/fcu.yml", "../config/fcu.yml"))
    words = [f"--fcu-config={keystore.parent / 'config' / 'fcu.yml'}" if "fcu-config" in w else w for w in words[1:]]
    result = pytester.runpytest_subprocess(*words, "--fcu-at=2026-06-01T00:00:00Z")
    assert result.ret == 0
    reports = sorted(path.name for path in pytester.path.iterdir() if path.name.startswith("fcu"))
    assert reports == ["fcu-junit.xml", "fcu.html", "fcu.json", "fcu.md", "fcu.sarif"]


def test_tox_reads_the_environment_and_passes_on_arguments_after_the_dashes() -> None:
    pytest.importorskip("tox", reason="tox is not installed")
    command = [sys.executable, "-m", "tox", "config", "-c", str(EXAMPLES / "tox.ini"), "-e", "fcu", "-k", "commands"]
    done = subprocess.run([*command, "--", "--fcu-devices=out"], capture_output=True, text=True, check=True)
    assert re.search(
        r"commands = pytest --fcu-keystore=keystore .* --junitxml=\S+ --fcu-devices=out$", done.stdout, re.M
    )


def test_pre_commit_accepts_the_hook() -> None:
    clientlib = pytest.importorskip("pre_commit.clientlib", reason="pre-commit is not installed")
    [hook] = clientlib.load_manifest(ROOT / ".pre-commit-hooks.yaml")
    assert hook["pass_filenames"] is False
    for name in ("config/fcu.yml", "keystore/fcu.crt", "fcu_csr.pem"):
        assert re.search(hook["files"], name)
    assert not re.search(hook["files"], "keystore/fcu_private_key.pem.txt")
    [repository] = clientlib.load_config(EXAMPLES / "pre-commit-config.yaml")["repos"]
    assert [used["id"] for used in repository["hooks"]] == [hook["id"]]


def test_the_documentation_shows_the_real_examples() -> None:
    text = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    for name in (*JOBS, "tox.ini", "pre-commit-config.yaml", "Jenkinsfile"):
        assert f"examples/{name}" in text
        assert (EXAMPLES / name).exists()


def test_the_exit_codes_of_the_documentation_are_pytest_s() -> None:
    text = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    documented = {int(code): meaning for code, meaning in re.findall(r"^\| ([0-9]) \| ([^|]+) \|", text, re.M)}
    assert set(documented) == set(range(6)) <= {int(code) for code in pytest.ExitCode}
    words = ("conformant", "non-conformant", "interrupted", "internal error", "usage", "nothing was checked")
    assert all(documented[code].startswith(word) for code, word in enumerate(words))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 0),
        (["--fcu-strict", "--fcu-handshake"], 1),
        (["--fcu-report=report.odt"], 4),
        (["--fcu-keystore=nowhere"], 4),
        (["-k", "CSR001 and CRT001"], 5),
    ],
)
def test_a_run_ends_with_the_code_that_is_documented(run, keystore: Path, arguments, code: int) -> None:
    assert run(keystore, *arguments).ret == code


def test_a_keystore_that_does_not_conform_ends_with_1(run, disordered: Path) -> None:
    assert run(disordered).ret == 1


def test_a_run_that_is_interrupted_ends_with_2(run, keystore: Path, pytester) -> None:
    pytester.makeconftest("def pytest_runtest_call(item):\n    raise KeyboardInterrupt\n")
    # In a process of its own: what interrupts it would interrupt a worker of these tests too.
    arguments = ("--rootdir=.", "-c", "/dev/null", f"--confcutdir={pytester.path}", ".", "fcu::")
    assert run(keystore, *arguments, fresh=True).ret == 2

"""What code hosts read: the action judges, the component, the container file and the issue forms are valid."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from artefacts.makers import Line
from jsonschema import validators
from ruamel.yaml import YAML

from .composite import Runner, expressions, read_action
from .sources import ROOT

ACTION = read_action(ROOT / "action.yml")
AT = "2026-06-01T00:00:00Z"
YAML_FILES = {
    "action.yml": "github-actions",
    ".github/ISSUE_TEMPLATE/verdict.yml": "github-issue-forms",
    ".github/ISSUE_TEMPLATE/bug.yml": "github-issue-forms",
    ".github/ISSUE_TEMPLATE/config.yml": "github-issue-config",
}


def documents(path: Path) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(path.read_text(encoding="utf-8")))


def faults(document: Any, name: str) -> list[str]:
    """What a schema that check-jsonschema brings along has against a document."""
    package = pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    rules = json.loads((files(package) / "builtin_schemas" / "vendor" / f"{name}.json").read_text(encoding="utf-8"))
    return [error.message for error in validators.validator_for(rules)(rules).iter_errors(document)]


@pytest.mark.parametrize(("file", "schema"), YAML_FILES.items())
def test_a_file_is_valid_by_the_code_hosts_schema(file: str, schema: str) -> None:
    [document] = documents(ROOT / file)
    assert faults(document, schema) == []
    assert faults({**document, "runs": 1, "body": 1, "blank_issues_enabled": 1}, schema)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """With the suite installed where the action's own step installs it."""
    folder, temp = tmp_path / "checkout", tmp_path / "temp"
    (temp / "fcu-conform" / "bin").mkdir(parents=True)
    folder.mkdir()
    command = temp / "fcu-conform" / "bin" / "fcu-conform"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fcu_conform "$@"\n')
    command.chmod(0o755)
    return Runner(ACTION, folder, temp, {"validators": "none", "at": AT})


@pytest.fixture
def line(runner: Runner) -> Line:
    return Line(runner.folder / "factory")


def test_the_action_judges_and_writes_the_summary(runner: Runner, line: Line) -> None:
    runner.inputs |= {"path": "factory\n", "sarif": "true"}
    assert runner.run(leave_out=("Install",)) == 0
    assert runner.outputs["judge"] == {"exit-code": "0"}
    assert "CONFORMANT" in runner.summary.read_text(encoding="utf-8").upper()
    assert runner.used == ["actions/setup-python@v5", "github/codeql-action/upload-sarif@v3"]
    reports = sorted(path.name for path in (runner.folder / "fcu-reports").iterdir())
    assert reports == ["fcu-junit.xml", "fcu.html", "fcu.json", "fcu.md", "fcu.sarif"]


def test_the_action_ends_as_the_run_ended(runner: Runner, line: Line) -> None:
    line.write_chain(*reversed(line.chain))
    runner.inputs["keystore"] = "factory/keystore"
    assert runner.run(leave_out=("Install",)) == 1
    assert runner.outputs["judge"] == {"exit-code": "1"}
    assert "CHN003" in runner.summary.read_text(encoding="utf-8")


def test_the_inputs_of_the_action_are_the_options_of_the_command(runner: Runner, line: Line) -> None:
    """Each reaches the command as one argument, whatever is in it."""
    command = runner.temp / "fcu-conform" / "bin" / "fcu-conform"
    command.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > arguments\n')
    runner.inputs = {name: f"a '$(touch pwned)' {name}" for name in ACTION["inputs"]} | {"strict": "true"}
    runner.inputs["reports"] = "reports"
    assert runner.run(leave_out=("Install",)) == 0
    given = (runner.folder / "arguments").read_text(encoding="utf-8").splitlines()
    assert not (runner.folder / "pwned").exists()
    taken = ["keystore", "config", "devices", "portal-upload", "chain-depth", "mode", "at", "validators", "waivers"]
    assert given == [
        "check",
        *(f"--{name}=a '$(touch pwned)' {name}" for name in taken),
        "--strict",
        "a '$(touch pwned)' options",
        "--junitxml=reports/fcu-junit.xml",
        *(f"--report=reports/fcu.{ending}" for ending in ("json", "html", "md", "sarif")),
        "--",
        "a '$(touch pwned)' path",
    ]


def test_no_script_of_the_action_has_an_expression_in_it() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert {name.partition(".")[2].split()[0] for name in expressions(text) if name.startswith("inputs.")} == {
        *ACTION["inputs"]
    }
    for step in ACTION["runs"]["steps"]:
        assert expressions(step.get("run", "")) == []


def test_the_component_is_a_job_and_uses_every_input_that_it_declares() -> None:
    header, job = documents(ROOT / "templates" / "fcu-conform.yml")
    text = json.dumps(job)
    used = set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", text))
    assert used == set(header["spec"]["inputs"])
    filled = re.sub(r'"\$\[\[ inputs\.tags \]\]"', '["factory"]', text)
    assert faults(json.loads(filled), "gitlab-ci") == []


@pytest.mark.parametrize(("devices", "code"), [("", 0), ("out", 1)])
def test_the_component_judges(runner: Runner, line: Line, devices: str, code: int) -> None:
    _, job = documents(ROOT / "templates" / "fcu-conform.yml")
    (runner.folder / "out").mkdir()
    (runner.folder / "out" / "a.pem").write_text("nothing")
    variables = dict.fromkeys(job["fcu-conform"]["variables"], "")
    variables |= {"FCU_KEYSTORE": "factory/keystore", "FCU_DEVICES": devices}
    variables["FCU_OPTIONS"] = f"--validators=none --at={AT}"
    path = f"{runner.temp / 'fcu-conform' / 'bin'}:{os.environ['PATH']}"
    command = ["bash", "-euc", job["fcu-conform"]["script"][-1]]
    done = subprocess.run(
        command, cwd=runner.folder, env={**os.environ, **variables, "PATH": path}, check=False, capture_output=True
    )
    assert done.returncode == code
    assert (runner.folder / "fcu-junit.xml").exists()


def test_the_container_runs_as_nobody_and_starts_the_command() -> None:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    last = text.rpartition("\nFROM ")[2]
    [user] = re.findall(r"^USER (\d+):\d+$", last, re.MULTILINE)
    assert int(user) > 0
    assert re.findall(r"^ENTRYPOINT (.*)$", last, re.MULTILINE) == ['["fcu-conform"]']
    for package in ("gnutls-bin", "libmbedx509-1", "openssl"):
        assert package in last


def test_nothing_but_the_packages_is_sent_to_who_builds_the_container() -> None:
    lines = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert let_in == {"LICENSE", "README.md", "pyproject.toml", "fcu_conform", "reference_ca"}
    assert (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() == lines

"""Runs the steps of a composite action, as far as this needs no code host: shell steps, and what they hand on.

Expressions are read as GitHub reads them, those that occur here: a name, ``a || b``, ``a == 'b'``.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def read_action(path: Path) -> dict[str, Any]:
    """The action as a mapping."""
    action: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return action


def expressions(text: str) -> list[str]:
    """What stands between ``${{`` and ``}}``."""
    return _EXPRESSION.findall(text)


@dataclass
class Runner:
    """A machine that runs an action's steps: ``folder`` is its working folder, ``temp`` what it clears later."""

    action: dict[str, Any]
    folder: Path
    temp: Path
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    """Actions of others that would have been used, in order."""

    @property
    def summary(self) -> Path:
        """The page that steps append to."""
        return self.temp / "summary.md"

    def run(self, leave_out: tuple[str, ...] = ()) -> int:
        """Runs the steps but for those named, until one fails; returns the last exit code."""
        for step in self.action["runs"]["steps"]:
            if step.get("name") in leave_out or self._value(step.get("if", "${{ true }}")) in ("", "false"):
                continue
            if "uses" in step:
                self.used.append(step["uses"])
            elif code := self._run_shell(step):
                return code
        return 0

    def _run_shell(self, step: dict[str, Any]) -> int:
        output = self.temp / "output"
        output.write_text("")
        known = {"GITHUB_OUTPUT": output, "GITHUB_STEP_SUMMARY": self.summary, "RUNNER_TEMP": self.temp}
        given = {name: self._value(value) for name, value in step.get("env", {}).items()}
        script = self.temp / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]
        environment = {**os.environ, **{name: str(path) for name, path in known.items()}, **given}
        done = subprocess.run(command, cwd=self.folder, env=environment, check=False, capture_output=True)
        if name := step.get("id"):
            lines = output.read_text(encoding="utf-8").splitlines()
            self.outputs[name] = dict(line.split("=", 1) for line in lines)
        return done.returncode

    def _value(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self._evaluate(found[1]), text)

    def _evaluate(self, expression: str) -> str:
        if "||" in expression:
            return next(filter(None, map(self._evaluate, expression.split("||"))), "")
        if "==" in expression:
            one, other = map(self._evaluate, expression.split("=="))
            return "true" if one == other else "false"
        match expression.strip().split("."):
            case ["true"]:
                return "true"
            case ["inputs", name]:
                return self.inputs.get(name, self.action["inputs"][name].get("default", ""))
            case ["steps", name, "outputs", output]:
                return self.outputs[name][output]
            case ["github", "action_path"]:
                return str(Path(__file__).parents[2])
            case [text] if text.startswith("'"):
                return text.strip("'")
        raise ValueError(f"unknown expression: {expression}")

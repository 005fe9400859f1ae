"""Asks for known vulnerabilities in what a plain install brings: ``tox -e audit``, or ``python
tests/repository/audit.py``.

Installs the tree into an empty environment and hands pip-audit what came with it, by exact versions. The project itself
is left out: no advisory service knows a version that is not released, and ``--strict`` fails for whatever one knows
nothing about.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_BROUGHT = frozenset({"fcu-conform", "pip", "setuptools"})


def brought(python: Path) -> list[str]:
    """What an environment has besides the project and its installer, as requirements."""
    command = [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [f"{one['name']}=={one['version']}" for one in listed if one["name"] not in NOT_BROUGHT]


def main(options: list[str]) -> int:
    """Installs and asks; further options are pip-audit's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "empty", with_pip=True)
        python = folder / "empty" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", str(ROOT)], check=True)
        requirements = brought(python)
        listed = folder / "brought.txt"
        listed.write_text("\n".join([*requirements, ""]), encoding="utf-8")
        print(f"{len(requirements)} packages: {', '.join(requirements)}", flush=True)
        command = [
            sys.executable,
            "-m",
            "pip_audit",
            "--strict",
            "--no-deps",
            "--disable-pip",
            "--progress-spinner=off",
        ]
        return subprocess.run([*command, "-r", str(listed), *options], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Judges a keystore from the wheel alone, in an empty environment, and has a program checked that uses its types.

python tests/house/installed.py DIST
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CONSUMER = """\
from datetime import datetime, timezone
from pathlib import Path

import reference_ca
from fcu_conform import Report, UsageError, check


def verdict(keystore: Path) -> str:
    report: Report = check(keystore, at=datetime.now(timezone.utc), strict=True)
    codes: list[str] = sorted(report.errors())
    return f"{report.verdict.value} {codes}"


root: reference_ca.RootAuthority = reference_ca.RootAuthority()
try:
    print(verdict(Path("keystore")))
except UsageError as fault:
    print(fault)
"""


def run(folder: Path, python: Path) -> int:
    """Runs what a newcomer runs; gives the first exit code that is not 0."""
    scripts = python.parent
    (folder / "consumer.py").write_text(CONSUMER)
    for command in (
        [scripts / "reference-ca", "keystore", "line", "--length", "3"],
        [python, "-m", "pytest", "-q", "--fcu-keystore=line/keystore", "--fcu-report=report.json"],
        [scripts / "fcu-conform", "explain", "KEY006"],
        [scripts / "fcu-conform", "upload", "--keystore", "line/keystore", "-o", "upload.pem"],
        [python, "-m", "pip", "install", "-q", "mypy"],
        [python, "-m", "mypy", "--strict", "consumer.py"],
    ):
        code = subprocess.run([*map(str, command)], cwd=folder, check=False).returncode
        if code:
            return code
    return 0


def main() -> int:
    """Installs the wheel of a folder into an empty environment, and runs it there."""
    (wheel,) = Path(sys.argv[1]).resolve().glob("*.whl")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "empty", with_pip=True)
        python = folder / "empty" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", str(wheel)], check=True)
        return run(folder, python)


if __name__ == "__main__":
    sys.exit(main())

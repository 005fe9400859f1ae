"""Runs every command from the wheel alone, in an empty environment, and has a program checked that uses its types.

python tests/repository/installed.py DIST
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
    maker, judge, of_line = scripts / "reference-ca", scripts / "fcu-conform", ("--keystore", "line/keystore")
    reports = [f"--fcu-report=report.{ending}" for ending in ("json", "html", "md", "sarif", "intoto.json")]
    (folder / "consumer.py").write_text(CONSUMER)
    for command in (
        [maker, "keystore", "line", "--length", "3"],
        [maker, "devices", "--keystore", "line/keystore", "--count", "3", "-o", "out"],
        [maker, "defect", "key-of-the-root", "broken"],
        [judge, "check", "line"],
        [judge, "rules"],
        [judge, "explain", "KEY006"],
        [judge, "upload", *of_line, "-o", "upload.pem"],
        [judge, "slice", *of_line, "out/device-0001.pem"],
        [scripts / "pytest", "-q", "--fcu-keystore=line/keystore", "--fcu-devices=out", "--fcu-handshake", *reports],
        [judge, "lot", *of_line, "--workers", "2", "--report", "lot.json", "out"],
        [judge, "certify", *of_line, "--devices", "out", "--out", "handed-in"],
        [judge, "verify-statement", "handed-in", "--require", "warned"],
        [judge, "diff", "report.json", "handed-in/report.json"],
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

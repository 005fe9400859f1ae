"""Builds the container image and judges a keystore in it, if a builder runs on this machine; else says so.

python tests/repository/container.py
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TAG = "fcu-conform-test"
LOCKED = ("--rm", "--network=none", "--read-only", "--tmpfs=/tmp")


def find_builder() -> str | None:
    """podman or docker, if it can build here."""
    for name in ("podman", "docker"):
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0:
            return name
    return None


def main() -> int:
    builder = find_builder()
    if builder is None:
        print("not built: neither podman nor docker runs here")
        return 0
    subprocess.run([builder, "build", "--tag", TAG, "--file", ROOT / "Containerfile", ROOT], check=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "reference_ca", "keystore", f"{folder}/line"], check=True)
        user = f"--user={Path(folder).stat().st_uid}"
        judged = [builder, "run", *LOCKED, user, f"--volume={folder}/line:/factory:ro", TAG, "check", "."]
        return subprocess.run(judged, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

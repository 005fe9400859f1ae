"""The examples of the documentation: its fenced blocks, and a folder with everything that they name."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^( *)(`{3,})(\S*)( .*)?$")
_MARK = re.compile(r"^ *<!-- run(?: after: (.+))? -->$")


@dataclass(frozen=True)
class Block:
    """One example.

    Attributes:
        page: its page, from the repository's folder on.
        line: the line of its fence.
        language: what stands behind the fence.
        text: the example without the indentation of its fence.
        is_session: commands with their output, to be compared.
        after: a command that the page does not show, to be run before a session.
    """

    page: str
    line: int
    language: str
    text: str
    is_session: bool = False
    after: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@cache
def pages() -> tuple[Path, ...]:
    """Every page that somebody wrote: those of the rules are made."""
    made = DOCS / "rules"
    written = [page for page in sorted(DOCS.rglob("*.md")) if made not in page.parents]
    outside = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "fixtures/README.md")
    return (*(ROOT / name for name in outside), *written)


@cache
def blocks() -> tuple[Block, ...]:
    """All examples of all pages."""
    return tuple(block for page in pages() for block in blocks_of(page.read_text("utf-8"), place(page)))


def place(page: Path) -> str:
    """A page as it is named here."""
    return page.relative_to(ROOT).as_posix()


def blocks_of(text: str, page: str) -> Iterator[Block]:
    """The examples of a page."""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        opening = _FENCE.match(lines[number])
        if opening:
            indent, fence, language, _ = opening.groups()
            end = next(n for n in range(number + 1, len(lines)) if lines[n] in (indent + fence, fence))
            inside = "\n".join(line.removeprefix(indent) for line in lines[number + 1 : end]) + "\n"
            mark = _MARK.match(lines[number - 1]) if number else None
            after = (mark[1] or "") if mark else ""
            yield Block(page, number + 1, language, inside, mark is not None, after)
            number = end
        number += 1


def commands_of(text: str) -> list[str]:
    """The commands of a block: lines, and those that they go on with."""
    joined = re.sub(r" *(\\|&&|;)\n\s*", lambda end: " " if end[1] == "\\" else f" {end[1]} ", text)
    return [line for line in joined.splitlines() if line.strip()]


def run(command: str, folder: Path, addopts: str = "") -> subprocess.CompletedProcess[str]:
    """A command with both outputs in one, as a terminal of 80 columns shows them."""
    scripts = str(Path(sys.executable).parent)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))},
        "PATH": scripts + os.pathsep + os.environ["PATH"],
        "COLUMNS": "80",
        "PYTEST_ADDOPTS": addopts,
        "LC_ALL": "C.UTF-8",
    }
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip


def lay_out_everything(folder: Path) -> Path:
    """A conformant setup under every name that a page uses for one, with devices, an upload and two reports.

    It was made yesterday: what a page shows is judged by the clock.
    """
    made = f"--seed docs --at {datetime.now(timezone.utc) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    script = (
        f"reference-ca keystore line --length 3 {made}",
        f"reference-ca sign --keystore line/keystore {made} --critical --replace",  # nothing warns then
        f"reference-ca devices --keystore line/keystore {made} --count 3 -o line/out",
        "fcu-conform upload --keystore line/keystore -o line/upload.pem",
        "pytest -q -p no:cacheprovider -p no:xdist --fcu-keystore=line/keystore --fcu-report=line/old.json",
    )
    for command in script:
        done = run(command, folder)
        assert done.returncode == 0, f"$ {command}\n{done.stdout}"
    line = folder / "line"
    for name in ("opt/fcu", "factory"):
        shutil.copytree(line, folder / name)
    shutil.copytree(line, folder, dirs_exist_ok=True)
    shutil.copytree(line / "out", folder / "devices")
    shutil.copytree(line / "out", folder / "var/line-1/out")
    shutil.copytree(DOCS / "examples", folder / "docs/examples")
    shutil.copy(line / "out/device-0001.pem", folder / "device.pem")
    shutil.copy(line / "upload.pem", folder / "uploaded.pem")
    shutil.copy(line / "old.json", folder / "new.json")
    for number in (1, 2):
        (folder / f"handed-in-{number}").mkdir()
        shutil.copy(line / "old.json", folder / f"handed-in-{number}" / "report.json")
    (folder / "request.json").write_text(json.dumps(_question(line)), encoding="utf-8")
    return folder


def _question(line: Path) -> dict[str, object]:
    """What a validator is asked about the first device."""
    device, upload = ((line / name).read_text("utf-8") for name in ("out/device-0001.pem", "upload.pem"))
    (leaf, *untrusted), anchors = _certificates(device), _certificates(upload)
    return {"protocol": 1, "leaf": leaf, "untrusted": untrusted, "anchors": anchors, "at": "2026-06-01T12:00:00Z"}


def _certificates(pem: str) -> list[str]:
    found = re.findall(r"-----BEGIN CERTIFICATE-----\n(.*?)-----END", pem, re.DOTALL)
    return [base64.b64encode(base64.b64decode(text)).decode() for text in found]

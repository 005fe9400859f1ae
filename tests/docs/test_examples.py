"""What the documentation shows is what happens: its sessions are run, page by page, in an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
SESSION = re.compile(r"^<!-- run -->\n```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if SESSION.search(page.read_text(encoding="utf-8"))]


def steps(page: Path) -> list[tuple[str, str]]:
    """The commands of a page with the output that it shows."""
    found: list[tuple[str, str]] = []
    for session in SESSION.findall(page.read_text(encoding="utf-8")):
        for step in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            found.append((command, output))
    return found


def is_shown(shown: str, happened: str) -> bool:
    """Whether output is what a page shows; there ``…`` stands for anything, and on a line of its own for any lines."""
    lines = [re.escape(line).replace("…", ".*") for line in shown.rstrip("\n").split("\n")]
    pattern = "".join("(?:.*\n)*" if line == ".*" else line + " *\n" for line in lines)
    text = happened.rstrip("\n") + "\n"
    return re.fullmatch(pattern, text) is not None


def run(command: str, folder: Path) -> str:
    """Both outputs of a command, as a terminal of 80 columns shows them."""
    scripts = str(Path(sys.executable).parent)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))},
        "PATH": scripts + os.pathsep + os.environ["PATH"],
        "COLUMNS": "80",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return done.stdout


def test_there_are_pages_with_sessions() -> None:
    assert "tutorial" in {page.stem for page in PAGES}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the pages ask openssl")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_happens(page: Path, tmp_path: Path) -> None:
    for command, shown in steps(page):
        happened = run(command, tmp_path)
        assert is_shown(shown, happened) if shown.strip() else happened == "", f"$ {command}\n{happened}"


@pytest.mark.parametrize(
    ("shown", "happened", "same"),
    [
        ("one\ntwo\n", "one\ntwo\n", True),
        ("one\n…\n", "one\ntwo\nthree\n", True),
        ("…\ntwo\n", "one\ntwo\nthree\n", False),
        ("a … c\n", "a b c\n", True),
        ("a\n", "a.\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_an_ellipsis_stands_for_anything_and_nothing_else_does(shown: str, happened: str, same: bool) -> None:
    assert is_shown(shown, happened) is same

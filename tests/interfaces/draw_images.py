"""Draws the terminal in the README: --check compares the picture, --write writes it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from repository.generated import compare_or_write
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDTH = 100
COMMAND = ("pytest", "--fcu-keystore=line-1/keystore", "--fcu-portal-upload=line-1/keystore/fcu.crt")
MAKE = ("keystore", "line-1", "--length", "3", "--seed", "pictures", "--name", "FCU line 1")


def main(arguments: Sequence[str]) -> int:
    """Compares or writes the picture of the terminal."""
    with tempfile.TemporaryDirectory() as name:
        folder = make_line(Path(name))
        output = judge(folder, "-k", "UPL", "-p", "no:cacheprovider", "--color=yes", "--fcu-validators=none")
    return compare_or_write([(IMAGES / "terminal.svg", terminal_picture(output))], arguments)


def make_line(folder: Path) -> Path:
    """The folder with a keystore in it, the same on every machine."""
    subprocess.run([sys.executable, "-m", "reference_ca", *MAKE], check=True, cwd=folder, capture_output=True)
    return folder


def judge(folder: Path, *options: str) -> str:
    """The output of a run over a keystore whose whole fcu.crt is uploaded."""
    command = [sys.executable, "-m", *COMMAND, "--fcu-at=2026-06-01T00:00:00Z", *options]
    environment = {**os.environ, "COLUMNS": str(WIDTH)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout


def terminal_picture(output: str) -> str:
    """The picture as it is, if it shows the same words: how rich draws differs between its versions."""
    drawn, kept = draw_terminal(output), (IMAGES / "terminal.svg").read_text(encoding="utf-8")
    return kept if words(drawn) == words(kept) else drawn


def words(picture: str) -> list[str]:
    """The texts of a picture."""
    return re.findall(r">([^<>]+)</text>", picture)


def draw_terminal(output: str) -> str:
    """The suite's part of the output as SVG, with one duration for every machine; no font is fetched from anywhere."""
    lines = re.sub(r"\bin \d+\.\d+s\b", "in 0.50s", output).splitlines()
    begin = next(number for number, line in enumerate(lines) if "FAILURES" in line)
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi("\n".join([f"$ {' '.join(COMMAND)}", "…", *lines[begin:]])))
    style = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(title="fcu-conform", code_format=style, unique_id="terminal")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

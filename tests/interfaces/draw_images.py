"""Draws the pictures of the README anew: python tests/interfaces/draw_images.py [FOLDER] (needs chromium and
playwright).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

WIDTH = 100
COMMAND = ("pytest", "--fcu-keystore=line-1/keystore", "--fcu-portal-upload=line-1/keystore/fcu.crt")
MAKE = ("keystore", "line-1", "--length", "3", "--seed", "pictures", "--name", "FCU line 1")


def main(target: Path) -> None:
    """Makes a keystore whose whole fcu.crt is uploaded, judges it, and draws the terminal and the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "reference_ca", *MAKE], check=True, cwd=folder)
        options = ("-k", "UPL", "-p", "no:cacheprovider", "--color=yes", "--fcu-at=2026-06-01T00:00:00Z")
        environment = {**os.environ, "COLUMNS": str(WIDTH)}
        run = subprocess.run(
            [sys.executable, "-m", *COMMAND, *options], cwd=folder, env=environment, capture_output=True, text=True
        )
        (target / "terminal.svg").write_text(draw_terminal(run.stdout), encoding="utf-8")
        page = folder / "report.html"
        asked = ("--fcu-validators=auto", f"--fcu-report={page}", "--fcu-at=2026-06-01T00:00:00Z", "-q")
        subprocess.run([sys.executable, "-m", *COMMAND, *asked], cwd=folder, capture_output=True)
        photograph(page, target / "report.png")


def draw_terminal(output: str) -> str:
    """The suite's part of the output as SVG; no font is fetched from anywhere."""
    lines = output.splitlines()
    begin = next(number for number, line in enumerate(lines) if "FAILURES" in line)
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi("\n".join([f"$ {' '.join(COMMAND)}", "…", *lines[begin:]])))
    style = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(title="fcu-conform", code_format=style, unique_id="terminal")


def photograph(page: Path, picture: Path) -> None:
    """The upper part of the page in a window of usual size."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        window = browser.new_page(viewport={"width": 1100, "height": 1180})
        window.goto(page.as_uri())
        window.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "docs" / "images")

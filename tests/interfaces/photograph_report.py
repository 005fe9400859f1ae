"""Draws the report in the README again: python -m interfaces.photograph_report, from tests/ (needs chromium).

The picture is not compared with the one that is kept: its pixels depend on the browser and the fonts of the machine.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from interfaces.draw_images import IMAGES, judge, make_line


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
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "report.html"
        judge(make_line(Path(name)), "--fcu-validators=auto", f"--fcu-report={report}", "-q")
        photograph(report, IMAGES / "report.png")

"""The pictures of the README show what is printed today; `repository.generated` draws the terminal again."""

from __future__ import annotations

import html
import re
from pathlib import Path

from docs.blocks import DOCS, run

BEGIN, END = "FAILEDfcu::UPL003[keystore]", "--outupload.pem"


def told(text: str) -> str:
    """The failure, without white space: pictures are drawn for another width."""
    squeezed = re.sub(r"\s", "", text)
    return squeezed[squeezed.index(BEGIN) : squeezed.index(END)]


def test_the_terminal_s_picture_shows_the_failure_word_for_word(tmp_path: Path) -> None:
    picture = (DOCS / "images" / "terminal.svg").read_text(encoding="utf-8")
    drawn = html.unescape("".join(re.findall(r">([^<>]*)</text>", picture)))
    (command,) = re.findall(r"\$ (pytest --fcu-keystore=\S+ --fcu-portal-upload=\S+)", drawn.replace("\xa0", " "))
    made = run('reference-ca keystore line-1 --length 3 --seed pictures --name "FCU line 1"', tmp_path)
    assert made.returncode == 0, made.stdout
    printed = run(f"{command} -k UPL --fcu-at=2026-06-01T00:00:00Z --fcu-validators=none", tmp_path).stdout
    assert told(printed) == told(drawn)


def test_the_picture_of_the_report_is_an_image() -> None:
    picture = (DOCS / "images" / "report.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n")

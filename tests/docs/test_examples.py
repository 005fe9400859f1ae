"""The sessions in the documentation are run, page by page, in an empty folder, and print what the page shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from docs.blocks import Block, blocks, blocks_of, commands_of, run

SESSIONS = [block for block in blocks() if block.is_session]
PAGES = sorted({block.page for block in SESSIONS})


def steps(sessions: list[Block]) -> list[tuple[str, str]]:
    """The commands of a page with the output that it shows."""
    found: list[tuple[str, str]] = []
    for session in sessions:
        for step in re.split(r"^\$ ", session.text, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            found.append((command, output))
    return found


def is_shown(shown: str, happened: str) -> bool:
    """Whether output is what a page shows; there ``…`` stands for anything, and on a line of its own for any lines."""
    lines = [re.escape(line).replace("…", ".*") for line in shown.rstrip("\n").split("\n")]
    pattern = "".join("(?:.*\n)*" if line == ".*" else line + " *\n" for line in lines)
    text = happened.rstrip("\n") + "\n"
    return re.fullmatch(pattern, text) is not None


def test_some_pages_have_console_sessions() -> None:
    assert {"docs/tutorial.md", "docs/reference.md", "docs/certification.md"} <= set(PAGES)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the pages ask openssl")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_real_output(page: str, tmp_path: Path) -> None:
    sessions = [session for session in SESSIONS if session.page == page]
    for session in sessions:
        if session.after:
            prepared = run(session.after, tmp_path)
            assert prepared.returncode == 0, prepared.stdout
        for command, shown in steps([session]):
            happened = run(command, tmp_path).stdout
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
def test_only_an_ellipsis_matches_any_text(shown: str, happened: str, same: bool) -> None:
    assert is_shown(shown, happened) is same


def test_indented_and_fenced_blocks_are_found() -> None:
    indented, bare = "1.\n   ```sh\n   a\n   ```\n", "```\ng\n```\n"
    marked = "<!-- run after: c d -->\n```console\n$ e\nf\n```\n"
    first, second, third = blocks_of(indented + marked + bare, "page.md")
    assert (first.line, first.language, commands_of(first.text)) == (2, "sh", ["a"])
    assert (second.after, steps([second])) == ("c d", [("e", "f\n")])
    assert (third.language, third.text, third.is_session) == ("", "g\n", False)


def test_commands_continue_after_a_backslash_or_a_conjunction() -> None:
    assert commands_of("a &&\n  b;\n  c\nd --e=f \\\n  --g\n") == ["a && b ; c", "d --e=f --g"]

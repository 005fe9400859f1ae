"""The how-to about the portal: its first command starts the stand-in, the others work beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from docs.blocks import ROOT, blocks, commands_of
from portal_helpers import Lines
from test_portal_service import COMMAND, started

from reference_ca.portal.faults import FAULTS

PAGE = "docs/howto/portal.md"
COMMANDS = [command for block in blocks() if block.page == PAGE for command in commands_of(block.text)]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page asks curl")
def test_the_commands_of_the_page_work_beside_the_stand_in_that_it_starts(tmp_path: Path, lines: Lines) -> None:
    start, *others = COMMANDS
    program, *arguments = start.split()
    assert (program, arguments[0], COMMAND[-1]) == ("reference-ca", "portal", "portal")
    assert len(others) == 4
    lines.line_a.chain_pem.write_to_path(tmp_path / "upload.pem")
    with started(*arguments[1:], folder=tmp_path) as running:
        environment = {**os.environ, "URL": running.ready["url"]}
        for command in others:
            done = subprocess.run(
                ["/bin/sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        assert [entry["name"] for entry in running.ask("/v3/trusted-certificates")["data"]] == ["line 1"]


def test_the_page_lists_every_fault() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8").partition("## Faults")[2]
    assert [name for name in FAULTS if f"`{name}`" not in text] == []

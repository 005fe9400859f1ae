"""What all report writers have in common: same input, same bytes; loaded when asked for; each named by its ending."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fcu_conform.interfaces.reports.writers import writer
from fcu_conform.interfaces.run.options import WRITERS
from interfaces.documents import attacking, conformant, faulty, make_line


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("writers")
    make_line(folder)
    return folder


def test_the_same_input_gives_the_same_bytes_except_the_time(run, line: Path, pytester: pytest.Pytester) -> None:
    written: list[dict[str, bytes]] = []
    for number, options in enumerate(([], ["-n2"])):
        names = {ending: f"{number}{ending}" for ending in WRITERS}
        asked = [f"--fcu-report={name}" for name in names.values()]
        devices, upload = f"--fcu-devices={line / 'alien'}", f"--fcu-portal-upload={line / 'upload.pem'}"
        run(line / "line-1" / "keystore", devices, upload, *asked, *options)
        clock = json.loads((pytester.path / names[".json"]).read_text())["checked_at"].encode()
        written.append({e: (pytester.path / name).read_bytes().replace(clock, b"CLOCK") for e, name in names.items()})
    assert written[0] == written[1]
    assert all(b"CLOCK" in content for content in written[0].values())
    assert all(b"DEV004" in content for content in written[0].values())


@pytest.mark.parametrize("ending", WRITERS)
def test_a_document_is_only_read(line: Path, ending: str) -> None:
    for document in (conformant(line), attacking(faulty(line))):
        for subject in document["subjects"]:
            if subject["kind"] == "devices":
                subject["digest"] = {"dirHash": "0"}  # which a statement is given besides
        before = json.dumps(document)
        assert writer(ending)(document) == writer(ending)(document)
        assert json.dumps(document) == before


@pytest.mark.parametrize(("ending", "loaded"), [(".json", False), (".sarif", False), (".html", True), (".md", True)])
def test_a_writer_is_loaded_when_its_report_is_asked_for(ending: str, loaded: bool) -> None:
    script = (
        "import sys; from fcu_conform.interfaces.pytest_plugin import suite;"
        " from fcu_conform.interfaces.reports import writers; assert 'jinja2' not in sys.modules;"
        f"writers.writer({ending!r}); print('jinja2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(loaded)


def test_no_writer_shows_a_byte_of_the_key(run, line: Path, pytester: pytest.Pytester) -> None:
    key = (line / "line-2" / "keystore" / "fcu_private_key.pem").read_text()
    asked = [f"--fcu-report=all{ending}" for ending in WRITERS]
    run(line / "line-2" / "keystore", *asked)
    secrets = [row for row in key.splitlines() if not row.startswith("-----")]
    texts = [(pytester.path / f"all{ending}").read_text("utf-8") for ending in WRITERS]
    assert len(secrets) >= 3
    assert not [secret for secret in secrets for text in texts if secret in text]
    assert all("CHN003" in text for text in texts)


def test_a_run_with_latin_text_does_not_load_width_tables() -> None:
    script = (
        "import sys; from fcu_conform.artefacts.text_width import columns; print(columns('sha256 5a61cd55… · é'),"
        "'rich.cells' in sys.modules, columns('工場'), columns('e\\u0301'), columns('🏭'))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["20", "False", "4", "1", "2"]

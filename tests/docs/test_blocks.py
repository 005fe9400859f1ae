"""No example is skipped silently: each is run, checked, or listed here with the reason why not."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from docs.blocks import ROOT, Block, blocks, commands_of, lay_out_everything, run
from fcu_conform.artefacts.device_output.rows import COLUMNS
from fcu_conform.validators.registry import ENTRIES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NOT_RUN = {
    r"-e '\.\[dev\]'": "installs the tree and runs all of its tests: .ci/run does both",
    r"^python3 -m venv \.venv$": "makes an environment: tests/repository/installed.py does (tox -e package)",
    r"pip install fcu-conform": "installs from an index",
    r"^\. \.venv/bin/activate$": "the environment of the tests is active",
    r"tests\.robustness --minutes": "takes half an hour: tests/robustness has a bounded run",
    r"tox -e mutation": "takes hours",
    r"tox -e fcu": "installs: tests/interfaces/test_pipelines.py reads that environment and runs its command",
    r"^tox -e (new|expected|lint)|^pytest -q tests/|explain CHN015": "in a copy: tests/repository/test_new.py",
    r"^podman ": "needs a builder of containers: tox -e container builds where one runs",
    r"^reference-ca portal|portal\.sqlite": "beside a stand-in: test_portal_page.py and test_portal.py",
    r"repository\.published_keys": "reads sources of others: tests/rules/test_published_keys.py has some of its own",
    r"^dask |--scheduler": "wants machines: tests/engine/lot/test_ways_in.py judges on a cluster of one",
}
"""Commands that are not run, by a pattern of them, and why."""

DIRECTIVES = {"{toctree}", "{image}", "{literalinclude}"}
"""What Sphinx reads: ``tox -e docs`` fails where it is wrong."""

BENCH = "def my_library_accepts(leaf, untrusted, anchors, at): return True\n"
"""What the page about validators leaves to its reader."""

COMMANDS = [block for block in blocks() if block.language == "sh"]
PAGES = sorted({block.page for block in COMMANDS} | {block.page for block in blocks() if block.language == "python"})


def is_excused(command: str) -> bool:
    return any(re.search(pattern, command) for pattern in NOT_RUN)


def for_here(command: str) -> str:
    """A command with paths that stand in the folder of everything, from a virtual environment that is there already."""
    command = command.replace("python3 -m venv .venv && .venv/bin/pip install -q . && ", "").replace(".venv/bin/", "")
    command = re.sub(r"(--(?:fcu-)?keystore=)…", r"\1keystore", command)
    return re.sub(r"(?<=[= ])/(?=opt/|var/)", "", command)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out_everything(tmp_path_factory.mktemp("everything"))


@pytest.fixture
def folder(everything: Path, tmp_path: Path) -> Path:
    """A copy of everything, to be worked in."""
    return Path(shutil.copytree(everything, tmp_path / "folder"))


def prepare_waivers(folder: Path) -> None:
    """The keystore gets the fault that the page waives, at an instant at which its waiver is in force."""
    (block,) = [block for block in blocks() if block.page == "docs/waivers.md" and block.language == "toml"]
    waivers = re.sub(r'scope = "\w+…"', 'scope = "*"', block.text)
    (folder / "waivers.toml").write_text(waivers, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nfcu_at = 2026-06-01T00:00:00Z\n")
    shutil.rmtree(folder / "keystore")
    shutil.rmtree(folder / "config")
    done = run("reference-ca defect lasts-20-years made --at 2026-05-01T00:00:00Z --seed docs", folder)
    assert done.returncode == 0, done.stdout
    shutil.copytree(folder / "made", folder, dirs_exist_ok=True)


def prepare_readme(folder: Path) -> None:
    """A file of waivers in which nothing is waived."""
    (folder / "waivers.toml").write_text("")


def prepare_bench(folder: Path) -> None:
    block = next(b for b in blocks() if b.page == "docs/howto/validators.md" and b.language == "python")
    (folder / "bench.py").write_text(BENCH + block.text, encoding="utf-8")


def prepare_vendors(folder: Path) -> None:
    """There the whole setup is in a folder that holds devices elsewhere."""
    shutil.move(folder / "out", folder / "devices-of-out")
    shutil.copytree(folder / "line", folder / "out", ignore=shutil.ignore_patterns("out"))
    shutil.move(folder / "devices-of-out", folder / "out" / "devices")


PREPARED: dict[str, Callable[[Path], None]] = {
    "README.md": prepare_readme,
    "docs/howto/vendors.md": prepare_vendors,
    "docs/waivers.md": prepare_waivers,
    "docs/howto/validators.md": prepare_bench,
    "docs/validators.md": prepare_bench,
}
QUICKLY = "-p no:cacheprovider --fcu-validators=none"
"""Put before the options of every pytest command: validators that it does not name itself are not asked."""

CODES = {"chmod 644": 1}
"""Exit codes other than 0, by something that stands in the command."""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the pages ask openssl")
@pytest.mark.parametrize("page", sorted({block.page for block in COMMANDS}))
def test_the_commands_of_a_page_run_as_described(page: str, folder: Path) -> None:
    PREPARED.get(page, lambda folder: None)(folder)
    for block in COMMANDS:
        for command in commands_of(block.text) if block.page == page else ():
            if is_excused(command) or ("validators=all" in command and not all(e.available() for e in ENTRIES)):
                continue
            done = run(for_here(command), ROOT if "tests.robustness" in command else folder, QUICKLY)
            expected = next((code for part, code in CODES.items() if part in command), 0)
            assert done.returncode == expected, f"{block}\n$ {command}\n{done.stdout}"


def test_every_exempted_command_exists() -> None:
    commands = [command for block in COMMANDS for command in commands_of(block.text)]
    assert len(commands) > 30
    assert sum(not is_excused(command) for command in commands) > 25
    assert [one for one in NOT_RUN if not any(re.search(one, command) for command in commands)] == []


def read_by(block: Block) -> str:
    """The test that looks at a block of another language than sh."""
    if block.is_session:
        return "test_examples"
    if block.language in DIRECTIVES:
        return "sphinx"
    return next((name for name, wanted in READ.items() if (block.page, block.language) in wanted), "")


READ = {
    "test_the_library_example_of_the_readme_runs": {("README.md", "python")},
    "test_bench": {("docs/howto/validators.md", "python")},
    "test_new": {("docs/howto/rule.md", "python"), ("docs/howto/report.md", "python")},
    "test_json": {("docs/lot.md", "json"), ("docs/validators.md", "json"), ("docs/reference.md", "json")},
    "test_ini": {("docs/howto/ci.md", "ini")},
    "test_toml": {("docs/waivers.md", "toml"), ("docs/reference.md", "toml")},
    "test_manifest": {("docs/reference.md", "text")},
    "test_yaml": {("docs/pipelines.md", "yaml")},
    "test_where": {("docs/where.md", "text")},
}
"""Pages and languages by what looks at them."""


def test_every_code_block_is_run_or_checked() -> None:
    assert len(blocks()) > 40
    assert [str(block) for block in blocks() if block.language != "sh" and not read_by(block)] == []


def test_no_command_is_in_an_indented_block() -> None:
    hidden = re.compile(
        r"^ {4}(?:\$ )?(?:pytest|fcu-conform|reference-ca|tox|python3?|docs/examples/\S+) ", re.MULTILINE
    )
    pages = sorted({block.page for block in blocks()})
    assert [
        page for page in pages if hidden.search(re.sub(r"(?ms)^ *```.*?^ *```$", "", (ROOT / page).read_text()))
    ] == []


def only(page: str, language: str) -> list[Block]:
    found = [block for block in blocks() if block.page == page and block.language == language]
    assert found
    return found


def test_the_library_example_of_the_readme_runs(folder: Path) -> None:
    (block,) = only("README.md", "python")
    (folder / "ours.py").write_text(block.text, encoding="utf-8")
    done = run("python ours.py", folder)
    assert done.stdout == "conformant []\n"


def test_the_setting_that_a_page_shows_makes_plain_pytest_judge(folder: Path) -> None:
    (block,) = only("docs/howto/ci.md", "ini")
    (folder / "pytest.ini").write_text(block.text, encoding="utf-8")
    done = run("pytest -q", folder)
    assert done.returncode == 0, done.stdout
    assert "FCU conformance: conformant" in done.stdout


def test_the_inputs_that_a_page_shows_are_those_of_the_action_and_the_component() -> None:
    def read(text: str) -> list[Any]:
        return list(YAML(typ="safe", pure=True).load_all(text))

    [[step]], [include] = (read(block.text) for block in only("docs/pipelines.md", "yaml"))
    [action] = read((ROOT / "action.yml").read_text("utf-8"))
    component, _ = read((ROOT / "templates" / "fcu-conform.yml").read_text("utf-8"))
    assert set(step["with"]) <= set(action["inputs"])
    assert set(include["include"][0]["inputs"]) <= set(component["spec"]["inputs"])


def test_the_fields_of_a_lot_row_are_columns_of_tables() -> None:
    (block,) = only("docs/lot.md", "json")
    assert set(json.loads(block.text)) <= set(COLUMNS)


def test_documents_for_validators_are_valid_by_the_schema() -> None:
    from jsonschema import Draft202012Validator

    document = json.loads(
        (ROOT / "fcu_conform" / "validators" / "adapters" / "external.schema.json").read_text("utf-8")
    )
    question, *answers = (json.loads(block.text) for block in only("docs/validators.md", "json"))
    for name, instances in (("request", [question]), ("response", answers)):
        validator: Any = Draft202012Validator({**document, "$ref": f"#/$defs/{name}"})
        assert [error.message for instance in instances for error in validator.iter_errors(instance)] == []


def test_the_page_shows_what_a_report_contains_about_devices(folder: Path) -> None:
    (block,) = only("docs/reference.md", "json")
    done = run("pytest -q --fcu-keystore=keystore --fcu-devices=devices --fcu-report=r.json", folder)
    assert done.returncode == 0, done.stdout
    report = json.loads((folder / "r.json").read_text("utf-8"))
    assert json.loads(f"{{{block.text}}}") == {"devices": report["devices"]}


def test_the_details_of_an_upload_and_the_manifest_are_read(folder: Path) -> None:
    from fcu_conform import check

    (details,) = only("docs/reference.md", "toml")
    (manifest,) = only("docs/reference.md", "text")
    assert set(tomllib.loads(details.text)) == {"name", "description", "service"}
    (folder / "upload.toml").write_text(details.text, encoding="utf-8")
    header = manifest.text.splitlines()[0]
    (folder / "devices" / "devices.csv").write_text(f"{header}\ndevice-0001,device-0001.pem,,\n", encoding="utf-8")
    report = check(
        folder / "keystore",
        devices=folder / "devices",
        portal_upload=folder / "upload.pem",
        at=datetime.now(timezone.utc),
    )
    assert report.errors() == set()

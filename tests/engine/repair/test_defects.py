"""What fix makes of every defect that the reference CA knows, and that it leaves sound keystores as they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from vectors.judging import lay_out, read_case, unlisted

from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.engine import Examination, Outcome
from fcu_conform.engine.repair.keystore_copy import plan_copy
from fcu_conform.engine.repair.plan import Plan
from fcu_conform.interfaces.run.output_folder import write_folder

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
FOLDERS = sorted(path.parent.relative_to(FIXTURES).as_posix() for path in FIXTURES.glob("*/*/case.toml"))
OF_KEYSTORES = ("CFG", "KEY", "CSR", "CRT", "CHN", "UPL")
DEFECTS = [name for name in FOLDERS if name.startswith(OF_KEYSTORES)]
SOUND = [name for name in FOLDERS if name.startswith("sound/")]

REPAIRED = set(Path(__file__).with_name("repaired.txt").read_text("utf-8").split())
"""The defects that are mechanical: their copies do not have them. All others need the CA, the factory or a decision."""


def read(laid_out: Path, case: dict[str, Any]) -> Setup | None:
    """The setup of a case; None where the case has several."""
    run = case["run"]
    if len(run["keystores"]) > 1:
        return None
    uploads = [laid_out / name for name in run.get("uploads", ())]
    (setup,) = read_setups([laid_out / run["keystores"][0]], at=run["at"], portal_uploads=uploads)
    return setup


def codes(setup: Setup, case: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The rules that find something, and those that are blocked."""
    examination = Examination([setup])
    with unlisted(case["test-keys"]):
        results = [examination.judge(rule.code, target) for rule, target in examination.cases()]
    assert not [result.reason for result in results if result.outcome is Outcome.ERROR]
    found = {result.code for result in results if result.findings}
    return found, {result.code for result in results if result.outcome is Outcome.BLOCKED}


def write_copy(setup: Setup, folder: Path) -> tuple[Plan, Setup]:
    """Writes the repaired copy; gives its plan and its setup."""
    plan = plan_copy(setup)
    write_folder(folder, plan.files, plan.folders)
    config = folder / plan.config if plan.config in plan.files else setup.config and setup.config.path
    uploads = [folder / plan.upload] if plan.upload in plan.files else []
    if setup.upload is not None and not uploads:
        uploads = [setup.upload.certificates.file.path]
    (copy,) = read_setups([folder], config=config, at=setup.at, portal_uploads=uploads)
    return plan, copy


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and link below a folder with its mode and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (path.lstat().st_mode, content)
    return found


def test_the_cases_were_found() -> None:
    assert len(DEFECTS) > 200
    assert set(DEFECTS) >= REPAIRED
    assert len(SOUND) > 100


@pytest.mark.parametrize("name", DEFECTS)
def test_a_mechanical_defect_is_repaired_and_no_defect_is_made_worse(name: str, tmp_path: Path) -> None:
    case = read_case(FIXTURES / name)
    laid_out = lay_out(FIXTURES / name, case, tmp_path)
    setup = read(laid_out, case)
    if setup is None:
        return
    original = tree(laid_out)
    before, blocked = codes(setup, case)
    plan, copy = write_copy(setup, tmp_path / "copy")
    after, _ = codes(copy, case)
    assert tree(laid_out) == original
    assert after - before <= blocked
    if name in REPAIRED:
        assert not before & after
    elif not plan.left_out:
        assert before <= after
        assert plan.changes == []


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_keystore_is_copied_byte_for_byte(name: str, tmp_path: Path) -> None:
    case = read_case(FIXTURES / name)
    setup = read(lay_out(FIXTURES / name, case, tmp_path), case)
    if setup is None:
        return
    plan, _ = write_copy(setup, tmp_path / "copy")
    assert (plan.changes, plan.left_out) == ([], [])
    assert tree(tmp_path / "copy") == tree(setup.keystore.path)
    assert (tmp_path / "copy").stat().st_mode == setup.keystore.path.stat().st_mode

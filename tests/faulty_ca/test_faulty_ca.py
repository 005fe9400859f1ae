"""Every faulty line is caught by the rules that it is to be caught by, and by no others; the honest one passes."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest
from inprocess import import_everything

from faulty_ca import device_faults, keystore_faults
from faulty_ca.line import AT, Line, Lines
from fcu_conform import check
from fcu_conform.interfaces.pytest_plugin import suite  # noqa: F401
from fcu_conform.interfaces.reports import json_report  # noqa: F401
from fcu_conform.validators.registry import select

FAULTY = [
    value
    for module in (keystore_faults, device_faults)
    for value in vars(module).values()
    if inspect.isclass(value) and issubclass(value, Line) and value.caught_by and value.__module__ == module.__name__
]
BY_PROCESS = {"LeavesKeyOpen", "UploadsWholeChain", "KeepsOldChainAfterRekeying", "SharesOneKeystore"}
"""These are judged by pytest in a process of its own, with every validator that is installed, as users do it."""

BY_PYTEST = {"SwapsIntermediateAndRoot", "UploadsOneTooFew", "SharesOneName", "SlicesTooShort", "ReusesOneKey"}
"""These by pytest in this process; the others by the same engine without pytest, which is quicker."""


@pytest.fixture(scope="module", autouse=True)
def _imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Runs of pytest inside this process forget what they were the first to import, and compiled modules cannot be
    imported twice: so everything is imported here.
    """
    import_everything()
    lines = Lines(tmp_path_factory.mktemp("lines"))
    lines.work()
    check(lines.keystores, portal_upload=lines.uploads, validators=select("auto"))
    check(lines.keystores[:1], devices=lines.others[0].devices, portal_upload=lines.uploads[:1])


def judged(line: Line) -> tuple[bool, set[str]]:
    """Whether the line is conformant, and the codes of every rule that failed or warned."""
    report = check(line.keystores, devices=line.devices, portal_upload=line.uploads, at=AT)
    named = {r.rule.code for r in report.results if r.outcome.value in ("failed", "warned", "error")}
    return report.verdict.value == "conformant", named


def judged_by_pytest(pytester: pytest.Pytester, line: Line, *, process: bool) -> tuple[bool, set[str]]:
    """The same, as the command that users type has it."""
    runner = pytester.runpytest_subprocess if process else pytester.runpytest_inprocess
    done = runner(
        *(f"--fcu-keystore={path}" for path in line.keystores),
        *(f"--fcu-devices={path}" for path in line.devices),
        *(f"--fcu-portal-upload={path}" for path in line.uploads),
        *([] if process else ["--fcu-validators=cryptography"]),
        f"--fcu-at={AT.isoformat()}",
        "--fcu-report=report.json",
    )
    report = json.loads((pytester.path / "report.json").read_bytes())
    named = {result["code"] for result in report["results"] if result["outcome"] in ("failed", "warned", "error")}
    assert int(done.ret) in (0, 1)
    assert (report["verdict"] == "conformant") is (done.ret == 0)
    return done.ret == 0, named


@pytest.mark.parametrize("kind", [Line, Lines], ids=["one line", "two lines"])
def test_a_correct_line_passes_without_a_warning(pytester: pytest.Pytester, tmp_path: Path, kind: type[Line]) -> None:
    line = kind(tmp_path / "honest")
    line.work()
    assert judged_by_pytest(pytester, line, process=True) == (True, set())


@pytest.mark.parametrize(("length", "depth"), [(1, 1), (2, 1), (2, 2), (3, 3), (4, 3), (5, 5), (7, 2)])
def test_correct_lines_of_every_length_and_depth_pass(tmp_path: Path, length: int, depth: int) -> None:
    line = Line(tmp_path / "honest")
    line.length, line.depth = length, depth
    line.work()
    assert judged(line) == (True, set())


@pytest.mark.parametrize("faulty", FAULTY, ids=lambda faulty: faulty.__name__)
def test_a_faulty_line_fails_exactly_its_rule(pytester: pytest.Pytester, tmp_path: Path, faulty: type[Line]) -> None:
    line, name = faulty(tmp_path / "liar"), faulty.__name__
    line.work()
    by_pytest = name in BY_PROCESS | BY_PYTEST
    passed, named = judged_by_pytest(pytester, line, process=name in BY_PROCESS) if by_pytest else judged(line)
    assert named == set(faulty.caught_by)
    assert passed is faulty.only_warned


def test_a_faulty_line_with_only_a_warning_fails_a_strict_run(tmp_path: Path) -> None:
    line = device_faults.SignsForTenYears(tmp_path / "liar")
    line.work()
    report = check(line.keystores, devices=line.devices, portal_upload=line.uploads, at=AT, strict=True)
    assert report.verdict.value == "non-conformant"


def test_there_are_enough_faulty_lines_and_each_describes_its_fault() -> None:
    assert len(FAULTY) >= 40
    assert len({code for faulty in FAULTY for code in faulty.caught_by}) >= 35
    assert all((faulty.__doc__ or "").strip() for faulty in FAULTY)
    assert {faulty.__name__ for faulty in FAULTY} >= BY_PROCESS | BY_PYTEST

"""``fcu-conform certify``: one command writes the folder to submit, and reports plainly if the run failed."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import combinations
from pathlib import Path

import pytest
from artefacts.makers import Line
from inprocess import reference_ca
from jsonschema import Draft202012Validator

from fcu_conform import check
from fcu_conform.interfaces.reports.json_report import schema
from fcu_conform.interfaces.run.options import WRITERS
from fcu_conform.validators.model import Answer, Question
from interfaces.certification.doing import AT, run


def certify(line: Line, out: Path, *more: object) -> int:
    arguments = ["certify", "--keystore", line.keystore, "--at", AT, "--validators", "none", "--out", out]
    arguments += [] if "--sample-seed" in more else ["--sample-seed", 1]
    return run(*arguments, *more).code


def test_the_folder_has_every_report_the_statement_and_checksums(certified: Path) -> None:
    names = {path.name for path in certified.iterdir()}
    reports = {f"report{ending}" for ending in WRITERS if ending != ".intoto.json"}
    assert names == reports | {"statement.intoto.json", "SHA256SUMS", "VERDICT.txt", "environment.json"}
    report = json.loads((certified / "report.json").read_bytes())
    Draft202012Validator(schema()).validate(report)
    assert report["verdict"] == "conformant"
    assert (certified / "VERDICT.txt").read_text().startswith("CONFORMANT\n")


def test_checksums_can_be_verified_with_sha256sum(certified: Path) -> None:
    if shutil.which("sha256sum") is None:
        pytest.skip("there is no sha256sum")
    done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=certified, capture_output=True)
    assert done.returncode == 0
    assert done.stdout.count(b": OK") == len(list(certified.iterdir())) - 1


def test_the_environment_names_the_versions_that_judged(certified: Path) -> None:
    environment = json.loads((certified / "environment.json").read_bytes())
    assert environment["suite"]["name"] == "fcu-conform"
    assert {"cryptography", "pytest"} <= set(environment["packages"])
    assert "ruff" not in environment["packages"]
    assert {v["name"]: v["status"] for v in environment["validators"]}["cryptography"] == "used"


def test_a_failing_run_writes_a_folder_with_its_verdict(tmp_path: Path) -> None:
    line = Line(tmp_path / "line")
    line.write_chain(line.chain[0], line.chain[2], line.chain[1])
    out = tmp_path / "out"
    said = run("certify", "--keystore", line.keystore, "--at", AT, "--validators", "none", "--out", out)
    assert said.code == 1
    assert "FAILED fcu::CHN003[keystore]  fcu.crt, certificate 2: " in said.out
    assert "FCU conformance: non-conformant" in said.out
    verdict = (out / "VERDICT.txt").read_text()
    assert verdict.startswith("NON-CONFORMANT\n")
    assert "  CHN003 file-is-in-order (keystore)\n" in verdict
    statement = json.loads((out / "statement.intoto.json").read_bytes())
    assert statement["predicate"]["result"] == "FAILED"
    assert run("verify-statement", out).code == 0
    assert run("verify-statement", out, "--require", "warned").code == 1


def test_exit_codes_are_those_of_the_same_run_under_pytest(tmp_path: Path) -> None:
    line = Line(tmp_path / "line")
    line.keystore.chmod(0o755)
    assert certify(line, tmp_path / "1") == 0
    assert certify(line, tmp_path / "2", "--strict") == 1
    waivers = tmp_path / "waivers.toml"
    waivers.write_text('[[waiver]]\ncode="KEY007"\nscope="*"\nreason="r\\u001b"\nowner="o"\nexpires=2026-06-02\n')
    assert certify(line, tmp_path / "3", "--strict", "--waivers", waivers) == 0
    verdict = (tmp_path / "3" / "VERDICT.txt").read_text()
    assert "Waived:\n  KEY007 " in verdict
    assert "\x1b" not in verdict


def test_an_existing_folder_is_never_overwritten(tmp_path: Path) -> None:
    line = Line(tmp_path / "line")
    (tmp_path / "empty").mkdir()
    assert certify(line, tmp_path / "empty") == 0
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name, complaint in [
        ("empty", "is not empty"),
        ("file", "is not a folder"),
        ("link", "is not a folder"),
        ("none/below", f"there is no folder {tmp_path / 'none'}"),
        ("line/keystore/out", "is in the keystore, which fcu-conform never writes to"),
    ]:
        out = tmp_path / name
        said = run("certify", "--keystore", line.keystore, "--out", out, "--validators", "none")
        assert (said.code, said.err) == (4, f"fcu-conform: --out {out}: {complaint}\n")
    assert (tmp_path / "file").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "line", "link"]


def test_a_folder_is_written_completely_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(tmp_path / "line")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert certify(line, tmp_path / "out") == 4
    assert [path.name for path in tmp_path.iterdir()] == ["line"]


def test_the_same_run_gives_the_same_folder_except_its_time(tmp_path: Path) -> None:
    line = Line(tmp_path / "line")
    for name in ("one", "two"):
        assert certify(line, tmp_path / name) == 0
    clocks = {name: json.loads((tmp_path / name / "report.json").read_bytes())["checked_at"] for name in ("one", "two")}
    for path in (tmp_path / "one").iterdir():
        if path.name != "SHA256SUMS":
            one, other = (
                [row for row in text.replace(clock, "").splitlines() if "hecked" not in row]
                for text, clock in (((tmp_path / name / path.name).read_text(), clocks[name]) for name in clocks)
            )
            differing = [row for row, twin in zip(one, other, strict=True) if row != twin]
            assert [row for row in differing if not row.strip().startswith('"report.')] == []


def seeds(folder: Path) -> tuple[int, int]:
    """The seed in the report and the one in the statement."""
    report = json.loads((folder / "report.json").read_bytes())
    statement = json.loads((folder / "statement.intoto.json").read_bytes())
    return report["options"]["sample_seed"], statement["predicate"]["configuration"][0]["annotations"]["sampleSeed"]


def test_each_run_draws_a_seed_of_its_own_and_records_it(tmp_path: Path) -> None:
    line = Line(tmp_path / "line")
    for name in ("one", "two"):
        said = run("certify", "--keystore", line.keystore, "--at", AT, "--validators", "none", "--out", tmp_path / name)
        assert said.code == 0
    drawn = [seeds(tmp_path / name) for name in ("one", "two")]
    assert all(report == statement for report, statement in drawn)
    assert drawn[0] != drawn[1]
    assert f"--sample-seed {drawn[0][0]}\n" in (tmp_path / "one" / "VERDICT.txt").read_text()


class Noting:
    """A validator that accepts everything and notes whom it was asked about."""

    name, stands_for, acceptance_counts = "noting", "nobody", True

    def __init__(self) -> None:
        self.leaves: set[bytes] = set()

    def version(self) -> str:
        return "1"

    def ask(self, question: Question) -> Answer:
        self.leaves.add(question.leaf)
        return Answer(True)


def test_a_seed_repeats_the_draw_and_another_one_draws_others(line: Path, tmp_path: Path) -> None:
    reference_ca("devices", "--keystore", line / "keystore", "--count", "60", "-o", tmp_path / "out")
    told = []
    for seed in (5, 6, 5, None, None):
        validator = Noting()
        report = check(
            line / "keystore",
            devices=tmp_path / "out",
            portal_upload=line / "upload.pem",
            validators=[validator],
            sample_seed=seed,
        )
        assert report.verdict.value == "conformant"
        told.append(validator.leaves)
    assert [len(leaves) for leaves in told] == [21] * 5
    assert told[0] == told[2]
    assert told[3] == told[4]
    assert all(len(one - other) > 5 for one, other in combinations((told[0], told[1], told[3]), 2))


def test_wrong_usage_is_reported_in_one_line(tmp_path: Path) -> None:
    line = Line(tmp_path / "line")
    out = tmp_path / "out"
    for more, complaint in [
        (["--at", "noon"], "--at: 'noon' is not a date"),
        (["--mode", "x"], "--mode: 'x' is neither"),
        (["--sample-seed", "x"], "--sample-seed: 'x' is not an integer"),
        (["--chain-depth", "0"], "--chain-depth: '0' is not a valid depth"),
        (["--sign-passphrase-env", "X"], "--sign-passphrase-env: needs --sign-key"),
        (["--sign-key", line.keystore / "fcu_private_key.pem"], "--sign-key "),
        (["--waivers", tmp_path / "none"], "waivers "),
        (["--devices", tmp_path / "none"], "devices "),
    ]:
        said = run("certify", "--keystore", line.keystore, "--out", out, *more)
        assert said.code == 4
        assert said.err.startswith(f"fcu-conform: {complaint}")
        assert said.err.count("\n") == 1
        assert not out.exists()

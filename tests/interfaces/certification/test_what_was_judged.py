"""A statement covers the bytes that were judged: a file that was replaced or swapped meanwhile is refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from inprocess import reference_ca

from fcu_conform.engine import Examination
from fcu_conform.interfaces.certification import laid_out
from fcu_conform.interfaces.reports import json_report
from fcu_conform.interfaces.reports.intoto_report import statement as statement_of
from interfaces.certification.doing import AT, Keys, Said, run

NONE = ("--validators", "none")


@pytest.fixture
def copied(line: Path, tmp_path: Path) -> Path:
    """A copy of the sound line, to be changed."""
    return Path(shutil.copytree(line, tmp_path / "line"))


def certify(line: Path, out: Path, *more: object) -> Said:
    given = ["--keystore", line / "keystore", "--devices", line / "out", "--portal-upload", line / "upload.pem"]
    return run("certify", *given, "--at", AT, *NONE, "--out", out, *more)


@pytest.fixture
def once_judged(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Actions that are taken once, right after the devices were judged."""
    actions: list[Any] = []
    judge = Examination.device_results

    def device_pass(self: Examination, subject: str) -> Any:
        done = judge(self, subject)
        while actions:
            actions.pop()()
        return done

    monkeypatch.setattr(Examination, "device_results", device_pass)
    return actions


FILES = (
    "keystore/fcu.crt",
    "keystore/fcu_csr.pem",
    "keystore/fcu_private_key.pem",
    "config/fcu.yml",
    "upload.pem",
    "out/device-0002.pem",
    "out/devices.csv",
)


@pytest.mark.parametrize("name", FILES)
def test_input_that_was_replaced_during_the_run_is_not_certified(
    name: str, copied: Path, tmp_path: Path, once_judged: list[Any]
) -> None:
    path = copied / name
    once_judged.append(lambda: path.write_bytes(path.read_bytes() + b"\n"))
    said = certify(copied, tmp_path / "handed-in")
    assert (said.code, said.out) == (4, "")
    assert said.err == f"fcu-conform: {path}: changed while it was judged\n"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["line"]


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "two-workers"])
def test_pytest_writes_no_statement_about_replaced_input(copied: Path, tmp_path: Path, workers: list[str]) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pathlib, pytest\n"
        "@pytest.hookimpl(trylast=True)\n"
        "def pytest_runtest_logreport(report):\n"
        "    if report.nodeid.startswith('fcu::UPL') and report.when == 'call':\n"
        f"        pathlib.Path({str(copied / 'out' / 'device-0002.pem')!r}).write_bytes(b'another')\n"
    )
    given = [f"--fcu-keystore={copied / 'keystore'}", f"--fcu-devices={copied / 'out'}", f"--fcu-at={AT}"]
    given += [f"--fcu-portal-upload={copied / 'upload.pem'}", "--fcu-validators=none", "--fcu-report=x.intoto.json"]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        "/dev/null",
        "--rootdir=.",
        "-p",
        "conftest",
        *workers,
        *given,
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."})
    assert done.returncode == 3, done.stdout
    told = f"report x.intoto.json could not be written: {copied / 'out' / 'device-0002.pem'}: changed while it was"
    assert told in " ".join(done.stdout.split())
    assert not (tmp_path / "x.intoto.json").exists()


def test_pytest_writes_the_same_statement_with_and_without_workers(copied: Path, tmp_path: Path) -> None:
    given = [f"--fcu-keystore={copied / 'keystore'}", f"--fcu-devices={copied / 'out'}", f"--fcu-at={AT}"]
    told = []
    for name, more in (("one", []), ("two", ["-n2"])):
        report = f"--fcu-report={name}.intoto.json"
        command = [sys.executable, "-m", "pytest", "-q", *more, *given, "--fcu-validators=none", report]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        told.append(json.loads((tmp_path / f"{name}.intoto.json").read_bytes())["subject"])
    assert told[0] == told[1]
    assert [subject["name"] for subject in told[0]][-1] == "keystore/devices/out"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_lot_writes_no_statement_about_replaced_input(
    workers: int, copied: Path, tmp_path: Path, once_judged
) -> None:
    path = copied / "out" / "device-0002.pem"
    given = ["--keystore", copied / "keystore", "--at", AT, *NONE, "--workers", workers, copied / "out"]
    good = run("lot", *given, "--report", tmp_path / "good.intoto.json")
    assert good.code == 0
    assert run("verify-statement", tmp_path / "good.intoto.json", "--artefacts", copied).code == 0
    once_judged.append(lambda: path.write_bytes(b"another"))
    assert run("lot", *given, "--report", tmp_path / "bad.intoto.json").code == 3
    assert not (tmp_path / "bad.intoto.json").exists()


@pytest.mark.parametrize("place", ["keystore/x", "out/x", "out", "keystore"])
def test_a_certification_folder_within_the_judged_folders_is_refused(place: str, copied: Path) -> None:
    if place == "out":
        shutil.rmtree(copied / "out")
        (copied / "out").mkdir()
    said = certify(copied, copied / place)
    assert said.code == 4
    assert said.err.count("\n") == 1
    assert not (copied / place / "SHA256SUMS").exists()


def test_a_report_within_device_output_or_over_judged_files_is_refused(copied: Path, tmp_path: Path) -> None:
    (copied / "upload.json").write_text("{}")
    for report, why in [
        (copied / "out" / "report.json", "is in the device output, which fcu-conform never writes to"),
        (copied / "upload.json", "is one of the judged files, which fcu-conform never writes to"),
    ]:
        given = ["--keystore", copied / "keystore", "--portal-upload", copied / "upload.pem", copied / "out"]
        said = run("lot", *given, "--report", report)
        assert (said.code, said.err) == (4, f"fcu-conform: --report: {report}: {why}\n")
    assert (copied / "upload.json").read_text() == "{}"


@pytest.fixture(scope="module")
def two_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two lines, certified together; only ever read."""
    folder = tmp_path_factory.mktemp("two")
    keystores: list[object] = []
    for number in (1, 2):
        reference_ca("keystore", folder / f"line-{number}", "--name", f"FCU line {number}")
        reference_ca("upload", "--keystore", folder / f"line-{number}/keystore", "-o", folder / f"line-{number}/up.pem")
        config = folder / f"line-{number}" / "config" / "fcu.yml"
        config.write_text(f"# of line {number}\n{config.read_text()}")
        keystores += [
            "--keystore",
            folder / f"line-{number}/keystore",
            "--portal-upload",
            folder / f"line-{number}/up.pem",
        ]
    assert run("certify", *keystores, *NONE, "--out", folder / "handed-in").code == 0
    return folder


@pytest.fixture
def two(two_lines: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(two_lines, tmp_path / "two"))


def swap(one: Path, other: Path) -> None:
    between = one.with_name("between")
    one.rename(between)
    other.rename(one)
    between.rename(other)


def verify(folder: Path, artefacts: Path, *more: object) -> Said:
    return run("verify-statement", folder / "handed-in", "--artefacts", artefacts, *more)


@pytest.mark.parametrize("name", ["keystore", "keystore/fcu.crt", "config/fcu.yml", "up.pem"])
def test_each_artefact_is_compared_with_its_own_subject(name: str, two: Path) -> None:
    assert verify(two, two).code == 0
    swap(two / "line-1" / name, two / "line-2" / name)
    said = verify(two, two)
    assert said.code == 1
    first = two / "line-1" / ("keystore/fcu.crt" if name == "keystore" else name)
    assert f"FAILED      {first}: differs from what was judged\n" in said.out


def test_swapped_lines_are_detected_in_any_folder(two: Path, tmp_path: Path) -> None:
    swap(two / "line-1", two / "line-2")
    moved = two.rename(tmp_path / "line-2")
    assert verify(moved, moved).code == 1
    swap(moved / "line-1", moved / "line-2")
    assert verify(moved, moved).code == 0
    assert (
        run(
            "verify-statement", moved / "handed-in", "--artefacts", moved / "line-1", "--artefacts", moved / "line-2"
        ).code
        == 0
    )


def test_an_artefact_that_matches_two_subjects_is_refused(two: Path) -> None:
    (two / "line-1").rename(two / "a")
    (two / "line-2").rename(two / "b")
    said = verify(two, two)
    assert said.code == 1
    told = f"line-1/fcu.crt: was judged, but {two} does not have it unchanged at line-1/keystore/fcu.crt\n"
    assert f"FAILED      {told}" in said.out


def test_links_out_of_the_artefacts_are_refused_and_loops_are_reported_in_one_line(
    folder: Path, copied: Path, keys: Keys
) -> None:
    for name, target, why in [
        ("out", "/", f"is a link out of {copied}, and is not followed"),
        ("out", str(copied.parent), f"is a link out of {copied}, and is not followed"),
        ("upload.pem", "/dev/zero", f"is a link out of {copied}, and is not followed"),
        ("out", "out", "is a link that cannot be followed (too many levels of symbolic links)"),
        ("upload.pem", "nowhere", "is a link that cannot be followed (no such file or directory)"),
    ]:
        kept = (copied / name).rename(copied / "kept")
        (copied / name).symlink_to(target)
        said = run("verify-statement", folder, "--artefacts", copied)
        assert said.code == 1
        assert f"FAILED      {copied / name}: {why}\n" in said.out
        assert "Traceback" not in said.out + said.err
        (copied / name).unlink()
        kept.rename(copied / name)
    (copied / "out").rename(copied / "kept")
    (copied / "out").symlink_to("kept")
    assert run("verify-statement", folder, "--artefacts", copied).code == 0


def test_a_link_loop_as_argument_is_a_usage_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for given in (
        [tmp_path / "loop"],
        [folder, "--artefacts", tmp_path / "loop"],
        [folder, "--key", tmp_path / "loop"],
    ):
        said = run("verify-statement", *given)
        assert (said.code, said.err.count("\n")) == (4, 1)


def test_a_chain_with_the_name_of_a_key_is_covered_if_the_manifest_lists_it(copied: Path, tmp_path: Path) -> None:
    out = copied / "out"
    chain = (out / "device-0003.pem").rename(out / "chain-3.key.pem")
    (out / "devices.csv").write_text("endpoint_name,file\ndevice-0003,chain-3.key.pem\n")
    assert certify(copied, tmp_path / "handed-in").code == 0
    assert verify(tmp_path, copied).code == 0
    chain.write_bytes(chain.read_bytes() + b"\n")
    said = verify(tmp_path, copied)
    assert said.code == 1
    assert f"FAILED      {out}: differs from what was judged\n" in said.out


def test_files_named_by_a_given_manifest_are_covered(copied: Path, tmp_path: Path) -> None:
    given = ["--keystore", copied / "keystore", "--devices", copied / "out" / "devices.csv", "--at", AT, *NONE]
    assert run("certify", *given, "--out", tmp_path / "handed-in").code == 0
    assert verify(tmp_path, copied).code == 0
    device = copied / "out" / "device-0001.pem"
    device.write_bytes(device.read_bytes() + b"\n")
    assert verify(tmp_path, copied).code == 1


def test_two_folders_of_one_name_are_distinguished(copied: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        reference_ca(
            "devices", "--keystore", copied / "keystore", "--count", 1, "--prefix", name, "-o", copied / name / "o"
        )
    given = ["--keystore", copied / "keystore", "--devices", copied / "first/o", "--devices", copied / "second/o"]
    assert run("certify", *given, *NONE, "--out", tmp_path / "handed-in").code == 0
    assert verify(tmp_path, copied).code == 0
    shutil.rmtree(copied / "second")
    assert verify(tmp_path, copied).code == 1


def test_the_last_line_shows_the_verdict_and_the_exit_code_follows_it_on_request(copied: Path, tmp_path: Path) -> None:
    assert certify(copied, tmp_path / "good").code == 0
    good, bad = tmp_path / "good", tmp_path / "bad"
    assert run("verify-statement", good, "--require-conformant").code == 0
    (copied / "keystore" / "fcu_private_key.pem").chmod(0o644)
    assert certify(copied, bad).code == 1
    said = run("verify-statement", bad)
    assert (said.code, said.out.splitlines()[-1]) == (0, f"{bad}: intact; the run was NON-CONFORMANT")
    said = run("verify-statement", bad, "--require-conformant")
    assert said.code == 1
    assert said.out.splitlines()[-2:] == [
        "FAILED      the run was NON-CONFORMANT, and CONFORMANT is required",
        f"{bad}: intact; the run was NON-CONFORMANT",
    ]
    (good / "report.json").write_bytes(b"{}")
    said = run("verify-statement", good, "--require-conformant")
    assert (said.code, said.out.splitlines()[-1]) == (1, f"{good}: NOT VERIFIED")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"conformant"', '"non-conformant"'),
        ('"conformant"', '"fine"'),
        ('"PASSED"', '"FAILED"'),
        ('"path": "', '"path": "/'),
    ],
)
def test_a_statement_that_contradicts_itself_is_refused(old: str, new: str, copied: Path, tmp_path: Path) -> None:
    certify(copied, tmp_path / "handed-in")
    path = tmp_path / "handed-in" / "statement.intoto.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    said = run("verify-statement", path, "--artefacts", copied)
    assert said.code == 1
    assert "Traceback" not in said.out + said.err


def test_locations_are_relative_to_the_common_folder() -> None:
    def subject(kind: str, path: str, **more: Any) -> dict[str, Any]:
        common = {"kind": kind, "name": "keystore", "path": path, "config": None, "certificates": [], "files": []}
        return {**common, **more}

    file = {"name": "fcu.crt", "sha256": "0"}
    content: dict[str, Any] = {
        "verdict": "conformant",
        "results": [],
        "options": {"strict": False, "handshake": False, "sample_seed": 1, "within": None, "waivers": None},
        "suite": {"rules_digest": "0", "version": "1"},
        "judged_at": "",
        "checked_at": "",
        "validators": [],
        "devices": {"checked": 0, "conformant": 0, "not_decided": 0, "asked": 0},
        "not_done": [],
        "subjects": [
            subject(
                "keystore", "/a/line/keystore", config="/a/fcu.yml", files=[file, {"name": "fcu.yml", "sha256": "0"}]
            ),
            subject(
                "upload", "/a/up/up.pem", files=[{"name": "up.pem", "sha256": "0"}, {"name": "up.toml", "sha256": "0"}]
            ),
            subject("devices", "/a/line/out", digest={"dirHash": "0"}),
        ],
    }
    places = [one["annotations"]["path"] for one in statement_of(content)["subject"]]
    assert places == ["line/keystore/fcu.crt", "fcu.yml", "up/up.pem", "up/up.toml", "line/out"]


@pytest.mark.parametrize(
    "subject",
    [
        {"name": "", "digest": {"sha256": "0"}},
        {"name": "x/", "digest": {}},
        {"name": "x", "digest": {"sha256": "0"}, "annotations": {"path": "a/../../x"}},
        {"name": "x", "digest": {"sha256": "0"}, "annotations": {"path": ""}},
        {"name": "x", "digest": {"sha256": "0"}, "annotations": {"path": 7}},
        {"name": "x", "digest": {"sha256": "0"}, "annotations": None},
        {"name": "x", "digest": {"sha256": "0"}, "annotations": []},
        {"name": "x\x00\n", "digest": {"dirHash": "0"}, "annotations": {"path": "x\x00\n"}},
    ],
)
def test_a_malformed_subject_is_not_found_and_raises_nothing(subject: Any, line: Path, tmp_path: Path) -> None:
    path = tmp_path / "statement.intoto.json"
    statement = json.loads((Path(__file__).parent / "from_1_0" / "two" / "statement.intoto.json").read_bytes())
    path.write_bytes(json_report.render({**statement, "subject": [subject]}))
    said = run("verify-statement", path, "--artefacts", line)
    assert said.code == 1
    assert "Traceback" not in said.out + said.err


def test_files_and_subjects_of_one_name_are_compared_up_to_a_limit(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laid_out, "MOST_COMPARISONS", 12)  # fcu.crt, fcu.yml and up.pem of two lines, each with two
    assert verify(two, two).code == 0
    monkeypatch.setattr(laid_out, "MOST_COMPARISONS", 11)
    said = verify(two, two)
    assert (said.code, said.err.count("\n")) == (4, 1)

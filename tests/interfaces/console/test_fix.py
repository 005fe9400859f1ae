"""The command fix: where it writes, what it prints, and that it judges the copy and leaves the keystore alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fcu_conform.interfaces.console import app, fix
from fcu_conform.interfaces.run import output_folder

AT = "2026-06-01T00:00:00Z"
BLOCK = re.compile(rb"-----BEGIN [^-]+-----\n[^-]*-----END [^-]+-----\n")


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, list[str]]]:
    """What was to be judged; nothing is, and the exit code is 1."""
    runs: list[tuple[object, list[str]]] = []

    def judge(judged_run: object, shown: list[str]) -> int:
        runs.append((judged_run, shown))
        return 1

    monkeypatch.setattr(fix, "judge_under_pytest", judge)
    return runs


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes()) for path in files}


def printed(*words: str) -> str:
    """What a command prints, which must succeed."""
    command = [sys.executable, "-I", "-m", "fcu_conform", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def arguments(keystore: Path, out: Path, *more: str) -> list[str]:
    return ["fix", "--keystore", str(keystore), "--out", str(out), "--at", AT, "--validators", "none", *more]


def test_the_copy_is_repaired_and_the_keystore_stays_as_it_was(disordered: Path, judged, capsys) -> None:
    key = disordered / "fcu_private_key.pem"
    key.chmod(0o644)
    before, out = contents(disordered.parent), disordered.parent.parent / "repaired"
    assert app.main(arguments(disordered, out, "-v")) == 1
    assert contents(disordered.parent) == before
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        f"copy: {out}",
        "changed: fcu_private_key.pem: mode 0600 instead of 0644",
        "changed: fcu.crt: certificates 1, 2, 3 put in order: 1, 3, 2",
    ]
    assert all(line.startswith("not repaired: CHN014 (your CA): ") for line in lines[3:])
    first, third, second = BLOCK.findall((disordered / "fcu.crt").read_bytes())
    assert (out / "fcu.crt").read_bytes() == first + second + third
    assert (out / "fcu_private_key.pem").read_bytes() == key.read_bytes()
    assert (out / "fcu_private_key.pem").stat().st_mode & 0o777 == 0o600
    ((judged_run, shown),) = judged
    assert (judged_run.settings.keystores, shown) == ((str(out),), ["-v"])
    assert judged_run.settings.config == str(disordered.parent / "config" / "fcu.yml")


def test_the_output_ends_with_that_of_check_on_the_copy(disordered: Path) -> None:
    out = disordered.parent / "repaired"
    told, expected = (
        re.sub(r"=+ (.*) in \d+\.\d+s =+", r"\1", printed(*words))
        for words in (arguments(disordered, out), ["check", str(out), "--at", AT, "--validators", "none"])
    )
    assert "FCU conformance: conformant" in expected
    assert told.endswith(expected)
    assert told[: -len(expected)].startswith(f"copy: {out}\nchanged: fcu.crt: certificates 1, 2, 3 put in order")


def test_a_sound_keystore_gives_an_identical_copy(keystore: Path, judged, capsys, tmp_path: Path) -> None:
    app.main(arguments(keystore, tmp_path / "copy"))
    assert contents(tmp_path / "copy") == contents(keystore)
    assert "nothing to change" in capsys.readouterr().out.splitlines()


def test_a_fault_of_the_ca_is_named_with_its_rule(keystore: Path, judged, capsys, tmp_path: Path) -> None:
    crt = keystore / "fcu.crt"
    crt.write_bytes(b"".join(BLOCK.findall(crt.read_bytes())[:-1]))
    app.main(arguments(keystore, tmp_path / "copy"))
    assert re.search(r"^not repaired: CHN005 \(your CA\): ", capsys.readouterr().out, re.M)
    assert contents(tmp_path / "copy") == contents(keystore)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("keystore", "holds what is judged"),
        ("keystore/new", "is in the keystore"),
        (".", "holds what is judged"),
        ("there", "is not empty"),
        ("file", "is not a folder"),
        ("link", "is not a folder"),
        ("none/new", "there is no folder"),
        ("nul\0", "cannot be written"),
    ],
)
def test_nothing_is_written_where_it_must_not_be(place: str, words: str, keystore: Path, judged, capsys) -> None:
    folder = keystore.parent
    (folder / "there").mkdir()
    (folder / "there" / "mine.txt").touch()
    (folder / "file").touch()
    (folder / "link").symlink_to(keystore)
    before = contents(folder)
    assert app.main(arguments(keystore, folder / place)) == 4
    assert words in capsys.readouterr().err
    assert contents(folder) == before
    assert judged == []


def test_force_writes_over_files_of_the_same_names_and_leaves_others(keystore: Path, judged, tmp_path: Path) -> None:
    (tmp_path / "fcu.crt").write_text("old")
    (tmp_path / "fcu_csr.pem").write_text("old")
    (tmp_path / "mine.txt").write_text("mine")
    (keystore / "fcu_csr.pem").unlink()
    assert app.main(arguments(keystore, tmp_path)) == 4
    assert app.main(arguments(keystore, tmp_path, "--force")) == 1
    assert contents(tmp_path) == {**contents(keystore), "mine.txt": contents(tmp_path)["mine.txt"]}
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("force", [False, True])
def test_a_failure_in_the_middle_leaves_keystore_and_folder_as_they_were(
    force: bool, disordered: Path, judged, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = disordered.parent
    (folder / "new").mkdir()
    if force:
        (folder / "new" / "fcu.crt").write_text("old")
    before, write, written = contents(folder), output_folder._write, []

    def fail(path: Path, file: object) -> None:
        if written:
            raise OSError(28, os.strerror(28))
        written.append(path)
        write(path, file)

    monkeypatch.setattr(output_folder, "_write", fail)
    assert app.main(arguments(disordered, folder / "new", *(["--force"] if force else []))) == 4
    assert "cannot be written (No space left on device)" in capsys.readouterr().err
    assert contents(folder) == before
    assert sorted(path.name for path in folder.iterdir()) == ["config", "keystore", "new"]


def test_reports_are_not_written_into_the_keystore(keystore: Path, judged, capsys, tmp_path: Path) -> None:
    report = keystore / "report.json"
    assert app.main(arguments(keystore, tmp_path / "copy", "--report", str(report))) == 4
    assert not report.exists()
    assert not (tmp_path / "copy").exists()


def test_a_repaired_fcu_yml_and_upload_lie_in_the_copy_and_are_judged(keystore: Path, judged, tmp_path: Path) -> None:
    config = keystore.parent / "config" / "fcu.yml"
    text = config.read_text().replace("device-certificate-chain-depth", "device_certificate_chain_depth")
    config.write_text(text)
    upload = keystore.parent / "upload.pem"
    upload.write_bytes((keystore / "fcu.crt").read_bytes())
    (keystore.parent / "upload.json").write_text('{"name": "line 1", "service": "bootstrap"}')
    app.main(arguments(keystore, tmp_path / "copy", "--portal-upload", str(upload)))
    copy = tmp_path / "copy"
    assert (copy / "fcu.yml").read_text() == text.replace("device_certificate", "device-certificate").replace(
        "certificate_chain_depth", "certificate-chain-depth"
    )
    assert (copy / "upload.pem").read_bytes() == b"".join(BLOCK.findall(upload.read_bytes())[1:])
    assert (copy / "upload.json").read_text() == '{"name": "line 1", "service": "bootstrap"}'
    ((judged_run, _),) = judged
    settings = judged_run.settings
    assert (settings.config, settings.portal_uploads) == (str(copy / "fcu.yml"), (str(copy / "upload.pem"),))

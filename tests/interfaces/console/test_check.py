"""The command check: what it finds by usual names, how it restarts itself, and what it passes to pytest."""

from __future__ import annotations

import json
import os
import re
import shutil
import site
import sys
from pathlib import Path

import pytest

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.console import app, check, isolated, isolation, main, search_path
from fcu_conform.interfaces.console.usual_names import find

AT = "2026-06-01T00:00:00Z"


@pytest.fixture
def handed_in(keystore: Path) -> Path:
    """A folder with keystore, configuration, device output and upload."""
    folder = keystore.parent
    (folder / "out").mkdir()
    (folder / "upload.pem").touch()
    return folder


# Usual names


def test_everything_is_found_by_its_usual_name_and_listed(handed_in: Path) -> None:
    (handed_in / "letter.txt").touch()
    found = find(str(handed_in))
    assert (found.keystore, found.config) == (handed_in / "keystore", handed_in / "config" / "fcu.yml")
    assert (found.devices, found.upload) == (handed_in / "out", handed_in / "upload.pem")
    assert list(found.lines()) == [
        f"{handed_in}",
        f"  keystore  {handed_in / 'keystore'}",
        f"  fcu.yml   {handed_in / 'config' / 'fcu.yml'}",
        f"  devices   {handed_in / 'out'}",
        f"  upload    {handed_in / 'upload.pem'}",
        "  not used  letter.txt",
    ]


def test_missing_parts_are_listed_as_well(keystore: Path) -> None:
    lines = list(find(str(keystore.parent)).lines())
    assert lines[3:] == [
        "  devices   none (looked for devices, lot, out, output)",
        "  upload    none (looked for upload.pem, portal-upload.pem, uploaded.pem)",
    ]


def test_only_a_few_of_many_unused_files_are_listed(keystore: Path) -> None:
    for number in range(20):
        (keystore.parent / f"{number}.txt").touch()
    (*told, last) = find(str(keystore.parent)).passed_over
    assert (len(told), last) == (8, "…")


@pytest.mark.parametrize("name", ["devices.tar.gz", "out.jsonl", "lot.parquet", "output"])
def test_device_output_may_be_an_archive_or_a_table(name: str, keystore: Path) -> None:
    (keystore.parent / name).touch()
    assert find(str(keystore.parent)).devices == keystore.parent / name


@pytest.mark.parametrize("name", ["fcu.crt", "fcu_private_key.pem", "fcu_csr.pem"])
def test_a_folder_with_one_file_of_a_keystore_is_a_keystore(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert find(str(tmp_path)).keystore == tmp_path


def test_for_a_lone_keystore_only_its_configuration_is_found(handed_in: Path) -> None:
    found = find(str(handed_in / "keystore"))
    assert (found.keystore, found.devices, found.upload) == (handed_in / "keystore", None, None)
    assert found.config == handed_in / "config" / "fcu.yml"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: shutil.rmtree(folder / "keystore"), "has no keystore"),
        (lambda folder: (folder / "devices").mkdir(), "has devices and out: choose one with --devices"),
        (
            lambda folder: (folder / "uploaded.pem").touch(),
            "has upload.pem and uploaded.pem: choose one with",
        ),
        (lambda folder: (folder / "lot.zip").symlink_to("/x"), "has lot.zip and out"),
        (
            lambda folder: (folder / "keystore").rename(folder / "k") and (folder / "keystore").symlink_to("k"),
            "keystore: is a link; pass its target with --keystore",
        ),
        (
            lambda folder: (folder / "upload.pem").unlink() or (folder / "upload.pem").symlink_to("/etc/passwd"),
            "upload.pem: is a link",
        ),
    ],
)
def test_ambiguous_input_and_links_out_of_the_folder_are_usage_errors(spoil, message: str, handed_in: Path) -> None:
    spoil(handed_in)
    with pytest.raises(UsageError, match=re.escape(message)):
        find(str(handed_in))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "check: needs a PATH: a keystore, or the folder above it"),
        (["nowhere"], "path nowhere: no such file or folder"),
        (["a-file"], "path a-file: is not a folder; pass the keystore, or the folder above it"),
        (["lines"], "path lines: has no keystore (neither keystore/ nor fcu.crt, fcu_private_key.pem, fcu_csr.pem)"),
        (["line/keystore", "--report=r.doc"], "--report: r.doc: unknown report format *"),
        (["line/keystore", "--report=line/keystore/r.json"], "--report: *is in the keystore*"),
        (["line/keystore", "--junitxml=line/keystore/r.xml"], "--junitxml: *is in the keystore*"),
        (["line/keystore", "--chain-depth=none"], "--chain-depth: *"),
        (["line/keystore", "--waivers=nowhere.toml"], "waivers nowhere.toml: no such file*"),
        (["line/keystore", "--fcu-strict"], "No such option*"),
    ],
)
def test_contradictory_options_are_refused_in_one_line(
    arguments: list[str], message: str, keystore: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    shutil.copytree(keystore.parent, tmp_path / "line")
    (tmp_path / "lines" / "line-1").mkdir(parents=True)
    (tmp_path / "a-file").touch()
    monkeypatch.chdir(tmp_path)
    assert app.main(["check", *arguments]) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch("fcu-conform: " + re.escape(message).replace(r"\*", ".*") + "\n", shown.err)


# What is asked for


def test_keystores_keep_their_uploads(pristine: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(pristine, tmp_path / name)
    (tmp_path / "two" / "upload.pem").touch()
    found = [find(str(tmp_path / name)) for name in ("one", "two")]
    settings = check._settings(found, {"keystores": (str(pristine),), "devices": (), "portal_uploads": ()})
    assert settings.keystores == (
        str(tmp_path / "two" / "keystore"),
        str(tmp_path / "one" / "keystore"),
        str(pristine),
    )
    assert settings.portal_uploads == (str(tmp_path / "two" / "upload.pem"),)


# Isolation


@pytest.fixture
def told(tmp_path: Path, monkeypatch, capfd):
    """Starts a probe in place of the command; gives what it was told, and how Python was started."""
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import json, sys\n"
        "print(json.dumps({**json.loads(sys.argv[1]), 'arguments': sys.argv[2:], 'path': sys.path,\n"
        "    'flags': [sys.flags.isolated, sys.flags.dont_write_bytecode]}))\n"
        "sys.exit(42)\n"
    )
    monkeypatch.setattr(isolation, "START", probe)

    def told(*arguments: str) -> dict[str, object]:
        assert main(["check", *arguments]) == 42
        return json.loads(capfd.readouterr().out)

    return told


def test_check_starts_itself_again_in_an_isolated_python(told) -> None:
    seen = told("line", "--at", AT)
    assert seen["flags"] == [1, 1]
    assert seen["arguments"] == ["check", "line", "--at", AT]


def test_the_callers_search_path_is_kept_without_the_current_and_the_judged_folder(
    told, tmp_path: Path, monkeypatch
) -> None:
    for name in ("own", "here/lib", "judged/lib"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "to-judged").symlink_to(tmp_path / "judged")
    monkeypatch.chdir(tmp_path / "here")
    entries = ["", ".", "lib", tmp_path / "own", tmp_path / "here", tmp_path / "judged/lib", tmp_path / "to-judged"]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, entries)))
    monkeypatch.setattr(site, "ENABLE_USER_SITE", True)
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(tmp_path / "own"))
    seen = told("../judged")
    assert seen["first"] == [str(tmp_path / "own")]
    assert seen["site"] == str(tmp_path / "own")
    assert not [entry for entry in seen["path"] if Path(entry).is_relative_to(tmp_path)]
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(tmp_path / "judged/lib"))
    assert told(f"--keystore={tmp_path / 'judged'}")["site"] is None
    monkeypatch.setattr(site, "ENABLE_USER_SITE", False)
    assert told("elsewhere")["site"] is None


def test_the_isolated_python_uses_the_given_search_path(tmp_path: Path, monkeypatch) -> None:
    for name in ("first", "site", "here", "linked"):
        (tmp_path / name).mkdir()
    (tmp_path / "site" / "more.pth").write_text(f"{tmp_path / 'linked'}\n")
    monkeypatch.chdir(tmp_path / "here")
    standard = ["/standard", str(tmp_path / "here"), ""]
    monkeypatch.setattr(sys, "path", [*standard])
    monkeypatch.setattr(app, "main", list)
    told = {"first": [str(tmp_path / "first")], "site": str(tmp_path / "site"), "last": "/home", "encoding": None}
    monkeypatch.setattr(sys, "argv", ["isolated.py", json.dumps(told), "check", "line"])
    assert isolated.main() == ["check", "line"]
    assert sys.path == [str(tmp_path / name) for name in ("first",)] + ["/standard"] + [
        str(tmp_path / "site"),
        str(tmp_path / "linked"),
        "/home",
    ]


def test_the_current_folder_is_removed_from_the_search_path(tmp_path: Path, monkeypatch) -> None:
    installed = tmp_path / "site-packages"
    installed.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), "relative", "/elsewhere", str(installed)])
    monkeypatch.setenv("PATH", os.pathsep.join(["", "/bin", ".", str(tmp_path), "relative"]))
    search_path.leave_current_folder_out()
    assert sys.path == ["/elsewhere", str(installed)]
    assert os.environ["PATH"] == "/bin"
    monkeypatch.chdir(installed)
    search_path.leave_current_folder_out()
    assert sys.path == ["/elsewhere", str(installed)]


def test_a_clone_as_current_folder_is_searched_last(monkeypatch) -> None:
    monkeypatch.chdir(search_path.HOME)
    monkeypatch.setattr(sys, "path", [search_path.HOME, "/elsewhere"])
    search_path.leave_current_folder_out()
    assert sys.path == ["/elsewhere", search_path.HOME]

"""fcu-conform upload and slice: the certificates of device and portal, written and drawn."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from inprocess import fcu_conform as run

import reference_ca as ca

AT = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=2)
LENGTHS = range(1, 7)


def make(folder: Path, length: int, depth: int | None = None) -> Path:
    source = ca.KeySource(f"cutting {length}", at=AT)
    ca.make_keystore(folder, length, ca.Config.example(source, name="FCU line 1", depth=depth), source)
    return folder / "keystore"


def blocks(text: str) -> list[str]:
    end = "-----END CERTIFICATE-----\n"
    return [block + end for block in text.split(end) if block.strip()]


@pytest.mark.parametrize("length", LENGTHS)
def test_upload_writes_the_rest_of_fcu_crt_at_every_depth(length: int, tmp_path: Path) -> None:
    keystore = make(tmp_path, length)
    chain = blocks((keystore / "fcu.crt").read_text())
    for depth in range(1, length + 1):
        done = run("upload", "--keystore", keystore, "--chain-depth", depth)
        assert (done.returncode, blocks(done.stdout)) == (0, chain[depth - 1 :])
    refused = run("upload", "--keystore", keystore, "--chain-depth", length + 1)
    assert (refused.returncode, refused.stdout) == (4, "")
    if length < 5:
        assert "nothing is left to upload" in refused.stderr
        root = run("upload", "--keystore", keystore, "--chain-depth", length + 1, "--root-only")
        assert blocks(root.stdout) == chain[-1:]
    assert run("upload", "--keystore", keystore, "--chain-depth", length + 2).returncode == 1


def test_upload_writes_a_file_and_lists_its_content(tmp_path: Path) -> None:
    keystore = make(tmp_path, 3, depth=2)
    target = tmp_path / "upload.pem"
    done = run("upload", "--keystore", keystore, "--out", target)
    assert done.returncode == 0
    assert done.stdout == ""
    assert "CN=Intermediate CA" in done.stderr
    assert blocks(target.read_text()) == blocks((keystore / "fcu.crt").read_text())[1:]
    assert run("upload", "--keystore", keystore, "--out", target).returncode == 0


def test_upload_overwrites_another_file_only_with_force(tmp_path: Path) -> None:
    keystore = make(tmp_path, 3, depth=2)
    target = tmp_path / "upload.pem"
    target.write_text("mine\n")
    refused = run("upload", "--keystore", keystore, "--out", target)
    assert refused.returncode == 4
    assert target.read_text() == "mine\n"
    assert run("upload", "--keystore", keystore, "--out", target, "--force").returncode == 0
    assert len(blocks(target.read_text())) == 2


def test_upload_never_writes_into_the_keystore_or_through_a_link(tmp_path: Path) -> None:
    keystore = make(tmp_path, 3, depth=2)
    before = sorted(path.name for path in keystore.iterdir())
    assert run("upload", "--keystore", keystore, "--out", keystore / "upload.pem").returncode == 4
    assert sorted(path.name for path in keystore.iterdir()) == before
    link = tmp_path / "upload.pem"
    link.symlink_to(tmp_path / "elsewhere.pem")
    assert run("upload", "--keystore", keystore, "--out", link).returncode == 4
    assert not (tmp_path / "elsewhere.pem").exists()


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda chain: [chain[0], chain[2], chain[1]], "CHN003"),
        (lambda chain: chain[:2], "CHN005"),
        (lambda chain: [*chain, chain[2]], "CHN006"),
        (lambda chain: ["no certificate\n"], "CRT002"),
    ],
    ids=["order", "no-root", "twice", "noise"],
)
def test_upload_refuses_a_faulty_chain(edit: object, code: str, tmp_path: Path) -> None:
    keystore = make(tmp_path, 3, depth=2)
    crt = keystore / "fcu.crt"
    crt.write_text("".join(edit(blocks(crt.read_text()))))  # type: ignore[operator]
    done = run("upload", "--keystore", keystore)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"fcu-conform: {code} fcu.crt")
    assert len(done.stderr.splitlines()) == 1


def test_upload_refuses_a_keystore_that_still_waits_for_its_certificate(tmp_path: Path) -> None:
    keystore = make(tmp_path, 3, depth=2)
    (keystore / "fcu.crt").unlink()
    done = run("upload", "--keystore", keystore, "--out", tmp_path / "upload.pem")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "fcu.crt" in done.stderr
    assert not (tmp_path / "upload.pem").exists()


def test_upload_reports_a_missing_fcu_crt(tmp_path: Path) -> None:
    keystore = make(tmp_path, 3, depth=2)
    (keystore / "fcu.crt").unlink()
    (keystore / "fcu_csr.pem").unlink()
    done = run("upload", "--keystore", keystore)
    assert (done.returncode, done.stderr) == (1, f"fcu-conform: fcu.crt: is not in {keystore}\n")
    (keystore / "fcu.crt").mkdir()
    assert run("upload", "--keystore", keystore).stderr == "fcu-conform: fcu.crt: is a folder\n"


def test_upload_to_a_dash_writes_to_standard_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    keystore = make(tmp_path / "line", 3, depth=2)
    assert run("upload", "--keystore", keystore, "--out", "-").stdout == run("upload", "--keystore", keystore).stdout
    assert not (tmp_path / "-").exists()


def test_upload_writes_clean_pem_for_any_form_of_fcu_crt(tmp_path: Path) -> None:
    keystore = make(tmp_path, 3, depth=2)
    crt = keystore / "fcu.crt"
    expected = "".join(blocks(crt.read_text())[1:])
    crt.write_bytes(crt.read_text().replace("\n", "\r\n").encode())
    done = subprocess.run(
        [sys.executable, "-m", "fcu_conform", "upload", "--keystore", str(keystore)], capture_output=True, check=True
    )
    assert done.stdout == expected.encode()


def test_upload_needs_a_depth_for_a_chain(tmp_path: Path) -> None:
    done = run("upload", "--keystore", make(tmp_path, 3))
    assert done.returncode == 4
    assert "the chain depth is unknown" in done.stderr


def test_slice_draws_the_certificates_of_device_and_portal(tmp_path: Path) -> None:
    done = run("slice", "--keystore", make(tmp_path, 3, depth=2))
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["device", "device", "portal", "portal"]


def test_slice_shows_any_depth_regardless_of_fcu_yml(tmp_path: Path) -> None:
    keystore = make(tmp_path, 3, depth=2)
    drawn = run("slice", "--keystore", keystore, "--chain-depth", 3).stdout
    assert [line.split()[0] for line in drawn.splitlines()] == ["device", "device", "device", "portal"]
    assert run("slice", "--keystore", keystore, "--chain-depth", 5).returncode == 4


@pytest.mark.parametrize(
    ("order", "fits", "told"),
    [
        ([0, 1], True, "fits"),
        ([0], False, "2: CN=FCU line 1 is missing"),
        ([0, 1, 2], False, "3: CN=Intermediate CA"),
        ([0, 2], False, "instead of CN=FCU line 1"),
        ([1, 0], False, "1: CN=FCU line 1 (fcu.crt 1) instead of the device certificate"),
        ([0, 1, 1], False, "3: CN=FCU line 1 is one too many: it is there already"),
    ],
)
def test_slice_shows_where_a_device_does_not_fit(order: list[int], fits: bool, told: str, tmp_path: Path) -> None:
    keystore = make(tmp_path, 3, depth=2)
    source = ca.KeySource("cutting 3", at=AT)
    device = ca.Keystore(keystore).authority(source).issue_device("line1-0001")
    chain = [*blocks(device.chain_pem(1).data.decode()), *blocks((keystore / "fcu.crt").read_text())]
    output = tmp_path / "line1-0001.pem"
    output.write_text("".join(chain[number] for number in order))
    done = run("slice", "--keystore", keystore, output)
    assert done.returncode == (0 if fits else 1)
    assert told in done.stdout


def test_a_device_of_another_fcu_does_not_fit(tmp_path: Path) -> None:
    keystore = make(tmp_path, 3, depth=2)
    stranger = make(tmp_path / "other", 2, depth=1)
    device = ca.Keystore(stranger).authority(ca.KeySource("cutting 2", at=AT)).issue_device("line2-0001")
    output = tmp_path / "line2-0001.pem"
    own = blocks(device.chain_pem(1).data.decode())[:1]
    output.write_text("".join([*own, *blocks((keystore / "fcu.crt").read_text())[:1]]))
    done = run("slice", "--keystore", keystore, output)
    assert done.returncode == 1
    assert "1: CN=line2-0001 is not signed by CN=FCU line 1" in done.stdout


def test_slice_reports_that_nothing_is_left_for_the_portal(tmp_path: Path) -> None:
    done = run("slice", "--keystore", make(tmp_path, 3, depth=2), "--chain-depth", 4)
    assert done.returncode == 0
    assert "Nothing is left to upload," in done.stdout


@pytest.mark.parametrize("name", ["lot.tar", "lot.zip", "devices.csv"])
def test_slice_accepts_one_device_and_refuses_a_lot(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    done = run("slice", "--keystore", make(tmp_path, 3, depth=2), tmp_path / name)
    assert done.returncode == 4
    assert "the file of one device" in done.stderr


@pytest.mark.parametrize("width", [80, 120])
def test_slice_keeps_within_the_terminal(width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run("slice", "--keystore", make(tmp_path, 3, depth=2), "--chain-depth", 4).stdout.splitlines()
    assert max(map(len, lines)) <= width


def test_slice_of_other_input_is_refused_in_one_line(tmp_path: Path) -> None:
    keystore = make(tmp_path, 3, depth=2)
    assert run("slice", "--keystore", keystore, tmp_path / "nothing.pem").returncode == 4
    assert run("slice", "--keystore", keystore, tmp_path).returncode == 4


def test_the_spellings_of_1_0_still_work_and_no_help_shows_them(tmp_path: Path) -> None:
    keystore = make(tmp_path, 3)
    for flag in ("-o", "--output"):
        assert run("upload", "--keystore", keystore, "--depth", 2, flag, tmp_path / "upload.pem").returncode == 0
    assert blocks((tmp_path / "upload.pem").read_text()) == blocks((keystore / "fcu.crt").read_text())[1:]
    drawn = {flag: run("slice", "--keystore", keystore, flag, 3).stdout for flag in ("--depth", "--chain-depth")}
    assert drawn["--depth"] == drawn["--chain-depth"] != ""
    shown = run("upload", "--help").stdout + run("slice", "--help").stdout
    assert "--chain-depth N" in shown
    assert not {" --depth", "-o", "--output"}.intersection(shown.replace(",", " ").split(" "))

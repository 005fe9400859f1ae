"""The command enroll: the CSV that it writes, how it judges one, and the portal's error report."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from inprocess import fcu_conform as run
from inprocess import reference_ca

from fcu_conform.artefacts.bounded_io import limits
from fcu_conform.artefacts.enrollment import comparison
from fcu_conform.interfaces.run.enrollment_files import HEADER, write_csv


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A line with five devices in out/."""
    folder = tmp_path_factory.mktemp("enroll")
    reference_ca("keystore", folder / "line", "--length", "3", "--seed", "enroll", "--mode", "bootstrap")
    reference_ca("devices", "--keystore", folder / "line" / "keystore", "--count", "5", "-o", folder / "out")
    return folder


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    """A copy of the devices."""
    shutil.copytree(made / "out", tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def written(out: Path) -> Path:
    """The CSV of these devices."""
    csv = out.parent / "enroll.csv"
    assert run("enroll", "--devices", out, "--out", csv).returncode == 0
    return csv


def identity(certificate: Path) -> str:
    """What openssl x509 -fingerprint -sha256 shows, after A-."""
    loaded = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    return "A-" + loaded.fingerprint(hashes.SHA256()).hex(":").upper()


def certificates(out: Path) -> list[Path]:
    return sorted(path for path in out.rglob("*.pem") if ".key" not in path.name)


def test_the_csv_has_a_header_and_the_identity_of_each_device(written: Path, out: Path) -> None:
    lines = ["enrollment_identity", *map(identity, certificates(out))]
    assert written.read_bytes() == "".join(f"{line}\n" for line in lines).encode()


@pytest.mark.parametrize("has_manifest", [True, False])
def test_identities_come_from_the_manifest_or_from_the_certificates(has_manifest: bool, out: Path) -> None:
    if not has_manifest:
        (out / "devices.csv").unlink()
    csv = out.parent / "enroll.csv"
    done = run("enroll", "--devices", out, "--out", csv)
    assert (done.returncode, done.stdout) == (0, f"{csv}: 5 identities\n")
    assert csv.read_text().split()[1:] == list(map(identity, certificates(out)))


def test_a_csv_that_was_written_passes(written: Path, out: Path) -> None:
    done = run("enroll", "--check", written, "--devices", out)
    assert (done.returncode, done.stdout) == (0, "enroll.csv: 5 identities; 4 passed\n")
    done = run("enroll", "--check", written)
    assert (done.returncode, done.stdout) == (0, "enroll.csv: 5 identities; 3 passed, 1 not applicable\n")


def test_a_device_without_a_known_identity_is_named_and_not_made_up(out: Path) -> None:
    first, second, *_ = certificates(out)
    first.write_bytes(b"not a certificate")
    manifest = out / "devices.csv"
    manifest.write_text(manifest.read_text().replace(identity(second), "A-" + ":".join(["00"] * 32)))
    csv = out.parent / "enroll.csv"
    done = run("enroll", "--devices", out, "--out", csv)
    assert (done.returncode, done.stdout) == (1, f"{csv}: 3 identities\n")
    told = sorted(done.stderr.splitlines())
    assert [line.split(": ")[:2] for line in told] == [
        ["not enrolled", first.relative_to(out).as_posix()],
        ["not enrolled", second.relative_to(out).as_posix()],
    ]
    assert told[1].endswith("is not that of its certificate (DEV023)")
    assert len(csv.read_text().splitlines()) == 4


def test_a_ca_certificate_among_the_devices_gets_no_identity(made: Path, tmp_path: Path) -> None:
    crt, csv = made / "line" / "keystore" / "fcu.crt", tmp_path / "enroll.csv"
    done = run("enroll", "--devices", crt, "--out", csv)
    assert (done.returncode, done.stdout) == (1, "nothing written: 0 identities\n")
    assert done.stderr == "not enrolled: fcu.crt: its first certificate is a CA's\n"
    assert not csv.exists()


def test_bundles_of_lwm2m_devices_get_no_identity(tmp_path: Path) -> None:
    reference_ca("defect", "bundle-account-not-last", tmp_path / "line")
    done = run("enroll", "--devices", tmp_path / "line" / "devices", "--out", tmp_path / "enroll.csv")
    assert done.returncode == 1
    assert "it connects to the LwM2M server directly" in done.stderr


def failed(done_output: str) -> list[str]:
    return [line.split("::")[1][:6] for line in done_output.splitlines() if line.startswith("FAILED ")]


def test_each_fault_is_found_with_its_line(written: Path, out: Path) -> None:
    lines = written.read_bytes().splitlines()
    stranger = b"A-" + b":".join([b"AB"] * 32)
    faulty = [*lines[1:5], lines[2], b"A-12", stranger, b'"' + lines[1][:-2] + b'EE "', b"\xff"]
    written.write_bytes(b"\n".join(faulty))
    done = run("enroll", "--check", written, "--devices", out)
    assert (done.returncode, failed(done.stdout)) == (1, ["ENR001", "ENR002", "ENR003", "ENR004"])
    for words in (
        "enroll.csv, line 1: the first line is an identity",
        "enroll.csv, line 5: the identity is a duplicate",
        "enroll.csv, line 6: the identity is malformed",
        "enroll.csv, line 7: no given device has this identity",
        "enroll.csv, line 8: blanks stand between",
        "enroll.csv, line 9: is not UTF-8",
        f"{certificates(out)[-1].relative_to(out).as_posix()}: its identity is missing",
    ):
        assert words in done.stdout


def test_many_faults_are_counted(tmp_path: Path) -> None:
    csv = tmp_path / "enroll.csv"
    csv.write_text("header\n" + "A-x\n" * 1000)
    done = run("enroll", "--check", csv)
    assert done.returncode == 1
    assert f"and {1000 - limits.ENROLLMENT_TOLD} more malformed identities" in " ".join(done.stdout.split())
    assert len(done.stdout.splitlines()) < 80


def test_parts_of_a_csv_are_judged_together(written: Path, out: Path) -> None:
    header, *lines = written.read_text().splitlines(keepends=True)
    one, two = written.with_name("one.csv"), written.with_name("two.csv")
    one.write_text(header + "".join(lines[:3]))
    two.write_text(header + "".join(lines[3:]))
    assert run("enroll", "--check", one, "--check", two, "--devices", out).returncode == 0
    assert failed(run("enroll", "--check", one, "--devices", out).stdout) == ["ENR003"]
    two.write_text(header + "".join(lines[2:]))
    assert failed(run("enroll", "--check", one, "--check", two, "--devices", out).stdout) == ["ENR002"]


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b"", ["ENR001"]),
        (b"\n\n", ["ENR001"]),
        (b"\xff\xfeA\0", ["ENR004"]),
        (b"h\0e\0", ["ENR004"]),
        (b"\xef\xbb\xbfheader\n", ["ENR004"]),
        (b"header\n" + bytes(range(256)) * 100, ["ENR004"]),
    ],
)
def test_any_bytes_give_a_verdict(content: bytes, codes: list[str], tmp_path: Path) -> None:
    csv = tmp_path / "enroll.csv"
    csv.write_bytes(content)
    done = run("enroll", "--check", csv)
    assert (done.returncode, failed(done.stdout)) == (1, codes)


def test_a_csv_without_identities_was_not_checked(tmp_path: Path) -> None:
    csv = tmp_path / "enroll.csv"
    csv.write_text("header\n\n,,\n")
    assert run("enroll", "--check", csv).returncode == 5


def test_a_file_of_more_than_ten_megabytes_is_too_large(tmp_path: Path) -> None:
    csv = tmp_path / "enroll.csv"
    line = "A-" + ":".join(["AB"] * 32) + "\n"
    csv.write_text("header\n" + line + (" " * 2000 + "\n") * 5_000)
    done = run("enroll", "--check", csv)
    assert failed(done.stdout) == ["ENR004"]


def test_a_file_beyond_the_limit_is_read_up_to_it(written: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "ENROLLMENT_FILE", 300)
    monkeypatch.setattr(comparison, "LARGEST_UPLOAD", 300)
    done = run("enroll", "--check", written, "--devices", out)
    assert done.returncode == 1
    assert "ENR003" not in failed(done.stdout)


# The portal's report


def report(*rows: tuple[str, ...]) -> str:
    lines = [("entity__id", "error__code", "error__type", "error__message", "error__fields"), *rows]
    return "".join(",".join(json.dumps(cell) for cell in row) + "\r\n" for row in lines)


def test_the_devices_in_an_error_report_are_named(out: Path) -> None:
    third = certificates(out)[2]
    file = out.parent / "errors.csv"
    unknown = "A-" + ":".join(["AB"] * 32)
    words = ("409", "duplicate", "Enrollment identity is already claimed.", "")
    file.write_text(report((identity(third).lower().replace("a-", "A-", 1), *words), (unknown, *words)))
    done = run("enroll", "--errors", file, "--devices", out)
    assert done.returncode == 1
    first, second, last = done.stdout.splitlines()
    reason = "409 duplicate Enrollment identity is already claimed."
    assert first.startswith(f"{third.relative_to(out).as_posix()}: {reason} (line 2, A-")
    assert second == f"no given device: {reason} (line 3, {unknown})"
    assert last == "2 identities refused by the portal"


def test_a_full_report_without_errors_is_fine(out: Path) -> None:
    file = out.parent / "full.csv"
    file.write_text(report((identity(certificates(out)[0]), "", "", "", "")))
    done = run("enroll", "--errors", file, "--devices", out)
    assert (done.returncode, done.stdout) == (0, "0 identities refused by the portal\n")


# Usage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "needs one of --out, --check and --errors"),
        (["--out", "a", "--check", "b"], "needs one of --out, --check and --errors"),
        (["--out", "enroll.csv"], "--out: needs --devices"),
        (["--errors", "errors.csv"], "--errors: needs --devices"),
        (["--check", "none.csv"], "no such file"),
        (["--check", "."], "a folder"),
        (["--check", "fifo"], "a FIFO"),
        (["--check", "report.csv"], "read it with --errors"),
        (["--devices", "out", "--errors", "fifo"], "a FIFO"),
        (["--devices", "out", "--errors", "header.csv"], "has no column entity__id"),
        (["--devices", "out", "--errors", "quote.csv"], "is not CSV"),
        (["--devices", "out", "--out", "out/enroll.csv"], "is in the device output"),
        (["--devices", "out", "--out", "link.csv"], "is not a regular file"),
        (["--devices", "out", "--out", "none/enroll.csv"], "there is no folder"),
        (["--devices", "out", "--out", "header.csv"], "exists (--force replaces it)"),
        (["--devices", "none", "--out", "enroll.csv"], "no such file"),
        (["--check", "header.csv", "--force"], "--force: needs --out"),
    ],
)
def test_a_request_that_makes_no_sense_is_a_usage_error(
    arguments: list[str], words: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(out.parent)
    os.mkfifo("fifo")
    Path("report.csv").write_text(report())
    Path("header.csv").write_text("header\n")
    Path("quote.csv").write_text('entity__id,error__code\n"A-1"x,409\n')
    Path("link.csv").symlink_to("elsewhere.csv")
    done = run("enroll", *arguments)
    assert (done.returncode, done.stdout) == (4, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


# Several files


def test_a_large_csv_is_split_and_each_file_has_the_header(tmp_path: Path) -> None:
    identities = [f"A-{number:095}" for number in range(10)]
    files = write_csv(tmp_path / "enroll.csv", iter(identities), limit=len(HEADER) + 4 * 98)
    assert [file.name for file in files] == ["enroll-1.csv", "enroll-2.csv", "enroll-3.csv"]
    assert all(file.read_bytes().startswith(HEADER) for file in files)
    assert all(file.stat().st_size <= len(HEADER) + 4 * 98 for file in files)
    assert [line for file in files for line in file.read_text().splitlines()[1:]] == identities
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name for file in files]


def test_files_of_an_earlier_csv_are_replaced_by_force_alone(out: Path) -> None:
    folder = out.parent
    for name in ("enroll-1.csv", "enroll-2.csv", "enroll-x.csv"):
        (folder / name).write_text("old")
    csv = folder / "enroll.csv"
    assert run("enroll", "--devices", out, "--out", csv).returncode == 4
    assert run("enroll", "--devices", out, "--out", csv, "--force").returncode == 0
    assert sorted(path.name for path in folder.glob("*.csv")) == ["enroll-x.csv", "enroll.csv"]


def test_a_failure_leaves_no_file_behind(tmp_path: Path) -> None:
    (tmp_path / "enroll-1.csv").write_text("old")

    def identities():
        yield f"A-{1:095}"
        raise OSError(28, "full")

    with pytest.raises(OSError, match="full"):
        write_csv(tmp_path / "enroll.csv", identities())
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"enroll-1.csv": "old"}

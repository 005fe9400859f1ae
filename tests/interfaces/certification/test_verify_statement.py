"""``fcu-conform verify-statement``: nothing of a folder can be changed, added, taken away or replaced unseen."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from fcu_conform.interfaces.certification.submission import SUMS_NAME, sums
from interfaces.certification.doing import Keys, run


def reseal(folder: Path) -> None:
    """What somebody does who hides a change: makes the checksums anew."""
    digests = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name != SUMS_NAME
    }
    (folder / SUMS_NAME).write_bytes(sums(digests))


def test_an_untouched_folder_is_verified_offline(folder: Path, keys: Keys, line: Path) -> None:
    said = run("verify-statement", folder, "--key", keys.public, "--artefacts", line)
    assert (said.code, said.err) == (0, "")
    assert "signature   good, by the key with SHA-256 " in said.out
    assert "artefacts   5 unchanged since they were judged\n" in said.out
    assert said.out.endswith(f"{folder}: intact; the run was CONFORMANT\n")


def test_a_folder_can_be_moved(folder: Path, keys: Keys, tmp_path: Path) -> None:
    moved = folder.rename(tmp_path / "elsewhere")
    assert run("verify-statement", moved, "--key", keys.public).code == 0


def positions(data: bytes) -> list[int]:
    """The first and last bytes, every kind of character once, and some places between."""
    kinds = {data.index(bytes([byte])) for byte in set(data)}
    return sorted(kinds | {len(data) - 1} | set(range(0, len(data), max(1, len(data) // 20))))


def test_no_byte_of_any_file_can_be_changed(folder: Path) -> None:
    tried = 0
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        for position in positions(data):
            changed = bytearray(data)
            changed[position] ^= 0x01
            path.write_bytes(changed)
            assert run("verify-statement", folder).code == 1, (path.name, position)
            tried += 1
        path.write_bytes(data)
    assert tried > 200
    assert run("verify-statement", folder).code == 0


@pytest.mark.parametrize("edit", [lambda data: data + b"\n", lambda data: data[:-1], lambda data: b""])
def test_no_file_can_be_longer_or_shorter(folder: Path, edit) -> None:
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        path.write_bytes(edit(data))
        assert run("verify-statement", folder).code == 1, path.name
        path.write_bytes(data)


def test_a_change_with_new_checksums_is_detected_by_the_statement(folder: Path, keys: Keys) -> None:
    (folder / "report.json").write_bytes((folder / "report.json").read_bytes().replace(b'"passed"', b'"warned"'))
    reseal(folder)
    said = run("verify-statement", folder, "--key", keys.public)
    assert said.code == 1
    assert "FAILED      statement.intoto.json: was made with other files: report.json\n" in said.out


def test_an_added_or_removed_file_is_detected_even_with_new_checksums(folder: Path) -> None:
    (folder / "note.txt").write_text("by the way")
    assert "FAILED      note.txt: was added\n" in run("verify-statement", folder).out
    reseal(folder)
    assert "was made with other files: note.txt\n" in run("verify-statement", folder).out
    (folder / "note.txt").unlink()
    (folder / "environment.json").unlink()
    reseal(folder)
    assert "was made with other files: environment.json\n" in run("verify-statement", folder).out
    (folder / SUMS_NAME).unlink()
    said = run("verify-statement", folder)
    assert (said.code, f"FAILED      {SUMS_NAME}: is missing\n" in said.out) == (1, True)


def test_a_folder_with_anything_but_regular_files_is_refused(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    (folder / "report.json").rename(kept)
    (folder / "report.json").symlink_to(kept)
    said = run("verify-statement", folder)
    assert said.code == 1
    assert "FAILED      report.json: is not a regular file\n" in said.out
    (folder / "report.json").unlink()
    kept.rename(folder / "report.json")
    for make in (Path.mkdir, os.mkfifo):
        make(folder / "more")
        assert "FAILED      more: is not a regular file\n" in run("verify-statement", folder).out
        shutil.rmtree(folder / "more") if (folder / "more").is_dir() else (folder / "more").unlink()
    assert run("verify-statement", folder).code == 0


def test_the_statement_of_another_signer_is_refused(folder: Path, keys: Keys, line: Path, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    other = tmp_path / "other.pub"
    public = Ed25519PrivateKey.generate().public_key()
    other.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    said = run("verify-statement", folder, "--key", other)
    assert said.code == 1
    assert "FAILED      statement.intoto.json: is not signed by the key that was passed\n" in said.out


def test_a_statement_without_its_signature_is_refused(folder: Path, keys: Keys) -> None:
    envelope = json.loads((folder / "statement.intoto.json").read_bytes())
    (folder / "statement.intoto.json").write_bytes(base64.b64decode(envelope["payload"]))
    reseal(folder)
    said = run("verify-statement", folder)
    assert said.code == 0
    assert "NOT SIGNED" in said.err
    said = run("verify-statement", folder, "--key", keys.public)
    assert said.code == 1
    assert "FAILED      statement.intoto.json: is not signed, but a key was passed\n" in said.out


def test_an_unverified_signature_is_reported_prominently(folder: Path) -> None:
    said = run("verify-statement", folder)
    assert said.code == 0
    assert "THE SIGNATURE WAS NOT CHECKED" in said.err


def test_a_statement_can_be_checked_by_itself(folder: Path, keys: Keys) -> None:
    path = folder / "statement.intoto.json"
    assert run("verify-statement", path, "--key", keys.public).code == 0
    data = path.read_bytes()
    for position in range(0, len(data), 97):
        changed = bytearray(data)
        changed[position] ^= 0x01
        path.write_bytes(changed)
        assert run("verify-statement", path, "--key", keys.public).code == 1, position


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (lambda data: data.replace(b'"_type"', b' "_type"', 1), "of another program, or was changed"),
        (
            lambda data: data.replace(b'"predicate": {', b'"predicate": {"result": "PASSED",', 1),
            "not a statement of fcu",
        ),
        (lambda data: data + b" ", "of another program, or was changed"),
    ],
)
def test_a_statement_with_duplicate_keys_or_another_encoding_is_refused(
    tmp_path: Path, folder, edit, complaint
) -> None:
    payload = base64.b64decode(json.loads((folder / "statement.intoto.json").read_bytes())["payload"])
    path = tmp_path / "statement.intoto.json"
    path.write_bytes(payload)
    assert run("verify-statement", path).code == 0
    path.write_bytes(edit(payload))
    said = run("verify-statement", path)
    assert said.code == 1
    assert complaint in said.out


@pytest.fixture
def artefacts(line: Path, tmp_path: Path) -> Path:
    """A copy of what was judged, to be changed."""
    return Path(shutil.copytree(line, tmp_path / "artefacts"))


@pytest.mark.parametrize(
    "name",
    ["keystore/fcu.crt", "keystore/fcu_csr.pem", "config/fcu.yml", "upload.pem", "out/device-0002.pem"],
)
def test_an_artefact_that_changed_after_the_run_is_refused(folder: Path, artefacts: Path, name: str) -> None:
    path = artefacts / name
    path.write_bytes(path.read_bytes() + b"\n")
    said = run("verify-statement", folder, "--artefacts", artefacts)
    changed = path.parent if path.parent.name == "out" else path
    assert said.code == 1
    assert f"FAILED      {changed}: differs from what was judged\n" in said.out


def test_a_changed_artefact_is_detected_beside_an_unchanged_one(folder: Path, artefacts: Path) -> None:
    (artefacts / "backup").mkdir()
    shutil.copy(artefacts / "keystore" / "fcu.crt", artefacts / "backup")
    crt = artefacts / "keystore" / "fcu.crt"
    crt.write_bytes(crt.read_bytes() + b"\n")
    assert (
        f"FAILED      {crt}: differs from what was judged\n"
        in run("verify-statement", folder, "--artefacts", artefacts).out
    )


def test_a_missing_artefact_is_reported_and_private_keys_are_not_needed(folder: Path, artefacts: Path) -> None:
    for path in [artefacts / "keystore" / "fcu_private_key.pem", *(artefacts / "out").glob("*.key.pem")]:
        path.unlink()
    assert run("verify-statement", folder, "--artefacts", artefacts).code == 0
    (artefacts / "upload.pem").unlink()
    said = run("verify-statement", folder, "--artefacts", artefacts)
    assert said.code == 1
    missing = f"keystore/portal-upload/upload.pem: was judged, but {artefacts} does not have it unchanged"
    assert f"FAILED      {missing}\n" in said.out


@pytest.mark.parametrize("target", ["/dev/zero", "."])
def test_an_artefact_that_is_not_a_file_is_not_read(folder: Path, artefacts: Path, target: str) -> None:
    crt = artefacts / "keystore" / "fcu.crt"
    crt.unlink()
    crt.symlink_to(target)
    said = run("verify-statement", folder, "--artefacts", artefacts)
    assert said.code == 1
    assert "FAILED      keystore/fcu.crt: was judged, but " in said.out


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[" * 100_000, b"\xff", b'{"payloadType": 1}', b'{"_type": "https://in-toto.io/Statement/v1"}', b"7"],
)
def test_a_file_that_is_not_a_statement_is_refused_without_a_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "statement.intoto.json"
    path.write_bytes(content)
    said = run("verify-statement", path)
    assert said.code == 1
    assert f"{path}: NOT VERIFIED\n" in said.out


def test_wrong_usage_is_reported_in_one_line(folder: Path, keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for arguments in (
        [tmp_path / "none"],
        [folder, "--key", tmp_path / "none"],
        [folder, "--key", keys.private],
        [folder, "--artefacts", tmp_path / "none"],
        [folder, "--artefacts", keys.public],
    ):
        said = run("verify-statement", *arguments)
        assert said.code == 4
        assert said.err.startswith("fcu-conform: ")
        assert said.err.count("\n") == 1
    assert run("verify-statement", tmp_path / "empty").code == 1

"""The reference-ca command, as people and scripts type it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from reference_ca_helpers import OpenSsl, Run

import reference_ca

FCU_YML = 'setup-ca-as-intermediate: {}\ncertificate-authority:\n  common-name: "FCU line 1"\n'


def write_config(folder: Path, intermediate: str = "true", more: str = "") -> Path:
    path = folder / "config" / "fcu.yml"
    path.parent.mkdir(parents=True)
    path.write_text(FCU_YML.format(intermediate) + more)
    return path


def test_setup_sign_slice_and_upload_work_together(tmp_path: Path, run: Run, openssl: OpenSsl) -> None:
    config = write_config(tmp_path, more="device-certificate-chain-depth: 2\n")
    keystore = tmp_path / "keystore"
    assert run("setup", "--config", config, "--keystore", keystore)[0] == 0
    code, out, _ = run("status", "--keystore", keystore)
    assert (code, json.loads(out)["status"]) == (1, 212)
    cas = tmp_path / "cas"
    assert run("sign", "--keystore", keystore, "--intermediates", "2", "--ca-out", cas)[0] == 0
    assert sorted(path.name for path in cas.iterdir()) == ["intermediate-1", "intermediate-2", "root"]
    code, out, _ = run("status", "--keystore", keystore)
    assert (code, json.loads(out)["status"]) == (0, 0)

    device = reference_ca.Keystore(keystore).authority().issue_device("device-1")
    leaf = reference_ca.to_pem([device.certificate]).write_to_path(tmp_path / "device-1.pem")
    code, sliced, _ = run("slice", "--keystore", keystore, leaf)
    assert (code, sliced.encode()) == (0, device.chain_pem(2).data)
    assert run("upload", "--keystore", keystore, "-o", tmp_path / "upload.pem") == (0, "", "")
    chain = x509.load_pem_x509_certificates((keystore / "fcu.crt").read_bytes())
    assert x509.load_pem_x509_certificates((tmp_path / "upload.pem").read_bytes()) == chain[1:]
    (tmp_path / "sent.pem").write_text(sliced)
    arguments = ("-no-CApath", "-CAfile", tmp_path / "upload.pem", "-untrusted", tmp_path / "sent.pem")
    assert "OK" in openssl("verify", *arguments, leaf)


def test_the_cas_of_a_whole_setup_mark_basic_constraints_critical_if_asked(tmp_path: Path, run: Run) -> None:
    assert run("keystore", tmp_path / "line", "--length", "3", "--critical")[0] == 0
    chain = x509.load_pem_x509_certificates((tmp_path / "line" / "keystore" / "fcu.crt").read_bytes())
    assert [one.extensions.get_extension_for_class(x509.BasicConstraints).critical for one in chain] == [True] * 3
    assert [one.extensions.get_extension_for_class(x509.KeyUsage).critical for one in chain] == [True] * 3
    code, out, error = run("keystore", tmp_path / "other", "--critical")
    assert (code, out, "--critical needs --length 2 or more" in error) == (2, "", True)


@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_a_conformant_setup_is_made_by_one_command(length: int, tmp_path: Path, run: Run) -> None:
    assert run("keystore", tmp_path / "fcu", "--length", str(length))[0] == 0
    keystore = tmp_path / "fcu" / "keystore"
    code, out, _ = run("status", "--keystore", keystore)
    status = json.loads(out)
    assert (code, status["errors"], status["warnings"]) == (0, [], [])
    assert len(x509.load_pem_x509_certificates((keystore / "fcu.crt").read_bytes())) == length
    assert reference_ca.Config.read(tmp_path / "fcu/config/fcu.yml").device_certificate_chain_depth == min(length, 2)
    code, _, err = run("keystore", tmp_path / "fcu", "--length", str(length))
    assert code == 1
    assert "not overwritten" in err


def test_a_seed_and_an_instant_give_the_same_files_again(tmp_path: Path, run: Run) -> None:
    for name in ("a", "b"):
        options = (
            "--length",
            "3",
            "--seed",
            "s",
            "--at",
            "2026-03-01T00:00:00Z",
            "--ca-out",
            tmp_path / name / "cas",
        )
        assert run("keystore", tmp_path / name, *options)[0] == 0
    files = [
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in ("a", "b")
    ]
    assert files[0] == files[1]
    assert len(files[0]) == 9
    (fcu, *_) = x509.load_pem_x509_certificates((tmp_path / "a/keystore/fcu.crt").read_bytes())
    assert fcu.not_valid_before_utc.isoformat() == "2026-03-01T00:00:00+00:00"


def test_separate_authorities_make_external_credentials(tmp_path: Path, run: Run) -> None:
    root, below, keystore = tmp_path / "root", tmp_path / "int", tmp_path / "keystore"
    assert run("root", "-o", root, "--name", "Corporate Root", "--critical", "--path-length", "2")[0] == 0
    assert run("intermediate", "--ca", root, "-o", below)[0] == 0
    assert run("intermediate", "--ca", below, "-o", keystore, "--name", "FCU line 2", "--as-keystore")[0] == 0
    chain = x509.load_pem_x509_certificates((keystore / "fcu.crt").read_bytes())
    names = [certificate.subject.rfc4514_string() for certificate in chain]
    assert (names[0], names[2], len(names)) == ("CN=FCU line 2", "CN=Corporate Root", 3)
    assert chain[2].extensions.get_extension_for_class(x509.BasicConstraints).critical
    code, _, err = run("intermediate", "--ca", keystore, "-o", tmp_path / "more")
    assert code == 1
    assert "ca_private_key.pem" in err


def test_a_request_is_signed_by_a_given_authority(tmp_path: Path, run: Run) -> None:
    config = write_config(tmp_path)
    keystore = tmp_path / "keystore"
    run("root", "-o", tmp_path / "root", "--name", "Corporate Root")
    run("setup", "--config", config, "--keystore", keystore)
    assert run("sign", "--keystore", keystore, "--ca", tmp_path / "root")[0] == 0
    assert len(reference_ca.Keystore(keystore).chain()) == 2
    before = (keystore / "fcu.crt").read_bytes()
    code, _, err = run("sign", "--keystore", keystore)
    assert (code, (keystore / "fcu.crt").read_bytes()) == (1, before)
    assert "not overwritten" in err
    assert run("sign", "--keystore", keystore, "--replace")[0] == 0
    assert len(reference_ca.Keystore(keystore).chain()) == 3


def test_errors_are_one_line_with_the_error_number_of_fcu(tmp_path: Path, run: Run) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    run("keystore", tmp_path / "fcu", "--length", "3")
    keystore = tmp_path / "fcu" / "keystore"
    bad_yaml = tmp_path / "bad.yml"
    bad_yaml.write_text("a: [")
    for arguments, code, words in (
        (("upload", "--keystore", empty), 1, "FCU error 210"),
        (("setup", "--config", tmp_path / "none.yml", "--keystore", empty), 1, "FCU error 195"),
        (("setup", "--config", bad_yaml, "--keystore", empty), 1, "FCU error 200"),
        (("sign", "--keystore", empty), 1, "fcu_csr.pem"),
        (("upload", "--keystore", keystore, "--config", bad_yaml), 1, "FCU error 200"),
        (("upload", "--keystore", keystore, "--depth", "3"), 2, "contradicts 2"),
        (("slice", "--keystore", keystore, tmp_path / "none.pem"), 1, "none.pem"),
        (("slice", "--keystore", keystore, bad_yaml), 1, "FCU error 211"),
        (("keystore", tmp_path / "x", "--length", "2", "--depth", "4"), 1, "FCU error 111"),
        (("keystore", tmp_path / "x", "--length", "0"), 2, "--length"),
        (("keystore", tmp_path / "x", "--at", "yesterday"), 2, "yesterday"),
        (("keystore", tmp_path / "x", "--at", "2026-01-01T00:00:00"), 2, "zone"),
        (("keystore", tmp_path / "x", "--name", "x" * 65), 1, "FCU error 201"),
        (("nonsense",), 2, "nonsense"),
        (("setup",), 2, "--config"),
    ):
        got, out, err = run(*arguments)
        assert (got, out) == (code, ""), arguments
        assert err.startswith("reference-ca: "), arguments
        assert err.count("\n") == 1
        assert words in err
    assert not (tmp_path / "x").exists()


def test_an_empty_upload_is_reported_and_not_written(tmp_path: Path, run: Run) -> None:
    run("keystore", tmp_path / "fcu", "--length", "2", "--depth", "3")
    code, out, err = run("upload", "--keystore", tmp_path / "fcu/keystore", "-o", tmp_path / "upload.pem")
    assert (code, out) == (1, "")
    assert "nothing is left to upload at depth 3" in err
    assert not (tmp_path / "upload.pem").exists()


def keys_in(folder: Path) -> dict[str, bytes]:
    """One private key in each of the ways that it may lie about, by the file's name."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem, der, pkcs8 = Encoding.PEM, Encoding.DER, PrivateFormat.PKCS8
    locked = BestAvailableEncryption(b"secret")
    number = base64.urlsafe_b64encode(key.private_numbers().private_value.to_bytes(32, "big")).decode()
    return {
        "pkcs8.pem": key.private_bytes(pem, pkcs8, NoEncryption()),
        "sec1.pem": b"some words\n" + key.private_bytes(pem, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        "locked.pem": key.private_bytes(pem, pkcs8, locked),
        "utf16.pem": key.private_bytes(pem, pkcs8, NoEncryption()).decode().encode("utf-16"),
        "pkcs8.der": key.private_bytes(der, pkcs8, NoEncryption()),
        "locked.der": key.private_bytes(der, pkcs8, locked),
        "key.p12": serialize_key_and_certificates(b"", key, None, None, locked),
        "key.jwk": json.dumps({"kty": "EC", "d": number}).encode(),
    }


def test_an_upload_is_never_written_over_a_private_key_nor_into_a_keystore(tmp_path: Path, run: Run) -> None:
    for name in ("one", "two"):
        run("keystore", tmp_path / name, "--length", "2")
    keystore, other = tmp_path / "one/keystore", tmp_path / "two/keystore"
    kept = {tmp_path / name: data for name, data in keys_in(tmp_path).items()}
    kept |= {path: path.read_bytes() for place in (keystore, other) for path in place.iterdir()}
    for path, data in kept.items():
        path.write_bytes(data)
        code, out, err = run("upload", "--keystore", keystore, "--replace", "-o", path)
        assert (code, out, err.count("\n"), path.read_bytes()) == (1, "", 1, data)
    (tmp_path / "link").symlink_to(other)
    (other / "below").mkdir()
    (keystore / "fcu_private_key.pem").rename(tmp_path / "away.pem")
    for path in (keystore / "new.pem", other / "new.pem", other / "below" / "new.pem", tmp_path / "link" / "new.pem"):
        assert run("upload", "--keystore", keystore, "-o", path)[0] == 1
        assert not path.exists()


def test_an_upload_overwrites_another_file_on_request(tmp_path: Path, run: Run) -> None:
    run("keystore", tmp_path / "one", "--length", "2")
    upload = tmp_path / "upload.pem"
    upload.write_text("something")
    assert run("upload", "--keystore", tmp_path / "one/keystore", "-o", upload)[0] == 1
    for _ in range(2):
        assert run("upload", "--keystore", tmp_path / "one/keystore", "--replace", "-o", upload)[0] == 0
        assert upload.read_text().startswith("-----BEGIN CERTIFICATE-----")
    upload.write_bytes(x509.load_pem_x509_certificate(upload.read_bytes()).public_bytes(Encoding.DER))
    assert run("upload", "--keystore", tmp_path / "one/keystore", "--replace", "-o", upload)[0] == 0


def test_the_module_runs_as_a_command_from_any_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reference_ca", "keystore", "fcu", "--length", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "fcu/keystore/fcu.crt").exists()
    nothing = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert nothing.returncode == 1
    assert nothing.stderr.startswith("reference-ca: the file exists and is not overwritten: fcu/")


def test_the_library_itself_loads_neither_click_nor_the_judging_package() -> None:
    unwanted = {"click", "rich", "fcu_conform", "ruamel.yaml"}
    script = f"import sys, reference_ca; print(sorted({unwanted!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=600)
    assert done.stdout.strip() == "[]", done.stderr


def test_no_module_of_the_package_names_the_judging_one() -> None:
    folder = Path(reference_ca.__file__).parent
    modules = list(folder.glob("*.py"))
    assert len(modules) > 10
    assert [path.name for path in modules if "fcu_conform" in path.read_text()] == []

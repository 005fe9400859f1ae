"""Blobs and files, names, and issuers that were not made here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from reference_ca_helpers import OpenSsl, Run

import reference_ca
from reference_ca import Blob, DistinguishedName, KeySource, RootAuthority, SecretBlob
from reference_ca.files import create_file


def test_a_blob_is_written_appended_and_handed_out_as_a_file(tmp_path: Path) -> None:
    blob = Blob(b"one\n")
    path = blob.write_to_path(tmp_path / "file")
    Blob(b"two\n").write_to_path(path, append=True)
    assert path.read_bytes() == b"one\ntwo\n"
    Blob(b"three\n").write_to_path(path, replace=True)
    assert path.read_bytes() == b"three\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    with blob.tempfile() as name:
        assert Path(name).read_bytes() == b"one\n"
    assert not Path(name).exists()


def test_blobs_are_equal_by_kind_and_bytes_and_show_only_their_size() -> None:
    assert Blob(b"a") == Blob(b"a")
    assert len({Blob(b"a"), Blob(b"a"), SecretBlob(b"a")}) == 2
    assert repr(SecretBlob(b"secret")) == "<SecretBlob of 6 bytes>"


def test_an_incomplete_file_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(reference_ca.ReferenceCaError, match="No space left on device"):
        create_file(tmp_path / "file", b"data")
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_operating_system_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(reference_ca.ReferenceCaError, match=r"No such file or directory: .*missing") as error:
        Blob(b"x").write_to_path(tmp_path / "missing" / "file")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("common_name", "x" * 65, "common-name is longer than 64"),
        ("organization_name", "x" * 65, "organization-name is longer than 64"),
        ("locality_name", "x" * 129, "locality-name is longer than 128"),
        ("state_or_province_name", "a\nb", "control character"),
        ("country_name", "F1", "not two letters"),
    ],
)
def test_a_value_that_no_x509_name_can_hold_is_refused(field: str, value: str, words: str) -> None:
    with pytest.raises(reference_ca.ConfigError, match=words):
        DistinguishedName(**{field: value})


def test_names_of_the_greatest_length_are_issued(openssl: OpenSsl) -> None:
    name = DistinguishedName("c" * 64, "é" * 64, "u" * 64, "ü" * 128, "s" * 128, "FI")
    certificate = RootAuthority(name).certificate
    assert "C = FI" in openssl("x509", "-noout", "-subject", stdin=certificate.public_bytes(Encoding.PEM))
    assert certificate.subject == name.as_x509()


def test_an_issuer_without_any_extension_is_named_by_the_digest_of_its_key(tmp_path: Path, openssl: OpenSsl) -> None:
    key, config = tmp_path / "key.pem", tmp_path / "bare.cnf"
    config.write_text("[req]\ndistinguished_name=dn\n[dn]\n")
    openssl("ecparam", "-out", key, "-name", "prime256v1", "-genkey")
    arguments = ("-x509", "-key", key, "-subj", "/CN=Bare", "-config", config, "-out", tmp_path / "ca.pem")
    openssl("req", "-new", *arguments)
    bare = reference_ca.Authority.load(key.read_bytes(), (tmp_path / "ca.pem").read_bytes())
    for certificate in (bare.issue_device("device-1").certificate, bare.intermediate().certificate):
        identifier = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        expected = x509.SubjectKeyIdentifier.from_public_key(bare.certificate.public_key())
        assert identifier.key_identifier == expected.digest


def test_a_request_with_a_key_of_another_kind_is_refused(source: KeySource) -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(DistinguishedName("FCU").as_x509())
    request = builder.sign(ed25519.Ed25519PrivateKey.generate(), None).public_bytes(Encoding.PEM)
    with pytest.raises(reference_ca.RequestError, match="not on P-256"):
        RootAuthority(source=source).sign_request(request)


def test_a_critical_hierarchy_passes_the_strict_reader(tmp_path: Path, run: Run, openssl: OpenSsl) -> None:
    config = tmp_path / "fcu.yml"
    config.write_text("setup-ca-as-intermediate: true\ncertificate-authority: {common-name: FCU}\n")
    keystore = tmp_path / "keystore"
    assert run("setup", "--config", config, "--keystore", keystore)[0] == 0
    assert run("sign", "--keystore", keystore, "--critical", "--ca-out", tmp_path / "cas")[0] == 0
    arguments = ("-x509_strict", "-no-CApath", "-CAfile", tmp_path / "cas/root/ca_chain.pem")
    middle = tmp_path / "cas/intermediate-1/ca_chain.pem"
    assert "OK" in openssl("verify", *arguments, "-untrusted", middle, keystore / "fcu.crt")

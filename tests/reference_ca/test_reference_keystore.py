"""Keystores: what setup writes and what it never overwrites, what FCU's API tells of it, and where fcu.yml is found."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from reference_ca_helpers import OpenSsl, with_chain

import reference_ca
from reference_ca import Config, DistinguishedName, FactoryToolApi, KeySource, Keystore, RootAuthority

SetUp = Callable[[int], Keystore]
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX modes")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def config() -> Config:
    return Config(certificate_authority=DistinguishedName("FCU line 1", country_name="FI"))


def test_setup_makes_a_key_and_a_self_signed_certificate(tmp_path: Path, config: Config, openssl: OpenSsl) -> None:
    keystore = Keystore(tmp_path / "keystore")
    keystore.setup(config)
    assert set(contents(keystore.folder)) == {"fcu_private_key.pem", "fcu.crt"}
    arguments = ("-no-CApath", "-CAfile", keystore.certificate_file)
    assert "OK" in openssl("verify", *arguments, "-check_ss_sig", keystore.certificate_file)
    public = openssl("x509", "-in", keystore.certificate_file, "-noout", "-pubkey")
    assert public == openssl("pkey", "-in", keystore.private_key_file, "-pubout")


def test_setup_as_intermediate_makes_a_key_and_a_request_only(tmp_path: Path, openssl: OpenSsl) -> None:
    keystore = Keystore(tmp_path / "keystore")
    keystore.setup(Config(setup_ca_as_intermediate=True, certificate_authority=DistinguishedName("FCU line 1")))
    assert set(contents(keystore.folder)) == {"fcu_private_key.pem", "fcu_csr.pem"}
    openssl("req", "-in", keystore.csr_file, "-noout", "-verify")
    request = x509.load_pem_x509_csr(keystore.csr_file.read_bytes())
    assert request.subject.rfc4514_string() == "CN=FCU line 1"
    public = openssl("req", "-in", keystore.csr_file, "-noout", "-pubkey")
    assert public == openssl("pkey", "-in", keystore.private_key_file, "-pubout")


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_key_is_readable_only_by_its_owner_for_any_umask(tmp_path: Path, config: Config, umask: int) -> None:
    keystore = Keystore(tmp_path / "keystore")
    old = os.umask(umask)
    try:
        keystore.setup(config)
    finally:
        os.umask(old)
    assert mode(keystore.private_key_file) == 0o600
    assert mode(keystore.folder) == 0o700


@pytest.mark.parametrize("name", ["fcu_private_key.pem", "fcu.crt", "fcu_csr.pem"])
def test_setup_overwrites_nothing_and_leaves_no_new_files(tmp_path: Path, config: Config, name: str) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(reference_ca.ExistsError, match=name):
        Keystore(tmp_path).setup(config)
    assert contents(tmp_path) == {name: b"precious"}


@posix
def test_a_dangling_link_in_place_of_the_key_is_not_followed(tmp_path: Path, config: Config) -> None:
    keystore = Keystore(tmp_path / "keystore")
    keystore.folder.mkdir()
    keystore.private_key_file.symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(reference_ca.ExistsError, match=r"fcu_private_key\.pem"):
        keystore.setup(config)
    with pytest.raises(reference_ca.ExistsError, match=r"fcu_private_key\.pem"):
        RootAuthority().private_key_pem.write_to_path(keystore.private_key_file)
    assert not (tmp_path / "elsewhere.pem").exists()


def test_replace_writes_a_new_certificate_and_keeps_the_key(tmp_path: Path, config: Config) -> None:
    keystore = Keystore(tmp_path / "keystore")
    keystore.setup(config)
    before = contents(keystore.folder)
    keystore.setup(config, replace=True)
    after = contents(keystore.folder)
    assert after["fcu_private_key.pem"] == before["fcu_private_key.pem"]
    assert after["fcu.crt"] != before["fcu.crt"]
    assert keystore.check() == []


@posix
def test_replacing_a_linked_certificate_replaces_the_link_and_keeps_its_target(tmp_path: Path, config: Config) -> None:
    keystore = Keystore(tmp_path / "keystore")
    keystore.setup(config)
    target = tmp_path / "shared.crt"
    keystore.certificate_file.rename(target)
    keystore.certificate_file.symlink_to(target)
    before = target.read_bytes()
    keystore.setup(config, replace=True)
    assert target.read_bytes() == before
    assert not keystore.certificate_file.is_symlink()


def test_no_flag_makes_a_private_key_replaceable(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    secret = RootAuthority().private_key_pem
    secret.write_to_path(path)
    with pytest.raises(reference_ca.ReferenceCaError, match="a file of its own"):
        secret.write_to_path(path, replace=True)
    with pytest.raises(reference_ca.ReferenceCaError, match="a file of its own"):
        secret.write_to_path(path, append=True)
    assert path.read_bytes() == secret.data


def test_a_subject_without_any_attribute_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(reference_ca.ConfigError, match=r"201.*certificate-authority has no value"):
        Keystore(tmp_path / "keystore").setup(Config())
    assert not (tmp_path / "keystore").exists()


@pytest.mark.parametrize("length", range(1, 7))
def test_fcu_crt_contains_only_certificates_with_the_root_last(length: int, setup_of_length: SetUp) -> None:
    keystore = setup_of_length(length)
    lines = keystore.certificate_file.read_text().splitlines()
    outside, inside = [], False
    for text in lines:
        inside = inside or text == "-----BEGIN CERTIFICATE-----"
        outside += [] if inside else [text]
        inside = inside and text != "-----END CERTIFICATE-----"
    assert outside == []
    chain = x509.load_pem_x509_certificates(keystore.certificate_file.read_bytes())
    assert len(chain) == length
    for certificate, issuer in zip(chain, [*chain[1:], chain[-1]], strict=True):
        certificate.verify_directly_issued_by(issuer)
    assert reference_ca.get_setup_status(keystore).status == 0


def test_a_chain_in_the_wrong_order_incomplete_or_for_another_key_is_not_installed(
    setup_of_length: SetUp, source: KeySource
) -> None:
    keystore = setup_of_length(3)
    fcu, intermediate, root = keystore.chain()
    keystore.certificate_file.unlink()
    for chain, words in (
        ((fcu, root, intermediate), "certificate 1 of 3: the next one is not its issuer"),
        ((fcu, intermediate), "certificate 2 of 2: the last certificate is not a root"),
        ((intermediate, root), "does not match the first certificate"),
    ):
        with pytest.raises(reference_ca.FcuError, match=words):
            keystore.install_chain(chain)
    assert not keystore.certificate_file.exists()
    keystore.install_chain((fcu, intermediate, root))
    assert keystore.chain() == (fcu, intermediate, root)


def test_external_credentials_are_written_under_fcus_names(tmp_path: Path) -> None:
    keystore = Keystore(tmp_path / "keystore")
    authority = RootAuthority().intermediate("FCU line 7")
    keystore.provide(authority)
    assert set(contents(keystore.folder)) == {"fcu_private_key.pem", "fcu.crt"}
    assert keystore.authority().chain == authority.chain


def test_a_key_as_openssl_ecparam_writes_it_is_read(tmp_path: Path, openssl: OpenSsl) -> None:
    key = tmp_path / "root_key.pem"
    openssl("ecparam", "-out", key, "-name", "prime256v1", "-genkey")
    assert key.read_text().startswith("-----BEGIN EC PARAMETERS-----")
    openssl(
        "req",
        "-new",
        "-x509",
        "-key",
        key,
        "-subj",
        "/CN=Own CA",
        "-days",
        "12775",
        "-out",
        tmp_path / "ca.pem",
    )
    own = reference_ca.Authority.load(key.read_bytes(), (tmp_path / "ca.pem").read_bytes())
    device = own.issue_device("device-1")
    device.certificate.verify_directly_issued_by(own.certificate)


# --- the stand-in for FCU's API -------------------------------------------------------------


def test_the_api_sets_up_from_fcu_yml_and_returns_the_remaining_steps(tmp_path: Path, source: KeySource) -> None:
    api = FactoryToolApi(tmp_path, source)
    assert api.setup().status == 195
    api.config_file.parent.mkdir()
    with_chain(Config.example(source), 2).as_yaml().write_to_path(api.config_file)
    assert api.get_setup_status().status == 210
    status = api.setup()
    assert status.status == 0
    assert "sign fcu_csr.pem" in status.warnings[0].message
    assert api.get_setup_status().status == 212
    api.keystore.install_chain(RootAuthority(source=source).sign_request(api.keystore.request().data))
    assert api.get_setup_status().status == 0
    again = api.setup()
    assert again.status == 100
    assert "not overwritten" in again.errors[0].message


def test_the_api_finds_its_folder_by_fcu_home_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FCU_HOME_DIR", str(tmp_path))
    assert FactoryToolApi().get_setup_status().ca_details.keystore_dir == str(tmp_path / "keystore")


def test_no_private_key_shows_in_any_repr_or_error(setup_of_length: SetUp) -> None:
    keystore = setup_of_length(2)
    authority = keystore.authority(KeySource("repr"))
    device = authority.issue_device("device-1")
    secrets = [authority.private_key_pem.data, device.private_key_pem.data]
    shown = f"{authority!r} {device!r} {authority.private_key_pem!r} {KeySource('hush-hush')!r} {vars(authority)!r}"
    for secret in secrets:
        assert not any(text in shown for text in secret.decode().splitlines()[1:-1])
    assert "hush" not in shown
    keystore.private_key_file.write_bytes(secrets[0].replace(b"M", b"%"))
    (error,) = keystore.check()
    assert not any(text in repr(error) + str(error) for text in secrets[0].decode().splitlines()[1:-1])


def test_fcu_yml_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    name = DistinguishedName('FCU "one": # tricky', "yes", "NO", "Åbo", "0x10", "NO")
    config = Config(True, 3, name, device_info={"memory-total-kb": 64, "timezone": "UTC"}, vendor_id="null")
    path = config.as_yaml().write_to_path(tmp_path / "fcu.yml")
    assert Config.read(path) == config


def test_a_template_gets_its_value_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTORY_DIR", "/srv/factory")
    (tmp_path / "fcu.yml").write_text("update-auth-certificate-file: <%= ENV['FACTORY_DIR'] %>/update.der\n")
    assert Config.read(tmp_path / "fcu.yml").update_auth_certificate_file == "/srv/factory/update.der"


@pytest.mark.parametrize("place", ["config/fcu.yml", "fcu.yml", "keystore/fcu.yml"])
def test_fcu_yml_is_found_beside_the_keystore(tmp_path: Path, place: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "keystore").mkdir()
    (tmp_path / place).write_text("{}")
    assert reference_ca.find_config(tmp_path / "keystore") == tmp_path / place

"""Keystores: what setup writes and what it never overwrites, and how get_setup_status judges a faulty one."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from reference_ca_helpers import OpenSsl, with_chain

import reference_ca
from reference_ca import Config, DistinguishedName, FactoryToolApi, Keystore, RootAuthority, Source

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
def test_the_key_is_for_its_owner_only_whatever_the_umask(tmp_path: Path, config: Config, umask: int) -> None:
    keystore = Keystore(tmp_path / "keystore")
    old = os.umask(umask)
    try:
        keystore.setup(config)
    finally:
        os.umask(old)
    assert mode(keystore.private_key_file) == 0o600
    assert mode(keystore.folder) == 0o700


@pytest.mark.parametrize("name", ["fcu_private_key.pem", "fcu.crt", "fcu_csr.pem"])
def test_setup_overwrites_nothing_and_leaves_nothing_new_behind(tmp_path: Path, config: Config, name: str) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(reference_ca.ExistsError, match=name):
        Keystore(tmp_path).setup(config)
    assert contents(tmp_path) == {name: b"precious"}


@posix
def test_a_dangling_link_in_the_keys_place_is_not_followed(tmp_path: Path, config: Config) -> None:
    keystore = Keystore(tmp_path / "keystore")
    keystore.folder.mkdir()
    keystore.private_key_file.symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(reference_ca.ExistsError, match=r"fcu_private_key\.pem"):
        keystore.setup(config)
    with pytest.raises(reference_ca.ExistsError, match=r"fcu_private_key\.pem"):
        RootAuthority().private_key_pem.write_to_path(keystore.private_key_file)
    assert not (tmp_path / "elsewhere.pem").exists()


def test_replace_writes_the_certificate_anew_and_keeps_the_key(tmp_path: Path, config: Config) -> None:
    keystore = Keystore(tmp_path / "keystore")
    keystore.setup(config)
    before = contents(keystore.folder)
    keystore.setup(config, replace=True)
    after = contents(keystore.folder)
    assert after["fcu_private_key.pem"] == before["fcu_private_key.pem"]
    assert after["fcu.crt"] != before["fcu.crt"]
    assert keystore.check() == []


@posix
def test_replacing_a_linked_certificate_exchanges_the_link_and_leaves_its_target(
    tmp_path: Path, config: Config
) -> None:
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
def test_fcu_crt_is_certificate_blocks_only_with_the_root_last(length: int, setup_of_length: SetUp) -> None:
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
    setup_of_length: SetUp, source: Source
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


# --- get_setup_status -----------------------------------------------------------------------


def numbers(keystore: Keystore, config: Path | Config | None = None) -> list[int]:
    return [error.code for error in reference_ca.get_setup_status(keystore, config).errors]


def test_a_good_keystore_has_status_0_and_its_four_paths(setup_of_length: SetUp) -> None:
    keystore = setup_of_length(3)
    status = reference_ca.get_setup_status(keystore.folder)
    assert status.as_mapping() == {
        "status": 0,
        "ca_details": {
            "keystore_dir": str(keystore.folder),
            "certificate_file": str(keystore.folder / "fcu.crt"),
            "csr_file": str(keystore.folder / "fcu_csr.pem"),
            "private_key_file": str(keystore.folder / "fcu_private_key.pem"),
        },
        "errors": [],
        "warnings": [],
    }


def no_certificate(keystore: Keystore) -> None:
    keystore.certificate_file.unlink()
    keystore.csr_file.unlink()


def unsigned_request(keystore: Keystore) -> None:
    keystore.certificate_file.unlink()


def broken_certificate(keystore: Keystore) -> None:
    keystore.certificate_file.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


def der_certificate(keystore: Keystore) -> None:
    keystore.certificate_file.write_bytes(b"\x30\x03\x02\x01\x01")


def folder_as_certificate(keystore: Keystore) -> None:
    keystore.certificate_file.unlink()
    keystore.certificate_file.mkdir()


def no_key(keystore: Keystore) -> None:
    keystore.private_key_file.unlink()


def broken_key(keystore: Keystore) -> None:
    keystore.private_key_file.write_text(keystore.private_key_file.read_text().replace("A", "!"))


def key_of_another(keystore: Keystore) -> None:
    keystore.private_key_file.write_bytes(RootAuthority().private_key_pem.data)


def nothing_at_all(keystore: Keystore) -> None:
    no_certificate(keystore)
    no_key(keystore)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (no_certificate, [210]),
        (unsigned_request, [212]),
        (broken_certificate, [211]),
        (der_certificate, [211]),
        (folder_as_certificate, [211]),
        (no_key, [220]),
        (broken_key, [221]),
        (key_of_another, [100]),
        (nothing_at_all, [210, 220]),
    ],
)
def test_a_faulty_keystore_has_fcus_number(
    setup_of_length: SetUp, spoil: Callable[[Keystore], None], expected: list[int]
) -> None:
    keystore = setup_of_length(3)
    assert numbers(keystore) == []
    spoil(keystore)
    status = reference_ca.get_setup_status(keystore)
    assert [error.code for error in status.errors] == expected
    assert status.status == expected[0]
    assert all("\n" not in error.message for error in status.errors)
    assert status.ca_details.csr_file == str(keystore.csr_file)


def test_an_encrypted_key_and_a_key_on_another_curve_are_221(setup_of_length: SetUp, openssl: OpenSsl) -> None:
    keystore = setup_of_length(1)
    key = keystore.private_key_file
    encrypted = openssl("pkey", "-in", key, "-aes256", "-passout", "pass:secret")
    other = openssl("ecparam", "-name", "secp384r1", "-genkey")
    for text, words in ((encrypted, "encrypted"), (other, "not on P-256")):
        key.write_text(text)
        (error,) = reference_ca.get_setup_status(keystore).errors
        assert error.code == 221
        assert words in error.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"use-bootstrap: [", [200]),
        (b"- a\n- b\n", [200]),
        (b"", [200]),
        (b"use-bootstrap: true\nuse-bootstrap: false\n", [200]),
        (b"use-bootstrap: maybe", [201]),
        (b"device-certificate-chain-depth: true", [201]),
        (b"device-certificate-chain-depth: two", [201]),
        (b"device-certificate-chain-depth: 0", [201]),
        (b"device-key-generation-mode: by_magic", [201]),
        (b"certificate-authority: FCU", [201]),
        (b"certificate-authority: {common-name: 5}", [201]),
        (b"certificate-authority: {country-name: Finland}", [201]),
        (b"use-bootstrap: false\nfirst-to-claim: true", [201]),
        (b"bootstrap-server-uri: <%= ENV['NO_SUCH_VARIABLE'] %>", [201]),
        (b"\xff\xfe\x00", [190]),
        (b"a: " + b"[" * 3000, [200]),
        (b"device-certificate-chain-depth: 2\ndevice-info: &a {x: *a}", []),
        (b"device-certificate-chain-depth: 2\ndevice-info: [1]", [201]),
        (b"use-bootstrap: true", [112]),
        (b"use-bootstrap: true\ndevice-certificate-chain-depth:\n", [112]),
        (b"device-certificate-chain-depth: 5", [111]),
        (b"device-certificate-chain-depth: 4", []),
    ],
)
def test_a_faulty_fcu_yml_has_fcus_number(
    setup_of_length: SetUp, tmp_path: Path, text: bytes, expected: list[int]
) -> None:
    keystore = setup_of_length(3)
    path = tmp_path / "other.yml"
    path.write_bytes(text)
    assert numbers(keystore, path) == expected


def test_a_missing_fcu_yml_is_195_and_a_folder_in_its_place_190(setup_of_length: SetUp, tmp_path: Path) -> None:
    keystore = setup_of_length(3)
    assert numbers(keystore, tmp_path / "none.yml") == [195]
    assert numbers(keystore, tmp_path) == [190]
    (keystore.folder.parent / "config" / "fcu.yml").unlink()
    assert numbers(keystore) == [195]


@posix
def test_files_that_may_not_be_read_are_197(setup_of_length: SetUp) -> None:
    made = setup_of_length(1).folder.parent
    with tempfile.TemporaryDirectory() as place:  # a folder that another user can enter
        folder = Path(place)
        folder.chmod(0o755)
        shutil.copytree(made, folder / "fcu")
        keystore = Keystore(folder / "fcu/keystore")
        keystore.folder.chmod(0o755)
        assert numbers(keystore) == []
        for path in (keystore.certificate_file, keystore.private_key_file, folder / "fcu/config/fcu.yml"):
            path.chmod(0)
        with as_an_ordinary_user():
            assert numbers(keystore) == [197, 197, 197]


@contextlib.contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Root may read anything, so root looks at it as somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_depths_that_a_device_or_a_portal_cannot_use_are_warned_about(setup_of_length: SetUp) -> None:
    keystore = setup_of_length(6)
    for depth, words in ((6, "at most 5"), (7, "nothing is left to upload")):
        status = reference_ca.get_setup_status(keystore, Config(device_certificate_chain_depth=depth))
        assert status.status == 0
        assert any(words in warning.message for warning in status.warnings)
    assert reference_ca.get_setup_status(keystore, Config(device_certificate_chain_depth=5)).warnings == []


@posix
def test_a_key_that_others_may_read_is_warned_about(setup_of_length: SetUp) -> None:
    keystore = setup_of_length(1)
    keystore.private_key_file.chmod(0o640)
    (warning,) = reference_ca.get_setup_status(keystore).warnings
    assert "0640" in warning.message


# --- the stand-in for FCU's API -------------------------------------------------------------


def test_the_api_sets_up_from_fcu_yml_and_tells_what_is_left_to_do(tmp_path: Path, source: Source) -> None:
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
    authority = keystore.authority(Source("repr"))
    device = authority.issue_device("device-1")
    secrets = [authority.private_key_pem.data, device.private_key_pem.data]
    shown = f"{authority!r} {device!r} {authority.private_key_pem!r} {Source('hush-hush')!r} {vars(authority)!r}"
    for secret in secrets:
        assert not any(text in shown for text in secret.decode().splitlines()[1:-1])
    assert "hush" not in shown
    keystore.private_key_file.write_bytes(secrets[0].replace(b"M", b"%"))
    (error,) = keystore.check()
    assert not any(text in repr(error) + str(error) for text in secrets[0].decode().splitlines()[1:-1])


def test_a_key_file_with_two_keys_or_none_is_221(setup_of_length: SetUp) -> None:
    keystore = setup_of_length(1)
    key = keystore.private_key_file.read_bytes()
    for data in (key + key, keystore.certificate_file.read_bytes(), b""):
        keystore.private_key_file.write_bytes(data)
        assert numbers(keystore) == [221]
    keystore.private_key_file.write_bytes(b"a word before\n" + key)
    assert numbers(keystore) == []


def test_fcu_yml_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    name = DistinguishedName('FCU "one": # tricky', "yes", "NO", "Åbo", "0x10", "NO")
    config = Config(True, 3, name, device_info={"memory-total-kb": 64, "timezone": "UTC"}, vendor_id="null")
    path = config.as_yaml().write_to_path(tmp_path / "fcu.yml")
    assert Config.read(path) == config


def test_a_template_takes_its_value_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTORY_DIR", "/srv/factory")
    (tmp_path / "fcu.yml").write_text("update-auth-certificate-file: <%= ENV['FACTORY_DIR'] %>/update.der\n")
    assert Config.read(tmp_path / "fcu.yml").update_auth_certificate_file == "/srv/factory/update.der"


@pytest.mark.parametrize("place", ["config/fcu.yml", "fcu.yml", "keystore/fcu.yml"])
def test_fcu_yml_is_found_beside_the_keystore(tmp_path: Path, place: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "keystore").mkdir()
    (tmp_path / place).write_text("{}")
    assert reference_ca.find_config(tmp_path / "keystore") == tmp_path / place

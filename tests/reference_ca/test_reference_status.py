"""How get_setup_status judges a keystore and its fcu.yml: FCU's own numbers for each fault, and its warnings."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reference_ca_helpers import OpenSsl

import reference_ca
from reference_ca import Config, Keystore, RootAuthority

SetUp = Callable[[int], Keystore]
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX modes")


def numbers(keystore: Keystore, config: Path | Config | None = None) -> list[int]:
    return [error.code for error in reference_ca.get_setup_status(keystore, config).errors]


def test_a_good_keystore_has_status_0_and_four_paths(setup_of_length: SetUp) -> None:
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
def test_a_faulty_keystore_has_the_error_number_of_fcu(
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
def test_a_faulty_fcu_yml_has_the_error_number_of_fcu(
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


def test_a_key_file_with_two_keys_or_none_is_221(setup_of_length: SetUp) -> None:
    keystore = setup_of_length(1)
    key = keystore.private_key_file.read_bytes()
    for data in (key + key, keystore.certificate_file.read_bytes(), b""):
        keystore.private_key_file.write_bytes(data)
        assert numbers(keystore) == [221]
    keystore.private_key_file.write_bytes(b"a word before\n" + key)
    assert numbers(keystore) == []

"""A keystore folder: second copies of its key, and what could not be searched for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from artefacts.makers import Line, key_pem, make_key
from fcu_conform.artefacts.bounded_io.limits import KEYSTORE_ENTRIES, KEYSTORE_NESTING, MIB
from fcu_conform.artefacts.keystore import Keystore

KEY = make_key("FCU line 1")
OTHER = make_key("somebody else")
SCALAR = KEY.private_numbers().private_value.to_bytes(32, "big")


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def copies(line: Line) -> list[tuple[str, str]]:
    return [(copy.name, copy.what) for copy in Keystore(line.keystore).key_copies]


def unsearched(line: Line) -> list[tuple[str, str]]:
    return [(copy.name, copy.what) for copy in Keystore(line.keystore).unsearched]


def test_a_clean_keystore_has_no_copies_and_is_searched_completely(line: Line) -> None:
    assert copies(line) == []
    assert unsearched(line) == []


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("fcu_private_key.pem.bak", key_pem(KEY), "a PEM private key"),
        (".fcu_private_key.pem.swp", b"b0VIM\0\0" + key_pem(KEY), "a PEM private key"),
        ("deep/in/notes.txt", b"see " + key_pem(OTHER), "a PEM private key"),
        ("utf16.pem", key_pem(KEY).decode().encode("utf-16"), "a PEM private key"),
        ("key.der", OTHER.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), "a DER private key"),
        ("key.der", OTHER.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
         "a DER private key"),
        ("key.der", KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
         "the bytes of the FCU private key"),
        ("raw", b"x" + SCALAR, "the bytes of the FCU private key"),
        ("hex", SCALAR.hex().upper().encode(), "the FCU private key in hexadecimal"),
        ("fcu.p12", serialize_key_and_certificates(None, OTHER, None, None, BestAvailableEncryption(b"x")),
         "a PKCS#12 file"),
    ],
)  # fmt: skip
def test_a_copy_is_found_under_any_name(line: Line, name: str, data: bytes, what: str) -> None:
    line.write(name, data)
    assert copies(line) == [(name, what)]


def test_a_key_inside_fcu_crt_is_a_copy(line: Line) -> None:
    path = line.keystore / "fcu.crt"
    path.write_bytes(path.read_bytes() + key_pem(KEY))
    assert copies(line) == [("fcu.crt", "a PEM private key")]


def test_public_keys_and_certificates_are_not_copies(line: Line) -> None:
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    line.write("public.der", public)
    line.write("certificate.der", line.chain[0].public_bytes(Encoding.DER))
    line.write("notes.txt", b"the PRIVATE KEY is in the safe")
    assert copies(line) == []


def test_a_link_to_the_key_itself_is_not_a_copy(line: Line) -> None:
    (line.keystore / "CA_private.pem").symlink_to("fcu_private_key.pem")
    assert copies(line) == []


def test_copies_are_sorted_by_name(line: Line) -> None:
    for name in ("b", "a", "c/a"):
        line.write(name, key_pem(KEY))
    assert [name for name, _ in copies(line)] == ["a", "b", "c/a"]


def test_a_folder_that_is_too_deep_to_search_is_reported(line: Line) -> None:
    deep = "/".join(["d"] * (KEYSTORE_NESTING - 1))
    line.write(f"{deep}/key.pem", key_pem(KEY))
    assert copies(line) == [(f"{deep}/key.pem", "a PEM private key")]
    assert unsearched(line) == []
    line.write(f"{deep}/d/key.pem", key_pem(KEY))
    assert copies(line) == [(f"{deep}/key.pem", "a PEM private key")]
    assert unsearched(line) == [(f"{deep}/d", f"lies more than {KEYSTORE_NESTING - 1} folders deep")]


def test_entries_beyond_the_limit_are_reported(line: Line) -> None:
    here = len(list(line.keystore.iterdir()))
    for number in range(KEYSTORE_ENTRIES - here):
        (line.keystore / f"x{number:05}").touch()
    assert unsearched(line) == []
    (line.keystore / "zz").touch()
    assert unsearched(line) == [("zz", f"the keystore has more than {KEYSTORE_ENTRIES} entries")]


def test_a_file_that_is_too_large_is_reported(line: Line) -> None:
    line.write("image", bytes(4 * MIB + 1))
    assert copies(line) == []
    assert unsearched(line) == [("image", f"has more than {4 * MIB} bytes")]


def test_the_search_stops_at_its_limit_of_bytes(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "zz"):
        line.write(name, bytes(1000))
    monkeypatch.setattr("fcu_conform.artefacts.keystore.KEYSTORE_SEARCHED", 2000)
    assert unsearched(line) == [("fcu.crt", "the files before it have more than 2000 bytes")]

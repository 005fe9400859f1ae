"""The search for copies of a key, and the names and options of setups, at their limits."""

from __future__ import annotations

import base64
import errno
import json
import os
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from fcu_conform.artefacts import keystore
from fcu_conform.artefacts.keystore import KeyCopy
from fcu_conform.artefacts.setup import read_setups
from fcu_conform.artefacts.usage import UsageError

from .makers import AT, Line, key_pem, make_key


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "line")


def searched(line: Line) -> tuple[tuple[KeyCopy, ...], tuple[KeyCopy, ...]]:
    found = keystore.Keystore(line.keystore)
    return found.key_copies, found.unsearched


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"x-----BEGIN PRIVATE KEY-----x", "a PEM private key"),
        ("-----BEGIN EC PRIVATE KEY-----".encode("utf-16-le"), "a PEM private key"),
        (b"\x30\x06\x02\x01\x03\x30\x01\0", "a PKCS#12 file"),
        (b"\x30\x06\x02\x01\x04\x30\x01\0", ""),
        (b"\x30\x0d\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d", "an encrypted DER private key"),
        (b"\x30\x0e\x30\x0c\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03", "an encrypted DER private key"),
        (b"\x30\x0d\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x0d", ""),
        (b"\x30\x04\x30\x02\x05\0", ""),
        (b"\x30", ""),
        (b"", ""),
    ],
)
def test_private_keys_are_recognised_in_bytes(data: bytes, what: str, line: Line) -> None:
    line.write("x", data)
    copies, unsearched = searched(line)
    assert copies == ((KeyCopy("x", what),) if what else ())
    assert unsearched == ()


def test_the_bytes_of_the_key_are_found_in_either_form(line: Line) -> None:
    scalar = make_key("FCU line 1").private_numbers().private_value.to_bytes(32, "big")
    for name, data in (("a", scalar), ("b", scalar.hex().encode()), ("c", scalar.hex().upper().encode())):
        line.write(name, b"xx" + data + b"xx")
    line.write("d", scalar[:-1])
    assert [copy.name for copy in searched(line)[0]] == ["a", "b", "c"]
    words = ["the bytes of the FCU private key", *["the FCU private key in hexadecimal"] * 2]
    assert [copy.what for copy in searched(line)[0]] == words


HEX, BASE64 = "the FCU private key in hexadecimal", "the FCU private key in base64"
SCALAR = make_key("FCU line 1").private_numbers().private_value.to_bytes(32, "big")
PEM = key_pem(make_key("FCU line 1"))
AS_TEXT = {
    "colons": (SCALAR.hex(":"), HEX),
    "capitals": (f"priv:\n    {SCALAR[:15].hex(':').upper()}:\n    {SCALAR[15:].hex(':').upper()}\n", HEX),
    "list": (", ".join(f"0x{octet:02x}" for octet in SCALAR), HEX),
    "escaped": ("".join(f"\\x{octet:02x}" for octet in SCALAR), HEX),
    "number": (f"d={int.from_bytes(SCALAR, 'big')}", "the FCU private key as a number"),
    "body": ("".join(PEM.decode().splitlines(keepends=True)[1:-1]), BASE64),
    "base64 1": (base64.b64encode(SCALAR).decode(), BASE64),
    "base64 2": (base64.b64encode(b"x" + SCALAR).decode(), BASE64),
    "base64 3": (base64.encodebytes(b"xx" + SCALAR * 2).decode(), BASE64),
    "url": (base64.urlsafe_b64encode(SCALAR).decode().rstrip("="), BASE64),
    "secret": (f"data:\n  tls.key: {base64.b64encode(PEM).decode()}\n", "a PEM private key in base64"),
    "secret 2": (base64.encodebytes(b"x" + PEM).decode(), "a PEM private key in base64"),
    "jwk": (
        json.dumps({"kty": "EC", "crv": "P-256", "d": base64.urlsafe_b64encode(SCALAR).decode().rstrip("=")}),
        "a private key as JWK",
    ),
    "another's jwk": ('{"kty":"OKP","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}', "a private key as JWK"),
}


@pytest.mark.parametrize(("text", "what"), AS_TEXT.values(), ids=AS_TEXT)
@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_a_copy_as_text_is_found(text: str, what: str, encoding: str, line: Line) -> None:
    line.write("note", text.encode(encoding))
    line.write("near", text.replace("d", "e").replace("7", "8").replace("S", "T").encode(encoding))
    assert searched(line) == ((KeyCopy("note", what),), ())


def _encrypted() -> bytes:
    how = BestAvailableEncryption(b"secret")
    return make_key("FCU line 1").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


@pytest.mark.parametrize("key", ["encrypted", "none"])
def test_text_that_may_be_a_key_counts_as_unsearched_if_the_key_is_unknown(key: str, line: Line) -> None:
    line.write(keystore.KEY_NAME, _encrypted() if key == "encrypted" else b"")
    for name, data in (("a", SCALAR.hex(":")), ("b", str(int.from_bytes(SCALAR, "big"))), ("c", "no key 0123456789")):
        line.write(name, data.encode())
    line.write("d", (line.keystore / keystore.CERTIFICATE_NAME).read_bytes())
    copies, unsearched = searched(line)
    assert copies == ()
    assert [copy.name for copy in unsearched] == ["a", "b"]


def test_small_numbers_are_not_taken_for_a_weak_key(line: Line) -> None:
    weak = ec.derive_private_key(7, ec.SECP256R1())
    line.write(keystore.KEY_NAME, key_pem(weak))
    line.write("a", b"7 of 007")
    assert searched(line) == ((), ())


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x1f\x8b", "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"(\xb5/\xfd", "zstandard"),
        (b"7z\xbc\xaf'\x1c", "7z"),
    ],
)
def test_compressed_files_are_reported_as_unsearched(data: bytes, kind: str, line: Line) -> None:
    line.write("x", data + b"more")
    assert searched(line) == ((), (KeyCopy("x", f"it is compressed ({kind})"),))
    line.write("x", data[:-1])
    assert searched(line) == ((), ())


def test_entries_are_looked_at_up_to_the_limit(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.write("z", key_pem(make_key("other")))
    count = len(list(line.keystore.iterdir()))
    for limit, found in ((count, 1), (count - 1, 0)):
        monkeypatch.setattr(keystore, "KEYSTORE_ENTRIES", limit)
        copies, unsearched = searched(line)
        assert len(copies) == found
        assert unsearched == (() if found else (KeyCopy("z", f"the keystore has more than {limit} entries"),))


def test_folders_are_searched_up_to_the_limit(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "KEYSTORE_NESTING", 2)
    for name in ("a/x", "a/b/y", "c/x"):
        line.write(name, key_pem(make_key("other")))
    copies, unsearched = searched(line)
    assert [copy.name for copy in copies] == ["a/x", "c/x"]
    assert unsearched == (KeyCopy("a/b", "lies more than 1 folders deep"),)


def test_bytes_are_searched_up_to_the_limit(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in line.keystore.iterdir():
        if path.name != "fcu_private_key.pem":
            path.unlink()
    for name in ("a", "b", "c"):
        line.write(name, b"1234")
    for limit, unsearched in ((9, ()), (8, ("c",)), (4, ("b",)), (5, ("c",))):
        monkeypatch.setattr(keystore, "KEYSTORE_SEARCHED", limit)
        assert searched(line)[1] == tuple(
            KeyCopy(name, f"the files before it have more than {limit} bytes") for name in unsearched
        )
    monkeypatch.setattr(keystore, "KEYSTORE_SEARCHED", 100)
    monkeypatch.setattr(keystore, "_SEARCHED_AT_ONCE", 4)
    assert searched(line)[1] == ()
    monkeypatch.setattr(keystore, "_SEARCHED_AT_ONCE", 3)
    assert searched(line)[1] == tuple(KeyCopy(name, "has more than 3 bytes") for name in ("a", "b", "c"))


def test_a_symbolic_link_to_the_key_is_not_a_copy_and_a_hard_link_is_one(line: Line) -> None:
    (line.keystore / "link").symlink_to("fcu_private_key.pem")
    assert searched(line)[0] == ()
    os.link(line.keystore / "fcu_private_key.pem", line.keystore / "hard")
    assert [copy.name for copy in searched(line)[0]] == ["hard"]


def test_a_keystore_that_cannot_be_opened_is_refused_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    for given, words in ((tmp_path / "gone", "no such folder"), (tmp_path / "file", "is not a folder")):
        with pytest.raises(UsageError) as refused:
            read_setups([given])
        assert str(refused.value) == f"keystore {given}: {words}"

    def failing(error: OSError) -> None:
        def scandir(_path: Path) -> None:
            raise error

        monkeypatch.setattr(os, "scandir", scandir)

    for error, words in ((OSError(errno.EACCES, "x"), "Permission denied"), (OSError("odd"), "odd")):
        failing(error)
        with pytest.raises(UsageError) as told:
            read_setups([tmp_path])
        assert str(told.value) == f"keystore {tmp_path}: cannot be opened: {words}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"chain_depth": 0}, "chain depth 0: must be 1 or more"),
        ({"chain_depth": -1}, "chain depth -1: must be 1 or more"),
        ({"chain_depth": 3}, "chain depth 3: contradicts device-certificate-chain-depth: 2 in "),
        ({"mode": "lwm2m"}, "mode lwm2m: contradicts use-bootstrap in "),
        ({"at": datetime(2026, 1, 1)}, "instant 2026-01-01T00:00:00: has no time zone"),
        ({"portal_uploads": ["a", "b"]}, "portal upload b: there is no keystore for it"),
    ],
)
def test_contradictory_options_are_refused(options: dict[str, object], words: str, line: Line) -> None:
    with pytest.raises(UsageError) as refused:
        read_setups([line.keystore], **options)  # type: ignore[arg-type]
    assert str(refused.value).startswith(words)


def test_consistent_options_are_accepted(line: Line) -> None:
    (setup,) = read_setups([line.keystore], chain_depth=2, mode="bootstrap", at=AT)
    assert (setup.depth, setup.mode, setup.at, setup.name) == (2, "bootstrap", AT, "keystore")
    with pytest.raises(UsageError, match="was passed twice"):
        read_setups([line.keystore, line.keystore / "../keystore"])

"""Signatures: which keys sign, which are refused, and what no message contains."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from artefacts.makers import Line, key_pem, make_key
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from fcu_conform.artefacts.setup import read_setups
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.certification.envelope import open_envelope
from fcu_conform.interfaces.certification.signing import load_signer, load_verifier
from interfaces.certification.doing import Keys

STATEMENT = b'{"a": 1}\n'


def test_an_envelope_holds_the_statement_and_names_the_key(keys: Keys) -> None:
    envelope = load_signer(str(keys.private), None, []).sign(STATEMENT)
    opened = open_envelope(envelope)
    assert opened is not None
    public = load_verifier(str(keys.public))
    assert (opened.statement, opened.key_id) == (STATEMENT, public.key_id)
    assert public.has_signed(envelope)


def test_a_key_id_is_the_digest_that_openssl_computes(keys: Keys) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl command")
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", str(keys.public), "-outform", "DER"], capture_output=True, check=True
    ).stdout
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=der, capture_output=True, check=True).stdout
    assert load_verifier(str(keys.public)).key_id == digest.split()[0].decode()


def test_a_key_on_p256_signs_too_and_another_reader_can_check_it(tmp_path: Path) -> None:
    """The pre-authentication encoding is put together here once more, by the words of the DSSE protocol."""
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key.pem").write_bytes(key_pem(key))
    envelope = json.loads(load_signer(str(tmp_path / "key.pem"), None, []).sign(STATEMENT))
    kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
    encoded = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    [signature] = envelope["signatures"]
    from cryptography.hazmat.primitives.hashes import SHA256

    key.public_key().verify(base64.b64decode(signature["sig"]), encoded, ec.ECDSA(SHA256()))
    assert (kind, payload) == (b"application/vnd.in-toto+json", STATEMENT)


def test_an_encrypted_key_is_opened_by_a_passphrase_from_the_environment(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGN_PASS", "open sesame")
    envelope = load_signer(str(keys.locked), "SIGN_PASS", []).sign(STATEMENT)
    assert load_verifier(str(keys.public)).has_signed(envelope)


def refused(path: Path | str, passphrase_env: str | None = None, option: str = "--sign-key") -> str:
    with pytest.raises(UsageError) as refusal:
        load_signer(str(path), passphrase_env, [], option)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_a_key_that_cannot_be_opened_is_refused_in_one_line(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG", "very secret")
    monkeypatch.delenv("MISSING", raising=False)
    locked = keys.locked
    wanted = "name the environment variable with its passphrase by --sign-passphrase-env"
    assert refused(locked) == f"--sign-key {locked}: is encrypted: {wanted}"
    assert refused(locked, "WRONG") == f"--sign-key {locked}: is not a PEM private key, or the passphrase is wrong"
    assert refused(locked, "MISSING") == "--sign-passphrase-env: there is no environment variable MISSING"
    assert refused(keys.private, "WRONG") == f"--sign-key {keys.private}: is not encrypted, and a passphrase was given"
    assert refused(keys.public) == f"--sign-key {keys.public}: is not a PEM private key"
    assert refused(tmp_path) == f"--sign-key {tmp_path}: is a folder"
    assert refused(tmp_path / "none") == f"--sign-key {tmp_path / 'none'}: no such file or folder"


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())], ids=["rsa", "p384"]
)
def test_a_key_of_another_kind_is_refused(tmp_path: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert refused(path) == f"--sign-key {path}: is neither a P-256 nor an Ed25519 key"


@pytest.mark.parametrize("name", ["FCU line 1", "INT_CA", "ROOT_CA"])
def test_a_key_of_the_ca_that_is_judged_signs_no_statement(tmp_path: Path, name: str) -> None:
    line = Line(tmp_path / "line")
    path = tmp_path / "key.pem"
    path.write_bytes(key_pem(make_key(name)))
    with pytest.raises(UsageError, match=r"is a key of the CA of keystore; sign with your own key$"):
        load_signer(str(path), None, read_setups([line.keystore]))


def test_no_byte_of_the_envelope_can_be_changed(keys: Keys) -> None:
    """Every byte in three ways: either it is no envelope of ours any more, or the signature is not the key's."""
    envelope = load_signer(str(keys.private), None, []).sign(STATEMENT)
    public = load_verifier(str(keys.public))
    survivors = []
    for position in range(len(envelope)):
        for change in (0x01, 0x20, 0x80):
            changed = bytearray(envelope)
            changed[position] ^= change
            try:
                opened = open_envelope(bytes(changed))
            except ValueError:
                continue
            if opened is not None and opened.key_id == public.key_id and public.has_signed(bytes(changed)):
                survivors.append((position, change))
    assert survivors == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda e: {**e, "more": 1},
        lambda e: {**e, "signatures": e["signatures"] * 2},
        lambda e: {**e, "signatures": []},
        lambda e: {**e, "payloadType": "text/plain"},
        lambda e: {**e, "payload": 7},
        lambda e: {**e, "payload": e["payload"] + "\n"},
        lambda e: {**e, "signatures": [{**e["signatures"][0], "keyid": 7}]},
    ],
)
def test_an_envelope_of_another_form_is_refused(keys: Keys, edit) -> None:
    envelope = json.loads(load_signer(str(keys.private), None, []).sign(STATEMENT))
    with pytest.raises(ValueError, match=r"^is (an|a broken) envelope\b"):
        open_envelope((json.dumps(edit(envelope), indent=2) + "\n").encode())


def test_verification_with_another_key_fails(keys: Keys, tmp_path: Path) -> None:
    envelope = load_signer(str(keys.private), None, []).sign(STATEMENT)
    other = Ed25519PrivateKey.generate().public_key()
    (tmp_path / "other.pub").write_bytes(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert not load_verifier(str(tmp_path / "other.pub")).has_signed(envelope)


def test_no_output_shows_the_signing_key(keys: Keys) -> None:
    signer = load_signer(str(keys.private), None, [])
    assert load_pem_public_key(keys.public.read_bytes())
    secret = re.sub(rb"-----[^-]+-----|\s", b"", keys.private.read_bytes()).decode()
    shown = repr(signer) + str(vars(signer)) + signer.sign(STATEMENT).decode()
    assert secret not in shown
    assert base64.b64decode(secret)[-32:].hex() not in shown

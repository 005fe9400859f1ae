"""Forms in which keys, certificates and requests are handed over, and that fix writes as PEM with the same content."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs7,
)
from inprocess import reference_ca

import reference_ca as ca
from fcu_conform.artefacts.setup import read_setups
from fcu_conform.engine.repair.keystore_copy import plan_copy
from fcu_conform.engine.repair.pem_blocks import find_blocks
from fcu_conform.engine.repair.plan import Plan
from fcu_conform.engine.repair.repaired import NotRepairable

AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
KEY, CRT, REQUEST = "fcu_private_key.pem", "fcu.crt", "fcu_csr.pem"


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    source = ca.KeySource("forms", at=AT)
    ca.make_keystore(tmp_path, 3, ca.Config.example(source, name="FCU line 1", depth=2), source)
    return tmp_path / "keystore"


def plan_of(keystore: Path) -> Plan:
    (setup,) = read_setups([keystore], at=AT)
    return plan_copy(setup)


def carriage_returns(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r")


def utf_16(text: bytes) -> bytes:
    return text.decode().encode("utf-16")


def utf_16_without_mark(text: bytes) -> bytes:
    return text.decode().encode("utf-16-le")


def indented(text: bytes) -> bytes:
    return b"".join(b"   " + line for line in text.splitlines(keepends=True))


def on_one_line(text: bytes) -> bytes:
    return text.replace(b"\n", b" ")


def blank_lines(text: bytes) -> bytes:
    return text.replace(b"\n", b"\n\n")


def written_out(text: bytes) -> bytes:
    return text.replace(b"\n", b"\\n")


def typographic_dashes(text: bytes) -> bytes:
    return text.replace(b"-----", "\u2014--".encode())


LAYOUTS = [
    carriage_returns,
    utf_16,
    utf_16_without_mark,
    indented,
    on_one_line,
    blank_lines,
    written_out,
    typographic_dashes,
]


@pytest.mark.parametrize("name", [KEY, CRT, REQUEST])
@pytest.mark.parametrize("change", LAYOUTS)
def test_a_file_with_a_broken_layout_is_written_with_its_content(
    change: Callable[[bytes], bytes], name: str, keystore: Path
) -> None:
    sound = (keystore / name).read_bytes()
    (keystore / name).write_bytes(change(sound))
    plan = plan_of(keystore)
    assert plan.files[name].data == sound
    assert plan.changes
    assert all(line.startswith(f"{name}: ") for line in plan.changes)


def test_pkcs7_as_pem_and_as_der_becomes_an_ordered_chain(keystore: Path) -> None:
    sound = (keystore / CRT).read_bytes()
    certificates = x509.load_pem_x509_certificates(sound)[::-1]
    for encoding in (Encoding.PEM, Encoding.DER):
        (keystore / CRT).write_bytes(pkcs7.serialize_certificates(certificates, encoding))
        assert plan_of(keystore).files[CRT].data == sound
    text = pkcs7.serialize_certificates(certificates, Encoding.PEM).replace(b"PKCS7", b"CERTIFICATE")
    (keystore / CRT).write_bytes(text)
    assert plan_of(keystore).files[CRT].data == sound


def test_certificates_in_der_one_after_the_other_become_pem(keystore: Path) -> None:
    sound = (keystore / CRT).read_bytes()
    loaded = x509.load_pem_x509_certificates(sound)
    (keystore / CRT).write_bytes(b"".join(one.public_bytes(Encoding.DER) for one in loaded))
    assert plan_of(keystore).files[CRT].data == sound


def as_jwk(key: ec.EllipticCurvePrivateKey) -> bytes:
    number = key.private_numbers().private_value.to_bytes(32, "big")
    d = base64.urlsafe_b64encode(number).rstrip(b"=").decode()
    return json.dumps({"kty": "EC", "crv": "P-256", "d": d}).encode()


def as_sec1_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def as_pkcs8_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def under_another_label(key: ec.EllipticCurvePrivateKey) -> bytes:
    text = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return text.replace(b"EC PRIVATE KEY", b"RSA PRIVATE KEY")


@pytest.mark.parametrize("form", [as_jwk, as_sec1_der, as_pkcs8_der, under_another_label])
def test_a_key_in_another_form_is_written_as_pkcs8(
    form: Callable[[ec.EllipticCurvePrivateKey], bytes], keystore: Path
) -> None:
    key = load_pem_private_key((keystore / KEY).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    (keystore / KEY).write_bytes(form(key))
    planned = plan_of(keystore).files[KEY]
    assert planned.data == key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert planned.mode == 0o600


def test_of_several_keys_none_is_chosen_unless_it_belongs_to_the_certificate(keystore: Path) -> None:
    keys = [ec.derive_private_key(number << 200, ec.SECP256R1()) for number in (3, 5)]
    pem = b"".join(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for key in keys)
    (keystore / KEY).write_bytes(pem)
    plan = plan_of(keystore)
    assert (plan.files[KEY].data, plan.changes) == (pem, [])


def test_a_device_certificate_before_the_chain_is_removed(keystore: Path) -> None:
    sound, out = (keystore / CRT).read_bytes(), keystore.parent / "out"
    reference_ca("devices", "--keystore", keystore, "--count", "1", "-o", out)
    device = next(out.glob("*0001.pem")).read_bytes()
    certificate = device[: device.index(b"-----END CERTIFICATE-----\n") + 26]
    (keystore / CRT).write_bytes(certificate + sound)
    plan = plan_of(keystore)
    assert plan.files[CRT].data == sound
    assert re.fullmatch(r"fcu.crt: removed certificate 1 \(CN=.*\): it is not on the path to the root", *plan.changes)


def test_no_byte_of_a_key_is_in_a_message(keystore: Path) -> None:
    text = (keystore / KEY).read_bytes()
    (keystore / KEY).write_bytes(indented(text))
    (keystore / "copy.pem").write_bytes(text)
    plan = plan_of(keystore)
    assert len(plan.changes) == len(plan.left_out) == 1
    told = repr(plan) + "".join((*plan.changes, *plan.left_out))
    for line in text.splitlines():
        if not line.startswith(b"-----"):
            assert line.decode() not in told


def test_links_fifos_and_large_files_are_left_out_with_the_reason(keystore: Path) -> None:
    os.mkfifo(keystore / "pipe")
    (keystore / "out.txt").symlink_to("/etc/hostname")
    (keystore / "loop").symlink_to("loop")
    (keystore / "inside").symlink_to("fcu.crt")
    with (keystore / "large").open("wb") as file:
        file.truncate(1 << 33)
    plan = plan_of(keystore)
    assert set(plan.files) == {KEY, CRT, REQUEST, "inside"}
    assert plan.files["inside"].link == "fcu.crt"
    told = {line.partition(":")[0] for line in plan.left_out}
    assert told == {"out.txt", "loop", "large"}


def test_a_fifo_in_place_of_a_file_is_left_out(keystore: Path) -> None:
    (keystore / CRT).unlink()
    os.mkfifo(keystore / CRT)
    plan = plan_of(keystore)
    assert CRT not in plan.files
    assert plan.left_out == [f"{CRT}: is a FIFO"]


def test_a_link_to_the_key_is_replaced_by_the_rewritten_key(keystore: Path) -> None:
    (keystore / KEY).rename(keystore / "real.pem")
    (keystore / KEY).symlink_to("real.pem")
    (keystore / "real.pem").chmod(0o644)
    plan = plan_of(keystore)
    assert set(plan.files) == {KEY, CRT, REQUEST}
    assert (plan.files[KEY].link, plan.files[KEY].mode) == ("", 0o600)


@pytest.mark.parametrize(
    "text", [b"-----BEGIN A-----\n" * 60_000, b"-----BEGIN A-----x" * 60_000, b"\xe2\x80\x94" * 300_000]
)
def test_blocks_are_found_in_linear_time_for_any_text(text: bytes) -> None:
    try:
        found = find_blocks(text)
    except NotRepairable:
        return
    assert all(block.data is None for block in found)


def test_a_block_that_is_not_closed_or_not_base64_has_no_bytes() -> None:
    text = (
        b"-----BEGIN A-----\nAAAA\n-----BEGIN B-----\nAAA!\n-----END B-----\n-----BEGIN C-----\nAAAA\n-----END D-----\n"
    )
    assert [(block.label, block.data) for block in find_blocks(text)] == [("A", None), ("B", None), ("D", None)]
    assert re.fullmatch(r"FoundBlock\(label='A'\)", repr(find_blocks(text)[0]))

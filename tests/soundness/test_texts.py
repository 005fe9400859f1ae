"""PEM text in every shape that people give it: what OpenSSL does not find is told, and the fix mends it."""

from __future__ import annotations

import re
import ssl
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs7,
)
from independent_corpus.keys import key
from independent_corpus.maker import line
from OpenSSL import crypto

from fcu_conform.artefacts.bounded_io.reading import FileBytes
from fcu_conform.artefacts.encodings.pem import parse_pem
from fcu_conform.artefacts.encodings.pem_layout import PKCS7, RELABEL, mending
from fcu_conform.artefacts.keystore_files import CertificateFile, KeyFile

from .agreement import cases
from .libcrypto import pem_certificates
from .texts import SHAPES, drawn_text

CHAIN = line(3)
TEXT = "".join(cert.pem for cert in CHAIN)
KEY = key("a key in every shape")


def found_by_ssl(path: Path) -> list[bytes] | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        return None
    return sorted(context.get_ca_certs(binary_form=True))


def found_by_cryptography(data: bytes) -> list[bytes] | None:
    try:
        return sorted(cert.public_bytes(Encoding.DER) for cert in x509.load_pem_x509_certificates(data))
    except ValueError:
        return None


def certificates_of(path: Path) -> CertificateFile:
    return CertificateFile(FileBytes(path.name, path, path.read_bytes()))


def mend(problem: str, path: Path, command: str = "") -> None:
    """Runs the command that was told, and puts what it has made in the file's place."""
    command = command or mending(problem, path.name)
    assert command, problem
    subprocess.run(["bash", "-ec", command], cwd=path.parent, check=True, capture_output=True)
    (path.parent / "NEW").replace(path)


@pytest.mark.parametrize("shape", SHAPES)
def test_certificates_that_a_reader_does_not_find_are_reported_and_fixed(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "fcu.crt"
    path.write_bytes(SHAPES[shape](TEXT).encode())
    data = path.read_bytes()
    file = certificates_of(path)
    ours = sorted(cert.raw for cert in file.certificates) if file.is_whole else None
    expected = sorted(cert.der for cert in CHAIN)
    assert ours in (None, expected)
    if ours:
        assert found_by_ssl(path) == found_by_cryptography(data) == expected
    else:
        assert found_by_ssl(path) != expected
        mend(file.pem.problem or next(entry.problem for entry in file.entries if entry.problem), path)
        assert [cert.raw for cert in certificates_of(path).certificates] == [cert.der for cert in CHAIN]
        assert found_by_ssl(path) == found_by_cryptography(path.read_bytes()) == expected


@pytest.mark.parametrize("shape", SHAPES)
def test_a_key_that_a_reader_does_not_find_is_reported_and_fixed(shape: str, tmp_path: Path) -> None:
    for text in (KEY.sec1(), KEY.pkcs8()):
        path = tmp_path / "fcu_private_key.pem"
        path.write_bytes(SHAPES[shape](text).encode())
        file = KeyFile(FileBytes(path.name, path, path.read_bytes()))
        if file.key is None:
            assert not is_read_by_openssl(path.read_bytes())
            mend(file.pem.problem or file.key_problem, path)
            file = KeyFile(FileBytes(path.name, path, path.read_bytes()))
        assert file.key is not None
        assert is_read_by_openssl(path.read_bytes())
        public = load_pem_private_key(path.read_bytes(), None).public_key()
        assert public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == KEY.spki


def test_drawn_texts_that_pass_are_the_same_certificates_to_every_reader(tmp_path: Path) -> None:
    path, held, expected = tmp_path / "fcu.crt", Counter[str](), [cert.der for cert in CHAIN]
    for random in cases("texts", 500):
        what, data = drawn_text("".join(cert.pem for cert in CHAIN[: random.randint(1, 3)]), random)
        path.write_bytes(data)
        file = certificates_of(path)
        ours = [cert.raw for cert in file.certificates]
        readings = pem_certificates(data), in_order(data), found_by_ssl(path)
        if not file.is_whole or len(file.pem.blocks) > len(ours) or any(cert.trailing for cert in file.certificates):
            held["refused by all" if None in readings else "refused, and named"] += 1
            assert file.pem.problem or file.pem.blocks, what
        elif set(ours) <= set(expected):  # else another octet of a certificate, of which other rules tell
            assert readings == (ours, ours, sorted(set(ours))), (what, data)
            held["read by all"] += 1
    print(f"\ntexts of certificates: {dict(held)}")
    assert {"read by all", "refused by all"} <= set(held)


def in_order(data: bytes) -> list[bytes] | None:
    """The certificates that cryptography finds."""
    try:
        return [cert.public_bytes(Encoding.DER) for cert in x509.load_pem_x509_certificates(data)]
    except ValueError:
        return None


def test_drawn_texts_of_keys_that_pass_are_the_same_key_to_every_reader() -> None:
    held = Counter[str]()
    for random in cases("texts of keys", 500):
        what, data = drawn_text(random.choice((KEY.sec1(), KEY.pkcs8())), random)
        file = KeyFile(FileBytes("fcu_private_key.pem", Path("fcu_private_key.pem"), data))
        if file.pem.problem or file.key is None or file.key.trouble or len(file.pem.blocks) != 1:
            held["refused by all" if not is_read_by_openssl(data) else "refused, and named"] += 1
            assert file.pem.problem or file.key_problem or file.pem.blocks, what
        elif file.key.public_key is not None and file.key.public_key.der == KEY.spki:
            assert is_read_by_openssl(data), (what, data)
            public = load_pem_private_key(data, None).public_key()
            assert public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == KEY.spki, (what, data)
            held["read by all"] += 1
    print(f"\ntexts of keys: {dict(held)}")
    assert {"read by all", "refused by all"} <= set(held)


def is_read_by_openssl(data: bytes) -> bool:
    try:
        crypto.load_privatekey(crypto.FILETYPE_PEM, data)
    except crypto.Error:
        return False
    return True


@pytest.mark.parametrize("shape", ["PKCS7", "CERTIFICATE", "der"])
def test_pkcs7_is_named_and_fixed(shape: str, tmp_path: Path) -> None:
    certificates = [x509.load_der_x509_certificate(cert.der) for cert in CHAIN]
    encoding = Encoding.DER if shape == "der" else Encoding.PEM
    data = pkcs7.serialize_certificates(certificates, encoding)
    path = tmp_path / "fcu.crt"
    path.write_bytes(data.replace(b" PKCS7-", f" {shape}-".encode()))
    file = certificates_of(path)
    assert not file.certificates
    problem = file.pem.problem or (file.entries[0].problem if file.entries else f"the block {PKCS7}")
    assert "PKCS#7" in problem
    mend(problem, path)
    assert {cert.raw for cert in certificates_of(path).certificates} == {cert.der for cert in CHAIN}


@pytest.mark.parametrize("label", ["X509 CERTIFICATE", "TRUSTED CERTIFICATE"])
def test_a_certificate_under_another_label_keeps_its_place(label: str, tmp_path: Path) -> None:
    path = tmp_path / "fcu.crt"
    path.write_text(TEXT.replace("CERTIFICATE", label, 2))
    file = certificates_of(path)
    assert (len(file.entries), len(file.certificates), file.is_whole) == (3, 2, False)
    mend("", path, RELABEL.format(file=path.name))
    assert [cert.raw for cert in certificates_of(path).certificates] == [cert.der for cert in CHAIN]


@pytest.mark.parametrize(
    ("label", "form"),
    [("EC PRIVATE KEY", "PKCS#8"), ("PRIVATE KEY", "SEC1"), ("ECDSA PRIVATE KEY", "SEC1"), ("X PRIVATE KEY", "PKCS#8")],
)
def test_a_key_under_the_label_of_another_form_is_reported_and_fixed(label: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / "fcu_private_key.pem"
    text = KEY.sec1() if form == "SEC1" else KEY.pkcs8()
    path.write_text(re.sub("(BEGIN|END) [A-Z ]*PRIVATE KEY", rf"\1 {label}", text))
    file = KeyFile(FileBytes(path.name, path, path.read_bytes()))
    assert (file.key, file.key_problem) == (None, f"holds {form} under the label {label}")
    mend(file.key_problem, path)
    assert path.read_text() == text


def test_an_openssh_key_is_named_and_fixed(tmp_path: Path) -> None:
    path = tmp_path / "fcu_private_key.pem"
    path.write_bytes(KEY.private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    path.chmod(0o600)
    file = KeyFile(FileBytes(path.name, path, path.read_bytes()))
    assert file.key_problem == "is in OpenSSH's own format"
    mend(file.key_problem, path)
    assert KeyFile(FileBytes(path.name, path, path.read_bytes())).key is not None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"kty": "EC", "crv": "P-256"}', "is not PEM: it is a JSON Web Key"),
        (bytes.fromhex("308204000201033082") + bytes.fromhex("06092a864886f70d010701"), "is PKCS#12, as DER"),
    ],
)
def test_a_file_that_is_not_pem_is_reported_with_its_format(data: bytes, words: str) -> None:
    assert parse_pem(data).problem == words

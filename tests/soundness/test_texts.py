"""PEM text in every shape that people give it: what OpenSSL does not find is told, and the fix mends it."""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Callable
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

CHAIN = line(3)
TEXT = "".join(cert.pem for cert in CHAIN)
KEY = key("a key in every shape")

BODY = re.compile(r"^[A-Za-z0-9+/=]+$", re.MULTILINE)


def _rewrapped(width: int) -> Callable[[str], str]:
    def rewrap(text: str) -> str:
        joined = re.sub(r"(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])", "", text)
        return BODY.sub(lambda found: "\n".join(re.findall(f".{{1,{width}}}", found[0])), joined)

    return rewrap


SHAPES: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "indented by four": lambda text: re.sub("^(?=.)", "    ", text, flags=re.MULTILINE),
    "indented by a tab": lambda text: re.sub("^(?=.)", "\t", text, flags=re.MULTILINE),
    "markers indented": lambda text: text.replace("-----BEGIN", " -----BEGIN").replace("-----END", " -----END"),
    "END indented": lambda text: text.replace("-----END", "   -----END"),
    "body indented": lambda text: BODY.sub(lambda found: f"  {found[0]}", text),
    "a blank line after each": lambda text: text.replace("\n", "\n\n"),
    "a blank line before END": lambda text: text.replace("-----END", "\n-----END"),
    "a blank line after BEGIN": lambda text: re.sub("(-----BEGIN.*-----\n)", r"\1\n", text),
    "a blank line within": lambda text: re.sub(r"(-----BEGIN.*-----\n.{64}\n)", r"\1\n", text),
    "blanks behind": lambda text: text.replace("\n", "  \n"),
    "CR LF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "LF CR": lambda text: text.replace("\n", "\n\r"),
    "CR CR LF": lambda text: text.replace("\n", "\r\r\n"),
    "no end of line": lambda text: text.rstrip("\n"),
    "76 in a line": _rewrapped(76),
    "all in a line": _rewrapped(100_000),
    "one in a line": _rewrapped(1),
    "one line with blanks": lambda text: text.replace("\n", " "),
    "one line with tabs": lambda text: text.replace("\n", "\t"),
    "text behind END": lambda text: re.sub("(-----END.*-----)", r"\1 # it", text),
    "text before BEGIN": lambda text: text.replace("-----BEGIN", "it: -----BEGIN"),
    "in quotes": lambda text: f'"{text}"',
    "in YAML": lambda text: "text: |\n" + re.sub("^(?=.)", "  ", text, flags=re.MULTILINE),
    "text between": lambda text: re.sub("(-----END.*-----\n)", r"\1of a CA\n", text),
    "a byte order mark": lambda text: f"\ufeff{text}",
    "byte order marks": lambda text: text.replace("-----BEGIN", "\ufeff-----BEGIN"),
    "text and a byte order mark": lambda text: re.sub("(-----END.*-----\n)", "\\1of a CA\n\ufeff", text),
    "a NUL before": lambda text: f"\0{text}",
    "a NUL behind": lambda text: f"{text}\0",
    "NULs between": lambda text: text.replace("-----\n-----", "-----\n\0\n-----"),
    "line ends written out": lambda text: text.replace("\n", "\\n"),
    "en dashes": lambda text: text.replace("-----", "\u2013" * 5),
    "em dashes": lambda text: text.replace("-----", "\u2014\u2014-"),
}


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

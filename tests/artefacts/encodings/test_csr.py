"""PKCS#10 requests: which fields are read, whether the signature verifies, and what is not a request."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from artefacts.makers import make_name, make_request
from fcu_conform.artefacts.encodings.csr import Request
from fcu_conform.artefacts.encodings.der import DerError
from fcu_conform.artefacts.encodings.oids import ECDSA_SHA256

MADE = make_request("FCU line 1", name=make_name(("CN", "FCU line 1"), ("O", "Acme")))
DATA = MADE.public_bytes(Encoding.DER)


def test_the_fields_agree_with_another_reader() -> None:
    read = Request(DATA)
    assert read.subject.der == MADE.subject.public_bytes()
    assert read.public_key.der == MADE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert read.algorithm.oid == ECDSA_SHA256
    assert read.trailing == 0
    assert read.is_signed_by_its_key is True
    assert repr(read) == "<Request CN=FCU line 1, O=Acme>"


def test_a_changed_byte_breaks_the_self_signature() -> None:
    assert Request(DATA.replace(b"Acme", b"Acne")).is_signed_by_its_key is False


def test_an_rsa_request_is_read_and_verified() -> None:
    key = rsa.generate_private_key(65537, 2048)
    made = x509.CertificateSigningRequestBuilder(make_name(("CN", "A"))).sign(key, hashes.SHA256())
    read = Request(made.public_bytes(Encoding.DER))
    assert str(read.public_key) == "RSA"
    assert read.is_signed_by_its_key is True


def test_a_signature_algorithm_that_does_not_fit_the_key_gives_no_verdict() -> None:
    sha256_with_ecdsa, sha1_with_rsa = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a864886f70d0105")
    assert Request(DATA.replace(sha256_with_ecdsa, sha1_with_rsa)).is_signed_by_its_key is None


def test_bytes_after_the_request_are_counted() -> None:
    assert Request(DATA + b"abc").trailing == 3


@pytest.mark.parametrize("data", [b"", b"0\0", DATA[:-1], DATA[1:], b"\x30\x03\x02\x01\x00"])
def test_input_that_is_not_a_request_is_refused(data: bytes) -> None:
    with pytest.raises(DerError):
        Request(data)


@settings(deadline=None)
@given(st.integers(0, len(DATA) - 1), st.integers(0, 255))
def test_for_any_changed_byte_only_a_der_error_is_raised(position: int, octet: int) -> None:
    try:
        read = Request(DATA[:position] + bytes([octet]) + DATA[position + 1 :])
    except DerError:
        return
    assert (read.is_signed_by_its_key is True) == (DATA[position] == octet)

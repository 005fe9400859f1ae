"""PKCS#10 requests: which fields are read, whether the signature verifies, and what is not a request."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from independent_corpus import der
from independent_corpus.keys import key
from independent_corpus.maker import Request as IndependentRequest
from independent_corpus.maker import basic_constraints, extension

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


def _attribute(dotted: str, *values: bytes) -> bytes:
    return der.seq(der.oid(dotted), der.set_of(*values))


ASKED = "1.2.840.113549.1.9.14"
CA = basic_constraints(True)
PRIVATE = _attribute("1.3.6.1.4.1.55555.8", der.integer(1))
CHALLENGE = _attribute("1.2.840.113549.1.9.7", der.utf8("as agreed"))


def test_a_request_of_this_kind_has_no_fault_and_shows_what_it_asks_for() -> None:
    read = Request(IndependentRequest(key("FCU"), attributes=CHALLENGE + _attribute(ASKED, der.seq(CA))).der)
    assert (read.version, read.faults) == (0, ())
    assert [attribute.name for attribute in read.attributes] == ["challengePassword", "extensionRequest"]
    assert [extension.name for extension in read.attributes[1].extensions] == ["basicConstraints"]


@pytest.mark.parametrize(
    ("attributes", "fault"),
    [
        (_attribute(ASKED), "extensionRequest: 0 values, where readers expect one"),
        (_attribute(ASKED, der.seq(CA), der.seq()), "extensionRequest: 2 values, where readers expect one"),
        (_attribute(ASKED, der.seq()), "extensionRequest: no extension"),
        (_attribute(ASKED, der.seq(CA, CA)), "extensionRequest: basicConstraints is there twice"),
        (
            _attribute(ASKED, der.utf8("CA")),
            "extensionRequest: extensions: tag 0x0c where 0x30 was expected, at offset 0",
        ),
        (
            _attribute(ASKED, der.seq(extension("2.5.29.19", der.seq(der.integer(0))))),
            "extensionRequest: basicConstraints: pathLenConstraint without CA true",
        ),
        (
            _attribute(ASKED, der.seq(extension("2.5.29.19", der.seq(der.FALSE)))),
            "extensionRequest: basicConstraints: cA FALSE is encoded",
        ),
        (
            _attribute(ASKED, der.seq(extension("2.5.29.19", b"\x30\x81\x00"))),
            "extensionRequest: basicConstraints: length with unnecessary octets at offset 0",
        ),
        (_attribute(ASKED, der.seq(extension("2.5.29.19", b"\x30"))), "extensionRequest: basicConstraints: truncated"),
        (PRIVATE + PRIVATE, "1.3.6.1.4.1.55555.8 is there twice"),
        (CHALLENGE + PRIVATE, "SET OF out of order: the attributes"),
        (_attribute("1.3.6.1.4.1.55555.8", der.tlv(1, b"\1")), "BOOLEAN true encoded as 0x01"),
    ],
)
def test_an_attribute_that_readers_cannot_read_is_a_fault(attributes: bytes, fault: str) -> None:
    read = Request(IndependentRequest(key("FCU"), attributes=attributes).der)
    assert any(found.startswith(fault) for found in read.faults), read.faults
    assert read.is_signed_by_its_key


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b"\x02\x01\x00", b"\x02\x01\x01", "version 1, where 0 is the only one"),
        (b"FCU line 1", b"FCU line \xff", "subject: CN: a UTF8String is not UTF-8: invalid start byte at octet 9"),
    ],
)
def test_a_version_or_a_name_that_readers_cannot_read_is_a_fault(old: bytes, new: bytes, fault: str) -> None:
    changed = IndependentRequest(key("FCU"), before_signing=lambda data: data.replace(old, new, 1))
    assert Request(changed.der).faults == (fault,)


def test_a_request_without_a_subject_is_a_fault() -> None:
    assert Request(IndependentRequest(key("FCU"), subject=der.seq()).der).faults == ("the subject is empty",)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\xa0\x00", b""),
        lambda data: data.replace(b"\xa0\x00", b"\xa0\x00\x05\x00"),
        lambda data: data.replace(b"\xa0\x00", b"\xa0\x02\x05\x00"),
        lambda data: data.replace(
            b"\xa0\x00", b"\xa0" + der.seq(der.seq(der.oid("1.2.3"), der.set_of(), der.NULL))[1:]
        ),
    ],
)
def test_a_request_with_broken_attributes_is_refused(change: Callable[[bytes], bytes]) -> None:
    _, content, _ = der.split(IndependentRequest(key("FCU")).to_be_signed)
    changed = IndependentRequest(key("FCU"), before_signing=lambda _: der.seq(change(content)))
    with pytest.raises(DerError, match="attribute"):
        Request(changed.der)

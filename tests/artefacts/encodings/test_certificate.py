"""Certificates: the same fields as another reader sees, and what that reader would refuse."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from artefacts.makers import ca_extensions, der, make_certificate, make_chain, make_key, make_name
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.der import DerError, encode, normalise
from fcu_conform.artefacts.encodings.oids import ECDSA_SHA256

SOUND = der(make_certificate("FCU line 1", "ROOT_CA"))

certificates = st.builds(
    make_certificate,
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20),
    st.sampled_from([None, "ROOT_CA", "INT_CA"]),
    key=st.sampled_from(["a", "b", "c"]).map(make_key),
    serial=st.integers(1, 2**159 - 1),
    start=st.datetimes(datetime(1950, 1, 1), datetime(2060, 1, 1)).map(
        lambda instant: instant.replace(microsecond=0, tzinfo=timezone.utc)
    ),
    days=st.integers(1, 20000),
    digest=st.sampled_from([hashes.SHA224(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()]),
    extensions=st.lists(
        st.sampled_from(
            [
                *ca_extensions(make_key("a").public_key(), make_key("b").public_key(), 3),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
                (x509.SubjectAlternativeName([x509.DNSName("example.com")]), True),
                (x509.NameConstraints([x509.DNSName("example.com")], None), True),
            ]
        ),
        unique_by=lambda pair: pair[0].oid,
    ),
)


@settings(deadline=None, max_examples=40)
@given(certificates)
def test_every_field_agrees_with_another_reader(made: x509.Certificate) -> None:
    read = Certificate(der(made))
    assert read.raw == der(made)
    assert read.trailing == 0
    assert read.version == 3
    assert read.serial == made.serial_number
    assert read.subject.der == made.subject.public_bytes()
    assert read.issuer.der == made.issuer.public_bytes()
    assert read.not_before.instant == made.not_valid_before_utc
    assert read.not_after.instant == made.not_valid_after_utc
    assert read.not_before.notes == read.not_after.notes == ()
    assert read.inner_algorithm == read.outer_algorithm
    assert read.outer_algorithm.oid == made.signature_algorithm_oid.dotted_string
    assert not read.outer_algorithm.has_parameters
    assert read.signature == made.signature
    assert read.sha256 == made.fingerprint(hashes.SHA256()).hex()
    assert read.public_key.der == made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert [(e.oid, e.critical, e.value) for e in read.extensions] == [
        (e.oid.dotted_string, e.critical, e.value.public_bytes()) for e in made.extensions
    ]
    assert read.malformed_extensions == []
    assert read.der_notes == []
    assert read.is_self_issued == (made.subject == made.issuer)
    assert read.is_valid_at(made.not_valid_before_utc)
    assert read.is_valid_at(made.not_valid_after_utc)
    assert not read.is_valid_at(made.not_valid_before_utc - timedelta(seconds=1))
    assert not read.is_valid_at(made.not_valid_after_utc + timedelta(seconds=1))


def test_the_extensions_that_rules_use_are_read() -> None:
    extensions = [
        *ca_extensions(make_key("a").public_key(), make_key("b").public_key(), 3),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (x509.SubjectAlternativeName([x509.DNSName("example.com")]), False),
        (x509.NameConstraints([x509.DNSName("example.com")], None), True),
    ]
    read = Certificate(der(make_certificate("A", key=make_key("a"), extensions=extensions)))
    assert read.basic_constraints is not None
    assert (read.basic_constraints.ca, read.basic_constraints.path_length) == (True, 3)
    assert read.key_usage == {"digitalSignature", "keyCertSign", "cRLSign"}
    assert read.extended_key_usage == ("1.3.6.1.5.5.7.3.2",)
    assert read.subject_key_identifier == extensions[2][0].digest  # type: ignore[attr-defined]
    assert read.authority_key_identifier is not None
    assert read.authority_key_identifier.key_identifier == extensions[3][0].key_identifier  # type: ignore[attr-defined]
    assert [name.content for name in read.subject_alt_names] == [b"example.com"]
    assert read.name_constraints is not None
    assert [base.content for base in read.name_constraints.permitted] == [b"example.com"]


def test_absent_fields_are_read_as_absent() -> None:
    read = Certificate(der(make_certificate("A", extensions=[])))
    assert read.extensions == ()
    assert read.basic_constraints is read.key_usage is read.extended_key_usage is None
    assert read.subject_key_identifier is read.authority_key_identifier is read.name_constraints is None
    assert read.subject_alt_names == ()
    assert not read.has_extension("2.5.29.19")


def test_a_malformed_extension_is_present_without_a_value() -> None:
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.19"), b"\5\0")
    read = Certificate(der(make_certificate("A", extensions=[(extension, True)])))
    assert read.has_extension("2.5.29.19")
    assert read.basic_constraints is None
    assert read.malformed_extensions == [
        "basicConstraints cannot be read: basicConstraints: tag 0x05 where 0x30 was expected, at offset 0"
    ]


def test_signatures_verify_under_the_issuer_s_key_alone() -> None:
    fcu, intermediate, root = (Certificate(der(made)) for made in make_chain("FCU", "INT", "ROOT"))
    assert fcu.signed_by(intermediate.public_key) is True
    assert fcu.signed_by(root.public_key) is False
    assert not fcu.is_self_signed
    assert root.is_self_signed


def test_a_changed_byte_breaks_the_signature() -> None:
    root = make_certificate("ROOT")
    data = der(root).replace(b"ROOT", b"ROOX")
    read = Certificate(data)
    assert read.is_self_issued
    assert read.signed_by(read.public_key) is False
    assert not read.is_self_signed


@pytest.mark.parametrize(
    ("key", "algorithm", "shown", "under_p256"),
    [
        (rsa.generate_private_key(65537, 2048), hashes.SHA256(), "RSA", None),
        (ec.derive_private_key(5, ec.SECP384R1()), hashes.SHA384(), "P-384", False),
        (ec.derive_private_key(5, ec.SECP521R1()), hashes.SHA256(), "P-521", False),
        (ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)), None, "Ed25519", None),
    ],
    ids=["rsa", "p384", "p521", "ed25519"],
)
def test_signatures_of_other_algorithms_verify_too(
    key: object, algorithm: object, shown: str, under_p256: bool | None
) -> None:
    name = make_name(("CN", "A"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 5)  # type: ignore[attr-defined]
        .not_valid_before(datetime(2026, 1, 1))
        .not_valid_after(datetime(2027, 1, 1))
        .sign(key, algorithm)  # type: ignore[arg-type]
    )
    read = Certificate(der(made))
    assert read.is_self_signed
    assert str(read.public_key) == shown
    assert read.public_key.trouble == f"the key is {'on ' if shown.startswith('P-') else ''}{shown}"
    assert read.signed_by(Certificate(SOUND).public_key) is under_p256


def test_a_certificate_of_version_1_is_read() -> None:
    # openssl x509 -req without -extfile writes this: no version field, no extensions
    made = make_certificate("A", extensions=[])
    _, _, fields = made.tbs_certificate_bytes.partition(bytes.fromhex("a003020102"))
    plain = encode(0x30, fields)
    algorithm = encode(0x30, bytes.fromhex("06082a8648ce3d040302"))
    read = Certificate(encode(0x30, plain + algorithm + encode(3, b"\0" + made.signature)))
    assert read.version == 1
    assert read.serial == 1000
    assert read.der_notes == []


def test_bytes_after_the_certificate_are_counted_and_left_out_of_the_fingerprint() -> None:
    read = Certificate(SOUND + b"abc")
    assert read.trailing == 3
    assert read.raw == SOUND
    assert read.sha256 == hashlib.sha256(SOUND).hexdigest()


def test_a_ber_certificate_is_read_with_notes_and_its_signature_judged_over_the_bytes_as_found() -> None:
    ber = b"\x30\x80" + SOUND[4:] + b"\0\0"  # the certificate's own header is 30 82 xx xx
    read = Certificate(ber + b"xy")
    assert read.ber_notes == ("indefinite length at offset 0",)
    assert read.der_notes == ["indefinite length at offset 0"]
    assert (read.raw, read.trailing) == (ber, 2)
    assert read.signed_by(Certificate(der(make_certificate("ROOT_CA"))).public_key) is True
    # the signed part itself in BER: what was signed are other bytes
    stop = 8 + int.from_bytes(SOUND[6:8], "big")
    broken = b"\x30\x80\x30\x80" + SOUND[8:stop] + b"\0\0" + SOUND[stop:] + b"\0\0"
    read = Certificate(broken)
    assert read.ber_notes == ("indefinite length at offset 0", "indefinite length at offset 2")
    assert read.signed_by(Certificate(der(make_certificate("ROOT_CA"))).public_key) is False


def test_the_repr_names_subject_and_fingerprint() -> None:
    read = Certificate(SOUND)
    assert repr(read) == f"<Certificate CN=FCU line 1 sha256 {read.sha256[:16]}>"
    assert str(read.outer_algorithm) == "ecdsa-with-SHA256"
    assert read.outer_algorithm.oid == ECDSA_SHA256


def replaced(old: str, new: str) -> bytes:
    """The sound certificate with one element replaced, all lengths around it mended."""
    one, other = bytes.fromhex(old), bytes.fromhex(new)
    assert SOUND.count(one) >= 1
    at = SOUND.index(one)

    def rebuild(start: int, stop: int) -> bytes:
        out = b""
        while start < stop:
            tag, first = SOUND[start], start + 2
            length = SOUND[start + 1]
            if length >= 0x80:
                first += length & 0x7F
                length = int.from_bytes(SOUND[start + 2 : first], "big")
            end = first + length
            if start == at:
                out += other
                start += len(one)
                continue
            inside = tag & 0x20 and first <= at < end
            out += encode(tag, rebuild(first, end) if inside else SOUND[first:end])
            start = end
        return out

    return rebuild(0, len(SOUND))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a003020102", "a0020201", "truncated: the element at offset 10 is longer than the data"),
        ("a003020102", "a0020200", "version: malformed"),
        ("a003020102", "a00702050102030405", "version: malformed"),
        ("020203e8", "0200", "serial number: empty"),
        ("020203e8", "0401ff", "serial number: tag 0x04 where 0x02 was expected"),
        ("170d3236303130313030303030305a", "0500", "notBefore: tag 0x05 is not a time"),
        ("170d3236303130313030303030305a", "170d3236313330313030303030305a", "not a date that exists"),
    ],
)
def test_an_unreadable_certificate_is_refused_with_a_reason(old: str, new: str, message: str) -> None:
    with pytest.raises(DerError, match=message):
        Certificate(replaced(old, new))


@pytest.mark.parametrize(
    ("old", "new", "serial"),
    [
        ("020203e8", "020100", 0),
        ("020203e8", "0201ff", -1),
        ("020203e8", "0215" + "7f" * 21, int("7f" * 21, 16)),
    ],
)
def test_unusual_serial_numbers_are_read(old: str, new: str, serial: int) -> None:
    assert Certificate(replaced(old, new)).serial == serial


@pytest.mark.parametrize(
    ("new", "version", "note"), [("a003020100", 1, True), ("a003020101", 2, False), ("a003020103", 4, False)]
)
def test_unusual_versions_are_read(new: str, version: int, note: bool) -> None:
    read = Certificate(replaced("a003020102", new))
    assert read.version == version
    assert ("version 1 is encoded" in read.der_notes) is note


def test_criticality_written_out_as_false_is_noted() -> None:
    read = Certificate(replaced("0603551d0e", "0603551d0e010100"))
    assert read.der_notes == ["subjectKeyIdentifier: critical FALSE is encoded"]
    assert [e.critical for e in read.extensions if e.oid == "2.5.29.14"] == [False]


def test_a_second_extension_of_a_kind_is_kept_but_the_first_one_is_read() -> None:
    first, second = "300f0603551d130101ff040530030101ff", "30090603551d1304023000"
    read = Certificate(replaced(first, first + second))
    assert [e.critical for e in read.extensions if e.oid == "2.5.29.19"] == [True, False]
    assert read.basic_constraints is not None
    assert read.basic_constraints.ca


def test_a_field_whose_insides_are_not_even_ber_is_read_and_noted() -> None:
    read = Certificate(replaced("0c0a464355206c696e652031", "2c0a0420" + "00" * 8))
    assert read.der_notes == ["truncated: the element at offset 96 is longer than the data"]


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(SOUND) - 1), st.integers(0, 255), st.integers(0, 3))
def test_for_any_changed_byte_only_a_der_error_is_raised(position: int, octet: int, cut: int) -> None:
    data = SOUND[:position] + bytes([octet]) + SOUND[position + 1 : len(SOUND) - cut]
    try:
        read = Certificate(data)
    except DerError:
        return
    assert read.raw + data[len(read.raw) :] == data
    assert isinstance(read.der_notes, list)
    assert read.signed_by(read.public_key) in (True, False, None)
    assert str(read.subject) is not None
    assert all(isinstance(sentence, str) for sentence in read.malformed_extensions)


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_random_bytes_are_not_a_certificate(data: bytes) -> None:
    with pytest.raises(DerError):
        Certificate(data)


def test_normalising_a_sound_certificate_changes_nothing() -> None:
    assert normalise(SOUND) == (SOUND, b"", [])

"""The certificates that the reference CA makes, seen by OpenSSL and by cryptography's parser."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, SignatureAlgorithmOID
from reference_ca_helpers import OpenSsl

import reference_ca
from reference_ca import DistinguishedName, KeySource, RootAuthority
from reference_ca.profiles import add_years
from reference_ca.requests import make_request

FULL_NAME = DistinguishedName("FCU line 1", "Maker", "Factory", "Oulu", "North", "FI")


def line(length: int, source: KeySource) -> reference_ca.Authority:
    """An FCU authority whose chain has so many certificates."""
    authority: reference_ca.Authority = RootAuthority(source=source)
    for _ in range(length - 1):
        authority = authority.intermediate()
    return authority


def test_certificates_match_the_profile_of_fcu_byte_for_byte(openssl: OpenSsl) -> None:
    at = datetime(2019, 10, 30, 10, 0, tzinfo=timezone.utc)
    certificate = RootAuthority(FULL_NAME, source=KeySource("ca-14", at=at)).certificate
    der = certificate.public_bytes(Encoding.DER)

    assert certificate.version is x509.Version.v3
    assert certificate.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA256
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
    assert certificate.not_valid_before_utc == at
    assert certificate.not_valid_after_utc == at.replace(year=2054)
    assert [extension.critical for extension in certificate.extensions] == [False] * 4
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length is None
    assert (certificate.serial_number.bit_length() + 8) // 8 == 20  # octets of the DER integer
    printed = openssl("asn1parse", "-inform", "DER", stdin=der)
    values = [part.split(":")[-2:] for part in printed.splitlines() if "STRING  " in part and "OCTET" not in part]
    kinds = [(kind.split()[-1], value) for kind, value in ((f"{a}", b) for a, b in values[:6]) if kind]
    assert kinds == [
        ("UTF8STRING", "FCU line 1"),
        ("UTF8STRING", "Maker"),
        ("UTF8STRING", "Factory"),
        ("UTF8STRING", "Oulu"),
        ("UTF8STRING", "North"),
        ("PRINTABLESTRING", "FI"),
    ]
    assert "UTCTIME           :191030100000Z" in printed
    assert "GENERALIZEDTIME   :20541030100000Z" in printed
    text = openssl("x509", "-inform", "DER", "-noout", "-text", stdin=der)
    assert "Digital Signature, Certificate Sign, CRL Sign" in text
    assert "ASN1 OID: prime256v1" in text


@pytest.mark.parametrize("length", range(1, 7))
def test_openssl_accepts_a_device_below_every_length_of_chain(length: int, tmp_path: Path, openssl: OpenSsl) -> None:
    fcu = line(length, KeySource("lengths", at=datetime.now(timezone.utc)))
    device = fcu.issue_device("device-1")
    assert len(fcu.chain) == length
    reference_ca.to_pem([fcu.chain[-1]]).write_to_path(tmp_path / "root.pem")
    fcu.chain_pem.write_to_path(tmp_path / "fcu.crt")
    leaf = reference_ca.to_pem([device.certificate]).write_to_path(tmp_path / "device.pem")
    arguments = ("-no-CApath", "-CAfile", tmp_path / "root.pem", "-untrusted", tmp_path / "fcu.crt")
    assert "device.pem: OK" in openssl("verify", *arguments, "-purpose", "sslclient", leaf)


@pytest.mark.parametrize("length", range(1, 7))
def test_device_chain_and_upload_together_are_the_whole_chain(length: int, source: KeySource) -> None:
    fcu = line(length, source)
    device = fcu.issue_device("device-1")
    whole = reference_ca.to_pem((device.certificate, *fcu.chain)).data
    for depth in range(1, length + 2):
        assert len(device.chain(depth)) == depth
        assert device.chain(depth)[0] == device.certificate
        assert device.chain_pem(depth).data + fcu.upload_pem(depth).data == whole


def test_the_worked_example_of_the_page_is_cut_as_printed_there(source: KeySource) -> None:
    fcu = line(3, source)
    device = fcu.issue_device("device-1")
    ours, intermediate, root = fcu.chain
    assert device.chain(2) == (device.certificate, ours)
    assert reference_ca.portal_upload(fcu.chain, 2) == (intermediate, root)


@pytest.mark.parametrize(
    ("length", "depth", "code"),
    [(1, 3, 111), (3, 5, 111), (2, None, 112), (6, None, 112), (1, 0, 201), (3, -1, 201)],
)
def test_an_impossible_depth_is_refused_with_the_error_number_of_fcu(length: int, depth: int | None, code: int) -> None:
    with pytest.raises(reference_ca.DepthError) as refusal:
        reference_ca.check_depth(depth, length)
    assert refusal.value.code == code


def test_a_lone_certificate_needs_no_depth() -> None:
    assert reference_ca.check_depth(None, 1) == 1


def test_no_certificate_outlives_its_issuer_or_starts_before_it(source: KeySource) -> None:
    start = datetime(2024, 2, 29, 12, tzinfo=timezone.utc)
    old = RootAuthority(source=KeySource("old", at=start), profile=reference_ca.CaProfile(years=20))
    late = reference_ca.Authority.load(
        old.private_key_pem.data, old.chain_pem.data, KeySource("late", at=start + timedelta(days=2000))
    )
    device = late.intermediate().issue_device("device-1")
    path = [device.certificate, *device.issuer_chain]
    for certificate, issuer in pairwise(path):
        assert certificate.not_valid_after_utc <= issuer.not_valid_after_utc
        assert certificate.not_valid_before_utc >= issuer.not_valid_before_utc
    assert device.issuer_chain[0].not_valid_after_utc == old.certificate.not_valid_after_utc
    assert old.certificate.not_valid_after_utc == datetime(2044, 2, 29, 12, tzinfo=timezone.utc)


def test_a_validity_from_a_leap_day_ends_on_the_28th_in_other_years() -> None:
    leap_day = datetime(2024, 2, 29, 12, tzinfo=timezone.utc)
    assert add_years(leap_day, 35) == datetime(2059, 2, 28, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize("days", [-1, 36 * 366])
def test_an_issuer_outside_its_own_validity_issues_nothing(days: int) -> None:
    at = datetime(2025, 1, 1, tzinfo=timezone.utc)
    root = RootAuthority(source=KeySource("time", at=at))
    other = KeySource("time", at=at + timedelta(days=days))
    moved = reference_ca.Authority.load(root.private_key_pem.data, root.chain_pem.data, other)
    with pytest.raises(reference_ca.IssuingError, match="valid only from 2025-01-01"):
        moved.issue_device("device-1")


def test_a_device_certificate_meets_the_requirements_of_the_device_and_rfc_5280() -> None:
    fcu = RootAuthority(FULL_NAME)
    device = fcu.issue_device("endpoint 0001")
    certificate = device.certificate
    assert [(a.oid, a.value) for a in certificate.subject] == [(NameOID.COMMON_NAME, "endpoint 0001")]
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign
    eku = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(eku) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    aki = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    ski = fcu.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert aki.key_identifier == ski.digest
    now = datetime.now(timezone.utc)
    assert fcu.certificate.not_valid_before_utc <= certificate.not_valid_before_utc <= now
    assert certificate.not_valid_after_utc - now > timedelta(days=3650)
    assert len(certificate.public_bytes(Encoding.DER)) <= 1024
    certificate.verify_directly_issued_by(fcu.certificate)


def test_a_device_can_carry_the_factorys_attributes_and_an_account_as_ou() -> None:
    fcu = RootAuthority(FULL_NAME)
    profile = reference_ca.DeviceProfile(issuer_attributes=True, basic_constraints=False)
    certificate = fcu.issue_device("ep", account_id="0" * 32, profile=profile).certificate
    assert certificate.subject.rfc4514_string() == f"C=FI,ST=North,L=Oulu,OU={'0' * 32},O=Maker,CN=ep"
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.BasicConstraints)


def test_a_device_with_the_issuers_own_name_is_refused_since_it_would_look_self_signed() -> None:
    with pytest.raises(reference_ca.IssuingError, match="same name"):
        RootAuthority("ep-1").issue_device("ep-1")


@pytest.mark.parametrize(
    ("name", "code"), [("", 101), ("a" * 65, 100), ("é" * 33, 100), ("a\x00b", 100), ("a\nb", 100)]
)
def test_an_endpoint_name_that_cannot_be_a_cn_is_refused(name: str, code: int) -> None:
    with pytest.raises(reference_ca.DeviceError) as refusal:
        RootAuthority(source=KeySource("n")).issue_device(name)
    assert refusal.value.code == code
    assert "\n" not in str(refusal.value)


def test_the_enrollment_identity_is_the_fingerprint_that_openssl_prints(openssl: OpenSsl, source: KeySource) -> None:
    device = RootAuthority(source=source).issue_device("device-1")
    printed = openssl("x509", "-noout", "-fingerprint", "-sha256", stdin=device.chain_pem(1).data)
    assert device.enrollment_id == "A-" + printed.strip().split("=")[1]
    assert len(device.enrollment_id) == 97


def test_the_critical_profile_passes_the_strict_mode_of_openssl(tmp_path: Path, openssl: OpenSsl) -> None:
    profile = reference_ca.CaProfile(critical=True, path_length=0)
    root = RootAuthority(profile=reference_ca.CaProfile(critical=True))
    fcu = root.intermediate(profile=profile)
    device = fcu.issue_device("device-1").chain_pem(1).write_to_path(tmp_path / "device.pem")
    root.chain_pem.write_to_path(tmp_path / "root.pem")
    fcu.chain_pem.write_to_path(tmp_path / "fcu.crt")
    arguments = ("-x509_strict", "-CAfile", tmp_path / "root.pem", "-untrusted", tmp_path / "fcu.crt")
    assert "OK" in openssl("verify", *arguments, device)


def test_a_path_length_allows_exactly_its_number_of_cas() -> None:
    root = RootAuthority(profile=reference_ca.CaProfile(path_length=1))
    fcu = root.intermediate()
    with pytest.raises(reference_ca.IssuingError, match="path length 1"):
        fcu.intermediate()
    assert fcu.issue_device("device-1").certificate.issuer == fcu.certificate.subject


def test_a_name_occurs_once_on_a_path_and_is_never_empty() -> None:
    root = RootAuthority("Root")
    with pytest.raises(reference_ca.IssuingError, match="on the path already"):
        root.intermediate("Int").intermediate("Root")
    with pytest.raises(reference_ca.IssuingError, match="empty"):
        RootAuthority(DistinguishedName())


def test_unnamed_authorities_have_subjects_of_their_own() -> None:
    root = RootAuthority(source=KeySource("names"))
    names = {
        authority.certificate.subject for authority in (root, root.intermediate(), root.intermediate(), RootAuthority())
    }
    assert len(names) == 4


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_request_is_signed_with_its_own_subject_and_key(encoding: Encoding, source: KeySource) -> None:
    key = source.private_key("fcu")
    request = x509.load_pem_x509_csr(make_request(key, FULL_NAME.as_x509()).data)
    chain = RootAuthority(source=source).intermediate().sign_request(request.public_bytes(encoding))
    assert len(chain) == 3
    assert chain[0].subject == request.subject
    assert chain[0].public_key() == key.public_key()
    for certificate, issuer in pairwise(chain):
        certificate.verify_directly_issued_by(issuer)


def test_a_request_that_cannot_be_trusted_is_refused(source: KeySource) -> None:
    root = RootAuthority(source=source)
    builder = x509.CertificateSigningRequestBuilder().subject_name(FULL_NAME.as_x509())
    good = builder.sign(source.private_key("a"), hashes.SHA256()).public_bytes(Encoding.DER)
    bad_signature = good[:-1] + bytes([good[-1] ^ 1])
    other_curve = builder.sign(ec.generate_private_key(ec.SECP384R1()), hashes.SHA256()).public_bytes(Encoding.DER)
    rsa_key = rsa.generate_private_key(65537, 2048)
    nameless = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    for data, words in (
        (b"nothing", "not a PKCS#10"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "not a PKCS#10"),
        (bad_signature, "does not verify"),
        (other_curve, "not on P-256"),
        (builder.sign(rsa_key, hashes.SHA256()).public_bytes(Encoding.DER), "not on P-256"),
        (
            nameless.sign(source.private_key("a"), hashes.SHA256()).public_bytes(Encoding.DER),
            "subject is empty",
        ),
    ):
        with pytest.raises(reference_ca.RequestError, match=words):
            root.sign_request(data)
    assert root.sign_request(good)[0].subject == FULL_NAME.as_x509()


def test_a_device_whose_request_names_another_endpoint_is_refused(source: KeySource) -> None:
    root, name = RootAuthority(source=source), DistinguishedName("other").as_x509()
    request = make_request(source.private_key("device"), name).data
    with pytest.raises(reference_ca.RequestError, match="the request is for 'other'"):
        root.issue_device("mine", request=request)
    device = root.issue_device("other", request=request)
    assert device.certificate.public_key() == source.private_key("device").public_key()
    assert not device.has_private_key
    with pytest.raises(reference_ca.DeviceError, match="never left the device"):
        assert device.private_key_pem

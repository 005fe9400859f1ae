"""Certificate extensions, each read from its DER value."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from artefacts.makers import make_name
from fcu_conform.artefacts.encodings import der, oids
from fcu_conform.artefacts.encodings.extensions import (
    KEY_USAGES,
    PARSERS,
    AuthorityKeyIdentifier,
    BasicConstraints,
    Extension,
    GeneralName,
    default_notes,
    parse_authority_key_identifier,
    parse_basic_constraints,
    parse_extended_key_usage,
    parse_key_identifier,
    parse_key_usage,
    parse_name_constraints,
    parse_subject_alt_name,
)
from fcu_conform.artefacts.encodings.names import parse_name


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("3000", BasicConstraints(False, None)),
        ("30030101ff", BasicConstraints(True, None)),
        ("30060101ff020100", BasicConstraints(True, 0)),
        ("30070101ff0202012c", BasicConstraints(True, 300)),
        ("3003010100", BasicConstraints(False, None)),
        ("3003020105", BasicConstraints(False, 5)),
    ],
)
def test_basic_constraints_are_read(value: str, read: BasicConstraints) -> None:
    assert parse_basic_constraints(bytes.fromhex(value)) == read


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("30060101ff0201ff", "basicConstraints: negative pathLenConstraint"),
        ("30080101ff0201000500", "basicConstraints: trailing bytes"),
        ("30020500", "pathLenConstraint: tag 0x05 where 0x02 was expected, at offset 2"),
        ("0101ff", "basicConstraints: tag 0x01 where 0x30 was expected, at offset 0"),
    ],
)
def test_malformed_basic_constraints_are_refused(value: str, message: str) -> None:
    with pytest.raises(der.DerError) as refused:
        parse_basic_constraints(bytes.fromhex(value))
    assert str(refused.value) == message


@pytest.mark.parametrize("number", range(len(KEY_USAGES)))
def test_every_key_usage_has_its_bit(number: int) -> None:
    bits = bytearray(1 + number // 8)
    bits[number // 8] = 0x80 >> number % 8
    value = der.encode(der.BIT_STRING, bytes([7 - number % 8]) + bytes(bits))
    assert parse_key_usage(value) == {KEY_USAGES[number]}


def test_key_usages_agree_with_another_reader() -> None:
    usage = x509.KeyUsage(True, False, True, False, True, True, True, False, True)
    assert parse_key_usage(usage.public_bytes()) == {
        "digitalSignature",
        "keyEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "decipherOnly",
    }


@pytest.mark.parametrize("value", ["0300", "03020880", "0404"])
def test_malformed_key_usages_are_refused(value: str) -> None:
    with pytest.raises(der.DerError):
        parse_key_usage(bytes.fromhex(value))


def test_purposes_come_in_order() -> None:
    value = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.CLIENT_AUTH]).public_bytes()
    assert parse_extended_key_usage(value) == ("1.3.6.1.5.5.7.3.3", oids.CLIENT_AUTH)


@pytest.mark.parametrize(
    ("value", "message"),
    [("3000", "extKeyUsage: no purpose"), ("30020500", "extKeyUsage: not an object identifier")],
)
def test_malformed_purposes_are_refused(value: str, message: str) -> None:
    with pytest.raises(der.DerError, match=rf"^{message}$"):
        parse_extended_key_usage(bytes.fromhex(value))


def test_key_identifiers_are_read() -> None:
    assert parse_key_identifier(bytes.fromhex("0403616263")) == b"abc"


def test_an_authority_key_identifier_names_key_issuer_and_serial_number() -> None:
    issuer = make_name(("CN", "ROOT_CA"))
    value = x509.AuthorityKeyIdentifier(b"abc", [x509.DNSName("x"), x509.DirectoryName(issuer)], 77).public_bytes()
    assert parse_authority_key_identifier(value) == AuthorityKeyIdentifier(
        b"abc", parse_name(issuer.public_bytes()), 77
    )
    assert parse_authority_key_identifier(b"0\0") == AuthorityKeyIdentifier(None, None, None)
    with pytest.raises(der.DerError, match=r"^authorityKeyIdentifier: unknown field 0x83$"):
        parse_authority_key_identifier(bytes.fromhex("30028300"))


def test_general_names_are_read_with_the_number_of_their_choice() -> None:
    names = [x509.RFC822Name("a@b"), x509.DNSName("b"), x509.UniformResourceIdentifier("coap://c"),
             x509.IPAddress(ipaddress.ip_address("10.0.0.1"))]  # fmt: skip
    assert parse_subject_alt_name(x509.SubjectAlternativeName(names).public_bytes()) == (
        GeneralName(GeneralName.EMAIL, b"a@b"),
        GeneralName(GeneralName.DNS, b"b"),
        GeneralName(GeneralName.URI, b"coap://c"),
        GeneralName(GeneralName.IP, bytes([10, 0, 0, 1])),
    )
    with pytest.raises(der.DerError, match=r"^not a general name: tag 0x30$"):
        parse_subject_alt_name(bytes.fromhex("30023000"))


def test_name_constraints_keep_permitted_and_excluded_apart() -> None:
    acme = make_name(("O", "Acme"))
    value = x509.NameConstraints([x509.DirectoryName(acme)], [x509.DNSName("a"), x509.DNSName("b")]).public_bytes()
    read = parse_name_constraints(value)
    assert read.permitted == (GeneralName(GeneralName.DIRECTORY, acme.public_bytes()),)
    assert read.excluded == (GeneralName(GeneralName.DNS, b"a"), GeneralName(GeneralName.DNS, b"b"))
    with pytest.raises(der.DerError, match=r"^nameConstraints: unknown field 0xa2$"):
        parse_name_constraints(bytes.fromhex("3002a200"))


@pytest.mark.parametrize(
    ("oid", "value", "notes"),
    [
        (oids.BASIC_CONSTRAINTS, "3003010100", ["basicConstraints: cA FALSE is encoded"]),
        (oids.BASIC_CONSTRAINTS, "30030101ff", []),
        (oids.KEY_USAGE, "03020106", []),
        (oids.KEY_USAGE, "03020006", ["keyUsage: trailing zero bits are written out"]),
        (oids.KEY_USAGE, "0303000600", ["keyUsage: trailing zero bits are written out"]),
        (oids.KEY_USAGE, "03020001", []),
        (oids.KEY_USAGE, "030100", []),
    ],
)
def test_written_out_defaults_are_noted(oid: str, value: str, notes: list[str]) -> None:
    assert default_notes(Extension(oid, True, bytes.fromhex(value))) == notes


def test_a_written_out_criticality_is_noted_by_the_extension_s_name() -> None:
    extension = Extension(oids.SUBJECT_KEY_IDENTIFIER, False, b"\4\0", spells_default=True)
    assert default_notes(extension) == ["subjectKeyIdentifier: critical FALSE is encoded"]


@pytest.mark.parametrize("parser", PARSERS.values())
@given(st.binary(max_size=40))
def test_for_any_value_only_a_der_error_is_raised(parser: Callable[[bytes], object], value: bytes) -> None:
    try:
        parser(value)
    except der.DerError:
        return
    der.read(value, 0, len(value))

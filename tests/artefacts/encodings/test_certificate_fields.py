"""A certificate whose fields are edited one by one: each is read, noted or refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from artefacts.makers import der as der_of
from artefacts.makers import make_certificate, make_key, make_request
from fcu_conform.artefacts.encodings import der, oids
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.certificate_fields import read_algorithm, read_times
from fcu_conform.artefacts.encodings.csr import Request
from fcu_conform.artefacts.encodings.extensions import (
    KEY_USAGES,
    AuthorityKeyIdentifier,
    BasicConstraints,
    Extension,
    GeneralName,
    NameConstraints,
    default_notes,
    parse_authority_key_identifier,
    parse_basic_constraints,
    parse_extended_key_usage,
    parse_general_names,
    parse_key_identifier,
    parse_key_usage,
    parse_name_constraints,
    parse_subject_alt_name,
)

SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(1, 8)


def parts(data: bytes) -> list[bytes]:
    """The elements that an element holds."""
    start = der.content_start(data, 0)
    return [data[begin:end] for _, begin, _, end in der.children(data, start, len(data))]


RAW = der_of(make_certificate("INT_CA", "ROOT_CA"))
TBS, OUTER, SIGNATURE = parts(RAW)


def built(edit: Callable[[list[bytes]], object], *, outer: bytes = OUTER, signature: bytes = SIGNATURE) -> bytes:
    fields = parts(TBS)
    edit(fields)
    return der.encode(0x30, der.encode(0x30, b"".join(fields)) + outer + signature)


def put(place: int, data: bytes) -> Callable[[list[bytes]], object]:
    return lambda fields: fields.__setitem__(place, data)


def add(data: bytes) -> Callable[[list[bytes]], object]:
    return lambda fields: fields.append(data)


def extensions(*ones: bytes) -> Callable[[list[bytes]], object]:
    return put(EXTENSIONS, der.encode(0xA3, der.encode(0x30, b"".join(ones))))


def extension(content: str) -> bytes:
    return der.encode(0x30, bytes.fromhex(content))


def refusal(data: bytes) -> str:
    with pytest.raises(der.DerError) as refused:
        Certificate(data)
    return str(refused.value)


def test_without_changes_the_certificate_is_the_original() -> None:
    assert built(lambda _: None) == RAW
    assert Certificate(RAW).trailing == 0
    whole = Certificate(RAW + b"more")
    assert (whole.trailing, whole.raw, whole.size) == (4, RAW, len(RAW))


@pytest.mark.parametrize(
    ("field", "version", "spelled"),
    [
        ("a003020102", 3, False),
        ("a003020101", 2, False),
        ("a003020100", 1, True),
        ("", 1, False),
        ("a0030201ff", 0, False),
        ("a00602047fffffff", 2**31, False),
    ],
)
def test_versions(field: str, version: int, spelled: bool) -> None:
    read = Certificate(built(put(0, bytes.fromhex(field))))
    assert (read.version, read.spells_version_1) == (version, spelled)
    assert ("version 1 is encoded" in read.der_notes) is spelled


@pytest.mark.parametrize("field", ["a0020200", "a00702050100000000", "a0050201020500", "a0020500"])
def test_an_invalid_version_is_refused(field: str) -> None:
    assert refusal(built(put(0, bytes.fromhex(field)))).startswith("version: ")


@pytest.mark.parametrize(("field", "serial"), [("020100", 0), ("0201ff", -1), ("02020080", 128), ("02017f", 127)])
def test_serial_numbers_are_signed(field: str, serial: int) -> None:
    assert Certificate(built(put(SERIAL, bytes.fromhex(field)))).serial == serial


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (built(put(SERIAL, b"\2\0")), "serial number: empty"),
        (built(add(b"\xa4\0")), "tbsCertificate: trailing bytes after the extensions"),
        (built(put(EXTENSIONS, b"\x80\0")), "tbsCertificate: unknown field 0x80"),
        (built(put(EXTENSIONS, b"\x83\0")), "tbsCertificate: unknown field 0x83"),
        (built(put(EXTENSIONS, b"\xa3\x04\x30\0\5\0")), "extensions: trailing bytes"),
        (built(extensions(b"\x31\0")), "extension: not a SEQUENCE"),
        (built(extensions(extension("06032a0304"))), None),
        (built(extensions(extension("06022a03 0400 0500"))), "extension: trailing bytes"),
        (built(extensions(extension("06022a03 0101"))), None),
        (built(lambda _: None, signature=b"\3\0"), "certificate: malformed signature value"),
        (built(lambda _: None, signature=b"\3\2\1\2"), "certificate: malformed signature value"),
        (built(lambda _: None, signature=SIGNATURE + b"\5\0"), "certificate: malformed signature value"),
        (built(put(VALIDITY, der.encode(0x30, parts(parts(TBS)[4])[0]))), "notAfter is missing"),
        (built(put(VALIDITY, b"\x30\0")), "notBefore is missing"),
        (built(put(VALIDITY, der.encode(0x30, b"".join(parts(parts(TBS)[4])) + b"\5\0"))), "validity: trailing bytes"),
        (built(put(VALIDITY, der.encode(0x30, b"\x16\0"))), "notBefore: tag 0x16 is not a time"),
        (built(put(VALIDITY, der.encode(0x30, b"\x19\0"))), "notBefore: tag 0x19 is not a time"),
    ],
)
def test_an_invalid_field_is_refused(data: bytes, words: str | None) -> None:
    found = refusal(data)
    if words is not None:
        assert found == words


def test_unique_identifiers_are_skipped() -> None:
    read = Certificate(built(lambda fields: fields.__setitem__(slice(7, 7), [b"\x81\2\0\1", b"\x82\2\0\1"])))
    assert read.extensions == Certificate(RAW).extensions
    without = Certificate(built(lambda fields: fields.pop()))
    assert without.extensions == ()
    assert without.key_usage is None
    assert not without.has_extension(oids.KEY_USAGE)
    assert Certificate(RAW).has_extension(oids.KEY_USAGE)
    assert without.subject_alt_names == ()


@pytest.mark.parametrize(
    ("content", "critical", "spelled"),
    [
        ("06022a03 0400", False, False),
        ("06022a03 0101ff 0400", True, False),
        ("06022a03 010101 0400", True, False),
        ("06022a03 010100 0400", False, True),
    ],
)
def test_criticality(content: str, critical: bool, spelled: bool) -> None:
    read = Certificate(built(extensions(extension(content))))
    assert read.extensions == (Extension("1.2.3", critical, b"", spelled),)
    assert ("1.2.3: critical FALSE is encoded" in read.der_notes) is spelled


def test_algorithm_parameters_are_recorded() -> None:
    for content, has, shown in (
        ("300a06082a8648ce3d040302", False, "ecdsa-with-SHA256"),
        ("300c06082a8648ce3d0403020500", True, "ecdsa-with-SHA256 with parameters"),
    ):
        data = b"\0" + bytes.fromhex(content) + b"\0"
        algorithm, position = read_algorithm(data, 1, len(data), "signature")
        assert (algorithm.has_parameters, str(algorithm), position) == (has, shown, len(data) - 1)
        assert algorithm.der == bytes.fromhex(content)


def test_times_fill_their_span() -> None:
    content = parts(TBS)[VALIDITY]
    before, after = read_times(content, 2, len(content))
    loaded = x509.load_der_x509_certificate(RAW)
    assert (before.instant, after.instant) == (loaded.not_valid_before_utc, loaded.not_valid_after_utc)
    with pytest.raises(der.DerError):
        read_times(content, 2, len(content) - 1)


def test_a_signature_is_verified_with_each_of_the_two_algorithms() -> None:
    root = Certificate(der_of(make_certificate("ROOT_CA"))).public_key
    other = bytes.fromhex("300a06082a8648ce3d040303")
    assert Certificate(RAW).signed_by(root) is True
    assert Certificate(built(lambda _: None, outer=other)).signed_by(root) is True
    assert Certificate(built(put(SERIAL, b"\2\1\1"), outer=other)).signed_by(root) is False
    unknown = bytes.fromhex("300406022a03")
    assert Certificate(built(lambda _: None, outer=unknown)).signed_by(root) is True
    assert Certificate(built(put(ALGORITHM, unknown), outer=unknown)).signed_by(root) is None
    assert Certificate(built(put(ALGORITHM, unknown))).signed_by(root) is False
    assert not Certificate(RAW).is_self_signed
    assert Certificate(der_of(make_certificate("ROOT_CA"))).is_self_signed
    fake = der_of(make_certificate("ROOT_CA", issuer_key=make_key("other")))
    assert (Certificate(fake).is_self_issued, Certificate(fake).is_self_signed) == (True, False)


def ext(number: str, value: str) -> bytes:
    return der.encode(0x30, bytes.fromhex(f"0603551d{number}") + der.encode(4, bytes.fromhex(value)))


def test_malformed_extensions_are_reported_and_ber_ones_are_read() -> None:
    read = Certificate(built(extensions(ext("13", "3003010101"), ext("0f", "0500"), ext("0e", "04016105"))))
    assert read.basic_constraints == BasicConstraints(True, None)
    assert read.key_usage is None
    assert read.subject_key_identifier is None
    assert read.malformed_extensions == [
        "keyUsage cannot be read: keyUsage: tag 0x05 where 0x03 was expected, at offset 0",
        "subjectKeyIdentifier cannot be read: subjectKeyIdentifier: 1 trailing byte",
    ]
    lenient = Certificate(built(extensions(ext("0e", "2480040161 0000".replace(" ", "")), ext("13", "3000"))))
    assert lenient.subject_key_identifier == b"a"
    assert lenient.basic_constraints == BasicConstraints(False, None)
    twice = Certificate(built(extensions(ext("0e", "040161"), ext("0e", "040162"))))
    assert twice.subject_key_identifier == b"a"
    assert len(twice.extensions) == 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3000", BasicConstraints(False, None)),
        ("3003 0101ff", BasicConstraints(True, None)),
        ("3003 010100", BasicConstraints(False, None)),
        ("3003 010101", BasicConstraints(True, None)),
        ("3003 020100", BasicConstraints(False, 0)),
        ("3006 0101ff 020105", BasicConstraints(True, 5)),
        ("3007 0101ff 02020080", BasicConstraints(True, 128)),
        ("3006 0101ff 0201ff", None),
        ("3006 0101ff 010100", None),
        ("3008 0101ff 020100 0500", None),
        ("3004 0102ffff", None),
        ("3002 0500", None),
    ],
)
def test_basic_constraints(value: str, expected: BasicConstraints | None) -> None:
    if expected is not None:
        assert parse_basic_constraints(bytes.fromhex(value)) == expected
        return
    with pytest.raises(der.DerError):
        parse_basic_constraints(bytes.fromhex(value))


@pytest.mark.parametrize("place", range(9))
def test_each_bit_of_key_usage_has_its_name(place: int) -> None:
    bits = (1 << (15 - place)).to_bytes(2, "big")
    assert parse_key_usage(b"\3\3\0" + bits) == {KEY_USAGES[place]}
    if place < 8:
        assert parse_key_usage(b"\3\2\0" + bits[:1]) == {KEY_USAGES[place]}


def test_key_usage_has_at_most_seven_unused_bits() -> None:
    assert parse_key_usage(b"\3\1\0") == frozenset()
    assert parse_key_usage(b"\3\2\7\x80") == {"digitalSignature"}
    assert parse_key_usage(b"\3\3\0\xff\xff") == set(KEY_USAGES)
    for value in (b"\3\0", b"\3\2\x08\x80"):
        with pytest.raises(der.DerError, match="malformed bit string"):
            parse_key_usage(value)


def test_other_extensions() -> None:
    assert parse_extended_key_usage(bytes.fromhex("3008 06022a03 06022a04")) == ("1.2.3", "1.2.4")
    for value in ("3000", "3002 0500"):
        with pytest.raises(der.DerError):
            parse_extended_key_usage(bytes.fromhex(value))
    assert parse_key_identifier(b"\4\2ab") == b"ab"
    aki = parse_authority_key_identifier(bytes.fromhex("300c 800161 a1048102 6262 8201ff".replace(" ", "")))
    assert aki == AuthorityKeyIdentifier(b"a", None, -1)
    named = parse_authority_key_identifier(bytes.fromhex("3006 a104 a402 3000"))
    assert named.issuer is not None
    assert named.issuer.is_empty
    for value in ("3002 8300", "3002 a000", "3002 8100"):
        with pytest.raises(der.DerError, match="unknown field"):
            parse_authority_key_identifier(bytes.fromhex(value))
    names = parse_general_names(bytes.fromhex("00 8000 820161 a400 a800 00"), 1, 10)
    assert names == (GeneralName(0, b""), GeneralName(2, b"a"), GeneralName(4, b""), GeneralName(8, b""))
    for tag in (b"\x7f\1\0", b"\x7e\0", b"\xa9\0"):
        with pytest.raises(der.DerError):
            parse_general_names(tag, 0, len(tag))
    assert parse_subject_alt_name(bytes.fromhex("3003 820161")) == (GeneralName(GeneralName.DNS, b"a"),)
    constraints = parse_name_constraints(bytes.fromhex("3010 a005 3003 820161 a107 3005 870361 6263".replace(" ", "")))
    assert constraints == NameConstraints((GeneralName(2, b"a"),), (GeneralName(7, b"abc"),))
    assert parse_name_constraints(b"\x30\0") == NameConstraints((), ())
    for field in (b"\x30\2\xa2\0", b"\x30\2\x9e\x00"):
        with pytest.raises(der.DerError):
            parse_name_constraints(field)


@pytest.mark.parametrize(
    ("oid", "value", "noted"),
    [
        (oids.BASIC_CONSTRAINTS, "3003010100", "basicConstraints: cA FALSE is encoded"),
        (oids.BASIC_CONSTRAINTS, "30030101ff", ""),
        (oids.BASIC_CONSTRAINTS, "3003020100", ""),
        (oids.NAME_CONSTRAINTS, "3003010100", ""),
        (oids.KEY_USAGE, "03020780", ""),
        (oids.KEY_USAGE, "03020680", "keyUsage: trailing zero bits are written out"),
        (oids.KEY_USAGE, "03020640", ""),
        (oids.KEY_USAGE, "03020001", ""),
        (oids.KEY_USAGE, "03020002", "keyUsage: trailing zero bits are written out"),
        (oids.KEY_USAGE, "0303000100", "keyUsage: trailing zero bits are written out"),
        (oids.KEY_USAGE, "03020880", ""),
        (oids.KEY_USAGE, "03020900", "keyUsage: trailing zero bits are written out"),
        (oids.KEY_USAGE, "030100", ""),
        (oids.SUBJECT_KEY_IDENTIFIER, "03020680", ""),
    ],
)
def test_defaults_that_are_written_out_are_noted(oid: str, value: str, noted: str) -> None:
    assert default_notes(Extension(oid, False, bytes.fromhex(value))) == ([noted] if noted else [])


def test_a_request_is_read_and_anything_else_is_refused() -> None:
    raw = make_request("FCU").public_bytes(Encoding.DER)
    read = Request(raw + b"xy")
    assert (read.trailing, read.is_signed_by_its_key) == (2, True)
    assert repr(read) == "<Request CN=FCU>"
    information, algorithm, signature = parts(raw)
    for other in (b"\3\0", b"\3\2\1\2", signature + b"\5\0"):
        with pytest.raises(der.DerError, match="request: malformed signature"):
            Request(der.encode(0x30, information + algorithm + other))
    wrong = signature[:-1] + bytes((signature[-1] ^ 1,))
    assert Request(der.encode(0x30, information + algorithm + wrong)).is_signed_by_its_key is False

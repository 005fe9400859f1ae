"""Name constraints, each kind of name against each kind of limit, as RFC 5280 section 4.2.1.10 has it."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest
from artefacts.makers import AT, make_key, make_name
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.extensions import GeneralName, NameConstraints
from fcu_conform.rules.support.name_constraints import excluded_names

DNS, EMAIL, URI, IP, DIRECTORY = (
    GeneralName.DNS,
    GeneralName.EMAIL,
    GeneralName.URI,
    GeneralName.IP,
    GeneralName.DIRECTORY,
)
OTHER, REGISTERED_ID = 0, 8


def certificate(subject: x509.Name, *names: x509.GeneralName) -> Certificate:
    key = make_key("constrained")
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(make_name(("CN", "CA")))
    builder = builder.public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(AT).not_valid_after(AT + timedelta(days=4000))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not list(subject))
    return Certificate(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))


def limit(choice: int, text: str | bytes) -> GeneralName:
    return GeneralName(choice, text if isinstance(text, bytes) else text.encode())


def network(text: str) -> bytes:
    base = ip_network(text)
    return base.network_address.packed + base.netmask.packed


def within(name: x509.GeneralName, base: GeneralName) -> bool:
    """Whether a name lies in a subtree, asked both ways round: as excluded and as permitted."""
    holder = certificate(x509.Name([]), name)
    excluded = [how for _, how in excluded_names(NameConstraints((), (base,)), holder)]
    permitted = [how for _, how in excluded_names(NameConstraints((base,), ()), holder)]
    assert (excluded, permitted) in ((["excluded"], []), ([], ["not permitted"]))
    return bool(excluded)


@pytest.mark.parametrize(
    ("host", "base", "expected"),
    [
        ("a.example.com", "example.com", True),
        ("example.com", "example.com", True),
        ("EXAMPLE.com", "Example.COM", True),
        ("badexample.com", "example.com", False),
        ("example.org", "example.com", False),
        ("a.example.com", ".example.com", True),
        ("example.com", "a.example.com", False),
        ("anything.at.all", "", True),
    ],
)
def test_a_host_is_below_a_domain(host: str, base: str, expected: bool) -> None:
    assert within(x509.DNSName(host), limit(DNS, base)) is expected


@pytest.mark.parametrize(
    ("address", "base", "expected"),
    [
        ("qa@example.com", "qa@example.com", True),
        ("QA@example.com", "QA@Example.com", True),
        ("qa@example.com", "QA@example.com", False),
        ("qb@example.com", "qa@example.com", False),
        ("qa@example.com", "qb@example.com", False),
        ("qa@example.com", "example.com", True),
        ("qa@a.example.com", "example.com", False),
        ("qa@a.example.com", ".example.com", True),
        ("qa@example.com", ".example.com", False),
    ],
)
def test_an_address_is_that_address_or_at_a_host(address: str, base: str, expected: bool) -> None:
    assert within(x509.RFC822Name(address), limit(EMAIL, base)) is expected


@pytest.mark.parametrize(
    ("uri", "base", "expected"),
    [
        ("coaps://lwm2m.example.com:5684/x?aid=1", "lwm2m.example.com", True),
        ("coaps://lwm2m.example.com", "example.com", False),
        ("coaps://lwm2m.example.com", ".example.com", True),
        ("coaps://example.com", ".example.com", False),
        ("urn:no:host", "example.com", False),
        ("https://user@a.example.com/x", "a.example.com", False),
    ],
)
def test_a_uri_is_at_a_host_or_below_a_domain(uri: str, base: str, expected: bool) -> None:
    assert within(x509.UniformResourceIdentifier(uri), limit(URI, base)) is expected


@pytest.mark.parametrize(
    ("address", "base", "expected"),
    [
        ("10.1.2.3", network("10.1.0.0/16"), True),
        ("10.2.2.3", network("10.1.0.0/16"), False),
        ("10.1.2.3", network("10.1.2.3/32"), True),
        ("10.1.2.4", network("10.1.2.3/32"), False),
        ("10.1.2.3", network("0.0.0.0/0"), True),
        ("10.1.2.3", bytes((10, 1, 99, 99, 255, 255, 0, 0)), True),
        ("10.1.2.3", network("fe80::/10"), False),
        ("10.1.2.3", network("::/0"), False),
        ("::10.1.2.3", network("10.1.2.3/32"), False),
        ("fe80::1", network("fe80::/10"), True),
        ("2001:db8::1", network("fe80::/10"), False),
        ("10.1.2.3", b"\x0a\x01", False),
        ("10.1.2.3", b"", False),
    ],
)
def test_an_address_is_in_a_network(address: str, base: bytes, expected: bool) -> None:
    assert within(x509.IPAddress(ip_address(address)), limit(IP, base)) is expected


@pytest.mark.parametrize(("last", "expected"), [(b"\x03", False), (b"\x04", True), (b"\x05", False)])
def test_a_name_of_a_kind_without_subtrees_must_be_equal(last: bytes, expected: bool) -> None:
    name = x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4"))
    held = certificate(x509.Name([]), name).subject_alt_names[0].content
    assert within(name, limit(REGISTERED_ID, held[:-1] + last)) is expected


def test_a_name_of_another_kind_has_no_host_even_if_it_resembles_an_address() -> None:
    name = x509.OtherName(x509.ObjectIdentifier("1.2.3.4"), b"\x0c\x03a@b")
    held = certificate(x509.Name([]), name).subject_alt_names[0].content
    assert within(name, limit(OTHER, held))
    assert not within(name, limit(OTHER, b"b"))


def directory(*attributes: tuple[str, str]) -> GeneralName:
    return limit(DIRECTORY, make_name(*attributes).public_bytes())


def test_a_subject_is_below_the_names_that_it_begins_with() -> None:
    holder = certificate(make_name(("C", "FI"), ("O", "Example"), ("CN", "lamp")))
    for base, admitted in (
        (directory(("C", "FI")), True),
        (directory(("C", "FI"), ("O", "EXAMPLE")), True),
        (directory(("C", "FI"), ("O", "Example"), ("CN", "lamp")), True),
        (directory(("C", "FI"), ("O", "Example"), ("CN", "lamp"), ("OU", "x")), False),
        (directory(("O", "Example")), False),
        (directory(("C", "DE")), False),
        (directory(("C", "SE")), False),
        (directory(), True),
        (limit(DIRECTORY, b"\x30\x05no"), False),
    ):
        told = list(excluded_names(NameConstraints((base,), ()), holder))
        assert told == ([] if admitted else [("C=FI, O=Example, CN=lamp", "not permitted")])


def test_one_of_several_permitted_subtrees_is_enough_and_exclusion_comes_first() -> None:
    holder = certificate(x509.Name([]), x509.DNSName("a.example.com"))
    one, other = limit(DNS, "example.org"), limit(DNS, "example.com")
    assert list(excluded_names(NameConstraints((one, other), ()), holder)) == []
    assert list(excluded_names(NameConstraints((one,), (other,)), holder)) == [
        ("a.example.com", "excluded"),
        ("a.example.com", "not permitted"),
    ]


@pytest.mark.parametrize("choice", [EMAIL, DIRECTORY, URI, IP, REGISTERED_ID])
def test_a_permitted_name_of_one_kind_does_not_affect_another(choice: int) -> None:
    holder = certificate(x509.Name([]), x509.DNSName("a.example.org"))
    assert list(excluded_names(NameConstraints((limit(choice, "x"),), ()), holder)) == []


def test_a_constraint_on_one_kind_of_name_does_not_affect_another() -> None:
    holder = certificate(make_name(("CN", "lamp")), x509.DNSName("a.example.org"))
    assert (
        list(excluded_names(NameConstraints((limit(EMAIL, "example.com"),), (limit(URI, "a.example.org"),)), holder))
        == []
    )


def test_an_email_address_in_the_subject_is_constrained() -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, "qa@example.org")])
    told = list(excluded_names(NameConstraints((limit(EMAIL, "example.com"),), ()), certificate(subject)))
    assert told == [("qa@example.org", "not permitted")]


def test_unprintable_names_are_shown_as_octets() -> None:
    holder = certificate(x509.Name([]), x509.IPAddress(ip_address("10.1.2.3")))
    assert list(excluded_names(NameConstraints((), (limit(IP, network("10.0.0.0/8")),)), holder)) == [
        ("0a010203", "excluded")
    ]


def test_a_constraint_for_one_kind_of_name_is_not_applied_to_another() -> None:
    holder = certificate(x509.Name([]), x509.DNSName("example.com"))
    for choice in (EMAIL, DIRECTORY, URI):
        bases = (limit(choice, "" if choice == DIRECTORY else "example.com"),)
        assert list(excluded_names(NameConstraints((), bases), holder)) == []
        assert list(excluded_names(NameConstraints(bases, ()), holder)) == []
    holder = certificate(x509.Name([]), x509.RFC822Name("example.com"))
    assert list(excluded_names(NameConstraints((), (limit(DNS, "example.com"),)), holder)) == []


def test_an_address_is_shown_in_hexadecimal_and_other_names_as_text() -> None:
    for name, base, words in (
        (x509.IPAddress(ip_address("10.0.0.1")), limit(IP, network("10.0.0.0/8")), "0a000001"),
        (x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4")), limit(REGISTERED_ID, b"\x2a\x03\x04"), "*\x03\x04"),
        (x509.DNSName("a.example.com"), limit(DNS, "example.com"), "a.example.com"),
    ):
        holder = certificate(x509.Name([]), name)
        assert [shown for shown, _ in excluded_names(NameConstraints((), (base,)), holder)] == [words]

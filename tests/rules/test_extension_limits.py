"""What rules say of extensions, key identifiers and names for each way in which they may be there or not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.encodings.extensions import Extension
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.keystore.certificate_extensions import key_identifier_mismatches
from fcu_conform.rules.model import Blocked, NotApplicable
from fcu_conform.rules.support.first_holders import ExactFirstHolders

UNKNOWN, ALSO_UNKNOWN = "1.2.3.4", "1.2.3.5"
UNPARSED = "is critical, and the device's library cannot parse it"
POLICIES = bytes.fromhex("300830060604551d2000")


class Name(str):
    """A name that matches those of the same text."""

    @property
    def is_empty(self) -> bool:
        return not self

    def matches(self, other: str) -> bool:
        return self == other

    def values(self, oid: str) -> list[str]:
        return []


def extension(oid: str, *, critical: bool = False, value: bytes = b"") -> Extension:
    return Extension(oid, critical, value)


def certificate(*extensions: Extension, subject: str = "x", is_ca: bool = False, **more: Any) -> Any:
    return SimpleNamespace(
        subject=Name(subject),
        extensions=tuple(extensions),
        has_extension=lambda oid: any(e.oid == oid for e in extensions),
        is_among=lambda others: is_ca,
        sha256="0123456789",
        version=3,
        raw=subject.encode(),
        **more,
    )


def device(*certificates: Any) -> Any:
    own = certificates[0] if certificates else None
    return SimpleNamespace(
        own=own,
        certificates=certificates,
        bundle=None,
        troubles=(),
        key=None,
        other_keys=(),
        is_headless=False,
    )


def of_device(subject: Any, code: str = "DEV019") -> list[str]:
    findings = CATALOGUE[code].check(subject, SimpleNamespace(ca_certificates=(), ca_keys=(), fcu_certificate=None))
    return [f"{finding.location.index}: {finding.message.partition(': ')[2]}" for finding in findings]


def in_keystore(code: str, *certificates: Any) -> list[tuple[str, str, str]]:
    """Words, expected and found of what a rule says of these certificates as fcu.crt."""
    links = [
        SimpleNamespace(certificate=one, index=number, entry=SimpleNamespace(line=1), is_first=number == 1)
        for number, one in enumerate(certificates, start=1)
    ]
    crt = SimpleNamespace(entries=links, name="fcu.crt", pem=SimpleNamespace(problem=""))
    chain = SimpleNamespace(distinct=links, path=links, has_gap=False)
    setup = SimpleNamespace(ca=SimpleNamespace(fcu_crt=crt, chain=chain))
    return [
        (f"{f.location.index}: {f.message.partition('…): ')[2]}", f.expected, f.found)
        for f in CATALOGUE[code].check(setup)
    ]


@pytest.mark.parametrize(
    "oid",
    [
        oids.BASIC_CONSTRAINTS,
        oids.KEY_USAGE,
        oids.EXTENDED_KEY_USAGE,
        oids.SUBJECT_ALT_NAME,
        oids.NETSCAPE_CERT_TYPE,
    ],
)
def test_critical_extensions_must_be_parsed_by_the_library_of_the_device(oid: str) -> None:
    assert of_device(device(certificate(extension(oid, critical=True)))) == []


@pytest.mark.parametrize(
    ("extensions", "is_ca", "messages"),
    [
        ([extension(UNKNOWN)], False, []),
        ([extension(UNKNOWN, critical=True)], False, [f"{UNKNOWN} {UNPARSED}"]),
        ([extension(UNKNOWN, critical=True)], True, []),  # which CRT015 tells
        ([extension(oids.CERTIFICATE_POLICIES, critical=True, value=POLICIES)], False, []),
        ([extension(oids.CERTIFICATE_POLICIES, value=b"x")], False, []),
        (
            [extension(oids.CERTIFICATE_POLICIES, critical=True, value=b"x")],
            False,
            [f"certificatePolicies {UNPARSED}"],
        ),
        (
            [extension(oids.CERTIFICATE_POLICIES, critical=True, value=b"x")],
            True,
            [f"certificatePolicies {UNPARSED}"],
        ),
        ([extension(UNKNOWN), extension(ALSO_UNKNOWN)], False, []),
        ([extension(UNKNOWN)] * 2, False, [f"has {UNKNOWN} 2 times"]),
        ([extension(UNKNOWN)] * 2, True, []),
        ([extension(ALSO_UNKNOWN), *[extension(UNKNOWN)] * 3], False, [f"has {UNKNOWN} 3 times"]),
    ],
)
def test_an_extension_of_a_device_is_parsed_by_its_library_and_unique(
    extensions: list[Extension], is_ca: bool, messages: list[str]
) -> None:
    subject = certificate(*extensions, is_ca=is_ca)
    assert of_device(device(certificate(), subject)) == [f"2: {message}" for message in messages]


def test_an_empty_issuer_is_reported_at_any_position() -> None:
    good, bad = certificate(issuer=Name("y")), certificate(issuer=Name(""), signed_by=lambda key: key == "nameless")
    subject, named = device(good, bad, good, bad), SimpleNamespace(certificate=certificate(public_key="named"))
    findings = CATALOGUE["DEV029"].check(subject, SimpleNamespace(chain=SimpleNamespace(links=[named])))
    assert [(f.location.index, f.location.field) for f in findings] == [(2, "issuer"), (4, "issuer")]


def test_a_ca_without_a_name_explains_only_the_empty_issuers_of_its_own_certificates() -> None:
    ca = SimpleNamespace(certificate=certificate(subject="", public_key="nameless"))
    setup = SimpleNamespace(chain=SimpleNamespace(links=[ca]))
    of_it = certificate(issuer=Name(""), signed_by=lambda key: key == "nameless")
    not_known = certificate(issuer=Name(""), signed_by=lambda key: None)
    of_another = certificate(issuer=Name(""), signed_by=lambda key: False)
    for one in (of_it, not_known):
        with pytest.raises(Blocked, match="CRT012"):
            CATALOGUE["DEV029"].check(device(one), setup)
    findings = CATALOGUE["DEV029"].check(device(of_it, of_another, not_known), setup)
    assert [finding.location.index for finding in findings] == [2]


@pytest.mark.parametrize(
    ("extensions", "told"),
    [
        ([], []),
        ([extension(UNKNOWN)], []),
        (
            [extension(UNKNOWN, critical=True)],
            [
                (
                    f"1: extension {UNKNOWN} is critical and unknown",
                    "non-critical, or an extension that RFC 5280 defines",
                    "critical",
                )
            ],
        ),
        ([extension(oids.KEY_USAGE, critical=True)], []),
        ([extension(oids.KEY_USAGE)] * 2, [("1: has keyUsage 2 times", "once", "2 times")]),
        ([extension(UNKNOWN)] * 3, [(f"1: has {UNKNOWN} 3 times", "once", "3 times")]),
    ],
)
def test_a_critical_extension_in_fcu_crt_is_known_and_unique(
    extensions: list[Extension], told: list[tuple[str, str, str]]
) -> None:
    assert in_keystore("CRT015", certificate(*extensions)) == told


@pytest.mark.parametrize(
    ("is_there", "constraints", "told"),
    [
        (False, None, [("1: is not a CA certificate", "CA:TRUE", "no basicConstraints")]),
        (True, None, []),  # it cannot be read, which CRT002 tells
        (True, SimpleNamespace(ca=False), [("1: is not a CA certificate", "CA:TRUE", "CA:FALSE")]),
        (True, SimpleNamespace(ca=True), []),
    ],
)
def test_a_ca_is_marked_as_a_ca(is_there: bool, constraints: Any, told: list[tuple[str, str, str]]) -> None:
    extensions = [extension(oids.BASIC_CONSTRAINTS)] if is_there else []
    assert in_keystore("CRT007", certificate(*extensions, basic_constraints=constraints)) == told


CA_USAGES = "digitalSignature, keyCertSign, cRLSign"


@pytest.mark.parametrize(
    ("is_there", "usages", "told"),
    [
        (False, None, [("1: has no keyUsage", CA_USAGES, "no keyUsage")]),
        (True, None, []),
        (True, set(), [(f"1: keyUsage lacks {CA_USAGES}", CA_USAGES, "none")]),
        (True, {"cRLSign", "keyCertSign"}, [("1: keyUsage lacks digitalSignature", CA_USAGES, "cRLSign, keyCertSign")]),
        (True, {"cRLSign", "digitalSignature", "keyCertSign"}, []),
        (True, {"cRLSign", "digitalSignature", "keyCertSign", "keyAgreement"}, []),
    ],
)
def test_the_key_usage_of_a_ca_allows_everything_that_a_ca_signs(
    is_there: bool, usages: set[str] | None, told: list[tuple[str, str, str]]
) -> None:
    extensions = [extension(oids.KEY_USAGE)] if is_there else []
    assert in_keystore("CRT008", certificate(*extensions, key_usage=usages)) == told


@pytest.mark.parametrize(
    ("purposes", "found"),
    [
        (None, None),
        ((oids.CLIENT_AUTH,), None),
        ((oids.ANY_EXTENDED_KEY_USAGE,), None),
        ((UNKNOWN, oids.CLIENT_AUTH), None),
        ((UNKNOWN, ALSO_UNKNOWN), f"{UNKNOWN}, {ALSO_UNKNOWN}"),
        ((), ""),
    ],
)
def test_a_ca_with_purposes_allows_clients(purposes: tuple[str, ...] | None, found: str | None) -> None:
    message = "1: extKeyUsage does not allow clientAuth"
    assert in_keystore("CRT017", certificate(extended_key_usage=purposes)) == (
        [] if found is None else [(message, "clientAuth", found)]
    )


@pytest.mark.parametrize("code", ["CRT007", "CRT008", "CRT013", "CRT017"])
def test_a_certificate_that_cannot_have_extensions_is_left_to_the_rule_of_versions(code: str) -> None:
    old = certificate(basic_constraints=None, key_usage=None, extended_key_usage=())
    assert in_keystore(code, old) != []
    old.version = 1
    assert in_keystore(code, old) == []
    assert in_keystore("CRT003", old, certificate()) == [("1: is version 1", "version 3", "version 1")]


@pytest.mark.parametrize(
    ("notes", "more", "found"),
    [
        ([], None, None),
        (["a"], "a", "a"),
        (["a", "b"], "a (and 1 more)", "a; b"),
        (list("abcde"), "a (and 4 more)", "a; b; c; d; e"),
        (list("abcdef"), "a (and 5 more)", "a; b; c; d; e"),
    ],
)
def test_ber_encodings_are_reported_and_five_of_them_shown(
    notes: list[str], more: str | None, found: str | None
) -> None:
    assert in_keystore("CRT018", certificate(der_notes=notes)) == (
        [] if more is None else [(f"1: is not strict DER: {more}", "DER", found)]
    )


def named(key: bytes | None = None, serial: int | None = None, issuer: str | None = None) -> Any:
    named_issuer = None if issuer is None else Name(issuer)
    return SimpleNamespace(key_identifier=key, serial=serial, issuer=named_issuer)


KEY = "its authorityKeyIdentifier is not the issuer's subjectKeyIdentifier"
SERIAL = "the serial number in its authorityKeyIdentifier is not the issuer's"
ISSUER = "the name in its authorityKeyIdentifier is not that of the issuer's issuer"


@pytest.mark.parametrize(
    ("identifier", "theirs", "told"),
    [
        (None, b"\1", []),
        (named(), b"\1", []),
        (named(b"\1"), b"\1", []),
        (named(b"\1"), None, []),
        (named(), None, []),
        (named(b"\2"), b"\1", [(KEY, "01", "02")]),
        (named(b"\0"), b"\1", [(KEY, "01", "00")]),
        (named(b""), b"\1", [(KEY, "01", "")]),
        (named(serial=10), None, []),
        (named(serial=9), None, [(SERIAL, "a", "9")]),
        (named(serial=11), None, [(SERIAL, "a", "b")]),
        (named(serial=0), None, [(SERIAL, "a", "0")]),
        (named(issuer="root"), None, []),
        (named(issuer="other"), None, [(ISSUER, "root", "other")]),
        (named(b"\2", 9, "other"), b"\1", [(KEY, "01", "02"), (SERIAL, "a", "9"), (ISSUER, "root", "other")]),
    ],
)
def test_an_authority_key_identifier_names_the_issuer_in_each_of_its_parts(
    identifier: Any, theirs: bytes | None, told: list[tuple[str, str, str]]
) -> None:
    issuer = certificate(subject_key_identifier=theirs, serial=10, issuer=Name("root"))
    child = certificate(authority_key_identifier=identifier)
    assert list(key_identifier_mismatches(child, issuer)) == told


def test_a_root_identifies_its_own_key_and_an_incomplete_chain_is_not_judged() -> None:
    def one(identifier: bytes, own: bytes, *, is_self_issued: bool = False) -> Any:
        return certificate(
            authority_key_identifier=named(identifier),
            subject_key_identifier=own,
            is_self_issued=is_self_issued,
            public_key=None,
            signed_by=lambda _: True,
        )

    lower = one(b"\2", b"\1")
    assert in_keystore("CRT014", lower, one(b"\2", b"\2", is_self_issued=True)) == []
    assert in_keystore("CRT014", lower, one(b"\3", b"\2", is_self_issued=True)) == [(f"2: {KEY}", "02", "03")]
    assert in_keystore("CRT014", lower, one(b"\3", b"\2")) == []
    assert in_keystore("CRT014", lower, one(b"\3", b"\3", is_self_issued=True)) == [(f"1: {KEY}", "03", "02")]
    assert in_keystore("CRT014", lower) == []
    lower.signed_by = lambda _: False  # by another issuer, whose key it may well name
    assert in_keystore("CRT014", lower, one(b"\3", b"\3", is_self_issued=True)) == []


SUBJECT_KEY, AUTHORITY_KEY = extension(oids.SUBJECT_KEY_IDENTIFIER), extension(oids.AUTHORITY_KEY_IDENTIFIER)
CRITICAL = extension(oids.BASIC_CONSTRAINTS, critical=True)
TO_BE_CRITICAL = "critical basicConstraints (OpenSSL 3.0)"


@pytest.mark.parametrize(
    ("extensions", "is_root", "wants"),
    [
        ([SUBJECT_KEY, AUTHORITY_KEY, CRITICAL], False, None),
        ([SUBJECT_KEY, CRITICAL], False, "authorityKeyIdentifier"),
        ([SUBJECT_KEY, CRITICAL], True, None),
        ([AUTHORITY_KEY, CRITICAL], True, "subjectKeyIdentifier"),
        ([SUBJECT_KEY, AUTHORITY_KEY, extension(oids.BASIC_CONSTRAINTS)], False, TO_BE_CRITICAL),
        ([SUBJECT_KEY, AUTHORITY_KEY], False, None),  # CRT007 tells it
        ([SUBJECT_KEY, extension(oids.KEY_USAGE, critical=True)], True, None),
        ([], False, "subjectKeyIdentifier, authorityKeyIdentifier"),
        (
            [extension(oids.BASIC_CONSTRAINTS)],
            False,
            f"subjectKeyIdentifier, authorityKeyIdentifier, {TO_BE_CRITICAL}",
        ),
    ],
)
def test_strict_readers_require_identifiers_and_critical_constraints(
    extensions: list[Extension], is_root: bool, wants: str | None
) -> None:
    subject = certificate(*extensions, is_self_issued=is_root)
    assert in_keystore("CHN014", subject) == (
        [] if wants is None else [(f"1: strict validators require {wants}", wants, "")]
    )


def test_a_fault_of_several_certificates_is_reported_for_each() -> None:
    lacking = certificate(SUBJECT_KEY, CRITICAL, is_self_issued=False)
    sound = certificate(SUBJECT_KEY, AUTHORITY_KEY, CRITICAL, is_self_issued=False)
    wants = "authorityKeyIdentifier"
    assert in_keystore("CHN014", sound, lacking, lacking, sound, lacking) == [
        (f"{number}: strict validators require {wants}", wants, "") for number in (2, 3, 5)
    ]


def test_certificates_of_older_versions_are_left_to_the_rule_about_versions() -> None:
    old = certificate(is_self_issued=True)
    old.version = 1
    assert in_keystore("CHN014", old) == []


def test_the_certificate_of_a_device_is_the_first_that_is_not_a_ca() -> None:
    own, ca = certificate(subject="own"), certificate(subject="ca", is_ca=True)
    own.version = ca.version = 1
    for certificates in ((own, ca), (ca, own), (ca, ca, own)):
        subject = device(*certificates)
        subject.own = None
        (finding,) = CATALOGUE["DEV020"].check(subject, SimpleNamespace(ca_certificates=()))
        assert finding.found == "version 1"
        own.version = 3
        assert CATALOGUE["DEV020"].check(subject, SimpleNamespace(ca_certificates=())) == ()
        own.version = 1
    subject.certificates = (ca, ca)
    with pytest.raises(Blocked) as blocked:
        CATALOGUE["DEV020"].check(subject, SimpleNamespace(ca_certificates=()))
    assert blocked.value.codes == ("DEV003",)
    subject.certificates = ()
    with pytest.raises(NotApplicable, match=r"^no certificate$"):
        CATALOGUE["DEV020"].check(subject, SimpleNamespace(ca_certificates=()))


def test_a_value_is_reported_as_a_duplicate_only_for_another_device() -> None:
    seen = ExactFirstHolders()

    def one(name: str, identity: str) -> Any:
        return SimpleNamespace(name=name, identity=identity)

    assert seen.earlier_holder(b"value", one("a.pem", "a")) == ""
    assert seen.earlier_holder(b"value", one("a.der", "a")) == ""
    assert seen.earlier_holder(b"other", one("b.pem", "b")) == ""
    assert seen.earlier_holder(b"value", one("b.pem", "b")) == "a.pem"
    assert seen.earlier_holder(b"value", one("c.pem", "c")) == "a.pem"
    assert seen.earlier_holder(b"", one("d.pem", "\ud800")) == ""

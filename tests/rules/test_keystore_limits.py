"""Where rules of the keystore draw their lines: exactly there, one below, one above, and each way to cross them."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from artefacts.makers import (
    AT,
    P256_ORDER,
    Line,
    ca_extensions,
    der,
    key_pem,
    make_certificate,
    make_chain,
    make_key,
    make_name,
    make_request,
    other_algorithm,
    pem,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from fcu_conform import check
from fcu_conform.engine import Outcome, Report

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
NAMES = ("FCU line 1", "INT_CA", "ROOT_CA", "ROOT_CA")


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def report(line: Line, **more: object) -> Report:
    judged = check(line.keystore, **{"at": AT, "validators": "none", **more})  # type: ignore[arg-type]
    assert [result.reason for result in judged.results if result.outcome is Outcome.ERROR] == []
    return judged


def said(line: Line, code: str, **more: object) -> list[str]:
    """What one rule says, without the words for certificates."""
    findings = [finding for result, finding in report(line, **more).findings() if result.code == code]
    return [finding.message.partition("…): ")[2] or finding.message for finding in findings]


def remake(line: Line, number: int, **changes: object) -> None:
    line.chain[number] = make_certificate(NAMES[number], NAMES[number + 1], serial=1000 + number, **changes)  # type: ignore[arg-type]
    line.write_chain(*line.chain)


@pytest.mark.parametrize(
    ("shift", "message"),
    [
        (-SECOND, None),
        (0 * SECOND, None),
        (SECOND, "is not valid for another 1 second"),
        (60 * SECOND, "is not valid for another 1 minute"),
    ],
)
def test_a_certificate_is_valid_from_its_first_instant(line: Line, shift: timedelta, message: str | None) -> None:
    remake(line, 1, start=AT + shift)
    assert said(line, "CRT006") == ([] if message is None else [message])


@pytest.mark.parametrize(
    ("shift", "message"),
    [(SECOND, None), (0 * SECOND, None), (-SECOND, "expired 1 second ago"), (-2 * DAY, "expired 2 days ago")],
)
def test_a_certificate_is_valid_to_its_last_instant(line: Line, shift: timedelta, message: str | None) -> None:
    remake(line, 1, start=AT - 5 * DAY + shift, days=5)
    assert said(line, "CRT006") == ([] if message is None else [message])


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(
    ("left", "message"),
    [
        (3650 * DAY + SECOND, None),
        (3650 * DAY, None),
        (3650 * DAY - SECOND, "expires in 3649 days"),
        (3 * DAY, "expires in 3 days"),
    ],
)
def test_every_certificate_outlives_a_device_of_today(
    line: Line, number: int, left: timedelta, message: str | None
) -> None:
    remake(line, number, start=AT - DAY, days=(DAY + left) / DAY)
    assert said(line, "CRT010") == ([] if message is None else [message])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (-DAY, None),
        (0 * DAY, None),
        (DAY, None),
        (DAY + SECOND, "outlives its issuer, certificate 2, by 1 day 1 second"),
        (3 * DAY, "outlives its issuer, certificate 2, by 3 days"),
    ],
)
def test_a_certificate_may_outlive_its_issuer_by_a_day(line: Line, more: timedelta, message: str | None) -> None:
    remake(line, 0, days=12775 + more / DAY)
    assert said(line, "CHN010") == ([] if message is None else [message])


@pytest.mark.parametrize(
    ("number", "length", "message"),
    [
        (0, 0, None),
        (0, 1, None),
        (1, 0, "allows 0 CA certificates below it"),
        (1, 1, None),
        (1, 2, None),
        (2, 0, "allows 0 CA certificates below it"),
        (2, 1, "allows 1 CA certificate below it"),
        (2, 2, None),
        (2, None, None),
    ],
)
def test_a_path_length_allows_the_cas_below(line: Line, number: int, length: int | None, message: str | None) -> None:
    key, issuer = make_key(NAMES[number]).public_key(), make_key(NAMES[number + 1]).public_key()
    remake(line, number, extensions=ca_extensions(key, issuer, length))
    assert said(line, "CHN008") == ([] if message is None else [message])


def set_depth(line: Line, depth: int | None) -> None:
    path = line.keystore / "../config/fcu.yml"
    kept = path.read_text().replace("device-certificate-chain-depth: 2\n", "")
    path.write_text(kept if depth is None else f"{kept}device-certificate-chain-depth: {depth}\n")


@pytest.mark.parametrize(
    ("depth", "codes"),
    [
        (-1, ["CFG004"]),
        (0, ["CFG004"]),
        (1, []),
        (2, []),
        (3, []),
        (4, ["CFG006"]),
        (5, ["CFG004"]),
        (6, ["CFG004", "CFG005"]),
    ],
)
def test_a_depth_fits_the_chain_and_the_device(line: Line, depth: int, codes: list[str]) -> None:
    set_depth(line, depth)
    found = [result.code for result, _ in report(line).findings()]
    assert [code for code in found if code in ("CFG004", "CFG005", "CFG006")] == codes


@pytest.mark.parametrize(
    ("depth", "codes"), [(5, []), (6, ["CFG005"]), (7, ["CFG005", "CFG006"]), (8, ["CFG004", "CFG005"])]
)
def test_a_depth_fits_the_device_even_if_the_chain_is_longer(line: Line, depth: int, codes: list[str]) -> None:
    line.write_chain(*make_chain("FCU line 1", "A", "B", "C", "D", "E"))
    set_depth(line, depth)
    found = {result.code for result, _ in report(line).findings()}
    assert [code for code in ("CFG004", "CFG005", "CFG006") if code in found] == codes


@pytest.mark.parametrize(
    ("depth", "expected"), [(0, "1 or more"), (1, None), (2, None), (5, None)], ids=["0", "1", "2", "5"]
)
def test_without_a_certificate_a_depth_is_at_least_one(line: Line, depth: int, expected: str | None) -> None:
    line.write("fcu.crt", b"")
    set_depth(line, depth)
    findings = [finding for result, finding in report(line).findings() if result.code == "CFG004"]
    assert [finding.expected for finding in findings] == ([] if expected is None else [expected])


def test_a_depth_is_reported_with_the_number_of_certificates(line: Line) -> None:
    line.write_chain(make_certificate("FCU line 1"))
    set_depth(line, 3)
    (finding,) = [finding for result, finding in report(line).findings() if result.code == "CFG004"]
    assert (finding.expected, finding.found) == ("1 to 2: fcu.crt has 1 certificate", "3")
    assert (finding.location.field, finding.location.line) == ("device-certificate-chain-depth", 3)


@pytest.mark.parametrize(("count", "is_told"), [(1, False), (2, True), (3, True)])
def test_a_chain_requires_a_depth(line: Line, count: int, is_told: bool) -> None:
    line.write_chain(*make_chain(*("FCU line 1", "A", "B")[:count]))
    set_depth(line, None)
    messages = [f"device-certificate-chain-depth is not set, but fcu.crt has {count} certificates"]
    assert said(line, "CFG003") == (messages if is_told else [])
    assert said(line, "CFG003", chain_depth=1) == []


@pytest.mark.parametrize(("count", "is_told"), [(1, False), (2, True), (3, True)])
def test_a_chain_that_fcu_did_not_ask_for_came_from_outside(line: Line, count: int, is_told: bool) -> None:
    line.write_chain(*make_chain(*("FCU line 1", "A", "B")[:count]))
    path = line.keystore / "../config/fcu.yml"
    path.write_text(path.read_text().replace("intermediate: true", "intermediate: false"))
    assert bool(said(line, "CFG010")) is is_told


LIMITS = {
    "common-name": 64,
    "organization-name": 64,
    "organizational-unit-name": 64,
    "locality-name": 128,
    "state-or-province-name": 128,
}


@pytest.mark.parametrize(("name", "limit"), LIMITS.items())
def test_an_attribute_has_its_upper_bound(line: Line, name: str, limit: int) -> None:
    before = (line.keystore / "../config/fcu.yml").read_text()
    for length, messages in ((1, []), (limit, []), (limit + 1, [f"{name} is too long"])):
        (line.keystore / "../config/fcu.yml").write_text(before)
        line.configure(f"certificate-authority:\n  {name}: {'x' * length}\n")
        assert said(line, "CFG007") == messages


def test_values_filled_in_by_a_template_have_no_bound_in_the_settings(line: Line) -> None:
    line.configure(f"certificate-authority:\n  common-name: <%= ENV['{'X' * 100}'] %>\n  country-name: GBR\n")
    assert said(line, "CFG007") == ["country-name is not a country code"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_mismatch_of_the_two_algorithms_is_reported_either_way(line: Line, inside: bool) -> None:
    first = ssl.DER_cert_to_PEM_cert(other_algorithm(line.chain[0], inside=inside))
    line.write("fcu.crt", first.encode() + pem(*line.chain[1:]))
    assert said(line, "CRT005") == ["has two different signature algorithms"]


@pytest.mark.parametrize(
    ("country", "is_told"), [("GB", False), ("gb", False), ("G", True), ("GBR", True), ("G1", True)]
)
def test_a_country_has_two_letters(line: Line, country: str, is_told: bool) -> None:
    line.configure(f"certificate-authority:\n  country-name: {country}\n")
    assert bool(said(line, "CFG007")) is is_told


URI = "bootstrap-server-uri"
LATER = "bootstrap-server-uri-first-to-claim"
LWM2M = "lwm2m-server-uri"
NOT_THIS = "names an account, which first-to-claim does not allow"
NOT_LAST = "has text after the account, and the device compares everything up to the end"


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        ({URI: "coaps://a?aid=1"}, []),
        ({URI: "coap://a?x=1&aid=1"}, []),
        ({URI: "coaps://a?aid=1&x=1"}, []),
        ({URI: "http://a?aid=1"}, [f"{URI} does not use coap or coaps"]),
        ({URI: "http://a"}, [f"{URI} does not use coap or coaps", f"{URI} names no account"]),
        ({URI: "coap://a?aid=1"}, []),
        ({URI: "coap:a?aid=1"}, [f"{URI} does not use coap or coaps"]),
        ({URI: "coaps:/a?aid=1"}, [f"{URI} does not use coap or coaps"]),
        ({URI: "coaps://a?paid=1"}, [f"{URI} names no account"]),
        ({URI: "coaps://a?aid=&x=1"}, [f"{URI} names an empty account"]),
        ({LWM2M: "coaps://a?aid=1"}, []),
        ({LWM2M: "coaps://a"}, [f"{LWM2M} names no account"]),
        ({LWM2M: "coaps://a?aid="}, [f"{LWM2M} names an empty account"]),
        ({LWM2M: "coaps://a?aid=1&x=1"}, [f"{LWM2M} {NOT_LAST}"]),
        ({LWM2M: "<%= ENV['URI'] %>", URI: "coaps://a"}, [f"{URI} names no account"]),
        ({LATER: "coaps://a"}, []),
        ({LATER: "coaps://a?aid=1"}, [f"{LATER} {NOT_THIS}"]),
        ({"first-to-claim": "true", URI: "coaps://a"}, []),
        ({"first-to-claim": "true", URI: "coaps://a?aid=1"}, [f"{URI} {NOT_THIS}"]),
        ({"first-to-claim": "false", URI: "coaps://a"}, [f"{URI} names no account"]),
        ({"first-to-claim": "true", URI: "coaps://a?aid=1", LATER: "coaps://a"}, []),
        ({"first-to-claim": "false", URI: "coaps://a", LATER: "coaps://a"}, [f"{URI} names no account"]),
        (
            {URI: "x", LWM2M: "coaps://a"},
            [f"{URI} does not use coap or coaps", f"{URI} names no account", f"{LWM2M} names no account"],
        ),
    ],
)
def test_server_uris_name_the_account_where_the_device_looks(
    line: Line, settings: dict[str, str], messages: list[str]
) -> None:
    line.configure("".join(f"{name}: {value}\n" for name, value in settings.items()))
    assert said(line, "CFG012") == messages


@pytest.mark.parametrize(
    ("name", "value", "is_told"),
    [
        ("vendor-id", "01234567-89ab-cdef-0123-456789abcdef", False),
        ("vendor-id", "01234567-89AB-CDEF-0123-456789ABCDEF", False),
        ("class-id", "01234567-89ab-cdef-0123-456789abcde", True),
        ("class-id", "01234567-89ab-cdef-0123-456789abcdef0", True),
        ("class-id", "01234567-89ab-cdef-456789abcdef", True),
        ("class-id", "0123456g-89ab-cdef-0123-456789abcdef", True),
    ],
)
def test_an_identifier_for_updates_is_a_uuid(line: Line, name: str, value: str, is_told: bool) -> None:
    line.configure(f"{name}: '{value}'\n")
    assert said(line, "CFG014") == ([f"{name} is not a UUID"] if is_told else [])


def test_properties_of_a_list_are_reported_by_line(line: Line) -> None:
    line.configure(
        "custom-properties:\n  - name: a\n  - 7\n  - value: x\n  - name:\n  - name: mbed.x\n  - name: a\n  - name: a\n"
    )
    findings = [finding for result, finding in report(line).findings() if result.code == "CFG015"]
    assert [(f.message, f.location.line, f.found) for f in findings] == [
        ("custom property 'mbed.x' has the reserved prefix mbed", 9, "mbed.x"),
        ("custom property 'a' is a duplicate", 10, "the name of the property in line 5"),
        ("custom property 'a' is a duplicate", 11, "the name of the property in line 5"),
    ]


@pytest.mark.parametrize(
    ("kept", "code", "message"),
    [
        (("FCU line 1", "A", "B"), "CHN005", "its issuer is missing"),
        (("FCU line 1", "A"), "CHN005", "its issuer is missing"),
        (("FCU line 1",), "CHN011", "is not self-signed, and its issuer is missing"),
        (
            ("FCU line 1", "B", "ROOT_CA"),
            "CHN003",
            "is not the issuer of certificate 1, and fcu.crt has no certificate that is",
        ),
        (
            ("FCU line 1", "A", "ROOT_CA"),
            "CHN003",
            "is not the issuer of certificate 2, and fcu.crt has no certificate that is",
        ),
        (
            ("FCU line 1", "ROOT_CA", "A"),
            "CHN003",
            "is not the issuer of certificate 3, and fcu.crt has no certificate that is",
        ),
    ],
)
def test_a_break_in_a_chain_of_four_is_located(line: Line, kept: tuple[str, ...], code: str, message: str) -> None:
    names = ("FCU line 1", "A", "B", "ROOT_CA")
    made = dict(zip(names, make_chain(*names), strict=True))
    line.write_chain(*(made[name] for name in kept))
    assert said(line, code) == [message]


def test_a_gap_after_the_third_certificate_is_reported_for_the_next_one(line: Line) -> None:
    made = make_chain("FCU line 1", "A", "B", "C", "ROOT_CA")
    line.write_chain(*made[:3], made[4])
    (finding,) = [finding for result, finding in report(line).findings() if result.code == "CHN003"]
    assert finding.message.endswith("is not the issuer of certificate 3, and fcu.crt has no certificate that is")
    assert (finding.location.index, finding.expected) == (4, "after 3 CN=B: CN=C")


@pytest.mark.parametrize(("order", "told"), [((0, 3, 1, 4), 4), ((0, 3, 4, 1), 2), ((0, 1, 3, 4), 3)])
def test_a_gap_is_reported_for_the_certificate_after_it(line: Line, order: tuple[int, ...], told: int) -> None:
    made = make_chain("FCU line 1", "A", "B", "C", "ROOT_CA")
    line.write_chain(*(made[number] for number in order))
    (finding,) = [finding for result, finding in report(line).findings() if result.code == "CHN003"]
    assert finding.location.index == told
    assert finding.expected == f"after {order.index(1) + 1} CN=A: CN=B"


def test_a_block_that_is_not_a_certificate_does_not_hide_the_next_one(line: Line) -> None:
    first, second, third = line.chain
    blocks = "".join(map(ssl.DER_cert_to_PEM_cert, (b"\x30\x00", der(second) + b"\0\0")))
    line.write("fcu.crt", pem(first) + blocks.encode() + pem(third))
    found = [finding for result, finding in report(line).findings() if result.code == "CRT002"]
    assert [finding.location.index for finding in found] == [2, 3]
    assert found[1].message == "certificate 3 of 4: has 2 trailing bytes"


def test_a_missing_root_is_reported_for_the_last_certificate(line: Line) -> None:
    line.write_chain(*make_chain("FCU line 1", "A", "B", "ROOT_CA")[:3])
    (finding,) = [finding for result, finding in report(line).findings() if result.code == "CHN005"]
    assert finding.location.index == 3
    assert finding.expected == "the certificate of CN=ROOT_CA after it"


def test_a_request_in_two_blocks_or_beside_another_block_is_not_one(line: Line) -> None:
    request = make_request("FCU line 1").public_bytes(Encoding.PEM)
    other = pem(line.chain[2])
    for content, message in (
        (request * 2, "has 2 requests in 2 blocks"),
        (other, "has no request, but a certificate"),
        (request + other, "has 1 request in 2 blocks"),
        (request, None),
        (request + key_pem(make_key("x")), None),  # which KEY008 tells
    ):
        line.write("fcu_csr.pem", content)
        assert said(line, "CSR002") == ([] if message is None else [message])


def test_an_incomplete_key_usage_is_reported_with_its_bits(line: Line) -> None:
    key, issuer = make_key(NAMES[0]).public_key(), make_key(NAMES[1]).public_key()
    usual = [pair for pair in ca_extensions(key, issuer) if not isinstance(pair[0], x509.KeyUsage)]
    flags = ("content_commitment", "key_encipherment", "data_encipherment", "encipher_only", "decipher_only")
    usage = x509.KeyUsage(
        digital_signature=False, key_cert_sign=True, crl_sign=False, key_agreement=True, **dict.fromkeys(flags, False)
    )
    remake(line, 0, extensions=[*usual, (usage, True)])
    (finding,) = [finding for result, finding in report(line).findings() if result.code == "CRT008"]
    assert finding.message.endswith("keyUsage lacks digitalSignature, cRLSign")
    assert (finding.expected, finding.found) == ("digitalSignature, keyCertSign, cRLSign", "keyAgreement, keyCertSign")


@pytest.mark.parametrize(
    ("common_name", "is_told"), [("<%= ENV['CN'] %>", False), ("FCU line 1", False), ("FCU line 2", True)]
)
def test_a_template_in_the_settings_is_not_compared_with_the_subject(
    line: Line, common_name: str, is_told: bool
) -> None:
    line.write("fcu_csr.pem", make_request("FCU line 1").public_bytes(Encoding.PEM))
    line.configure(f"certificate-authority:\n  common-name: {common_name}\n")
    assert bool(said(line, "CSR005")) is is_told


def test_a_missing_setting_does_not_hide_the_next_one(line: Line) -> None:
    line.write("fcu_csr.pem", make_request("FCU line 1").public_bytes(Encoding.PEM))
    line.configure("certificate-authority:\n  locality-name: Oulu\n  country-name: FI\n")
    assert len(said(line, "CSR005")) == 2


@pytest.mark.parametrize("is_signed_by_another", [False, True])
def test_a_signature_of_an_unknown_kind_does_not_hide_a_wrong_one(line: Line, is_signed_by_another: bool) -> None:
    remake(line, 0, digest=hashes.SHA3_256())
    if is_signed_by_another:
        remake(line, 1, issuer_key=make_key("another"))
    (result,) = [result for result in report(line).results if result.code == "CHN004"]
    if is_signed_by_another:
        assert [finding.location.index for finding in result.findings] == [2]
    else:
        assert (result.outcome, result.blocked_by) == (Outcome.BLOCKED, ("CRT004", "CRT005"))


def test_a_key_with_the_same_x_and_the_other_y_does_not_match_the_certificate(line: Line) -> None:
    own = make_key(NAMES[0]).private_numbers()
    mirrored = ec.derive_private_key(P256_ORDER - own.private_value, ec.SECP256R1())
    assert mirrored.private_numbers().public_numbers.x == own.public_numbers.x
    line.write("fcu_private_key.pem", key_pem(mirrored))
    assert [message.partition(",")[0] for message in said(line, "KEY004")] == ["does not match the FCU certificate"]


def test_names_of_a_self_issued_ca_are_not_held_to_the_constraints_above_it(line: Line) -> None:
    """RFC 5280 section 6.1.3 (b): only the last certificate of a path is held to them although it is self-issued."""
    limit = x509.DirectoryName(make_name(("CN", "FCU line 1")))
    constraints = [(x509.NameConstraints(permitted_subtrees=[limit], excluded_subtrees=None), True)]
    keys = [make_key(name).public_key() for name in NAMES]
    old, new = make_key("ROOT_CA"), make_key("ROOT_CA, second key")
    line.chain[1] = make_certificate(
        "ROOT_CA", key=new, issuer_key=old, serial=1001, extensions=ca_extensions(new.public_key(), keys[2])
    )
    line.chain[0] = make_certificate(
        NAMES[0], "ROOT_CA", issuer_key=new, extensions=ca_extensions(keys[0], new.public_key())
    )
    line.chain[2] = make_certificate(
        "ROOT_CA", key=old, serial=1002, extensions=[*ca_extensions(keys[2], keys[2]), *constraints]
    )
    line.write_chain(*line.chain)
    assert said(line, "CHN009") == []

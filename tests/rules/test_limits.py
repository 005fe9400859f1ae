"""Where rules draw the line between two numbers or instants: exactly there, one below, one above."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.keystore.certificate import certificates, serial_trouble
from fcu_conform.rules.model import Blocked, DeviceFindings, NotApplicable

AT = datetime(2026, 6, 1, 12, 0, 0, tzinfo=timezone.utc)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def certificate(start: datetime = AT - DAY, end: datetime = AT + DAY, **more: Any) -> Any:
    """What a rule reads of a certificate."""
    return SimpleNamespace(
        subject="CN=x",
        not_before=SimpleNamespace(instant=start),
        not_after=SimpleNamespace(instant=end),
        is_among=lambda others: False,
        **more,
    )


def device(*certificates: Any, name: str = "one", **more: Any) -> Any:
    """What a rule reads of a device that carries these certificates."""
    own = certificates[0] if certificates else None
    usual = {"bundle": None, "remark": None, "troubles": (), "is_headless": False}
    return SimpleNamespace(name=name, own=own, certificates=certificates, **{**usual, **more})


def found(code: str, subject: Any, **setup: Any) -> DeviceFindings:
    """What a rule of devices finds."""
    findings: DeviceFindings = CATALOGUE[code].check(subject, SimpleNamespace(at=AT, **setup))
    return findings


@pytest.mark.parametrize(
    ("serial", "trouble"),
    [
        (-(2**200), "negative"),
        (-1, "negative"),
        (0, "zero"),
        (1, ""),
        (2, ""),
        (2**159 - 1, ""),
        (2**159, "longer than 20 octets"),
        (2**200, "longer than 20 octets"),
    ],
)
def test_a_serial_number_is_positive_and_fits_20_octets(serial: int, trouble: str) -> None:
    stub: Any = SimpleNamespace(serial=serial)
    assert serial_trouble(stub) == trouble


@pytest.mark.parametrize(("size", "is_told"), [(1, False), (1023, False), (1024, False), (1025, True), (2048, True)])
def test_a_certificate_has_at_most_1024_octets(size: int, is_told: bool) -> None:
    small = certificate(size=500)
    findings = found("DEV017", device(small, certificate(size=size), small))
    assert [f.message for f in findings] == (["certificate 2 (CN=x) is too large for the client"] if is_told else [])
    assert [(f.location.index, f.expected, f.found) for f in findings] == (
        [(2, "at most 1024 octets", f"{size} octets")] if is_told else []
    )


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ((1013,), None),
        ((1014,), None),  # 7 octets of the message, and 3 for every certificate
        ((1015,), "notice"),
        ((500, 511), None),
        ((500, 512), "notice"),
        ((1024, 1024, 1024, 1005), "notice"),
        ((1024, 1024, 1024, 1006), "4097 octets"),
        ((1024, 1024, 1024, 1024), "4115 octets"),
    ],
)
def test_a_chain_fits_a_message_of_4096_octets_and_1024_of_a_constrained_build(
    sizes: tuple[int, ...], told: str | None
) -> None:
    findings = found("DEV018", device(*(certificate(size=size) for size in sizes)))
    assert [f.found or (f.level and f.level.value) for f in findings] == ([] if told is None else [told])


@pytest.mark.parametrize(("count", "is_told"), [(1, False), (4, False), (5, False), (6, True), (7, True)])
def test_a_device_stores_five_certificates(count: int, is_told: bool) -> None:
    many = [certificate()] * count
    findings = found("DEV028", device(*many))
    assert [f.message for f in findings] == ([f"carries {count} certificates"] if is_told else [])
    assert not found("DEV028", device(*many, bundle=SimpleNamespace(device_item=None)))


@pytest.mark.parametrize("code", ["DEV017", "DEV018", "DEV019", "DEV026", "DEV028", "DEV029", "LOT004"])
def test_a_file_without_a_certificate_is_not_judged(code: str) -> None:
    ask = lot if code == "LOT004" else found
    with pytest.raises(NotApplicable, match=r"^no certificate$"):
        ask(code, device())


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (AT, AT + DAY, None),
        (AT + SECOND, AT + DAY, "is not valid yet"),
        (AT - SECOND, AT + DAY, None),
        (AT - DAY, AT, None),
        (AT - DAY, AT - SECOND, "has expired"),
        (AT - DAY, AT + SECOND, None),
        (AT, AT, None),
    ],
)
def test_a_certificate_on_a_device_is_valid_from_its_first_instant_to_its_last(
    start: datetime, end: datetime, words: str | None
) -> None:
    findings = found("DEV026", device(certificate(), certificate(start, end)))
    assert [(f.location.index, f.message) for f in findings] == (
        [(2, f"certificate 2 (CN=x) {words}")] if words else []
    )


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (AT + SECOND, "the device certificate is not valid yet"),
        (AT, None),
        (AT - DAY, None),
        (AT - DAY - SECOND, "the device certificate starts before the FCU certificate"),
    ],
)
def test_a_device_certificate_starts_after_its_issuer_and_before_it_is_judged(
    start: datetime, message: str | None
) -> None:
    subject = device(certificate(start))
    findings = found("DEV010", subject, certain_fcu_link=SimpleNamespace(certificate=certificate(AT - DAY)))
    assert [f.message for f in findings] == ([] if message is None else [message])
    crt = SimpleNamespace(file=SimpleNamespace(trouble=None))
    unread: dict[str, Any] = {"certain_fcu_link": None, "lacks_fcu_certificate": False, "fcu_crt": crt}
    if start > AT:
        assert found("DEV010", subject, **unread)
    else:
        with pytest.raises(Blocked, match="CRT002"):
            found("DEV010", subject, **unread)


@pytest.mark.parametrize(
    ("validity", "is_told"),
    [(3649 * DAY, True), (3650 * DAY, True), (3650 * DAY + SECOND, False), (3651 * DAY, False)],
)
def test_a_device_lasts_more_than_ten_years(validity: timedelta, is_told: bool) -> None:
    findings = found("DEV011", device(certificate(AT, AT + validity)))
    assert [f.found for f in findings] == ([f"{validity.days} days"] if is_told else [])


def named(names: list[str], kind: int = 0x0C) -> Any:
    return SimpleNamespace(common_names=names, common_name_types=(kind,) * len(names))


@pytest.mark.parametrize(
    ("kind", "told"),
    [(0x0C, ""), (0x13, ""), (0x14, ""), (0x16, ""), (0x1E, "BMPString"), (0x1C, "UniversalString")],
)
def test_the_octets_of_a_cn_are_those_of_an_endpoint_name(kind: int, told: str) -> None:
    for expected in ([], ["a"]):
        findings = found("DEV005", device(named(["a"], kind), endpoint_names=expected))
        message = f"the CN is a {told}, of which the device compares the octets"
        assert [f.message for f in findings] == ([message] if told else [])
    assert found("DEV005", device(named(["a"], kind), bundle=object())) == ()


@pytest.mark.parametrize(
    ("length", "is_told"), [(0, True), (1, False), (2, False), (64, False), (65, True), (66, True)]
)
def test_an_endpoint_name_has_1_to_64_characters(length: int, is_told: bool) -> None:
    name = "x" * length
    findings = found("DEV005", device(named([name]), endpoint_names=[name]))
    assert [f.message for f in findings] == ([f"the CN has {length} characters"] if is_told else [])


@pytest.mark.parametrize(
    ("names", "expected", "bundle", "messages"),
    [
        ([], [], None, ["the device certificate has no CN"]),
        (["a", "a"], ["a"], None, ["the device certificate has 2 CNs"]),
        (["a"], ["b"], None, ["the CN is not the endpoint name"]),
        (["a"], ["b", "c"], None, ["the CN is not the endpoint name"]),
        (["a"], ["b", "a"], None, []),
        (["a"], [], None, []),
        (["a"], ["b"], object(), []),
    ],
)
def test_the_cn_is_one_of_the_names_of_the_file(
    names: list[str], expected: list[str], bundle: object, messages: list[str]
) -> None:
    findings = found("DEV005", device(named(names), endpoint_names=expected, bundle=bundle))
    assert [f.message for f in findings] == messages


def test_discouraged_characters_are_reported_once_each_and_sorted() -> None:
    subject = device(SimpleNamespace(common_names=["b_a_\u00e9-1"]))
    assert [(f.found, f.location.index) for f in found("DEV006", subject)] == [("_\u00e9", 1)]
    assert not found("DEV006", device(SimpleNamespace(common_names=["aZ09'()+,-.?:/= "])))


@pytest.mark.parametrize(("version", "is_told"), [(1, True), (2, True), (3, False), (4, True)])
def test_a_device_certificate_is_of_version_3_and_no_other(version: int, is_told: bool) -> None:
    findings = found("DEV020", device(certificate(version=version)))
    assert [f.found for f in findings] == ([f"version {version}"] if is_told else [])


@pytest.mark.parametrize(
    ("ca", "usages", "messages"),
    [
        (None, None, []),
        (False, None, []),
        (False, {"digitalSignature"}, []),
        (None, {"keyCertSign"}, ["the device's key may sign certificates"]),
        (False, {"keyCertSign"}, ["the device's key may sign certificates"]),
        (True, {"keyCertSign"}, ["the device certificate is a CA certificate"]),
        (True, None, ["the device certificate is a CA certificate"]),
    ],
)
def test_a_device_is_not_a_ca_and_its_key_signs_no_certificates(
    ca: bool | None, usages: set[str] | None, messages: list[str]
) -> None:
    constraints = None if ca is None else SimpleNamespace(ca=ca)
    findings = found("DEV012", device(certificate(basic_constraints=constraints, key_usage=usages)))
    assert [f.message for f in findings] == messages


CLIENT, SERVER, ANY = "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1", "2.5.29.37.0"


@pytest.mark.parametrize(
    ("purposes", "is_told"),
    [(None, False), ((), True), ((SERVER,), True), ((SERVER, CLIENT), False), ((ANY,), False), ((ANY, CLIENT), False)],
)
def test_the_purposes_of_a_device_include_client_or_any(purposes: tuple[str, ...] | None, is_told: bool) -> None:
    assert bool(found("DEV013", device(certificate(extended_key_usage=purposes, extensions=())))) is is_told


@pytest.mark.parametrize(
    ("usages", "told"),
    [
        (None, []),
        (set(), ["none"]),
        ({"keyAgreement"}, ["keyAgreement"]),
        ({"digitalSignature"}, []),
        ({"digitalSignature", "keyAgreement"}, []),
    ],
)
def test_the_key_usage_of_a_device_includes_signing(usages: set[str] | None, told: list[str]) -> None:
    assert [f.found for f in found("DEV014", device(certificate(key_usage=usages)))] == told


@pytest.mark.parametrize(
    ("account", "units", "told"),
    [
        ("a1", ("a1",), []),
        ("a1", ("a1", "b"), []),
        ("a1", ("b", "a1"), ["b, a1"]),
        ("a1", (), ["no OU"]),
    ],
)
def test_the_first_ou_is_the_account(account: str, units: tuple[str, ...], told: list[str]) -> None:
    subject = device(certificate(organizational_units=units, organizational_unit_types=(0x0C,) * len(units)))
    assert [f.found for f in found("DEV022", subject, account_id=account)] == told
    with pytest.raises(NotApplicable, match=r"^not in LwM2M mode, or no account id is known$"):
        found("DEV022", subject, account_id=None)


def test_the_octets_of_the_ou_are_those_of_the_account() -> None:
    subject = device(certificate(organizational_units=("a1",), organizational_unit_types=(0x1E,)))
    assert [f.found for f in found("DEV022", subject, account_id="a1")] == ["a BMPString"]


@pytest.mark.parametrize(
    ("mode", "uri", "account"),
    [
        ("lwm2m", "coaps://a?aid=a1", "a1"),
        ("lwm2m", "coaps://a?aid=a1&x=1", "a1&x=1"),
        ("lwm2m", "coaps://a?aid=b&aid=a1", "b&aid=a1"),
        ("lwm2m", "coaps://a?aid=", None),
        ("lwm2m", "coaps://a", None),
        ("lwm2m", None, None),
        ("bootstrap", "coaps://a?aid=a1", None),
        (None, "coaps://a?aid=a1", None),
    ],
)
def test_the_account_of_a_bundle_is_that_of_its_lwm2m_server(
    mode: str | None, uri: str | None, account: str | None
) -> None:
    bundle = SimpleNamespace(mode=mode, parameter=lambda name: uri if name == "mbed.LwM2MServerURI" else None)
    subject = device(certificate(organizational_units=("other",), organizational_unit_types=(0x0C,)), bundle=bundle)
    if account is None:
        with pytest.raises(NotApplicable):
            found("DEV022", subject, account_id="of fcu.yml")
    else:
        assert [f.expected for f in found("DEV022", subject, account_id="of fcu.yml")] == [account]


def test_an_enrollment_identity_is_the_fingerprint_in_pairs_of_either_case() -> None:
    subject = certificate(sha256="0123456789abcdef" * 4)
    right = "A-" + ":".join(["01", "23", "45", "67", "89", "AB", "CD", "EF"] * 4)
    for given in (right, "A-" + right[2:].lower()):
        assert not found("DEV023", device(subject, enrollment_id=given))
    for given in (right.lower(), right[:-1], right + ":", right.replace("A-0", "A-1"), ""):
        (finding,) = found("DEV023", device(subject, enrollment_id=given))
        assert (finding.expected, finding.found, finding.location.index) == (right, given, 1)
    with pytest.raises(NotApplicable, match=r"^no enrollment identity was given$"):
        found("DEV023", device(subject, enrollment_id=None))


def lot(code: str, *devices: Any) -> list[tuple[str, str]]:
    """The names of the devices that a rule of lots finds fault with, each with its message."""
    setup = SimpleNamespace(at=AT)
    check = CATALOGUE[code].check(setup)
    return [(subject.name, finding.message) for subject in devices for finding in check(subject, setup)]


def test_the_depth_of_the_first_device_is_that_of_the_lot() -> None:
    one, two, three = ([certificate()] * count for count in (1, 2, 3))
    assert lot(
        "LOT004",
        device(*two, name="a"),
        device(*two, name="b"),
        device(*one, name="c"),
        device(*three, name="d"),
        device(*two, name="e"),
    ) == [
        ("c", "carries 1 certificate, and a, the first of the lot, carries 2"),
        ("d", "carries 3 certificates, and a, the first of the lot, carries 2"),
    ]


PROFILE = ("algorithm", "extensions", "usage", "purposes", "attributes")


def of_days(days: float, name: str, profile: tuple[str, ...] = PROFILE) -> Any:
    return device(certificate(AT, AT + days * DAY, profile=profile), name=name)


@pytest.mark.parametrize(
    ("days", "is_told"),
    [(100, False), (96, True), (97, False), (98, False), (102, False), (103, False), (103.9, False), (104, True)],
)
def test_validity_may_differ_by_three_days_inside_a_lot(days: float, is_told: bool) -> None:
    found = lot("LOT005", of_days(100, "a"), of_days(days, "b"), of_days(100, "c"))
    message = f"differs from a: valid for {int(days)} days instead of 100"
    assert found == ([("b", message)] if is_told else [])


@pytest.mark.parametrize(
    ("part", "words"),
    list(
        enumerate(
            (
                "the signature algorithm",
                "the list of extensions",
                "keyUsage",
                "extKeyUsage",
                "the list of subject attributes",
            )
        )
    ),
)
def test_each_difference_of_a_profile_is_named(part: int, words: str) -> None:
    other = tuple("else" if number == part else value for number, value in enumerate(PROFILE))
    assert lot("LOT005", of_days(100, "a"), of_days(100, "b", other)) == [("b", f"differs from a: {words} differs")]
    assert lot("LOT005", of_days(100, "a"), of_days(200, "b", other)) == [
        ("b", f"differs from a: {words} differs; valid for 200 days instead of 100")
    ]


@pytest.mark.parametrize(
    ("count", "told"),
    [(1, []), (9, []), (10, []), (11, ["at most 10"]), (50, ["at most 10"]), (51, ["at most 50"])],
)
def test_an_account_accepts_ten_certificates_and_a_commercial_one_fifty(count: int, told: list[str]) -> None:
    upload = SimpleNamespace(name="upload.pem", certificates=SimpleNamespace(entries=[None] * count))
    findings = list(CATALOGUE["UPL007"].check(SimpleNamespace(upload=upload)))
    assert [f.expected for f in findings] == told
    assert [f.found for f in findings] == ([str(count)] if told else [])
    if told:
        account = "a developer account" if count < 51 else "any account"
        assert findings[0].message == f"has more certificates than {account} allows"


def details(values: dict[str, Any], mode: str | None = None) -> list[tuple[str | None, str, str]]:
    """What is said of the details beside an upload: field, words, expected."""
    typed = SimpleNamespace(file=SimpleNamespace(name="upload.toml"), problem="", values=values)
    setup = SimpleNamespace(upload=SimpleNamespace(details=typed), mode=mode)
    return [(f.location.field, f.message, f.expected) for f in CATALOGUE["UPL008"].check(setup)]


@pytest.mark.parametrize(("field", "limit"), [("name", 100), ("description", 500)])
def test_texts_of_an_upload_have_their_limits(field: str, limit: int) -> None:
    assert details({field: "x" * limit}) == []
    assert details({field: "x" * (limit - 1)}) == []
    expected = f"at most {limit} characters"
    assert details({field: "x" * (limit + 1)}) == [(field, f"{field} has {limit + 1} characters", expected)]
    assert details({field: 7}) == [(field, f"{field} is not text", expected)]


@pytest.mark.parametrize(
    ("values", "mode", "told"),
    [
        ({}, "bootstrap", []),
        ({"name": ""}, None, [("name", "name is empty", "1 to 100 characters")]),
        ({"name": "x"}, None, []),
        ({"description": ""}, None, []),
        ({"service": "bootstrap"}, "bootstrap", []),
        ({"service": "lwm2m"}, "lwm2m", []),
        ({"service": "lwm2m"}, None, []),
        ({"service": "lwm2m"}, "bootstrap", [("service", "service is lwm2m, but devices use bootstrap", "bootstrap")]),
        ({"service": "bootstrap"}, "lwm2m", [("service", "service is bootstrap, but devices use lwm2m", "lwm2m")]),
        ({"service": "mqtt"}, "lwm2m", [("service", "service is 'mqtt'", "bootstrap or lwm2m")]),
        ({"service": None}, "lwm2m", []),
    ],
)
def test_the_service_of_an_upload_matches_the_devices(
    values: dict[str, Any], mode: str | None, told: list[tuple[str, str, str]]
) -> None:
    assert details(values, mode) == told


def test_version_3_alone_can_have_extensions() -> None:
    links = [SimpleNamespace(certificate=SimpleNamespace(version=version)) for version in (1, 2, 3, 4, 5)]
    setup: Any = SimpleNamespace(ca=SimpleNamespace(chain=SimpleNamespace(distinct=links)))
    assert [certificate.version for _, certificate in certificates(setup)] == [1, 2, 3, 4, 5]
    assert [certificate.version for _, certificate in certificates(setup, version_3=True)] == [3]

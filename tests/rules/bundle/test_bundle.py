"""Reading a bundle: what other rules take from it, that it never raises, and that it shows no secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cbor2
import processor
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fcu_conform.artefacts.bundle import Bundle
from fcu_conform.artefacts.device import DeviceFile, Kind
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.private_keys import parse_private_key
from fcu_conform.artefacts.encodings.public_keys import verifies
from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine.lot.chunk_judge import ChunkJudge
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import OVER_DEVICES, Finding

from .judging import judge_pass
from .maker import (
    ENDPOINT,
    Fields,
    add,
    chain,
    changed,
    drop_group,
    drop_parameter,
    good,
    key_der,
    key_pem,
    parameter,
    set_field,
    set_group,
    set_parameter,
)
from .observed import OBSERVED

GOOD = changed(good(3))


def carried(bundle: Bundle) -> tuple[bytes, ...]:
    """The device's certificates as bytes, all of which can be read."""
    return tuple(one.raw for one in bundle.device_certificates if isinstance(one, Certificate))


def test_a_bundle_has_certificates_key_and_endpoint_name_of_its_mode() -> None:
    for mode in ("bootstrap", "lwm2m"):
        bundle = Bundle(changed(good(3, mode=mode)))
        assert bundle.mode == mode
        assert carried(bundle) == chain()[:3]
        assert bundle.device_key is not None
        assert bundle.device_key.fields["Data"].reveal() == key_der()
        assert bundle.endpoint_name == ENDPOINT


def test_the_certificate_of_the_other_mode_is_not_the_device_certificate() -> None:
    other = {"Name": "mbed.LwM2MDeviceCert", "Data": chain()[3]}
    assert carried(Bundle(changed(good(2), add("Certificates", other)))) == chain()[:2]


@pytest.mark.parametrize("mode", ["bootstrap", "lwm2m"])
def test_without_a_mode_any_certificate_is_the_device_certificate(mode: str) -> None:
    bundle = Bundle(changed(good(2, mode=mode), drop_parameter("mbed.UseBootstrap")))
    assert bundle.mode is None
    assert carried(bundle) == chain()[:2]
    assert bundle.device_key is not None


@pytest.mark.parametrize(
    ("value", "mode"),
    [(1, "bootstrap"), (0, "lwm2m"), (b"\1\0\0\0", "bootstrap"), (bytes(4), "lwm2m")]
    + [(value, None) for value in (True, False, 2, -1, "1", b"\1", b"\0\0\0\1", 1.0, None)],
)
def test_the_mode_is_read_as_the_device_reads_it(value: object, mode: str | None) -> None:
    assert Bundle(changed(good(), set_parameter("mbed.UseBootstrap", value))).mode == mode


def test_a_certificate_that_is_not_a_byte_string_is_left_out() -> None:
    mixed = set_field("CertificateChains", "DataArray", [chain()[0], "text", chain()[1]])
    assert carried(Bundle(changed(good(), mixed))) == chain()[:2]


def test_certificate_requests_come_last() -> None:
    bundle = Bundle(cbor2.dumps({"CsrReqs": [{"PrKN": "a"}], "Keys": [{"Name": "b"}]}))
    assert [item.place for item in bundle.items()] == ["Keys[0]", "CsrReqs[0]"]


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x80", b"\xa1\x01\x01", b"\xa1\x64Keys\xd8\x1c\x80", GOOD[:-1]])
def test_an_unreadable_bundle_is_empty(data: bytes) -> None:
    bundle = Bundle(data)
    assert (bundle.groups, bundle.mode, bundle.device_certificates) == ({}, None, ())
    assert bundle.device_key is None
    assert bundle.endpoint_name is None


SECRET = key_der()
SECRETS = {
    "a good bundle": GOOD,
    "the private key in a parameter": changed(good(), set_parameter("mbed.EndpointName", SECRET)),
    "the private key as a certificate": changed(good(), set_field("Certificates", "Data", SECRET)),
    "the private key under a misspelt group": changed(good(), set_group("keys", [{"Data": SECRET}])),
    "the private key cut short": changed(good(), set_field("Keys", "Data", SECRET[:-1])),
    "the private key called public": changed(good(), set_field("Keys", "Type", "ECCPublic")),
    "the private key as PEM text": changed(good(), set_field("Keys", "Data", key_pem().decode())),
    "the private key as Entropy": changed(good(), set_group("Entropy", SECRET)),
    "the private key as PEM text in Entropy": changed(good(), set_group("Entropy", key_pem().decode())),
    "the private key as SID": changed(good(), set_group("SID", SECRET)),
    "the private key as a name": changed(good(), set_field("Keys", "Name", SECRET)),
    "the private key as a group": changed(good(), set_group(key_pem().decode(), 1)),
    "the private key as PEM text in a parameter": changed(good(), set_parameter("mbed.UTCOffset", key_pem().decode())),
}


def told(finding: Finding) -> str:
    return f"{finding!r} {finding.message} {finding.expected} {finding.found} {finding.location}"


@pytest.mark.parametrize("case", SECRETS)
def test_no_finding_and_no_repr_shows_a_private_key(case: str, setup: Setup) -> None:
    result = judge_pass(SECRETS[case], setup)
    bundle = Bundle(SECRETS[case])
    shown = " ".join(told(finding) for tally in result.tallies.values() for finding in tally.findings)
    shown += repr(bundle) + repr(list(bundle.items())) + repr(bundle.device_key)
    scalar = SECRET[7:39]
    body = b"".join(key_pem().splitlines()[1:-1]).decode()
    for piece in (scalar.hex()[8:24], repr(scalar)[6:18], body[36:52], body[60:76]):
        assert piece not in shown


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_a_rule_break(setup: Setup, data: bytes) -> None:
    judge_pass(data, setup)


edits = st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8)


@settings(max_examples=300, deadline=None)
@given(edits)
def test_no_change_of_bytes_in_a_good_bundle_makes_a_rule_break(setup: Setup, changes: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD)
    for position, value in changes:
        data[position] = value
    judge_pass(bytes(data), setup)


odd = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 1 << 70), st.text(max_size=5), st.binary(max_size=5), st.floats(),
    st.lists(st.integers(0, 3), max_size=3), st.dictionaries(st.text(max_size=3), st.integers(0, 3), max_size=2),
)  # fmt: skip
PARAMETERS = [item["Name"] for item in good()["ConfigParams"]] + ["mbed.ClassId", "mbed.FirstToClaim"]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(("Keys", "Certificates", "CertificateChains", "ConfigParams", "CsrReqs", "SID", "Verify")), odd)
def test_no_value_of_a_group_makes_a_rule_break(setup: Setup, group: str, value: object) -> None:
    judge_pass(changed(good(), set_group(group, value)), setup)
    judge_pass(changed(good(), set_group(group, [value, {"Name": value, "Data": value, "PrKN": value}])), setup)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(("Name", "Data", "DataArray", "Type", "Format", "PrKN", "Subj", "MD", "Ext", "SM")), odd)
def test_no_value_of_a_field_makes_a_rule_break(setup: Setup, field: str, value: object) -> None:
    asked = {"PrKN": "k", "Subj": "CN=a", "MD": 1}
    for group in ("Keys", "Certificates", "CertificateChains", "CsrReqs"):
        judge_pass(changed(good(), set_group("CsrReqs", [dict(asked)]), set_field(group, field, value)), setup)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PARAMETERS), odd)
def test_no_value_of_a_parameter_makes_a_rule_break(setup: Setup, name: str, value: object) -> None:
    judge_pass(changed(good(), set_parameter(name, value)), setup)


def test_a_bundle_without_groups_is_judged(setup: Setup) -> None:
    judge_pass(b"\xa0", setup)
    judge_pass(changed(good(), *(drop_group(group) for group in list(good()))), setup)


def test_reading_again_gives_the_same(setup: Setup) -> None:
    for data in list(OBSERVED.values())[:20]:
        first, second = (judge_pass(data, setup).tallies for _ in range(2))
        assert [tally.findings for tally in first.values()] == [tally.findings for tally in second.values()]


def test_a_parameter_given_twice_counts_as_the_first() -> None:
    twice = changed(good(), add("ConfigParams", parameter("mbed.EndpointName", "second")))
    assert Bundle(twice).endpoint_name == ENDPOINT


@pytest.mark.parametrize(
    "edit",
    [
        set_field("CertificateChains", "DataArray", [chain()[0]] * 600),
        add("Certificates", *({"Name": f"c{number}", "Data": chain()[1]} for number in range(600))),
        add("ConfigParams", *(parameter("", True) for _ in range(3000))),
        add("Keys", *({"Name": f"k{number}", "Type": "ECCPrivate", "Data": key_der()} for number in range(1200))),
    ],
    ids=["certificates in a chain", "certificates", "parameters", "keys"],
)
def test_a_bundle_at_all_limits_is_judged_quickly(edit: Callable[[Fields], object], setup: Setup) -> None:
    data = changed(good(), edit)
    with processor.at_most(5):
        judge_pass(data, setup)


def test_nothing_in_a_bundle_is_read_or_verified_twice(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []

    def noted(what: Any) -> Any:
        def wrapper(*arguments: Any) -> Any:
            done.append((what.__name__, arguments[-1]))
            return what(*arguments)

        return wrapper

    monkeypatch.setattr(Certificate, "_read", noted(Certificate._read))
    monkeypatch.setattr("fcu_conform.artefacts.encodings.certificate.verifies", noted(verifies))
    monkeypatch.setattr("fcu_conform.artefacts.bundle.parse_private_key", noted(parse_private_key))
    monkeypatch.setattr("fcu_conform.artefacts.device_key.parse_private_key", noted(parse_private_key))
    rules = [rule for rule in CATALOGUE if rule.scope in OVER_DEVICES]
    judge = ChunkJudge(rules, setup.ca)
    file = DeviceFile("acme-000017.cbor", Kind.BUNDLE, GOOD)
    judge.judge([file])
    done.clear()
    judge.judge([file])
    assert {what for what, _ in done} == {"_read", "verifies", "parse_private_key"}
    assert len(done) == len(set(done))

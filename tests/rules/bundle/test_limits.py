"""Where rules of bundles draw their lines: exactly there, one below, one above, and each way to cross them."""

from __future__ import annotations

from typing import Any

import pytest

from fcu_conform.artefacts.setup import Setup

from .judging import findings, told
from .maker import (
    Fields,
    add,
    chain,
    changed,
    drop_group,
    good,
    key_der,
    lone,
    parameter,
    public_der,
    request,
    set_field,
    set_group,
)


@pytest.mark.parametrize(("count", "messages"), [(0, []), (7, []), (8, ["has 13 groups"]), (9, ["has 14 groups"])])
def test_a_bundle_has_at_most_twelve_groups(count: int, messages: list[str], setup: Setup) -> None:
    data = changed(good(), *(set_group(f"g{number}", 1) for number in range(count)))
    assert told(data, setup, "BDL008") == messages


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("keys", "Keys"),
        ("KEYS", "Keys"),
        ("Key", "Keys"),
        ("Cert", None),  # of Certificates and of CertificateChains
        ("certificates", "Certificates"),
        ("certificatechains", "CertificateChains"),
        ("certificate", None),
        ("", None),
        ("S", None),
        ("si", "SID"),
        ("v", "Verify"),
        ("other", None),
        ("IsNotLastMessage", "KpAlvSess"),
    ],
)
def test_the_intended_group_is_suggested(name: str, meant: str | None, setup: Setup) -> None:
    bundle = {"SchemeVersion": "0.0.1", name: 1}
    (finding,) = findings(changed(bundle), setup, "BDL009")
    known = (
        "SchemeVersion, Keys, Certificates, CertificateChains, ConfigParams, CsrReqs, Entropy, ROT, Verify, Disable,"
        " KpAlvSess, SID"
    )
    assert sorted(finding.expected.split(", ")) == sorted((meant or known).split(", "))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0.0.1", None),
        (b"0.0.1", None),
        ("0.0.2", 'SchemeVersion: is "0.0.2"'),
        ("", 'SchemeVersion: is ""'),
        (1, "SchemeVersion: is 1"),
        (None, "SchemeVersion: is null"),
    ],
)
def test_the_scheme_version_is_text_or_bytes(value: Any, message: str | None, setup: Setup) -> None:
    data = changed(good(), set_group("SchemeVersion", value))
    assert told(data, setup, "BDL010") == ([] if message is None else [message])


def test_an_absent_scheme_version_is_missing(setup: Setup) -> None:
    (finding,) = findings(changed(good(), drop_group("SchemeVersion")), setup, "BDL010")
    assert (finding.message, finding.found) == ("SchemeVersion: is missing", "none")


@pytest.mark.parametrize("group", ["Verify", "Disable", "KpAlvSess"])
@pytest.mark.parametrize(("value", "is_told"), [(-1, True), (0, False), (1, False), (2, True), (True, True)])
def test_a_switch_is_0_or_1(group: str, value: Any, is_told: bool, setup: Setup) -> None:
    assert bool(told(changed(good(), set_group(group, value)), setup, "BDL012")) is is_told


@pytest.mark.parametrize(("group", "code", "size"), [("Entropy", "BDL014", 48), ("ROT", "BDL015", 16)])
def test_random_bytes_have_their_size(group: str, code: str, size: int, setup: Setup) -> None:
    for other in (0, 1, size - 1, size + 1, 2 * size):
        words = f"a byte string of {other} byte" + ("" if other == 1 else "s")
        assert told(changed(good(), set_group(group, bytes(other))), setup, code) == [f"{group}: is {words}"]
    assert told(changed(good(), set_group(group, bytes(size))), setup, code) == []
    assert told(changed(good(), set_group(group, "x" * size)), setup, code) == [f"{group}: is a text string"]
    assert told(changed(good(), set_group(group, size)), setup, code) == [f"{group}: is {size}"]


@pytest.mark.parametrize("group", ["Keys", "Certificates", "CertificateChains", "ConfigParams", "CsrReqs"])
def test_each_group_of_items_is_an_array_of_maps(group: str, setup: Setup) -> None:
    assert told(changed(good(), set_group(group, {})), setup, "BDL011") == [f"{group}: is a map of 0 pairs"]
    items = [{"Name": "a"}, 7, {"Name": "b"}, "x"]
    assert told(changed(good(), set_group(group, items)), setup, "BDL011") == [
        f"{group}[1]: is 7",
        f'{group}[3]: is "x"',
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x", None),
        ("x" * 100, None),
        ("x" * 101, "Name is 101 characters long"),
        ("a b", 'Name is "a b"'),
        ("a b" * 33 + "c", f'Name is "{("a b" * 33 + "c")[:40]}…"'),
        ("", 'Name is ""'),
        ("aZ0_.-", None),
        ("é", 'Name is "é"'),
    ],
)
def test_a_name_has_1_to_100_characters_of_its_alphabet(name: str, message: str | None, setup: Setup) -> None:
    data = changed(good(), lambda bundle: bundle["ConfigParams"].insert(0, parameter(name, 1)))
    assert [words.partition("): ")[2] for words in told(data, setup, "BDL018")] == (
        [] if message is None else [message]
    )


@pytest.mark.parametrize(("count", "is_told"), [(0, True), (1, False), (2, False), (5, False), (6, True)])
def test_a_chain_has_one_to_five_certificates(count: int, is_told: bool, setup: Setup) -> None:
    assert told(changed(good(count)), setup, "BDL022") == (
        [f"CertificateChains[0] (mbed.BootstrapDeviceCert): has {count} certificates"] if is_told else []
    )


@pytest.mark.parametrize(
    ("order", "messages"),
    [
        ((0, 1, 2), []),
        ((0,), []),
        ((2, 1, 0), ["is in reverse order"]),
        ((1, 0), ["is in reverse order"]),
        ((0, 2, 1), ["element 1 (CN=Acme CA 2, O=Acme) did not sign element 0",
                     "element 2 (CN=FCU line 1, O=Acme) did not sign element 1"]),
        ((0, 1, 3), ["element 2 (CN=Acme CA 3, O=Acme) did not sign element 1"]),
        ((0, 2, 3), ["element 1 (CN=Acme CA 2, O=Acme) did not sign element 0"]),
    ],
)  # fmt: skip
def test_each_break_in_a_chain_is_reported(order: tuple[int, ...], messages: list[str], setup: Setup) -> None:
    data = changed(good(), set_field("CertificateChains", "DataArray", [chain()[number] for number in order]))
    assert [words.partition("): ")[2] for words in told(data, setup, "BDL024")] == messages


def test_unreadable_certificates_are_reported_each_with_its_reason(setup: Setup) -> None:
    pem = b"\n-----BEGIN CERTIFICATE-----\n"
    array = [chain()[0], b"", pem, b"\x30\x00", chain()[1] + b"\0\0\0"]
    messages = told(changed(good(), set_field("CertificateChains", "DataArray", array)), setup, "BDL023")
    place = "CertificateChains[0].DataArray"
    assert messages[:2] == [f"{place}[1]: is empty", f"{place}[2]: is PEM"]
    assert messages[2].startswith(f"{place}[3]: cannot be parsed as a certificate: ")
    assert messages[3:] == [f"{place}[4]: has 3 trailing bytes"]


@pytest.mark.parametrize(
    ("kind", "content", "trouble", "expected"),
    [
        ("ECCPrivate", b"\n-----BEGIN X", "is PEM", "a private key on P-256, in DER"),
        ("ECCPublic", b" -----BEGIN X", "is PEM", "a public key on P-256, in DER"),
        ("ECCPrivate", b"\x30\x00", "is not a readable private key", "a private key on P-256, in DER"),
        ("ECCPublic", b"\x30\x00", "is not a readable public key", "a public key on P-256, in DER"),
        ("ECCPublic", key_der(), "is not a readable public key", "a public key on P-256, in DER"),
        ("ECCPrivate", public_der(), "is not a readable private key", "a private key on P-256, in DER"),
        ("ECCPrivate", key_der(9), None, None),
        ("ECCPublic", public_der(9), None, None),
    ],
)
def test_a_key_matches_its_type(
    kind: str, content: bytes, trouble: str | None, expected: str | None, setup: Setup
) -> None:
    data = changed(good(), add("Keys", {"Name": "acme.key", "Type": kind, "Data": content}))
    said = [(f.message, f.expected) for f in findings(data, setup, "BDL025")]
    assert said == ([] if trouble is None else [(f"Keys[1] (acme.key): {trouble}", expected)])


@pytest.mark.parametrize(
    ("groups", "is_told"),
    [
        (("Certificates", "CertificateChains"), True),
        (("Certificates", "Certificates"), True),
        (("CertificateChains", "CertificateChains"), True),
        (("ConfigParams", "ConfigParams"), True),
        (("ConfigParams", "Certificates"), False),
        (("ConfigParams", "CertificateChains"), False),
    ],
)
def test_a_name_is_unique_within_one_kind_of_storage(groups: tuple[str, str], is_told: bool, setup: Setup) -> None:
    items: dict[str, Fields] = {
        "Certificates": {"Name": "acme.x", "Data": lone("x")},
        "CertificateChains": {"Name": "acme.x", "DataArray": [lone("x")]},
        "ConfigParams": parameter("acme.x", 1),
    }
    data = changed(good(), *(add(group, dict(items[group])) for group in groups))
    assert bool(told(data, setup, "BDL026")) is is_told


@pytest.mark.parametrize(
    ("kinds", "is_told"),
    [(("ECCPublic", "ECCPublic"), True), (("ECCPrivate", "ECCPrivate"), True), (("ECCPublic", "ECCPrivate"), False)],
)
def test_a_name_is_unique_among_keys_of_one_type(kinds: tuple[str, str], is_told: bool, setup: Setup) -> None:
    content = {"ECCPublic": public_der(9), "ECCPrivate": key_der(9)}
    keys = [{"Name": "acme.key", "Type": kind, "Data": content[kind]} for kind in kinds]
    assert told(changed(good(), add("Keys", *keys)), setup, "BDL026") == (
        ["Keys[2] (acme.key): is a duplicate of Keys[1]"] if is_told else []
    )


def test_a_request_for_a_key_that_is_in_the_bundle_is_a_duplicate(setup: Setup) -> None:
    keys = [{"Name": "mbed.BootstrapDevicePrivateKey", "Type": "ECCPrivate", "Data": key_der()}]
    for kind, count in (("ECCPrivate", 1), ("ECCPublic", 0)):
        keys[0]["Type"] = kind
        assert len(told(changed({**request(), "Keys": keys}), setup, "BDL026")) == count

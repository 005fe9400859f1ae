"""Where rules of what a bundle configures draw their lines: parameters, mandatory items, keys, sessions."""

from __future__ import annotations

from typing import Any

import pytest

from fcu_conform.artefacts.setup import Setup

from .judging import findings, judge_pass, told
from .maker import (
    ACCOUNT,
    AT,
    ENDPOINT,
    Fields,
    add,
    chain,
    changed,
    drop_field,
    drop_group,
    drop_parameter,
    good,
    key_der,
    set_field,
    set_group,
    set_parameter,
)

SECOND_CHAIN = {"Name": "acme.chain", "DataArray": list(chain()[:2])}


@pytest.mark.parametrize("name", ["mbed.UseBootstrap", "mbed.MemoryTotalKB", "mbed.FirstToClaim"])
@pytest.mark.parametrize(
    ("value", "is_told"), [(-1, True), (0, False), (1, False), (2**32 - 1, False), (2**32, True), (2**40, True)]
)
def test_four_byte_parameters_fit_into_four_bytes(name: str, value: int, is_told: bool, setup: Setup) -> None:
    messages = told(changed(good(), set_parameter(name, value)), setup, "BDL028")
    assert [f"{value} does not fit into four bytes" in message for message in messages] == [True] * is_told
    assert told(changed(good(), set_parameter("acme.number", value)), setup, "BDL028") == []


@pytest.mark.parametrize("value", [True, False, None, 1.5, [], {}])
def test_a_parameter_is_a_number_or_a_string(value: Any, setup: Setup) -> None:
    assert len(told(changed(good(), set_parameter("mbed.MemoryTotalKB", value)), setup, "BDL028")) == 1


EARLIEST, LATEST = 1_483_264_800, 253_402_300_799
MILLISECONDS = ", which looks like milliseconds"


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (EARLIEST - 1, ""),
        (EARLIEST, None),
        (EARLIEST + 1, None),
        (LATEST, None),
        (LATEST + 1, ""),
        (EARLIEST * 1000 - 1, ""),  # beyond the last second, and too early in milliseconds
        (EARLIEST * 1000, MILLISECONDS),
        (LATEST * 1000 + 999, MILLISECONDS),
        (LATEST * 1000 + 1000, ""),
        (0, ""),
        (-5, ""),
    ],
)
def test_a_time_is_between_2017_and_9999(time: int, words: str | None, setup: Setup) -> None:
    messages = told(changed(good(), set_parameter("mbed.CurrentTime", time)), setup, "BDL030")
    assert [message.rpartition("is ")[2] for message in messages] == ([] if words is None else [f"{time}{words}"])


@pytest.mark.parametrize(
    ("offset", "is_told"),
    [
        ("+00:00", False),
        ("-09:59", False),
        ("+10:00", False),
        ("+14:59", False),
        ("+15:00", True),
        ("+20:00", True),
        ("+01:60", True),
        ("01:00", True),
        ("+1:00", True),
        ("+01:00 ", True),
        (b"+01:00", False),
        (100, True),
        ("", True),
    ],
)
def test_an_offset_from_utc_is_at_most_fourteen_hours(offset: Any, is_told: bool, setup: Setup) -> None:
    assert bool(told(changed(good(), set_parameter("mbed.UTCOffset", offset)), setup, "BDL039")) is is_told


@pytest.mark.parametrize("name", ["mbed.ClassId", "mbed.VendorId"])
@pytest.mark.parametrize(
    ("value", "is_told"),
    [(bytes(15), True), (bytes(16), False), (bytes(17), True), (b"", True), ("x" * 16, False), (16, True)],
)
def test_an_identifier_has_sixteen_bytes(name: str, value: Any, is_told: bool, setup: Setup) -> None:
    assert bool(told(changed(good(), set_parameter(name, value)), setup, "BDL040")) is is_told


def without(*names: str, **groups: Any) -> bytes:
    edits = [set_group(group, value) for group, value in groups.items()]
    return changed(good(), drop_parameter(*names), *edits)


ALWAYS = (
    "mbed.UseBootstrap, mbed.EndpointName, mbed.Manufacturer, mbed.ModelNumber, mbed.DeviceType, mbed.HardwareVersion,"
    " mbed.MemoryTotalKB, mbed.SerialNumber"
)
OWN = "mbed.BootstrapServerCACert, mbed.BootstrapServerURI, mbed.BootstrapDevicePrivateKey, mbed.BootstrapDeviceCert"
OF_BOOTSTRAP, BOOTSTRAP = "all mandatory items in bootstrap mode", {"Name": "mbed.UseBootstrap", "Data": 1}
OF_LWM2M, LWM2M = "all mandatory items in LwM2M mode", {"Name": "mbed.UseBootstrap", "Data": 0}


@pytest.mark.parametrize(
    ("bundle", "lacks", "expected"),
    [
        ({}, ALWAYS, "all mandatory items"),
        ({"ConfigParams": [BOOTSTRAP]}, f"{ALWAYS.partition(', ')[2]}, {OWN}", OF_BOOTSTRAP),
        (
            {"ConfigParams": [LWM2M]},
            f"{ALWAYS.partition(', ')[2]}, {OWN.replace('Bootstrap', 'LwM2M')}",
            OF_LWM2M,
        ),
        ({"Verify": 0}, "mbed.UseBootstrap", "all mandatory items"),
        ({"Verify": 0, "ConfigParams": [BOOTSTRAP]}, "mbed.BootstrapServerCACert", OF_BOOTSTRAP),
        ({"Verify": 0, "ConfigParams": [LWM2M]}, None, None),
        ({"KpAlvSess": 0, "Verify": 0}, "mbed.UseBootstrap", "all mandatory items"),
    ],
)
def test_mandatory_items_depend_on_mode_and_verification(
    bundle: Fields, lacks: str | None, expected: str | None, setup: Setup
) -> None:
    data = changed({"SchemeVersion": "0.0.1", **bundle})
    said = [(f.message, f.expected) for f in findings(data, setup, "BDL031")]
    assert said == ([] if lacks is None else [(f"lacks {lacks}", expected)])


def test_a_message_before_the_last_may_be_incomplete(setup: Setup) -> None:
    data = changed({"SchemeVersion": "0.0.1", "KpAlvSess": 1, "Verify": 0})
    tally = judge_pass(data, setup).tallies["BDL031"]
    assert (tally.judged, tally.findings) == (0, [])


NAMED = set_field("CertificateChains", "PrKN", "mbed.BootstrapDevicePrivateKey")
SID = set_group("SID", "7f3a")


@pytest.mark.parametrize(
    ("edits", "is_told"),
    [
        ((), True),
        ((NAMED,), True),
        ((SID,), True),
        ((NAMED, SID), False),
    ],
    ids=["neither", "PrKN", "SID", "both"],
)
def test_a_named_key_may_have_been_made_in_an_earlier_message(
    edits: tuple[Any, ...], is_told: bool, setup: Setup
) -> None:
    data = changed(good(), drop_group("Keys"), *edits)
    messages = [f"lacks {OWN.split(', ')[2]}"] if is_told else []
    assert told(data, setup, "BDL031") == messages


@pytest.mark.parametrize("name", ["acme.other", "zeta.other"])
def test_a_key_of_another_name_is_not_the_device_key(name: str, setup: Setup) -> None:
    data = changed(good(), set_field("Keys", "Name", name))
    assert told(data, setup, "BDL031") == [f"lacks {OWN.split(', ')[2]}"]


@pytest.mark.parametrize(
    ("edits", "messages"),
    [
        ((), []),
        ((NAMED,), []),
        ((NAMED, drop_group("Keys")), ["there is no private key mbed.BootstrapDevicePrivateKey"]),
        ((NAMED, drop_group("Keys"), SID), []),
        ((NAMED, set_field("Keys", "Name", "zeta.other")), ["there is no private key mbed.BootstrapDevicePrivateKey"]),
        ((NAMED, set_field("Keys", "Name", "acme.other")), ["there is no private key mbed.BootstrapDevicePrivateKey"]),
        (
            (NAMED, set_field("Keys", "Type", "ECCPublic")),
            ["there is no private key mbed.BootstrapDevicePrivateKey"],
        ),
    ],
    ids=["none named", "there", "gone", "made earlier", "of a later name", "of an earlier name", "public"],
)
def test_a_named_key_exists(edits: tuple[Any, ...], messages: list[str], setup: Setup) -> None:
    data = changed(good(), *edits)
    assert [words.partition("): ")[2] for words in told(data, setup, "BDL034")] == messages


@pytest.mark.parametrize(
    ("edits", "messages"),
    [
        ((), []),
        ((set_field("Keys", "Data", key_der(9)),), ["mbed.BootstrapDevicePrivateKey"]),
        ((set_field("Keys", "Data", key_der(9)), NAMED), ["mbed.BootstrapDevicePrivateKey"]),  # once
        (
            (
                add("Keys", {"Name": "acme.key", "Type": "ECCPrivate", "Data": key_der(9)}),
                set_field("CertificateChains", "PrKN", "acme.key"),
            ),
            ["acme.key"],
        ),
        ((add("CertificateChains", {**SECOND_CHAIN, "PrKN": "mbed.BootstrapDevicePrivateKey"}),), []),
    ],
    ids=["its own", "another", "another that is named", "one more", "a second chain"],
)
def test_keys_match_their_certificates(edits: tuple[Any, ...], messages: list[str], setup: Setup) -> None:
    said = [words.rpartition(" of ")[2] for words in told(changed(good(), *edits), setup, "BDL035")]
    assert said == messages


@pytest.mark.parametrize(
    ("mode", "extra", "message"),
    [
        ("bootstrap", "mbed.LwM2MServerURI", "is not used in bootstrap mode"),
        ("lwm2m", "mbed.BootstrapServerURI", "is not used in LwM2M mode"),
    ],
)
def test_items_of_the_other_mode_are_reported(mode: str, extra: str, message: str, setup: Setup) -> None:
    assert told(changed(good(mode=mode)), setup, "BDL033") == []
    data = changed(good(mode=mode), set_parameter(extra, f"coaps://a.example?aid={ACCOUNT}"))
    assert [words.partition("): ")[2] for words in told(data, setup, "BDL033")] == [message]


@pytest.mark.parametrize(("value", "is_told"), [("", True), (b"", True), (ENDPOINT, False), (b"x", False), (7, False)])
def test_an_endpoint_name_is_not_empty(value: Any, is_told: bool, setup: Setup) -> None:
    assert bool(told(changed(good(), set_parameter("mbed.EndpointName", value)), setup, "BDL032")) is is_told


@pytest.mark.parametrize(
    ("value", "is_told"), [(0, False), (1, False), (2, True), ("1", True), (b"\1\0\0\0", False), (b"\2\0\0\0", True)]
)
def test_the_mode_is_0_or_1(value: Any, is_told: bool, setup: Setup) -> None:
    assert bool(told(changed(good(), set_parameter("mbed.UseBootstrap", value)), setup, "BDL029")) is is_told


def test_a_chain_that_is_not_an_array_and_an_item_without_fields_are_reported(setup: Setup) -> None:
    (finding,) = findings(changed(good(), set_field("CertificateChains", "DataArray", "x")), setup, "BDL021")
    assert finding.message == "CertificateChains[0] (mbed.BootstrapDeviceCert): DataArray is a text string"
    data = changed(good(), lambda bundle: bundle.update({"Certificates": [{}]}))
    assert [(f.message, f.expected, f.found) for f in findings(data, setup, "BDL017")] == [
        ("Certificates[0]: has no Name", "Name, Data", "no field"),
        ("Certificates[0]: has no Data", "Name, Data", "no field"),
    ]
    (finding,) = findings(changed(good(), drop_field("Keys", "Type")), setup, "BDL017")
    assert finding.found == "Name, Format, Data"


@pytest.mark.parametrize(
    ("mode", "uri", "message"),
    [
        ("bootstrap", "coaps://a?aid=a1", None),
        ("bootstrap", "coap://a?aid=a1", None),
        ("bootstrap", "coaps://a?x=1&aid=a1", None),
        ("bootstrap", "coaps://a?aid=a1&x=1", None),
        ("lwm2m", "coaps://a?x=1&aid=a1", None),
        ("lwm2m", "coaps://a?aid=a1&x=1", "has text after the account"),
        ("bootstrap", "http://a?aid=a1", "is not a coap or coaps URI"),
        ("bootstrap", "", "is not a coap or coaps URI"),
        ("bootstrap", b"\xff", "is not a coap or coaps URI"),
        ("bootstrap", 7, "is not a coap or coaps URI"),
        ("bootstrap", "coaps://a", "names no account"),
        ("bootstrap", "coaps://a?paid=a1", "names no account"),
        ("bootstrap", "coaps://a?aid=", "names an empty account"),
        ("bootstrap", "coaps://a?aid=&x=1", "names an empty account"),
        ("lwm2m", "coaps://a?aid=", "names an empty account"),
        ("bootstrap", "coaps://a?aid=a1&aid=", None),
        ("bootstrap", "coaps://a\0?aid=a1", "names no account"),
        ("bootstrap", "coaps://a?aid=a1\0&aid=", None),
        ("lwm2m", "coaps://a?aid=a1\0x", None),
        ("lwm2m", "coaps://a?aid=a1?aid=a1", "names an account twice"),
        ("lwm2m", "coaps://a?aid=x&aid=a1", "names an account twice"),
    ],
)
def test_a_server_uri_names_the_account(mode: str, uri: Any, message: str | None, setup: Setup) -> None:
    name = "mbed.BootstrapServerURI" if mode == "bootstrap" else "mbed.LwM2MServerURI"
    data = changed(good(mode=mode), set_parameter(name, uri))
    said = [words.partition("): ")[2] for words in told(data, setup, "BDL037")]
    assert said == ([] if message is None else [message])


@pytest.mark.parametrize(
    ("mode", "claimed", "uri", "of_uri", "of_claim"),
    [
        ("bootstrap", 0, "coaps://a", ["names no account"], []),
        ("bootstrap", 0, "coaps://a?aid=a1", [], []),
        ("bootstrap", 1, "coaps://a", [], []),
        ("bootstrap", 1, "coaps://a?aid=a1", [], ["names an account, though mbed.FirstToClaim is 1"]),
        ("bootstrap", 1, "coaps://a?x=1&aid=a1", [], ["names an account, though mbed.FirstToClaim is 1"]),
        ("bootstrap", 1, "coaps://a?aid=", ["names an empty account"], []),  # told of the URI
        ("bootstrap", 1, "https://a?aid=a1", ["is not a coap or coaps URI"], []),
        ("bootstrap", 1, "coaps://a\0?aid=a1", [], []),
        ("bootstrap", b"\1\0\0\0", "coaps://a", [], []),
        ("bootstrap", 2, "coaps://a", [], ["is 2"]),
        ("bootstrap", "1", "coaps://a?aid=a1", [], ['is "1"']),
        ("lwm2m", 0, "coaps://a?aid=a1", [], []),
        ("lwm2m", 1, "coaps://a?aid=a1", [], ["is 1 in LwM2M mode"]),
    ],
)  # fmt: skip
def test_a_device_that_is_claimed_later_has_no_account(
    mode: str, claimed: Any, uri: str, of_uri: list[str], of_claim: list[str], setup: Setup
) -> None:
    name = "mbed.BootstrapServerURI" if mode == "bootstrap" else "mbed.LwM2MServerURI"
    data = changed(good(mode=mode), set_parameter(name, uri), set_parameter("mbed.FirstToClaim", claimed))
    assert [words.partition("): ")[2] for words in told(data, setup, "BDL037")] == of_uri
    assert [words.partition("): ")[2] for words in told(data, setup, "BDL038")] == of_claim


@pytest.mark.parametrize("mode", [None, "bootstrap", "lwm2m"])
def test_server_uris_of_the_mode_are_checked_and_both_without_a_mode(mode: str | None, setup: Setup) -> None:
    bundle = good()
    set_parameter("mbed.BootstrapServerURI", "coaps://a")(bundle)
    set_parameter("mbed.LwM2MServerURI", "coaps://b")(bundle)
    (drop_parameter("mbed.UseBootstrap") if mode is None else set_parameter("mbed.UseBootstrap", int(mode[0] == "b")))(
        bundle
    )
    said = [words.partition("(")[2].partition(")")[0] for words in told(changed(bundle), setup, "BDL037")]
    both = {"bootstrap": "mbed.BootstrapServerURI", "lwm2m": "mbed.LwM2MServerURI"}
    assert said == (list(both.values()) if mode is None else [both[mode]])


@pytest.mark.parametrize(
    ("groups", "is_told"),
    [
        ({}, False),
        ({"Disable": 1}, False),
        ({"Disable": 1, "KpAlvSess": 0}, False),
        ({"Disable": 1, "KpAlvSess": 1}, True),
        ({"Disable": 0, "KpAlvSess": 1}, False),
        ({"KpAlvSess": 1}, False),
    ],
)
def test_a_message_that_disables_is_the_last(groups: Fields, is_told: bool, setup: Setup) -> None:
    assert bool(told(changed({**good(), **groups}), setup, "BDL041")) is is_told


NO_TIME = drop_parameter("mbed.CurrentTime")
NO_ZONE = drop_parameter("mbed.Timezone", "mbed.UTCOffset")


@pytest.mark.parametrize(
    ("count", "years", "edits", "octets"),
    [
        (3, 1, (NO_TIME,), None),
        (4, 30, (NO_TIME,), None),
        (4, 30, (NO_TIME, NO_ZONE), 522),
        (5, 30, (NO_TIME,), 531),
        (6, 30, (NO_TIME,), None),  # which is refused before
        (5, 30, (), None),
        (4, 5, (), None),
        (5, 5, (), 521),
        (6, 5, (), None),
        (5, 5, (set_group("Verify", 0),), None),
        (2, 30, (set_group("SID", "7" * 325),), None),
        (2, 30, (set_group("SID", "7" * 326),), 513),
    ],
)
def test_the_devices_answer_fits_into_its_buffer(
    count: int, years: int, edits: tuple[Any, ...], octets: int | None, setup: Setup
) -> None:
    said = findings(changed(good(count, years=years), *edits), setup, "BDL045")
    assert [finding.found for finding in said] == ([] if octets is None else [f"{octets} octets"])


@pytest.mark.parametrize(("seconds", "is_told"), [(-1, False), (0, False), (1, True)])
def test_ten_years_are_counted_from_the_devices_own_time(seconds: int, is_told: bool, setup: Setup) -> None:
    end = int(AT.timestamp()) + (365 * 30 - 30) * 86400
    data = changed(good(5), set_parameter("mbed.CurrentTime", end - 3650 * 86400 + seconds))
    assert bool(told(data, setup, "BDL045")) is is_told

"""Where rules of the certificate requests in a bundle draw their lines: how many, in which message, of which form."""

from __future__ import annotations

from typing import Any

import pytest

from fcu_conform.artefacts.setup import Setup

from .judging import findings, told
from .maker import (
    Fields,
    changed,
    drop_group,
    request,
    set_group,
)


@pytest.mark.parametrize(("count", "messages"), [(1, []), (4, []), (5, []), (6, ["CsrReqs: has 6 requests"])])
def test_a_message_asks_for_at_most_five_requests(count: int, messages: list[str], setup: Setup) -> None:
    bundle = request()
    bundle["CsrReqs"] = [{**bundle["CsrReqs"][0], "PrKN": f"key{number}"} for number in range(count)]
    assert told(changed(bundle), setup, "BDL042") == messages


@pytest.mark.parametrize(
    ("edits", "faults"),
    [
        ((), ""),
        ((drop_group("SID"),), "no SID"),
        ((drop_group("Verify"),), "no Verify"),
        ((set_group("Verify", 1),), "Verify at 1"),
        ((set_group("Disable", 0),), ""),
        ((set_group("Disable", 1),), "Disable at 1"),
        ((drop_group("KpAlvSess"),), ""),
        ((drop_group("SID"), set_group("Verify", 1), set_group("Disable", 1)), "no SID, Verify at 1, Disable at 1"),
    ],
)
def test_requests_come_within_a_session(edits: tuple[Any, ...], faults: str, setup: Setup) -> None:
    said = told(changed(request(), *edits), setup, "BDL043")
    assert said == ([f"CsrReqs: the message has {faults}"] if faults else [])


@pytest.mark.parametrize(
    ("fields", "fields_told"),
    [
        ({}, []),
        ({"Subj": "x"}, []),
        ({"Subj": ""}, []),  # told by BDL048
        ({"Subj": 1}, ["Subj"]),
        ({"MD": 0}, ["MD"]),
        ({"MD": 2}, ["MD"]),
        ({"MD": True}, ["MD"]),
        ({"MD": "1"}, ["MD"]),
        ({"Ext": {}}, []),
        ({"Ext": []}, ["Ext"]),
        ({"Ext": {"KU": 0, "EKU": 0}}, []),
        ({"Ext": {"KU": -1}}, ["Ext"]),
        ({"Ext": {"EKU": -1}}, ["Ext"]),
        ({"Ext": {"KU": 1, "EKU": "x"}}, ["Ext"]),
        ({"Ext": {"KU": True}}, ["Ext"]),
        ({"Ext": {"Trust": -1}}, []),
        ({"Ext": {"KU": 1, "X": 1}}, ["Ext"]),
        ({"SM": {}}, ["SM"]),
        ({"SM": []}, ["SM"]),
        ({"SM": {"Pub": "Device"}}, ["SM"]),
        ({"SM": {"Prv": "SE"}}, ["SM"]),
        ({"SM": {"Prv": "Device", "Pub": "Device"}}, []),
        ({"SM": {"Prv": "Device", "Pub": "TPM"}}, ["SM"]),
        ({"SM": {"Key": "Device"}}, ["SM"]),
        ({"SM": {"Prv": 1}}, ["SM"]),
        ({"Subj": 1, "MD": 2, "Ext": [], "SM": []}, ["Subj", "MD", "Ext", "SM"]),
    ],
)
def test_each_field_of_a_request_has_its_form(fields: Fields, fields_told: list[str], setup: Setup) -> None:
    places = [f.location.field for f in findings(changed(request(**fields)), setup, "BDL044")]
    assert places == [f"CsrReqs[0].{field}" for field in fields_told]


@pytest.mark.parametrize(
    ("subject", "fault"),
    [
        ("CN=a", None),
        ("CN=a,OU=b", None),
        ("CN=a, OU=b,", None),
        ("R=a@b.example,serialNumber=1,commonName=a", None),
        ("CN=a\\,b", None),
        ("CN=a\\,", None),
        ("CN=a\0x=", None),
        ("CN=", None),
        ("CN=é" + "a" * 253, None),
        ("CN=é" + "a" * 254, "has a value of 256 octets"),
        ("", "has no attribute"),
        ("CN", "has no attribute"),
        ("=a", "has an attribute without a type"),
        ("cn=a", "has an attribute of unknown type"),
        ("CN =a", "has an attribute of unknown type"),
        ("/CN=a", "has an attribute of unknown type"),
        (",CN=a", "has an attribute of unknown type"),
        ("CN=a,UID=1", "has an attribute of unknown type"),
        ("CN=a\\b", "has a backslash that is not before a comma"),
        ("CN=a\\", "has a backslash that is not before a comma"),
        ("CN=a\\\\,b", "has a backslash that is not before a comma"),
    ],
)
def test_a_request_has_a_subject_that_the_devices_library_can_read(
    subject: str, fault: str | None, setup: Setup
) -> None:
    said = [words.partition("Subj ")[2] for words in told(changed(request(Subj=subject)), setup, "BDL048")]
    assert said == ([] if fault is None else [fault])


@pytest.mark.parametrize(
    ("usages", "fields_told"),
    [
        ({}, []),
        ({"KU": 0, "EKU": 0}, []),
        ({"KU": 8 + 16}, []),
        ({"KU": 16}, ["KU"]),
        ({"KU": 1 << 32}, []),
        ({"EKU": 0x31F}, []),
        ({"EKU": 0x20}, ["EKU"]),
        ({"EKU": 4 + 0x400}, ["EKU"]),
        ({"KU": 128, "EKU": 32}, ["KU", "EKU"]),
    ],
)
def test_a_request_asks_for_usages_that_the_device_knows(usages: Fields, fields_told: list[str], setup: Setup) -> None:
    places = [f.location.field for f in findings(changed(request(Ext=usages)), setup, "BDL049")]
    assert places == [f"CsrReqs[0].Ext.{field}" for field in fields_told]

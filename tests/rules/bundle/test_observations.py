"""The answers of the device's own code to 150 bundles, and the suite's findings about the same ones."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from fcu_conform.artefacts.setup import Setup

from .judging import verdict
from .observed import CANNOT_BE_REBUILT, OBSERVED

with (Path(__file__).parent / "device_answers.csv").open(newline="") as _file:
    ANSWERS = {row["case"]: row["answer"] for row in csv.DictReader(_file)}

STRICTER = {
    'group prefix "Cert"': ("BDL009", "the device compares no more characters than the name has"),
    'empty group name ""': ("BDL009", "the device compares no more characters than the name has"),
    **{
        f"{group} Format={value!r}": ("BDL019", "the device compares no more characters than the value has")
        for group in ("CertificateChains", "Certificates", "Keys")
        for value in ("de", "")
    },
    'wrong order: prefix key name "N" for Name': ("BDL016", "the device compares no more characters than the name has"),
    "ConfigParams item without Data": ("BDL017", "the device stores an empty value that nobody meant"),
    "duplicate top-level key SchemeVersion": ("BDL006", "not valid CBOR: which of the two counts is anybody's guess"),
}
"""Accepted by the device, refused by the suite, and why."""

REFUSED = {
    **dict.fromkeys(("chain depth 6", "DataArray empty"), "BDL022"),
    **dict.fromkeys([case for case in ANSWERS if case.startswith("without ")], "BDL031"),
    **dict.fromkeys([case for case in ANSWERS if case.startswith("SchemeVersion=")], "BDL010"),
    "no SchemeVersion": "BDL010",
    **dict.fromkeys(("unknown group", 'lower-case group "keys"', "IsNotLastMessage (documented name)"), "BDL009"),
    **dict.fromkeys([case for case in ANSWERS if " item with extra key " in case], "BDL016"),
    "CSR documented PrivKeyName": "BDL016",
    **dict.fromkeys([case for case in ANSWERS if " Format='" in case], "BDL019"),
    **dict.fromkeys(("PEM bytes in chain, Format der", "DataArray one empty byte string"), "BDL023"),
    "DataArray with text string": "BDL021",
    **dict.fromkeys(("DataArray reversed", "DataArray gap"), "BDL024"),
    **dict.fromkeys(("chain Name with space", "chain Name 101 chars", "config Name 101 chars"), "BDL018"),
    **dict.fromkeys(("chain without Name", "key without Type"), "BDL017"),
    **dict.fromkeys(("key Type ECCPublic for private item", "key PEM"), "BDL025"),
    "key Type RSAPrivate": "BDL020",
    "key of other device": "BDL035",
    **dict.fromkeys(
        ("same certificate name twice", "device cert both single and chain", "config item twice"), "BDL026"
    ),
    **dict.fromkeys(("UseBootstrap=0 only bootstrap items", "Verify=0, chain only, last message"), "BDL031"),
    **dict.fromkeys(("UseBootstrap=2", 'UseBootstrap="1"'), "BDL029"),
    **dict.fromkeys(("UseBootstrap=true", "ConfigParams float"), "BDL028"),
    **dict.fromkeys(("CurrentTime too old (1000)", "CurrentTime text", "CurrentTime negative"), "BDL030"),
    "EndpointName empty": "BDL032",
    "EndpointName differs": "BDL036",
    **dict.fromkeys(("Verify=true (bool)", "Verify=2"), "BDL012"),
    "SID bytes": "BDL013",
    "Disable=1 with KpAlvSess=1": "BDL041",
    "Entropy 47": "BDL014",
    "ROT 15": "BDL015",
    "trailing byte": "BDL002",
    **dict.fromkeys(("truncated", "empty file"), "BDL001"),
    "array at top": "BDL004",
    **dict.fromkeys(("indefinite top map", "indefinite DataArray", "chunked byte string in DataArray"), "BDL003"),
    "13 keys": "BDL008",
    "PrKN of missing key": "BDL034",
    **dict.fromkeys(("CSR without SID", "CSR without Verify"), "BDL043"),
    "6 CSR requests": "BDL042",
    "CSR MD=0": "BDL044",
    "FirstToClaim=1 with aid": "BDL038",
    "FirstToClaim=0 without aid": "BDL037",
    "VendorId 15 bytes": "BDL040",
    **dict.fromkeys(
        [case for case in ANSWERS if case.startswith(("5-year certificates, ", "no device time, "))], "BDL045"
    ),
}
"""The one rule that refuses the bundle, where the device does; entries of rows that the device accepts do not count."""

rebuilt = pytest.mark.parametrize("case", [case for case in ANSWERS if case in OBSERVED])


def test_every_bundle_tried_on_a_device_is_rebuilt_or_documented() -> None:
    assert len(ANSWERS) == 150
    assert set(OBSERVED) | set(CANNOT_BE_REBUILT) == set(ANSWERS)
    assert not set(OBSERVED) & set(CANNOT_BE_REBUILT)


def test_the_device_accepts_what_only_the_suite_refuses() -> None:
    assert {ANSWERS[case] for case in STRICTER} == {"accept"}


@rebuilt
def test_a_bundle_fails_exactly_one_rule_if_the_device_refuses_it(case: str, setup: Setup) -> None:
    errors, _ = verdict(OBSERVED[case], setup)
    if case in STRICTER:
        assert errors == {STRICTER[case][0]}
    elif ANSWERS[case] == "reject":
        assert errors == {REFUSED[case]}
    else:
        assert errors == set()


@rebuilt
def test_only_redundant_items_are_worth_a_warning(case: str, setup: Setup) -> None:
    _, warnings = verdict(OBSERVED[case], setup)
    if case.startswith(("both ", "UseBootstrap=0 only")):
        assert warnings == {"BDL033"}
    else:
        assert warnings == set()

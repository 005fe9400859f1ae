"""What is odd about one item of a bundle does not hide what is wrong with the next."""

from __future__ import annotations

from typing import Any

import pytest

from fcu_conform.artefacts.setup import Setup

from .judging import findings
from .maker import (
    Fields,
    add,
    chain,
    changed,
    good,
    key_der,
    set_field,
    set_group,
)

SECOND = {"Name": "acme.chain", "Format": "der"}
REVERSED = list(chain()[1::-1])
BROKEN = [chain()[0], chain()[2]]


@pytest.mark.parametrize(
    ("code", "edits", "places"),
    [
        ("BDL011", (set_group("Keys", 7), set_group("Certificates", 7)), ["Keys", "Certificates"]),
        (
            "BDL021",
            (
                set_field("CertificateChains", "DataArray", 7),
                add("CertificateChains", {**SECOND, "DataArray": ["x"]}),
            ),
            ["CertificateChains[0].DataArray", "CertificateChains[1].DataArray[0]"],
        ),
        (
            "BDL024",
            (
                set_field("CertificateChains", "DataArray", REVERSED),
                add("CertificateChains", {**SECOND, "DataArray": BROKEN}),
            ),
            ["CertificateChains[0].DataArray", "CertificateChains[1].DataArray[1]"],
        ),
    ],
)
def test_each_item_is_reported(code: str, edits: tuple[Any, ...], places: list[str], setup: Setup) -> None:
    assert [finding.location.field for finding in findings(changed(good(), *edits), setup, code)] == places


def test_a_break_in_a_chain_is_reported_with_the_expected_issuer(setup: Setup) -> None:
    data = changed(
        good(), set_field("CertificateChains", "DataArray", [chain()[0], chain()[1], chain()[3], chain()[2]])
    )
    assert [(f.location.field, f.expected, f.found) for f in findings(data, setup, "BDL024")] == [
        ("CertificateChains[0].DataArray[2]", "the certificate of CN=Acme CA 2, O=Acme", "CN=Acme CA 3, O=Acme"),
        ("CertificateChains[0].DataArray[3]", "the certificate of CN=Acme CA 4, O=Acme", "CN=Acme CA 2, O=Acme"),
    ]


@pytest.mark.parametrize("number", range(6, 14))
def test_a_key_of_another_certificate_is_reported(number: int, setup: Setup) -> None:
    key: Fields = {"Name": "acme.key", "Type": "ECCPrivate", "Data": key_der(number)}
    data = changed(good(), add("Keys", key), set_field("CertificateChains", "PrKN", "acme.key"))
    assert [finding.location.field for finding in findings(data, setup, "BDL035")] == ["CertificateChains[0]"]

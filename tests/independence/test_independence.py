"""No fault hides an independent one: two defects in one setup, and the reason for what is hidden."""

from __future__ import annotations

import pytest

from fcu_conform.rules import CATALOGUE
from independence.pairs import (
    DEFECTS,
    Hidden,
    common_shape,
    couples,
    hidden_in,
    representatives,
    table,
    unexcused,
)

COUPLES = list(couples(representatives()))


@pytest.mark.parametrize(("one", "other"), COUPLES, ids=map(" + ".join, COUPLES))
def test_neither_of_two_faults_hides_the_other_without_a_documented_reason(one: str, other: str) -> None:
    hidden = hidden_in(one, other)
    assert hidden is not None
    assert unexcused(hidden) == []


@pytest.mark.long
@pytest.mark.parametrize("one", representatives())
def test_a_fault_hides_no_other_without_a_documented_reason(one: str) -> None:
    others = [other for other in representatives() if other != one]
    assert [line for other in others for line in unexcused(hidden_in(one, other) or [])] == []


def test_nearly_every_rule_with_a_defect_is_in_a_pair() -> None:
    told = {code for couple in COUPLES for name in couple for code in DEFECTS[name].breaks}
    assert len(COUPLES) > 70
    assert len({code for defect in DEFECTS.values() for code in defect.breaks} - told) <= 8


@pytest.mark.parametrize(
    ("one", "other", "codes"),
    [
        ("key-of-another-fcu", "device-signed-by-another-key", {"KEY004", "DEV004"}),
        ("device-older-than-fcu", "device-certificate-with-bytes-left-over", {"DEV010", "DEV001"}),
        ("flag-is-text", "country-in-words", {"CFG002", "CFG007"}),
        ("root-missing", "root-before-intermediate", {"CHN005"}),
        ("key-is-rsa", "device-of-another-ca", {"KEY003", "DEV004"}),
    ],
)
def test_faults_that_once_hid_each_other_are_both_reported(one: str, other: str, codes: set[str]) -> None:
    hidden = hidden_in(one, other)
    assert hidden is not None
    assert codes.isdisjoint({one.code for one in hidden})


def test_rules_families_and_defects_of_the_table_exist() -> None:
    families = {rule.family for rule in CATALOGUE}
    named = {name for row in table() for name in (*row.by, *row.of)}
    assert {name for name in named if name not in CATALOGUE and name not in DEFECTS and name not in families} == set()
    assert {name for row in table() for name in row.by} & families == set()
    assert all(row.reason for row in table())


def test_a_row_excuses_only_what_it_names() -> None:
    assert unexcused([Hidden("key-missing", "key-is-rsa", "KEY003")]) == []
    assert unexcused([Hidden("key-missing", "serial-zero", "CRT011")]) == [
        "key-missing keeps CRT011 from being told of serial-zero"
    ]
    assert unexcused([Hidden("serial-zero", "key-is-rsa", "KEY003")]) != []


def test_defects_that_exclude_each_other_are_not_a_pair() -> None:
    assert common_shape(DEFECTS["self-signature-broken"], DEFECTS["intermediate-expired"]) is None
    assert hidden_in("self-signature-broken", "intermediate-expired") is None

"""4,906 bundles with the answers of the device's own code: what it refuses is an error, and what it takes is not.

An ordinary run judges one in eight of them, and ``tox -e long`` all.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Evidence

from .recorded import Case, Verdict, judge_all, read_cases

FACTS = Path(__file__).parents[3] / "docs" / "facts.md"

TWO_CHANGES = "two changes were made"
INDEFINITE = "what has an indefinite length is of another kind too"
TWICE = "the second of a field that is there twice is not the first"
TOGETHER = {
    ("BDL031", "BDL041"): TWO_CHANGES,
    ("BDL036", "BDL041"): TWO_CHANGES,
    ("BDL037", "BDL041"): TWO_CHANGES,
    ("BDL039", "BDL041"): TWO_CHANGES,
    ("BDL041", "BDL043"): TWO_CHANGES,
    ("BDL031", "BDL043"): TWO_CHANGES,
    **{("BDL003", code): INDEFINITE for code in ("BDL011", "BDL017", "BDL018", "BDL019", "BDL020", "BDL021", "BDL023")},
    **{("BDL003", code): INDEFINITE for code in ("BDL025", "BDL028", "BDL029", "BDL030", "BDL031", "BDL039", "BDL040")},
    **{("BDL006", code): TWICE for code in ("BDL020", "BDL022", "BDL023", "BDL025", "BDL029", "BDL036", "BDL039")},
    ("BDL006", "BDL040"): TWICE,
    ("BDL002", "BDL004"): "a line break in front is one data item, and the map follows it",
    ("BDL009", "BDL010"): "a group without a name, where nobody knows which was meant",
    ("BDL010", "BDL031"): "an empty map lacks the version and everything else",
    ("BDL016", "BDL017"): "an item with another field lacks its own",
    ("BDL018", "BDL034"): "a name that is none names no key",
    ("BDL024", "DEV002"): "a certificate was taken out of the chain",
    ("BDL024", "DEV007"): "a self-signed device certificate was not signed by the next",
    ("BDL025", "DEV008"): "key and certificate of the device are on another curve",
    ("BDL031", "BDL038"): "in LwM2M mode other items are needed, and the device cannot be claimed",
    ("BDL035", "BDL036", "DEV002", "DEV003"): "the device's own certificate was taken out of the chain",
    ("BDL036", "DEV004"): "the CN was changed after signing",
    ("BDL036", "DEV004", "DEV007"): "the device's certificate is FCU's own",
    ("BDL036", "DEV033"): "a CN in Latin-1 is a text of which readers disagree, and no endpoint name",
    ("BDL036", "DEV007"): "the device's subject is its issuer's",
    ("DEV010", "DEV026"): "it expired before FCU's began, or before it began itself",
    ("DEV032", "DEV038"): "1900 in a GeneralizedTime is before 1970, and before 2050",
    ("DEV019", "DEV030"): "the name constraints are critical, and exclude the device",
}
"""Several errors of one bundle that the device refuses, and why they are not one."""


@pytest.fixture(scope="module", params=[8, pytest.param(1, marks=pytest.mark.long)], ids=["one in eight", "all"])
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Case, Verdict]]:
    cases = read_cases()
    assert (len(cases), sum(not case.is_accepted for case in cases)) == (4906, 3210)
    cases = cases[:: request.param]
    verdicts = judge_all(cases, tmp_path_factory.mktemp("recorded"))
    return [(case, verdicts[case.id]) for case in cases]


def test_bundles_that_the_device_refuses_are_errors(judged: list[tuple[Case, Verdict]]) -> None:
    refused = [(case, verdict) for case, verdict in judged if not case.is_accepted]
    assert len(refused) > len(judged) // 2
    assert {case.about for case, verdict in refused if not verdict.own | verdict.carried} == set()


def test_a_bundle_with_one_change_has_one_error(judged: list[tuple[Case, Verdict]]) -> None:
    several = {
        tuple(sorted(verdict.own)): case.about
        for case, verdict in judged
        if not case.is_accepted and len(verdict.own) > 1
    }
    assert {codes: about for codes, about in several.items() if codes not in TOGETHER} == {}
    if len(judged) == 4906:
        assert set(TOGETHER) <= set(several)


def test_cases_where_the_suite_is_stricter_than_the_device_are_counted(judged: list[tuple[Case, Verdict]]) -> None:
    counts = Counter(code for case, verdict in judged if case.is_accepted for code in verdict.own)
    rows = re.findall(r"^\| ((?:BDL|DEV)\d{3}) \| (\d+) \|", FACTS.read_text(encoding="utf-8"), re.MULTILINE)
    told = {code: int(count) for code, count in rows}
    assert told == counts if len(judged) == 4906 else counts <= Counter(told)


def test_a_rule_stricter_than_the_device_documents_it_or_has_another_source(judged: list[tuple[Case, Verdict]]) -> None:
    codes = {code for case, verdict in judged if case.is_accepted for code in verdict.own}
    assert codes
    for code in codes:
        rule = CATALOGUE[code]
        rests_on = {source.evidence for source in rule.sources}
        assert "stricter" in rule.why or rests_on != {Evidence.DEVICE}, code

"""An upload beside the rest of the chain: what each question about the two answers, for every way to go wrong."""

from __future__ import annotations

import pytest
from artefacts.makers import der, make_chain

from fcu_conform.artefacts.ca_context import Slicing
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.rules.portal.upload import Comparison

CHAIN = tuple(Certificate(der(one)) for one in make_chain("FCU line 1", "A", "B", "C", "ROOT_CA"))


def compared(depth: int, *numbers: int, length: int = 5) -> Comparison:
    """The upload of certificates of the chain, by number from 0."""
    return Comparison(Slicing(depth, CHAIN[:length]), tuple(CHAIN[number] for number in numbers))


@pytest.mark.parametrize(
    ("numbers", "missing", "is_cut_short"),
    [
        ((2, 3, 4), (), False),
        ((2, 3), (4,), True),
        ((2,), (3, 4), True),
        ((), (2, 3, 4), False),
        ((3, 4), (2,), False),
        ((4,), (2, 3), False),
        ((2, 4), (3,), False),
        ((0, 1, 2), (3, 4), True),
    ],
)
def test_an_upload_is_truncated_if_only_its_end_is_missing(
    numbers: tuple[int, ...], missing: tuple[int, ...], is_cut_short: bool
) -> None:
    comparison = compared(3, *numbers)
    assert comparison.missing == [CHAIN[number] for number in missing]
    assert comparison.is_cut_short is is_cut_short


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((), False),
        ((2,), False),
        ((2, 3, 4), False),
        ((2, 4), False),
        ((3, 2, 4), True),
        ((4, 3, 2), True),
        ((2, 4, 3), True),
        ((2, 2, 3), False),
    ],
)
def test_an_upload_is_in_another_order_than_the_file(numbers: tuple[int, ...], expected: bool) -> None:
    assert compared(3, *numbers).is_other_order is expected


@pytest.mark.parametrize(
    ("depth", "length", "expected"),
    [
        (1, 5, "certificates 1 to 5 of fcu.crt"),
        (2, 4, "certificates 2 to 4 of fcu.crt"),
        (3, 5, "certificates 3 to 5 of fcu.crt"),
        (3, 4, "certificates 3 and 4 of fcu.crt"),
        (4, 5, "certificates 4 and 5 of fcu.crt"),
        (5, 5, "certificate 5 of fcu.crt"),
        (6, 5, "nothing, or the root alone"),
    ],
)
def test_certificates_for_the_portal_are_reported_by_number(depth: int, length: int, expected: str) -> None:
    assert compared(depth, length=length).numbers() == expected

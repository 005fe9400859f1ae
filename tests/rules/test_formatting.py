"""The words that rules share: spans, numbers, control characters, values of bundles."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.bundle.formatting import shown_value, type_name
from fcu_conform.rules.model import LONGEST, Finding, Location
from fcu_conform.rules.support.formatting import format_exact_span, format_span, has_controls, pluralize


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (119, "1 minute"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (86399, "23 hours"),
        (86400, "1 day"),
        (86400 * 400, "400 days"),
        (-7200, "2 hours"),
        (1.9, "1 second"),
    ],
)
def test_a_time_span_is_shown_in_the_largest_unit_that_fits(seconds: float, expected: str) -> None:
    assert format_span(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 seconds"),
        (86400 * 3, "3 days"),
        (86401, "1 day 1 second"),
        (-(86400 + 7200 + 60 + 2), "1 day 2 hours 1 minute 2 seconds"),
    ],
)
def test_an_exact_time_span_has_every_unit_that_is_not_zero(seconds: int, expected: str) -> None:
    assert format_exact_span(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(("number", "expected"), [(0, "0 bytes"), (1, "1 byte"), (2, "2 bytes")])
def test_only_one_is_shown_in_the_singular(number: int, expected: str) -> None:
    assert pluralize(number, "byte") == expected


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "\x7f", "\x85", "\u2028", "\u2029"])
def test_control_characters_and_line_endings_are_found(text: str) -> None:
    assert has_controls(text)


@pytest.mark.parametrize("text", ["", "lamp 1", "\u3000", "a\u00a0b", "\u200d", "\U0001fae8", "Ä"])
def test_other_characters_are_not_control_characters_in_any_python(text: str) -> None:
    assert not has_controls(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Secret(b"x"), "a byte string of 1 byte"),
        (Secret(b"secret"), "a byte string of 6 bytes"),
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-5, "-5"),
        (2**64 - 1, "18446744073709551615"),
        (2**64, "an integer of 65 bits"),
        ("", '""'),
        ("a\n\x1b", '"a\\n\\x1b"'),
        ("x" * 40, f'"{"x" * 40}"'),
        ("x" * 41, f'"{"x" * 40}…"'),
        (1.5, "the float 1.5"),
        ([], "an array of 0 elements"),
        ([1], "an array of 1 element"),
        ({}, "a map of 0 pairs"),
        ({1: 2}, "a map of 1 pair"),
        (object(), "a simple value"),
    ],
)
def test_a_value_of_a_bundle_is_shown_without_its_octets(value: object, expected: str) -> None:
    assert shown_value(value) == expected


def test_a_text_that_may_be_secret_is_only_named() -> None:
    assert type_name("anything") == "a text string"
    assert type_name(7) == "7"


def test_a_text_up_to_the_limit_is_shown_completely_and_a_longer_one_is_cut() -> None:
    rule = CATALOGUE["CHN003"]
    whole, longer = "x" * LONGEST, "x" * (LONGEST + 1)
    told = rule.complete(Finding(whole, Location(whole), whole, whole))
    assert (told.message, told.location.file, told.expected, told.found) == (whole, whole, whole, whole)
    told = rule.complete(Finding(longer, Location(longer), longer, longer))
    assert {told.message, told.location.file, told.expected, told.found} == {whole + "…"}


def test_a_value_of_a_bundle_is_cut_beyond_forty_characters() -> None:
    assert shown_value("x" * 40) == f'"{"x" * 40}"'
    assert shown_value("x" * 41) == f'"{"x" * 40}…"'

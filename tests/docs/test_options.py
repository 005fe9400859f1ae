"""The one table of a run's options, and the options of pytest, console, library and documentation made from it."""

from __future__ import annotations

import inspect
import sys
from dataclasses import fields

import pytest
from repository.generated import NEXT
from repository.sources import ROOT

import fcu_conform
from docs.test_names import command
from fcu_conform.interfaces.run.options import OPTIONS
from fcu_conform.interfaces.run.settings import PARSERS, Settings

sys.path.insert(0, str(ROOT / "docs"))

import options as page

OF_REPORTS = {"report", "sign-key", "sign-passphrase-env"}
"""Of what is written after a run; who calls the library writes what they want."""


def test_the_table_in_the_reference_is_up_to_date() -> None:
    text = page.REFERENCE.read_text(encoding="utf-8")
    assert text.count(page.BEGIN) == text.count(page.END) == 1
    assert page.with_table(text) == text, NEXT


def test_the_table_is_written_between_its_marks_and_nothing_else_changes() -> None:
    made = page.with_table(f"before\n{page.BEGIN}\nWORN OUT\n{page.END}\nafter\n")
    assert made.startswith(f"before\n{page.BEGIN}\n\n| option |")
    assert made.endswith(f"|\n\n{page.END}\nafter\n")
    assert "WORN OUT" not in made
    assert made.count("--fcu-") >= len(OPTIONS)


def test_settings_have_the_fields_of_the_table() -> None:
    assert [option.field for option in OPTIONS] == [field.name for field in fields(Settings)]
    kinds = {option.kind for option in OPTIONS}
    assert kinds == {"path", "text", "switch", *PARSERS}


@pytest.mark.parametrize(
    ("name", "without"), [("check", set()), ("lot", set()), ("certify", {"report"})], ids=["check", "lot", "certify"]
)
def test_every_command_that_judges_has_every_option(name: str, without: set[str]) -> None:
    there = {flag for parameter in command(name).params for flag in parameter.opts}
    wanted = {option.plain_flag for option in OPTIONS if option.name not in without}
    assert wanted - there == set()
    assert without.isdisjoint(flag.removeprefix("--") for flag in there)


def test_the_library_has_every_option_but_those_of_reports() -> None:
    parameters = inspect.signature(fcu_conform.check).parameters.values()
    keywords = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    expected = {option.name.replace("-", "_") for option in OPTIONS if option.name not in OF_REPORTS} - {"keystore"}
    assert keywords == expected | {"listeners"}

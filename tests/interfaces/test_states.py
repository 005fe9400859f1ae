"""Devices that are not decided, in every report and in the words below a run: never among those that conform."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from fcu_conform.engine.states import DeviceCounts
from fcu_conform.interfaces.console.lot_page import closing_line
from fcu_conform.interfaces.reports import html_report, intoto_report, json_report, markdown_report, sarif_report
from fcu_conform.interfaces.reports.json_report import Document
from fcu_conform.interfaces.reports.report_view import ReportView
from interfaces.documents import conformant, make_line, undecided
from interfaces.reports.test_html import Page

STATES = "5 conformant, 1 non-conformant, 2 not decided (validators were asked about 4)"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Document:
    folder = tmp_path_factory.mktemp("states")
    make_line(folder)
    return conformant(folder)


@pytest.fixture
def open_one(sound: Document) -> Document:
    return undecided(sound)


def test_the_document_is_valid_and_counts_in_the_form_of_1_0_are_not(open_one: Document) -> None:
    validator = Draft202012Validator(json_report.schema())
    validator.validate(open_one)
    del open_one["devices"]["not_decided"]
    assert not validator.is_valid(open_one)


def test_the_page_draws_three_states(open_one: Document) -> None:
    page = Page(html_report.render(open_one))
    assert (
        "5 of 8 devices are conformant, 1 is non-conformant, 2 are not decided: another fault is in the way of a rule,"
        " or a validator refuses the path. Validators were asked about 4 of them." in page.text
    )
    bar = [(a["class"], float(a["x"] or 0), float(a["width"] or 0)) for tag, a in page.elements if tag == "rect"][-3:]
    assert bar == [("dot-passed", 0, 62.5), ("dot-failed", 62.5, 12.5), ("dot-warned", 75, 25)]
    drawn = html_report.draw(ReportView.of(open_one).keystores[0], ReportView.of(open_one)).device[0]
    assert [(mark.words, mark.style) for mark in drawn.marks] == [
        ("5 conformant", "passed"),
        ("1 non-conformant", "failed"),
        ("2 not decided", "warned"),
    ]
    assert "bad.pem" in page.text
    assert "open.pem" in page.text


def test_a_page_without_open_devices_does_not_mention_them(sound: Document) -> None:
    assert "not decided" not in Page(html_report.render(sound)).text


def test_markdown_shows_three_states(open_one: Document) -> None:
    assert f"8 devices: {STATES.replace('(', '').split(' validators')[0]}" in markdown_report.render(open_one).decode()


def test_sarif_and_the_statement_count_three_states(open_one: Document) -> None:
    log = json.loads(sarif_report.render({**open_one, "verdict": "incomplete"}))["runs"][0]
    assert log["properties"]["devices"] == {
        "checked": 8,
        "conformant": 5,
        "non_conformant": 1,
        "not_decided": 2,
        "asked": 4,
    }
    assert log["invocations"][0]["exitCode"] == 1
    assert "2 of 8 devices are not decided" in json.dumps(log["invocations"])
    predicate = intoto_report.statement({**open_one, "subjects": []})["predicate"]
    assert predicate["fcuConformDevices"] == {"checked": 8, "conformant": 5, "not_decided": 2, "asked": 4}


@pytest.mark.parametrize(
    ("seconds", "is_complete", "line"),
    [
        (0.0, True, f"devices: 8 judged: {STATES}"),
        (2.0, True, f"devices: 8 judged in 2.0 s (4 a second): {STATES}"),
        (0.0, False, f"devices: 8 judged: {STATES}; interrupted: the rest was not judged"),
    ],
)
def test_the_closing_line_of_a_lot_shows_three_states(seconds: float, is_complete: bool, line: str) -> None:
    assert closing_line(DeviceCounts(8, 5, 1, 4), seconds, is_complete=is_complete) == line

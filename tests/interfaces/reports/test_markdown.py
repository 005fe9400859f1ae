"""The Markdown report: short, and text from files is shown, not obeyed."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from fcu_conform.interfaces.reports import markdown_report
from fcu_conform.interfaces.reports.json_report import Document
from fcu_conform.interfaces.reports.text import printable
from interfaces.documents import HOSTILE, attacking, conformant, enlarged, faulty, make_line, overlapping, waived


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("markdown")
    make_line(folder)
    return folder


@pytest.fixture(scope="module")
def bad(line: Path) -> Document:
    return faulty(line)


def tags(text: str) -> list[str]:
    """Every tag of the HTML that a reader of Markdown with GitHub's tables makes of it."""
    rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    return re.findall(r"<[^>]*>?", rendered)


def test_the_verdict_is_the_heading(line: Path, bad: Document) -> None:
    assert markdown_report.render(conformant(line)).decode().startswith("## ✅ FCU conformance: conformant\n")
    assert markdown_report.render(bad).decode().startswith("## ❌ FCU conformance: non-conformant\n")
    for verdict in ("incomplete", "nothing-checked"):
        assert markdown_report.render({**bad, "verdict": verdict}).decode().startswith("## ⚠️ FCU conformance: ")


def test_each_failure_and_each_warning_has_a_row(bad: Document) -> None:
    text = markdown_report.render(bad).decode()
    rows = [row.split(" | ") for row in text.splitlines() if row.startswith(("| Failed |", "| Warned |"))]
    told = [result["code"] for result in bad["results"] if result["outcome"] in ("failed", "warned")]
    assert sorted(row[1].split("**")[1] for row in rows) == sorted(told)
    [row] = [row for row in rows if "CHN003" in row[1]]
    assert row[1] == "**CHN003** line-2"
    assert row[2].startswith("<code>fcu.crt, certificate 2, line ")
    tables = [tag for tag in tags(text) if tag == "<tr>"]
    assert len(tables) == len(rows) + 1


def test_details_are_folded(bad: Document) -> None:
    text = markdown_report.render(bad).decode()
    assert text.count("<details>") == text.count("</details>") == len(re.findall("^<details><summary>", text, re.M))
    head = text.split("<details>")[0]
    assert "- why: " in text
    assert "- why: " not in head


def test_a_conformant_run_is_a_few_lines(line: Path) -> None:
    document = conformant(line)
    document["results"] = [result for result in document["results"] if result["outcome"] != "warned"]
    text = markdown_report.render(document).decode()
    assert "3 devices: 3 conformant, 0 non-conformant, 0 not decided" in text
    assert len(text.splitlines()) < 15


def test_text_from_files_is_neither_markup_nor_a_link_nor_a_call(bad: Document, line: Path) -> None:
    for document in (bad, overlapping(line)):
        usual, attacked = (markdown_report.render(each).decode() for each in (document, attacking(document)))
        assert set(tags(attacked)) <= {*tags(usual), "<li>", "</li>"}
        assert "href" not in "".join(tags(attacked))
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", attacked)
        outside = re.sub("(?s)<pre>.*?</pre>", "", attacked)
        assert not re.search(r"@\w|(?<!&)#\d|://|www\.|\$", outside)


def test_escaped_text_reads_the_same() -> None:
    text = printable(HOSTILE)
    rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown_report.harmless(text))
    assert not re.search(r"<(?!/?p>)", rendered)
    shown = html.unescape(rendered.strip().removeprefix("<p>").removesuffix("</p>")).replace("\u200b", "")
    assert shown.split() == text.split()


def test_the_report_always_fits_into_a_comment(line: Path) -> None:
    large = enlarged(overlapping(line), 1_000_000)
    text = markdown_report.render(large).decode()
    assert "(and 999,999 more)" in text
    for document in (large, attacking(large)):
        assert len(markdown_report.render(document).decode()) < 65_536


def test_a_waiver_is_shown(bad: Document) -> None:
    text = markdown_report.render(waived(bad, "CHN003")).decode()
    assert "| Waived | **CHN003**" in text
    assert "- waived: agreed until the &#60;b&#62;next&#60;/b&#62; line (qa@&#8203;example.com, until" in text

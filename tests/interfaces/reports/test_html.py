"""The HTML report as a file: what stands where, and that nothing from a certificate becomes part of the page."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fcu_conform.interfaces.reports import html_report
from fcu_conform.interfaces.reports.json_report import Document
from fcu_conform.interfaces.reports.report_view import ReportView
from interfaces.documents import HOSTILE, attacking, conformant, enlarged, faulty, make_line, overlapping, waived


class Page(HTMLParser):
    """The elements of a page and its text, in order."""

    VOID = frozenset({"meta", "input", "br", "rect", "circle", "path"})

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(content.decode("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def count(self, tag: str) -> int:
        return Counter(name for name, _ in self.elements)[tag]

    def with_class(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.elements if name in (attributes.get("class") or "").split()]


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("html")
    make_line(folder)
    return folder


@pytest.fixture(scope="module")
def bad(line: Path) -> Document:
    return faulty(line)


@pytest.fixture(scope="module")
def wrong_upload(line: Path) -> Document:
    return overlapping(line)


def test_the_verdict_comes_first(line: Path, bad: Document) -> None:
    for document, verdict, names in (
        (conformant(line), "Conformant", "keystore"),
        (bad, "Non-conformant", "line-1, line-2"),
    ):
        page = Page(html_report.render(document))
        assert page.open == []
        begin = f"{verdict}: FCU conformance of {names} Skip to the results FCU conformance report {verdict} "
        assert page.text.startswith(begin)


def test_every_result_and_finding_is_on_the_page(bad: Document) -> None:
    page = Page(html_report.render(bad))
    assert len(page.with_class("result")) == len(bad["results"])
    assert len(page.with_class("finding")) == len(bad["findings"])
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for finding in bad["findings"]:
        for name in ("message", "expected", "found", "why"):
            assert " ".join(finding[name].split()) in page.text


def test_links_within_the_page_have_a_target(bad: Document) -> None:
    page = Page(html_report.render(bad))
    ids = {attributes.get("id") for _, attributes in page.elements}
    targets = [a["href"][1:] for tag, a in page.elements if tag == "a" and a["href"]]
    assert len(targets) > 5
    assert set(targets) <= ids


def places(drawn: html_report.DrawnCertificate) -> list[str]:
    """What the drawing says of where a certificate is."""
    return [mark.words for mark in drawn.marks]


def test_the_chain_is_drawn_with_the_parts_of_device_and_portal(line: Path, wrong_upload: Document) -> None:
    [chain] = [
        html_report.draw(k, contents) for contents in [ReportView.of(conformant(line))] for k in contents.keystores
    ]
    assert [drawn.name for drawn in chain.device] == ["Device certificate", "FCU line 1"]
    assert chain.portal is not None
    assert [words for drawn in chain.portal for words in places(drawn)] == ["uploaded", "uploaded"]
    assert all(drawn.issued for drawn in chain.portal)
    contents = ReportView.of(wrong_upload)
    [chain] = [html_report.draw(keystore, contents) for keystore in contents.keystores]
    assert "uploaded too" in [mark.words for mark in chain.device[1].marks]
    assert chain.device[1].style == "wrong"


def test_the_drawing_shows_where_the_order_breaks(bad: Document) -> None:
    contents = ReportView.of(bad)
    good, disordered = (html_report.draw(keystore, contents) for keystore in contents.keystores)
    assert good.portal is not None
    assert disordered.portal is not None
    assert [drawn.issued for drawn in good.portal] == [True, True]
    assert [drawn.issued for drawn in disordered.portal] == [False, False]
    assert any("CHN003" in mark.words for drawn in disordered.portal for mark in drawn.marks)


def test_a_certificate_that_only_the_upload_has_is_drawn_as_such(line: Path) -> None:
    document = conformant(line)
    upload = next(subject for subject in document["subjects"] if subject["kind"] == "upload")
    stranger = {**upload["certificates"][-1], "sha256": "ab" * 32, "common_name": "Stranger"}
    upload["certificates"] = [upload["certificates"][0], stranger]
    contents = ReportView.of(document)
    [chain] = [html_report.draw(keystore, contents) for keystore in contents.keystores]
    marks = {drawn.name: places(drawn) for drawn in chain.portal or ()}
    assert marks.pop("Stranger") == ["not in fcu.crt"]
    assert sorted(words for [words] in marks.values()) == ["missing from the upload", "uploaded"]


def test_accepted_variants_are_not_drawn_as_a_fault(line: Path) -> None:
    """Where the device carries the whole chain, the root is uploaded all the same, and no rule fails for that."""
    document = conformant(line)
    document["subjects"][0]["chain_depth"] = 4
    contents = ReportView.of(document)
    [chain] = [html_report.draw(keystore, contents) for keystore in contents.keystores]
    root = chain.device[-1]
    assert places(root) == ["uploaded too"]
    assert root.style != "wrong"


@pytest.mark.parametrize("depth", [None, 9])
def test_without_a_usable_depth_nothing_is_cut(line: Path, depth: int | None) -> None:
    document = conformant(line)
    document["subjects"][0]["chain_depth"] = depth
    page = Page(html_report.render(document))
    assert "nobody can say where the chain is cut" in page.text
    assert "On the portal" not in page.text


def test_the_matrix_has_every_validator_on_every_keystore(line: Path, bad: Document) -> None:
    rows = list(html_report.validator_table(ReportView.of(bad)))
    assert [(validator["name"], keystore) for validator, keystore, _ in rows] == [
        *(("strict", "line-1"), ("strict", "line-2"), ("silent", "line-1"), ("silent", "line-2")),
    ]
    assert [cells[0].outcome for _, _, cells in rows if cells[0]] == ["failed", "blocked", "blocked", "blocked"]
    assert "openssl-command" in html_report.left_out(ReportView.of(bad))["not asked"].split(", ")
    text = Page(html_report.render(conformant(line))).text
    assert "first 1.2.3 somebody in the field accepts accepts" in text
    assert "second 1.2.3 somebody in the field not applicable ignored: this library accepts forged paths" in text
    assert "silent 1.2.3 somebody in the field no answer" in Page(html_report.render(bad)).text.replace(" line-1", "")


def test_text_from_files_is_escaped_in_the_page(bad: Document, wrong_upload: Document) -> None:
    for document in (bad, wrong_upload):
        usual, page = Page(html_report.render(document)), html_report.render(attacking(document))
        attacked = Page(page)
        assert attacked.open == []
        # A value of several lines becomes several paragraphs.
        kinds = [Counter(tag for tag, _ in each.elements if tag != "p") for each in (attacked, usual)]
        assert kinds[0] == kinds[1]
        names = {name for _, attributes in attacked.elements for name in attributes}
        assert not {name for name in names if name.startswith("on") or name in ("src", "style")}
        assert "{{7*7}}{% raw %}" in attacked.text
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page.decode())
        assert r"\x1b]0;owned\x07\u202elive\u2066" in attacked.text


def test_the_page_loads_nothing_and_allows_only_its_own_style_and_script(bad: Document) -> None:
    text = html_report.render(bad).decode()
    page = Page(text.encode())
    [policy] = [a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not [a for _, a in page.elements if (a.get("href") or "#")[0] != "#" or "src" in a]
    assert (page.count("script"), page.count("style"), page.count("link")) == (1, 1, 0)
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("count", [101, 10_000, 1_000_000])
def test_many_findings_are_shown_in_part_and_counted(wrong_upload: Document, count: int) -> None:
    content = html_report.render(enlarged(wrong_upload, count))
    page = Page(content)
    assert len(content) < 500_000
    shown = [text for text in page.texts if re.match(r"device-\d{6}\.pem, ", text)]
    assert len(shown) == html_report.SHOWN
    assert f"… and {count - html_report.SHOWN:,} more. The JSON report" in page.text
    assert f"{count:,} are non-conformant" in page.text


def test_a_waiver_is_shown_with_its_reason_owner_and_expiry(bad: Document) -> None:
    page = Page(html_report.render(waived(bad, "CHN003")))
    assert "Waived (1)" in page.text
    assert "waived agreed until the <b>next</b> line by qa@example.com, until 2026-09-01" in page.text
    assert "CHN003 * agreed until the <b>next</b> line qa@example.com 2026-09-01 yes" in page.text


def test_a_page_for_a_run_without_results_can_be_written(bad: Document) -> None:
    empty = {**bad, "results": [], "findings": [], "validators": [], "verdict": "nothing-checked"}
    page = Page(html_report.render(empty))
    assert "Nothing checked" in page.text
    assert page.count("form") == 0


def test_a_broken_rule_is_reported_as_a_fault_of_the_suite(bad: Document) -> None:
    document = {**bad, "verdict": "incomplete", "findings": []}
    document["results"] = [
        {**result, "outcome": "error" if n == 0 else "passed", "reason": "KeyError" if n == 0 else ""}
        for n, result in enumerate(bad["results"])
    ]
    page = Page(html_report.render(document))
    assert "because of an internal error" in page.text
    assert "Not judged: internal error (1)" in page.text


def test_the_hostile_text_would_be_harmful_unescaped() -> None:
    assert not HOSTILE.isprintable()
    assert "<script>" in HOSTILE

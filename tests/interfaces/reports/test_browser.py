"""The HTML report as a browser shows it: filters, keyboard, paper, dark mode, narrow screens, accessibility."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fcu_conform.interfaces.reports import html_report
from interfaces.documents import attacking, conformant, enlarged, faulty, make_line, overlapping

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports by name, as files."""
    folder = tmp_path_factory.mktemp("browser")
    make_line(folder)
    bad, wrong_upload = faulty(folder), overlapping(folder)
    documents = {
        "good": conformant(folder),
        "bad": bad,
        "upload": wrong_upload,
        "large": enlarged(wrong_upload, 10_000),
        "attack": attacking(bad),
    }
    for name, document in documents.items():
        (folder / f"{name}.html").write_bytes(html_report.render(document))
    return {name: folder / f"{name}.html" for name in documents}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        # Chromium's sandbox does not run as root, as which many CI containers do, and these have little shared memory.
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser: Any, pages: dict[str, Path]) -> Iterator[Callable[..., Any]]:
    """Opens a report; at the end nothing may have been complained of and nothing fetched."""
    contexts: list[Any] = []
    troubles: list[str] = []
    fetched: list[str] = []

    def show(name: str, fragment: str = "", **context: Any) -> Any:
        contexts.append(browser.new_context(**context))
        page = contexts[-1].new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(pages[name].as_uri() + fragment)
        return page

    yield show
    for context in contexts:
        context.close()
    assert troubles == []
    assert [url for url in fetched if not url.startswith("file://")] == []
    assert len(fetched) == len(contexts)


def shown(page: Any) -> list[Any]:
    """The results that can be seen, each as its outcome, family and validator."""
    facts = "[e.dataset.outcome, e.dataset.family, e.dataset.validator]"
    script = f"all => all.filter(e => e.checkVisibility()).map(e => {facts})"
    results: list[Any] = page.locator("details.result").evaluate_all(script)
    return results


def test_filters_show_the_matching_results_and_their_number(show) -> None:
    page = show("bad")
    everything = page.locator("details.result").count()
    page.get_by_label(re.compile(r"^failed \d")).check()
    failed = shown(page)
    assert {outcome for outcome, _, _ in failed} == {"failed"}
    assert page.get_by_role("status").inner_text() == f"{len(failed)} of {everything} results shown"
    page.get_by_label(re.compile(r"^blocked \d")).check()
    assert {outcome for outcome, _, _ in shown(page)} == {"failed", "blocked"}
    page.get_by_label("Chain", exact=True).check()
    assert {family for _, family, _ in shown(page)} == {"CHN"}
    page.get_by_label("silent", exact=True).check()
    assert {validator for _, _, validator in shown(page)} == {"silent"}
    page.get_by_label("Request", exact=True).check()
    page.get_by_label("Chain", exact=True).uncheck()
    assert shown(page) == []
    assert page.get_by_text("No result.").is_visible()
    page.get_by_role("button", name="Clear").click()
    assert len(shown(page)) == everything


def test_the_search_ignores_case(show) -> None:
    page = show("bad")
    page.get_by_role("searchbox").fill("  chn003 ")
    assert page.locator("#CHN003-line-2").is_visible()
    assert len(shown(page)) < 20
    page.get_by_role("searchbox").fill("not applicable because of nothing")
    assert shown(page) == []


def test_rules_that_do_not_apply_are_folded_until_a_filter_selects_them(show) -> None:
    page = show("bad")
    assert "not-applicable" not in {outcome for outcome, _, _ in shown(page)}
    page.get_by_label(re.compile(r"^not applicable \d")).check()
    assert {outcome for outcome, _, _ in shown(page)} == {"not-applicable"}


def test_failures_are_open_and_all_can_be_opened_and_closed(show) -> None:
    page = show("bad")
    assert page.locator("details.result.failed:not([open])").count() == 0
    assert page.locator("details.result.passed[open]").count() == 0
    page.get_by_role("button", name="Open all").click()
    assert page.locator("details.result:not([open])").count() == 0
    page.get_by_role("button", name="Close all").click()
    assert page.locator("details.result[open]").count() == 0


def test_the_page_can_be_used_by_keyboard_alone(show) -> None:
    page = show("bad")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the results"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "outcome"
    page.keyboard.press("Space")
    assert {outcome for outcome, _, _ in shown(page)} == {"passed"}
    summary = page.locator("details.result.passed > summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.result.passed").first.evaluate("e => e.open")
    outline = summary.evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"


def test_a_link_leads_to_its_result_even_if_that_is_filtered_away(show) -> None:
    page = show("bad")
    page.get_by_label(re.compile(r"^passed \d")).check()
    link = page.locator("a.badge.is-failed").first
    target = link.get_attribute("href")
    link.click()
    assert page.locator(f"details{target}").is_visible()
    assert page.locator(f"details{target}").evaluate("e => e.open && e.contains(document.activeElement)")


def test_a_link_from_elsewhere_opens_its_result(show) -> None:
    page = show("good", "#KEY004-keystore")
    assert page.locator("#KEY004-keystore").evaluate("e => e.open")


def test_without_a_script_the_page_is_the_full_list(show, pages) -> None:
    page = show("bad", java_script_enabled=False)
    assert not page.locator("form").is_visible()
    assert page.get_by_role("heading", level=1).inner_text() == "Non-conformant"
    summaries = page.locator("details.result > summary")
    assert summaries.count() == pages["bad"].read_text("utf-8").count('<details class="result ')
    assert page.locator("details.result.failed .finding").first.is_visible()


def test_failures_are_printed_even_if_they_were_folded(show) -> None:
    page = show("bad")
    page.get_by_role("button", name="Close all").click()
    paper = page.pdf(prefer_css_page_size=True)
    assert paper.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) >= 3
    assert page.locator("details.result.failed:not([open])").count() == 0
    page.emulate_media(media="print")
    assert not page.locator("form").is_visible()
    assert not page.locator("nav").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("width", [320, 400, 1200])
@pytest.mark.parametrize("name", ["good", "bad", "upload", "attack"])
def test_nothing_overflows_the_page_sideways(show, name: str, width: int) -> None:
    page = show(name, viewport={"width": width, "height": 800})
    page.get_by_role("button", name="Open all").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_mode_has_dark_colours(show) -> None:
    light, dark = (show("bad", color_scheme=scheme) for scheme in ("light", "dark"))
    brightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).reduce((sum, part) => sum + +part, 0)"
    assert dark.evaluate(brightness) < 120 < 600 < light.evaluate(brightness)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["good", "bad", "upload"])
def test_axe_finds_no_accessibility_fault(show, name: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = show(name, color_scheme=scheme)
    page.locator("details").evaluate_all("all => all.forEach(e => { e.open = true; })")
    found = axe.Axe().run(page).response
    told = [(v["id"], [node["html"][:120] for node in v["nodes"][:3]]) for v in found["violations"]]
    assert told == []
    assert {"color-contrast", "label", "landmark-one-main"} <= {rule["id"] for rule in found["passes"]}


def test_axe_would_find_an_accessibility_fault(show) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = show("good")
    page.evaluate("document.querySelector('input[type=search]').removeAttribute('aria-label')")
    page.evaluate("document.querySelector('input[type=search]').removeAttribute('placeholder')")
    assert "label" in {violation["id"] for violation in axe.Axe().run(page).response["violations"]}


def test_hostile_names_are_shown_and_never_run(show) -> None:
    page = show("attack")
    page.get_by_role("button", name="Open all").click()
    assert page.evaluate("window.owned") is None
    assert "</script><script>window.owned=1</script>" in page.locator("main").inner_text()


def test_a_large_lot_stays_usable(show) -> None:
    page = show("large")
    assert page.locator("[id^=DEV004] .finding").count() == html_report.SHOWN
    page.get_by_role("searchbox").fill("DEV004")
    assert page.get_by_text("… and 9,900 more. The JSON report").is_visible()

"""The Markdown report: short, for a pull request or a job's summary on a code host."""

from __future__ import annotations

from html import escape

from markupsafe import Markup

from fcu_conform.interfaces.reports.json_report import Document
from fcu_conform.interfaces.reports.report_view import ReportView, ResultView, place
from fcu_conform.interfaces.reports.templating import environment
from fcu_conform.interfaces.reports.text import printable

TOLD = {"error": "Broke", "failed": "Failed", "warned": "Warned", "waived": "Waived"}
"""The groups of results that are told one by one, and the word for each."""

SHOWN = 20
"""Results of one group that are told."""

SHOWN_FINDINGS = 3
"""Findings of one result that are told."""

LONGEST = 300
"""Characters of one value; what is longer is cut, since names in certificates have no end."""

LIMIT = 60_000
"""Characters of the whole: a comment on GitHub takes 65,536. Where details would exceed it they are left out."""

VERDICTS = {
    "conformant": "✅ FCU conformance: conformant",
    "non-conformant": "❌ FCU conformance: non-conformant",
    "nothing-checked": "⚠️ FCU conformance: nothing checked",
    "incomplete": "⚠️ FCU conformance: incomplete",
}

_ENTITIES = str.maketrans(
    {
        **{c: f"\\{c}" for c in "\\`*_[]|~!"},
        **{c: f"&#{ord(c)};" for c in "&<>$"},
        # Code hosts look for names and numbers after these even in finished text; nothing that is seen keeps them off.
        **{c: f"{c}&#8203;" for c in "@#"},
    }
)


def harmless(text: str) -> str:
    """Printable text as Markdown that shows it and nothing else: no markup, no link, nobody is called."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return cut.translate(_ENTITIES).replace("://", "&#58;//").replace("www.", "www&#46;")


def render(content: Document) -> bytes:
    """The document of json_report as Markdown in UTF-8."""
    view = ReportView.of(content)
    engine = environment(harmless)
    engine.filters["preformatted"] = _preformatted
    template = engine.get_template("report.md.j2")
    told = [(TOLD[key], entries) for key, _title, entries in view.groups() if key in TOLD]
    common = {
        "contents": view,
        "document": content,
        "title": VERDICTS[view.verdict],
        "told": told,
        "first": _first,
        "place": place,
        "shown": SHOWN,
        "shown_findings": SHOWN_FINDINGS,
    }
    text = template.render(**common, with_details=True)
    if len(text) > LIMIT:
        text = template.render(**common, with_details=False)
    return text.encode("utf-8")


def _first(entry: ResultView) -> Document | None:
    """The weightiest finding of a result, for the table."""
    weights = {"error": 0, "warning": 1, "notice": 2}
    return min(entry.findings, key=lambda finding: weights[finding["level"]], default=None)


def _preformatted(line: str) -> Markup:
    """A line of a drawing, inside ``<pre>``, where Markdown is not read."""
    return Markup(escape(printable(line)))  # noqa: S704  # escaped

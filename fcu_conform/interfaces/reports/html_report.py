"""The HTML report: one file that needs no network and no script, for people who hand it on."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup

from fcu_conform.interfaces.reports.json_report import Document
from fcu_conform.interfaces.reports.report_view import Devices, ReportView, ResultView, place
from fcu_conform.interfaces.reports.templating import environment
from fcu_conform.interfaces.reports.timeline import draw_timeline
from fcu_conform.rules.family import Family

SHOWN = 100
"""Findings of one rule that the page shows: nobody reads thousands of them, and they slow every browser."""

SHOWN_OFFENDERS = 200
"""Devices that the page names among the non-conformant ones."""

VERDICTS = {
    "conformant": ("Conformant", "good"),
    "non-conformant": ("Non-conformant", "bad"),
    "nothing-checked": ("Nothing checked", "open"),
    "incomplete": ("Incomplete", "open"),
}
"""The verdict's words, and how the page looks then."""

BY_VALIDATORS = ("CHN013", "DEV024")
"""The rules that validators answer."""


@dataclass(frozen=True)
class Badge:
    """A few words on a certificate of the drawing; ``target`` is what they lead to, where that is on the page."""

    words: str
    style: str
    target: str = ""


@dataclass(frozen=True)
class DrawnCertificate:
    """One certificate of the drawing; ``facts`` are lines below its name.

    ``issued``: whether the one before it names it as the issuer; None for the first.
    """

    name: str
    facts: tuple[str, ...]
    issued: bool | None = None
    marks: tuple[Badge, ...] = ()

    @property
    def style(self) -> str:
        """The weight of its weightiest mark, as a class."""
        styles = {mark.style for mark in self.marks}
        return "wrong" if "failed" in styles else "doubtful" if "warned" in styles else ""


@dataclass(frozen=True)
class ChainDiagram:
    """The chain of one keystore, the device's certificate first; ``portal`` is None where no depth is known."""

    name: str
    depth: int | None
    device: Sequence[DrawnCertificate]
    portal: Sequence[DrawnCertificate] | None
    has_upload: bool


def render(content: Document) -> bytes:
    """The document of json_report as a page in UTF-8."""
    view = ReportView.of(content)
    style, script = _asset("report.css"), _asset("report.js")
    title, look = VERDICTS[view.verdict]
    page = environment().get_template("report.html.j2")
    text = page.render(
        contents=view,
        document=content,
        title=title,
        look=look,
        policy=f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; "
        "base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
        shares=list(shares(view.counts)),
        chains=[draw(subject, view) for subject in view.keystores],
        timelines=[line for one in view.keystores if (line := draw_timeline(one, content["judged_at"]))],
        rows=list(validator_table(view)),
        by_validators=BY_VALIDATORS,
        left_out=left_out(view),
        outcomes=[(outcome, f"{outcome.replace('-', ' ')} {number}") for outcome, number in view.counts.items()],
        validators=[(name, name) for name in dict.fromkeys(e.validator for e in view.entries if e.validator)],
        anchor=anchor,
        place=place,
        shown=SHOWN,
        shown_offenders=SHOWN_OFFENDERS,
    )
    return text.encode("utf-8")


def anchor(entry: ResultView) -> str:
    """The id of a result on the page: subjects are names of folders, so what an id cannot hold is made a number."""
    target = "".join(
        c if c.isascii() and (c.isalnum() or c in "-.") else f"_{ord(c):x}_" for c in entry.result["subject"]
    )
    return f"{entry.code}-{target}"


def shares(counts: dict[str, int]) -> Iterator[tuple[str, float, float]]:
    """Outcome, begin and width in percent of each part of the bar."""
    total, begin = sum(counts.values()), 0
    for outcome, number in counts.items():
        yield outcome, round(100 * begin / total, 3), round(100 * number / total, 3)
        begin += number


def draw(keystore: Document, view: ReportView) -> ChainDiagram:
    """The chain of a keystore, cut between device and portal."""
    name, depth = keystore["name"], keystore["chain_depth"]
    certificates = keystore["certificates"]
    if depth is None and len(certificates) == 1:
        depth = 1  # a single certificate needs none: the device then carries its own alone
    subjects = view.document["subjects"]
    uploads = [s for s in subjects if s["kind"] == "upload" and s["name"] == name]
    uploaded = [certificate for upload in uploads for certificate in upload["certificates"]]
    sent = {certificate["sha256"] for certificate in uploaded}
    known = {certificate["sha256"] for certificate in certificates}
    is_cut = depth is not None and 1 <= depth <= len(certificates) + 1
    judged = _of_upload(name, view)
    states = view.devices if any(s["kind"] == "devices" and s["name"] == name for s in subjects) else None
    device = [
        DrawnCertificate("Device certificate", ("one for each device, made by FCU",), None, tuple(_states(states)))
    ]
    portal: list[DrawnCertificate] = []
    below = None
    for position, certificate in enumerate(certificates, start=1):
        marks = list(_marks(certificate, name, view))
        on_device = not is_cut or position < depth
        is_sent = certificate["sha256"] in sent
        if is_cut and uploads and not on_device:
            marks.append(Badge("uploaded", "passed") if is_sent else Badge("missing from the upload", judged))
        elif is_cut and on_device and is_sent:
            marks.append(Badge("uploaded too", judged))
        issued = True if below is None else _named(below["issuer"]) == _named(certificate["subject"])
        side = device if on_device else portal
        side.append(_drawn(certificate, f"fcu.crt {certificate['index']}", issued, marks))
        below = certificate
    for certificate in uploaded:
        if certificate["sha256"] not in known:
            mark = Badge("not in fcu.crt", judged)
            portal.append(_drawn(certificate, f"upload {certificate['index']}", None, [mark]))
    return ChainDiagram(name, depth, device, portal if is_cut else None, bool(uploads))


def _named(name: str) -> str:
    """A distinguished name so that two which RFC 5280 calls equal are mostly the same."""
    return " ".join(name.casefold().split())


def _drawn(certificate: Document, where: str, issued: bool | None, marks: Sequence[Badge]) -> DrawnCertificate:
    name = certificate["common_name"] or certificate["subject"] or "empty subject"
    facts = (
        f"{where}, sha256 {certificate['sha256'][:16]}…",
        f"valid {certificate['not_before'][:10]} to {certificate['not_after'][:10]}",
    )
    return DrawnCertificate(name, facts, issued, tuple(marks))


def _marks(certificate: Document, setup: str, view: ReportView) -> Iterator[Badge]:
    """The rules that found something in a certificate of fcu.crt, notices left out."""
    for entry in view.entries:
        if entry.setup != setup or entry.validator or entry.outcome not in ("failed", "warned"):
            continue
        if any(
            finding["location"]["file"] == "fcu.crt"
            and finding["location"]["index"] == certificate["index"]
            and finding["level"] != "notice"
            for finding in entry.findings
        ):
            yield Badge(f"{entry.code} {entry.outcome}", entry.outcome, anchor(entry))


def _states(devices: Devices | None) -> Iterator[Badge]:
    """The states that devices are in, with how many there are of each."""
    if devices is not None:
        for words, style, number in (
            ("conformant", "passed", devices.conformant),
            ("non-conformant", "failed", devices.non_conformant),
            ("not decided", "warned", devices.not_decided),
        ):
            if number:
                yield Badge(f"{number:,} {words}", style)


def _of_upload(setup: str, view: ReportView) -> str:
    """What the rules say of the upload: whether something that is odd there is a fault is theirs to judge."""
    outcomes = {entry.outcome for entry in view.entries if entry.setup == setup and entry.rule.family is Family.UPLOAD}
    return next((outcome for outcome in ("failed", "warned", "waived") if outcome in outcomes), "noted")


def validator_table(view: ReportView) -> Iterator[tuple[Document, str, list[ResultView | None]]]:
    """The matrix: each validator that was asked, on each keystore, with its results for what validators answer."""
    found = {(entry.validator, entry.setup, entry.code): entry for entry in view.entries if entry.validator}
    for validator in view.document["validators"]:
        for keystore in view.keystores:
            cells = [found.get((validator["name"], keystore["name"], code)) for code in BY_VALIDATORS]
            if any(cells):
                yield validator, keystore["name"], cells


def left_out(view: ReportView) -> dict[str, str]:
    """The validators without a result, by why that is so."""
    asked = {entry.validator for entry in view.entries}
    names: dict[str, list[str]] = {}
    for validator in view.document["validators"]:
        if validator["name"] not in asked:
            names.setdefault(validator["status"].replace("-", " "), []).append(validator["name"])
    return {status: ", ".join(members) for status, members in names.items()}


def _asset(name: str) -> Markup:
    """A file of this package that goes into the page as it is."""
    return Markup((files(__package__) / "templates" / name).read_text(encoding="utf-8"))  # noqa: S704  # our own


def _source(text: str) -> str:
    """How a content security policy names an inline style or script: by its digest."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"

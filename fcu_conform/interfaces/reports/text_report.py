"""How a result reads: what happened, where, what was expected, why it matters, the source, the fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeAlias

from fcu_conform.artefacts.keystore_files import CertificateFile
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.text_width import columns
from fcu_conform.engine import Outcome, Report, Result
from fcu_conform.interfaces.reports.text import printable, wrap, wrap_around_command
from fcu_conform.rules.model import OVER_DEVICES, Finding, Level, Rule

WIDEST = 120
"""Prose in longer lines is hard to read, however wide the terminal."""

NARROWEST = 40
"""Below this nothing is wrapped any further: a word a line reads worse than a terminal's own wrapping."""

NARROWEST_BESIDE = 28
"""Columns that a title needs to stand beside a rule's name."""

LABEL = 11
"""Columns of a label with the space behind it."""

INDENT = "  "

SHOWN = 20
"""Findings of one rule that are shown; a report has more."""

DETAILS = frozenset({"expected", "found", "picture", "waiver", "reasons"})
"""What is told of a finding below its message."""

Segment: TypeAlias = tuple[str, str]
"""Text and its style: ``failed``, ``warned``, ``notice``, ``strong``, ``label`` or ``plain``."""

Line: TypeAlias = tuple[Segment, ...]


@dataclass(frozen=True)
class Certificates:
    """The names of the certificates of a file.

    Attributes:
        file: the file's name, as findings have it.
        total: how many certificates it has, readable or not.
        names: subject and SHA-256 fingerprint, by the certificate's number in the file.
    """

    file: str = ""
    total: int = 0
    names: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def about(cls, rule: Rule, setup: Setup) -> Certificates:
        """Those of the file that a rule's findings number: the upload's, or fcu.crt's; none of any device's file."""
        if rule.scope in OVER_DEVICES:
            return cls()
        return cls.of(rule.family.certificate_file(setup))

    @classmethod
    def of(cls, crt: CertificateFile) -> Certificates:
        """Those of a file."""
        names = {
            entry.index: (str(entry.certificate.subject), entry.certificate.sha256)
            for entry in crt.entries
            if entry.certificate is not None
        }
        return cls(crt.name, len(crt.entries), names)

    def describe(self, index: int) -> str:
        """Number, subject and fingerprint of a certificate; empty if the file has none of that number."""
        if index not in self.names:
            return f"certificate {index} of {self.total}" if index <= self.total else ""
        subject, sha256 = self.names[index]
        return f"certificate {index} of {self.total} ({subject or 'empty subject'}, sha256 {sha256[:8]}…)"


def node_id(code: str, target: str) -> str:
    """What one rule on one subject is called: ``fcu::KEY004[line-1]``."""
    return f"fcu::{node_name(code, target)}"


def node_name(code: str, target: str) -> str:
    """The part of the node id that is the test's own: ``KEY004[line-1]``."""
    return f"{code}[{printable(target)}]"


def place_and_message(finding: Finding, certificates: Certificates, *, brief: bool = False) -> str:
    """Where and what, as one sentence: file, line or certificate, field, message.

    Args:
        brief: names a certificate by its number only.
    """
    location, message = finding.location, finding.message
    parts = []
    if location.file is not None:
        parts.append(location.file)
    if location.index is not None:
        name = certificates.describe(location.index) if location.file == certificates.file else ""
        number = f"certificate {location.index}"
        if name and message.startswith(name):
            # Rules name the certificate in the message too, which stands alone in the JSON report.
            message = message[len(name) :].lstrip(": ")
        parts.append(number if brief or not name else name)
    elif location.line is not None:
        parts.append(f"line {location.line}")
    if location.field is not None:
        parts.append(location.field)
    return printable(f"{', '.join(parts)}: {message}" if parts else message)


def summary(result: Result, certificates: Certificates) -> str:
    """The result in one line, for lists: the first finding, and how many more there are."""
    if not result.standing:
        return printable(result.reason)
    others = max(result.count - result.waived, len(result.standing)) - 1
    more = f" (and {others} more)" if others else ""
    return place_and_message(weightiest(result)[0], certificates, brief=True) + more


def weightiest(result: Result) -> list[Finding]:
    """The findings that made the outcome what it is, before the lighter ones; waived ones are told by themselves."""
    order = list(Level)
    return sorted(result.standing, key=lambda finding: order.index(finding.level or result.rule.level))


def light_findings(results: Sequence[Result]) -> Iterator[tuple[str, str, list[tuple[Result, list[Finding]]]]]:
    """The findings that fail nothing: of each kind its word, its style, and the results that have some.

    A failure lists all its findings itself, those apart that are waived.
    """
    standing = [(r, r.standing) for r in results if r.outcome is not Outcome.FAILED]
    for word, style, kind in (
        ("WAIVED", "warned", [(r, [f for f in r.findings if f.waiver is not None]) for r in results]),
        ("WARNING", "warned", [(r, [f for f in found if f.level is Level.WARNING]) for r, found in standing]),
        ("NOTICE", "notice", [(r, [f for f in found if f.level is Level.NOTICE]) for r, found in standing]),
    ):
        shown = [(result, findings) for result, findings in kind if findings]
        if shown:
            yield word, style, shown


def render(
    result: Result, findings: Sequence[Finding], word: str, style: str, certificates: Certificates, width: int
) -> Iterator[Line]:
    """A result and some of its findings as lines of at most ``width`` columns.

    Args:
        word, style: what stands before the node id, ``FAILED`` say, and its style.
    """
    width = max(NARROWEST, min(width, WIDEST))
    yield from _headline(result, title_of(result, findings), word, style, width)
    if result.outcome is Outcome.ERROR:
        yield from _prose(printable(result.reason), width)
        yield from _labelled("why", "the suite itself failed on this rule; this is not a verdict on the setup", width)
        yield from _labelled("fix", "report this as a bug of fcu-conform, with the line above", width)
        return
    shown = findings[:SHOWN]
    common = _common(shown)
    is_list = common >= {"expected", "picture", "reasons"}
    for number, finding in enumerate(shown):
        if number and not is_list:
            yield ()
        yield from _prose(place_and_message(finding, certificates), width, "strong")
        yield from _details(result, finding, DETAILS - common, width)
    if len(shown) > 1 and (common or len(findings) > SHOWN):
        yield ()
    are_waived = bool(shown) and shown[0].waiver is not None
    yield from _left_out(result, len(findings) - len(shown), are_waived, width)
    yield from _details(result, shown[0], common, width)


def title_of(result: Result, findings: Sequence[Finding]) -> str:
    """The rule's title; its requirement where nothing was found, or remarks alone, which do not violate it."""
    levels = {finding.level or result.rule.level for finding in findings}
    return result.rule.title if levels - {Level.NOTICE} or result.rule.level in levels else result.rule.requirement


def _common(findings: Sequence[Finding]) -> frozenset[str]:
    """The details that several findings share: those are said once, below all of them."""
    if len(findings) < 2:
        return frozenset()
    values = [
        {
            "expected": f.expected,
            "found": f.found,
            "picture": f.picture,
            "waiver": f.waiver,
            "reasons": (f.why, f.fix),
        }
        for f in findings
    ]
    return frozenset(name for name in DETAILS if all(value[name] == values[0][name] for value in values))


def _details(result: Result, finding: Finding, wanted: Set[str], width: int) -> Iterator[Line]:
    if "expected" in wanted:
        yield from _labelled("expected", printable(finding.expected), width)
    if "found" in wanted:
        yield from _labelled("found", printable(finding.found), width)
    if "picture" in wanted:
        for row in finding.picture:
            yield ((f"{INDENT}{printable(row)}", "warned" if "<-" in row else "plain"),)
    if "waiver" in wanted and finding.waiver is not None:
        waiver = finding.waiver
        text = f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"
        yield from _labelled("waived", printable(text), width)
    if "reasons" in wanted:
        yield from _reasons(result, finding, width)


def _left_out(result: Result, beyond: int, are_waived: bool, width: int) -> Iterator[Line]:
    """How many findings are not shown, and where they are: a report has those that were kept."""
    standing, waived = len(result.standing), len(result.findings) - len(result.standing)
    kept, count = (waived, result.waived) if are_waived else (standing, result.count - result.waived)
    uncounted = max(count, kept) - kept
    if beyond + uncounted:
        where = f"the first {kept} of them" if uncounted else "all of them"
        yield from _prose(f"… and {beyond + uncounted} more ({where} in the report)", width)


def _headline(result: Result, title: str, word: str, style: str, width: int) -> Iterator[Line]:
    """Word, name and title, which hangs beside the name; below it where there is little room."""
    name = node_id(result.code, result.target)
    begin = columns(word) + columns(name) + 3
    if width - begin < NARROWEST_BESIDE:
        yield (word, style), (f" {name}", "strong")
        yield from _prose(title, width)
        return
    first, *others = wrap(title, width - begin)
    yield (word, style), (f" {name}", "strong"), (f"  {first}", "plain")
    for line in others:
        yield ((" " * begin + line, "plain"),)


def _reasons(result: Result, finding: Finding, width: int) -> Iterator[Line]:
    yield from _labelled("why", finding.why, width)
    yield from _labelled("source", "\n".join(source.citation for source in result.rule.sources), width)
    yield from _labelled("fix", finding.fix, width)


def _prose(text: str, width: int, style: str = "plain") -> Iterator[Line]:
    for line in wrap(text, width - len(INDENT)):
        yield ((f"{INDENT}{line}", style),)


def _labelled(label: str, text: str, width: int) -> Iterator[Line]:
    """A label and its text, wrapped beside it; a command stays on one line, and a rule's own line breaks are kept."""
    if not text:
        return
    head = f"{INDENT}{label:<{LABEL}}"
    for paragraph in text.splitlines():
        for line in wrap_around_command(printable(paragraph), width - len(head)):
            yield (head, "label"), (line, "plain")
            head = " " * len(head)


def plain(lines: Iterable[Line]) -> str:
    """The lines as text without colour."""
    return "\n".join("".join(text for text, _style in line).rstrip() for line in lines)


def outcome_counts(report: Report, cases: int | None = None) -> str:
    """How many rules came out how, as the end of the verdict's line; of so many ``cases`` the rest was not run."""
    outcomes = Counter(result.outcome for result in report.results)
    parts = [f"{outcomes[outcome]} {outcome.value.replace('-', ' ')}" for outcome in Outcome if outcomes[outcome]]
    if cases is not None and len(report.results) < cases:
        parts.append(f"{cases - len(report.results)} not run")
    return f" ({', '.join(parts)})"

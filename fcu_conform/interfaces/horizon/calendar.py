"""A calendar (RFC 5545) of what ends: one event for each certificate, one for the day from which ten years are lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.interfaces.horizon.gathering import Ending, LineHorizon, describe, hanging_on
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.rules.support.formatting import TEN_YEARS, short_name
from fcu_conform.version import __version__

OCTETS = 75
"""Octets of one line without its end (RFC 5545, section 3.1)."""


def render(lines: Sequence[LineHorizon], judged_at: datetime) -> bytes:
    """The calendar, in UTF-8: the same bytes for the same lines and instant."""
    content = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//fcu-conform//fcu-conform {__version__}//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        *_events(lines, _utc(judged_at)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in content)


def _events(lines: Sequence[LineHorizon], stamp: str) -> Iterator[str]:
    seen: set[bytes] = set()
    for line in lines:
        for ending in line.path:
            if ending.certificate.raw not in seen:
                seen.add(ending.certificate.raw)
                yield from _end(ending, hanging_on(ending, lines), stamp)
        if line.devices is not None and line.devices.first is not None:
            first = line.devices.first
            title = f"First device of {line.name} ends"
            text = [f"The first of {line.devices.count:,} devices of {line.name}: {first.place}"]
            yield from _event("end", first.certificate, first.from_then, title, text, stamp)
    for line in lines:
        first_on_path = min(line.path, key=lambda one: one.from_then, default=None)
        if line.loses_ten_years_from is not None and first_on_path is not None:
            title = f"New devices of {line.name} lose their ten years"
            text = [f"{TEN_YEARS.days} days later {describe(first_on_path)} ends"]
            about = first_on_path.certificate
            yield from _event(f"ten-years-{line.name}", about, line.loses_ten_years_from, title, text, stamp)


def _end(ending: Ending, hanging: Sequence[str], stamp: str) -> Iterator[str]:
    names = ", ".join(hanging)
    title = f"{short_name(ending.certificate)} ends: devices of {names} go dark"
    what = describe(ending)
    text = [f"{what[:1].upper()}{what[1:]} of {names} ends.", f"SHA-256 {ending.certificate.sha256}"]
    return _event("end", ending.certificate, ending.from_then, title, text, stamp)


def _event(
    kind: str, about: Certificate, start: datetime, title: str, text: Sequence[str], stamp: str
) -> Iterator[str]:
    """The lines of one event; its UID is the same in every calendar about this certificate."""
    yield "BEGIN:VEVENT"
    yield f"UID:{about.sha256}-{_escaped(kind)}@fcu-conform"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART:{_utc(start)}"
    yield f"SUMMARY:{_escaped(title)}"
    yield f"DESCRIPTION:{_escaped(*text)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _utc(instant: datetime) -> str:
    text = instant.astimezone(timezone.utc).isoformat(timespec="seconds")
    return f"{text[:19].replace('-', '').replace(':', '')}Z"


def _escaped(*lines: str) -> str:
    """Lines of text as a value (section 3.3.11); what is not to be seen is written as its escape, as everywhere."""
    shown = "\n".join(map(printable, lines))
    for character, escape in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        shown = shown.replace(character, escape)
    return shown


def _folded(line: str) -> bytes:
    """A line with its end, in pieces of at most `OCTETS` octets, none of which splits a character."""
    pieces, piece = [], b""
    for encoded in _characters(line):
        if len(piece) + len(encoded) > OCTETS:
            pieces.append(piece)
            piece = b" "
        piece += encoded
    return b"\r\n".join([*pieces, piece]) + b"\r\n"


def _characters(line: str) -> Iterable[bytes]:
    return (character.encode() for character in line)

"""Text for people: escaping, wrapping, instants, and failures without pytest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from fcu_conform.artefacts.text_width import columns
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine import Outcome, Result, serialization
from fcu_conform.engine.states import DeviceCounts
from fcu_conform.interfaces.reports.text import printable, wrap, wrap_around_command
from fcu_conform.interfaces.reports.text_report import (
    Certificates,
    place_and_message,
    plain,
    render,
    summary,
    weightiest,
)
from fcu_conform.interfaces.run.settings import Settings, format_instant, parse_depth, parse_instant
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Finding, Level, Location

RULE = replace(CATALOGUE["CHN003"], title="fcu.crt is out of order")
KNOWN = Certificates("fcu.crt", 3, {1: ("CN=FCU", "aa" * 32), 2: ("CN=ROOT_CA", "3f" * 32)})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CN=Työ, O=工厂", "CN=Työ, O=工厂"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("two\nlines\r\t", r"two\nlines\r\t"),
        ("\u202egnp", r"\u202egnp"),
        ("\udcff", r"\udcff"),
        ("\x9b2J\u2028\U000e0001", r"\x9b2J\u2028\U000e0001"),
    ],
)
def test_only_printable_characters_are_printed(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_are_wrapped_at_spaces_by_displayed_width() -> None:
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("a/very/long/path and more", 8) == ["a/very/long/path", "and more"]
    assert wrap("工厂 工厂 工厂", 9) == ["工厂 工厂", "工厂"]
    assert wrap("", 10) == [""]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("openssl pkey -in a -out b", ["openssl pkey -in a -out b"]),
        ("make it again: openssl pkey -in a -out b", ["make it again:", "openssl pkey -in a -out b"]),
        ("make it again: cat a > b", ["make it again:", "cat a > b"]),
        ("openssl pkey -in a -out b; then copy b to a", ["openssl pkey -in a -out b", "then copy b to a"]),
        ("chmod 600 fcu_private_key.pem (not a link)", ["chmod 600 fcu_private_key.pem", "(not a link)"]),
        ("python3 -c 'import uuid; print(uuid.uuid4())'", ["python3 -c 'import uuid; print(uuid.uuid4())'"]),
        ("look at it with openssl pkey -in a", ["look at it with", "openssl pkey -in a"]),
        ("sed 's/a  b/c/' a > b", ["sed 's/a  b/c/' a > b"]),
    ],
)
def test_a_command_in_a_text_stays_on_one_line(text: str, lines: list[str]) -> None:
    assert wrap_around_command(text, 20) == lines


def test_combining_marks_have_no_width() -> None:
    assert columns("e\u0301") == 1


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=timezone.utc)),
        ("2026-01-31t12:00:00z", datetime(2026, 1, 31, 12, tzinfo=timezone.utc)),
        ("2026-01-31 12:00:00+02:00", datetime(2026, 1, 31, 10, tzinfo=timezone.utc)),
        ("2026-01-31T12:00:00.5-00:30", datetime(2026, 1, 31, 12, 30, 0, 500000, tzinfo=timezone.utc)),
        ("2026-01-31T12:00:00.123456789Z", datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=timezone.utc)),
    ],
)
def test_instants_are_rfc_3339(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-02-30T12:00:00Z",
        "0001-01-01T00:00:00+23:00",
        "\uff1226-01-01T00:00:00Z",
    ],
)
def test_anything_else_is_not_an_instant(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--fcu-at: "):
        parse_instant(text)


def test_instants_are_written_in_utc() -> None:
    assert format_instant(datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "two", "9" * 5000, "²"])
def test_a_depth_is_a_positive_integer(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--fcu-chain-depth: "):
        parse_depth(text)


def test_settings_are_sent_to_another_process_as_ascii() -> None:
    settings = Settings(
        keystores=("a\udcff", "b"),
        config="fcu.yml",
        chain_depth=2,
        at="2026-01-31T12:00:00Z",
        strict=True,
        reports=("r.json",),
    )
    assert settings.dump().isascii()
    assert Settings.load(settings.dump()) == settings


def test_results_are_sent_to_another_process_as_ascii() -> None:
    finding = Finding(
        "is \udcff", Location("fcu.crt", 2, 14, "subject"), "a", "b", picture=("1", "2"), level=Level.NOTICE
    )
    result = Result(CATALOGUE["CHN003"], "kéy", Outcome.BLOCKED, (finding, Finding("x")), ("CRT001",), "why", 7)
    assert serialization.dump_result(result).isascii()
    assert serialization.load_result(serialization.dump_result(result), CATALOGUE) == result


def test_counts_over_devices_are_sent_to_another_process_as_ascii() -> None:
    counts = DeviceCounts(4, 1, 2, 3, ("a.pem", "b\udcff.pem"), ("c.pem",))
    assert serialization.dump_counts(counts).isascii()
    assert serialization.load_counts(serialization.dump_counts(counts)) == counts


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (Location(), ""),
        (Location("fcu.yml", line=3), "fcu.yml, line 3: "),
        (Location("fcu.yml", line=3, field="use-bootstrap"), "fcu.yml, line 3, use-bootstrap: "),
        (Location("fcu.crt", 2, 14), "fcu.crt, certificate 2 of 3 (CN=ROOT_CA, sha256 3f3f3f3f…): "),
        (Location("fcu.crt", 3), "fcu.crt, certificate 3 of 3: "),
        (Location("upload.pem", 7), "upload.pem, certificate 7: "),
    ],
)
def test_a_finding_shows_its_location(location: Location, place: str) -> None:
    assert place_and_message(Finding("is odd", location), KNOWN) == f"{place}is odd"


def test_a_certificate_that_the_message_names_is_not_named_twice() -> None:
    finding = Finding("certificate 2 of 3 (CN=ROOT_CA, sha256 3f3f3f3f…): is odd", Location("fcu.crt", 2, 14))
    assert place_and_message(finding, KNOWN) == f"fcu.crt, {finding.message}"
    assert place_and_message(finding, KNOWN, brief=True) == "fcu.crt, certificate 2: is odd"


def test_a_failure_has_the_documented_form() -> None:
    finding = Finding(
        "is not the issuer of certificate 1",
        Location("fcu.crt", 2),
        expected="1 FCU · 2 INT_CA",
        found="1 FCU · 2 ROOT_CA",
        why="devices cannot come online",
        fix="cat a.pem b.pem > fcu.crt\nopenssl verify",
        picture=("FCU", " └ ROOT_CA"),
    )
    result = Result(RULE, "line-1", Outcome.FAILED, (finding,))
    lines = plain(render(result, result.findings, "FAILED", "failed", KNOWN, 100)).splitlines()
    assert [line for line in lines if "source" not in line and not line.startswith(" " * 13 + "Setting")] == [
        "FAILED fcu::CHN003[line-1]  fcu.crt is out of order",
        "  fcu.crt, certificate 2 of 3 (CN=ROOT_CA, sha256 3f3f3f3f…): is not the issuer of certificate 1",
        "  expected   1 FCU · 2 INT_CA",
        "  found      1 FCU · 2 ROOT_CA",
        "  FCU",
        "   └ ROOT_CA",
        "  why        devices cannot come online",
        "  fix        cat a.pem b.pem > fcu.crt",
        "             openssl verify",
    ]


def test_reasons_shared_by_all_findings_are_shown_once() -> None:
    findings = tuple(Finding(f"is odd {number}", why="because", fix="mend it") for number in range(3))
    result = Result(RULE, "k", Outcome.FAILED, findings)
    text = plain(render(result, findings, "FAILED", "failed", KNOWN, 80))
    assert [text.count(word) for word in ("is odd", "because", "mend it")] == [3, 1, 1]


def test_individual_reasons_stay_with_their_findings() -> None:
    findings = tuple(Finding(f"is odd {number}", why=f"because {number}", fix="mend it") for number in range(2))
    result = Result(RULE, "k", Outcome.FAILED, findings)
    text = plain(render(result, findings, "FAILED", "failed", KNOWN, 80))
    assert text.index("is odd 0") < text.index("because 0") < text.index("is odd 1") < text.index("because 1")


def test_text_shared_by_several_findings_is_shown_once_below_them() -> None:
    findings = tuple(
        Finding(f"is odd {number}", expected="even", found=f"{number}", why="because", picture=("one", "two"))
        for number in (1, 3)
    )
    result = Result(RULE, "k", Outcome.FAILED, findings)
    lines = plain(render(result, findings, "FAILED", "failed", KNOWN, 100)).splitlines()
    assert lines[1:-2] == [
        "  is odd 1",
        "  found      1",
        "  is odd 3",
        "  found      3",
        "",
        "  expected   even",
        "  one",
        "  two",
        "  why        because",
    ]


def test_differing_lines_of_a_drawing_are_marked_and_none_is_wrapped() -> None:
    rows = ("device  " + "long name " * 20, "portal  ROOT  <- missing", "portal  \x1b[2J")
    result = Result(RULE, "k", Outcome.FAILED, (Finding("is odd", picture=rows),))
    segments = [line[0] for line in render(result, result.findings, "FAILED", "failed", KNOWN, 60)]
    assert (f"  {rows[0]}", "plain") in segments
    assert (f"  {rows[1]}", "warned") in segments
    assert ("  portal  \\x1b[2J", "plain") in segments


def test_the_first_of_many_findings_are_shown_and_the_rest_counted() -> None:
    findings = tuple(Finding(f"is odd: {number}", why="because") for number in range(25))
    result = Result(RULE, "k", Outcome.FAILED, findings, count=1000)
    text = plain(render(result, findings, "FAILED", "failed", KNOWN, 80))
    assert text.count("is odd") == 20
    assert "  … and 980 more (the first 25 of them in the report)\n" in text
    assert summary(result, KNOWN) == "is odd: 0 (and 999 more)"


def test_errors_precede_warnings_and_the_summary_counts_the_rest() -> None:
    findings = (Finding("light", level=Level.NOTICE), Finding("grave", level=Level.ERROR))
    result = Result(RULE, "k", Outcome.FAILED, findings)
    assert [finding.message for finding in weightiest(result)] == ["grave", "light"]
    assert summary(result, KNOWN) == "grave (and 1 more)"


@pytest.mark.parametrize("width", [1, 40, 80, 120, 500])
def test_prose_is_limited_to_a_readable_width(width: int) -> None:
    result = Result(RULE, "k", Outcome.FAILED, (Finding("word " * 100, why="word " * 100),))
    lines = plain(render(result, result.findings, "FAILED", "failed", KNOWN, width)).splitlines()
    assert max(map(len, lines)) <= max(40, min(width, 120))

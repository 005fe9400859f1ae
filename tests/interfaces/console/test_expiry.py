"""fcu-conform expiry: what it tells of dates is what the rules say at those dates, as a page, a calendar and JSON."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import icalendar
import pytest
from artefacts.makers import Line, make_certificate, make_chain, pem
from inprocess import fcu_conform as run
from inprocess import run_pytest

from fcu_conform import check
from fcu_conform.interfaces.horizon import calendar
from fcu_conform.interfaces.run.settings import parse_instant

AT = "2026-06-01T00:00:00Z"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
ENDS = START + timedelta(days=4000)
"""When the intermediate of `line_with_short_intermediate` ends: its last valid second."""


def line_with_short_intermediate(folder: Path, name: str = "FCU line 1", days: float = 4000) -> Line:
    """A line under an intermediate that lasts less than the FCU certificate below it."""
    line = Line(folder)
    chain = [
        make_certificate(name, "INT_CA", serial=1),
        make_certificate("INT_CA", "ROOT_CA", serial=2, days=days),
        make_certificate("ROOT_CA", serial=3),
    ]
    line.write_chain(*chain)
    return line


def told(*arguments: object) -> dict[str, object]:
    """What the command writes as JSON."""
    out = Path(str(arguments[1])) / "../../expiry.json"
    done = run("expiry", "--at", AT, *arguments, "--out", out)
    assert done.returncode in (0, 1), done.stderr
    content: dict[str, object] = json.loads(out.read_text())
    return content


def failing(line: Line, at: datetime, **inputs: object) -> set[str]:
    return check(line.keystore, at=at, validators="none", **inputs).errors()  # type: ignore[arg-type]


def test_the_date_is_the_first_at_which_the_rules_fail(tmp_path: Path) -> None:
    line = line_with_short_intermediate(tmp_path / "line-1")
    content = told("--keystore", line.keystore)
    assert content["conformant_until"] == "2036-12-14T00:00:01Z"
    until = parse_instant(str(content["conformant_until"]))
    assert failing(line, until - timedelta(seconds=1)) == set()
    assert failing(line, until) == {"CRT006"}


def test_the_date_holds_for_devices_that_end_before_the_ca(tmp_path: Path) -> None:
    line = line_with_short_intermediate(tmp_path / "line-1")
    out = tmp_path / "out"
    out.mkdir()
    for number, days in enumerate((3660, 3700)):
        device = make_certificate(f"device-{number}", "FCU line 1", serial=7 + number, days=days, extensions=[])
        (out / f"device-{number}.pem").write_bytes(pem(device, make_chain("FCU line 1", "INT_CA", "ROOT_CA")[0]))
    content = told("--keystore", line.keystore, "--devices", out)
    until = parse_instant(str(content["conformant_until"]))
    assert until == START + timedelta(days=3660, seconds=1)
    before, after = (failing(line, until - timedelta(seconds=s), devices=out) for s in (1, 0))
    assert after - before == {"DEV026"}
    devices = content["lines"][0]["devices"]  # type: ignore[index]
    assert (devices["count"], devices["unread"], devices["end_within"]) == (2, 0, 0)
    assert devices["ends_first"]["what"] == "device certificate of device-0.pem"
    assert devices["last_ends_at"] == "2036-02-18T00:00:01Z"


def test_the_day_from_which_ten_years_are_lost_is_that_of_the_rule(tmp_path: Path) -> None:
    line = line_with_short_intermediate(tmp_path / "line-1")
    content = told("--keystore", line.keystore)
    lost = parse_instant(content["lines"][0]["loses_ten_years_from"])  # type: ignore[index]
    warned = [
        {r.code for r in check(line.keystore, at=lost - timedelta(seconds=s), validators="none").results if r.findings}
        for s in (1, 0)
    ]
    assert "CRT010" not in warned[0]
    assert "CRT010" in warned[1]


def test_the_page_names_what_ends_first_and_who_goes_dark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    line = line_with_short_intermediate(tmp_path / "line-1")
    done = run("expiry", "--keystore", line.keystore, "--at", AT)
    assert done.returncode == 0
    rows = [" ".join(row.split()) for row in done.stdout.splitlines()]
    assert "portal fcu.crt 2 CN=INT_CA, intermediate ends 2036-12-14T00:00:01Z <- first" in rows
    assert done.stdout.splitlines()[-1] == (
        "conformant until 2036-12-14T00:00:01Z: then the intermediate (CN=INT_CA, on the portal) ends,"
        " and all devices of keystore go dark"
    )


@pytest.mark.parametrize(
    ("within", "code", "words"),
    [
        ("10y", 0, "within 10y, until 2036-06-01: nothing ends"),
        ("11y", 1, "within 11y, until 2037-06-01: CN=INT_CA ends"),
    ],
)
def test_the_exit_code_is_1_if_something_ends_in_the_window(tmp_path: Path, within: str, code: int, words: str) -> None:
    line = line_with_short_intermediate(tmp_path / "line-1")
    done = run("expiry", "--keystore", line.keystore, "--at", AT, "--within", within)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (code, words)
    assert ("EXP001" in done.stdout) == bool(code)


def test_a_certificate_that_has_ended_is_reported_and_fails(tmp_path: Path) -> None:
    line = line_with_short_intermediate(tmp_path / "line-1", days=60)
    done = run("expiry", "--keystore", line.keystore, "--at", AT)
    assert done.returncode == 1
    assert (
        "non-conformant since 2026-03-02T00:00:01Z: the intermediate (CN=INT_CA, on the portal) has ended"
        in done.stdout
    )


def test_lines_share_what_ends_and_are_named(tmp_path: Path) -> None:
    lines = [line_with_short_intermediate(tmp_path / name, f"FCU {name}") for name in ("line-1", "line-2")]
    given = [word for line in lines for word in ("--keystore", line.keystore)]
    done = run("expiry", *given, "--at", AT)
    assert done.stdout.splitlines()[-1].endswith("and all devices of line-1, line-2 go dark")


def test_devices_of_several_lines_are_given_by_the_names_of_lines(tmp_path: Path) -> None:
    lines = [line_with_short_intermediate(tmp_path / name, f"FCU {name}") for name in ("line-1", "line-2")]
    given = [word for line in lines for word in ("--keystore", line.keystore)]
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.pem").write_bytes(pem(make_certificate("a", "FCU line-2", extensions=[])))
    content = told(*given, "--devices", f"line-2={out}")
    assert [line["devices"] and line["devices"]["count"] for line in content["lines"]] == [None, 1]  # type: ignore[attr-defined]
    for devices, words in (
        (f"line-3={out}", "devices of line-3: there is no such line (there are: line-1, line-2)"),
        (str(out), f"--devices {out}: there are several lines: say LINE=PATH"),
        ("line-1=", "--devices line-1=: has no path"),
    ):
        refused = run("expiry", *given, "--devices", devices)
        assert (refused.returncode, refused.stderr) == (4, f"fcu-conform: {words}\n")


def test_a_calendar_is_read_by_another_program_and_stays_the_same(tmp_path: Path) -> None:
    line = line_with_short_intermediate(tmp_path / "line-1")
    out = tmp_path / "ends.ics"
    assert run("expiry", "--keystore", line.keystore, "--at", AT, "--out", out).returncode == 0
    data = out.read_bytes()
    events = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events] == [
        "CN=FCU line 1 ends: devices of keystore go dark",
        "CN=INT_CA ends: devices of keystore go dark",
        "CN=ROOT_CA ends: devices of keystore go dark",
        "New devices of keystore lose their ten years",
    ]
    assert events[1]["DTSTART"].dt == ENDS + timedelta(seconds=1)
    assert events[3]["DTSTART"].dt == ENDS + timedelta(seconds=1) - timedelta(days=3650)
    assert {event["DTSTAMP"].dt for event in events} == {parse_instant(AT)}
    assert len({str(event["UID"]) for event in events}) == 4
    run("expiry", "--keystore", line.keystore, "--at", "2027-01-01T00:00:00Z", "--out", out)
    later = icalendar.Calendar.from_ical(out.read_bytes()).walk("VEVENT")
    assert [str(event["UID"]) for event in later] == [str(event["UID"]) for event in events]


def test_a_name_cannot_break_out_of_a_calendar(tmp_path: Path) -> None:
    name = "FCU; line, 1\\ ä€😀" + "x" * 20 + "\r\nEND:VCALENDAR"
    line = Line(tmp_path / "line-1")
    line.write_chain(*make_chain(name, "INT_CA", "ROOT_CA"))
    out = tmp_path / "ends.ics"
    assert run("expiry", "--keystore", line.keystore, "--at", AT, "--out", out).returncode == 0
    data = out.read_bytes()
    assert all(len(piece) <= 75 for piece in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    for piece in data.split(b"\r\n"):
        piece.decode()  # no character is split
    events = icalendar.Calendar.from_ical(data).walk("VEVENT")
    shown = name.replace("\r\n", r"\r\n")
    assert str(events[0]["SUMMARY"]) == f"CN={shown} ends: devices of keystore go dark"


def test_dates_of_four_digits_are_written_with_four() -> None:
    assert calendar._utc(datetime(50, 1, 2, 3, 4, 5, tzinfo=timezone.utc)) == "00500102T030405Z"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--within", "5"), "--within: '5' is not a time such as 5y, 18m, 12w or 90d"),
        (("--out", "ends.txt"), "--out: ends.txt: unknown report format (known: .ics, .json)"),
        (("--out", "nowhere/ends.ics"), "--out: nowhere/ends.ics: there is no folder nowhere"),
    ],
)
def test_arguments_that_make_no_sense_are_a_usage_error(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    line = line_with_short_intermediate(tmp_path / "line-1")
    done = run("expiry", "--keystore", line.keystore, *arguments)
    assert (done.returncode, done.stderr) == (4, f"fcu-conform: {words}\n")


def test_nothing_is_written_into_the_keystore(tmp_path: Path) -> None:
    line = line_with_short_intermediate(tmp_path / "line-1")
    done = run("expiry", "--keystore", line.keystore, "--out", line.keystore / "ends.ics")
    assert done.returncode == 4
    assert sorted(path.name for path in line.keystore.iterdir()) == ["fcu.crt", "fcu_private_key.pem"]


def test_a_chain_that_is_not_sound_is_not_looked_at(tmp_path: Path) -> None:
    line = Line(tmp_path / "line-1")
    line.write_chain(*line.chain[:2])
    done = run("expiry", "--keystore", line.keystore, "--at", AT)
    assert done.returncode == 1
    assert done.stderr.startswith("fcu-conform: CHN005 ")


def test_a_path_without_an_end_is_reported_as_such(tmp_path: Path) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    line = Line(tmp_path / "line-1")
    names = ("FCU line 1", "INT_CA", "ROOT_CA")
    days = (last - START) / timedelta(days=1)
    chain = [
        make_certificate(name, issuer, days=days) for name, issuer in zip(names, (*names[1:], "ROOT_CA"), strict=True)
    ]
    line.write_chain(*chain)
    done = run("expiry", "--keystore", line.keystore, "--at", AT, "--within", "5y")
    assert (done.returncode, done.stdout.splitlines()[-2]) == (0, "conformant: no certificate ends")


def test_a_run_asks_the_rules_only_where_a_time_is_given(tmp_path: Path) -> None:
    line = line_with_short_intermediate(tmp_path / "line-1")
    at = parse_instant(AT)
    found = {
        within: {r.code: r.outcome.value for r in check(line.keystore, at=at, within=within, validators="none").results}
        for within in (None, "1d", "11y")
    }
    assert not {"EXP001", "EXP002"} & found[None].keys()
    assert (found["1d"]["EXP001"], found["1d"]["EXP002"]) == ("passed", "passed")
    assert (found["11y"]["EXP001"], found["11y"]["EXP002"]) == ("warned", "blocked")


def test_a_run_ends_with_the_day_until_which_it_is_conformant(pytester: pytest.Pytester) -> None:
    line = line_with_short_intermediate(pytester.path / "line-1")
    arguments = ("-p", "no:cacheprovider", f"--fcu-keystore={line.keystore}", f"--fcu-at={AT}", "--fcu-validators=none")
    done = run_pytest(pytester, *arguments, "--fcu-within=1y")
    done.stdout.fnmatch_lines(["fcu-within: 1y, until 2027-06-01"])
    done.stdout.fnmatch_lines(
        ["conformant until 2036-12-14: then the intermediate ends", "FCU conformance: conformant*"]
    )
    (line.keystore / "fcu_private_key.pem").chmod(0o644)
    done = run_pytest(pytester, *arguments)
    assert "conformant until" not in done.stdout.str()

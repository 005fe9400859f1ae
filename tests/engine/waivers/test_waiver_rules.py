"""SYS003 to SYS007: each fault of a waiver, and the baseline that is all right and differs by one edit."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from artefacts.makers import AT, Line, make_certificate

from engine.waivers.files import Lot, waiver, write
from fcu_conform import check
from fcu_conform.engine import Outcome, Report, Verdict
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Scope

ABOUT_WAIVERS = [rule.code for rule in CATALOGUE if rule.scope is Scope.WAIVERS]


def open_to_others(line: Line) -> None:
    """KEY007 warns, and no other rule rests on it."""
    line.keystore.chmod(0o755)


def judged(line: Line, *waivers: str, at: datetime = AT) -> Report:
    return check(line.keystore, at=at, validators="none", waivers=write(line.folder, *waivers))


def said(report: Report) -> dict[str, list[str]]:
    """By code, what the rules about waivers found."""
    return {
        result.code: [f"{finding.location.field}: {finding.message}" for finding in result.findings]
        for result in report.results
        if result.code in ABOUT_WAIVERS and result.findings
    }


def test_the_five_rules_about_waivers_cannot_be_waived() -> None:
    assert ABOUT_WAIVERS == ["SYS003", "SYS004", "SYS005", "SYS006", "SYS007"]
    assert not any(rule.waivable for rule in CATALOGUE if rule.family == "SYS")


def test_without_waivers_their_rules_do_not_apply(line: Line) -> None:
    assert not {result.code for result in check(line.keystore, at=AT, validators="none").results} & set(ABOUT_WAIVERS)


def test_a_sound_waiver_fails_nothing(line: Line) -> None:
    open_to_others(line)
    report = judged(line, waiver("KEY007"))
    assert said(report) == {}
    assert [r.target for r in report.results if r.code in ABOUT_WAIVERS] == ["waivers.toml"] * 5
    assert report.verdict is Verdict.CONFORMANT


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("KEY070", "there is no such rule"),
        ("key007", "there is no such rule"),
        ("key-is-there", "there is no such rule"),
        ("SYS001", "SYS001 cannot be waived"),
        ("KEY010", "KEY010 cannot be waived"),
        ("DEV016", "DEV016 cannot be waived"),
        ("UPL001", "UPL001 cannot be waived"),
    ],
)
def test_a_waiver_of_a_rule_that_cannot_be_waived_is_an_error(line: Line, code: str, message: str) -> None:
    report = judged(line, waiver(code))
    assert said(report) == {"SYS003": [f"waiver 1 ({code}, *): {message}"]}
    assert report.errors() == {"SYS003"}
    assert report.verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize(("expires", "days"), [("2026-05-31", "1 day"), ("2024-06-01", "730 days")])
def test_an_expired_waiver_is_an_error_and_waives_nothing(line: Line, expires: str, days: str) -> None:
    open_to_others(line)
    report = judged(line, waiver("KEY007", expires=expires))
    assert said(report) == {"SYS004": [f"waiver 1 (KEY007, *): expired {days} before the day of judgement"]}
    assert [r.outcome for r in report.results if r.code == "KEY007"] == [Outcome.WARNED]


def test_a_waiver_is_in_force_through_its_last_day_in_utc(line: Line) -> None:
    open_to_others(line)
    last = waiver("KEY007", expires="2026-06-01")
    for at, codes in [
        ("2026-06-01T23:59:59+00:00", set()),
        ("2026-06-02T01:59:59+02:00", set()),
        ("2026-06-02T00:00:00+00:00", {"SYS004"}),
    ]:
        assert judged(line, last, at=datetime.fromisoformat(at)).errors() == codes


def test_a_waiver_of_more_than_180_days_is_an_error_and_waives_nothing(line: Line) -> None:
    open_to_others(line)
    assert said(judged(line, waiver("KEY007", expires="2026-11-28"))) == {}
    report = judged(line, waiver("KEY007", expires="2026-11-29"))
    assert said(report) == {"SYS005": ["waiver 1 (KEY007, *): expires in 181 days"]}
    assert [r.outcome for r in report.results if r.code == "KEY007"] == [Outcome.WARNED]


def test_a_waiver_up_to_the_last_possible_date_is_handled(line: Line) -> None:
    at = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
    open_to_others(line)
    assert "SYS005" not in judged(line, waiver("KEY007", expires="9999-12-31"), at=at).errors()


def test_an_unused_waiver_is_an_error(line: Line) -> None:
    report = judged(line, waiver("KEY007"))
    assert said(report) == {"SYS006": ["waiver 1 (KEY007, *): KEY007 has no finding that it covers"]}
    open_to_others(line)
    assert said(judged(line, waiver("KEY007"))) == {}


def test_a_waiver_with_another_scope_is_unused(line: Line) -> None:
    line.write_chain(make_certificate("FCU line 1", "INT_CA", days=20 * 365), *line.chain[1:])
    report = judged(line, waiver("CRT009", "ab" * 32))
    assert list(said(report)) == ["SYS006"]


def test_a_wider_waiver_is_unused_if_a_narrower_one_covers_everything(line: Line) -> None:
    fcu = make_certificate("FCU line 1", "INT_CA", days=20 * 365)
    line.write_chain(fcu, *line.chain[1:])
    fingerprint = check(line.keystore, at=AT, validators="none").setups[0].keystore.fcu_crt.certificates[0].sha256
    report = judged(line, waiver("CRT009"), waiver("CRT009", fingerprint))
    assert said(report) == {"SYS006": ["waiver 1 (CRT009, *): CRT009 has no finding that it covers"]}


def test_a_waiver_of_a_rule_outside_this_run_is_not_called_unused(line: Line) -> None:
    assert said(judged(line, waiver("DEV015", "device-0001"), waiver("CHN013"))) == {}


def test_a_waiver_of_a_rule_that_could_not_judge_is_not_called_unused(line: Line) -> None:
    (line.keystore / "fcu.crt").unlink()
    report = judged(line, waiver("CRT005"))
    assert said(report) == {}
    assert report.errors() == {"CRT001"}


def test_a_waiver_of_a_device_that_another_fault_hides_is_not_called_unused(lot: Lot) -> None:
    lot.spoil(2)
    waivers = write(lot.folder, waiver("DEV015", "device-0002"))
    report = check(lot.keystore, at=AT, validators="none", devices=lot.devices, waivers=waivers)
    assert said(report) == {}
    assert report.errors() == {"DEV001"}


def test_a_waiver_of_a_rule_that_does_not_apply_is_unused(line: Line) -> None:
    """No setup has name constraints here, so nothing can violate them."""
    assert said(judged(line, waiver("CHN009"))) == {
        "SYS006": ["waiver 1 (CHN009, *): CHN009 has no finding that it covers"]
    }


def test_a_waiver_that_hides_what_other_rules_would_find_is_an_error(line: Line) -> None:
    (line.keystore / "fcu.crt").unlink()
    report = judged(line, waiver("CRT001"))
    [finding] = said(report)["SYS007"]
    assert finding.startswith("waiver 1 (CRT001, *): while CRT001 fails, CFG003, ")
    assert "CHN004" in finding
    assert report.errors() == {"SYS007"}
    assert report.verdict is Verdict.INCOMPLETE


def test_a_rule_blocked_by_another_fault_as_well_is_not_hidden_by_the_waiver(line: Line) -> None:
    """fcu.crt is not there and the key is none: KEY004 needs both."""
    (line.keystore / "fcu.crt").unlink()
    line.write("fcu_private_key.pem", b"no key\n")
    [finding] = said(judged(line, waiver("CRT001")))["SYS007"]
    assert "CHN004" in finding
    assert "KEY004" not in finding


def test_a_waiver_of_one_device_that_hides_it_from_other_rules_is_an_error(lot: Lot) -> None:
    lot.spoil(2)
    waivers = write(lot.folder, waiver("DEV001", "device-0002"))
    report = check(lot.keystore, at=AT, validators="none", devices=lot.devices, waivers=waivers)
    [finding] = said(report)["SYS007"]
    assert finding.startswith("waiver 1 (DEV001, device-0002): while DEV001 fails, DEV002, DEV003, ")
    assert report.errors() == {"SYS007"}


def test_a_waived_warning_hides_no_more_than_an_unwaived_one(line: Line, tmp_path: Path) -> None:
    """An encrypted key is a warning, and what needs the key is blocked: with the waiver as without."""
    begin, end = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "-----END ENCRYPTED PRIVATE KEY-----\n"
    line.write("fcu_private_key.pem", f"{begin}MAMCAQE=\n{end}".encode())
    before = check(line.keystore, at=AT, validators="none")
    report = judged(line, waiver("KEY005"))
    assert said(report) == {}
    assert report.verdict is before.verdict is Verdict.CONFORMANT
    assert [r.code for r in report.results if r.outcome is Outcome.BLOCKED] == [
        r.code for r in before.results if r.outcome is Outcome.BLOCKED
    ]

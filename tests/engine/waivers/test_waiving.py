"""Which findings a waiver covers, and that it covers no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from artefacts.makers import AT, Line, ca_extensions, make_certificate, make_key
from cryptography import x509

from engine.waivers.files import Lot, waiver, write
from fcu_conform import check
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.setup import read_setups
from fcu_conform.artefacts.waivers import read_waivers
from fcu_conform.engine import Examination, Outcome, Report, Result, Verdict
from fcu_conform.engine.lot import tally as tallies
from fcu_conform.rules import catalogue
from fcu_conform.rules.model import Finding, Level
from fcu_conform.validators.model import Answer, Question


def of(report: Report, code: str) -> Result:
    [result] = [result for result in report.results if result.code == code]
    return result


def odd(subject: str, issuer: str) -> list[tuple[x509.ExtensionType, bool]]:
    """A CA's extensions, with a critical one that nobody knows."""
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
    sound = ca_extensions(make_key(subject).public_key(), make_key(issuer).public_key())
    return [*sound, (unknown, True)]


@pytest.fixture
def short(line: Line) -> Line:
    """FCU's certificate is valid for 20 years: CRT009 warns of it. CRT015 fails of two."""
    line.write_chain(
        make_certificate("FCU line 1", "INT_CA", days=20 * 365, extensions=odd("FCU line 1", "INT_CA")),
        make_certificate("INT_CA", "ROOT_CA", extensions=odd("INT_CA", "ROOT_CA")),
        line.chain[2],
    )
    return line


def fingerprints(line: Line) -> list[str]:
    return [c.sha256 for c in check(line.keystore, at=AT, validators="none").setups[0].keystore.fcu_crt.certificates]


def test_a_waived_warning_is_waived_and_shown(short: Line) -> None:
    waivers = write(short.folder, waiver("CRT009", fingerprints(short)[0], reason="the old CA", owner="Jane"))
    result = of(check(short.keystore, at=AT, validators="none", waivers=waivers), "CRT009")
    [finding] = result.findings
    assert (result.outcome, result.count, result.waived, result.standing) == (Outcome.WAIVED, 1, 1, ())
    assert finding.waiver is not None
    assert (finding.waiver.reason, finding.waiver.owner) == ("the old CA", "Jane")


def test_a_rule_with_one_finding_waived_and_one_not_still_fails(short: Line) -> None:
    waivers = write(short.folder, waiver("CRT015", fingerprints(short)[0]))
    report = check(short.keystore, at=AT, validators="none", waivers=waivers)
    result = of(report, "CRT015")
    assert (result.outcome, result.count, result.waived) == (Outcome.FAILED, 2, 1)
    assert [(finding.location.index, finding.waiver is None) for finding in result.findings] == [(1, False), (2, True)]
    assert report.verdict is Verdict.NON_CONFORMANT


def test_findings_of_a_rule_are_waived_by_a_star_or_one_by_one(short: Line) -> None:
    first, second, _ = fingerprints(short)
    for waivers in ([waiver("CRT015")], [waiver("CRT015", first), waiver("CRT015", second)]):
        report = check(short.keystore, at=AT, validators="none", waivers=write(short.folder, *waivers))
        assert of(report, "CRT015").outcome is Outcome.WAIVED
        assert report.verdict is Verdict.CONFORMANT


def test_findings_of_other_rules_are_not_waived(short: Line) -> None:
    report = check(short.keystore, at=AT, validators="none", waivers=write(short.folder, waiver("CRT009")))
    assert report.errors() == {"CRT015"}
    assert [result.code for result in report.results if result.waived] == ["CRT009"]


def test_a_waived_warning_does_not_fail_a_strict_run(line: Line) -> None:
    line.keystore.chmod(0o755)
    waivers = write(line.folder, waiver("KEY007"))
    assert check(line.keystore, at=AT, validators="none", strict=True).errors() == {"KEY007"}
    assert check(line.keystore, at=AT, validators="none", strict=True, waivers=waivers).errors() == set()


def test_a_notice_fails_nothing_and_is_not_waived(line: Line) -> None:
    """CFG010 is a notice: fcu.yml says no intermediate, and there is a chain."""
    config = line.keystore / "../config/fcu.yml"
    config.write_text(config.read_text().replace("setup-ca-as-intermediate: true", "setup-ca-as-intermediate: false"))
    report = check(line.keystore, at=AT, validators="none", waivers=write(line.folder, waiver("CFG010")))
    assert [finding.level for finding in of(report, "CFG010").findings] == [Level.NOTICE]
    assert (of(report, "CFG010").outcome, report.errors()) == (Outcome.PASSED, {"SYS006"})


def test_a_waiver_counts_for_every_keystore_of_the_run(tmp_path: Path) -> None:
    lines = [Line(tmp_path / name) for name in ("one", "two")]
    lines[1].keystore.chmod(0o755)
    waivers = write(tmp_path, waiver("KEY007"))
    report = check([line.keystore for line in lines], at=AT, validators="none", waivers=waivers)
    outcomes = {result.target: result.outcome for result in report.results if result.code == "KEY007"}
    assert outcomes == {"one": Outcome.PASSED, "two": Outcome.WAIVED}
    assert [result.outcome for result in report.results if result.code == "SYS006"] == [Outcome.PASSED]


@pytest.mark.parametrize("scope", ["device-0001", "device-0001.pem"])
def test_a_device_is_waived_by_its_name_or_file(lot: Lot, scope: str) -> None:
    lot.swap_keys(1, 2)
    waivers = write(lot.folder, waiver("DEV015", scope))
    report = check(lot.keystore, at=AT, validators="none", devices=lot.devices, waivers=waivers)
    result = of(report, "DEV015")
    assert (result.outcome, result.count, result.waived) == (Outcome.FAILED, 2, 1)
    assert [f.location.file for f in result.standing] == ["device-0002.key.pem"]


def test_a_device_is_waived_by_its_certificate_as_well(lot: Lot) -> None:
    lot.swap_keys(1, 2)
    [setup] = read_setups([lot.keystore], at=AT, devices=[lot.devices])
    assert setup.devices
    scopes = [device.certificates[0].sha256 for device in setup.devices if device.certificates][:2]
    waivers = write(lot.folder, *(waiver("DEV015", scope) for scope in scopes))
    report = check(lot.keystore, at=AT, validators="none", devices=lot.devices, waivers=waivers)
    assert of(report, "DEV015").outcome is Outcome.WAIVED
    assert report.verdict is Verdict.CONFORMANT


def test_a_device_whose_errors_are_all_waived_is_not_an_offender(lot: Lot) -> None:
    lot.swap_keys(1, 2)
    [setup] = read_setups([lot.keystore], at=AT, devices=[lot.devices])
    file = read_waivers(write(lot.folder, waiver("DEV015", "device-0001")))
    examination = Examination([setup], waivers=file)
    assert examination.judge("DEV015", "keystore").outcome is Outcome.FAILED
    seen = examination.device_results("keystore")
    assert (seen.checked, seen.conformant, seen.offenders) == (3, 2, ["device-0002.pem"])


def test_waived_findings_never_displace_a_standing_one(lot: Lot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more findings than are kept, the waived come first."""
    monkeypatch.setattr(tallies, "KEPT_FINDINGS", 1)
    for number in (1, 2, 3):
        (lot.devices / f"device-000{number}.key.pem").write_bytes((lot.keystore / "../out/none.key.pem").name.encode())
    waivers = write(lot.folder, waiver("DEV015", "device-0001"), waiver("DEV015", "device-0002"))
    report = check(lot.keystore, at=AT, validators="none", devices=lot.devices, waivers=waivers)
    result = of(report, "DEV015")
    assert (result.outcome, result.count, result.waived) == (Outcome.FAILED, 3, 2)
    assert [f.location.file for f in result.standing] == ["device-0003.key.pem"]
    assert of(report, "SYS006").outcome is Outcome.PASSED


def test_an_error_beyond_the_warnings_that_are_kept_still_fails(lot: Lot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that warns of the first two devices and fails of the third."""
    monkeypatch.setattr(tallies, "KEPT_FINDINGS", 1)
    told: list[Finding] = []

    def check_devices(device: Device, _: CaContext) -> list[Finding]:
        told.append(Finding(device.name, level=Level.ERROR if len(told) == 2 else Level.WARNING))
        return [told[-1]]

    rules = catalogue()
    rule = replace(rules["DEV018"], check=check_devices, needs=())
    monkeypatch.setitem(rules._rules, "DEV018", rule)
    [setup] = read_setups([lot.keystore], at=AT, devices=[lot.devices])
    result = Examination([setup], catalogue=rules).judge("DEV018", "keystore")
    assert (result.outcome, result.count, len(result.findings)) == (Outcome.FAILED, 3, 1)


class No:
    """A validator that refuses everything."""

    name, stands_for, acceptance_counts = "no", "a test", True

    def version(self) -> str:
        return "1"

    def ask(self, question: Question) -> Answer:
        return Answer(False, "bad moon rising")


def test_a_refusal_because_of_a_waived_fault_is_a_separate_finding(line: Line) -> None:
    late = AT.replace(year=AT.year + 60)
    expired = waiver("CRT006", expires="2086-09-30")
    report = check(line.keystore, at=late, validators=[No()], waivers=write(line.folder, expired))
    assert report.errors() == {"CHN013"}
    fcu = fingerprints(line)[0]
    both = write(line.folder, expired, waiver("CHN013", fcu, expires="2086-09-30"))
    report = check(line.keystore, at=late, validators=[No()], waivers=both)
    assert (of(report, "CHN013").outcome, report.errors()) == (Outcome.WAIVED, set())


def test_a_rule_that_needs_a_waived_one_stays_blocked(line: Line) -> None:
    """CRT010 compares lifetimes, and needs certificates that are valid."""
    late = AT.replace(year=AT.year + 60)
    report = check(
        line.keystore, at=late, validators="none", waivers=write(line.folder, waiver("CRT006", expires="2086-09-30"))
    )
    assert (of(report, "CRT006").outcome, of(report, "CRT010").outcome) == (Outcome.WAIVED, Outcome.BLOCKED)
    assert report.verdict is Verdict.CONFORMANT


def test_a_fault_of_several_certificates_is_waived_for_each_separately(line: Line, tmp_path: Path) -> None:
    """Two of the chain have no subjectKeyIdentifier; a waiver for the first leaves the second."""

    def nameless(subject: str, issuer: str) -> x509.Certificate:
        usual = ca_extensions(make_key(subject).public_key(), make_key(issuer).public_key())
        kept = [(one, critical) for one, critical in usual if not isinstance(one, x509.SubjectKeyIdentifier)]
        return make_certificate(subject, issuer, extensions=kept)

    line.write_chain(nameless("FCU line 1", "INT_CA"), nameless("INT_CA", "ROOT_CA"), line.chain[2])
    [setup] = read_setups([line.keystore], at=AT)
    first, second, _ = setup.keystore.fcu_crt.certificates
    report = check(line.keystore, at=AT, validators="none", waivers=write(tmp_path, waiver("CRT013", first.sha256)))
    result = of(report, "CRT013")
    assert (result.outcome, result.count, result.waived) == (Outcome.WARNED, 2, 1)
    assert [finding.location.index for finding in result.standing] == [2]
    both = write(tmp_path, waiver("CRT013", first.sha256), waiver("CRT013", second.sha256))
    assert of(check(line.keystore, at=AT, validators="none", waivers=both), "CRT013").outcome is Outcome.WAIVED

"""The suite as a library: one call that judges keystores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from artefacts.makers import AT, Line, make_certificate, pem

import fcu_conform
from fcu_conform import check
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.engine import Event, Finished, Judged, Outcome, Verdict
from fcu_conform.rules import catalogue
from fcu_conform.rules.model import Finding
from fcu_conform.validators.registry import available

FOR_KEYSTORES = catalogue(
    devices=False,
    upload=False,
    validators=False,
    handshake=False,
    waivers=False,
    enrollment=False,
    horizon=False,
    account=False,
)


def test_a_sound_keystore_is_conformant_without_findings(tmp_path: Path) -> None:
    report = check(Line(tmp_path).keystore, at=AT, validators="none")
    assert report.verdict is Verdict.CONFORMANT
    assert list(report.findings()) == []
    assert {result.outcome for result in report.results} == {Outcome.PASSED, Outcome.NOT_APPLICABLE}
    assert report.complete
    assert report.errors() == set()


def test_there_is_one_result_for_every_rule_in_the_order_of_the_catalogue(tmp_path: Path) -> None:
    report = check(str(Line(tmp_path).keystore), at=AT, validators="none")
    assert [result.code for result in report.results] == [rule.code for rule in FOR_KEYSTORES]
    assert {result.target for result in report.results} == {"keystore"}


def test_several_keystores_are_judged_together_keystore_by_keystore(tmp_path: Path) -> None:
    one, two = Line(tmp_path / "one"), Line(tmp_path / "two")
    report = check([one.keystore, two.keystore], at=AT, validators="none")
    assert [setup.name for setup in report.setups] == ["one", "two"]
    assert [result.target for result in report.results] == ["one"] * len(FOR_KEYSTORES) + ["two"] * len(FOR_KEYSTORES)
    told = {r.target: [f.message for f in r.findings] for r in report.results if r.code == "KEY009"}
    assert told == {"one": ["is also the private key of two"], "two": ["is also the private key of one"]}


def test_installed_validators_are_used_by_default(tmp_path: Path) -> None:
    line = Line(tmp_path)
    asked = {v.name for v in check(line.keystore, at=AT).validators() if v.status == "used"}
    # certtool before 3.8 knows no instant but now, and what is valid then may have expired by the clock of today
    assert asked | {"certtool"} == {validator.name for validator in available()} | {"certtool"}
    assert [v.status for v in check(line.keystore, at=AT, validators="none").validators() if v.status == "used"] == []
    with pytest.raises(ValueError, match="unknown validator 'nss'"):
        check(line.keystore, at=AT, validators="nss")


def test_listeners_receive_every_result_in_order_and_then_the_end(tmp_path: Path) -> None:
    one: list[Event] = []
    other: list[Event] = []
    report = check(Line(tmp_path).keystore, at=AT, validators="none", listeners=[one.append, other.append])
    assert one == [*map(Judged, report.results), Finished(complete=True)]
    assert other == one


def test_strict_turns_warnings_into_failures(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.keystore.chmod(0o755)
    assert check(line.keystore, at=AT, validators="none").verdict is Verdict.CONFORMANT
    report = check(line.keystore, at=AT, validators="none", strict=True)
    assert report.verdict is Verdict.NON_CONFORMANT
    assert report.errors() == {"KEY007"}


def test_a_usage_error_comes_before_anything_is_judged(tmp_path: Path) -> None:
    events: list[Event] = []
    with pytest.raises(fcu_conform.UsageError, match="no such folder"):
        fcu_conform.check(tmp_path / "no", listeners=[events.append])
    assert events == []


def test_an_empty_folder_is_judged_as_non_conformant(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    report = check(tmp_path, at=AT, validators="none")
    assert report.verdict is Verdict.NON_CONFORMANT
    assert report.errors() == {"KEY001", "CRT001"}


def test_judging_twice_gives_the_same_report(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.write("key.bak", (line.keystore / "fcu_private_key.pem").read_bytes())
    one, other = (check(line.keystore, at=AT, validators="none").results for _ in range(2))
    assert one == other
    assert sum(len(result.findings) for result in one) == 1


def test_judging_changes_nothing_on_disk(tmp_path: Path) -> None:
    def state() -> dict[str, tuple[float, int, bytes]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in [tmp_path, *sorted(tmp_path.rglob("*"))]
        }

    line = Line(tmp_path)
    before = state()
    check(line.keystore, at=AT, validators="none")
    assert state() == before
    assert len(before) > 4


def test_no_finding_of_a_broken_keystore_holds_the_key(tmp_path: Path) -> None:
    line = Line(tmp_path)
    key = (line.keystore / "fcu_private_key.pem").read_bytes()
    line.write("fcu.crt", key + (line.keystore / "fcu.crt").read_bytes(), mode=0o666)
    line.write("fcu_csr.pem", key)
    line.write("../config/fcu.yml", key)
    line.write("fcu_private_key.pem", key + key, mode=0o666)
    report = check(line.keystore, at=AT, validators="none")
    findings = [finding for _, finding in report.findings()]
    assert len(findings) > 3
    assert all(isinstance(finding, Finding) for finding in findings)
    body = key.decode().splitlines()[1:-1]
    assert body
    assert [line for line in body if line in repr(report.results)] == []


def test_an_interruption_among_the_devices_gives_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(tmp_path)
    device = make_certificate("acme-0001", "FCU line 1", days=5475, extensions=())
    path = line.write("../devices/acme-0001.pem", pem(device, line.chain[0]))
    chunks = DeviceSet.chunks

    def interrupted(self: DeviceSet) -> Iterator[Chunk]:
        yield from chunks(self)
        raise KeyboardInterrupt

    assert check(line.keystore, at=AT, devices=path, validators="none").verdict is Verdict.CONFORMANT
    monkeypatch.setattr(DeviceSet, "chunks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        check(line.keystore, at=AT, devices=path, validators="none")

"""How any answer of an independent validator is handled."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from artefacts.makers import AT, Line

import reference_ca as ca
from fcu_conform.artefacts.setup import read_setups
from fcu_conform.engine import Examination, Outcome, Result, evaluate_run
from fcu_conform.rules import catalogue
from fcu_conform.rules.model import Level
from fcu_conform.validators.model import Answer, CannotTell, LimitReached, Question, ValidatorFault


@dataclass
class Stub:
    """A validator that answers what it is told to, and remembers what it was asked."""

    name: str
    answer: Answer | Exception = field(default_factory=lambda: Answer(True))
    acceptance_counts: bool = True
    stands_for: str = "a test"
    asked: list[Question] = field(default_factory=list)

    def version(self) -> str:
        return "1.0"

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def result_of(line: Line, stub: Stub, code: str = "CHN013") -> Result:
    examination = Examination(read_setups([line.keystore], at=AT), validators=[stub])
    subject = f"keystore-{stub.name}" if code in ("CHN013", "DEV024") else "keystore"
    assert (code, subject) in [(rule.code, name) for rule, name in examination.cases()]
    return examination.judge(code, subject)


def test_the_question_is_the_path_with_the_root_as_anchor(tmp_path: Path) -> None:
    line, stub = Line(tmp_path), Stub("yes")
    assert result_of(line, stub).outcome is Outcome.PASSED
    (question,) = stub.asked
    leaf, intermediate, root = (certificate.raw for certificate in _chain(line))
    assert (question.leaf, question.untrusted, question.anchors) == (leaf, (intermediate,), (root,))
    assert question.at == AT


def _chain(line: Line) -> tuple[object, ...]:
    (setup,) = read_setups([line.keystore], at=AT)
    return setup.keystore.fcu_crt.certificates


def test_an_unexplained_refusal_is_an_error_with_the_message_of_the_library(tmp_path: Path) -> None:
    result = result_of(Line(tmp_path), Stub("no", Answer(False, "bad moon rising")))
    assert result.outcome is Outcome.FAILED
    (finding,) = result.findings
    assert finding.level is Level.ERROR
    assert finding.message == "no (a test) refuses: bad moon rising"


def test_a_refusal_that_a_failed_rule_explains_is_blocked_by_it(tmp_path: Path) -> None:
    line = Line(tmp_path)
    late = AT.replace(year=AT.year + 60)
    examination = Examination(
        read_setups([line.keystore], at=late), validators=[Stub("no", Answer(False, "certificate has expired"))]
    )
    result = examination.judge("CHN013", "keystore-no")
    assert (result.outcome, result.blocked_by) == (Outcome.BLOCKED, ("CRT006",))
    assert [finding.level for finding in result.findings] == [Level.NOTICE]


@pytest.mark.parametrize("fault", [ValidatorFault("timed out"), RuntimeError("segfault of the mind")])
def test_a_validator_that_does_not_answer_is_a_fault_of_the_run(fault: Exception, tmp_path: Path) -> None:
    result = result_of(Line(tmp_path), Stub("broken", fault))
    assert (result.outcome, result.blocked_by, result.findings) == (Outcome.BLOCKED, ("SYS002",), ())
    run = result_of(Line(tmp_path / "other"), Stub("broken", fault), "SYS002")
    assert run.outcome is Outcome.FAILED
    assert "broken did not answer" in run.findings[0].message
    assert "mind" not in run.findings[0].message


def test_an_overloaded_validator_gets_no_more_questions_and_others_still_count(lot: Lot) -> None:
    hard, fine = Stub("hard", LimitReached("took too long")), Stub("fine")
    examination = lot.examination(hard, fine, sample=3)
    for code in ("CHN013", "DEV024"):
        result = examination.judge(code, "keystore-hard")
        assert (result.outcome, result.blocked_by) == (Outcome.BLOCKED, ("SYS002",))
        assert examination.judge(code, "keystore-fine").outcome is Outcome.PASSED
    assert len(hard.asked) == 1
    (finding,) = examination.judge("SYS002", "keystore").findings
    assert finding.message == "hard did not answer: took too long"


def test_a_validator_without_a_verdict_is_not_a_fault(tmp_path: Path) -> None:
    examination = Examination(
        read_setups([Line(tmp_path).keystore], at=AT), validators=[Stub("clock", CannotTell("reads the clock"))]
    )
    result = examination.judge("CHN013", "keystore-clock")
    assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, "reads the clock")
    assert examination.judge("SYS002", "keystore").outcome is Outcome.PASSED


def test_acceptance_by_a_library_that_accepts_forgeries_does_not_count(tmp_path: Path) -> None:
    result = result_of(Line(tmp_path), Stub("gullible", acceptance_counts=False))
    assert result.outcome is Outcome.NOT_APPLICABLE
    assert result.reason.startswith("ignored: ")


def test_refusal_by_a_library_that_accepts_forgeries_is_reported(tmp_path: Path) -> None:
    result = result_of(Line(tmp_path), Stub("gullible", Answer(False, "no"), acceptance_counts=False))
    assert result.outcome is Outcome.PASSED
    assert [finding.level for finding in result.findings] == [Level.NOTICE]


def test_skipped_date_checks_are_reported(tmp_path: Path) -> None:
    result = result_of(Line(tmp_path), Stub("clock", Answer(True, dates_left_out=True)))
    assert result.outcome is Outcome.PASSED
    assert "dates left out" in result.findings[0].message


def test_missing_resource_limits_of_validators_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate_run, "UNPROTECTED", "no limits here")
    result = result_of(Line(tmp_path), Stub("yes"), "SYS002")
    assert result.outcome is Outcome.PASSED
    assert [(finding.level, finding.message) for finding in result.findings] == [(Level.NOTICE, "no limits here")]


def test_without_validators_the_rule_does_not_apply(tmp_path: Path) -> None:
    examination = Examination(read_setups([Line(tmp_path).keystore], at=AT), catalogue=catalogue())
    result = examination.judge("CHN013", "keystore")
    assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, "no validator was requested")
    assert examination.judge("SYS002", "keystore").outcome is Outcome.NOT_APPLICABLE


def test_any_keystore_counts_as_checked(tmp_path: Path) -> None:
    assert result_of(Line(tmp_path), Stub("yes"), "SYS001").outcome is Outcome.PASSED


@dataclass(frozen=True)
class Lot:
    """A setup by the reference CA with a few devices and the right upload."""

    folder: Path
    size: int

    def examination(self, *stubs: Stub, sample: int = 20) -> Examination:
        setups = read_setups(
            [self.folder / "keystore"],
            at=AT,
            devices=[self.folder / "devices"],
            portal_uploads=[self.folder / "upload.pem"],
        )
        return Examination(setups, validators=stubs, sample=sample)


@pytest.fixture
def lot(tmp_path: Path) -> Lot:
    source = ca.KeySource("second opinions", at=AT.replace(year=AT.year - 1))
    keystore, _ = ca.make_keystore(tmp_path, 3, ca.Config.example(source, depth=2), source)
    authority = keystore.authority(source)
    (tmp_path / "devices").mkdir()
    for number in range(30):
        device = authority.issue_device(f"line1-{number:04}")
        (tmp_path / "devices" / f"line1-{number:04}.pem").write_bytes(device.chain_pem(2).data)
        (tmp_path / "upload.pem").write_bytes(device.upload_pem(2).data)
    return Lot(tmp_path, 30)


def test_devices_are_judged_with_their_slice_and_the_upload_as_anchors(lot: Lot) -> None:
    stub = Stub("yes")
    assert lot.examination(stub, sample=1).judge("DEV024", "keystore-yes").outcome is Outcome.PASSED
    (question,) = stub.asked
    (setup,) = read_setups([lot.folder / "keystore"], at=AT)
    fcu, *rest = (certificate.raw for certificate in setup.keystore.fcu_crt.certificates)
    assert question.untrusted == (fcu,)
    assert question.anchors == tuple(rest)


def test_the_sample_is_the_same_in_every_run(lot: Lot) -> None:
    asked = []
    for _ in range(2):
        stub = Stub("yes")
        lot.examination(stub, sample=7).judge("DEV024", "keystore-yes")
        asked.append([question.leaf for question in stub.asked])
    assert len(set(asked[0])) == 7
    assert asked[0] == asked[1]


def test_every_device_is_judged_if_the_sample_is_larger_than_the_lot(lot: Lot) -> None:
    stub = Stub("yes")
    lot.examination(stub, sample=1000).judge("DEV024", "keystore-yes")
    assert len({question.leaf for question in stub.asked}) == lot.size


def test_refused_devices_are_named(lot: Lot) -> None:
    result = lot.examination(Stub("no", Answer(False, "never")), sample=3).judge("DEV024", "keystore-no")
    assert result.outcome is Outcome.FAILED
    assert len(result.findings) == 3
    assert all(str(finding.location.file).startswith("line1-") for finding in result.findings)


def test_skipped_date_checks_are_reported_once_for_all_devices(lot: Lot) -> None:
    result = lot.examination(Stub("clock", Answer(True, dates_left_out=True)), sample=7).judge(
        "DEV024", "keystore-clock"
    )
    assert (result.outcome, len(result.findings)) == (Outcome.PASSED, 1)


@dataclass
class Moody(Stub):
    """Answers the first questions, and then no more."""

    patience: int = 1

    def ask(self, question: Question) -> Answer:
        answer = super().ask(question)
        if len(self.asked) > self.patience:
            raise ValidatorFault("had enough")
        return answer


def test_a_refusal_counts_even_if_the_validator_fails_afterwards(lot: Lot) -> None:
    examination = lot.examination(Moody("moody", Answer(False, "never")), sample=3)
    result = examination.judge("DEV024", "keystore-moody")
    assert (result.outcome, len(result.findings)) == (Outcome.FAILED, 1)
    assert examination.judge("SYS002", "keystore").outcome is Outcome.FAILED


def test_an_acceptance_is_incomplete_if_the_validator_fails_afterwards(lot: Lot) -> None:
    result = lot.examination(Moody("moody"), sample=3).judge("DEV024", "keystore-moody")
    assert (result.outcome, result.blocked_by) == (Outcome.BLOCKED, ("SYS002",))


def test_a_wrong_upload_explains_refused_devices(lot: Lot) -> None:
    upload = lot.folder / "upload.pem"
    end = b"-----END CERTIFICATE-----\n"
    upload.write_bytes(upload.read_bytes().split(end)[1] + end)
    result = lot.examination(Stub("no", Answer(False, "never")), sample=3).judge("DEV024", "keystore-no")
    assert (result.outcome, result.blocked_by) == (Outcome.BLOCKED, ("UPL003",))


def test_devices_with_errors_are_not_given_to_validators(lot: Lot) -> None:
    for path in (lot.folder / "devices").iterdir():
        path.rename(path.with_name(f"other-{path.name}"))
    stub = Stub("yes")
    result = lot.examination(stub).judge("DEV024", "keystore-yes")
    assert (result.outcome, result.blocked_by) == (Outcome.BLOCKED, ("DEV005",))
    assert stub.asked == []


def test_rules_answered_by_validators_exist_only_with_validators(tmp_path: Path) -> None:
    setups = read_setups([Line(tmp_path).keystore], at=AT)
    without = {rule.code for rule, _ in Examination(setups).cases()}
    with_one = {rule.code for rule, _ in Examination(setups, validators=[Stub("yes")]).cases()}
    assert with_one - without == {"CHN013", "SYS002"}

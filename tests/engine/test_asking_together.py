"""Many questions are put to validators of different processes at the same time, with the answers of one by one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console
from validators.paths import AT, DEVICE, Path, usual

from fcu_conform.engine.validator_panel import MANY, ValidatorPanel
from fcu_conform.interfaces.console import lot_page
from fcu_conform.rules.model import PathQuestion
from fcu_conform.validators.adapters import processes
from fcu_conform.validators.adapters.openssl_command import OpensslCommand
from fcu_conform.validators.isolation import asking
from fcu_conform.validators.isolation.asking import PROGRAMS, Isolated
from fcu_conform.validators.isolation.workers import worker
from fcu_conform.validators.model import UNPROTECTED, Answer, LimitReached, Question, ValidatorFault
from fcu_conform.validators.registry import ENTRIES

pytestmark = pytest.mark.skipif(bool(UNPROTECTED), reason=UNPROTECTED)

GOOD = [usual(device=DEVICE.but(common_name=f"device {number}")) for number in range(MANY)]
BAD = usual(device=DEVICE.but(common_name="device 99", signed_by="another"))
HAS_OPENSSL = any(entry.name == "openssl-command" and entry.available() for entry in ENTRIES)
needs_openssl = pytest.mark.skipif(not HAS_OPENSSL, reason="there is no openssl command")


def questions(paths: Sequence[Path]) -> list[PathQuestion]:
    def raw(*ders: bytes) -> tuple[Any, ...]:
        return tuple(SimpleNamespace(raw=der) for der in ders)

    asked = [path.root_only() for path in paths]
    return [
        cast(PathQuestion, SimpleNamespace(leaf=raw(q.leaf)[0], untrusted=raw(*q.untrusted), anchors=raw(*q.anchors)))
        for q in asked
    ]


def nobody(_answered: int, _questions: int) -> None:
    """Does not want to know how far they are."""


class Counting(Isolated):
    """A validator that answers here, and counts what it is asked."""

    def __init__(self, name: str, answer: Answer | Exception, kind: str, *, accepts: bool = False) -> None:
        self.name, self.stands_for, self.acceptance_counts = name, "a test", True
        self.many_kind = cast(Any, SimpleNamespace(name=kind))
        self.answer, self.accepts, self.asked, self.batches = answer, accepts, 0, 0

    def ask(self, question: Question, *, is_one_of_many: bool = False) -> Answer:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def accepts_all(self, questions: Sequence[Question]) -> bool:
        self.batches += 1
        return self.accepts


def test_all_installed_validators_answer_as_they_do_one_by_one() -> None:
    paths = questions([*GOOD[:-1], BAD])
    entries = [entry for entry in ENTRIES if entry.available()]
    together, apart = (ValidatorPanel([entry.isolated() for entry in entries], AT) for _ in range(2))
    together.ask_all(paths, nobody)
    assert len(together._answers) == len(paths) * len(entries)
    for entry in entries:
        for path in (paths[0], paths[-1]):
            assert together.ask(entry.name, path) == apart.ask(entry.name, path)
    worker(PROGRAMS).close()


def test_each_question_is_put_once_and_the_progress_reaches_its_end() -> None:
    validators = [Counting(name, Answer(True), kind) for name, kind in (("a", "one"), ("b", "one"), ("c", "two"))]
    panel, told = ValidatorPanel(validators, AT), []
    for _ in range(2):
        panel.ask_all(questions(GOOD), lambda *numbers: told.append(numbers))
    assert [validator.asked for validator in validators] == [MANY] * 3
    assert told == [(number, 3 * MANY) for number in range(1, 3 * MANY + 1)]
    assert panel.ask("a", questions(GOOD)[0]) == Answer(True)
    assert validators[0].asked == MANY


def test_few_questions_are_left_to_be_asked_one_by_one() -> None:
    validator = Counting("a", Answer(True), "one")
    ValidatorPanel([validator], AT).ask_all(questions(GOOD[:-1]), nobody)
    assert (validator.asked, validator.batches) == (0, 0)


def test_a_validator_that_accepts_a_batch_is_not_asked_one_by_one() -> None:
    validator = Counting("a", Answer(False, "never asked"), "one", accepts=True)
    panel = ValidatorPanel([validator], AT)
    panel.ask_all(questions(GOOD), nobody)
    assert panel.ask("a", questions(GOOD)[3]) == Answer(True)
    assert (validator.asked, validator.batches) == (0, 1)


def test_a_validator_that_reached_a_limit_gets_no_more_questions() -> None:
    hard, easy = Counting("hard", LimitReached("hard needed more"), "one"), Counting("easy", Answer(True), "one")
    panel = ValidatorPanel([hard, easy], AT)
    panel.ask_all(questions(GOOD), nobody)
    assert (hard.asked, easy.asked) == (1, MANY)
    assert panel.members["hard"].faults == ["hard needed more"]


def test_questions_that_nobody_is_asked_any_more_count_as_answered() -> None:
    told: list[tuple[int, int]] = []
    panel = ValidatorPanel([validator := Counting("a", Answer(True), "one")], AT)
    panel.members["a"].exhausted = True
    panel.ask_all(questions(GOOD), lambda *numbers: told.append(numbers))
    assert told[-1] == (MANY, MANY)
    assert validator.asked == 0


@needs_openssl
def test_openssl_is_started_once_for_many_and_accepts_only_where_each_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    starts = []
    real = processes.run
    monkeypatch.setattr(processes, "run", lambda *arguments, **how: starts.append(1) or real(*arguments, **how))
    assert OpensslCommand().accepts_all([path.root_only() for path in GOOD])
    assert len(starts) == 1
    assert not OpensslCommand().accepts_all([path.root_only() for path in (*GOOD, BAD)])
    assert not OpensslCommand().accepts_all([Question(GOOD[0].root_only().leaf, (), (), AT)])


@needs_openssl
def test_a_batch_with_a_refused_one_is_asked_again_one_by_one() -> None:
    entry = next(entry for entry in ENTRIES if entry.name == "openssl-command")
    panel = ValidatorPanel([entry.isolated()], AT)
    paths = questions([*GOOD, BAD])
    panel.ask_all(paths, nobody)
    answers = [panel.ask(entry.name, path) for path in paths]
    assert [answer.accepted for answer in answers if answer] == [True] * MANY + [False]
    worker(PROGRAMS).close()


@pytest.mark.parametrize("name", ["cryptography", "mbedtls"])
def test_nothing_is_concluded_of_a_validator_that_takes_no_batches(name: str) -> None:
    entry = next(entry for entry in ENTRIES if entry.name == name)
    assert not cast(Isolated, entry.isolated()).accepts_all([path.root_only() for path in GOOD])


def test_a_fault_in_a_batch_is_not_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> dict[str, object]:
        raise ValidatorFault("gone")

    monkeypatch.setattr(asking, "worker", lambda _: SimpleNamespace(do=broken))
    entry = next(entry for entry in ENTRIES if entry.is_program)
    assert not cast(Isolated, entry.isolated()).accepts_all([GOOD[0].root_only()])


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_bar_of_the_validators_is_on_standard_error_where_that_is_a_terminal(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = io.StringIO()

    def console(*, stderr: bool) -> Console:
        return Console(file=shown, force_terminal=is_terminal and stderr, width=80)

    monkeypatch.setattr(lot_page, "Console", console)
    meter = lot_page.Meter()
    for answered in range(1, 5):
        meter.show_answers(answered, 4)
    assert ("validators" in shown.getvalue() and "4/4" in shown.getvalue()) is is_terminal

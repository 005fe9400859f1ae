"""Several processes of a run judge its devices once: one judges, the others take over what it found."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.lot import shared_pass
from fcu_conform.engine.lot.device_run import DeviceResults
from fcu_conform.engine.lot.shared_pass import SharedPass
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import OVER_DEVICES, Rule

from .conftest import Laid
from .factory import NOW

Judge = Callable[..., DeviceResults]
RULES: Sequence[Rule] = [rule for rule in CATALOGUE if rule.scope in OVER_DEVICES]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many devices each pass has judged."""
    counts: list[int] = []
    real: Judge = shared_pass.judge_devices

    def counting(*arguments: Any, **keywords: Any) -> DeviceResults:
        results = real(*arguments, **keywords)
        counts.append(results.checked)
        return results

    monkeypatch.setattr(shared_pass, "judge_devices", counting)
    return counts


def read(laid: Laid) -> Setup:
    (setup,) = read_setups([laid.keystore], chain_depth=2, at=NOW, devices=[laid.devices])
    return setup


def results_of(folder: Path, setup: Setup, rules: Sequence[Rule] = RULES) -> DeviceResults:
    return SharedPass(folder, 7)(rules, setup.devices, setup.ca, 20, Waivers())


def test_the_second_process_takes_over_what_the_first_has_found(bad: Laid, tmp_path: Path, judged: list[int]) -> None:
    first, second = (results_of(tmp_path, read(bad)) for _ in range(2))
    assert len(judged) == 1
    assert first.offending > 0
    assert second.tallies == first.tallies
    assert second.counts() == first.counts()
    drawn = [[(one.name, one.certificate and one.certificate.raw) for one in its.sample] for its in (first, second)]
    assert drawn[0] == drawn[1]
    assert len(second.sample) == len(drawn[0]) == 20


def test_processes_that_ask_at_the_same_time_wait_for_each_other(bad: Laid, tmp_path: Path, judged: list[int]) -> None:
    setups = [read(bad) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        all_results = list(pool.map(lambda setup: results_of(tmp_path, setup), setups))
    assert len(judged) == 1
    assert {results.offending for results in all_results} == {all_results[0].offending}


def test_where_the_first_process_ends_early_the_next_one_judges(
    bad: Laid, tmp_path: Path, judged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> DeviceResults:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(shared_pass, "judge_devices", dies)
        with pytest.raises(MemoryError):
            results_of(tmp_path, read(bad))
    results_of(tmp_path, read(bad))
    assert len(judged) == 1


def test_an_interrupted_pass_is_not_passed_on(
    bad: Laid, tmp_path: Path, judged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(shared_pass, "judge_devices", lambda *_, **__: DeviceResults({}, complete=False))
        with pytest.raises(KeyboardInterrupt):
            results_of(tmp_path, read(bad))
    assert results_of(tmp_path, read(bad)).checked == judged[0]


@pytest.mark.parametrize(
    "spoil", [lambda text: "", lambda text: "{}", lambda text: text[:-9], lambda text: "[" * 99999]
)
def test_after_a_malformed_result_the_next_process_judges(
    bad: Laid, tmp_path: Path, judged: list[int], spoil: Callable[[str], str]
) -> None:
    results_of(tmp_path, read(bad))
    (passed,) = tmp_path.glob("*.json")
    passed.write_text(spoil(passed.read_text()))
    results_of(tmp_path, read(bad))
    assert len(judged) == 2


def test_other_rules_are_another_pass(bad: Laid, tmp_path: Path, judged: list[int]) -> None:
    results_of(tmp_path, read(bad))
    results_of(tmp_path, read(bad), RULES[:-1])
    assert len(judged) == 2


def test_without_the_folder_each_process_judges(bad: Laid, tmp_path: Path, judged: list[int]) -> None:
    for _ in range(2):
        results_of(tmp_path / "elsewhere", read(bad))
    assert len(judged) == 2


def test_no_device_is_passed_on(bad: Laid, tmp_path: Path) -> None:
    """Device output may hold private keys."""
    results = results_of(tmp_path, read(bad))
    (passed,) = tmp_path.glob("*.json")
    members = json.loads(passed.read_text())
    assert set(members) == {
        *("tallies", "checked", "offending", "by_tables", "offenders", "undecided", "undecided_names", "drawn"),
    }
    assert all(len(fingerprint) < 64 for _, fingerprint in members["drawn"])
    assert len(members["drawn"]) == len(results.sample)


def test_a_device_that_has_changed_since_is_not_asked_about(bad: Laid, tmp_path: Path, judged: list[int]) -> None:
    results_of(tmp_path, read(bad))
    second = results_of(tmp_path, read(bad))
    fingerprint = dict.fromkeys(second.drawn, b"another")
    with pytest.raises(UsageError, match="changed while they were judged"):
        shared_pass.read_again(read(bad).devices, fingerprint)
    assert len(judged) == 1

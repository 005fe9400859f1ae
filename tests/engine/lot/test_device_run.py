"""One pass over a lot: results in order, duplicates, the sample, and what remains after an interruption."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import pytest

from engine.fakes import CA, Lot, file, lot, lot_rule, rule, unique_rule, waiver
from fcu_conform.artefacts.device import Device, DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.lot import device_run
from fcu_conform.engine.lot.chunk_judge import ChunkJudge, ChunkResult
from fcu_conform.engine.lot.device_run import DeviceResults, judge_devices
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules.model import Finding, Rule

WRONG = Finding("wrong")


def kind(device: Device) -> str:
    return device.name[0]


UNIQUE = unique_rule("LOT001", kind)


def passed(rules: Sequence[Rule], *parts: str, **options: Any) -> DeviceResults:
    return judge_devices(rules, lot(*parts), CA, **{"fast_path": False, **options})


@pytest.mark.parametrize(
    ("numbers", "kept"),
    [
        ([5], [5]),
        ([5, 3], [3, 5]),
        ([5, 3, 9], [3, 5]),
        ([3, 5, 4], [3, 4]),
        ([3, 5, 5], [3, 5]),
        ([9, 8, 7, 1], [1, 7]),
        ([1, 2, 3, 0], [0, 1]),
    ],
)
def test_the_first_offenders_are_kept_in_the_order_of_the_input(
    numbers: list[int], kept: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_run, "KEPT_FINDINGS", 2)
    whole = DeviceResults({}, checked=10)
    for place, number in enumerate(numbers):
        whole.add_offender(number, f"{number}" if place != 2 or number != 5 else "again")
    assert whole.offenders == [str(number) for number in kept]
    assert (whole.offending, whole.conformant) == (len(numbers), 10 - len(numbers))


def test_an_earlier_offender_replaces_the_last_one_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_run, "KEPT_FINDINGS", 3)
    whole = DeviceResults({}, checked=9)
    for number in (1, 2, 9, 5):
        whole.add_offender(number, f"{number}")
    assert whole.offenders == ["1", "2", "5"]


def test_chunks_are_added_up() -> None:
    rules = [rule("DEV001", {"b": (WRONG,), "e": (WRONG,)}), rule("DEV002", {"d": (WRONG,)})]
    told: list[tuple[int, int]] = []
    result = passed(rules, "a b", "c", "d e f", progress=lambda *numbers: told.append(numbers))
    assert (result.checked, result.offending, result.conformant, result.complete) == (6, 3, 3, True)
    assert result.offenders == ["b", "d", "e"]
    assert {code: (tally.judged, tally.found) for code, tally in result.tallies.items()} == {
        "DEV001": (6, 2),
        "DEV002": (6, 1),
    }
    assert told == [(2, 1), (3, 1), (6, 3)]
    assert result.sample == []


def test_without_devices_nothing_is_judged() -> None:
    result = judge_devices([rule("DEV001"), UNIQUE], None, CA, sample=3)
    assert (result.checked, result.complete, result.sample, list(result.tallies)) == (0, True, [], ["DEV001", "LOT001"])


def order(names: str) -> list[str]:
    """Names in the order in which a sample is drawn."""
    return sorted(names.split(), key=lambda name: blake2b(name.encode(), digest_size=8).digest())


def test_the_seed_determines_the_sample_for_any_division_into_chunks() -> None:
    rules = [rule("DEV001")]
    cuts = [("a b c d e f g",), ("a", "b", "c", "d", "e", "f", "g"), ("a b", "c d e f", "g")]
    names = [[device.name for device in passed(rules, *parts, sample=3, seed=4).sample] for parts in cuts]
    assert names == [names[0]] * len(cuts)
    assert set(names[0]) != set(order("a b c d e f g")[:3])


@pytest.mark.parametrize("sample", [0, 1, 3, 5, 9])
@pytest.mark.parametrize("parts", [("a b c d e f g",), ("a", "b", "c", "d", "e", "f", "g"), ("a b", "c d e f", "g")])
def test_the_sample_is_drawn_by_digest_for_any_division_into_chunks(sample: int, parts: tuple[str, ...]) -> None:
    result = passed([rule("DEV001", {"c": (WRONG,)})], *parts, sample=sample)
    assert [device.name for device in result.sample] == order("a b d e f g")[:sample]


@pytest.mark.parametrize("parts", [("a1 b1 a2 c1 a3 c2",), ("a1", "b1 a2", "c1 a3", "c2"), ("a1 b1 a2", "c1 a3 c2")])
def test_duplicates_are_found_for_any_division_into_chunks(parts: tuple[str, ...]) -> None:
    result = passed([UNIQUE, rule("DEV001")], *parts, sample=9)
    assert [(finding.location.file, finding.message) for finding in result.tallies["LOT001"].findings] == [
        ("a2", "repeats a1"),
        ("a3", "repeats a1"),
        ("c2", "repeats c1"),
    ]
    assert (result.tallies["LOT001"].judged, result.tallies["DEV001"].judged) == (6, 6)
    assert (result.offenders, result.offending) == (["a2", "a3", "c2"], 3)
    assert [device.name for device in result.sample] == order("a1 b1 c1")
    assert result.checked == 6


def test_a_duplicate_with_another_error_is_one_offender() -> None:
    rules = [UNIQUE, rule("DEV001", {"a2": (WRONG,), "b1": (WRONG,)})]
    result = passed(rules, "a1 b1", "a2 a3")
    assert (result.offenders, result.offending) == (["b1", "a2", "a3"], 3)
    assert (result.tallies["DEV001"].found, result.tallies["DEV001"].judged) == (2, 4)
    assert result.tallies["LOT001"].found == 2


def test_rules_blocked_by_a_duplicate_are_counted_once() -> None:
    rules = [
        UNIQUE,
        unique_rule("LOT002", lambda device: device.name[-1], needs=("LOT001", "DEV001")),
        rule("DEV001", {"b2": (WRONG,)}),
    ]
    result = passed(rules, "a1 b2", "a3 c4", "a5 d6")
    assert result.tallies["LOT002"].blocked_by == {"DEV001": 1, "LOT001": 2}
    assert result.tallies["LOT002"].hidden_by == {}


def test_a_waived_duplicate_hides_dependent_rules() -> None:
    rules = [UNIQUE, unique_rule("LOT002", lambda device: device.name[-1], needs=("LOT001",))]
    result = passed(rules, "a1 b2", "a3 c4", waivers=Waivers([waiver("LOT001")]), sample=9)
    assert result.tallies["LOT002"].hidden_by == {"LOT001": 1}
    assert (result.tallies["LOT001"].found, result.tallies["LOT001"].waived) == (1, 1)
    assert (result.offending, len(result.sample)) == (0, 4)


def test_devices_are_compared_with_the_first_of_the_lot_and_not_of_the_chunk() -> None:
    result = passed([lot_rule("LOT005", kind), UNIQUE], "a1", "b1 b2", "c1 a2")
    assert [finding.location.file for finding in result.tallies["LOT005"].findings] == ["b1", "b2", "c1"]
    assert result.tallies["LOT005"].judged == 5


class RecordingRunner:
    """Judges chunks as another process would, and remembers what it was given."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self.numbers: list[int] = []
        self.leads: list[str] = []
        self.samples: list[int] = []

    def __call__(
        self, chunks: Iterable[tuple[int, Chunk]], leads: Mapping[str, DeviceFile], sample: int
    ) -> Iterator[tuple[int, ChunkResult]]:
        self.leads = [lead.name for lead in leads.values()]
        self.samples.append(sample)
        judge = ChunkJudge(self.rules, CA, leads=leads, sample=sample, fast_path=False)
        for number, chunk in chunks:
            self.numbers.append(number)
            yield number, judge.judge_chunk(chunk)


@pytest.mark.parametrize(
    ("rules", "there", "leads"),
    [
        ([rule("DEV001", {"c1": (WRONG,)}), UNIQUE], [0, 1, 2, 3], []),
        ([lot_rule("LOT005", kind), UNIQUE], [1, 2, 3], ["a1"]),
    ],
)
def test_chunks_are_judged_elsewhere_once_the_first_device_is_known(
    rules: list[Rule], there: list[int], leads: list[str]
) -> None:
    run_chunks = RecordingRunner(rules)
    told: list[tuple[int, int]] = []
    parts = ("a1 b1", "c1", "d1 b2", "e1")
    result = passed(rules, *parts, sample=4, run_chunks=run_chunks, progress=lambda *numbers: told.append(numbers))
    here = passed(rules, *parts, sample=4)
    assert (run_chunks.numbers, run_chunks.leads, run_chunks.samples) == (there, leads, [4])
    assert (result.tallies, result.offenders, result.checked) == (here.tallies, here.offenders, here.checked)
    assert [device.name for device in result.sample] == [device.name for device in here.sample]
    assert [checked for checked, _ in told] == [2, 3, 5, 6]


def test_a_lot_whose_first_device_never_comes_is_judged_here() -> None:
    from fcu_conform.rules.model import NotApplicable

    def never(_: Device) -> str:
        raise NotApplicable("no")

    rules = [lot_rule("LOT005", never)]
    run_chunks = RecordingRunner(rules)
    result = passed(rules, "a1", "b1", run_chunks=run_chunks)
    assert (run_chunks.numbers, result.checked, result.complete) == ([], 2, True)
    assert result.tallies["LOT005"].reasons == {"no": 2}


class Stopped(Lot):
    """A lot in the middle of which somebody presses Ctrl-C."""

    def chunks(self) -> Iterator[Chunk]:
        stops = not hasattr(type(self), "was_stopped")
        for number, chunk in enumerate(super().chunks()):
            if number == 2 and stops:
                type(self).was_stopped = True  # type: ignore[attr-defined]
                raise KeyboardInterrupt
            yield chunk


@pytest.mark.parametrize("is_elsewhere", [True, False])
def test_an_interrupted_run_returns_the_results_so_far(is_elsewhere: bool) -> None:
    class Once(Stopped):
        pass

    rules = [UNIQUE]
    parts = lot("a1", "a2 b1", "b2 c1").parts
    run_chunks = RecordingRunner(rules) if is_elsewhere else None
    result = judge_devices(rules, Once(parts), CA, sample=9, run_chunks=run_chunks, fast_path=False)
    assert (result.checked, result.complete, result.offenders) == (3, False, ["a2"])
    assert [device.name for device in result.sample] == order("a1 b1")


def test_the_lot_is_read_again_only_as_far_as_needed() -> None:
    read: list[str] = []

    class Watching(Lot):
        def chunks(self) -> Iterator[Chunk]:
            for chunk in super().chunks():
                read.append(next(iter(chunk.files())).name)
                yield chunk

    parts = lot("x1", "a1 b1", "a2", "y1", "z1").parts
    judge_devices([UNIQUE], Watching(parts), CA, fast_path=False)
    assert read == ["x1", "a1", "a2", "y1", "z1", "x1", "a1", "a2"]
    read.clear()
    judge_devices([rule("DEV001")], Watching(parts), CA, fast_path=False)
    assert read == ["x1", "a1", "a2", "y1", "z1"]


def test_two_files_of_one_device_are_not_duplicates() -> None:
    same = [file("a1", b"one", identity="a"), file("a2", b"two", identity="a"), file("b1")]
    result = judge_devices([UNIQUE], Lot((tuple(same),)), CA, fast_path=False)
    assert (result.offending, result.tallies["LOT001"].found) == (0, 0)


class Changing:
    """A lot that is another one once it has been gone through."""

    def __init__(self, first: str, then: str) -> None:
        self.left = [first.split("|"), then.split("|")]

    def chunks(self) -> Iterator[Chunk]:
        """See `Chunked`."""
        return lot(*self.left.pop(0)).chunks()


@pytest.mark.parametrize("then", ["a1 b1|b2|c1", "a1 b1|c2|a3|d1", "a1|a2", "a1 b1"])
@pytest.mark.parametrize(("rules", "sample"), [([UNIQUE], 0), ([rule("DEV001")], 9)])
def test_a_second_reading_must_match_what_was_judged(rules: list[Rule], sample: int, then: str) -> None:
    with pytest.raises(UsageError, match=r"^devices: changed while they were judged$"):
        judge_devices(rules, Changing("a1 b1|c2|a2|d1", then), CA, sample=sample, fast_path=False)
    unchanged = "a1 b1|c2|a2|d1"
    if sample:
        assert len(judge_devices(rules, Changing(unchanged, unchanged), CA, sample=sample, fast_path=False).sample) == 5


def test_devices_added_during_the_run_are_not_read() -> None:
    grown = Changing("a1 b1|a2", "a1 b1|a2|a3")
    assert judge_devices([UNIQUE], grown, CA, fast_path=False).offenders == ["a2"]

"""The result of a chunk as text: it is refused if it contradicts itself or covers what was not asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.fakes import CA, chunk, lot_rule, rule, unique_rule, waiver
from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.engine.lot import chunk_results
from fcu_conform.engine.lot.chunk_judge import ChunkJudge, ChunkResult, Offender
from fcu_conform.engine.lot.chunk_results import Question, canonical, plain_result
from fcu_conform.engine.lot.duplicates import ENTRY
from fcu_conform.engine.lot.tally import Tally
from fcu_conform.engine.serialization import MalformedError
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules.model import Finding, Level, Location, Rule

RULES: list[Rule] = [
    rule("DEV001", {"b": (Finding("wrong"),), "d": (Finding("wrong too"), Finding("odd", level=Level.WARNING))}),
    rule("DEV002", {"c": (Finding("by the way", level=Level.NOTICE),)}),
    lot_rule("LOT005", lambda device: "same"),
    unique_rule("LOT001", lambda device: device.name),
]
QUESTION = Question(RULES, 2, Waivers([waiver("DEV001", "d")]))


def judged() -> ChunkResult:
    """Five devices: one with an error, one with a waived one, three for the validators of which two are drawn."""
    judge = ChunkJudge(RULES, CA, sample=2, waivers=QUESTION.waivers)
    return judge.judge_chunk(chunk(*"abcde"))


def plain() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(json.dumps(plain_result(judged())))
    return whole


def test_results_of_the_judge_round_trip() -> None:
    result = judged()
    assert (len(result.offenders), result.tallies["DEV001"].waived, len(result.drawn)) == (1, 2, 2)
    assert result.leads == {"LOT005": 0}
    assert QUESTION.read(plain()) == result


def test_rules_without_findings_are_left_out() -> None:
    result = ChunkResult(tallies={"DEV001": Tally(), "DEV002": Tally(judged=1)})
    assert list(plain_result(result)["tallies"]) == ["DEV002"]


@pytest.mark.parametrize("waived", [None, waiver("DEV002", "c")], ids=["stands", "waived"])
def test_results_that_differ_only_in_a_notice_share_one_encoding(waived: Waiver | None) -> None:
    result, again = judged(), judged()
    (notice,) = result.tallies["DEV002"].findings
    result.tallies["DEV002"] = Tally(judged=5)
    again.tallies["DEV002"] = Tally(judged=5)
    again.tallies["DEV002"].keep(replace(notice, waiver=waived))
    assert plain_result(again) != plain_result(result)
    assert canonical(again) == canonical(result)
    again.tallies["DEV002"].keep(replace(notice, level=Level.WARNING))
    assert canonical(again) != canonical(result)


def test_equal_results_share_one_encoding_and_others_do_not() -> None:
    result, again = judged(), judged()
    again.tallies = dict(reversed(again.tallies.items())) | {"DEV009": Tally()}
    again.marks["LOT001"] = b"".join(
        reversed([ENTRY.pack(*entry) for entry in ENTRY.iter_unpack(again.marks["LOT001"])])
    )
    assert again.marks != result.marks
    assert canonical(again) == canonical(result)
    again.tallies["DEV001"].judged += 1
    assert canonical(again) != canonical(result)


def tally(whole: dict[str, Any], code: str = "DEV001") -> dict[str, Any]:
    found: dict[str, Any] = whole["tallies"][code]
    return found


CONTRADICTIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "an offender without a finding": lambda whole: tally(whole).update(
        found=0, findings=[], levels=[], waived=0, used=[]
    ),
    "a finding without an offender": lambda whole: whole["offenders"].clear(),
    "levels without a finding": lambda whole: tally(whole, "DEV002").update(levels=["notice", "warning"]),
    "a finding without its level": lambda whole: tally(whole).update(levels=[]),
    "an error told as a warning": lambda whole: tally(whole).update(levels=["warning"]),
    "a finding whose level is open": lambda whole: tally(whole)["findings"][0].update(level=None),
    "a finding without a place": lambda whole: tally(whole)["findings"][0]["location"].update(file=None),
    "findings that are kept and not counted": lambda whole: tally(whole).update(found=2),
    "findings that are counted and not kept": lambda whole: tally(whole).update(found=4),
    "more waived ones than there are": lambda whole: tally(whole).update(waived=3),
    "fewer waived ones than there are": lambda whole: tally(whole).update(waived=1),
    "a waiver that covers nothing": lambda whole: tally(whole, "DEV002").update(used=tally(whole)["used"]),
    "a waiver that is not told": lambda whole: tally(whole).update(used=[]),
    "fewer than none": lambda whole: tally(whole).update(judged=-1),
    "fewer than none blocked": lambda whole: tally(whole).update(blocked_by={"DEV002": -1}),
    "a rule that was not asked": lambda whole: whole["tallies"].update(DEV003=tally(whole, "DEV002")),
    "a lead for a rule that has none": lambda whole: whole["leads"].update(DEV001=0),
    "marks of a rule that takes none": lambda whole: whole["marks"].update(DEV001=""),
    "no marks": lambda whole: whole["marks"].clear(),
    "marks that were cut off": lambda whole: whole["marks"].update(LOT001="AAAA"),
    "no fingerprint": lambda whole: whole.update(fingerprint=""),
    "a device in two states": lambda whole: whole.update(undecided=[[whole["offenders"][0]["index"], "b"]]),
    "a device that is not decided twice": lambda whole: whole.update(undecided=[[0, "a"], [0, "a"]]),
    "a device that is not decided for the validators": lambda whole: whole.update(
        undecided=[[whole["drawn"][0][1], "a"]]
    ),
    "a device that is not decided beyond all": lambda whole: whole.update(undecided=[[1 << 24, "a"]]),
    "more devices than there are": lambda whole: whole.update(checked=0),
    "one offender twice": lambda whole: whole["offenders"].append(whole["offenders"][0]),
    "a number below all": lambda whole: whole["offenders"][0].update(index=-1),
    "a number beyond all": lambda whole: whole["offenders"][0].update(index=1 << 24),
    "a lead beyond all": lambda whole: whole["leads"].update(LOT005=1 << 24),
    "fewer devices than none": lambda whole: whole.update(checked=-1),
    "an offender for the validators": lambda whole: whole.update(drawn=[[1, whole["offenders"][0]["index"]]]),
    "too many for the validators": lambda whole: whole["drawn"].append([1, 4]),
    "a rank that no digest has": lambda whole: whole["drawn"][0].__setitem__(0, 1 << 64),
    "a rank below all": lambda whole: whole["drawn"][0].__setitem__(0, -1),
}


@pytest.mark.parametrize("change", CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_result_that_contradicts_itself_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    whole = plain()
    change(whole)
    with pytest.raises(MalformedError):
        QUESTION.read(whole)


def test_marks_beyond_the_number_of_devices_are_refused() -> None:
    result = judged()
    result.marks["LOT001"] = ENTRY.pack(1 << 24, 0, 0)
    with pytest.raises(MalformedError, match="numbers that no devices have"):
        QUESTION.read(plain_result(result))


@pytest.mark.parametrize("in_force", [(), [waiver("DEV001", "c")], [waiver("DEV001", "d", 7)], [waiver("DEV002", "d")]])
def test_a_waiver_that_is_not_in_force_waives_nothing(in_force: Any) -> None:
    with pytest.raises(MalformedError, match="DEV001: waivers that are not in force"):
        Question(RULES, 2, Waivers(in_force)).read(plain())


def test_a_waiver_of_another_rule_waives_nothing() -> None:
    whole = plain()
    of_other = {**tally(whole)["used"][0], "code": "DEV002"}
    tally(whole).update(used=[of_other])
    for finding in tally(whole)["findings"]:
        finding["waiver"] = finding["waiver"] and of_other
    with pytest.raises(MalformedError, match="DEV001: waivers that are not in force"):
        Question(RULES, 2, Waivers([waiver("DEV002", "d")])).read(whole)


@pytest.mark.parametrize(("kept", "is_read"), [(3, True), (2, False)])
def test_findings_are_counted_but_not_kept_only_beyond_the_limit(
    kept: int, is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk_results, "KEPT_FINDINGS", 3)
    findings = [Finding("wrong", Location("a"), level=Level.ERROR)] * kept
    many = Tally(judged=9, found=9, findings=findings, levels={Level.ERROR, Level.WARNING})
    result = judged()
    result.tallies["DEV001"], result.offenders = many, [Offender(0, "a")]
    result.drawn = []
    if is_read:
        assert QUESTION.read(plain_result(result)) == result
    else:
        with pytest.raises(MalformedError, match="DEV001: fewer findings than it counts"):
            QUESTION.read(plain_result(result))

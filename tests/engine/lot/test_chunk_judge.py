"""How the devices of one chunk are judged: what blocks what in each device, what is drawn, who takes the fast path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

import pytest

from engine.fakes import CA, file, files, lot_rule, rule, unique_rule, waiver
from fcu_conform.artefacts.device import Device, DeviceFile, Kind
from fcu_conform.artefacts.device_field import WHAT_ALL_SHARE
from fcu_conform.engine.lot import chunk_judge
from fcu_conform.engine.lot.chunk_judge import ChunkJudge, ChunkResult, Offender, in_order_of_need
from fcu_conform.engine.lot.duplicates import ENTRY
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules.model import Blocked, Finding, Level, Location, NotApplicable, Rule
from fcu_conform.rules.support.first_holders import ExactFirstHolders

WRONG = Finding("wrong")
ODD = Finding("odd", level=Level.WARNING)
ASIDE = Finding("by the way", level=Level.NOTICE)


def judged(rules: Sequence[Rule], *names: str, **options: Any) -> ChunkResult:
    return ChunkJudge(rules, CA, fast_path=False, **options).judge(files(*names))


def test_each_device_is_judged_by_each_rule() -> None:
    result = judged([rule("DEV001"), rule("DEV002", {"b": (WRONG,)})], "a", "b", "c")
    assert result.checked == 3
    assert {code: (tally.judged, tally.found) for code, tally in result.tallies.items()} == {
        "DEV001": (3, 0),
        "DEV002": (3, 1),
    }
    assert result.offenders == [Offender(1, "b")]
    (finding,) = result.tallies["DEV002"].findings
    assert (finding.location, finding.level, finding.why) == (Location("b"), Level.ERROR, "why of DEV002")


def test_output_without_a_certificate_or_a_fault_is_not_counted() -> None:
    result = ChunkJudge([rule("DEV001")], CA, fast_path=False).judge([DeviceFile("empty"), *files("a")])
    assert result.checked == 1


def test_a_finding_keeps_its_own_location() -> None:
    own = Finding("wrong", Location("key.pem", 2, 3, "x"))
    place_in_it = Finding("wrong", Location(None, 2, 3, "x"))
    result = judged([rule("DEV001", {"a": (own, place_in_it)})], "a")
    assert [finding.location for finding in result.tallies["DEV001"].findings] == [
        Location("key.pem", 2, 3, "x"),
        Location("a", 2, 3, "x"),
    ]


@pytest.mark.parametrize(
    ("said", "blocks"),
    [
        ((), False),
        ((ASIDE,), False),
        ((ODD,), True),
        ((WRONG,), True),
        ((ASIDE, ODD), True),
        ((ASIDE, WRONG), True),
        (NotApplicable("no"), False),
        (Blocked("DEV009"), True),
        (ValueError("broke"), False),
    ],
)
def test_prerequisites_of_a_rule_are_checked_for_each_device(said: Any, blocks: bool) -> None:
    needing = rule("DEV002", {"a": (WRONG,)}, needs=("DEV001",))
    tally = judged([needing, rule("DEV001", {"a": said})], "a", "b").tallies["DEV002"]
    assert (tally.judged, tally.found) == ((1, 0) if blocks else (2, 1))
    assert tally.blocked_by == ({"DEV001": 1} if blocks else {})


def test_blocking_is_passed_on_and_names_the_first_failed_rule() -> None:
    rules = [
        rule("DEV001", {"a": (WRONG,)}),
        rule("DEV002", {"a": (WRONG,)}),
        rule("DEV003", needs=("DEV004", "DEV002", "DEV001")),
        rule("DEV004"),
        rule("DEV005", needs=("DEV003",)),
    ]
    result = judged(rules, "a")
    assert {code: tally.blocked_by for code, tally in result.tallies.items()} == {
        "DEV001": {},
        "DEV002": {},
        "DEV003": {"DEV002": 1},
        "DEV004": {},
        "DEV005": {"DEV003": 1},
    }


def test_a_rule_can_name_everything_that_blocks_it() -> None:
    tally = judged([rule("DEV001", {"a": Blocked("DEV002", "DEV003"), "b": Blocked("DEV003")})], "a", "b", "c").tallies
    assert tally["DEV001"].blocked_by == {"DEV002": 1, "DEV003": 2}
    assert tally["DEV001"].judged == 1


def test_reasons_for_not_applying_are_counted() -> None:
    said = {"a": NotApplicable("no key"), "b": NotApplicable("no key"), "c": NotApplicable("no name")}
    tally = judged([rule("DEV001", said)], "a", "b", "c", "d").tallies["DEV001"]
    assert (tally.judged, tally.reasons) == (1, {"no key": 2, "no name": 1})


def test_the_first_fault_of_a_broken_rule_is_reported_and_other_rules_continue() -> None:
    rules = [rule("DEV001", {"a": ValueError("secret"), "b": KeyError("secret")}), rule("DEV002", {"a": (WRONG,)})]
    result = judged(rules, "a", "b", "c")
    assert result.tallies["DEV001"].fault.startswith("internal fault: ValueError in check")
    assert result.tallies["DEV001"].judged == 1
    assert result.offenders == [Offender(0, "a")]


@pytest.mark.parametrize(
    ("findings", "scope", "standing", "hidden"),
    [
        ((WRONG,), "*", set(), True),
        ((WRONG, ASIDE), "*", {Level.NOTICE}, True),
        ((WRONG, ODD), "cert", {Level.WARNING}, False),
        ((WRONG, ODD, ASIDE), "cert", {Level.WARNING, Level.NOTICE}, False),
        ((ODD,), "*", set(), False),
        ((ODD, ASIDE), "*", {Level.NOTICE}, False),
        ((WRONG,), "nobody", {Level.ERROR}, False),
    ],
)
def test_a_waived_error_alone_hides_a_device_from_the_rules_that_need_its_rule(
    findings: Sequence[Finding],
    scope: str,
    standing: set[Level],
    hidden: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = waiver("DEV001", scope)

    def only_errors(self: Waivers, code: str, finding: Finding, marks: Any) -> Finding:
        covered = finding.level is Level.ERROR if scope == "cert" else scope == "*" and finding.level != Level.NOTICE
        return replace(finding, waiver=given) if covered and code == "DEV001" else finding

    monkeypatch.setattr(Waivers, "apply", only_errors)
    rules = [rule("DEV001", {"a": findings}), rule("DEV002", needs=("DEV001",)), rule("DEV003", needs=("DEV002",))]
    result = judged(rules, "a")
    assert result.tallies["DEV001"].levels == standing
    for code, other in (("DEV002", "DEV001"), ("DEV003", "DEV002")):
        assert result.tallies[code].blocked_by == {other: 1}
        assert result.tallies[code].hidden_by == ({"DEV001": 1} if hidden else {})
    assert bool(result.offenders) is (Level.ERROR in standing)


def test_the_unwaived_one_of_two_errors_blocks_other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(WRONG, message="wrong too")

    def only_one(self: Waivers, code: str, finding: Finding, marks: Any) -> Finding:
        return replace(finding, waiver=waiver(code)) if finding.message == other.message else finding

    monkeypatch.setattr(Waivers, "apply", only_one)
    rules = [rule("DEV001", {"a": (WRONG, other, ASIDE)}), rule("DEV002", needs=("DEV001",))]
    result = judged(rules, "a")
    assert (result.tallies["DEV002"].blocked_by, result.tallies["DEV002"].hidden_by) == ({"DEV001": 1}, {})


@pytest.mark.parametrize(
    ("waived", "hidden"),
    [(("DEV001", "DEV002"), {"DEV001": 1, "DEV002": 1}), (("DEV001",), {}), (("DEV002",), {}), ((), {})],
)
def test_a_device_is_hidden_only_if_every_blocking_error_is_waived(
    waived: tuple[str, ...], hidden: dict[str, int]
) -> None:
    rules = [
        rule("DEV001", {"a": (WRONG,)}),
        rule("DEV002", {"a": (WRONG,)}),
        rule("DEV003", {"a": Blocked("DEV001", "DEV002")}),
        rule("DEV004", {"a": Blocked("DEV001", "DEV009")}),
    ]
    result = judged(rules, "a", waivers=Waivers(waiver(code) for code in waived))
    assert result.tallies["DEV003"].hidden_by == hidden
    assert result.tallies["DEV004"].hidden_by == {}
    assert [tally.waived for tally in result.tallies.values()] == [int(code in waived) for code in result.tallies]


def test_a_device_that_only_duplicates_another_is_distinguished() -> None:
    rules = [unique_rule("LOT001", lambda device: device.name[0]), rule("DEV001", {"b3": (WRONG,)})]
    result = judged(rules, "a1", "a2", "b1", "b2", "b3", first_holders=ExactFirstHolders)
    assert result.offenders == [Offender(1, "a2", True), Offender(3, "b2", True), Offender(4, "b3", False)]
    assert [finding.message for finding in result.tallies["LOT001"].findings] == [
        "repeats a1",
        "repeats b1",
        "repeats b1",
    ]
    assert result.marks == {}


def test_without_a_shared_store_unique_values_are_recorded_by_device_number() -> None:
    judge = ChunkJudge([unique_rule("LOT001", lambda device: device.name[0])], CA, fast_path=False)
    for names in (("a1", "a2", "b1"), ("c",)):
        result = judge.judge(files(*names))
        assert result.offenders == []
        written = [(index, value) for index, value, _ in ENTRY.iter_unpack(result.marks["LOT001"])]
        assert written == [
            (index, int.from_bytes(blake2b(name[:1].encode(), digest_size=8).digest(), "big"))
            for index, name in enumerate(names)
        ]


def test_rules_that_compare_with_the_first_device_take_the_one_they_are_given() -> None:
    rules = [lot_rule("LOT005", lambda device: device.name), lot_rule("LOT006", lambda device: device.name[0])]
    judge = ChunkJudge(rules, CA, fast_path=False)
    assert not judge.knows_its_leads
    assert [offender.index for offender in judge.judge(files("a1", "a2", "b1")).offenders] == [1, 2]
    assert judge.knows_its_leads
    assert {code: lead.name for code, lead in judge.leads.items()} == {"LOT005": "a1", "LOT006": "a1"}
    later = ChunkJudge(rules, CA, fast_path=False, leads=judge.leads)
    assert later.knows_its_leads
    assert later.leads == judge.leads
    messages = [t.findings[0].message for t in later.judge(files("b2")).tallies.values()]
    assert messages == ["is not as a1", "is not as a"]
    half = ChunkJudge(rules, CA, fast_path=False, leads={"LOT006": judge.leads["LOT006"]})
    assert not half.knows_its_leads
    assert list(half.leads) == ["LOT006"]


def test_a_rule_that_does_not_apply_to_a_device_does_not_take_it_as_the_first() -> None:
    def start(_: Any) -> Callable[[Device, Any], Sequence[Finding]]:
        def check(device: Device, _: Any) -> Sequence[Finding]:
            if device.name == "a":
                raise NotApplicable("no")
            return ()

        return check

    from dataclasses import replace

    judge = ChunkJudge([replace(lot_rule("LOT005", lambda _: ""), check=start)], CA, fast_path=False)
    judge.judge(files("a", "b", "c"))
    assert {code: lead.name for code, lead in judge.leads.items()} == {"LOT005": "b"}


def digest(data: bytes, key: bytes = b"") -> int:
    return int.from_bytes(blake2b(data, digest_size=8, key=key).digest(), "big")


@pytest.mark.parametrize("sample", [0, 1, 2, 3, 9])
def test_the_devices_of_the_smallest_digests_are_drawn(sample: int) -> None:
    names = ("a", "b", "c", "d", "e")
    result = judged([rule("DEV001", {"b": (WRONG,)})], *names, sample=sample)
    expected = sorted((digest(name.encode()), number) for number, name in enumerate(names) if name != "b")
    assert result.drawn == expected[:sample]


def test_a_seed_determines_which_devices_are_drawn() -> None:
    names = [f"d{number}" for number in range(50)]
    drawn = {seed: judged([rule("DEV001")], *names, sample=5, seed=seed).drawn for seed in (None, 0, 7, 2**64 - 1)}
    assert drawn[7] == judged([rule("DEV001")], *names, sample=5, seed=7).drawn
    key = (7).to_bytes(8, "big")
    assert drawn[7] == sorted((digest(name.encode(), key), number) for number, name in enumerate(names))[:5]
    assert len({frozenset(number for _, number in one) for one in drawn.values()}) == 4


def test_empty_output_is_not_drawn_and_a_chain_is_drawn_by_its_bytes() -> None:
    some = [file("none", b""), DeviceFile("chain", Kind.CHAIN, chain=(b"ab", b"c")), file("data", b"abc")]
    result = ChunkJudge([rule("DEV001")], CA, fast_path=False, sample=5).judge(some)
    assert result.drawn == [(digest(b"abc"), 1), (digest(b"abc"), 2)]


def test_rules_are_run_after_their_prerequisites() -> None:
    rules = [rule("DEV001", needs=("DEV003", "KEY001")), rule("DEV002"), rule("DEV003", needs=("DEV002",))]
    assert [one.code for one in in_order_of_need(rules)] == ["DEV002", "DEV003", "DEV001"]


def test_bundle_rules_judge_only_bundles() -> None:
    rules = [rule("DEV001"), rule("BDL001", {"bundle": (WRONG,)})]
    bundle = DeviceFile("bundle", Kind.BUNDLE, b"\xa0")
    result = ChunkJudge(rules, CA, fast_path=False).judge([*files("a"), bundle])
    assert {code: tally.judged for code, tally in result.tallies.items()} == {"DEV001": 2, "BDL001": 1}
    assert result.offenders == [Offender(1, "bundle")]
    assert result.checked == 2


@dataclass
class Scripted:
    """In place of the fast path: lets the devices pass whose names begin with a dash."""

    learnt: list[tuple[str, Mapping[str, str | None]]] = field(default_factory=list)
    blocks: list[tuple[int, list[str]]] = field(default_factory=list)
    reasons: Mapping[str, str | None] = field(default_factory=dict)
    count: int = 0
    by_tables: int = 0

    def __call__(self, checks: Sequence[tuple[Rule, object]], setup: object, verifier: object) -> Scripted:
        self.codes = [rule.code for rule, _ in checks]
        return self

    def match_known(self, some: Sequence[DeviceFile], first: int, _: object) -> list[bool]:
        self.blocks.append((first, [file.name for file in some]))
        return [file.name.startswith("-") for file in some]

    def learn(self, _: DeviceFile, device: Device, reasons: Mapping[str, str | None]) -> None:
        self.learnt.append((device.name, reasons))

    def take_counts(self) -> Iterator[tuple[Mapping[str, str | None], int]]:
        yield self.reasons, self.count


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    fast_path = Scripted()
    monkeypatch.setattr(chunk_judge, "FastPath", fast_path)
    return fast_path


def test_devices_on_the_fast_path_count_like_their_template(scripted: Scripted) -> None:
    scripted.reasons, scripted.count = {"DEV001": None, "DEV002": "no key"}, 2
    said = {"-b": (WRONG,), "c": NotApplicable("no key")}
    judge = ChunkJudge([rule("DEV001", {"-b": (WRONG,)}), rule("DEV002", said), rule("BDL001")], CA, sample=9)
    result = judge.judge(files("a", "-b", "c", "-d"))
    assert scripted.codes == ["DEV001", "DEV002"]
    assert (result.checked, result.offenders) == (4, [])
    assert (result.tallies["DEV001"].judged, result.tallies["DEV002"].judged) == (4, 1)
    assert result.tallies["DEV002"].reasons == {"no key": 3}
    assert sorted(index for _, index in result.drawn) == [0, 1, 2, 3]


def test_batches_grow_while_all_devices_pass(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_judge, "BLOCK", 4)
    names = ["-0", "-1", "-2", "-3", "-4", "-5", "-6", "-7", "8", "-9", "10", "-11", "-12"]
    result = ChunkJudge([rule("DEV001", {"8": (WRONG,), "10": (WRONG,)})], CA).judge(files(*names))
    assert scripted.blocks == [
        (0, ["-0"]),
        (1, ["-1", "-2"]),
        (3, ["-3", "-4", "-5", "-6"]),
        (7, ["-7", "8", "-9", "10"]),
        (11, ["-11"]),
        (12, ["-12"]),
    ]
    assert result.offenders == [Offender(8, "8"), Offender(10, "10")]
    assert result.checked == 13


@pytest.mark.parametrize(
    ("said", "more", "learns"),
    [
        ((), {}, True),
        (NotApplicable("no"), {}, True),
        ((ASIDE,), {}, False),
        ((ASIDE,), {"looks_at": WHAT_ALL_SHARE}, True),
        ((ODD,), {}, False),
        ((ODD,), {"looks_at": WHAT_ALL_SHARE}, False),
        ((WRONG,), {}, False),
        (Blocked("DEV009"), {}, False),
        (ValueError(), {}, False),
    ],
)
def test_the_fast_path_learns_only_from_devices_without_findings_above_a_notice(
    said: Any, more: dict[str, Any], learns: bool, scripted: Scripted
) -> None:
    ChunkJudge([rule("DEV001", {"a": said}, **more), rule("DEV002")], CA).judge(files("a"))
    reason = "no" if isinstance(said, NotApplicable) else None
    assert scripted.learnt == ([("a", {"DEV001": reason, "DEV002": None})] if learns else [])


def test_nothing_is_learnt_without_a_fast_path(scripted: Scripted) -> None:
    assert ChunkJudge([rule("DEV001")], CA, fast_path=False).judge(files("a", "-b")).checked == 2
    assert (scripted.learnt, scripted.blocks) == ([], [])

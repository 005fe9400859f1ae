"""The drill: what has to be removed, who goes dark, what is asked of whom, in both readings of the portal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from artefacts.makers import AT, der, make_certificate, make_key, pem
from cryptography import x509

from engine.drill.worlds import World, panel, theft_in
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.portal_state import read_portal_state
from fcu_conform.artefacts.setup import read_setups
from fcu_conform.engine.drill.drill import Drill
from fcu_conform.engine.drill.portal import entries_of_state, entries_of_uploads
from fcu_conform.engine.drill.shapes import count_shapes
from fcu_conform.engine.drill.stand_ins import StandIns
from fcu_conform.engine.validator_panel import ValidatorPanel
from fcu_conform.rules.model import NotApplicable
from fcu_conform.rules.support.theft import Reading, Removal, State, draw_removal
from fcu_conform.validators.model import Answer, Question, ValidatorFault
from fcu_conform.validators.registry import select

A, B = "line-1", "line-2"
ONE = "keystore"
"""What a line that is alone is called."""


def laid_out(folder: Path, *places: str, depth: int = 2, second_root: str = "ROOT 2") -> World:
    world = World(places, depth, second_root)
    world.lay_out(folder)
    return world


def names(removal: Removal) -> list[str]:
    return [entry.name for entry in removal.remove]


def test_lines_under_roots_of_their_own_are_shut_out_one_by_one(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "ROOT 1", "ROOT 2")
    theft = theft_in(world, tmp_path, A)
    assert theft.is_clean
    for removal in theft.removals:
        assert names(removal) == ["upload of line-1"]
        assert (removal.before, removal.after) == (
            {A: State.ONLINE, B: State.ONLINE},
            {A: State.OUT, B: State.ONLINE},
        )


def test_lines_under_one_intermediate_share_an_upload_at_depth_2(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "INT 1", "INT 1")
    for removal in theft_in(world, tmp_path, A).removals:
        assert names(removal) == ["upload of line-1, line-2"]
        assert (removal.is_shut_out, removal.dark, removal.is_clean) == (True, (B,), False)


def test_an_intermediate_of_its_own_is_enough_where_the_lowest_alone_is_trusted(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "INT 1", "INT 2", second_root="ROOT 1")
    whole, lowest = theft_in(world, tmp_path, A).removals
    assert (names(whole), whole.dark) == (["upload of line-1", "upload of line-2"], (B,))
    assert (names(lowest), lowest.dark, lowest.is_clean) == (["upload of line-1"], (), True)
    assert lowest.set_aside == ("openssl",)


def test_the_other_upload_lets_a_thief_in_at_depth_1(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "INT 1", "INT 1", depth=1)
    whole, lowest = theft_in(world, tmp_path, A).removals
    assert [entry.name for entry in whole.others] == ["upload of line-2"]
    assert (names(lowest), lowest.others) == (["upload of line-1"], ())


def test_a_line_that_was_not_online_before_does_not_go_dark(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "ROOT 1", "ROOT 2")
    removal = theft_in(world, tmp_path, A, uploaded=[A]).removals[0]
    assert (removal.before[B], removal.after[B], removal.dark) == (State.OUT, State.OUT, ())
    assert "not online today" in draw_removal(removal)[-2]


def test_a_key_that_nobody_vouches_for_needs_no_removal(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "ROOT 1", "ROOT 2")
    for removal in theft_in(world, tmp_path, A, uploaded=[B]).removals:
        assert (removal.remove, removal.is_shut_out, removal.after[B]) == ((), True, State.ONLINE)


def test_lines_of_another_service_are_not_looked_at(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "INT 1", "INT 1")
    config = tmp_path / B / "config/fcu.yml"
    config.write_text(config.read_text().replace("use-bootstrap: true", "use-bootstrap: false"))
    drill = Drill(world.setups(tmp_path), panel())
    assert [entry.service for entry in drill.entries] == ["bootstrap", "lwm2m"]
    theft = drill.theft(A)
    assert (list(theft.removals[0].before), theft.is_clean) == ([A], True)


def test_an_entry_of_the_account_is_completed_from_the_lines(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "INT 1")
    chain = [der(one) for one in world.upload(ONE)]
    for text in (pem(*world.upload(ONE)[:1]), pem(*world.upload(ONE)), pem(*reversed(world.upload(ONE)))):
        entry = {"name": "x", "service": "bootstrap", "certificate": text.decode()}
        content = {"format": "fcu-conform portal state", "format_version": 1, "trusted_certificates": [entry]}
        (tmp_path / "account.json").write_text(json.dumps(content))
        (found,) = entries_of_state(read_portal_state(tmp_path / "account.json"), world.setups(tmp_path))
        assert [one.raw for one in found.certificates] == chain
        assert [one.raw for one in found.anchors(Reading.LOWEST)] == chain[:1]
        assert (found.name, found.lines) == ("entry x", (ONE,))


def test_an_entry_that_cannot_be_read_stops_the_drill(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "INT 1")
    path = world.write_state(tmp_path, [ONE])
    path.write_text(path.read_text().replace("MII", "AAA", 1))
    setups = read_setups([tmp_path / ONE / "keystore"], at=AT, portal_state=read_portal_state(path))
    with pytest.raises(NotApplicable, match="the certificate of the entry 'keystore' cannot be read"):
        Drill(setups, panel())


def test_a_device_that_carries_the_whole_chain_leaves_the_root(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "INT 1", depth=3)
    config = tmp_path / ONE / "config/fcu.yml"
    config.write_text(config.read_text().replace("depth: 3", "depth: 4"))
    (entry,) = entries_of_uploads(world.setups(tmp_path))
    assert [str(one.subject) for one in entry.certificates] == ["CN=ROOT 1"]


def test_no_depth_no_drill(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "INT 1")
    (tmp_path / ONE / "config/fcu.yml").write_text("use-bootstrap: true\n")
    with pytest.raises(NotApplicable, match="its chain depth is unknown"):
        Drill(world.setups(tmp_path), panel())


class Counting:
    """A validator that accepts everybody, or refuses or fails, and counts its questions."""

    stands_for, acceptance_counts = "a test", True

    def __init__(self, name: str, *, fails: bool = False) -> None:
        self.name, self.fails, self.questions = name, fails, 0

    def version(self) -> str:
        return "1"

    def ask(self, question: Question) -> Answer:
        self.questions += 1
        if self.fails:
            raise ValidatorFault("broke")
        return Answer(accepted=True)


def test_a_thief_that_one_validator_accepts_is_not_shut_out(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "ROOT 1", "ROOT 2")
    generous = Counting("generous")
    drill = Drill(world.setups(tmp_path), ValidatorPanel([*select("cryptography"), generous], AT))
    removal = drill.theft(A).removals[0]
    assert names(removal) == ["upload of line-1", "upload of line-2"]


def test_a_validator_that_does_not_answer_leaves_the_thief_open(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "ROOT 1", "ROOT 2")
    drill = Drill(world.setups(tmp_path), ValidatorPanel([*select("cryptography"), Counting("mute", fails=True)], AT))
    removal = drill.theft(A).removals[0]
    assert (removal.thief, removal.is_shut_out, removal.after[B]) == (State.UNKNOWN, False, State.ONLINE)


def test_devices_of_one_shape_are_asked_about_once(tmp_path: Path) -> None:
    world = laid_out(tmp_path, "ROOT 1")
    fcu = Certificate(der(world.chain(ONE)[0]))

    def device(number: int, *rest: Certificate) -> Device:
        made = make_certificate(f"d{number}", f"FCU {ONE}", key=make_key("device"), serial=number, extensions=[])
        return Device(f"d{number}.pem", certificates=(Certificate(der(made)), *rest))

    devices = [*(device(number, fcu) for number in range(1, 31)), device(31), Device("unreadable.pem")]
    lot = count_shapes(devices)
    assert ([shape.count for shape in lot.shapes], lot.count) == ([30, 1], 31)
    few, many = Counting("few"), Counting("many")
    for asked, lots in ((few, {ONE: count_shapes(devices[:2])}), (many, {ONE: count_shapes(devices[:30])})):
        Drill(world.setups(tmp_path), ValidatorPanel([asked], AT), lots).theft(ONE)
    assert few.questions == many.questions
    removal = Drill(world.setups(tmp_path), panel(), {ONE: lot}).theft(ONE).removals[0]
    assert removal.before[ONE] is State.OPEN  # the one without FCU's certificate is out
    assert removal.after[ONE] is State.OUT


def test_devices_made_since_an_instant_are_counted_and_named(tmp_path: Path) -> None:
    start = Certificate(der(make_certificate("d", "FCU"))).not_before.instant
    devices = [Device(f"{n}.pem", certificates=(Certificate(der(make_certificate("d", "FCU"))),)) for n in range(30)]
    lot = count_shapes(devices, start)
    assert (lot.made_since, len(lot.names), lot.names[0]) == (30, 20, "0.pem")
    assert count_shapes(devices, start.replace(microsecond=1)).made_since == 0


def stand_ins(*certificates: x509.Certificate) -> tuple[list[Certificate], StandIns]:
    read = [Certificate(der(one)) for one in certificates]
    return read, StandIns(read)


def verifies(chain: Sequence[Certificate]) -> bool:
    pairs = zip(chain, [*chain[1:], chain[-1]], strict=True)
    return all(one.signed_by(issuer.public_key) for one, issuer in pairs)


def test_a_stand_in_has_the_same_fields_under_another_key() -> None:
    read, made = stand_ins(*World(("INT 1",), 2).chain(ONE))
    chain = made.all_of(read)
    assert verifies(chain)
    for own, other in zip(read, chain, strict=True):
        assert (own.subject.der, own.issuer.der, own.not_after, own.extensions) == (
            other.subject.der,
            other.issuer.der,
            other.not_after,
            other.extensions,
        )
        assert own.public_key.der != other.public_key.der
    device = made.device(read[0])
    assert device.signed_by(chain[0].public_key)
    assert not device.signed_by(read[0].public_key)


def test_a_thief_uses_every_certificate_of_the_key_and_of_those_above() -> None:
    chain = World(("INT 1",), 2).chain(ONE)
    crossed = make_certificate("INT 1", "ROOT 2", serial=77)
    read, made = stand_ins(*chain, crossed, make_certificate("ROOT 2"))
    paths = [[str(one.subject) for one in path] for path in made.paths(read[0])]
    assert paths == [["CN=FCU keystore", "CN=INT 1", "CN=ROOT 1"], ["CN=FCU keystore", "CN=INT 1", "CN=ROOT 2"]]

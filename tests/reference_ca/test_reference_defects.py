"""Defects as a library: by name, put into any setup that fits, the same bytes from the same seed."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from pathlib import Path

import pytest

from fcu_conform import check
from fcu_conform.artefacts.enrollment.comparison import compare_enrollment
from fcu_conform.engine.evaluate_enrollment import judge_enrollment
from reference_ca import KeySource
from reference_ca.defects import (
    DEFECTS,
    FAMILIES,
    NEAR_MISSES,
    Defect,
    ExpectedFinding,
    FactorySetup,
    Needs,
    SetupParameters,
)
from reference_ca.defects.model import defect, near_miss

AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
ALL = [*DEFECTS.values(), *NEAR_MISSES.values()]
SHAPES = (
    SetupParameters(),
    SetupParameters(length=1, depth=1),
    SetupParameters(length=1, depth=1, devices=1, form="cbor", upload=True),
    SetupParameters(length=2, devices=2, upload=True),
    SetupParameters(length=3, depth=3, devices=2, mode="lwm2m"),
    SetupParameters(length=4, depth=2, devices=2, upload=True, external=True),
    SetupParameters(length=4, depth=4, devices=1, form="cbor", upload=True),
    SetupParameters(length=5, depth=1, devices=3, form="der", upload=True, critical=False),
    SetupParameters(length=5, depth=5, devices=2, upload=True),
    SetupParameters(length=6, depth=2, devices=2, form="cbor", mode="lwm2m"),
    SetupParameters(length=12, depth=2, devices=1, upload=True),
    SetupParameters(length=4, depth=2, devices=3, enrollment=True),
)


def by_name(one: Defect) -> str:
    return one.name


def told(setup: FactorySetup, folder: Path) -> set[str]:
    """The codes of the errors and warnings that are told of a setup."""
    setup.write(folder)
    instances = [setup, *setup.others]
    report = check(
        [folder / (each.folder + "keystore") for each in instances],
        at=AT,
        devices=[folder / "devices"] if setup.devices else [],
        portal_upload=[folder / (each.folder + "upload.pem") for each in instances] if setup.parameters.upload else [],
        validators=(),
    )
    codes = {result.code for result, finding in report.findings() if str(finding.level.value) != "notice"}
    if setup.parameters.enrollment:
        comparison = compare_enrollment([str(folder / "enroll.csv")], report.setups[0].devices)
        codes |= {result.code for result in judge_enrollment(comparison, "enroll.csv") if result.findings}
    return codes


def test_there_are_defects_of_every_family_and_each_module_registers_some() -> None:
    assert len(DEFECTS) >= 300
    assert len(NEAR_MISSES) >= 90
    families = {code[:3] for one in DEFECTS.values() for code in one.breaks}
    assert families == {"CFG", "KEY", "CSR", "CRT", "CHN", "DEV", "BDL", "UPL", "LOT", "ENR"}
    changes = {one.change.__module__ for one in ALL}
    assert changes == {module.__name__ for module in FAMILIES}


def test_every_name_consists_of_words_and_every_story_is_a_sentence() -> None:
    for one in ALL:
        assert one.name == one.name.strip("-").lower()
        assert one.story[0].isupper() or one.story.split()[0] in {"fcu.crt", "fcu.yml", "openssl's"} or "." in one.story
        assert one.story.endswith(".")
    assert len({one.story for one in ALL}) == len(ALL)


def test_a_defect_breaks_a_rule_and_an_oddity_does_not() -> None:
    assert [one.name for one in DEFECTS.values() if not one.expected] == []
    assert [one.name for one in NEAR_MISSES.values() if any(place.level == "error" for place in one.expected)] == []
    assert [one.name for one in NEAR_MISSES.values() if not one.about] == []


@pytest.mark.parametrize("parameters", SHAPES, ids=str)
def test_a_setup_without_a_defect_has_no_error(parameters: SetupParameters, tmp_path: Path) -> None:
    FactorySetup(parameters, KeySource("sound", at=AT)).write(tmp_path / "made")
    report = check(
        tmp_path / "made" / "keystore",
        at=AT,
        devices=[tmp_path / "made" / "devices"] if parameters.devices else [],
        portal_upload=[tmp_path / "made" / "upload.pem"] if parameters.upload else [],
        validators=(),
    )
    assert report.errors() == set()


@pytest.mark.parametrize("one", [one for one in DEFECTS.values() if not one.ask and not one.handshake], ids=by_name)
def test_a_defect_is_reported_in_a_setup_of_another_shape(one: Defect, tmp_path: Path) -> None:
    fitting = [parameters for parameters in SHAPES if one.needs.met_by(parameters) and parameters != one.parameters]
    parameters = random.Random(one.name).choice(fitting or [one.parameters])
    setup = one.apply(FactorySetup(parameters, KeySource("another shape", at=AT), "FCU of another line"))
    assert set(one.breaks) <= told(setup, tmp_path / "made")


def test_most_defects_fit_more_than_one_shape() -> None:
    fitting = [one for one in DEFECTS.values() if sum(one.needs.met_by(parameters) for parameters in SHAPES) > 1]
    assert len(fitting) > 0.8 * len(DEFECTS)


@pytest.mark.parametrize("one", ALL[::7], ids=by_name)
def test_a_seed_determines_the_bytes(one: Defect) -> None:
    first, again, other = (one.make(KeySource(seed, at=AT)).files() for seed in ("a", "a", "b"))
    assert first == again
    assert first.keys() == other.keys()
    assert first != other


def test_a_setup_can_be_made_for_any_instant() -> None:
    for year in (2020, 2037, 2049, 2050, 2099):
        at = datetime(year, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
        files = FactorySetup(SetupParameters(devices=1, upload=True), KeySource("clock", at=at)).files()
        assert len(files) == 7


def test_a_defect_is_refused_in_a_setup_that_it_does_not_fit() -> None:
    setup = FactorySetup(SetupParameters(length=1, depth=1), KeySource("x", at=AT))
    before = setup.files()
    with pytest.raises(ValueError, match=r"^root-before-intermediate: cannot be put into self-signed$"):
        DEFECTS["root-before-intermediate"].apply(setup)
    assert setup.files() == before


@pytest.mark.parametrize(
    ("needs", "parameters", "met"),
    [
        (Needs(), SetupParameters(), True),
        (Needs(length=4), SetupParameters(), False),
        (Needs(longest=2), SetupParameters(), False),
        (Needs(length=3, longest=3), SetupParameters(), True),
        (Needs(depth=3), SetupParameters(), False),
        (Needs(deepest=1), SetupParameters(), False),
        (Needs(depth=2, deepest=2), SetupParameters(), True),
        (Needs(devices=1), SetupParameters(), False),
        (Needs(devices=1), SetupParameters(devices=2), True),
        (Needs(most_devices=0), SetupParameters(devices=1), False),
        (Needs(most_devices=0), SetupParameters(), True),
        (Needs(form="cbor"), SetupParameters(form="pem"), False),
        (Needs(upload=True), SetupParameters(), False),
        (Needs(upload=False), SetupParameters(upload=True), False),
        (Needs(mode="lwm2m"), SetupParameters(), False),
        (Needs(external=False), SetupParameters(external=True), False),
    ],
)
def test_requirements_of_a_defect_are_compared_with_the_setup(
    needs: Needs, parameters: SetupParameters, met: bool
) -> None:
    assert needs.met_by(parameters) is met


def test_a_duplicate_name_and_a_missing_story_are_refused() -> None:
    def root_missing(s: FactorySetup) -> None:
        """Once more."""

    def without_a_story(s: FactorySetup) -> None:
        s.crt.clear()

    def elsewhere(s: FactorySetup) -> None:
        """It is shown in a setup that it does not fit."""

    with pytest.raises(ValueError, match="root-missing is there already"):
        defect(ExpectedFinding("CHN005"))(root_missing)
    with pytest.raises(ValueError, match="without-a-story: has no story"):
        near_miss(about="CHN005")(without_a_story)
    with pytest.raises(ValueError, match="elsewhere: has no story, or is shown in a setup that it does not fit"):
        defect(ExpectedFinding("CHN005"), needs=Needs(length=9))(elsewhere)
    assert "elsewhere" not in DEFECTS


def test_a_shape_is_named_after_its_unusual_settings() -> None:
    assert str(SetupParameters()) == "chain-of-3"
    assert str(SetupParameters(length=1, depth=1, devices=2, form="cbor")) == "self-signed-devices-cbor"
    assert str(SetupParameters(depth=1, devices=5, upload=True, mode="lwm2m", external=True, critical=False)) == (
        "chain-of-3-depth-1-5-devices-upload-lwm2m-external-as-fcu"
    )


def test_the_chain_is_drawn_from_the_device_to_the_root() -> None:
    source = KeySource("drawn", at=AT)
    assert FactorySetup(SetupParameters(), source).drawing() == "device -> FCU line 1 | INT_CA 1 -> ROOT_CA"
    assert FactorySetup(SetupParameters(length=1, depth=1), source).drawing() == "device | FCU line 1"
    assert DEFECTS["root-missing"].make(source).drawing() == "device -> FCU line 1 | INT_CA 1 -> ?"
    swapped = DEFECTS["root-before-intermediate"].make(source, length=4).drawing()
    assert swapped == "device -> FCU line 1 | INT_CA 1, ROOT_CA, INT_CA 2 -> ?"
    assert "(no name)" in DEFECTS["root-without-name"].make(source).drawing()


def test_private_keys_are_written_for_their_owner_alone(tmp_path: Path) -> None:
    DEFECTS["key-backup"].make(KeySource("x", at=AT)).write(tmp_path / "made")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "made" / "keystore").iterdir()}
    assert modes["fcu_private_key.pem"] == modes["fcu_private_key.pem.bak"] == 0o600
    assert (tmp_path / "made" / "keystore").stat().st_mode & 0o777 == 0o700

"""Sound setups drawn at random never have an error; a defect put into one of them is always reported."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from fcu_conform.validators.registry import CORE, available
from properties.drawing import AT, describe, judge, shapes, sound
from reference_ca import KeySource
from reference_ca.defects import DEFECTS, NEAR_MISSES, Defect, FactorySetup, SetupParameters

BY_RUN = ("SYS", "ENR", "CHN013", "DEV024", "DEV025", "KEY010", "KEY011", "UPL007", "UPL008")
"""What needs validators, other programs, commands or options of the run is proven elsewhere."""

LINEAGES = ",".join(validator.name for validator in available() if validator.name in CORE)
"""Those that are asked about sound setups: in this process, so that ten thousand of them are no matter of hours."""

TELLING = [d for d in DEFECTS.values() if d.breaks and not any(code.startswith(BY_RUN) for code in d.breaks)]


@given(sound())
def test_a_sound_setup_has_no_error(setup: FactorySetup) -> None:
    note(describe(setup))
    with tempfile.TemporaryDirectory() as name:
        judged = judge(setup, Path(name) / "setup", LINEAGES)
        assert judged.errors == frozenset(), [str(f) for _, f in judged.report.findings()]
        assert judged.report.verdict.value == "conformant"


@st.composite
def fitting(draw: st.DrawFn, kinds: list[Defect]) -> tuple[Defect, SetupParameters, bytes]:
    """One of the kinds, and a setup that it can be put into: as it is shown, but for what it does not mind."""
    kind = draw(st.sampled_from(kinds))
    needs, shown = kind.needs, kind.parameters
    length = draw(st.integers(needs.length, max(needs.length, min(needs.longest or 6, 6))))
    parameters = draw(
        shapes(
            length=max(length, shown.depth if shown.depth > 2 else 1),
            devices=shown.devices,
            form=shown.form,
            upload=shown.upload,
            mode=shown.mode,
            external=shown.external and length > 1,
            critical=shown.critical,
        )
        .map(lambda parameters: replace(parameters, enrollment=shown.enrollment))
        .filter(needs.met_by)
    )
    return kind, parameters, draw(st.binary(min_size=8, max_size=8))


@given(fitting(TELLING))
def test_a_defect_is_reported_in_any_setup_that_can_have_it(drawn: tuple[Defect, SetupParameters, bytes]) -> None:
    defect, parameters, seed = drawn
    note(f"{defect.name} in {parameters}")
    with tempfile.TemporaryDirectory() as name:
        judged = judge(defect.apply(FactorySetup(parameters, KeySource(seed, at=AT))), Path(name) / "setup")
    assert set(defect.breaks) <= judged.named


@given(fitting(list(NEAR_MISSES.values())))
def test_an_oddity_is_not_an_error_in_any_setup_that_can_have_it(drawn: tuple[Defect, SetupParameters, bytes]) -> None:
    near_miss, parameters, seed = drawn
    note(f"{near_miss.name} in {parameters}")
    with tempfile.TemporaryDirectory() as name:
        judged = judge(near_miss.apply(FactorySetup(parameters, KeySource(seed, at=AT))), Path(name) / "setup")
    assert judged.errors == frozenset(), [str(f) for _, f in judged.report.findings()]


@pytest.mark.parametrize("defect", TELLING, ids=lambda defect: defect.name)
def test_a_defect_is_reported_in_its_example_setup(defect: Defect, tmp_path: Path) -> None:
    judged = judge(defect.make(KeySource("shown", at=AT)), tmp_path / "setup")
    assert set(defect.breaks) <= judged.named


def test_most_defects_are_detected_without_validators() -> None:
    assert len(TELLING) > 0.9 * len(DEFECTS)

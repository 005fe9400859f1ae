"""Two defects in one setup: which of the rules that tell of each alone still tell of it beside the other.

python -m independence     # from tests/: tries every two defects, and says what is hidden without a reason
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path

from fcu_conform import UsageError, check
from fcu_conform.rules.model import Level
from reference_ca import KeySource
from reference_ca.defects import DEFECTS, Defect, FactorySetup, SetupParameters

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).with_name("hiding.toml")
JUDGED_AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
SEED = "two at a time"

APART = (UsageError, ValueError, LookupError, TypeError, AttributeError, StopIteration)
"""What is raised where two defects do not go together: the one takes away what the other changes."""


SECOND_INSTANCES = frozenset({"key-shared-by-instances", "subject-shared-by-instances"})
"""Defects that each put the same second instance beside the first."""


@dataclass(frozen=True)
class Hidden:
    """A rule's code that is told of the defect ``victim`` alone, and not where ``hider`` is there too."""

    hider: str
    victim: str
    code: str

    def __str__(self) -> str:
        return f"{self.hider} keeps {self.code} from being told of {self.victim}"


@dataclass(frozen=True)
class Row:
    """One row of the table: what hides what, and why."""

    by: tuple[str, ...]
    of: tuple[str, ...]
    reason: str

    def excuses(self, hidden: Hidden) -> bool:
        """The row gives the reason for this."""
        by = {hidden.hider, *DEFECTS[hidden.hider].breaks}
        return not by.isdisjoint(self.by) and not {hidden.victim, hidden.code, hidden.code[:3]}.isdisjoint(self.of)


@cache
def table() -> tuple[Row, ...]:
    """The rows, as they stand in the file."""
    rows = tomllib.loads(TABLE.read_text("utf-8"))["hides"]
    return tuple(Row(tuple(row["by"]), tuple(row["of"]), row["reason"]) for row in rows)


def unexcused(hidden: list[Hidden]) -> list[str]:
    """What is hidden without a reason."""
    return [str(one) for one in hidden if not any(row.excuses(one) for row in table())]


def representatives() -> list[str]:
    """One defect for each rule that some defect breaks."""
    first: dict[str, str] = {}
    for defect in DEFECTS.values():
        for code in defect.breaks[:1]:
            first.setdefault(code, defect.name)
    return list(first.values())


def common_shape(one: Defect, other: Defect) -> SetupParameters | None:
    """A setup that both defects fit into; None where there is none."""
    if {one.name, other.name} <= SECOND_INSTANCES:
        return None
    names = ("length", "depth", "devices", "upload")
    largest = {name: max(getattr(one.parameters, name), getattr(other.parameters, name)) for name in names}
    assert {field.name for field in fields(SetupParameters)} >= set(names)
    for base in (one.parameters, other.parameters):
        for shape in (base, replace(base, **largest)):
            if one.needs.met_by(shape) and other.needs.met_by(shape):
                return shape
    return None


def couples(names: list[str]) -> Iterator[tuple[str, str]]:
    """The defects in pairs, each in one of them, as far as another one is left that fits into the same setup."""
    left = list(names)
    while left:
        one = left.pop(0)
        # From the middle on, so that the two are seldom of one family.
        for other in (*left[len(left) // 2 :], *left[: len(left) // 2]):
            if common_shape(DEFECTS[one], DEFECTS[other]) is not None:
                left.remove(other)
                yield one, other
                break


@lru_cache(maxsize=4096)
def told(names: tuple[str, ...], shape: SetupParameters) -> frozenset[str]:
    """The codes of the rules that say an error or a warning of a setup with these defects.

    Raises one of `APART` where they do not go together.
    """
    folder = Path(tempfile.mkdtemp(prefix="fcu-pair-"))
    try:
        setup = FactorySetup(shape, KeySource(SEED, at=JUDGED_AT))
        for name in names:
            DEFECTS[name].apply(setup)
        setup.write(folder)
        instances = [folder / setup.folder, *(folder / other.folder for other in setup.others)]
        uploads = [instance / "upload.pem" for instance in instances]
        report = check(
            [instance / "keystore" for instance in instances],
            at=JUDGED_AT,
            devices=[instances[0] / "devices"] if shape.devices and not setup.others else [],
            portal_upload=uploads if shape.upload and all(path.exists() for path in uploads) else [],
            validators="none",
        )
        return frozenset(r.code for r, finding in report.findings() if finding.level is not Level.NOTICE)
    finally:
        shutil.rmtree(folder)


def hidden_in(one: str, other: str) -> list[Hidden] | None:
    """What the one defect keeps from being told of the other, both ways; None where they do not go together.

    What is told where they are made in the other order is not hidden: the later change has undone the earlier one.
    """
    shape = common_shape(DEFECTS[one], DEFECTS[other])
    if shape is None:
        return None
    alone = {name: told((name,), shape) for name in (one, other)}
    hidden: list[Hidden] | None = None
    for order in ((one, other), (other, one)):
        try:
            both = told(order, shape)
        except APART:
            continue
        found = [
            Hidden(hider, victim, code)
            for hider, victim in ((one, other), (other, one))
            for code in DEFECTS[victim].breaks
            if code in alone[victim] and code not in both
        ]
        hidden = found if hidden is None else [each for each in hidden if each in found]
        if not hidden:
            break
    return hidden


def main(names: list[str]) -> int:
    """Tries every two of some defects; says what is hidden without a reason, and which rows excuse nothing."""
    needed: set[Row] = set()
    faults = tried = 0
    for one, other in combinations(names, 2):
        found = hidden_in(one, other)
        tried += found is not None
        for line in unexcused(found or []):
            faults += 1
            print(line, flush=True)
        needed |= {row for row in table() for hidden in found or () if row.excuses(hidden)}
    for row in table():
        if row not in needed:
            print(f"excuses nothing: {', '.join(row.by)} of {', '.join(row.of)}")
    print(f"{tried} pairs tried, {faults} faults are hidden without a reason")
    return 1 if faults else 0

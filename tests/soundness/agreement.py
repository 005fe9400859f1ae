"""How much of a corpus a run takes, and what readers and rules say of it, side by side.

An ordinary run draws a few cases, always the same ones. ``SOUNDNESS_CASES=200000 SOUNDNESS_SEED=7 pytest -s
tests/soundness -k drawn`` draws as many of each kind, and shows the counts.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Evidence

CASES = "SOUNDNESS_CASES"
SEED = "SOUNDNESS_SEED"


def cases(kind: str, usual: int) -> Iterator[Random]:
    """A source of randomness for each case; each case's own, so that one can be drawn again alone."""
    seed = os.environ.get(SEED, "0")
    for number in range(int(os.environ.get(CASES, usual))):
        yield Random(f"{kind} {seed} {number}")


@dataclass
class Agreement:
    """Counts of what passes and is accepted, and of what is refused; each kind of disagreement with an example."""

    kind: str
    passed: int = 0
    refused: int = 0
    stricter: Counter[str] = field(default_factory=Counter)
    missed: dict[str, str] = field(default_factory=dict)
    unexplained: dict[str, str] = field(default_factory=dict)

    def add(self, example: str, refusals: Mapping[str, str], errors: Mapping[str, str]) -> None:
        """One case: by reader why it refuses it, by code what the rules find."""
        if not errors:
            self.passed += 1
            if refusals:
                self.missed.setdefault(_kind_of(refusals), example)
        else:
            self.refused += 1
            if not refusals:
                self._take_stricter(example, errors)

    def _take_stricter(self, example: str, errors: Mapping[str, str]) -> None:
        for code, message in errors.items():
            self.stricter[code] += 1
            if {source.evidence for source in CATALOGUE[code].sources} == {Evidence.INFERRED}:
                self.unexplained.setdefault(f"{code} {message}", example)

    def hold(self) -> None:
        """Shows the counts; fails where a reader refuses what passes, or where nothing backs an error of ours alone."""
        print(f"\n{self.kind}: {self.passed} passed and were read by all, {self.refused} were refused by rules")
        for code, count in sorted(self.stricter.items()):
            sources = "; ".join(map(str, CATALOGUE[code].sources))
            print(f"  {code}: {count} of them were read by all ({sources})")
        assert not self.missed, self.missed
        assert not self.unexplained, self.unexplained
        assert self.passed
        assert self.refused


def _kind_of(refusals: Mapping[str, str]) -> str:
    """The refusals without numbers, so that the same fault elsewhere is the same kind."""
    return re.sub(r"\d+", "N", "; ".join(f"{reader}: {words}" for reader, words in refusals.items()))

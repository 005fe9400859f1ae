"""One case of fixtures/: how it is made, how it is run, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fcu_conform.rules import CATALOGUE
from reference_ca import KeySource
from reference_ca.defects import ExpectedFinding, FactorySetup


@dataclass(frozen=True)
class Case:
    """One folder of fixtures/.

    ``name`` is its path there: the family of the rule that it is about, or ``sound``, and its own name. ``about`` is
    that rule's code, ``edit`` the defect or near miss that makes it differ from ``baseline``. ``only`` restricts the
    run to some rules, ``commands`` are validators of the case's own: Python scripts by name; ``waivers`` is a file of
    waivers, ``within`` how far ahead the rules about what ends look, ``account`` whether there is an account.json,
    ``stolen`` the lines whose keys are said to be stolen, ``since`` the instant of that.
    """

    name: str
    story: str
    about: str
    places: tuple[ExpectedFinding, ...]
    make: Callable[[KeySource], FactorySetup]
    edit: str = ""
    baseline: str = ""
    ask: tuple[str, ...] = ()
    handshake: bool = False
    only: tuple[str, ...] = ()
    commands: Mapping[str, str] = field(default_factory=dict)
    waivers: str = ""
    within: str = ""
    account: bool = False
    stolen: tuple[str, ...] = ()
    since: str = ""

    @property
    def clause(self) -> str:
        """Document, section and facts that the case turns on."""
        return CATALOGUE[self.about].source

    @property
    def verdict(self) -> str:
        """What the whole run says, published keys apart."""
        errors = [place.code for place in self.places if place.level == "error"]
        if "SYS001" in errors:
            return "nothing-checked"
        if any(not code.startswith("SYS") and f'"{code}"' not in self.waivers for code in errors):
            return "non-conformant"
        return "incomplete" if errors else "conformant"

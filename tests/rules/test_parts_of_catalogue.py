"""A catalogue for a run has the rules that have something to judge there, and is all that is imported for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import fcu_conform.rules
from fcu_conform.rules import CATALOGUE, catalogue
from fcu_conform.rules.family import Family
from fcu_conform.rules.model import Scope

PROGRAM = """
import json, sys
from fcu_conform.rules import catalogue
codes = [rule.code for rule in catalogue(**json.loads(sys.argv[1]))]
loaded = [name.removeprefix("fcu_conform.rules.") for name in sys.modules if name.startswith("fcu_conform.rules.")]
print(json.dumps([codes, loaded]))
"""
EVERY = (
    "devices",
    "upload",
    "validators",
    "handshake",
    "waivers",
    "enrollment",
    "account",
    "horizon",
    "thefts",
    "declared",
)


def scoped(*scopes: Scope) -> set[str]:
    return {rule.code for rule in CATALOGUE if rule.scope in scopes}


def family(*names: str) -> set[str]:
    return {rule.code for rule in CATALOGUE if rule.family in names}


def left_out(*without: str) -> set[str]:
    """The rules that a catalogue without these parts lacks."""
    codes: set[str] = set()
    if "devices" in without:
        codes |= family("DEV", "BDL", "LOT") - scoped(Scope.INSTANCES)
    if "upload" in without:
        codes |= family("UPL")
    if "validators" in without:
        codes |= scoped(Scope.PATH, Scope.DEVICE_PATH)
    if "handshake" in without:
        codes |= scoped(Scope.HANDSHAKE)
    if "waivers" in without:
        codes |= scoped(Scope.WAIVERS)
    if "enrollment" in without:
        codes |= scoped(Scope.ENROLLMENT)
    if "horizon" in without:
        codes |= family("EXP")
    if {"thefts", "validators"} & set(without):
        codes |= scoped(Scope.THEFT)
    if "declared" in without:
        codes |= {"DRL003", "DRL004", "DRL005"}
    if "account" in without:
        codes |= family("PTL")
    if {"validators", "handshake", "account"} <= set(without):
        codes |= {"SYS002"}
    return codes


COMBINATIONS = [
    (),
    ("devices",),
    ("upload",),
    ("validators",),
    ("handshake",),
    ("waivers",),
    ("enrollment",),
    ("account",),
    ("horizon",),
    ("thefts",),
    ("declared",),
    ("validators", "handshake", "account"),
    ("devices", "upload"),
    EVERY,
]


@pytest.mark.parametrize("without", COMBINATIONS, ids=" ".join)
def test_a_part_of_the_catalogue_omits_rules_without_a_subject(without: tuple[str, ...]) -> None:
    part = {rule.code for rule in catalogue(**dict.fromkeys(without, False))}
    assert set(CATALOGUE) - {rule for rule in CATALOGUE if rule.code in part} == {
        rule for rule in CATALOGUE if rule.code in left_out(*without)
    }


def test_parts_of_the_catalogue_are_not_empty() -> None:
    assert {rule.family for rule in CATALOGUE} == set(Family)
    assert scoped(Scope.PATH) == {"CHN013"}
    assert scoped(Scope.DEVICE_PATH) == {"DEV024"}
    assert scoped(Scope.HANDSHAKE) == {"DEV025"}
    assert scoped(Scope.THEFT) == {f"DRL00{number}" for number in range(1, 6)}
    assert scoped(Scope.RUN) == {"SYS001", "SYS002"}
    assert scoped(Scope.WAIVERS) == {"SYS003", "SYS004", "SYS005", "SYS006", "SYS007"}
    assert scoped(Scope.ENROLLMENT) == family("ENR") == {"ENR001", "ENR002", "ENR003", "ENR004"}
    of_account = {"PTL002", "PTL004", "PTL005", "PTL006"}
    assert scoped(Scope.INSTANCES) == {"CHN004", "KEY004", "KEY009", "LOT006", "UPL002", "UPL006"} | of_account


@pytest.mark.parametrize(
    "without", [(), ("devices",), ("upload",), ("waivers",), ("account",), ("horizon",), EVERY], ids=" ".join
)
def test_a_process_imports_only_and_all_the_rules_that_it_needs(without: tuple[str, ...]) -> None:
    options = json.dumps(dict.fromkeys(without, False))
    done = subprocess.run([sys.executable, "-c", PROGRAM, options], capture_output=True, text=True, check=True)
    codes, loaded = json.loads(done.stdout)
    assert codes == [rule.code for rule in CATALOGUE if rule.code not in left_out(*without)]
    modules = {"devices": {"bundle.encoding", "bundle.contents", "bundle.items", "bundle.sessions", "device.lot"}}
    modules |= {"upload": {"portal.upload"}, "waivers": {"run.waivers"}, "account": {"portal.account"}}
    for part, named in modules.items():
        assert named & set(loaded) == (set() if part in without else named)


@pytest.mark.parametrize("name", ["CATALOG", "CATALOGUES"])
def test_an_unknown_name_of_the_catalogue_is_refused(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"^module 'fcu_conform.rules' has no attribute '{name}'$"):
        getattr(fcu_conform.rules, name)

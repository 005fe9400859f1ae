"""What mypy says of a rule that asks for more than it is given: in a worker there is nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from mypy import api

CARD = "'X', Level.ERROR, requirement='', title='', why='', fix='', passes='', fails='', source=inferred('')"
RULES = f"""
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import (
    DeviceCheck, DeviceFindings, Findings, Level, PathQuestion, device_rule, handshake_rule, lot_rule, path_rule, rule,
)
from fcu_conform.rules.support.sources import inferred

@device_rule({CARD})
def asks_for_what_there_is(device: Device, ca: CaContext) -> DeviceFindings:
    return () if ca.chain.links and ca.slicing and ca.at and ca.fcu_crt.is_whole else ()

@rule({CARD})
def of_a_setup(setup: Setup) -> Findings:
    yield from () if setup.config and setup.ca.chain.links else ()

@device_rule({CARD})
def reads_the_configuration(device: Device, ca: CaContext) -> DeviceFindings:
    return [] if ca.config else []  # refused

@device_rule({CARD})
def reads_the_upload(device: Device, ca: CaContext) -> DeviceFindings:
    return [] if ca.upload else []  # refused

@device_rule({CARD})  # refused
def takes_a_setup(device: Device, setup: Setup) -> DeviceFindings:
    return ()

@lot_rule({CARD})  # refused
def takes_a_setup_for_a_lot(setup: Setup) -> DeviceCheck:
    return lambda device, ca: ()

@path_rule({CARD})  # refused
def takes_a_setup_for_a_path(setup: Setup) -> PathQuestion:
    raise NotImplementedError

@handshake_rule({CARD})  # refused
def takes_a_setup_for_a_handshake(device: Device, setup: Setup) -> PathQuestion:
    raise NotImplementedError

@rule({CARD})  # refused
def takes_a_context(ca: CaContext) -> Findings:
    yield from ()
"""


def test_mypy_refuses_a_rule_that_asks_for_more_than_its_scope_gives(tmp_path: Path) -> None:
    path = tmp_path / "rules_of_a_scope.py"
    path.write_text(RULES, encoding="utf-8")
    cache = ["--cache-dir", str(tmp_path / "cache")]
    told, _, _ = api.run(["--strict", "--follow-imports=silent", "--config-file=", *cache, str(path)])
    refused = {int(number) for number in re.findall(rf"^{re.escape(str(path))}:(\d+): error:", told, re.MULTILINE)}
    expected = {number for number, line in enumerate(RULES.splitlines(), start=1) if line.endswith("# refused")}
    assert refused == expected, told
    assert len(expected) == 7

"""Judges one bundle by the rules of the BDL family, and tells what they found."""

from __future__ import annotations

from pathlib import Path

import fcu_conform.rules.bundle  # noqa: F401 - puts the rules into the catalogue
from fcu_conform.artefacts.device import Device, read_device_bundle, read_device_pem
from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.engine.devices import DevicePass, judge_devices
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Finding, Level, Rule

from .maker import AT, chain, key_pem, pem


def bundle_rules() -> list[Rule]:
    return [rule for rule in CATALOGUE if rule.family == "BDL"]


def make_setup(folder: Path) -> Setup:
    """A keystore whose FCU certificate signed the device certificates of the maker."""
    folder.mkdir()
    (folder / "fcu_private_key.pem").write_bytes(key_pem(1))
    (folder / "fcu.crt").write_bytes(b"".join(map(pem, chain()[1:])))
    (setup,) = read_setups([folder], at=AT, chain_depth=2)
    return setup


def judge_pass(data: bytes, setup: Setup, *, as_pem: bool = False) -> DevicePass:
    device = Device("acme-000017.cbor")
    (read_device_pem if as_pem else read_device_bundle)(device, data)
    result = judge_devices(bundle_rules(), [device], setup)
    for tally in result.tallies.values():
        assert tally.fault is None, f"{tally.rule.code} broke: {tally.fault!r}"
    return result


def findings(data: bytes, setup: Setup, code: str) -> list[Finding]:
    return judge_pass(data, setup).tallies[code].findings


def verdict(data: bytes, setup: Setup) -> tuple[set[str], set[str]]:
    """The codes of the rules that found an error, and of those that found a warning."""
    found = [
        (tally.rule.code, item.level) for tally in judge_pass(data, setup).tallies.values() for item in tally.findings
    ]
    return tuple({code for code, level in found if level is wanted} for wanted in (Level.ERROR, Level.WARNING))  # type: ignore[return-value]

"""Judges one bundle by the rules of the BDL family, and tells what they found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fcu_conform.rules.bundle.encoding  # noqa: F401 - puts the rules into the catalogue
from fcu_conform.artefacts.device import DeviceFile, Kind
from fcu_conform.artefacts.device_output.chunks import FilesChunk
from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.engine.lot.device_run import DeviceResults, judge_devices
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


@dataclass(frozen=True)
class One:
    """Device output with this one file in it."""

    data: bytes
    kind: Kind

    def chunks(self) -> Iterator[FilesChunk]:
        yield FilesChunk((DeviceFile("acme-000017.cbor", self.kind, self.data),))


def judge_pass(data: bytes, setup: Setup, *, as_pem: bool = False) -> DeviceResults:
    result = judge_devices(bundle_rules(), One(data, Kind.PEM if as_pem else Kind.BUNDLE), setup.ca)
    for code, tally in result.tallies.items():
        assert not tally.fault, f"{code} broke: {tally.fault}"
    return result


def findings(data: bytes, setup: Setup, code: str) -> list[Finding]:
    return judge_pass(data, setup).tallies[code].findings


def told(data: bytes, setup: Setup, code: str) -> list[str]:
    return [finding.message for finding in findings(data, setup, code)]


def verdict(data: bytes, setup: Setup) -> tuple[set[str], set[str]]:
    """The codes of the rules that found an error, and of those that found a warning."""
    found = [(code, item.level) for code, tally in judge_pass(data, setup).tallies.items() for item in tally.findings]
    return tuple({code for code, level in found if level is wanted} for wanted in (Level.ERROR, Level.WARNING))  # type: ignore[return-value]

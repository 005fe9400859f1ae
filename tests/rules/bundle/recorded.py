"""Bundles with what the device's own code answered to them, and what the suite says of each."""

from __future__ import annotations

import json
import lzma
import re
import tarfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fcu_conform import check

RECORDED = Path(__file__).parents[2] / "fixtures" / "device_answers"
_DEPTH = re.compile(r" depth (\d)$")


@dataclass(frozen=True)
class Case:
    """One bundle: ``about`` says what was changed, ``messages`` end with the one that was answered."""

    id: str
    about: str
    keystore: str
    config: str
    at: str
    device: str
    status: str
    messages: tuple[bytes, ...]

    @property
    def is_accepted(self) -> bool:
        return self.device == "accepts"

    @property
    def depth(self) -> int:
        found = _DEPTH.search(self.about)
        return int(found[1]) if found else 0


@dataclass(frozen=True)
class Verdict:
    """Codes of the errors: of the bundle, and of those certificates of fcu.crt that it carries."""

    own: frozenset[str]
    carried: frozenset[str]


def read_cases() -> list[Case]:
    with lzma.open(RECORDED / "cases.jsonl.xz", "rt", encoding="ascii") as lines:
        return [_case(json.loads(line)) for line in lines]


def _case(row: dict[str, Any]) -> Case:
    return Case(**{**row, "messages": tuple(map(bytes.fromhex, row["messages"]))})


def judge_all(cases: list[Case], folder: Path) -> dict[str, Verdict]:
    """What the suite says of each case, by its id: bundles of one keystore and instant are judged as one lot."""
    with tarfile.open(RECORDED / "keystores.tar.xz") as archive:
        for member in archive:
            place = folder / "keystores" / member.name
            place.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            assert content is not None
            place.write_bytes(content.read())
    lots: dict[tuple[str, str, str], list[Case]] = defaultdict(list)
    for case in cases:
        lots[case.keystore, case.config, case.at].append(case)
    verdicts: dict[str, Verdict] = {}
    for number, lot in enumerate(lots.values()):
        verdicts.update(_judge(lot, folder / "keystores", folder / f"{number}"))
    return verdicts


def _judge(lot: list[Case], keystores: Path, devices: Path) -> dict[str, Verdict]:
    devices.mkdir()
    for case in lot:
        if len(case.messages) == 1:
            (devices / f"{case.id}.cbor").write_bytes(case.messages[0])
            continue
        (devices / case.id).mkdir()
        for number, message in enumerate(case.messages):
            (devices / case.id / f"{number}.cbor").write_bytes(message)
    one = lot[0]
    report = check(
        keystores / one.keystore / "keystore",
        config=keystores / one.keystore / one.config,
        devices=[devices],
        at=datetime.fromisoformat(one.at.replace("Z", "+00:00")),
        validators="none",
    )
    own: dict[str, set[str]] = defaultdict(set)
    of_crt: list[tuple[int, str]] = []
    for result, finding in report.findings():
        place = finding.location
        if (finding.level or result.rule.level).value != "error" or place.file is None:
            continue
        if result.rule.family in ("DEV", "BDL"):
            own[Path(place.file).parts[0].removesuffix(".cbor")].add(result.code)
        elif Path(place.file).name == "fcu.crt":
            of_crt.append((place.index or 1, result.code))
    return {
        case.id: Verdict(frozenset(own[case.id]), frozenset(code for number, code in of_crt if number <= case.depth))
        for case in lot
    }

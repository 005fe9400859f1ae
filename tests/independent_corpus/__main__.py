"""Writes every case to a folder, with expected.json beside them: python -m tests.independent_corpus FOLDER."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import keystores_openssl
from .cases import Case, all_cases, floor_cases


def written(case: Case, folder: Path) -> dict[str, object]:
    """Lays one case out below the folder; gives its entry in expected.json."""
    base = folder / case.id
    base.mkdir(parents=True)
    room = case.make(base)
    return {
        "why": case.why,
        "keystores": [str(path.relative_to(folder)) for path in room.keystores],
        "at": room.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "chain_depth": room.depth,
        "mode": room.mode,
        "devices": [str(path.relative_to(folder)) for path in room.devices],
        "portal_uploads": [str(path.relative_to(folder)) for path in room.uploads],
        "guilty": sorted(room.guilty),
        "twins": [sorted(group) for group in room.duplicates],
        "errors": sorted(case.errors),
        "either": [sorted(reading) for reading in case.either],
        "warnings": sorted(case.warnings),
        "notices": sorted(case.notices),
        "never": sorted(case.never),
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.independent_corpus", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="a folder that does not exist yet")
    parser.add_argument("--ambiguous", action="store_true", help="list the cases where the catalogue leaves a choice")
    options = parser.parse_args()
    cases = all_cases() + floor_cases()
    if options.ambiguous:
        for case in cases:
            if case.either:
                readings = " | ".join(",".join(sorted(reading)) or "none" for reading in case.allowed)
                print(f"{case.id}: {readings}\n    {case.why}")
        return 0
    if options.folder is None or options.folder.exists():
        parser.error("name a folder that does not exist yet")
    if not keystores_openssl.available():
        cases = [case for case in cases if case.topic != "openssl"]
        print("without the openssl command its cases are left out", file=sys.stderr)
    expected = {case.id: written(case, options.folder) for case in cases}
    target = options.folder / "expected.json"
    target.write_text(json.dumps(expected, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(expected)} cases in {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

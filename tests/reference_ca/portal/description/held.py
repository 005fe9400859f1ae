"""Holds the stand-in to the vendor's description of the REST interface, with schemathesis.

    tox -e portal-spec -- --spec PATH [--cases 600]

Fails where there is a finding that findings.toml does not list with its reason, where a listed one does not occur any
more, and where fewer cases were tried than asked for. The description is the vendor's, and not part of this project.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reference_ca.portal.service import Ready, Settings, running

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
PER_OPERATION = 20
"""Cases that are drawn for each operation, besides those that schemathesis derives from each field."""


@dataclass(frozen=True)
class Accepted:
    """Findings that are accepted: those of a code, about these operations, with these words in the message."""

    code: str
    operations: tuple[str, ...]
    words: str
    reason: str

    def covers(self, finding: dict[str, str]) -> bool:
        return (
            finding["code"] == self.code
            and finding["operation"] in self.operations
            and self.words in f"{finding['message']}\n{finding['exchange']}"
        )


def accepted() -> list[Accepted]:
    """Those of the file; each must have its reason."""
    entries = tomllib.loads((HERE / "findings.toml").read_text(encoding="utf-8"))["finding"]
    found = [Accepted(e["code"], tuple(e["operations"]), e.get("words", ""), e["reason"]) for e in entries]
    assert all(len(one.reason) > 20 for one in found)
    return found


def run_schemathesis(spec: Path, ready: Ready, folder: Path, per_operation: int) -> Path:
    """Its events, a line of JSON each; it ends with 1 where it finds something."""
    events = folder / "events.ndjson"
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", str(spec), "--url", ready.url,
        "--tls-verify", str(ready.ca_file), "-H", f"Authorization: Bearer {ready.api_key_file.read_text()}",
        "--phases", "examples,coverage,fuzzing", "--max-examples", str(per_operation), "--seed", "1",
        "--continue-on-failure", "--no-shrink", "--generation-database", "none",
        "--report", "ndjson", "--report-ndjson-path", str(events),
    ]  # fmt: skip
    paths = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "usable_requests", "PYTHONPATH": paths}
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode not in (0, 1) or not events.exists():
        sys.exit(done.stdout.decode("utf-8", "replace"))
    return events


def recorded(events: Path) -> Iterator[dict[str, Any]]:
    """What schemathesis recorded of each scenario."""
    with events.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if "ScenarioFinished" in event:
                yield event["ScenarioFinished"]["recorder"]


def findings(recorder: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The checks of a scenario that failed, each with its request and what was answered."""
    for case_id, checks in recorder.get("checks", {}).items():
        for check in checks:
            failure = (check.get("failure_info") or {}).get("failure")
            if failure:
                named = {name: str(failure[name]) for name in ("code", "operation", "title", "message")}
                yield {**named, "exchange": _exchange(recorder.get("interactions", {}).get(case_id) or {})}


def _exchange(interaction: dict[str, Any]) -> str:
    """Method, address and answer, in two lines."""
    request, response = interaction.get("request") or {}, interaction.get("response") or {}
    content = base64.b64decode((response.get("content") or {}).get("$base64", "")).decode("utf-8", "replace")
    return f"{request.get('method')} {request.get('uri')}\n{response.get('status_code')} {content[:500]}"


def report(events: Path, cases: int) -> int:
    """Print what was found, and return the exit code."""
    tried, unlisted, listed = 0, {}, dict.fromkeys(accepted(), 0)
    for recorder in recorded(events):
        tried += len(recorder.get("interactions", {}))
        for finding in findings(recorder):
            reasons = [one for one in listed if one.covers(finding)]
            for one in reasons:
                listed[one] += 1
            if not reasons:
                unlisted.setdefault((finding["code"], finding["operation"], finding["message"]), finding)
    for finding in unlisted.values():
        print(f"{finding['code']} {finding['operation']}: {finding['title']}\n    {finding['exchange']}")
        print("    " + finding["message"].replace("\n", "\n    ")[:1500])
    stale = [one for one, times in listed.items() if not times]
    for one in stale:
        print(f"listed, and not found any more: {one.code} {', '.join(one.operations)} {one.words!r}")
    print(f"{tried} cases, {sum(listed.values())} findings that are listed, {len(unlisted)} that are not")
    return 1 if unlisted or stale or tried < cases else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--spec", type=Path, required=True, help="the vendor's description, Swagger 2.0 in YAML")
    parser.add_argument("--cases", type=int, default=600, help="how many must be tried at least")
    options = parser.parse_args()
    if not options.spec.is_file():
        parser.error(f"{options.spec} is not a file")
    with TemporaryDirectory() as name:
        folder = Path(name)
        with running(Settings(folder / "portal.sqlite")) as ready:
            events = run_schemathesis(options.spec.absolute(), ready, folder, PER_OPERATION)
        return report(events, options.cases)


if __name__ == "__main__":
    sys.exit(main())

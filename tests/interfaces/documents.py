"""Documents for the writers' tests: a conformant setup, one with many faults, a large lot, and text that attacks."""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from inprocess import reference_ca

from fcu_conform import check
from fcu_conform.interfaces.reports import json_report
from fcu_conform.validators.model import Answer, Question, ValidatorFault

INSTANT = datetime(2026, 6, 1, tzinfo=timezone.utc)
CLOCK = datetime(2026, 6, 2, 3, 4, 5, tzinfo=timezone.utc)

HOSTILE = (
    "</script><script>window.owned=1</script><img src=x onerror=window.owned=1>\"'&{{7*7}}{% raw %}"
    "\x1b]0;owned\x07\u202elive\u2066\r\n# head\n- item @someone #1 |cell| `code` <!-- [link](http://evil.example) "
    "www.evil.example $x$ ~~gone~~ *bold* </pre></details> "
)
"""What a name in a certificate may hold to break out of HTML, Markdown, a template or a terminal."""

FREE_TEXT = {
    *("name", "path", "config", "subject", "issuer", "common_name", "message", "expected", "found", "why", "fix"),
    *("reason", "file", "field", "version", "stands_for", "owner", "scope"),
}
"""Fields that may hold anything that stands in a file of the user's."""


@dataclass(frozen=True)
class Opinion:
    """A validator whose answer is known beforehand."""

    name: str
    stands_for: str = "somebody in the field"
    accepts: bool | None = True
    acceptance_counts: bool = True

    def version(self) -> str:
        return "1.2.3"

    def ask(self, question: Question) -> Answer:
        if self.accepts is None:
            raise ValidatorFault("did not answer")
        return Answer(self.accepts, "" if self.accepts else "unable to get issuer certificate")


def make(*arguments: str | Path) -> None:
    """Runs the reference CA's console script."""
    reference_ca(*arguments)


def make_line(folder: Path) -> None:
    """``line-1`` with its upload and three devices, ``line-2`` with many faults, and devices of another line."""
    line, other = folder / "line-1", folder / "line-2"
    make("keystore", line, "--length", "3", "--seed", "faces", "--name", "FCU line 1")
    make("upload", "--keystore", line / "keystore", "-o", folder / "upload.pem")
    make("devices", "--keystore", line / "keystore", "--count", "3", "--seed", "faces", "-o", folder / "out")
    make("keystore", folder / "line-3", "--length", "3", "--seed", "other", "--name", "FCU line 3")
    make("devices", "--keystore", folder / "line-3" / "keystore", "--count", "3", "--seed", "x", "-o", folder / "alien")
    shutil.copytree(line, other)
    end = "-----END CERTIFICATE-----\n"
    crt = other / "keystore" / "fcu.crt"
    first, second, third = (block + end for block in crt.read_text().split(end)[:3])
    crt.write_text(f"a remark before\n{first}{third}{second}")
    yml = other / "config" / "fcu.yml"
    yml.write_text(yml.read_text().replace("use-bootstrap: true", "use-bootstrap: perhaps"))


def conformant(folder: Path) -> json_report.Document:
    """Everything given and nothing wrong; two validators accept, one is not asked to count."""
    validators = [Opinion("first"), Opinion("second", acceptance_counts=False)]
    return _document(
        check(
            folder / "line-1" / "keystore",
            devices=folder / "out",
            portal_upload=folder / "upload.pem",
            at=INSTANT,
            validators=validators,
        )
    )


def faulty(folder: Path) -> json_report.Document:
    """Two keystores, one of them with faults in fcu.crt and fcu.yml; a validator that refuses, one that is silent."""
    validators = [Opinion("strict", accepts=False), Opinion("silent", accepts=None)]
    keystores = [folder / "line-1" / "keystore", folder / "line-2" / "keystore"]
    return _document(check(keystores, at=INSTANT, validators=validators))


def overlapping(folder: Path) -> json_report.Document:
    """The whole fcu.crt was uploaded, and every device is of another line."""
    keystore = folder / "line-1" / "keystore"
    return _document(check(keystore, devices=folder / "alien", portal_upload=keystore / "fcu.crt", at=INSTANT))


def _document(report: Any) -> json_report.Document:
    return json_report.document(report, judged_at=INSTANT, checked_at=CLOCK)


def enlarged(document: json_report.Document, count: int) -> json_report.Document:
    """A document in which one rule over devices found something in as many devices."""
    large = copy.deepcopy(document)
    found = next(finding for finding in large["findings"] if finding["code"] == "DEV004")
    large["findings"] = [f for f in large["findings"] if f["code"] != "DEV004"]
    for number in range(min(count, 10_000)):
        location = {**found["location"], "file": f"device-{number:06}.pem"}
        large["findings"].append({**found, "location": location})
    result = next(result for result in large["results"] if result["code"] == "DEV004")
    result["count"] = count
    offenders = [f"device-{number:06}.pem" for number in range(min(count, 10_000))]
    counts = {"checked": count, "conformant": 0, "not_decided": 0, "asked": 0}
    large["devices"] = {**counts, "offenders": offenders, "undecided": []}
    return large


def attacking(document: json_report.Document) -> json_report.Document:
    """The document with an attack before every text that may come from a file."""

    def changed(part: Any, key: str = "") -> Any:
        if isinstance(part, dict):
            return {name: changed(value, name) for name, value in part.items()}
        if isinstance(part, list):
            return [changed(value, key) for value in part]
        attacked = key in FREE_TEXT | {"picture", "offenders", "undecided"} and isinstance(part, str)
        return HOSTILE + part if attacked and part not in ("", "fcu.crt") else part

    hostile: json_report.Document = changed(document)
    hostile["suite"] = document["suite"]
    for validator in hostile["validators"]:
        # What a result of a validator is found by is made of two names.
        validator["name"] = validator["name"].removeprefix(HOSTILE)
    return hostile


def waived(document: json_report.Document, code: str) -> json_report.Document:
    """The document with a waiver over a rule that failed."""
    changed = copy.deepcopy(document)
    waiver = {"reason": "agreed until the <b>next</b> line", "owner": "qa@example.com", "expires": "2026-09-01"}
    for result in changed["results"]:
        if result["code"] == code and result["outcome"] == "failed":
            result["outcome"] = "waived"
            for finding in changed["findings"]:
                if (finding["code"], finding["subject"]) == (code, result["subject"]):
                    finding["waiver"] = waiver
    changed["waivers"] = [{"code": code, "scope": "*", **waiver, "used": True}]
    return changed


def undecided(document: json_report.Document) -> json_report.Document:
    """The document as it would be of eight devices of which five are conformant and two are not decided."""
    changed = copy.deepcopy(document)
    changed["devices"] = {
        "checked": 8,
        "conformant": 5,
        "not_decided": 2,
        "asked": 4,
        "offenders": ["bad.pem"],
        "undecided": ["open.pem"],
    }
    return changed

"""Lays a case out as a vendor would have it, judges it, and holds what is said against case.toml."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from dulwich.repo import Repo

from fcu_conform.artefacts.enrollment.comparison import compare_enrollment
from fcu_conform.artefacts.portal_state import read_portal_state
from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.artefacts.term import parse_term
from fcu_conform.artefacts.waivers import read_waivers
from fcu_conform.engine import Examination, Outcome, Report
from fcu_conform.engine.evaluate_enrollment import judge_enrollment
from fcu_conform.rules import catalogue
from fcu_conform.rules.model import Finding, Level, Scope
from fcu_conform.rules.support import published_keys
from fcu_conform.rules.support.theft import DeclaredTheft
from fcu_conform.validators import registry
from fcu_conform.validators.adapters.external import ExternalCommand
from fcu_conform.validators.model import Validator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BY_VALIDATORS = frozenset({Scope.PATH, Scope.DEVICE_PATH})
BY_OTHERS = BY_VALIDATORS | {Scope.HANDSHAKE}


class Said(NamedTuple):
    """One finding, as far as a case pins it."""

    code: str
    level: str
    instance: str
    file: str
    index: int | None
    field: str


@dataclass(frozen=True)
class Judged:
    """What was said of a case, and what should have been, where its test keys are not listed as published.

    ``words`` are the findings in full, as far as they do not depend on which validators are installed.
    """

    said: Counter[Said]
    expected: Counter[Said]
    verdict: str
    faults: tuple[str, ...]
    words: tuple[str, ...]


def read_case(folder: Path) -> dict[str, Any]:
    """The case.toml of a folder."""
    return tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))


def lay_out(folder: Path, case: dict[str, Any], place: Path) -> Path:
    """Copies a case and makes what git does not keep: modes, links, a work tree."""
    laid_out = place / "case"
    shutil.copytree(folder, laid_out, ignore=shutil.ignore_patterns("case.toml"))
    for path in laid_out.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    extra = case.get("laid-out", {})
    for name, text in extra.get("files", {}).items():
        (laid_out / name).write_text(text, encoding="utf-8")
    for name, target in extra.get("links", {}).items():
        (laid_out / name).symlink_to(target)
    for name, mode in case["modes"].items():
        if (laid_out / name).exists() and not (laid_out / name).is_symlink():
            (laid_out / name).chmod(int(mode, 8))
    if extra.get("repository"):
        Repo.init(str(laid_out)).close()
    return laid_out


def judge(folder: Path, place: Path) -> Judged:
    """Judges one case, with nothing but what stands in its folder."""
    case = read_case(folder)
    run, laid_out = case["run"], lay_out(folder, case, place)
    setups = setups_of(run, laid_out)
    rules = None
    if "only" in run:
        rules = catalogue().without({rule.code for rule in catalogue()} - set(run["only"]))
    handshake = run.get("handshake", False)
    waivers = None
    if "waivers" in run:
        (place / "waivers.toml").write_text(run["waivers"], encoding="utf-8")
        waivers = read_waivers(place / "waivers.toml")
    examination = Examination(
        setups,
        validators=_validators(run),
        handshake=handshake,
        waivers=waivers,
        catalogue=rules,
        theft=theft_of(run),
    )
    with unlisted(case["test-keys"]):
        results = [examination.judge(rule.code, subject) for rule, subject in examination.cases()]
    if "enrollment" in run:
        lists = [str(laid_out / name) for name in run["enrollment"]]
        results += judge_enrollment(compare_enrollment(lists, setups[0].devices), "enroll.csv")
    faults = tuple(f"{result.code}: {result.reason}" for result in results if result.outcome is Outcome.ERROR)

    report = Report(setups, results, examination=examination)
    several = len(setups) > 1
    said = Counter(
        _said(result.code, finding, result.target if several or result.rule.scope in BY_VALIDATORS else "")
        for result in results
        for finding in result.findings
        # how many remarks others have depends on what is installed
        if not (result.rule.scope in BY_OTHERS and finding.level is Level.NOTICE)
    )
    if handshake:  # so does how many handshakes are tried
        said = Counter(set(said))
    words = tuple(
        line.replace(str(laid_out), "CASE")
        for result in results
        if result.rule.scope not in BY_OTHERS
        for finding in result.findings
        for line in _words(result.code, result.target if several else "", finding)
    )
    return Judged(said, _expected(case), report.verdict.value, faults, words)


def setups_of(run: Mapping[str, Any], laid_out: Path) -> list[Setup]:
    """The setups of a case, read where it is laid out."""
    return read_setups(
        [laid_out / name for name in run["keystores"]],
        at=_instant(run["at"]),
        devices=[laid_out / name for name in run.get("devices", ())],
        portal_uploads=[laid_out / name for name in run.get("uploads", ())],
        within=parse_term(run["within"]) if "within" in run else None,
        portal_state=read_portal_state(laid_out / run["portal-state"]) if "portal-state" in run else None,
    )


def theft_of(run: Mapping[str, Any]) -> DeclaredTheft | None:
    """The theft that a case declares."""
    return DeclaredTheft(tuple(run["stolen"]), run.get("since")) if "stolen" in run else None


def _words(code: str, instance: str, finding: Finding) -> Iterator[str]:
    """A finding as text, a line for each thing that it says; escaped where a line would break or not be seen."""
    place = finding.location
    where = [instance, place.file, place.index, place.line and f"line {place.line}", place.field]
    yield " ".join(str(part) for part in (code, finding.level and finding.level.value, *where) if part)
    for name in ("message", "expected", "found", "why", "fix"):
        if text := getattr(finding, name):
            yield f"  {name:<10}{text}".encode("unicode_escape").decode("ascii")
    for line in finding.picture:
        yield f"  | {line}".encode("unicode_escape").decode("ascii").rstrip()


def _expected(case: dict[str, Any]) -> Counter[Said]:
    return Counter(
        Said(
            one["code"],
            one["level"],
            one.get("instance", ""),
            one.get("file", ""),
            one.get("index"),
            one.get("field", ""),
        )
        for one in case.get("findings", ())
    )


def _said(code: str, finding: Any, instance: str) -> Said:
    place = finding.location
    return Said(code, finding.level.value, instance, place.file or "", place.index, place.field or "")


def _validators(run: dict[str, Any]) -> list[Validator]:
    own: list[Validator] = [
        ExternalCommand(name, shlex.join([sys.executable, "-c", script]))
        for name, script in run.get("commands", {}).items()
    ]
    return [*(registry.select(",".join(run["validators"])) if "validators" in run else ()), *own]


def _instant(value: datetime) -> datetime:
    assert value.tzinfo is not None
    return value


@contextmanager
def unlisted(keys: Iterable[str]) -> Iterator[None]:
    """The list of published keys without these, by their digests."""
    lists = {name: dict(published_keys.listed(name)) for name in ("published_keys.json", "weak_keys.json")}
    for key in keys:
        lists["published_keys.json"].pop(key, None)
    with patch.object(published_keys, "listed", lists.__getitem__):
        yield

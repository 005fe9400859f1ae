"""A failing and a passing example of each rule, for its page: a case of fixtures/, judged when the page is made."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "fixtures"
sys.path.insert(1, str(ROOT / "tests"))

from vectors.judging import lay_out, read_case, setups_of, theft_of, unlisted

from fcu_conform.artefacts.enrollment.comparison import compare_enrollment
from fcu_conform.artefacts.waivers import read_waivers
from fcu_conform.engine import Examination, Result
from fcu_conform.engine.evaluate_enrollment import judge_enrollment
from fcu_conform.interfaces.reports.text_report import Certificates, plain, render, weightiest
from fcu_conform.rules import catalogue
from fcu_conform.rules.model import Catalogue, Rule, Scope
from fcu_conform.validators import registry
from fcu_conform.validators.adapters.external import ExternalCommand
from fcu_conform.validators.model import Validator

WIDTH = 88
WORDS = {"error": "FAILED", "warning": "WARNING", "notice": "NOTICE"}


@dataclass(frozen=True)
class Example:
    """A case in which a rule says something.

    Attributes:
        fails: the path of its folder in fixtures/.
        story: what is wrong with it, a sentence.
        chain: its chain from subject to issuer; the bar is where the depth cuts it.
        passes: the path of its baseline, which the rule lets pass.
        edit: what makes the one of the other.
        said: what a run of pytest says of it, up to what the rule's section says above; empty where it asks a validator
            that is not here.
    """

    fails: str
    story: str
    chain: str
    passes: str
    edit: str
    said: str


@cache
def cases() -> Mapping[str, dict[str, Any]]:
    """Every case.toml of fixtures/ by the path of its folder."""
    folders = (path.parent for path in sorted(FIXTURES.glob("*/*/case.toml")))
    return {folder.relative_to(FIXTURES).as_posix(): read_case(folder) for folder in folders}


@cache
def example_of(rule: Rule) -> Example:
    """The plainest case in which a rule says something.

    Raises:
        LookupError: fixtures/ has none.
    """
    told = {name: case for name, case in cases().items() if "baseline" in case and rule.code in _codes(case)}
    if not told:
        raise LookupError(f"{rule.code}: no case in fixtures/ that has a baseline makes it say anything")
    name = min(told, key=lambda name: _how_plain(name, told[name], rule))
    case = told[name]
    return Example(name, case["story"], case["chain"], case["baseline"], case["edit"], said(rule, name))


def _how_plain(name: str, case: Mapping[str, Any], rule: Rule) -> tuple[bool, int, int, int, str]:
    """The less, the plainer: a case about the rule, in which few rules say little, and of a short name."""
    return case["about"] != rule.code, len(_codes(case)), len(case["findings"]), len(name), name


def _codes(case: Mapping[str, Any]) -> set[str]:
    return {one["code"] for one in case.get("findings", ())}


def said(rule: Rule, name: str) -> str:
    """What the terminal shows of a rule in a case, judged where it is laid out."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        laid_out = lay_out(FIXTURES / name, cases()[name], Path(place))
        os.chdir(laid_out)  # so that no path of this machine gets into the text
        try:
            with unlisted(cases()[name]["test-keys"]):
                return "\n\n".join(_judged(rule, cases()[name]["run"]))
        finally:
            os.chdir(before)


def _judged(rule: Rule, run: Mapping[str, Any]) -> Iterator[str]:
    for result, certificates in _results(rule, run):
        findings = weightiest(result)
        if findings:
            word = WORDS[(findings[0].level or rule.level).value]
            text = plain(render(result, findings, word, "plain", certificates, WIDTH))
            is_the_rule_s = all((one.why, one.fix) == (rule.why, rule.fix) for one in findings)
            yield text.partition("\n  why  ")[0].rstrip() if is_the_rule_s else text
            return


def _results(rule: Rule, run: Mapping[str, Any]) -> Iterator[tuple[Result, Certificates]]:
    """The results of a rule in a run, each with the certificates that it numbers."""
    waivers = None
    if "waivers" in run:
        Path("waivers.toml").write_text(run["waivers"], encoding="utf-8")
        waivers = read_waivers(Path("waivers.toml"))
    setups = setups_of(run, Path())
    if rule.scope is Scope.ENROLLMENT:
        comparison = compare_enrollment(run["enrollment"], setups[0].devices)
        results = judge_enrollment(comparison, comparison.files[0].name)
        yield from ((result, Certificates()) for result in results if result.code == rule.code)
        return
    handshake = run.get("handshake", False)
    validators = _validators(run)
    examination = Examination(
        setups,
        validators=validators,
        handshake=handshake,
        waivers=waivers,
        catalogue=_only(run),
        theft=theft_of(run),
    )
    for judged, subject in examination.cases():
        if judged.code == rule.code:
            yield examination.judge(rule.code, subject), Certificates.about(rule, examination.setup_of(subject))


def _only(run: Mapping[str, Any]) -> Catalogue | None:
    return catalogue().without({rule.code for rule in catalogue()} - set(run["only"])) if "only" in run else None


def _validators(run: Mapping[str, Any]) -> list[Validator]:
    asked = [entry for entry in registry.ENTRIES if entry.name in run.get("validators", ()) and entry.available()]
    own = (
        ExternalCommand(name, shlex.join([sys.executable, "-c", script]))
        for name, script in run.get("commands", {}).items()
    )
    return [*(entry.validator() for entry in asked), *own]

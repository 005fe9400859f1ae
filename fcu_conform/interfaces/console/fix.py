"""``fcu-conform fix``: writes a repaired copy of a keystore, names what it cannot repair, and judges the copy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from fcu_conform.artefacts.keystore import OWN_FILES
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine import Outcome
from fcu_conform.engine.repair.keystore_copy import plan_copy
from fcu_conform.engine.repair.plan import Plan
from fcu_conform.interfaces.console.check import judge_under_pytest
from fcu_conform.interfaces.console.run_options import run_option, run_options
from fcu_conform.interfaces.reports import writers
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.reports.text_report import Certificates, summary
from fcu_conform.interfaces.run.output_folder import check_folder, write_folder
from fcu_conform.interfaces.run.run import Run
from fcu_conform.interfaces.run.settings import Settings, settings_of
from fcu_conform.rules.family import About, Family
from fcu_conform.rules.model import Rule

_OF_CA = frozenset({Family.CERTIFICATE, Family.CHAIN})
"""Families whose faults only a new certificate removes."""
_OF_CA_TOO = frozenset({"CSR007", "CSR008"})


@click.command("fix")
@run_option("keystore", required=True, once=True, help="The keystore to repair; it is only read.")
@run_option("portal-upload", once=True, help="What was, or will be, uploaded to the portal.")
@run_options(without=["keystore", "portal-upload"])
@click.option(
    "--out", required=True, metavar="FOLDER", help="The folder to write the copy to; it must be new or empty."
)
@click.option("--force", is_flag=True, help="Write over files in a folder that is not empty.")
@click.option("-v", "--verbose", count=True, help="Show every rule.")
@click.option("-q", "--quiet", count=True, help="Show less.")
def command(
    keystore: str, portal_upload: str | None, out: str, force: bool, verbose: int, quiet: int, **values: Any
) -> int:
    """Writes a repaired copy of a keystore, and judges the copy. The keystore itself is not changed.

    Order, duplicates, other blocks, labels, line ends, PKCS#7 and DER, the form and mode of the key, the upload and
    misspelt settings are repaired; what only a CA can repair is listed.
    """
    values["keystores"] = (keystore,)
    values["portal_uploads"] = () if portal_upload is None else (portal_upload,)
    settings = settings_of(values)
    setups = settings.read_setups()
    writers.check(settings, setups)
    folder = check_folder(out, setups, force=force)
    plan = plan_copy(setups[0])
    try:
        write_folder(folder, plan.files, plan.folders, own=OWN_FILES)
    except OSError as fault:
        raise UsageError(f"--out {printable(out)}: cannot be written ({fault.strerror})") from None
    run = Run(_settings_of_copy(settings, folder, plan))
    for line in (*_changes(folder, plan), *_left(run)):
        click.echo(printable(line))
    sys.stdout.flush()
    return judge_under_pytest(run, ["-v"] * verbose + ["-q"] * quiet)


def _settings_of_copy(settings: Settings, folder: Path, plan: Plan) -> Settings:
    """The same question about the copy."""
    (setup,) = settings.read_setups()
    config = None if setup.config is None else str(setup.config.path)
    if plan.config in plan.files:
        config = str(folder / plan.config)
    uploads = (str(folder / plan.upload),) if plan.upload in plan.files else settings.portal_uploads
    return replace(settings, keystores=(str(folder),), config=config, portal_uploads=uploads)


def _changes(folder: Path, plan: Plan) -> Iterator[str]:
    """What was changed and what was left out, a line each."""
    yield f"copy: {folder}"
    if not plan.changes and not plan.left_out:
        yield "nothing to change"
    for change in plan.changes:
        yield f"changed: {change}"
    for one in plan.left_out:
        yield f"not copied: {one}"


def _left(run: Run) -> Iterator[str]:
    """What the copy still has, a line for each rule: whose it is to repair, and what was found."""
    for result in run.judge():
        if result.findings and result.outcome is not Outcome.WAIVED:
            known = Certificates.about(result.rule, run.setups[0])
            yield f"not repaired: {result.code} ({_who(result.rule)}): {summary(result, known)}"


def _who(rule: Rule) -> str:
    """Who can repair what a rule finds."""
    if rule.family in _OF_CA or rule.code in _OF_CA_TOO:
        return "your CA"
    return "the factory" if rule.family.about is About.DEVICES else "you"

"""``fcu-conform certify``: one run, and the folder to submit."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine import Outcome, Report, Verdict
from fcu_conform.interfaces.certification import submission
from fcu_conform.interfaces.certification.witnessed import with_digests
from fcu_conform.interfaces.console.run_options import run_options
from fcu_conform.interfaces.reports import json_report, writers
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.reports.text_report import Certificates, node_id, summary
from fcu_conform.interfaces.run.run import Run, exit_code
from fcu_conform.interfaces.run.settings import LARGEST_SEED, settings_of


@click.command("certify")
@run_options(required=["keystore"], without=["report"])
@click.option("--out", required=True, metavar="FOLDER", help="The folder to write; it must be new or empty.")
def command(out: str, **values: Any) -> int:
    """Judges a setup and writes one folder to submit: reports, statement, checksums."""
    settings = settings_of(values)
    if settings.sample_seed is None:
        # Whoever makes the devices must not know which of them will be drawn.
        settings = replace(settings, sample_seed=secrets.randbelow(LARGEST_SEED + 1))
    if settings.sign_passphrase_env is not None and settings.sign_key is None:
        raise UsageError("--sign-passphrase-env: needs --sign-key")
    run = Run(settings, witnessed=True)
    signer = writers.signer_of(settings, run.setups)
    folder = submission.prepare(out, run.setups)
    report = run.report(list(run.judge()))
    checked_at = datetime.now(timezone.utc).replace(microsecond=0)
    content = json_report.document(report, judged_at=settings.instant, checked_at=checked_at)
    files = submission.contents(content)
    statement = submission.statement_over(with_digests(content, run.setups), files)
    files[submission.STATEMENT_NAME] = statement if signer is None else signer.sign(statement)
    try:
        submission.write(folder, files)
    except OSError as fault:
        raise UsageError(f"--out {folder}: cannot be written ({fault.strerror})") from None
    _tell(report, folder, is_signed=signer is not None)
    return exit_code(report)


def _tell(report: Report, folder: Path, *, is_signed: bool) -> None:
    assert report.examination is not None
    for result in report.results:
        if result.outcome in (Outcome.FAILED, Outcome.ERROR):
            setup = report.examination.setup_of(result.target)
            line = summary(result, Certificates.about(result.rule, setup))
            click.echo(f"{click.style('FAILED', fg='red', bold=True)} {node_id(result.code, result.target)}  {line}")
    for one in report.not_done:
        click.secho(printable(f"not done: {one}"), fg="yellow")
    colour = {Verdict.CONFORMANT: "green", Verdict.NON_CONFORMANT: "red"}.get(report.verdict, "yellow")
    click.echo(f"FCU conformance: {click.style(report.verdict.value, fg=colour, bold=True)}")
    sealed = "signed" if is_signed else "NOT SIGNED: use --sign-key to sign it"
    click.echo(printable(f"{folder}: reports, checksums and the statement ({sealed})"))

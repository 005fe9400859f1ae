"""``fcu-conform certify``: one run, and the folder to hand in."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine import Examination, Outcome, Report, Verdict
from fcu_conform.interfaces.certification import submission
from fcu_conform.interfaces.console.run_options import run_options, settings_of
from fcu_conform.interfaces.reports import intoto_report, json_report
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.reports.text_report import Certificates, node_id, summary
from fcu_conform.interfaces.run.settings import LARGEST_SEED

CONFORMANT, NON_CONFORMANT, INTERNAL_FAULT, NOTHING_CHECKED = 0, 1, 3, 5


@click.command("certify")
@run_options()
@click.option("--out", required=True, metavar="FOLDER", help="The folder to write: a new one, or an empty one.")
def command(out: str, **values: Any) -> int:
    """Judges a set-up and writes everything to hand in to one folder: reports, statement, checksums."""
    settings = settings_of(**values)
    if settings.sample_seed is None:
        # Whoever makes the devices must not know which of them will be drawn.
        settings = replace(settings, sample_seed=secrets.randbelow(LARGEST_SEED + 1))
    setups = settings.read_setups(witnessed=True)
    signer = None
    if settings.sign_key is not None:
        from fcu_conform.interfaces.certification.signing import load_signer

        signer = load_signer(settings.sign_key, settings.sign_passphrase_env, setups, "--sign-key")
    elif settings.sign_passphrase_env is not None:
        raise UsageError("--sign-passphrase-env: there is no --sign-key that it is for")
    folder = submission.prepare(out, setups)
    examination = Examination(
        setups,
        strict=settings.strict,
        validators=settings.select_validators(),
        named_validators=settings.named_validators,
        handshake=settings.handshake,
        sample_seed=settings.sample_seed,
        waivers=settings.read_waivers(),
    )
    results = [examination.judge(rule.code, target) for rule, target in examination.cases()]
    report = Report(setups, results, examination=examination)
    checked_at = datetime.now(timezone.utc).replace(microsecond=0)
    content = json_report.document(report, judged_at=settings.instant, checked_at=checked_at)
    files = submission.contents(content)
    judged = intoto_report.with_digests(content, setups)
    statement = submission.statement_over(judged, files)
    if signer is not None:
        from fcu_conform.interfaces.certification.signing import sign

        statement = sign(statement, signer)
    files[submission.STATEMENT_NAME] = statement
    try:
        submission.write(folder, files)
    except OSError as fault:
        raise UsageError(f"--out {folder}: cannot be written ({fault.strerror})") from None
    _tell(report, folder, is_signed=signer is not None)
    return exit_code(report)


def exit_code(report: Report) -> int:
    """What pytest's exit code would be for the same run."""
    outcomes = {result.outcome for result in report.results}
    if Outcome.ERROR in outcomes:
        return INTERNAL_FAULT
    if not report.has_judged:
        return NOTHING_CHECKED
    return CONFORMANT if report.verdict is Verdict.CONFORMANT else NON_CONFORMANT


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
    sealed = "signed" if is_signed else "NOT SIGNED: give --sign-key to sign it"
    click.echo(printable(f"{folder}: reports, checksums and the statement ({sealed})"))

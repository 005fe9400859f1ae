"""``fcu-conform verify-statement``: checks a submission, on any machine and without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fcu_conform.artefacts.usage import existing
from fcu_conform.interfaces.certification.verification import Examined, compare, examine
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.exit_codes import ExitCode

if TYPE_CHECKING:
    from fcu_conform.interfaces.certification.signing import Verifier

_GOOD_ENOUGH = {"passed": ("PASSED",), "warned": ("PASSED", "WARNED")}


@click.command("verify-statement")
@click.argument("path", metavar="FILE|FOLDER")
@click.option("--key", metavar="PUBLIC.pem", help="The public key that must have signed it.")
@click.option(
    "--artefacts", multiple=True, metavar="DIR", help="Compare the judged files with those below this folder."
)
@click.option("--require-conformant", is_flag=True, help="Fail unless the verdict is CONFORMANT.")
@click.option("--require", type=click.Choice(list(_GOOD_ENOUGH)), help="Fail unless the result is at least this.")
def command(
    path: str, key: str | None, artefacts: tuple[str, ...], require_conformant: bool, require: str | None
) -> int:
    """Checks a statement, or the folder of one, and fails on any changed byte.

    The last line tells both: whether all is as it was when the statement was made, and what the run said then. The
    exit code is about the first alone unless --require-conformant, or --require, asks for the second.
    """
    found = examine(existing(path, "statement"), None if key is None else _verifier(key))
    if artefacts and found.statement:
        compare([existing(folder, "--artefacts") for folder in artefacts], found)
    missed = _missed(found, require, is_conformant_required=require_conformant)
    _tell(found, path, missed)
    return ExitCode.NON_CONFORMANT if found.complaints or missed else ExitCode.CONFORMANT


def _verifier(key: str) -> Verifier:
    # Only where there is a key to check a signature by: the libraries for it are dear.
    from fcu_conform.interfaces.certification.signing import load_verifier

    return load_verifier(key)


def _missed(found: Examined, require: str | None, *, is_conformant_required: bool) -> list[str]:
    """What is required of the run and was not so, in words."""
    if not found.statement:
        return []
    result = found.statement["predicate"]["result"]
    missed = []
    if is_conformant_required and not found.is_conformant:
        missed.append(f"the run was {found.verdict}, and CONFORMANT is required")
    if require is not None and result not in _GOOD_ENOUGH[require]:
        missed.append(f"the run came out {result}, and {require} is required")
    return missed


def _tell(found: Examined, path: str, missed: list[str]) -> None:
    if found.statement:
        predicate = found.statement["predicate"]
        click.echo(f"result      {_coloured(predicate['result'])}{_how(found)}")
        click.echo(f"signature   {_signature(found)}")
        for subject in found.statement["subject"]:
            digest = next(iter(subject["digest"].items()), ("", ""))
            click.echo(printable(f"judged      {subject['name']}  {digest[0]} {digest[1]}"))
    if found.files:
        click.echo(f"files       {found.files} listed")
    if found.artefacts:
        click.echo(f"artefacts   {found.artefacts} unchanged since they were judged")
    for complaint in (*found.complaints, *missed):
        click.echo(f"{click.style('FAILED', fg='red', bold=True)}      {printable(complaint)}")
    if found.statement and found.signer is None:
        warning = "NOT SIGNED: anyone with write access could have changed it, and its checksums too"
        click.echo(click.style(f"WARNING     {warning}", fg="yellow", bold=True), err=True)
    elif found.signer is not None and not found.is_signature_checked:
        warning = "THE SIGNATURE WAS NOT CHECKED: pass the signer's public key with --key"
        click.echo(click.style(f"WARNING     {warning}", fg="yellow", bold=True), err=True)
    verdict = "NOT VERIFIED" if found.complaints else f"intact; the run was {found.verdict}"
    click.echo(printable(f"{path}: {verdict}"))


def _coloured(result: str) -> str:
    colour = {"PASSED": "green", "WARNED": "yellow"}.get(result, "red")
    return click.style(result, fg=colour, bold=True)


def _how(found: Examined) -> str:
    """By what and for when it was judged, where the statement says so."""
    for entry in found.statement["predicate"].get("configuration", ()):
        notes = entry.get("annotations") if isinstance(entry, dict) else None
        if isinstance(notes, dict) and "judgedAt" in notes:
            return printable(f", judged at {notes['judgedAt']} by fcu-conform {notes.get('version')}")
    return ""


def _signature(found: Examined) -> str:
    if found.signer is None:
        return "none"
    state = "good" if found.is_signature_checked else "not checked"
    return printable(f"{state}, by the key with SHA-256 {found.signer}")

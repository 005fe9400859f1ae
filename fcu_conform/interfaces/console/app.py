"""The console script's main program: finds commands, and turns every error into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.version import __version__

COMMANDS = {
    "check": "Judges material from others, without executing anything in it.",
    "certify": "Judges, and writes the folder to submit.",
    "diff": "Compares two JSON reports: new, fixed, remaining failures.",
    "drill": "Plays the theft of a key through: who goes dark, who stays online.",
    "enroll": "Writes or checks the CSV of first to claim.",
    "expiry": "Shows when what ends, and who goes dark with it.",
    "explain": "Shows everything about one rule.",
    "fix": "Writes a repaired copy of a keystore, and judges the copy.",
    "lot": "Judges the devices of a whole production lot.",
    "portal": "Fetches, judges and plans what the account trusts.",
    "rules": "Lists every rule.",
    "slice": "Shows what a device carries and what the portal gets.",
    "upload": "Writes the PEM that belongs on the portal.",
    "verify-statement": "Checks a statement, or the folder of one.",
}
"""Each is a module of this package with a click command named ``command``, which is imported when it is called."""

JUDGING = frozenset(COMMANDS) - {"explain", "rules", "upload"}
"""Those whose exit code is a verdict."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands from the table: to ask each would import them all."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"{__package__}.{cmd_name.replace('-', '_')}").command
        return found


@click.command(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="The suite runs under pytest too: pytest --fcu-keystore=DIR",
)
@click.version_option(__version__, prog_name="fcu-conform", message="%(prog)s %(version)s")
@click.pass_context
def application(ctx: click.Context) -> None:
    """Judges keystores of the Factory Configurator Utility (FCU) set up as a certificate authority."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


LONGEST = 4000
"""Characters of a line about an error: a path has so many at most, and what is longer was typed by no one."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code.

    Args:
        arguments: those after the program's name; the process's own without.
    """
    return int(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        # Names may hold characters that the terminal's encoding does not have.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    try:
        outcome: Any = application.main(
            args=None if arguments is None else list(arguments),
            prog_name="fcu-conform",
            standalone_mode=False,
        )
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.ClickException as error:
        return _complain(error.format_message(), getattr(error, "suite_exit_code", ExitCode.USAGE))
    except (click.Abort, KeyboardInterrupt):
        return _complain("interrupted", ExitCode.INTERRUPTED)
    except (BrokenPipeError, SystemExit):
        # The reader has seen enough (head, less); click leaves for this alone. Nothing is to be flushed into the closed
        # pipe at exit. A command that judges has lost its verdict with it, and must not seem to have found nothing.
        _write_no_more()
        asked = sys.argv[1:] if arguments is None else arguments
        return ExitCode.INTERNAL_FAULT if JUDGING.intersection(asked[:1]) else ExitCode.CONFORMANT
    except OSError as fault:
        _write_no_more()
        return _complain(fault.strerror or type(fault).__name__, ExitCode.INTERNAL_FAULT)
    except Exception as fault:
        return _complain(*_explain(fault))
    return outcome if isinstance(outcome, int) else ExitCode.CONFORMANT


def _write_no_more() -> None:
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explain(fault: Exception) -> tuple[str, int]:
    if isinstance(fault, UsageError):
        return str(fault).replace("--fcu-", "--"), ExitCode.USAGE  # pytest's options, which have no prefix here
    # Only here: the engine is most of what there is to load, and rules and explain need none of it.
    from fcu_conform.engine.faults import describe_fault

    return describe_fault(fault), ExitCode.INTERNAL_FAULT


def _complain(text: str, code: int) -> int:
    line = printable(" ".join(text.split()))
    click.echo(f"fcu-conform: {line if len(line) <= LONGEST else line[:LONGEST] + '…'}", err=True)
    return code

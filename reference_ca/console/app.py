"""The frame of the `reference-ca` command: finds commands; every error is one line and an exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from reference_ca.console.exit_codes import ExitCode
from reference_ca.errors import ReferenceCaError

COMMANDS = {
    "keystore": ("keystores", "Make a whole conformant setup."),
    "setup": ("keystores", "Make the key, and fcu.crt or fcu_csr.pem, as FCU's setup does."),
    "sign": ("keystores", "Sign fcu_csr.pem and write fcu.crt."),
    "status": ("keystores", "Print what FCU's status call says, as JSON."),
    "root": ("authorities", "Make a stand-alone root CA."),
    "intermediate": ("authorities", "Make an intermediate CA below another one."),
    "device": ("devices", "Issue one device."),
    "devices": ("devices", "Issue several devices, with a manifest."),
    "lot": ("lot", "Make a setup and a whole lot, some of it wrong."),
    "slice": ("chains", "Write the chain that a device carries."),
    "upload": ("chains", "Write the PEM that belongs on the portal."),
    "portal": ("portal", "Run a stand-in for the portal, for clients and devices."),
    "defect": ("defect", "Make a setup with one defect, to test a checker with."),
}
"""By name, the module of this package that holds the command, imported when it is called, and what it does."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands from the table: to ask each would import them all."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"{__package__}.{COMMANDS[cmd_name][0]}")
        found: click.Command = getattr(module, f"{cmd_name}_command")
        return found


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Make what FCU makes as a CA: keystores, CA chains, device certificates, uploads."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command; every error that people can cause ends as one line on standard error."""
    try:
        cli.main(arguments, prog_name="reference-ca", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.UsageError as error:
        _fail(" ".join(error.format_message().split()), ExitCode.USAGE)
    except click.ClickException as error:
        _fail(error.format_message(), ExitCode.FAILED)
    except click.Abort:
        _fail("interrupted", ExitCode.INTERRUPTED)
    except ReferenceCaError as error:
        _fail(str(error), ExitCode.FAILED)
    except BrokenPipeError:
        _write_no_more()
        sys.exit(ExitCode.FAILED)
    except OSError as error:
        _write_no_more()
        _fail(error.strerror or type(error).__name__, ExitCode.FAILED)


def _write_no_more() -> None:
    """Leave what standard output could not take: Python would try once more at its exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(line: str, code: ExitCode) -> None:
    click.echo(f"reference-ca: {line}", err=True)
    sys.exit(code)

"""What the commands about the depth share: a keystore that is sound enough to be cut."""

from __future__ import annotations

from collections.abc import Sequence

import click

from fcu_conform.artefacts.ca_context import Slicing
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine import Examination, Outcome
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.reports.text_report import Certificates, summary
from fcu_conform.interfaces.run.exit_codes import ExitCode
from fcu_conform.interfaces.run.settings import settings_of
from fcu_conform.rules.support.formatting import file_trouble

CUTTABLE = (
    "CRT001",
    "CRT002",
    "CHN001",
    "CHN003",
    "CHN004",
    "CHN005",
    "CHN006",
    "CHN007",
    "CHN011",
    "CFG001",
    "CFG004",
)
"""Rules that must not fail before fcu.crt is cut: what is wrong in it would be wrong on the portal."""


class Unsound(click.ClickException):
    """The keystore does not conform, so that cutting its chain makes no sense."""

    suite_exit_code = ExitCode.NON_CONFORMANT


class BrokenRule(click.ClickException):
    """A rule of the suite broke, so nothing is known of the keystore."""

    suite_exit_code = ExitCode.INTERNAL_FAULT


def sound_setup(keystore: str, config: str | None, chain_depth: str | None) -> Setup:
    """The keystore's setup, from the values of options.

    Raises:
        UsageError: what was given makes no sense.
        Unsound: a rule that matters here failed, or another one keeps it from judging.
    """
    (setup,) = settings_of({"keystores": (keystore,), "config": config, "chain_depth": chain_depth}).read_setups()
    check_sound(setup)
    return setup


def check_sound(setup: Setup, prefix: str = "") -> None:
    """Makes sure that the chain of a setup can be relied on.

    Args:
        prefix: what the error begins with.

    Raises:
        Unsound: a rule that matters here failed, or another one keeps it from judging.
        BrokenRule: one broke.
    """
    crt, request = setup.keystore.fcu_crt, setup.keystore.request_file
    if crt.file.trouble is not None and (crt.file.exists or not request.file.exists):
        # Rules would first tell of the request that is missing too, which is not what was asked for.
        words = file_trouble(crt) if crt.file.exists else f"is not in {setup.keystore.path}"
        raise Unsound(f"{prefix}{crt.name}: {words}")
    examination = Examination([setup])
    for code in CUTTABLE:
        result = examination.judge(code, setup.name)
        while result.outcome is Outcome.BLOCKED and result.blocked_by:
            result = examination.judge(result.blocked_by[0], setup.name)
        if result.outcome is Outcome.ERROR:
            raise BrokenRule(f"{prefix}{result.code}: {result.reason}")
        if result.outcome in (Outcome.FAILED, Outcome.BLOCKED) or result.code != code:
            raise Unsound(f"{prefix}{result.code} {summary(result, Certificates.about(result.rule, setup))}")


def slicing_of(setup: Setup) -> Slicing:
    """Where fcu.crt is cut.

    Raises:
        UsageError: no depth is known.
    """
    if setup.ca.slicing is None:
        raise UsageError(
            "the chain depth is unknown: pass --chain-depth, or set device-certificate-chain-depth in fcu.yml"
        )
    return setup.ca.slicing


def listed(certificates: Sequence[Certificate]) -> str:
    """Subjects in order, for people."""
    return ", ".join(printable(str(certificate.subject)) for certificate in certificates)

"""The options of a run for the console's commands: those of pytest without ``fcu-``, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from fcu_conform.interfaces.run.settings import Settings, now, parse_depth, parse_instant, parse_mode, parse_seed

_OPTIONS = (
    click.option("--config", metavar="FILE", help="fcu.yml; else it is looked for beside the keystore."),
    click.option("--chain-depth", metavar="N", help="The depth, where there is no fcu.yml."),
    click.option("--devices", multiple=True, metavar="PATH", help="Device output: a file, a folder, an archive."),
    click.option("--portal-upload", multiple=True, metavar="FILE", help="What was, or will be, uploaded."),
    click.option("--mode", metavar="MODE", help="bootstrap or lwm2m, where fcu.yml does not say."),
    click.option("--at", metavar="TIME", help="Judge validity at this instant (RFC 3339); now if not given."),
    click.option("--validators", default="auto", show_default=True, metavar="LIST", help="Validators to ask."),
    click.option("--validator-command", multiple=True, metavar="NAME=COMMAND", help="Ask this program too."),
    click.option("--sample-seed", metavar="N", help="Draw the devices that validators are asked about by this number."),
    click.option("--handshake", is_flag=True, help="Let a device shake hands with servers."),
    click.option("--strict", is_flag=True, help="Warnings fail."),
    click.option("--waivers", metavar="FILE", help="What somebody has taken the responsibility for, as TOML."),
    click.option("--sign-key", metavar="FILE", help="Sign the statement with this PEM private key."),
    click.option("--sign-passphrase-env", metavar="NAME", help="The environment variable with its passphrase."),
)


def run_options(*, needs_keystore: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a command the options of a run; their values go to `settings_of`."""
    keystore = click.option(
        "--keystore",
        "keystores",
        multiple=True,
        required=needs_keystore,
        metavar="DIR",
        help="FCU's keystore folder; repeatable.",
    )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed((keystore, *_OPTIONS)):
            command = option(command)
        return command

    return decorate


def settings_of(
    *,
    keystores: tuple[str, ...],
    config: str | None,
    chain_depth: str | None,
    devices: tuple[str, ...],
    portal_upload: tuple[str, ...],
    mode: str | None,
    at: str | None,
    validators: str,
    validator_command: tuple[str, ...],
    sample_seed: str | None,
    handshake: bool,
    strict: bool,
    waivers: str | None,
    sign_key: str | None,
    sign_passphrase_env: str | None,
    reports: tuple[str, ...] = (),
) -> Settings:
    """The settings of a run from the values of `run_options`.

    Raises:
        UsageError: a value that makes no sense.
    """
    if at is not None:
        parse_instant(at, "--at")
    return Settings(
        keystores=keystores,
        config=config,
        chain_depth=None if chain_depth is None else parse_depth(chain_depth, "--chain-depth"),
        at=now() if at is None else at,
        strict=strict,
        devices=devices,
        portal_uploads=portal_upload,
        mode=None if mode is None else parse_mode(mode, "--mode"),
        validators=validators,
        validator_commands=validator_command,
        handshake=handshake,
        sample_seed=None if sample_seed is None else parse_seed(sample_seed, "--sample-seed"),
        waivers=waivers,
        sign_key=sign_key,
        sign_passphrase_env=sign_passphrase_env,
        reports=reports,
    )

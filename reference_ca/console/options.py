"""What several commands share: their options, and how these are read."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from reference_ca.chain import check_depth
from reference_ca.config import Config, find_config
from reference_ca.key_source import KeySource

Command = TypeVar("Command", bound=Callable[..., Any])


PATH = click.Path(path_type=Path)

EARLIEST, LATEST = 1951, 9900
"""Years in which something may be made: certificates have no dates before 1950 nor after 9999."""

LONGEST = 100
"""Certificates in an fcu.crt; the portal takes 50 for an account."""


def _instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    """An RFC 3339 instant; a date alone is its first second in UTC."""
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value.upper().replace("Z", "+00:00"))
    except ValueError:
        raise click.BadParameter(f"{value!r} is not an instant: write it as 2026-01-01T00:00:00Z") from None
    if instant.tzinfo is None and len(value) > len("2026-01-01"):
        raise click.BadParameter(f"{value!r} has no zone: end it with Z")
    if not EARLIEST <= instant.year <= LATEST:
        raise click.BadParameter(f"{value!r} is not a time for certificates: name a year from {EARLIEST} to {LATEST}")
    return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)


def with_source(command: Command) -> Command:
    """Add --seed and --at, which reach the command as one ``source``."""

    @click.option("--seed", help="For tests: derive keys, serials and dates from this text.")
    @click.option("--at", callback=_instant, metavar="TIME", help="Make it as of this instant (RFC 3339).")
    @functools.wraps(command)
    def inner(seed: str | None, at: datetime | None, **arguments: Any) -> Any:
        if seed is None and at is None:
            at = datetime.now(timezone.utc)  # what one command makes starts at one instant
        return command(source=KeySource(seed, at=at), **arguments)

    return cast(Command, inner)


def with_keystore(command: Command) -> Command:
    """Add --keystore and --config."""
    where = "fcu.yml; default: looked for beside the keystore."
    command = click.option("--config", "config_file", type=PATH, help=where)(command)
    return click.option("--keystore", "folder", type=PATH, required=True, help="FCU's keystore folder.")(command)


def with_chain_depth(default: str, least: int | None = None) -> Callable[[Command], Command]:
    """Add --chain-depth; ``default`` says what holds without it. What is below ``least`` is a usage error."""
    kind = click.INT if least is None else click.IntRange(least)
    about = f"device-certificate-chain-depth. [default: {default}]"
    return click.option("--chain-depth", "--depth", "depth", type=kind, help=about)


def with_length(default: int | None, otherwise: str = "") -> Callable[[Command], Command]:
    """Add --length; ``otherwise`` says what holds where there is no ``default``."""
    about = "Certificates in fcu.crt." + (f" [default: {otherwise}]" if otherwise else "")
    shown = default is not None
    return click.option("--length", type=click.IntRange(1, LONGEST), default=default, show_default=shown, help=about)


def config_of(folder: Path, config_file: Path | None) -> Config | None:
    """The fcu.yml that was named or lies beside the keystore, or none."""
    place = config_file or find_config(folder)
    return Config.read(place) if place else None


def depth_of(config: Config | None, depth: int | None, length: int) -> int:
    """The depth from fcu.yml or the option; the two must not contradict each other."""
    configured = config.device_certificate_chain_depth if config else None
    if depth is not None and configured is not None and depth != configured:
        raise click.UsageError(f"--chain-depth {depth} contradicts {configured} in {config and config.settings_file}")
    return check_depth(depth if depth is not None else configured, length)

"""From pytest's options, ini keys and arguments to the settings of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.pytest_plugin import OPTIONS, Option
from fcu_conform.interfaces.run.settings import Settings, now, parse_depth, parse_instant, parse_mode, parse_seed

SELECTOR = "fcu::"
"""Beginning of every argument that names the suite or a part of it."""


def gather(config: pytest.Config) -> Settings:
    """The settings that command line and ini file ask for; the command line wins.

    Raises:
        UsageError: a value that makes no sense.
    """
    values = {option.name: _value(config, option) for option in OPTIONS}
    for name in ("keystore", "config", "devices", "portal-upload", "waivers", "sign-key", "report"):
        for path in [values[name]] if isinstance(values[name], str) else values[name] or []:
            if not path.strip():
                raise UsageError(f"--fcu-{name}: needs a path")
    at, depth, seed = values["at"], values["chain-depth"], values["sample-seed"]
    if at is not None:
        parse_instant(at)
    return Settings(
        keystores=tuple(values["keystore"]),
        config=values["config"],
        chain_depth=None if depth is None else parse_depth(depth),
        at=now() if at is None else at,
        devices=tuple(values["devices"]),
        portal_uploads=tuple(values["portal-upload"]),
        validators=values["validators"] or "auto",
        validator_commands=tuple(values["validator-command"]),
        handshake=values["handshake"],
        sample_seed=None if seed is None else parse_seed(seed),
        mode=None if values["mode"] is None else parse_mode(values["mode"]),
        strict=values["strict"],
        waivers=values["waivers"],
        sign_key=values["sign-key"],
        sign_passphrase_env=values["sign-passphrase-env"],
        reports=tuple(values["report"]),
    )


def _value(config: pytest.Config, option: Option) -> Any:
    """The option's value; paths in an ini file are meant from the folder that the file is in."""
    given = getattr(config.option, option.key)
    if given is not None:
        return given
    value = config.getini(option.key)
    if option.ini_type == "string" and not value:
        return None
    if option.metavar not in ("DIR", "FILE", "PATH"):
        return value
    folder = config.rootpath if config.inipath is None else config.inipath.parent
    if isinstance(value, str):
        return _below(folder, value)
    return [_below(folder, path) for path in value]


def _below(folder: Path, path: str) -> str:
    return str(folder / path) if path.strip() else path


def take_selectors(config: pytest.Config) -> list[str]:
    """Takes the arguments that name the suite away from pytest, which would look for such files.

    Without any positional argument the whole suite is meant and nothing else: neither the current folder
    nor testpaths.
    """
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        # As if given on the command line: pytest's header would else name testpaths that are not collected.
        config.args, config.args_source = [], pytest.Config.ArgsSource.ARGS
        return [SELECTOR]
    selectors = [argument for argument in config.args if argument.startswith(SELECTOR)]
    config.args = [argument for argument in config.args if not argument.startswith(SELECTOR)]
    return selectors

"""From pytest's options, ini keys and arguments to the settings of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fcu_conform.interfaces.run.options import OPTIONS, Option
from fcu_conform.interfaces.run.settings import Settings, settings_of

SELECTOR = "fcu::"
"""Beginning of every argument that names the suite or a part of it."""


def gather(config: pytest.Config) -> Settings:
    """The settings that command line and ini file ask for; the command line wins.

    Raises:
        UsageError: a value that makes no sense.
    """
    return settings_of({option.field: _value(config, option) for option in OPTIONS})


def _value(config: pytest.Config, option: Option) -> Any:
    """The option's value; paths in an ini file are meant from the folder that the file is in."""
    given = getattr(config.option, option.key)
    if given is not None:
        return given
    value = config.getini(option.key)
    if value == "":
        return None
    if option.kind != "path":
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

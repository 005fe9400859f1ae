"""Refuses a run in which pytest would take an ini file, a root directory or tests from what it is to judge.

pytest looks for its ini file before it knows the options of plugins: in ``--fcu-keystore DIR``, with a blank, DIR is a
positional argument then, and the ini files in it and above it count. This runs as soon as pytest has read that ini file
and loaded the plugins: before any conftest.py, and before anything is written.
"""

from __future__ import annotations

import inspect
import os
import shlex
import warnings
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pluggy
import pytest
from _pytest.config import findpaths

from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.options import OPTIONS

KEYSTORE_FILES = ("fcu.crt", "fcu_private_key.pem")
"""What a folder holds that is a keystore and not a folder of tests."""

OF_THE_CALLER = frozenset({"--fcu-report", "--fcu-sign-key"})
"""Options whose values are paths of the caller's own."""

JUDGED = frozenset(option.flag for option in OPTIONS if option.kind == "path") - OF_THE_CALLER
"""Options whose values are judged, or come with what is: those of all other paths."""

IN_NUMBERS = frozenset({"--fcu-devices", "--fcu-portal-upload"})
"""Those of them that a shell's pattern makes many files of."""


class Given(NamedTuple):
    """A value of one of the suite's options, and the option as it is typed."""

    flag: str
    value: str


def refuse_what_is_judged(config: pytest.Config, parser: pytest.Parser, words: Sequence[str]) -> None:
    """Lets a run go on only if pytest found ini file, root directory and tests without looking at what is judged.

    Args:
        config: as it is before any conftest.py is loaded.
        parser: knows the options of all plugins by now.
        words: the command line, without what an ini file adds to it.

    Raises:
        pytest.UsageError: pytest took something that is judged for its own; the line says what to type instead.
    """
    known = parser.parse_known_args(words)
    given = list(_given(known))
    folder = config.invocation_params.dir
    has_blank = [one for one in given if one.value in words]
    for argument in known.file_or_dir:
        path = folder / argument.split("::")[0]
        if _is_judged(path, given, folder) or (has_blank and _is_keystore(path)):
            raise _refusal(
                f"{_shown(argument)}: belongs to what is judged, and pytest would look for tests in it: "
                "write its option before each path, as in --fcu-keystore=DIR"
            )
    if any(word.startswith("@") for word in words):
        has_blank = given  # a file of arguments, which may hold a blank too
    if has_blank and (config.rootpath, config.inipath) != _found_without_values(config, known):
        first = has_blank[0]
        value = shlex.quote(printable(first.value))
        taken = f"ini file ({_shown(config.inipath)})" if config.inipath else f"root directory ({config.rootpath})"
        raise _refusal(
            f"{first.flag} {value}: because of the blank pytest took its {printable(taken)} from there: "
            f"type {first.flag}={value}, or judge it with: fcu-conform check"
        )


def _given(known: Namespace) -> Iterator[Given]:
    for option in OPTIONS:
        value = getattr(known, option.key, None)
        if option.kind != "switch" and value is not None:
            for one in [value] if isinstance(value, str) else value:
                yield Given(option.flag, one)


def _found_without_values(config: pytest.Config, known: Namespace) -> tuple[Path, Path | None] | None:
    """Root directory and ini file that pytest finds if it takes no value of an option for a positional argument.

    None where this pytest does not tell: the function is not a public one.
    """
    try:
        arguments = {
            "inifile": known.inifilename,
            "override_ini": getattr(known, "override_ini", None),
            "args": known.file_or_dir,
            "rootdir_cmd_arg": known.rootdir or None,
            "invocation_dir": config.invocation_params.dir,
            "config": config,
        }
        accepted = inspect.signature(findpaths.determine_setup).parameters  # they differ between versions of pytest
        found = findpaths.determine_setup(**{name: value for name, value in arguments.items() if name in accepted})
        return found[0], found[1]
    except (ImportError, AttributeError, TypeError, IndexError):
        return None


def _is_keystore(path: Path) -> bool:
    """A shell makes positional arguments of all but the first in ``--fcu-keystore line-*/keystore``."""
    return any((path / name).is_file() for name in KEYSTORE_FILES)


def _is_judged(path: Path, given: Sequence[Given], folder: Path) -> bool:
    """The path lies in what is judged, or is one more file beside a file that is, as in ``--fcu-devices out/*.pem``."""
    try:
        place = Path(os.path.realpath(path))
        is_file_for_something = place.is_file() and place.suffix != ".py"
        for flag, value in given:
            if flag in JUDGED and value:
                judged = Path(os.path.realpath(folder / value))
                is_one_of_many = flag in IN_NUMBERS and judged.is_file() and place.parent == judged.parent
                if place.is_relative_to(judged) or (is_one_of_many and is_file_for_something):
                    return True
    except (OSError, ValueError):  # what cannot be looked at is not a folder of tests either
        return False
    return False


def _refusal(line: str) -> pytest.UsageError:
    """The error that ends the run, of one line in every pytest: pluggy warns of errors that pass hooks of pytest 7."""
    warning = getattr(pluggy, "PluggyTeardownRaisedWarning", None)
    if warning is not None and pytest.version_tuple < (8,):
        warnings.simplefilter("ignore", warning)
    return pytest.UsageError(line)


def _shown(path: str | Path) -> str:
    return printable(str(path))

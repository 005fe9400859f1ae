"""``fcu-conform check``: the suite on material from others, as pytest runs it, without executing anything in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.console.run_options import run_options
from fcu_conform.interfaces.console.usual_names import HandedIn, find
from fcu_conform.interfaces.pytest_plugin.suite import install
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.output_files import keep_out
from fcu_conform.interfaces.run.run import Run
from fcu_conform.interfaces.run.settings import Settings, settings_of

NOTHING_OF_OTHERS = ("--noconftest", "-p", "no:cacheprovider", "-c", os.devnull)
"""pytest reads no conftest.py and no ini file, and keeps no cache."""


@click.command("check")
@run_options()
@click.option("--junitxml", metavar="FILE", help="Write a JUnit report.")
@click.option("-v", "--verbose", count=True, help="Show every rule.")
@click.option("-q", "--quiet", count=True, help="Show less.")
@click.argument("paths", metavar="PATH…", nargs=-1)
def command(paths: tuple[str, ...], junitxml: str | None, verbose: int, quiet: int, **values: Any) -> int:
    """Judges material from others: keystores, or folders with keystore, fcu.yml, device output and upload."""
    found = [find(path) for path in paths]
    run = Run(_settings(found, values))
    run.check_outputs()
    if junitxml is not None:
        keep_out(Path(junitxml), run.setups, f"--junitxml: {printable(junitxml)}")
    for line in (line for one in found for line in one.lines() if one.folder != one.keystore):
        click.echo(printable(line))
    sys.stdout.flush()
    shown = ["-v"] * verbose + ["-q"] * quiet + ([] if junitxml is None else [f"--junitxml={junitxml}"])
    return judge_under_pytest(run, shown)


def _settings(found: Sequence[HandedIn], values: dict[str, Any]) -> Settings:
    """What the options say, and what was found where they say nothing.

    Raises:
        UsageError: there is no keystore, or a value makes no sense.
    """
    # Uploads go with keystores in order, so those with an upload come first.
    ordered = sorted(found, key=lambda one: one.upload is None)
    values["keystores"] = (*(str(one.keystore) for one in ordered), *values["keystores"])
    values["devices"] = values["devices"] or tuple(str(one.devices) for one in found if one.devices)
    values["portal_uploads"] = values["portal_uploads"] or tuple(str(one.upload) for one in ordered if one.upload)
    if not values["keystores"]:
        raise UsageError("check: needs a PATH: a keystore, or the folder above it")
    return settings_of(values)


class _Given:
    """A plugin of pytest that installs the suite for a run that is there, and not for one that options ask for."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def pytest_configure(self, config: pytest.Config) -> None:
        """Installs the suite."""
        install(config, lambda: self.run)


def judge_under_pytest(run: Run, shown: Sequence[str]) -> int:
    """Judges under pytest with the suite as its only plugin; gives the exit code."""
    with _alone():
        return int(pytest.main([*NOTHING_OF_OTHERS, f"--rootdir={Path.cwd()}", *shown], plugins=[_Given(run)]))


@contextmanager
def _alone() -> Iterator[None]:
    """Within, pytest takes no options and plugins from the environment, and nobody writes bytecode."""
    environment, is_bytecode_left_out = dict(os.environ), sys.dont_write_bytecode
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True  # as under -B, where this Python was isolated by its caller
    try:
        yield
    finally:
        sys.dont_write_bytecode = is_bytecode_left_out
        os.environ.clear()
        os.environ.update(environment)

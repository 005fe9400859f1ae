"""``fcu-conform check``: the suite on what others handed in, as pytest runs it, and nothing of theirs is obeyed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import pytest

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces import pytest_plugin
from fcu_conform.interfaces.console.run_options import run_options, settings_of
from fcu_conform.interfaces.console.usual_names import HandedIn, find
from fcu_conform.interfaces.reports import writers
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.settings import Settings, keep_out

NOTHING_OF_OTHERS = ("--noconftest", "-p", "no:cacheprovider", "-c", os.devnull)
"""pytest reads no conftest.py and no ini file, and keeps no cache."""


@click.command("check")
@run_options(needs_keystore=False)
@click.option("--report", multiple=True, metavar="FILE", help="Write a report; its ending says which; repeatable.")
@click.option("--junitxml", metavar="FILE", help="Write pytest's JUnit report.")
@click.option("-v", "--verbose", count=True, help="Show every rule.")
@click.option("-q", "--quiet", count=True, help="Show less.")
@click.argument("paths", metavar="PATH…", nargs=-1)
def command(
    paths: tuple[str, ...], report: tuple[str, ...], junitxml: str | None, verbose: int, quiet: int, **values: Any
) -> int:
    """Judges what was handed in: keystores, or folders that hold keystore, fcu.yml, device output and upload."""
    found = [find(path) for path in paths]
    settings = _settings(found, report, values)
    setups = settings.read_setups()
    settings.read_waivers()
    writers.check(settings, setups)
    if junitxml is not None:
        keep_out(Path(junitxml), setups, f"--junitxml: {printable(junitxml)}")
    for line in (line for one in found for line in one.lines() if one.folder != one.keystore):
        click.echo(printable(line))
    sys.stdout.flush()
    shown = ["-v"] * verbose + ["-q"] * quiet + ([] if junitxml is None else [f"--junitxml={junitxml}"])
    return _run_pytest([*shown, *_options(settings)])


def _settings(found: Sequence[HandedIn], report: tuple[str, ...], values: dict[str, Any]) -> Settings:
    """What the options say, and what was found where they say nothing.

    Raises:
        UsageError: there is no keystore, or a value makes no sense.
    """
    # Uploads go with keystores in order, so those with an upload come first.
    ordered = sorted(found, key=lambda one: one.upload is None)
    values["keystores"] = (*(str(one.keystore) for one in ordered), *values["keystores"])
    values["devices"] = values["devices"] or tuple(str(one.devices) for one in found if one.devices)
    values["portal_upload"] = values["portal_upload"] or tuple(str(one.upload) for one in ordered if one.upload)
    if not values["keystores"]:
        raise UsageError("check: needs a PATH: a keystore, or the folder that it is in")
    return settings_of(reports=report, **values)


def _options(settings: Settings) -> Iterator[str]:
    """The settings as options of pytest, which are told apart from paths by their equals sign."""
    texts = {
        "keystore": settings.keystores,
        "config": (settings.config,),
        "chain-depth": (settings.chain_depth,),
        "devices": settings.devices,
        "portal-upload": settings.portal_uploads,
        "mode": (settings.mode,),
        "at": (settings.at,),
        "validators": (settings.validators,),
        "validator-command": settings.validator_commands,
        "sample-seed": (settings.sample_seed,),
        "waivers": (settings.waivers,),
        "sign-key": (settings.sign_key,),
        "sign-passphrase-env": (settings.sign_passphrase_env,),
        "report": settings.reports,
    }
    for name, given in texts.items():
        yield from (f"--fcu-{name}={value}" for value in given if value is not None)
    for name, is_set in (("handshake", settings.handshake), ("strict", settings.strict)):
        if is_set:
            yield f"--fcu-{name}"


def _run_pytest(options: Sequence[str]) -> int:
    """Runs the suite under pytest with this plugin alone; gives the exit code."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True  # as under -B, where this Python was isolated by its caller
    return int(pytest.main([*NOTHING_OF_OTHERS, f"--rootdir={Path.cwd()}", *options], plugins=[pytest_plugin]))

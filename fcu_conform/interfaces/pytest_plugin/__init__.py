"""The pytest plugin's doorstep: options and fixtures; the rest is imported when a keystore is asked for.

pytest loads this module in every run of every project of the environment it is installed in, so it imports
nothing that pytest has not imported already.
"""

from __future__ import annotations

import gc
import os
import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from fcu_conform.interfaces.pytest_plugin.names import SUITE
from fcu_conform.interfaces.run.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fcu_conform.artefacts.setup import Setup


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the options; each is an ini key too."""
    group = parser.getgroup("fcu-conform", "FCU conformance")
    for option in OPTIONS:
        if option.kind == "switch":
            group.addoption(option.flag, dest=option.key, action="store_true", default=None, help=option.help)
            parser.addini(option.key, option.help, type="bool", default=False)
        elif option.is_list:
            group.addoption(option.flag, dest=option.key, action="append", metavar=option.metavar, help=option.help)
            parser.addini(option.key, option.help.replace("; repeatable", "; one a line"), type="linelist", default=[])
        else:
            group.addoption(option.flag, dest=option.key, metavar=option.metavar, help=option.help)
            parser.addini(option.key, option.help, type="string", default="")


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser) -> Iterator[None]:
    """Stops a run that takes configuration from what it judges; a wrapper, so that no other plugin has acted on it."""
    words = [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *map(str, early_config.invocation_params.args)]
    if any(word.startswith(("--fcu-", "@")) for word in words):
        # Only where the suite is asked for something, as with every import within a function of this module.
        from fcu_conform.interfaces.pytest_plugin.judged_paths import refuse_what_is_judged

        refuse_what_is_judged(early_config, parser, words)
    yield


def pytest_configure(config: pytest.Config) -> None:
    """Brings in the suite, if there is something to judge.

    Raises:
        pytest.UsageError: what is asked for needs a keystore, or makes no sense.
    """
    if config.option.help or config.option.version:
        return
    # A worker of pytest-xdist looks as its controller decided, so both ask the same two places.
    if config.option.fcu_keystore is not None or config.getini("fcu_keystore"):
        with _few_collections(config):
            # Here, so that a run which asks for nothing does not load it.
            from fcu_conform.interfaces.pytest_plugin.suite import install_as_asked

            install_as_asked(config)
        return
    given = next((option.flag for option in OPTIONS if getattr(config.option, option.key) is not None), None)
    if given is not None:
        raise pytest.UsageError(f"{given}: no keystore to judge: add --fcu-keystore=DIR (or set fcu_keystore)")


@contextmanager
def _few_collections(config: pytest.Config) -> Iterator[None]:
    """Keeps Python's garbage collector from going through what is loaded within, over and over.

    What is imported stays for the whole run, and pytest collects several times at its end: a fifth of a bare run.
    Where tests of the user's run too, these may look at what is collected, so nothing is frozen there.
    """
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()
    if not config.args:
        gc.freeze()
        config.add_cleanup(gc.unfreeze)


@pytest.fixture(scope="session")
def fcu_setups(pytestconfig: pytest.Config) -> tuple[Setup, ...]:
    """What the given FCU keystores hold, in the order of --fcu-keystore, each read once."""
    suite = pytestconfig.pluginmanager.get_plugin(SUITE)
    if suite is None:
        pytest.fail("no keystore to read: pass --fcu-keystore=DIR, or set fcu_keystore", pytrace=False)
    setups: tuple[Setup, ...] = suite.session.setups
    return setups


@pytest.fixture(scope="session")
def fcu_setup(fcu_setups: tuple[Setup, ...]) -> Setup:
    """What the given FCU keystore holds; the first, where several are given (see fcu_setups)."""
    return fcu_setups[0]

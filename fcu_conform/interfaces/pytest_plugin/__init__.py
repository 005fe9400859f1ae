"""The pytest plugin's doorstep: options and fixtures; the rest is imported when a keystore is asked for.

pytest loads this module in every run of every project of the environment it is installed in, so it imports
nothing that pytest has not imported already.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fcu_conform.artefacts.setup import Setup

SUITE = "fcu-conform-suite"
"""Name that the suite is registered under with pytest's plugin manager, in runs that ask for it."""


class Option(NamedTuple):
    """One option: ``--fcu-NAME`` on the command line, ``fcu_NAME`` in an ini file."""

    name: str
    ini_type: str
    metavar: str
    help: str

    @property
    def flag(self) -> str:
        """As typed on the command line."""
        return f"--fcu-{self.name}"

    @property
    def key(self) -> str:
        """As written in an ini file, and as an attribute of pytest's parsed options."""
        return f"fcu_{self.name.replace('-', '_')}"


OPTIONS = (
    Option(
        "keystore",
        "linelist",
        "DIR",
        "judge this keystore, the folder of fcu_private_key.pem and fcu.crt; repeat it for more FCU instances",
    ),
    Option("config", "string", "FILE", "the fcu.yml of the keystore (without it: looked for beside the keystore)"),
    Option("chain-depth", "string", "N", "device-certificate-chain-depth of the setup, where there is no fcu.yml"),
    Option(
        "devices",
        "linelist",
        "PATH",
        "judge this device output: a file, a folder, a .tar, .tar.gz or .zip, a .jsonl or .parquet; repeatable",
    ),
    Option(
        "portal-upload",
        "linelist",
        "FILE",
        "judge what was, or will be, uploaded to the portal; one for each keystore, in order",
    ),
    Option("mode", "string", "MODE", "bootstrap or lwm2m, where fcu.yml does not say"),
    Option(
        "at",
        "string",
        "TIME",
        "judge validity at this instant, e.g. 2026-01-31T12:00:00Z (RFC 3339; default: now)",
    ),
    Option(
        "validators",
        "string",
        "LIST",
        "ask these independent validators: names with commas between, auto (those installed; default), all, none",
    ),
    Option(
        "validator-command",
        "linelist",
        "NAME=COMMAND",
        "ask this program too, by the JSON protocol of the documentation; repeatable",
    ),
    Option(
        "sample-seed",
        "string",
        "N",
        "draw the devices that validators are asked about by this number (without it: the same ones in every run)",
    ),
    Option("handshake", "bool", "", "let a device shake hands with TLS and DTLS servers that trust the upload alone"),
    Option("strict", "bool", "", "warnings fail"),
    Option("waivers", "string", "FILE", "what somebody has taken the responsibility for, as TOML"),
    Option("sign-key", "string", "FILE", "sign the statement with this PEM private key: P-256 or Ed25519, not FCU's"),
    Option("sign-passphrase-env", "string", "NAME", "the environment variable with the passphrase of that key"),
    Option(
        "report",
        "linelist",
        "FILE",
        "write a report; its ending says which (.json .html .md .sarif .intoto.json); repeatable",
    ),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the options; each is an ini key too."""
    group = parser.getgroup("fcu-conform", "FCU conformance")
    for option in OPTIONS:
        if option.ini_type == "bool":
            group.addoption(option.flag, dest=option.key, action="store_true", default=None, help=option.help)
            parser.addini(option.key, option.help, type="bool", default=False)
        elif option.ini_type == "linelist":
            group.addoption(option.flag, dest=option.key, action="append", metavar=option.metavar, help=option.help)
            parser.addini(option.key, f"{option.help} (one a line)", type="linelist", default=[])
        else:
            group.addoption(option.flag, dest=option.key, metavar=option.metavar, help=option.help)
            parser.addini(option.key, option.help, type="string", default="")


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser) -> Iterator[None]:
    """Stops a run before it obeys what it is to judge; a wrapper, so that no other plugin has acted on it either."""
    words = [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *map(str, early_config.invocation_params.args)]
    if any(word.startswith(("--fcu-", "@")) for word in words):
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
        from fcu_conform.interfaces.pytest_plugin.suite import install

        install(config)
        return
    given = next((option.flag for option in OPTIONS if getattr(config.option, option.key) is not None), None)
    if given is not None:
        raise pytest.UsageError(f"{given}: there is no keystore to judge: add --fcu-keystore=DIR (or set fcu_keystore)")


@pytest.fixture(scope="session")
def fcu_setups(pytestconfig: pytest.Config) -> tuple[Setup, ...]:
    """What the given FCU keystores hold, in the order of --fcu-keystore, each read once."""
    suite = pytestconfig.pluginmanager.get_plugin(SUITE)
    if suite is None:
        pytest.fail("there is no keystore to read: give --fcu-keystore=DIR, or set fcu_keystore", pytrace=False)
    setups: tuple[Setup, ...] = suite.setups
    return setups


@pytest.fixture(scope="session")
def fcu_setup(fcu_setups: tuple[Setup, ...]) -> Setup:
    """What the given FCU keystore holds; the first, where several are given (see fcu_setups)."""
    return fcu_setups[0]

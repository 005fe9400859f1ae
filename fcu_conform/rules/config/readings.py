"""CFG: settings of fcu.yml that FCU may not read as they were meant: near misses of names, values of two readings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from fcu_conform.artefacts.config import ConfigFile, Setting
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.config.settings import KNOWN_SETTINGS, at_setting, config_of
from fcu_conform.rules.model import Finding, Findings, Level, rule
from fcu_conform.rules.support.configured_subject import AUTHORITY_ATTRIBUTES
from fcu_conform.rules.support.sources import inferred

_ALIKE = 0.93
"""How alike two names of settings have to be: one letter of a name of fifteen and more."""

_READ_BY_1_1 = (
    (re.compile(r"(?i:y|yes|on)"), "true", "text"),
    (re.compile(r"(?i:n|no|off)"), "false", "text"),
    (re.compile(r"[-+]?0[0-7_]+"), "an octal number", "a decimal number"),
    (re.compile(r"[-+]?0o[0-7]+"), "text", "an octal number"),
    (re.compile(r"[-+]?0b[01_]+"), "a binary number", "text"),
    (re.compile(r"[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"), "a number to the base of sixty", "text"),
    (re.compile(r"[-+]?[1-9][0-9]*_[0-9_]*"), "a number", "text"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "a date", "text"),
)
"""Plain scalars, what YAML 1.1 takes them for, and what YAML 1.2 does (its core schema)."""


@rule(
    "CFG017",
    Level.WARNING,
    requirement="no setting of fcu.yml is a misspelt form of a known one",
    title="a setting is misspelt",
    why="FCU ignores a setting that it does not know, without a message, so the intended setting has no effect.",
    fix="write the name as in FCU's documentation: in lower case, with hyphens",
    passes="device-certificate-chain-depth: 2",
    fails="device_certificate_chain_depth: 2",
    source=inferred("a name one letter, case or hyphens away from a documented one is a mistake"),
    needs=("CFG001",),
)
def setting_names_are_known(setup: Setup) -> Findings:
    config = config_of(setup)
    for setting, meant in misspelt_settings(config):
        yield Finding(
            f"{setting.name} is not a known setting; did you mean {meant}?",
            at_setting(setup, setting),
            meant,
            setting.name,
        )


def misspelt_settings(config: ConfigFile) -> Iterator[tuple[Setting, str]]:
    """The settings whose names are near misses of known ones, each with the name that was meant."""
    authority = list(config.authority.values())
    for known, settings in ((KNOWN_SETTINGS, config.named), (tuple(AUTHORITY_ATTRIBUTES), authority)):
        for setting in settings:
            meant = _near_miss(setting.name, known)
            if meant:
                yield setting, meant


def _near_miss(name: str, known: tuple[str, ...]) -> str:
    """The known name that was meant; empty where the name is known itself, or like none."""
    if name in known:
        return ""
    written = re.sub(r"[_ .]", "-", name.strip()).lower()
    if written in known:
        return written
    return next(iter(get_close_matches(written, known, 1, _ALIKE)), "")


@rule(
    "CFG018",
    Level.NOTICE,
    requirement="no value of fcu.yml is read differently by YAML 1.1 and YAML 1.2",
    title="YAML 1.1 and YAML 1.2 read a value of fcu.yml differently",
    why="It is not documented which version of YAML FCU reads. In YAML 1.2 country-name: NO is the text NO (Norway); in"
    " YAML 1.1 it is false.",
    fix="put the value in quotes; write truth values as true and false",
    passes='country-name: "NO"',
    fails="country-name: NO",
    source=inferred("no document names the version of YAML"),
    needs=("CFG001",),
)
def values_have_one_reading(setup: Setup) -> Findings:
    for setting in config_of(setup).all():
        for one, other in _readings(setting):
            yield Finding(
                f"{setting.name}: {setting.written} is {one} in YAML 1.1, and {other} in YAML 1.2",
                at_setting(setup, setting),
                found=setting.written,
            )


def _readings(setting: Setting) -> Iterator[tuple[str, str]]:
    if not setting.quoted:
        yield from ((one, other) for form, one, other in _READ_BY_1_1 if form.fullmatch(setting.written))

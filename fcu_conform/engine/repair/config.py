"""Repairs fcu.yml where only the writing is wrong: names of settings, generation modes, a country without quotes."""

from __future__ import annotations

import re
from dataclasses import replace

from fcu_conform.artefacts.config import ConfigFile, Setting
from fcu_conform.engine.repair.repaired import NotRepairable, Repaired
from fcu_conform.rules.config.devices import MODE_SETTINGS, MODES
from fcu_conform.rules.config.readings import misspelt_settings
from fcu_conform.rules.support.configured_subject import AUTHORITY_ATTRIBUTES

_TRUTH = re.compile(r"y|yes|on|n|no|off", re.IGNORECASE)
"""What YAML 1.1 takes for true or false, and YAML 1.2 for text."""


def repair_config(config: ConfigFile) -> Repaired | None:
    """What fcu.yml should hold; None where it stays as it is. Comments and order are kept.

    Raises:
        NotRepairable: it is not a YAML mapping, or would not be one afterwards.
    """
    if config.problem:
        raise NotRepairable(config.problem)
    lines = config.file.data.decode("utf-8").splitlines(keepends=True)
    changes = []
    there = {setting.name: setting.value for setting in config.named}
    for setting, meant in misspelt_settings(config):
        if meant in there and setting.value == there[meant] and _remove(lines, setting):
            changes.append(f"line {setting.line}: {setting.name} removed: {meant} has the same value")
        elif meant not in there and (number := _rename(lines, setting, meant)):
            changes.append(f"line {number}: {setting.name} renamed {meant}")
            there[meant] = setting.value
    for setting in config.all():
        name = setting.name.rpartition(".")[2]
        if (value := _value_meant(name, setting)) and _rewrite(lines, name, setting, value):
            changes.append(f"line {setting.line}: {name} is {value} instead of {setting.written}")
    data = "".join(lines).encode("utf-8")
    if changes and ConfigFile(replace(config.file, data=data)).problem:
        raise NotRepairable("cannot be changed line by line")
    return Repaired(data, tuple(changes)) if changes else None


def _remove(lines: list[str], setting: Setting) -> bool:
    """Removes a setting that stands alone in a line with a plain value; False where it does not."""
    line = lines[setting.line - 1]
    is_alone = re.fullmatch(rf"\s*{re.escape(setting.name)}\s*:[^{{}}\[\]|>&*]*", line, re.DOTALL) is not None
    if is_alone and not isinstance(setting.value, (dict, list)):
        lines[setting.line - 1] = ""
        return True
    return False


def _rename(lines: list[str], setting: Setting, meant: str) -> int:
    """Renames a setting where it stands at the beginning of a line; gives the line's number, 0 where it does not."""
    key = re.compile(rf"(\s*){re.escape(setting.name)}(\s*:)")
    for number in (setting.line, setting.line - 1):  # a mapping begins in the line after its name
        if number and (found := key.match(lines[number - 1])):
            lines[number - 1] = f"{found[1]}{meant}{found[2]}{lines[number - 1][found.end() :]}"
            return number
    return 0


def _rewrite(lines: list[str], name: str, setting: Setting, value: str) -> bool:
    """Writes another value where name and value stand alone in a line; False where they do not."""
    old = re.escape(setting.written)
    quoted = rf"\"{old}\"|'{old}'" if setting.quoted else old
    found = re.fullmatch(rf"(\s*{re.escape(name)}\s*:\s*)(?:{quoted})(\s*(?:#.*)?)", lines[setting.line - 1], re.DOTALL)
    if found is not None:
        lines[setting.line - 1] = f"{found[1]}{value}{found[2]}"
    return found is not None


def _value_meant(name: str, setting: Setting) -> str:
    """How a value should be written; empty where it stays."""
    if setting.is_template:
        return ""
    if name in MODE_SETTINGS:
        meant = re.sub(r"[- ]", "_", setting.written.strip()).lower()
        return meant if meant in MODES and meant != setting.written else ""
    is_text = name in AUTHORITY_ATTRIBUTES and not setting.quoted
    return f'"{setting.written}"' if is_text and _TRUTH.fullmatch(setting.written) else ""

"""fcu.yml: read safely, every setting with its line number.

The file is composed into YAML nodes and never constructed, so no tag can make anything. Where settings are nested is
not documented for all of them; a known setting is therefore found by its name at any of the upper levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from fcu_conform.artefacts.bounded_io.limits import CONFIG_ALIASES, CONFIG_DIGITS, CONFIG_EVENTS, CONFIG_NESTING
from fcu_conform.artefacts.bounded_io.reading import FileBytes

_LEVELS = 3
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
_OPAQUE = "custom-properties"
"""Below this setting names are the user's own."""


@dataclass(frozen=True)
class Setting:
    """One setting: its name, the line of its value (from 1), and the value.

    ``value`` is a bool, int, float or str, None where it is empty, or a `list` or `dict` of settings. A quoted value is
    always text. YAML 1.1's yes, no, on and off are kept as text: `as_bool` knows them. ``written`` is a plain value as
    it stands in the file.
    """

    name: str
    line: int
    value: Any
    quoted: bool = False
    written: str = ""

    @property
    def is_set(self) -> bool:
        """It has a value; FCU's own file comes with most of them empty."""
        return self.value is not None and self.value != ""

    @property
    def is_template(self) -> bool:
        """The value is filled in from elsewhere when FCU reads it, so it cannot be judged."""
        return isinstance(self.value, str) and "%>" in self.value.partition("<%")[2]

    @property
    def as_bool(self) -> bool | None:
        """The value as a truth value, None if it is not one."""
        if isinstance(self.value, bool):
            return self.value
        if isinstance(self.value, str) and not self.quoted and self.value.lower() in _TRUE | _FALSE:
            return self.value.lower() in _TRUE
        return None

    @property
    def as_int(self) -> int | None:
        """The value as an integer, None if it is none (a truth value is none)."""
        return self.value if isinstance(self.value, int) and not isinstance(self.value, bool) else None

    @property
    def as_text(self) -> str | None:
        """The value as text, None if it is not text."""
        return self.value if isinstance(self.value, str) else None


@dataclass(frozen=True)
class SettingsFile:
    """A YAML file of settings as found.

    Attributes:
        file: its bytes, or what kept them from being read.
    """

    file: FileBytes

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.file.path

    @property
    def name(self) -> str:
        """How findings call it."""
        return self.file.name

    @cached_property
    def _read(self) -> tuple[dict[str, Setting], str, int | None]:
        """Top-level settings by name; or a problem and the line it is in."""
        if self.file.trouble is not None:
            return {}, self.file.detail or self.file.trouble.value, None
        return _compose(self.file.data)

    @property
    def problem(self) -> str:
        """Why it is not a YAML mapping; empty if it is one."""
        return self._read[1]

    @property
    def problem_line(self) -> int | None:
        """The line of the problem, where it is known."""
        return self._read[2]

    @property
    def top(self) -> dict[str, Setting]:
        """The settings of the top level by name."""
        return self._read[0]

    @cached_property
    def _by_name(self) -> dict[str, Setting]:
        found: dict[str, Setting] = {}
        level = list(self.top.values())
        for _ in range(_LEVELS):
            below: list[Setting] = []
            for setting in level:
                found.setdefault(setting.name, setting)
                if isinstance(setting.value, dict) and setting.name != _OPAQUE:
                    below += setting.value.values()
            level = below
        return found

    def get(self, name: str) -> Setting | None:
        """The setting of that name, the one nearest to the top, if it is there and not empty."""
        setting = self._by_name.get(name)
        return setting if setting is not None and setting.is_set else None

    @property
    def named(self) -> list[Setting]:
        """Every setting that is found by its name alone, those without a value too."""
        return list(self._by_name.values())

    def all(self) -> Iterator[Setting]:
        """Every setting that has a plain value, with its full name, in order of appearance."""
        yield from _leaves("", list(self.top.values()), set())

    def text(self, name: str) -> str | None:
        """A setting's text; None where it is not set, no text, or a template."""
        setting = self.get(name)
        return None if setting is None or setting.is_template else setting.as_text

    def flag(self, name: str) -> bool | None:
        """A setting's truth value; None where it is not set or none."""
        setting = self.get(name)
        return None if setting is None else setting.as_bool


@dataclass(frozen=True)
class ConfigFile(SettingsFile):
    """fcu.yml as found."""

    @property
    def depth(self) -> int | None:
        """device-certificate-chain-depth, where it is set and an integer."""
        setting = self.get("device-certificate-chain-depth")
        return None if setting is None else setting.as_int

    @property
    def is_intermediate(self) -> bool | None:
        """setup-ca-as-intermediate."""
        return self.flag("setup-ca-as-intermediate")

    @property
    def authority(self) -> dict[str, Setting]:
        """The settings of certificate-authority that are filled in, by name."""
        section = self._by_name.get("certificate-authority")
        if section is None or not isinstance(section.value, dict):
            return {}
        return {name: setting for name, setting in section.value.items() if setting.is_set}


def _leaves(prefix: str, settings: list[Setting], seen: set[int]) -> Iterator[Setting]:
    for setting in settings:
        name = f"{prefix}{setting.name}"
        if not isinstance(setting.value, (dict, list)):
            yield replace(setting, name=name)
        elif id(setting.value) not in seen:  # aliases may repeat, nest and loop
            seen.add(id(setting.value))
            inner = list(setting.value.values()) if isinstance(setting.value, dict) else setting.value
            yield from _leaves(f"{name}.", inner, seen)


class _Refused(Exception):
    """Something that safe loading does not take: a sentence and its line."""


def _compose(data: bytes) -> tuple[dict[str, Setting], str, int | None]:
    from ruamel import yaml  # only where there is an fcu.yml: it takes as long as all the rest of a start

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        return {}, "is not UTF-8 text", data.count(b"\n", 0, fault.start) + 1
    try:
        start, end = yaml.events.CollectionStartEvent, yaml.events.CollectionEndEvent
        _check_size(yaml.YAML(typ="safe", pure=True).parse(text), start, end)
        node = yaml.YAML(typ="safe", pure=True).compose(text)
        if node is None or node.id != "mapping":
            return {}, "is empty" if node is None else "is not a mapping of settings", None
        return _Converter().mapping(node), "", None
    except _Refused as refused:
        return {}, refused.args[0], refused.args[1]
    except yaml.error.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        return {}, f"is not valid YAML: {fault.problem or fault.context}", mark.line + 1 if mark else None
    except yaml.error.YAMLError as fault:
        return {}, f"is not valid YAML: {str(fault).splitlines()[0]}", None
    except Exception:  # on odd escapes and directives the library raises what it does not document, by Python's version
        return {}, "is not valid YAML: an escape sequence or a number is out of range", None


def _check_size(events: Iterator[Any], start: type, end: type) -> None:
    """Stops at a file that would take long to compose; a collection's start and end count as one each."""
    depth = 0
    for count, event in enumerate(events):
        line = event.start_mark.line + 1
        if count > CONFIG_EVENTS:
            raise _Refused("has too many settings", line)
        depth += isinstance(event, start) - isinstance(event, end)
        if depth > CONFIG_NESTING:
            raise _Refused("is nested too deeply", line)


class _Converter:
    """Turns YAML nodes into settings, each node once, however often aliases name it."""

    def __init__(self) -> None:
        self._containers: dict[int, dict[str, Setting] | list[Setting]] = {}
        self._aliases = 0

    def mapping(self, node: Any) -> dict[str, Setting]:
        settings: dict[str, Setting] = {}
        self._containers[id(node)] = settings
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.id != "scalar":
                raise _Refused("has a key that is not plain text", line)
            if key.value in settings:
                raise _Refused(f"has the key {key.value!r} twice", line)
            setting = self._setting(key.value, value)
            # An empty value has no place of its own: its mark is where the next thing begins.
            settings[key.value] = replace(setting, line=line) if setting.value is None else setting
        return settings

    def _sequence(self, node: Any) -> list[Setting]:
        items: list[Setting] = []
        self._containers[id(node)] = items
        items += [self._setting(str(number), item) for number, item in enumerate(node.value, start=1)]
        return items

    def _setting(self, name: str, node: Any) -> Setting:
        line = node.start_mark.line + 1
        tag = str(node.tag)
        if not tag.startswith("tag:yaml.org,2002:") or "python" in tag:
            raise _Refused(f"has a tag that is not plain YAML ({tag})", line)
        if node.id == "scalar":
            value = _scalar(tag.rpartition(":")[2], node.value)
            return Setting(name, line, value, node.style in ("'", '"'), node.value)
        value = self._containers.get(id(node))
        if value is not None:
            self._aliases += 1
            if self._aliases > CONFIG_ALIASES:
                raise _Refused(f"has more than {CONFIG_ALIASES} aliases", line)
        else:
            value = self.mapping(node) if node.id == "mapping" else self._sequence(node)
        return Setting(name, line, value)


def _scalar(kind: str, text: str) -> Any:
    try:
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in _TRUE
        if kind == "int" and len(text) <= CONFIG_DIGITS:
            return int(text.replace("_", ""), 0 if text[:2].lower() in ("0x", "0o", "0b") else 10)
        if kind == "float":
            return float(text)
    except ValueError:
        return text
    return text

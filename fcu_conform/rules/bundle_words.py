"""What the rules of the bundle share: which bundle, which names, and words for values that may be secret."""

from __future__ import annotations

from fcu_conform.artefacts.bundle import MODES, Bundle, Item
from fcu_conform.artefacts.cbor import label
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.privatekeys import Secret
from fcu_conform.rules.model import Finding, Location, NotApplicable, Source
from fcu_conform.rules.sources import device as device_source
from fcu_conform.rules.words import counted

HANDLER = "fcc_bundle_handler.c"
READABLE = ("BDL001", "BDL004", "BDL005", "BDL007")
"""Where one of these has failed there are no values to judge."""

GROUPS = (*READABLE, "BDL009", "BDL011")
"""Needed by what looks into the groups."""

FIELDS = (*GROUPS, "BDL016", "BDL017", "BDL018")
"""Needed by what looks for an item by its name."""

_SHOWN = 40


def bundle_of(device: Device) -> Bundle:
    """The device's bundle; a rule is not applicable where it has none."""
    if device.bundle is None:
        raise NotApplicable("is no bundle")
    return device.bundle


def client(document: str, *facts: str) -> Source:
    """A source file of the device client that takes bundles."""
    return device_source(f"Factory Configurator Client, {document}", *facts)


def at(place: str) -> Location:
    """A path in the bundle; the engine adds the file."""
    return Location(field=place)


def wrong(place: str, message: str, expected: str = "", found: str = "") -> Finding:
    """A finding at a path in the bundle, with the path in its words too."""
    return Finding(f"{place}: {message}" if place else message, at(place) if place else Location(), expected, found)


def titled(item: Item) -> str:
    """An item's path with its name."""
    return item.place if item.name is None else f"{item.place} ({label(item.name)})"


def wrong_item(item: Item, field: str, message: str, expected: str = "", found: str = "") -> Finding:
    """A finding at a field of an item."""
    place = f"{item.place}.{field}" if field else item.place
    return Finding(f"{titled(item)}: {message}", at(place), expected, found)


def shown(value: object) -> str:
    """A value for people: bytes are only counted, text is cut."""
    if isinstance(value, Secret):
        return f"a byte string of {counted(len(value.reveal()), 'byte')}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 64 else f"an integer of {value.bit_length()} bits"
    if isinstance(value, str):
        return f'"{_escaped(value)}"' if len(value) <= _SHOWN else f'"{_escaped(value[:_SHOWN])}…"'
    if isinstance(value, float):
        return f"the float {value}"
    if isinstance(value, list):
        return f"an array of {counted(len(value), 'element')}"
    if isinstance(value, dict):
        return f"a map of {counted(len(value), 'pair')}"
    return "a simple value"


def kind(value: object) -> str:
    """What type a value is of, where the value itself is better not shown."""
    return "a text string" if isinstance(value, str) else shown(value)


def _escaped(text: str) -> str:
    return repr(text)[1:-1]


def mode_items(mode: str) -> dict[str, str]:
    """What a mode has of its own, by what it is: the names of its parameters, keys and certificates."""
    prefix = MODES[mode]
    return {
        "server CA": f"{prefix}ServerCACert",
        "URI": f"{prefix}ServerURI",
        "private key": f"{prefix}DevicePrivateKey",
        "certificate": f"{prefix}DeviceCert",
    }

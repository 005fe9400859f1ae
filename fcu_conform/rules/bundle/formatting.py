"""What the rules of the bundle share: which bundle, which names, and words for values that may be secret."""

from __future__ import annotations

import re

from fcu_conform.artefacts.bundle import (
    ITEM_GROUPS,
    MODES,
    PARAMETERS,
    PRIVATE_KEY_TYPE,
    USE_BOOTSTRAP,
    Bundle,
    Item,
    as_uint32,
)
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings.cbor import label
from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.model import Blocked, Finding, Location, NotApplicable, Source
from fcu_conform.rules.support.sources import device_code as device_source

HANDLER = "fcc_bundle_handler.c"
VERIFICATION = "fcc_verification.c"
READABLE = ("BDL001", "BDL004", "BDL005", "BDL007")
"""Where one of these has failed there are no values to judge."""

FOUR_BYTES = (USE_BOOTSTRAP, "mbed.MemoryTotalKB", "mbed.FirstToClaim")
"""Parameters that the device keeps in four bytes."""

SWITCHES = ("Verify", "Disable", "KpAlvSess")
GROUP_NAMES = ("SchemeVersion", *ITEM_GROUPS, "Entropy", "ROT", *SWITCHES, "SID")

KEY_TYPES = (PRIVATE_KEY_TYPE, "ECCPublic")
MAX_NAME = 100
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_SHOWN = 40


def bundle_of(device: Device) -> Bundle:
    """The device's bundle; a rule is not applicable where it has none."""
    if device.bundle is None:
        raise NotApplicable("is not a bundle")
    return device.bundle


def parameter_of(bundle: Bundle, name: str) -> object:
    """The value of a parameter that can be judged.

    Raises:
        NotApplicable: the bundle has no such parameter.
        Blocked: it has no value, or one of no plain type.
    """
    item = bundle.find(name, PARAMETERS)
    if item is None:
        raise NotApplicable(f"the bundle has no {name}")
    if "Data" not in item.fields:
        raise Blocked("BDL017")
    if parameter_trouble(item):
        raise Blocked("BDL028")
    return item.fields["Data"]


def parameter_trouble(item: Item) -> tuple[str, str] | None:
    """Why the Data of a parameter is not a value that a device takes: what it is, and what was expected."""
    data = item.fields["Data"]
    if isinstance(data, bool) or not isinstance(data, (int, str, Secret)):
        return f"Data is {shown_value(data)}", "an integer, text or a byte string"
    if item.name in FOUR_BYTES and isinstance(data, int) and as_uint32(data) is None:
        return f"{shown_value(data)} does not fit into four bytes", "0 to 4294967295"
    return None


def needs_all_items(bundle: Bundle, *groups: str) -> None:
    """Every item of these groups is seen by its name, so that one that is not found is not there.

    Raises:
        Blocked: by the rule that tells what keeps one from being seen.
    """
    for group in groups:
        if group not in bundle.groups and not all(name in GROUP_NAMES for name in bundle.groups):
            raise Blocked("BDL009")
        content = bundle.groups.get(group, [])
        if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
            raise Blocked("BDL011")
    for item in bundle.items(*groups):
        if "Name" not in item.fields:
            raise Blocked("BDL017")
        if name_trouble(item.fields["Name"]):
            raise Blocked("BDL018")


def name_trouble(name: object) -> str:
    """Why a device cannot keep an item under this name; empty where it can."""
    if not isinstance(name, str):
        return shown_value(name)
    if _NAME.fullmatch(name):
        return ""
    return f"{len(name)} characters long" if len(name) > MAX_NAME else shown_value(name)


def client_source(document: str, *facts: str) -> Source:
    """A source file of the device client that takes bundles."""
    return device_source(f"Factory Configurator Client, {document}", *facts)


def location_at(place: str) -> Location:
    """A path in the bundle; the engine adds the file."""
    return Location(field=place)


def finding_at(place: str, message: str, expected: str = "", found: str = "") -> Finding:
    """A finding at a path in the bundle, with the path in its words too."""
    return Finding(
        f"{place}: {message}" if place else message, location_at(place) if place else Location(), expected, found
    )


def item_title(item: Item) -> str:
    """An item's path with its name."""
    return item.place if item.name is None else f"{item.place} ({label(item.name)})"


def finding_in_item(item: Item, field: str, message: str, expected: str = "", found: str = "") -> Finding:
    """A finding at a field of an item."""
    place = f"{item.place}.{field}" if field else item.place
    return Finding(f"{item_title(item)}: {message}", location_at(place), expected, found)


def of_parameter(bundle: Bundle, name: str, message: str, expected: str = "") -> Finding:
    """A finding at the Data of a parameter that is there."""
    item = bundle.find(name, PARAMETERS)
    assert item is not None
    return finding_in_item(item, "Data", message, expected, shown_value(item.fields.get("Data")))


def shown_value(value: object) -> str:
    """A value for people: bytes are only counted, text is cut."""
    if isinstance(value, Secret):
        return f"a byte string of {pluralize(len(value.reveal()), 'byte')}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 64 else f"an integer of {value.bit_length()} bits"
    if isinstance(value, str):
        return f'"{_escaped(value)}"' if len(value) <= _SHOWN else f'"{_escaped(value[:_SHOWN])}…"'
    if isinstance(value, float):
        return f"the float {value}"
    if isinstance(value, list):
        return f"an array of {pluralize(len(value), 'element')}"
    if isinstance(value, dict):
        return f"a map of {pluralize(len(value), 'pair')}"
    return "a simple value"


def type_name(value: object) -> str:
    """What type a value is of, where the value itself is better not shown."""
    return "a text string" if isinstance(value, str) else shown_value(value)


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

"""How the device reads a bundle: written from what is known of its code, with a CBOR reader of its own.

It looks into no certificate and no key. Where it refuses more than the device does (lengths that are not definite, NULs
behind names, numbers of which the device drops bits) the suite is stricter as well. `docs/facts.md` has the facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .cbor_items import ARRAY, BYTES, MAP, NEGATIVE, TAG, TEXT, UNSIGNED, Item, parse

GROUPS = (
    *("SchemeVersion", "Keys", "Certificates", "CertificateChains", "ConfigParams", "CsrReqs", "Entropy", "ROT"),
    *("Verify", "Disable", "KpAlvSess", "SID"),
)
FIELDS = {
    "Keys": ("Name", "Type", "Format", "Data"),
    "Certificates": ("Name", "Format", "Data", "PrKN"),
    "CertificateChains": ("Name", "Format", "DataArray", "PrKN"),
    "ConfigParams": ("Name", "Data"),
    "CsrReqs": ("PrKN", "Subj", "MD", "Ext", "SM"),
}
FOUR_BYTES = ("mbed.UseBootstrap", "mbed.MemoryTotalKB", "mbed.FirstToClaim")
TIME = "mbed.CurrentTime"
MANDATORY = (
    *("mbed.EndpointName", "mbed.Manufacturer", "mbed.ModelNumber", "mbed.DeviceType", "mbed.HardwareVersion"),
    *("mbed.MemoryTotalKB", "mbed.SerialNumber"),
)
SIZES = {"Entropy": 48, "ROT": 16}


class Refused(Exception):
    """The device gives another status than success; the text says why."""


@dataclass
class Stored:
    """What the device has after the bundle, in the order in which it took it.

    Parameters as the octets that are kept, integers in the machine's order; each key and certificate by its name.
    """

    parameters: list[tuple[str, bytes]] = field(default_factory=list)
    keys: list[tuple[str, bytes]] = field(default_factory=list)
    certificates: list[tuple[str, tuple[bytes, ...]]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    clock: list[int] = field(default_factory=list)


def read(data: bytes) -> Stored:
    """What the device stores of a bundle. Raises Refused."""
    try:
        bundle = parse(data)
    except (ValueError, IndexError) as fault:
        raise Refused(f"not one well-formed data item of definite lengths: {fault}") from None
    if bundle.major != MAP or len(bundle.children) > 24:
        raise Refused("not a map of at most 12 groups")
    groups = [(_known(key, GROUPS), value) for key, value in _pairs(bundle)]
    versions = [value for name, value in groups if name == "SchemeVersion"]
    if not versions or versions[0].major not in (TEXT, BYTES) or versions[0].content != b"0.0.1":
        raise Refused("no SchemeVersion 0.0.1")
    stored = Stored()
    for name, value in sorted(groups, key=lambda group: group[0] == "CsrReqs"):
        _take_group(name, value, stored)
    switches = {name: value.argument for name, value in groups}
    if switches.get("Disable") and switches.get("KpAlvSess"):
        raise Refused("disabled, and kept alive")
    if switches.get("Verify", 1):
        _verify(stored)
    return stored


def _verify(stored: Stored) -> None:
    """What the device looks for when it has taken everything; its own answers were recorded."""
    values = dict(stored.parameters)
    mode = {b"\1\0\0\0": "mbed.Bootstrap", b"\0\0\0\0": "mbed.LwM2M"}.get(values.get("mbed.UseBootstrap", b"")[:4])
    if mode is None:
        raise Refused("no mode")
    names = {name for name, _ in (*stored.parameters, *stored.certificates)} | {
        name.partition(" ")[2] for name, _ in stored.keys
    }
    own = (f"{mode}{suffix}" for suffix in ("ServerCACert", "ServerURI", "DevicePrivateKey", "DeviceCert"))
    missing = {*MANDATORY, *own} - names - set(stored.requests)
    if missing:
        raise Refused(f"lacks {', '.join(sorted(missing))}")
    if not re.fullmatch(rb"([+-]\d\d:\d\d)?", values.get("mbed.UTCOffset", b"")):
        raise Refused("a UTC offset of another form")
    if any(len(values.get(name, bytes(16))) != 16 for name in ("mbed.ClassId", "mbed.VendorId")):
        raise Refused("an identifier that has not 16 octets")
    if not values["mbed.EndpointName"] or not values[f"{mode}ServerURI"].startswith((b"coap://", b"coaps://")):
        raise Refused("no endpoint name, or a URI of another scheme")


def _take_group(name: str, value: Item, stored: Stored) -> None:
    if name in SIZES and (value.major != BYTES or len(value.content) != SIZES[name]):
        raise Refused(f"{name} of another size")
    if name in ("Verify", "Disable", "KpAlvSess") and (value.major != UNSIGNED or value.argument > 1):
        raise Refused(f"{name} is neither 0 nor 1")
    if name == "SID" and value.major != TEXT:
        raise Refused("SID is not text")
    if name in FIELDS:
        if value.major != ARRAY:
            raise Refused(f"{name} is not an array")
        for item in value.children:
            _TAKE[name](_fields(name, item), stored)


def _pairs(item: Item) -> Iterator[tuple[Item, Item]]:
    if item.major != MAP:
        raise Refused("not a map")
    yield from zip(item.children[::2], item.children[1::2], strict=True)


def _known(key: Item, names: tuple[str, ...]) -> str:
    """The name that a key is the beginning of: the device compares no further."""
    if key.major != TEXT:
        raise Refused("a key that is not text")
    found = next((name for name in names if name.encode().startswith(key.content)), None)
    if found is None:
        raise Refused(f"an unknown key {key.content!r}")
    return found


def _fields(group: str, item: Item) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for key, value in _pairs(item):
        found.setdefault(_known(key, FIELDS[group]), value)
    if "Format" in found and not (found["Format"].major == TEXT and b"der".startswith(found["Format"].content)):
        raise Refused("a Format that is not der")
    return found


def _text(fields: dict[str, Item], name: str) -> str:
    value = fields.get(name)
    if value is None or value.major != TEXT:
        raise Refused(f"no {name} that is text")
    return value.content.decode(errors="replace")


def _octets(value: Item | None) -> bytes:
    if value is None or value.major != BYTES:
        raise Refused("data that is not a byte string")
    return value.content


def _named(fields: dict[str, Item], name: str = "Name") -> str:
    """The name of a file that the device keeps something in."""
    found = _text(fields, name)
    if not re.fullmatch("[A-Za-z0-9_.-]{1,100}", found):
        raise Refused(f"the name {found[:120]!r}")
    return found


def _once(name: str, taken: list[str]) -> str:
    if name in taken:
        raise Refused(f"{name} is there twice")
    return name


def _take_key(fields: dict[str, Item], stored: Stored) -> None:
    kind = _text(fields, "Type")
    if not ("ECCPrivate".startswith(kind) or "ECCPublic".startswith(kind)):
        raise Refused(f"a key of type {kind}")
    name = _once(f"{kind} {_named(fields)}", [name for name, _ in stored.keys])
    stored.keys.append((name, _octets(fields.get("Data"))))


def _take_certificate(fields: dict[str, Item], stored: Stored) -> None:
    name = _once(_named(fields), [name for name, _ in stored.certificates])
    stored.certificates.append((name, (_octets(fields.get("Data")),)))


def _take_chain(fields: dict[str, Item], stored: Stored) -> None:
    array = fields.get("DataArray")
    if array is None or array.major != ARRAY or not 1 <= len(array.children) <= 5:
        raise Refused("a chain that is not of one to five certificates")
    name = _once(_named(fields), [name for name, _ in stored.certificates])
    stored.certificates.append((name, tuple(map(_octets, array.children))))


def _take_parameter(fields: dict[str, Item], stored: Stored) -> None:
    name, data = _text(fields, "Name"), fields.get("Data")
    if data is not None and data.major == TAG and data.argument == 2 and data.children[0].major == BYTES:
        data = data.children[0]  # it skips the tag
    if data is not None and data.major not in (UNSIGNED, NEGATIVE, BYTES, TEXT):
        raise Refused(f"{name} is neither an integer nor a string")
    if data is not None and TIME.startswith(name):
        stored.clock.append(_number(data) if data.major in (UNSIGNED, NEGATIVE) else -1)
        return
    _once(_named(fields), [name for name, _ in stored.parameters])
    if data is None or data.major in (BYTES, TEXT):
        stored.parameters.append((name, b"" if data is None else data.content))
    else:
        size = 4 if name in FOUR_BYTES else 8
        stored.parameters.append((name, (_number(data) % (1 << 8 * size)).to_bytes(size, "little")))


def _number(item: Item) -> int:
    return item.argument if item.major == UNSIGNED else -1 - item.argument


def _take_request(fields: dict[str, Item], stored: Stored) -> None:
    if fields.get("MD") is None or fields["MD"].major != UNSIGNED or fields["MD"].argument != 1:
        raise Refused("an MD that is not 1")
    _text(fields, "Subj")
    stored.requests.append(_named(fields, "PrKN"))
    if len(stored.requests) > 5:
        raise Refused("more than five requests")


_TAKE: dict[str, Callable[[dict[str, Item], Stored], None]] = {
    "Keys": _take_key,
    "Certificates": _take_certificate,
    "CertificateChains": _take_chain,
    "ConfigParams": _take_parameter,
    "CsrReqs": _take_request,
}

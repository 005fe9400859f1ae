"""Interprets the file names of device output: which files belong to devices, their kind, owner and key files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fcu_conform.artefacts.bounded_io.reading import FileBytes
from fcu_conform.artefacts.device import DeviceFile, Kind
from fcu_conform.artefacts.device_key import DeviceKey, read_key_file
from fcu_conform.artefacts.device_output.manifest import Row

PEM_ENDINGS = (".pem", ".crt", ".cer", ".cert")
DER_ENDING = ".der"
BUNDLE_ENDING = ".cbor"
DEVICE_ENDINGS = (*PEM_ENDINGS, DER_ENDING, BUNDLE_ENDING)
KEY_ENDINGS = (".key.pem", ".key.der", ".key")

_KEY_NAME = re.compile(r"(.+\.)?(key|private[-_]?key|device[-_]?(private[-_]?)?key)\.(pem|der)|.+\.key", re.IGNORECASE)
_KEYS_OF_FOLDER = tuple(f"{name}.{end}" for name in ("key", "private_key", "device_key") for end in ("pem", "der"))
_GENERIC = frozenset(
    (
        "bundle",
        "cert",
        "cert_chain",
        "certificate",
        "certificate_chain",
        "chain",
        "client",
        "config_data",
        "device",
        "device_cert",
        "device_certificate",
        "device_chain",
        "leaf",
    )
)
"""Names of files that say what a file is, not which device it is of."""

_LONGEST_GENERIC = max(map(len, _GENERIC))


def is_key_name(name: str) -> bool:
    """A file of this name holds a private key."""
    return "key" in name.lower() and _KEY_NAME.fullmatch(name.rpartition("/")[2]) is not None


def is_device_name(name: str) -> bool:
    """A file of this name is a device's output."""
    if not name.lower().endswith(DEVICE_ENDINGS) or is_key_name(name):
        return False
    # Resource forks, which macOS puts into archives, have the names of the files that they belong to.
    return not name.startswith("__MACOSX/") and not name.rpartition("/")[2].startswith("._")


def may_be_bundle(name: str) -> bool:
    """A file of this name can be a bundle, by its ending or by what is in it."""
    return not name.lower().endswith((*PEM_ENDINGS, DER_ENDING))


def keys_beside(name: str) -> Iterator[str]:
    """Where the key of a device's file may lie, the likeliest first."""
    place, slash, base = name.rpartition("/")
    stem = base.rpartition(".")[0] or base
    for ending in KEY_ENDINGS:
        yield f"{place}{slash}{stem}{ending}"
    if place or _is_generic(stem):
        for key in _KEYS_OF_FOLDER:
            yield f"{place}{slash}{key}"


def _is_generic(stem: str) -> bool:
    return len(stem) <= _LONGEST_GENERIC and stem.lower().replace("-", "_") in _GENERIC


def take_key(file: FileBytes) -> DeviceKey:
    """The private key that a file holds, or why it holds none."""
    if file.trouble is not None:
        return DeviceKey(file.name, trouble=file.detail or file.trouble.value)
    return read_key_file(file.name, file.data)


def device_file(file: FileBytes, row: Row | None, key: DeviceKey | None) -> DeviceFile:
    """The device whose file this is."""
    trouble = () if file.trouble is None else (file.detail or file.trouble.value,)
    return named_device(file.name, file.data, row, key, trouble)


def named_device(
    name: str, data: bytes, row: Row | None = None, key: DeviceKey | None = None, troubles: tuple[str, ...] = ()
) -> DeviceFile:
    """The device whose file has this name and these bytes."""
    place, _, base = name.rpartition("/")
    stem = base.rpartition(".")[0] or base
    generic = _is_generic(stem)
    device = DeviceFile(name, None if troubles else _kind(base, data), data, troubles, key)
    device.identity = place if generic and place else name[: len(name) - len(base) + len(stem)]
    if row is not None:
        device.endpoint_names = (row.endpoint_name,) if row.endpoint_name else ()
        device.enrollment_id = row.enrollment_id
        return device
    folder = place.rpartition("/")[2]
    if generic:
        device.endpoint_names = (folder,) if folder else ()
    else:
        device.endpoint_names = (stem, folder) if folder and folder != stem else (stem,)
    return device


def _kind(base: str, data: bytes) -> Kind:
    """By the file's ending; by its first bytes where the ending says nothing."""
    if base.endswith(".pem"):
        return Kind.PEM
    base = base.lower()
    if base.endswith(BUNDLE_ENDING):
        return Kind.BUNDLE
    if base.endswith(DER_ENDING) or (data[:1] == b"\x30" and not base.endswith(".pem")):
        return Kind.DER
    if data[:1] and 0xA0 <= data[0] <= 0xBF and not base.endswith(PEM_ENDINGS):
        return Kind.BUNDLE
    return Kind.PEM

"""All device output that was given: files, folder trees and archives, read as a stream of devices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fcu_conform.artefacts.archives import MANIFEST_NAME, is_archive, walk
from fcu_conform.artefacts.device import (
    Device,
    DeviceKey,
    read_device_bundle,
    read_device_der,
    read_device_pem,
    read_key_file,
)
from fcu_conform.artefacts.manifest import Manifest, Row, read_manifest
from fcu_conform.artefacts.reading import FileBytes

PEM_ENDINGS = (".pem", ".crt", ".cer", ".cert")
DER_ENDING = ".der"
BUNDLE_ENDING = ".cbor"
DEVICE_ENDINGS = (*PEM_ENDINGS, DER_ENDING, BUNDLE_ENDING)

_KEY_NAME = re.compile(r"(.+\.)?(key|private[-_]?key|device[-_]?(private[-_]?)?key)\.(pem|der)|.+\.key", re.IGNORECASE)
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


@dataclass(frozen=True)
class DeviceSet:
    """Device output; going over it reads the files, each time anew, one device at a time."""

    paths: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.paths)

    def __iter__(self) -> Iterator[Device]:
        for path in self.paths:
            yield from _Output(path)


class _Output:
    """One path of device output. Keys and the manifest are looked at first, since an archive has no order."""

    def __init__(self, path: Path) -> None:
        is_manifest = path.name.endswith(".csv") and not path.is_dir()
        self.root = path.parent if is_manifest else path
        self.listed_only = is_manifest
        self.manifest_name = path.name if is_manifest else MANIFEST_NAME
        self.is_single = not self.root.is_dir() and not is_archive(self.root)
        self.keys: dict[str, DeviceKey] = {}
        self.used: set[str] = set()
        self.manifest = Manifest("", {})

    def __iter__(self) -> Iterator[Device]:
        self._look_ahead()
        if self.manifest.troubles:
            yield Device(self.manifest.name, troubles=self.manifest.troubles)
        found: set[str] = set()
        seen = bool(self.manifest.troubles)
        for file in walk(self.root, self._is_device_file):
            row = self.manifest.rows.get(file.name)
            if row is not None:
                found.add(file.name)
            seen = True
            yield self._device(file, row)
        for name, row in self.manifest.rows.items():
            if name not in found:
                seen = True
                yield Device(name, troubles=(f"is missing: {self.manifest.name}, line {row.line}, names it",))
        for name, key in self.keys.items():
            if name not in self.used:
                yield Device(name, key=key)
        if not seen:
            kinds = ", ".join(DEVICE_ENDINGS)
            yield Device(self.root.name or str(self.root), troubles=(f"has no device in it (no {kinds} file)",))

    def _look_ahead(self) -> None:
        if self.is_single:
            for ending in (".key.pem", ".key.der", ".key"):
                beside = self.root.with_name(self.root.name.rpartition(".")[0] + ending)
                if beside.exists() and beside != self.root:
                    self._take_key(next(walk(beside, _anything)))
            return
        for file in walk(self.root, self._is_key_or_manifest):
            if file.name == self.manifest_name:
                self.manifest = read_manifest(file)
            else:
                self._take_key(file)
        # A manifest may call any file a key.
        named = {row.key_file for row in self.manifest.rows.values() if row.key_file} - set(self.keys)
        if named:
            for file in walk(self.root, named.__contains__):
                self._take_key(file)

    def _take_key(self, file: FileBytes) -> None:
        if file.trouble is not None:
            self.keys[file.name] = DeviceKey(file.name, trouble=file.detail or file.trouble.value)
        else:
            self.keys[file.name] = read_key_file(file.name, file.data)

    def _is_key_or_manifest(self, name: str) -> bool:
        return name == self.manifest_name or is_key_name(name)

    def _is_device_file(self, name: str) -> bool:
        if self.listed_only or name in self.manifest.rows:
            return name in self.manifest.rows
        if name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._"):
            return False  # resource forks, which macOS puts into archives
        return name.lower().endswith(DEVICE_ENDINGS) and name not in self.keys and not is_key_name(name)

    def _device(self, file: FileBytes, row: Row | None) -> Device:
        place = PurePosixPath(file.name)
        stem, folder = place.name.rpartition(".")[0] or place.name, place.parent.name
        is_generic = stem.lower().replace("-", "_") in _GENERIC
        identity = str(place.parent) if is_generic and folder else str(place.parent / stem)
        device = Device(file.name, identity=identity)
        if row is not None:
            device.endpoint_names = (row.endpoint_name,) if row.endpoint_name else ()
            device.enrollment_id = row.enrollment_id
        else:
            names = (() if is_generic else (stem,)) + ((folder,) if folder else ())
            device.endpoint_names = tuple(dict.fromkeys(names))
        if file.trouble is not None:
            device.troubles = (file.detail or file.trouble.value,)
        else:
            _fill(device, file.data)
        key = self._key_for(place, stem, is_generic, row)
        if key is not None:
            self.used.add(key.name)
            device.key = key
        return device

    def _key_for(self, place: PurePosixPath, stem: str, is_generic: bool, row: Row | None) -> DeviceKey | None:
        if not self.keys and (row is None or not row.key_file):
            return None
        if row is not None and row.key_file:
            return self.keys.get(row.key_file) or DeviceKey(row.key_file, trouble="is missing")
        names = [f"{stem}.key.pem", f"{stem}.key.der", f"{stem}.key"]
        if is_generic or place.parent.name:
            names += [f"{name}.{end}" for name in ("key", "private_key", "device_key") for end in ("pem", "der")]
        beside = (str(place.with_name(name)) for name in names)
        return next((self.keys[name] for name in beside if name in self.keys), None)


def _anything(_name: str) -> bool:
    return True


def is_key_name(name: str) -> bool:
    """A file of that name counts as a private key, and never as a device."""
    return _KEY_NAME.fullmatch(name.rpartition("/")[2]) is not None


def _fill(device: Device, data: bytes) -> None:
    """Reads the file by its ending; by its first bytes where the ending says nothing."""
    ending = device.name.lower()
    if ending.endswith(BUNDLE_ENDING):
        read_device_bundle(device, data)
    elif ending.endswith(DER_ENDING) or (data[:1] == b"\x30" and not ending.endswith(".pem")):
        read_device_der(device, data)
    elif data[:1] and 0xA0 <= data[0] <= 0xBF and not ending.endswith(PEM_ENDINGS):
        read_device_bundle(device, data)
    else:
        read_device_pem(device, data)

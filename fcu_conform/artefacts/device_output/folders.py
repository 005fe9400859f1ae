"""Device output in a folder tree: listed folder by folder, read where it is judged."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fcu_conform.artefacts.bounded_io.limits import DEVICE_FILE
from fcu_conform.artefacts.bounded_io.reading import read_file, read_plainly
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.device_key import DeviceKey
from fcu_conform.artefacts.device_output.chunks import CHUNK
from fcu_conform.artefacts.device_output.file_names import (
    device_file,
    is_device_name,
    is_key_name,
    keys_beside,
    may_be_bundle,
    named_device,
    take_key,
)
from fcu_conform.artefacts.device_output.manifest import Manifest, Row
from fcu_conform.artefacts.device_output.passed_over import PassedOver
from fcu_conform.artefacts.sessions import in_sessions


@dataclass(frozen=True)
class Group:
    """Devices of one folder.

    Attributes:
        below: the folder, from the root of the output; empty for the root itself.
        names: their files in that folder, in order.
        preceding: the bundle before the first of them, where that belongs to another chunk: a session may go on here.
        keys: file to key file, both from the root, where a device has one.
        rows: file from the root to what the manifest says of it.
        strays: key files in that folder that belong to no device.
        trouble: why the folder cannot be listed.
    """

    below: str
    names: tuple[str, ...] = ()
    preceding: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    strays: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True)
class FolderChunk:
    """Devices of some folders below a root, by name: who judges them reads them."""

    root: str
    groups: tuple[Group, ...]

    is_portable = True

    def names(self) -> Iterator[str]:
        """The devices' files, from the root."""
        for group in self.groups:
            prefix = f"{group.below}/" if group.below else ""
            for name in group.names:
                yield prefix + name

    def files(self) -> Iterator[DeviceFile]:
        """See `Chunk`."""
        for group in self.groups:
            if group.trouble:
                yield DeviceFile(group.below or os.path.basename(self.root), troubles=(group.trouble,))  # noqa: PTH119
                continue
            try:
                folder = os.open(os.path.join(self.root, group.below), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # noqa: PTH118
            except OSError:
                folder = -1
            try:
                files = in_sessions(self._of(group, folder))
                if group.preceding:
                    next(files)
                yield from files
            finally:
                if folder >= 0:
                    os.close(folder)

    def _of(self, group: Group, folder: int) -> Iterator[DeviceFile]:
        prefix = f"{group.below}/" if group.below else ""
        keys, rows = group.keys, group.rows
        for base in (group.preceding, *group.names) if group.preceding else group.names:
            name = prefix + base
            data = read_plainly(base, folder, DEVICE_FILE) if folder >= 0 else None
            key = self._key(keys[name]) if keys and name in keys else None
            row = rows.get(name) if rows else None
            if data is not None:
                yield named_device(name, data, row, key)
            else:
                file = read_file(Path(self.root, name), DEVICE_FILE, within=Path(self.root), name=name)
                if not file.exists and not file.detail:
                    file = replace(file, detail="disappeared after the folder was listed")
                yield device_file(file, row, key)
        for base in group.strays:
            yield DeviceFile(prefix + base, key=self._key(prefix + base))

    def _key(self, name: str) -> DeviceKey:
        file = read_file(Path(self.root, name), DEVICE_FILE, within=Path(self.root), name=name)
        if not file.exists:
            return DeviceKey(name, trouble=file.detail or "is missing")
        return take_key(file)


def folder_chunks(
    root: Path, manifest: Manifest, *, listed_only: bool = False, passed_over: PassedOver | None = None
) -> Iterator[FolderChunk]:
    """Everything below a folder, depth first with names in order; links to folders are not followed.

    Args:
        root: the folder.
        manifest: what its devices.csv says.
        listed_only: only files that the manifest names are devices.
        passed_over: takes note of the files that are not read.
    """
    gathered: list[Group] = []
    count = 0
    for group in _groups(root, manifest, listed_only, passed_over or PassedOver()):
        for start in range(0, max(len(group.names), 1), CHUNK):
            part = _part(group, start, manifest.rows)
            gathered.append(part)
            count += len(part.names) + 1
            if count >= CHUNK:
                yield FolderChunk(os.fspath(root), tuple(gathered))
                gathered, count = [], 0
    if gathered:
        yield FolderChunk(os.fspath(root), tuple(gathered))


def _part(group: Group, start: int, rows: Mapping[str, Row]) -> Group:
    """Some of a folder's devices, with their rows; what else the folder has comes with the last of them."""
    names = group.names[start : start + CHUNK]
    prefix = f"{group.below}/" if group.below else ""
    own = [prefix + name for name in names] if group.keys or rows else []
    return Group(
        group.below,
        names,
        group.names[start - 1] if start and may_be_bundle(group.names[start - 1]) else "",
        {name: group.keys[name] for name in own if name in group.keys},
        {name: rows[name] for name in own if name in rows},
        group.strays if start + CHUNK >= len(group.names) else (),
        group.trouble,
    )


def _groups(root: Path, manifest: Manifest, listed_only: bool, passed_over: PassedOver) -> Iterator[Group]:
    rows = manifest.rows
    named_keys = {row.key_file for row in rows.values() if row.key_file}
    pending = [""]
    while pending:
        below = pending.pop()
        prefix = f"{below}/" if below else ""
        files: list[str] = []
        folders: list[str] = []
        try:
            with os.scandir(root / below) as entries:
                for entry in entries:
                    (folders if entry.is_dir(follow_symlinks=False) else files).append(entry.name)
        except OSError as fault:
            yield Group(below, trouble=f"cannot be listed: {os.strerror(fault.errno or 0).lower()}")
            continue
        files.sort()
        if rows or listed_only:
            files = [name for name in files if prefix + name != manifest.name]
        key_names = {prefix + name for name in files if is_key_name(name)} | (
            {prefix + name for name in files if prefix + name in named_keys} if named_keys else set()
        )
        names = tuple(
            name
            for name in files
            if prefix + name in rows
            or (not listed_only and is_device_name(prefix + name) and prefix + name not in key_names)
        )
        keys = dict(_keys(prefix, names, key_names, rows)) if key_names or named_keys else {}
        strays = sorted(name[len(prefix) :] for name in key_names - set(keys.values()) - named_keys)
        if not listed_only and len(names) + len(key_names) < len(files):
            read = {*names, *(name[len(prefix) :] for name in key_names)}
            for name in files:
                if name not in read and prefix + name != manifest.name:
                    passed_over.add(prefix + name)
        if names or strays:
            yield Group(below, names, keys=keys, strays=tuple(strays))
        pending += (prefix + name for name in sorted(folders, reverse=True))


def _keys(prefix: str, names: tuple[str, ...], there: set[str], rows: Mapping[str, Row]) -> Iterator[tuple[str, str]]:
    """Each device's file with its key's, from the root."""
    for base in names:
        name = prefix + base
        row = rows.get(name)
        if row is not None and row.key_file:
            yield name, row.key_file
            continue
        key = next((key for key in keys_beside(name) if key in there), None)
        if key is not None:
            yield name, key

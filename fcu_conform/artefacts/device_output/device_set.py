"""All device output that was given, cut into chunks that can be judged anywhere, each a stream of devices."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from pathlib import Path

from fcu_conform.artefacts.bounded_io.archives import MANIFEST_NAME, Opener, is_archive, walk
from fcu_conform.artefacts.bounded_io.limits import DEVICE_FILE, KEYS_AHEAD, MANIFEST_FILE, MANIFEST_MISSING
from fcu_conform.artefacts.bounded_io.reading import CHANGED, read_file, version_at
from fcu_conform.artefacts.device import Device, DeviceFile
from fcu_conform.artefacts.device_key import DeviceKey, unreadable
from fcu_conform.artefacts.device_output.chunks import CHUNK, Chunk, FilesChunk
from fcu_conform.artefacts.device_output.file_names import (
    DEVICE_ENDINGS,
    KEY_ENDINGS,
    device_file,
    is_device_name,
    is_key_name,
    keys_beside,
    take_key,
)
from fcu_conform.artefacts.device_output.folders import folder_chunks
from fcu_conform.artefacts.device_output.manifest import MANIFEST_ENDING, Manifest, read_manifest
from fcu_conform.artefacts.device_output.passed_over import PassedOver
from fcu_conform.artefacts.device_output.tables import estimate_rows, is_table, table_chunks
from fcu_conform.artefacts.device_output.witness import FileWitness, FolderWitness, Witness
from fcu_conform.artefacts.sessions import in_sessions
from fcu_conform.artefacts.usage import changed

USUAL_SIZE = 1000
"""Bytes that a device takes in an archive or a table, if it takes many."""

_TWICE = "is in the archive twice, and only one of them can count"


@dataclass(frozen=True)
class DeviceSet:
    """Device output; each iteration reads the files again, one device at a time.

    With ``witnesses``, one for each path, everything is read in this process, and `digests` cover what was read.
    """

    paths: tuple[Path, ...] = ()
    witnesses: tuple[Witness, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.paths)

    def __iter__(self) -> Iterator[Device]:
        for chunk in self.chunks():
            for file in chunk.files():
                yield file.read()

    def chunks(self) -> Iterator[Chunk]:
        """The devices in chunks, each time the same ones in the same order."""
        for path, witness in zip_longest(self.paths, self.witnesses):
            seen, passed_over = False, PassedOver()
            trouble = f"has no device in it (no {', '.join(DEVICE_ENDINGS)} file)"
            try:
                for chunk in _chunks(path, witness, passed_over):
                    seen = True
                    yield chunk
            except Exception as fault:
                seen, trouble = False, f"{unreadable(fault)} to its end; the rest was not judged"
            name = path.name or str(path)
            if not seen:
                yield FilesChunk((DeviceFile(name, troubles=(trouble,)),))
            if remark := passed_over.remark():
                yield FilesChunk((DeviceFile(name, remark=remark),))

    def witnessed(self) -> DeviceSet:
        """The same, with a witness for each path."""
        return DeviceSet(self.paths, tuple(Witness() for _ in self.paths))

    def digests(self) -> list[dict[str, str] | None]:
        """The digest set of each path, as `digest_of_output` makes it, of the bytes that were read; None if none were.

        Raises:
            OSError: a file cannot be read.
            UsageError: it is not what was read.
        """
        if not self.witnesses:
            return [None] * len(self.paths)
        return [
            _digest(path, witness) if witness.has_seen else None
            for path, witness in zip(self.paths, self.witnesses, strict=True)
        ]

    def read_keys(self) -> None:
        """Reads the private keys of the first devices and nothing else, so that the redactor knows them."""
        for file in islice((file for chunk in DeviceSet(self.paths).chunks() for file in chunk.files()), KEYS_AHEAD):
            if file.key is None and not file.is_portable:
                file.read()

    def has_at_least(self, count: int) -> bool:
        """There are about so many devices, or more, at little cost; False also where that is not sure."""
        try:
            return sum(_seems_to_have(path, count) for path in self.paths) >= count
        except OSError:
            return False

    def estimate(self) -> int | None:
        """About how many devices there are, at little cost; None where only going over them tells."""
        counts = [_estimate(path) for path in self.paths]
        return None if None in counts else sum(count or 0 for count in counts)


def _seems_to_have(path: Path, count: int) -> int:
    """A careful estimate of how many devices there are below a path; counts no further than ``count``."""
    if path.is_dir():
        names = (name for _, _, names in os.walk(path) for name in names if is_device_name(name))
        return sum(1 for _ in islice(names, count))
    known = _estimate(path)
    return path.stat().st_size // USUAL_SIZE if known is None and path.is_file() else known or 0


def _estimate(path: Path) -> int | None:
    if is_table(path) and path.is_file():
        return estimate_rows(path)
    if path.is_dir():
        return sum(1 for _, _, names in os.walk(path) for name in names if is_device_name(name))
    return None if is_archive(path) or path.name.endswith(MANIFEST_ENDING) else 1


def _chunks(path: Path, witness: Witness | None, passed_over: PassedOver) -> Iterator[Chunk]:
    opener = None if witness is None else witness.file.open
    if is_table(path) and not path.is_dir():
        return _watched(path, table_chunks(path, opener))
    root, manifest_name, is_manifest = _folder_of(path)
    if root.is_dir():
        folder = None if witness is None else witness.folder
        return _in_folder(root, manifest_name, passed_over, listed_only=is_manifest, witness=folder)
    if is_archive(path):
        return _watched(path, _in_batches(in_sessions(_in_archive(path, passed_over, opener))))
    return _in_batches(_single(path, None if witness is None else witness.file))


def _folder_of(path: Path) -> tuple[Path, str, bool]:
    """The folder that is meant by a path, the name of its manifest, and whether that alone says what belongs to it."""
    is_manifest = path.name.endswith(MANIFEST_ENDING) and not path.is_dir()
    return (path.parent, path.name, True) if is_manifest else (path, MANIFEST_NAME, False)


def _digest(path: Path, witness: Witness) -> dict[str, str]:
    root, manifest_name, is_manifest = _folder_of(path)
    is_folder = root.is_dir() and not (is_table(path) and not path.is_dir())
    if witness.folder.has_seen == witness.file.has_seen or is_folder != witness.folder.has_seen:
        raise changed(path)  # a file has become a folder, or the reverse
    if witness.file.has_seen:
        return {"sha256": witness.file.digest(path)}
    return {"dirHash": witness.folder.digest(root, manifest_name, listed_only=is_manifest)}


def _watched(path: Path, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """What is read piece by piece, an archive even several times over, must stay what it is meanwhile."""
    before = version_at(path)
    yield from chunks
    if version_at(path) != before:
        yield FilesChunk((DeviceFile(path.name, troubles=(CHANGED,)),))


def _in_batches(files: Iterator[DeviceFile]) -> Iterator[Chunk]:
    while batch := tuple(islice(files, CHUNK)):
        yield FilesChunk(batch)


def _in_folder(
    root: Path, manifest_name: str, passed_over: PassedOver, *, listed_only: bool, witness: FolderWitness | None
) -> Iterator[Chunk]:
    manifest, file = Manifest("", {}), None
    if (root / manifest_name).is_file():
        file = read_file(root / manifest_name, MANIFEST_FILE, within=root)
        manifest = read_manifest(file)
        if manifest.troubles:
            yield FilesChunk((DeviceFile(manifest.name, troubles=manifest.troubles),))
    seen = None if witness is None else witness.begin(manifest, file)
    found: set[str] = set()
    for chunk in folder_chunks(root, manifest, listed_only=listed_only, passed_over=passed_over):
        if manifest.rows:
            found.update(name for name in chunk.names() if name in manifest.rows)
        yield chunk if seen is None else seen.chunk(chunk)
    for missing in _in_batches(_missing(manifest, found)):
        yield missing if seen is None else seen.chunk(missing)
    if seen is not None:
        seen.end()


def _missing(manifest: Manifest, found: set[str]) -> Iterator[DeviceFile]:
    missing = [name for name in manifest.rows if name not in found]
    for name in missing[:MANIFEST_MISSING]:
        line = manifest.rows[name].line
        yield DeviceFile(name, troubles=(f"is missing: {manifest.name}, line {line}, names it",))
    if len(missing) > MANIFEST_MISSING:
        more = f"names {len(missing) - MANIFEST_MISSING} more files that are missing"
        yield DeviceFile(manifest.name, troubles=(more,))


def _single(path: Path, witness: FileWitness | None) -> Iterator[DeviceFile]:
    """A file that was given itself, with the key beside it."""
    file = read_file(path, DEVICE_FILE)
    if witness is not None and file.trouble is None:
        witness.take(file.data)
    beside = (path.with_name(path.name.rpartition(".")[0] + ending) for ending in KEY_ENDINGS)
    key = next((take_key(read_file(place, DEVICE_FILE)) for place in beside if place != path and place.exists()), None)
    yield device_file(file, None, key)


def _in_archive(path: Path, passed_over: PassedOver, opener: Opener | None) -> Iterator[DeviceFile]:
    """An archive has no order: keys and the manifest are looked at first."""
    manifest = Manifest("", {})
    keys: dict[str, DeviceKey] = {}
    for file in walk(path, lambda name: name == MANIFEST_NAME or is_key_name(name), opener):
        if file.name == MANIFEST_NAME:
            manifest = replace(manifest, troubles=(_TWICE,)) if manifest.name else read_manifest(file)
        else:
            keys[file.name] = DeviceKey(file.name, trouble=_TWICE) if file.name in keys else take_key(file)
    # A manifest may call any file a key.
    named = {row.key_file for row in manifest.rows.values() if row.key_file} - set(keys)
    if named:
        keys.update((file.name, take_key(file)) for file in walk(path, named.__contains__, opener))
    if manifest.troubles:
        yield DeviceFile(manifest.name, troubles=manifest.troubles)
    found: set[str] = set()
    used: set[str] = set()

    def is_device(name: str) -> bool:
        if name in manifest.rows or (is_device_name(name) and name not in keys):
            return True
        if name != MANIFEST_NAME and name not in keys:
            passed_over.add(name)
        return False

    for file in walk(path, is_device, opener):
        row = manifest.rows.get(file.name)
        if row is not None:
            found.add(file.name)
        key = None
        if row is not None and row.key_file:
            key = keys.get(row.key_file) or DeviceKey(row.key_file, trouble="is missing")
        elif keys:
            key = next((keys[name] for name in keys_beside(file.name) if name in keys), None)
        if key is not None:
            used.add(key.name)
        yield device_file(file, row, key)
    yield from _missing(manifest, found)
    for name, key in keys.items():
        if name not in used:
            yield DeviceFile(name, key=key)

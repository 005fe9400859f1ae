"""Finds keystore, device output and upload in a folder from others, by their usual names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from fcu_conform.artefacts.setup import config_beside
from fcu_conform.artefacts.usage import UsageError, existing

KEYSTORE = "keystore"
KEYSTORE_FILES = ("fcu.crt", "fcu_private_key.pem", "fcu_csr.pem")
"""What a folder holds that is a keystore itself."""

DEVICES = ("devices", "lot", "out", "output")
DEVICE_ENDINGS = ("", ".tar", ".tar.gz", ".tgz", ".zip", ".jsonl", ".jsonl.gz", ".parquet")
"""What a name of `DEVICES` may end in: nothing where it is a folder."""

UPLOADS = ("upload.pem", "portal-upload.pem", "uploaded.pem")

SHOWN = 8
"""Names of a folder that are told because nothing was made of them."""


@dataclass(frozen=True)
class HandedIn:
    """What was found for one keystore: paths, None or left out where there is nothing.

    ``passed_over`` are the names in the folder that were taken for nothing, a few of them.
    """

    folder: Path
    keystore: Path
    config: Path | None
    devices: Path | None = None
    upload: Path | None = None
    passed_over: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """What was taken for what, for people."""
        yield f"{self.folder}"
        yield f"  keystore  {self.keystore}"
        yield f"  fcu.yml   {self.config or 'none'}"
        yield f"  devices   {self.devices or 'none (looked for ' + ', '.join(DEVICES) + ')'}"
        yield f"  upload    {self.upload or 'none (looked for ' + ', '.join(UPLOADS) + ')'}"
        if self.passed_over:
            yield f"  not used  {', '.join(self.passed_over)}"


def find(given: str) -> HandedIn:
    """What a path holds: it is a keystore, or a folder with one and what belongs to it.

    Raises:
        UsageError: it is neither, or two things could be meant.
    """
    folder = existing(given, "path")
    if not folder.is_dir():
        raise UsageError(f"path {given}: is not a folder; pass the keystore, or the folder above it")
    keystore = folder / KEYSTORE
    if not os.path.lexists(keystore):
        if any(os.path.lexists(folder / name) for name in KEYSTORE_FILES) or folder.resolve().name == KEYSTORE:
            return HandedIn(folder, folder, config_beside(folder))
        raise UsageError(f"path {given}: has no keystore (neither {KEYSTORE}/ nor {', '.join(KEYSTORE_FILES)})")
    devices = _only(folder, [f"{name}{ending}" for name in DEVICES for ending in DEVICE_ENDINGS], "--devices")
    upload = _only(folder, UPLOADS, "--portal-upload")
    config = config_beside(keystore)
    used = {KEYSTORE, *(path.name for path in (devices, upload, config) if path), "config"}
    with os.scandir(folder) as entries:
        others = islice((entry.name for entry in entries if entry.name not in used), SHOWN + 1)
        passed_over = sorted(others)
    if len(passed_over) > SHOWN:
        passed_over[SHOWN:] = ["…"]
    return HandedIn(folder, _own(keystore, "--keystore"), config, devices, upload, tuple(passed_over))


def _only(folder: Path, names: Sequence[str], option: str) -> Path | None:
    """The one of some names that is there.

    Raises:
        UsageError: there are several, or it is a link.
    """
    found = [folder / name for name in names if os.path.lexists(folder / name)]
    if len(found) > 1:
        raise UsageError(f"path {folder}: has {' and '.join(path.name for path in found)}: choose one with {option}")
    return _own(found[0], option) if found else None


def _own(path: Path, option: str) -> Path:
    """The path, which lies where it was found: a link in a folder of others may lead to what is not theirs."""
    if path.is_symlink():
        raise UsageError(f"path {path}: is a link; pass its target with {option}")
    return path

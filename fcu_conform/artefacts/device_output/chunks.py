"""Chunks of device output: a few hundred devices that can be read anywhere, any number of times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from fcu_conform.artefacts.device import DeviceFile

CHUNK = 500
"""Devices in a chunk: enough that handing it out costs little beside judging it, few enough that losing it does."""


class Chunk(Protocol):
    """Some devices of the output."""

    @property
    def is_portable(self) -> bool:
        """It can be handed to another process."""

    def files(self) -> Iterator[DeviceFile]:
        """Its devices, in order; reads them anew each time."""


@dataclass(frozen=True)
class FilesChunk:
    """Devices whose bytes are here already, since they come from a stream."""

    content: tuple[DeviceFile, ...]

    @property
    def is_portable(self) -> bool:
        """See `Chunk`."""
        return all(file.is_portable for file in self.content)

    def files(self) -> Iterator[DeviceFile]:
        """See `Chunk`."""
        return iter(self.content)

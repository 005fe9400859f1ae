"""Rules, devices and chunks with chosen results, to test the engine alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device, DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk, FilesChunk
from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.rules.model import Finding, Level, Rule, Scope
from fcu_conform.rules.support.first_holders import FirstHolders

from .test_examination import make_rule

CA = cast(CaContext, None)
"""What these rules judge by: they do not look at it."""

Said = Mapping[str, "Sequence[Finding] | Exception"]
"""By the device's name what a rule finds, or what it raises; of others it finds nothing."""


def says(said: Said) -> Callable[[Device, CaContext], Sequence[Finding]]:
    """The function of a rule that says this."""

    def check(device: Device, _: CaContext) -> Sequence[Finding]:
        answer = said.get(device.name, ())
        if isinstance(answer, Exception):
            raise answer
        return answer

    return check


def rule(code: str, said: Said | None = None, level: Level = Level.ERROR, **more: Any) -> Rule:
    """A rule over devices."""
    return make_rule(code, cast(Any, says(said or {})), level, **{"scope": Scope.DEVICE, **more})


def unique_rule(code: str, value: Callable[[Device], str], **more: Any) -> Rule:
    """A rule that no two devices may share a value."""

    def start(_: CaContext, first_holders: FirstHolders) -> Callable[[Device, CaContext], Sequence[Finding]]:
        def check(device: Device, _: CaContext) -> Sequence[Finding]:
            other = first_holders.earlier_holder(value(device).encode(), device)
            return (Finding(f"repeats {other}"),) if other else ()

        return check

    return make_rule(code, cast(Any, start), scope=Scope.UNIQUE, **more)


def lot_rule(code: str, value: Callable[[Device], str], **more: Any) -> Rule:
    """A rule that all devices have the value that the first one has."""

    def start(_: CaContext) -> Callable[[Device, CaContext], Sequence[Finding]]:
        first: list[str] = []

        def check(device: Device, _: CaContext) -> Sequence[Finding]:
            first.append(value(device))
            return (Finding(f"is not as {first[0]}"),) if first[-1] != first[0] else ()

        return check

    return make_rule(code, cast(Any, start), scope=Scope.LOT, **more)


def file(name: str, data: bytes = b"data", **more: Any) -> DeviceFile:
    """A file of a device that nobody takes apart."""
    return DeviceFile(name, None, data, troubles=("nobody reads it",), **more)


def files(*names: str) -> list[DeviceFile]:
    """Files of these names, each with bytes of its own."""
    return [file(name, name.encode()) for name in names]


def chunk(*names: str) -> FilesChunk:
    """A chunk of such files."""
    return FilesChunk(tuple(files(*names)))


@dataclass(frozen=True)
class Lot:
    """Device files in chunks."""

    parts: tuple[tuple[DeviceFile, ...], ...]

    def chunks(self) -> Iterator[Chunk]:
        """See `Chunked`."""
        return map(FilesChunk, self.parts)

    def has_at_least(self, count: int) -> bool:
        """See `DeviceSet`."""
        return sum(map(len, self.parts)) >= count


def lot(*parts: str) -> Lot:
    """A lot whose chunks have devices of these names, with a space between them."""
    return Lot(tuple(tuple(files(*part.split())) for part in parts))


def waiver(code: str, scope: str = "*", number: int = 1) -> Waiver:
    """A waiver in force."""
    return Waiver(code, scope, "a reason", "an owner", date(2026, 9, 30), number)

"""The devices of a line, counted by the chain that they present: a million of them are one pass and a few questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings.certificate import Certificate

TOLD = 20
"""Devices made after a theft that are told by name."""


@dataclass(frozen=True)
class Shape:
    """Devices whose chains differ in their own certificate alone.

    Attributes:
        chain: that of the first of them, its own certificate first.
        count: how many there are.
    """

    chain: tuple[Certificate, ...]
    count: int


@dataclass(frozen=True)
class Lot:
    """The devices of a line.

    Attributes:
        shapes: by their chains, in the order in which they were met.
        made_since: how many say that they were made at or after the instant that was asked about.
        names: the first of those.
    """

    shapes: tuple[Shape, ...]
    made_since: int = 0
    names: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many devices there are."""
        return sum(shape.count for shape in self.shapes)


def count_shapes(devices: Iterable[Device], since: datetime | None = None) -> Lot:
    """Goes over devices once; those whose own certificate cannot be read are left out.

    Args:
        since: the instant from which on devices are counted by the notBefore of their certificates.
    """
    first: dict[object, tuple[Certificate, ...]] = {}
    counts: Counter[object] = Counter()
    made = 0
    names: list[str] = []
    for device in devices:
        own = device.certificate
        if own is None:
            continue
        key = own.issuer.der, tuple(certificate.raw for certificate in device.certificates[1:])
        counts[key] += 1
        first.setdefault(key, device.certificates)
        if since is not None and own.not_before.instant >= since:
            made += 1
            if len(names) < TOLD:
                names.append(device.name)
    return Lot(tuple(Shape(first[key], count) for key, count in counts.items()), made, tuple(names))

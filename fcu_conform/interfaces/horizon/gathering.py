"""Gathers when the certificates of some lines end: on the path, in the upload, on each device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from fcu_conform.artefacts.device import Device, all_certificates
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.support.formatting import short_name
from fcu_conform.rules.support.horizon import ends_of, first_second_after, loses_ten_years_from


class Ending(NamedTuple):
    """Something that ends, and from when on the rules fail because of it.

    Attributes:
        from_then: the first whole second at which a rule fails.
        what: what it is, in a few words: "intermediate", "device certificate of line1-0003.pem".
        certificate: the certificate.
        carrier: who holds it: "device" or "portal"; empty where no depth is known.
        place: where it stands: "fcu.crt 2".
    """

    from_then: datetime
    what: str
    certificate: Certificate
    carrier: str
    place: str


@dataclass
class DeviceEnds:
    """When the devices of a line end by their own certificates, from one pass over them.

    Attributes:
        count: the devices with a certificate that can be read.
        unread: those without.
        first, last: the first and the last end of a device certificate.
        beside: the first end of another certificate that a device is given (of a server, say).
        in_window: how many device certificates end before the instant that was asked for.
    """

    count: int = 0
    unread: int = 0
    first: Ending | None = None
    last: datetime | None = None
    beside: Ending | None = None
    in_window: int = 0


@dataclass(frozen=True)
class LineHorizon:
    """What ends on one line.

    Attributes:
        name: the line's name.
        path: the certificates of fcu.crt that end at all, in the file's order, then those of the upload alone.
        loses_ten_years_from: the first second at which a device is made too late for its ten years; None if never.
        devices: when its devices end, where they were given.
    """

    name: str
    path: tuple[Ending, ...]
    loses_ten_years_from: datetime | None
    devices: DeviceEnds | None = None

    @property
    def first(self) -> Ending | None:
        """What ends first on the line; of several on the path the one highest up."""
        devices = self.devices
        own = [] if devices is None else [one for one in (devices.first, devices.beside) if one is not None]
        return earliest((*reversed(self.path), *own))


def earliest(endings: Iterable[Ending]) -> Ending | None:
    """What ends first; the first of several."""
    return min(endings, key=lambda one: one.from_then, default=None)


def gather(setup: Setup) -> LineHorizon:
    """When what ends on a line; its devices are read, one after the other."""
    ends = ends_of(setup)
    path = [
        Ending(end.from_then, end.role, end.certificate, end.carrier, f"fcu.crt {end.link.index}")
        for end in ends
        if end.from_then is not None
    ]
    known = {end.certificate.raw for end in ends}
    path += [one for one in _uploaded(setup) if one.certificate.raw not in known]
    devices = None if setup.devices is None else _of_devices(setup.devices, setup.horizon)
    return LineHorizon(setup.name, tuple(path), loses_ten_years_from(ends), devices)


def _uploaded(setup: Setup) -> Iterator[Ending]:
    for entry in () if setup.upload is None else setup.upload.certificates.readable:
        assert entry.certificate is not None
        from_then = first_second_after(entry.certificate)
        if from_then is not None:
            place = f"{setup.upload.name} {entry.index}" if setup.upload is not None else ""
            yield Ending(from_then, "uploaded certificate", entry.certificate, "portal", place)


def _of_devices(devices: Iterable[Device], horizon: datetime | None) -> DeviceEnds:
    told = DeviceEnds()
    for device in devices:
        if device.certificate is None:
            told.unread += device.remark is None
            continue
        told.count += 1
        for carried in all_certificates(device):
            if carried.number > 1:
                continue  # of fcu.crt, or a fault that DEV003 tells
            from_then = first_second_after(carried.certificate)
            if from_then is None:
                continue
            if carried.number == 1:
                told.first = _earlier(told.first, from_then, "device certificate", carried.certificate, device.name)
                told.last = max(told.last or from_then, from_then)
                told.in_window += horizon is not None and carried.certificate.not_after.instant < horizon
            else:
                told.beside = _earlier(told.beside, from_then, carried.item, carried.certificate, device.name)
    return told


def _earlier(known: Ending | None, from_then: datetime, what: str, certificate: Certificate, name: str) -> Ending:
    if known is not None and known.from_then <= from_then:
        return known
    return Ending(from_then, f"{what} of {name}", certificate, "device", name)


def describe(ending: Ending) -> str:
    """What ends, with its name and place."""
    where = f", on the {ending.carrier}" if ending.carrier else ""
    return f"the {ending.what} ({short_name(ending.certificate)}{where})"


def hanging_on(ending: Ending, lines: Sequence[LineHorizon]) -> list[str]:
    """The lines whose devices go dark with it."""
    return [line.name for line in lines if any(one.certificate.raw == ending.certificate.raw for one in line.path)]

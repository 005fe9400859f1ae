"""Applies waivers to findings: each to those of its rule and within its scope, and to no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fcu_conform.rules.model import Finding, Level, Location, Rule

if TYPE_CHECKING:
    from fcu_conform.artefacts.device import Device
    from fcu_conform.artefacts.setup import Setup
    from fcu_conform.artefacts.waivers import Waiver


class WaiverScope(NamedTuple):
    """The subject of a finding, as a scope names it: a certificate by its fingerprint, or a device by its name."""

    text: str
    is_fingerprint: bool = False


WaiverScopes: TypeAlias = Callable[[], Iterable[WaiverScope]]
"""Everything that a finding is about; asked for only where a waiver could apply."""


class Waivers:
    """The waivers in force, by their rules' codes; without any, findings are unchanged."""

    def __init__(self, in_force: Iterable[Waiver] = ()) -> None:
        self._by_code: dict[str, list[Waiver]] = {}
        for waiver in in_force:
            self._by_code.setdefault(waiver.code, []).append(waiver)

    def __iter__(self) -> Iterator[Waiver]:
        return (waiver for waivers in self._by_code.values() for waiver in waivers)

    def __contains__(self, waiver: Waiver) -> bool:
        return waiver in self._by_code.get(waiver.code, ())

    def apply(self, code: str, finding: Finding, scopes: WaiverScopes) -> Finding:
        """The finding, with the waiver that covers it; the narrowest of several.

        Notices fail nothing and are not waived.
        """
        waivers = self._by_code.get(code)
        if not waivers or finding.level is Level.NOTICE:
            return finding
        # A device may be called like a fingerprint, or *: what kind of thing a scope names is part of it.
        by_scope = {
            WaiverScope(waiver.scope, waiver.is_of_certificate): waiver for waiver in waivers if not waiver.is_of_all
        }
        narrow = next((by_scope[scope] for scope in scopes() if scope in by_scope), None)
        waiver = narrow or next((waiver for waiver in waivers if waiver.is_of_all), None)
        return finding if waiver is None else replace(finding, waiver=waiver)


def scopes_in_setup(setup: Setup, rule: Rule, location: Location) -> Iterator[WaiverScope]:
    """The fingerprint of the certificate of fcu.crt, or of the upload if the rule is about it, that a place is in."""
    file = rule.family.certificate_file(setup)
    if location.index is not None and location.file == file.name:
        for entry in file.entries:
            if entry.index == location.index and entry.certificate is not None:
                yield WaiverScope(entry.certificate.sha256, is_fingerprint=True)


def scopes_of_device(device: Device, location: Location) -> Iterator[WaiverScope]:
    """The device's names, and the fingerprint of its certificate that a place is in: of its own where it names none."""
    yield from map(WaiverScope, (device.name, device.identity, *device.endpoint_names))
    index = location.index or 1
    if 1 <= index <= len(device.certificates):
        yield WaiverScope(device.certificates[index - 1].sha256, is_fingerprint=True)

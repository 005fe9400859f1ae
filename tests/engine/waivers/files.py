"""Writes files of waivers, and breaks devices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SOON = "2026-09-30"
"""A day that is near enough, seen from the instant at which tests judge."""


def waiver(code: str, scope: str = "*", expires: str = SOON, **others: str) -> str:
    """One waiver as TOML; more fields, or other values, as keywords."""
    fields = {"code": code, "scope": scope, "reason": "a reason", "owner": "an owner", **others}
    lines = [f'{name} = "{value}"' for name, value in fields.items()]
    return "\n".join(["[[waiver]]", *lines, f"expires = {expires}", ""])


def write(folder: Path, *waivers: str) -> Path:
    """The file of these waivers."""
    path = folder / "waivers.toml"
    path.write_text("\n".join(waivers), encoding="utf-8")
    return path


@dataclass
class Lot:
    """A keystore and its devices, ``device-0001`` to ``device-0003``, each with its key beside it."""

    folder: Path

    @property
    def keystore(self) -> Path:
        """The keystore."""
        return self.folder / "keystore"

    @property
    def devices(self) -> Path:
        """The device output."""
        return self.folder / "out"

    def swap_keys(self, one: int, other: int) -> None:
        """Two devices fail DEV015, on which no other rule rests."""
        first, second = (self.devices / f"device-000{number}.key.pem" for number in (one, other))
        contents = first.read_bytes(), second.read_bytes()
        second.write_bytes(contents[0])
        first.write_bytes(contents[1])

    def spoil(self, number: int) -> None:
        """A device fails DEV001, on which every other device rule rests."""
        (self.devices / f"device-000{number}.pem").write_text("no certificate\n")

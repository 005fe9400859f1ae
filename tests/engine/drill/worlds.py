"""Small worlds of lines: which CA each stands below, at which depth, and which uploads the portal still has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, product
from pathlib import Path

from artefacts.makers import AT, Line, key_pem, make_certificate, make_key, pem
from cryptography import x509

from fcu_conform.artefacts.portal_state import read_portal_state
from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.engine.drill.drill import Drill
from fcu_conform.engine.validator_panel import ValidatorPanel
from fcu_conform.rules.support.theft import Theft
from fcu_conform.validators.registry import select

PLACES = ("itself", "ROOT 1", "ROOT 2", "INT 1", "INT 2")
"""What a line can stand below; INT 1 is below ROOT 1."""


@dataclass(frozen=True)
class World:
    """Lines by what they stand below, the depth of all of them, and the root above INT 2."""

    places: tuple[str, ...]
    depth: int
    second_root: str = "ROOT 2"

    def __str__(self) -> str:
        return f"{' + '.join(self.places)} at {self.depth}, INT 2 below {self.second_root}"

    @property
    def names(self) -> list[str]:
        """The names of the lines; one alone has the name of its keystore's folder."""
        if len(self.places) == 1:
            return ["keystore"]
        return [f"line-{number}" for number in range(1, len(self.places) + 1)]

    def chain(self, name: str) -> list[x509.Certificate]:
        """fcu.crt of a line."""
        place = self.places[self.names.index(name)]
        fcu = f"FCU {name}"
        above = {"itself": [], "INT 1": ["INT 1", "ROOT 1"], "INT 2": ["INT 2", self.second_root]}.get(place, [place])
        issuers = [fcu, *above]
        pairs = zip(issuers, [*issuers[1:], issuers[-1]], strict=True)
        return [make_certificate(subject, issuer, serial=len(subject)) for subject, issuer in pairs]

    def depth_of(self, name: str) -> int:
        """The depth, as far as the chain goes."""
        return min(self.depth, len(self.chain(name)))

    def upload(self, name: str) -> list[x509.Certificate]:
        """What the line uploads."""
        return self.chain(name)[self.depth_of(name) - 1 :]

    def device(self, name: str) -> list[x509.Certificate]:
        """What an honest device of the line presents."""
        return [self.forged(name), *self.chain(name)[: self.depth_of(name) - 1]]

    def forged(self, name: str) -> x509.Certificate:
        """A device certificate that is signed with the key of a line, by FCU or by a thief."""
        return make_certificate("device", f"FCU {name}", key=make_key("device"), extensions=[])

    def stolen(self, name: str) -> Iterator[list[x509.Certificate]]:
        """What a thief with the key of a line can present."""
        chain = self.chain(name)
        for length in range(len(chain) + 1):
            yield [self.forged(name), *chain[:length]]

    def lay_out(self, folder: Path) -> None:
        """Writes the keystores."""
        for name in self.names:
            line = Line(folder / name)
            line.write_chain(*self.chain(name))
            line.write("fcu_private_key.pem", key_pem(make_key(f"FCU {name}")))
            depth = f"use-bootstrap: true\ndevice-certificate-chain-depth: {self.depth_of(name)}\n"
            line.write("../config/fcu.yml", depth.encode())

    def setups(self, folder: Path, uploaded: Sequence[str] | None = None) -> list[Setup]:
        """The lines, with an account in which the uploads of some of them are left; without one, by their uploads."""
        state = None if uploaded is None else read_portal_state(self.write_state(folder, uploaded))
        return read_setups([folder / name / "keystore" for name in self.names], at=AT, portal_state=state)

    def write_state(self, folder: Path, uploaded: Sequence[str]) -> Path:
        """Writes the account; uploads that are the same have one entry."""
        entries = {
            pem(*self.upload(name)).decode(): {"name": name, "service": "bootstrap"} for name in reversed(uploaded)
        }
        listed = [{**entry, "certificate": text} for text, entry in entries.items()]
        content = {"format": "fcu-conform portal state", "format_version": 1, "trusted_certificates": listed}
        path = folder / f"account-{'-'.join(uploaded)}.json"
        path.write_text(json.dumps(content))
        return path

    def entries(self) -> list[str]:
        """The lines whose uploads differ from those of the lines before them."""
        firsts = {pem(*self.upload(name)): name for name in reversed(self.names)}
        return sorted(firsts.values())

    def subsets(self) -> list[tuple[str, ...]]:
        """What may be left on the portal: every subset of the entries."""
        names = self.entries()
        return [some for count in range(len(names) + 1) for some in combinations(names, count)]


def all_worlds() -> list[World]:
    """One to three lines below at most two roots and two intermediates, at depths 1 to 4."""
    places = [some for count in (1, 2, 3) for some in combinations_with_replacement(PLACES, count)]
    worlds = [World(some, depth, root) for some, depth, root in product(places, range(1, 5), ("ROOT 1", "ROOT 2"))]
    return [one for one in worlds if one.second_root == "ROOT 2" or "INT 2" in one.places]


def panel(names: str = "cryptography,openssl,openssl-partial") -> ValidatorPanel:
    """Some validators."""
    return ValidatorPanel(select(names), AT)


def theft_in(world: World, folder: Path, name: str, uploaded: Sequence[str] | None = None, asked: str = "") -> Theft:
    """What the theft of a line's key comes to."""
    drill = Drill(world.setups(folder, uploaded), panel(asked) if asked else panel())
    return drill.theft(name)

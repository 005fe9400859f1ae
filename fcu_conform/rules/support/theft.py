"""What comes of the theft of a line's key: the entries to remove, the thief, the other lines; in both readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.text_width import columns
from fcu_conform.rules.support.formatting import short_name


class Reading(Enum):
    """What the documents leave open: which certificates of an entry the portal trusts."""

    ALL = "every certificate of an entry is an anchor"
    LOWEST = "only the lowest certificate of an entry is an anchor"


class State(Enum):
    """What the validators say together of somebody who presents certificates."""

    ONLINE = "online"
    OUT = "out"
    OPEN = "validators differ"
    UNKNOWN = "no validator answered"


@dataclass(frozen=True)
class Entry:
    """What the portal trusts under one name.

    Attributes:
        name: what it is called.
        service: "bootstrap" or "lwm2m"; None where that is not known.
        certificates: the lowest first, then what stands above it.
        lines: the lines whose upload it is.
    """

    name: str
    service: str | None
    certificates: tuple[Certificate, ...]
    lines: tuple[str, ...]

    def anchors(self, reading: Reading) -> tuple[Certificate, ...]:
        """What of it the portal trusts."""
        return self.certificates if reading is Reading.ALL else self.certificates[:1]


@dataclass(frozen=True)
class Removal:
    """What a theft comes to in one reading, once every entry that lets the thief in is removed.

    Attributes:
        stolen: the line whose key is stolen.
        reading: the reading.
        entries: all entries of the line's service.
        remove: those by which a validator would let the thief in.
        thief: how the thief fares afterwards; before a removal the thief is let in as the line's devices are.
        before, after: how the devices of each line fare.
        accepting: the validators that let the thief in afterwards.
        set_aside: the validators that let no line's devices in even before, and so do not decide who is online.
    """

    stolen: str
    reading: Reading
    entries: tuple[Entry, ...]
    remove: tuple[Entry, ...]
    thief: State
    before: Mapping[str, State]
    after: Mapping[str, State]
    accepting: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()

    @property
    def is_shut_out(self) -> bool:
        """No validator lets the thief in any more."""
        return self.thief is State.OUT

    @property
    def dark(self) -> tuple[str, ...]:
        """The other lines whose devices fare worse than before."""
        others = [(name, state, self.after[name]) for name, state in self.before.items() if name != self.stolen]
        return tuple(
            name
            for name, before, after in others
            if before in (State.ONLINE, State.OPEN) and after is not before and after is not State.ONLINE
        )

    @property
    def others(self) -> tuple[Entry, ...]:
        """The entries to remove that are not the line's own."""
        return tuple(entry for entry in self.remove if self.stolen not in entry.lines)

    @property
    def is_clean(self) -> bool:
        """The thief is shut out, and no other line with him."""
        return self.is_shut_out and not self.dark


@dataclass(frozen=True)
class Theft:
    """What the theft of one line's key comes to, in both readings.

    Attributes:
        line: the line.
        removals: a reading each.
    """

    line: str
    removals: tuple[Removal, ...]

    @property
    def is_clean(self) -> bool:
        """In both readings the thief is shut out, and no other line with him."""
        return all(removal.is_clean for removal in self.removals)


@dataclass(frozen=True)
class DeclaredTheft:
    """What is said to have happened: whose keys were stolen, and since when."""

    lines: tuple[str, ...]
    since: datetime | None = None


class TheftAccount(Protocol):
    """What is known of thefts for one line; the validators are asked when a rule asks for it."""

    @property
    def setup(self) -> Setup:
        """The line."""

    @property
    def declared(self) -> DeclaredTheft | None:
        """What is said to have happened; None where nothing is."""

    def theft(self) -> Theft:
        """What the theft of this line's key comes to.

        Raises:
            NotApplicable: what the portal trusts is not known of every line.
        """

    def made_since(self) -> tuple[int, Sequence[str]]:
        """How many devices of the line say that they were made since the theft, and the names of the first."""


def draw_removal(removal: Removal) -> tuple[str, ...]:
    """The portal, the lines and the thief, a row each, with their state after the removal."""
    rows = [
        ("portal", entry_text(entry), "<- remove" if entry in removal.remove else "stays") for entry in removal.entries
    ]
    rows += [("line", name, _words(removal, name)) for name in removal.before]
    thief = f"with the key of {removal.stolen}"
    rows.append(("thief", thief, "shut out" if removal.is_shut_out else f"is let in by {', '.join(removal.accepting)}"))
    widths = [max(columns(row[column]) for row in rows) for column in range(2)]
    return tuple(
        "  ".join([cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=False)] + [row[2]])
        for row in rows
    )


def entry_text(entry: Entry) -> str:
    """An entry's name, with what it trusts."""
    return f"{entry.name} ({' · '.join(map(short_name, entry.certificates))})"


def _words(removal: Removal, name: str) -> str:
    before, after = removal.before[name], removal.after[name]
    if name == removal.stolen:
        return "stolen: its devices go dark with the thief" if after is State.OUT else f"stolen: {after.value}"
    if before is State.OUT:
        return "not online today"
    return {State.ONLINE: "stays online", State.OUT: "GOES DARK"}.get(after, after.value)

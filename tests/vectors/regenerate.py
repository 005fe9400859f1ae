"""Writes fixtures/ anew, byte for byte: ``python tests/vectors/regenerate.py [FOLDER]``.

Every case is made by the reference CA from a seed that is the case's own name, and broken by one edit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import reference_ca as ca

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MADE_AT = datetime(2026, 1, 1, tzinfo=timezone.utc)
JUDGED_AT = "2026-06-01T00:00:00Z"
END = "-----END CERTIFICATE-----\n"

Edit = Callable[[Path], None]


@dataclass(frozen=True)
class Case:
    """One set-up: what it is, the chain drawn as arrows, and the codes of the errors that it must give.

    ``edit`` breaks the conformant set-up that was made first; ``twin`` is the case that it was before.
    """

    name: str
    story: str
    chain: str
    length: int
    depth: int
    errors: tuple[str, ...] = ()
    edit: Edit = field(default=lambda folder: None)
    twin: str = ""

    @property
    def seed(self) -> str:
        """A negative is made from its twin's seed, so that the edit is all that differs."""
        return self.twin or self.name


def edit_chain(change: Callable[[list[str]], list[str]]) -> Edit:
    """Changes the order or number of the certificates in fcu.crt."""

    def edit(folder: Path) -> None:
        crt = folder / "keystore" / "fcu.crt"
        blocks = [block + END for block in crt.read_text(encoding="ascii").split(END) if block.strip()]
        crt.write_text("".join(change(blocks)), encoding="ascii")

    return edit


def edit_config(old: str, new: str) -> Edit:
    """Changes one line of fcu.yml."""

    def edit(folder: Path) -> None:
        config = folder / "config" / "fcu.yml"
        text = config.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{config}: has no {old!r}")
        config.write_text(text.replace(old, new), encoding="utf-8")

    return edit


CASES = (
    Case("self-signed", "FCU is its own root.", "FCU -> FCU", 1, 1),
    Case("intermediate-of-3", "FCU below an intermediate and a root.", "FCU -> INT -> ROOT", 3, 2),
    Case("intermediate-of-6", "FCU below four intermediates and a root.", "FCU -> INT x4 -> ROOT", 6, 5),
    Case(
        "root-before-intermediate",
        "The last two certificates of fcu.crt have changed places.",
        "FCU, ROOT, INT",
        3,
        2,
        ("CHN003",),
        edit_chain(lambda blocks: [blocks[0], blocks[2], blocks[1]]),
        "intermediate-of-3",
    ),
    Case(
        "root-missing",
        "fcu.crt ends before the root.",
        "FCU -> INT -> ?",
        3,
        2,
        ("CHN005",),
        edit_chain(lambda blocks: blocks[:2]),
        "intermediate-of-3",
    ),
    Case(
        "root-twice",
        "The root stands in fcu.crt twice.",
        "FCU -> INT -> ROOT, ROOT",
        3,
        2,
        ("CHN006",),
        edit_chain(lambda blocks: [*blocks, blocks[2]]),
        "intermediate-of-3",
    ),
    Case(
        "depth-missing",
        "fcu.crt is a chain and no depth is set.",
        "FCU -> INT -> ROOT",
        3,
        2,
        ("CFG003",),
        edit_config("device-certificate-chain-depth: 2\n", ""),
        "intermediate-of-3",
    ),
    Case(
        "depth-beyond-chain",
        "The depth is more than the chain and the device certificate have together.",
        "FCU -> INT -> ROOT",
        3,
        2,
        ("CFG004",),
        edit_config("device-certificate-chain-depth: 2\n", "device-certificate-chain-depth: 5\n"),
        "intermediate-of-3",
    ),
)


def write(case: Case, folder: Path) -> None:
    """Writes one case's folder."""
    source = ca.Source(f"fixture {case.seed}", at=MADE_AT)
    ca.make_keystore(folder, case.length, ca.Config.example(source, name="FCU line 1", depth=case.depth), source)
    case.edit(folder)
    lines = [
        f"story = {quoted(case.story)}",
        f"chain = {quoted(case.chain)}",
        f"twin = {quoted(case.twin)}",
        f"at = {quoted(JUDGED_AT)}",
        "# The keys of all fixtures are published here, so KEY010 is an error of every one of them.",
        f"errors = [{', '.join(map(quoted, sorted((*case.errors, 'KEY010'))))}]",
        "",
        "# git keeps no modes: these are set where a case is laid out.",
        "[modes]",
        '"keystore" = "0700"',
        '"keystore/fcu_private_key.pem" = "0600"',
    ]
    (folder / "case.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def quoted(text: str) -> str:
    """A TOML string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main(folder: Path) -> None:
    """Writes all cases; what is there already must not be."""
    for case in CASES:
        write(case, folder / case.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURES)

"""The result of a repair: the new bytes of a file, and what was changed."""

from __future__ import annotations

from dataclasses import dataclass, field


class NotRepairable(ValueError):
    """The file cannot be repaired from what is there."""


@dataclass(frozen=True)
class Repaired:
    """The new content of one file. The bytes are left out of the repr: they may be a private key.

    ``changes`` are sentences for people, in the order in which they were made; there is at least one.
    """

    data: bytes = field(repr=False)
    changes: tuple[str, ...]


def described(problem: str) -> str:
    """What was wrong with a file as a whole, without advice: "it looks like DER"."""
    return f"it {problem.removeprefix('is not PEM: it ').partition(' (')[0]}"

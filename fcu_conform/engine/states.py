"""How many devices conform, do not conform, or are not decided: by the rules, and by whoever was asked as well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fcu_conform.engine.results import Result
from fcu_conform.rules.model import Scope

ASKED_ABOUT_DEVICES = frozenset({Scope.DEVICE_PATH, Scope.HANDSHAKE})


@dataclass(frozen=True)
class DeviceCounts:
    """The totals of a report over all devices.

    Attributes:
        checked: how many were judged.
        conformant: how many of them conform. The others that are not offenders are not decided.
        offending: how many have an error.
        asked: how many of them validators or servers were asked about.
        offenders: the first devices with an error, by name.
        undecided: the first devices that are not decided for a reason of their own, by name.
        by_tables: of how many the signature was accepted by tables of the key that signs them; all others' signatures
            were left to `cryptography`.
    """

    checked: int = 0
    conformant: int = 0
    offending: int = 0
    asked: int = 0
    offenders: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    by_tables: int = 0

    @property
    def not_decided(self) -> int:
        """Devices that nobody has found an error in, and that may all the same not work."""
        return self.checked - self.conformant - self.offending

    def after_asking(self, results: Iterable[Result]) -> DeviceCounts:
        """The counts once validators and servers have been asked about a sample of the conformant devices.

        A device that one of them refuses is not decided. Where one of them refuses every device that it was asked
        about, nobody knows of any other that it would be accepted: then none is decided.
        """
        opinions = [result for result in results if result.rule.scope in ASKED_ABOUT_DEVICES and result.asked]
        refused = {number for result in opinions for number in result.refused}
        refuses_all = any(len(result.refused) == result.asked for result in opinions)
        conformant = 0 if refuses_all else max(self.conformant - len(refused), 0)
        return replace(self, conformant=conformant, asked=max((result.asked for result in opinions), default=0))

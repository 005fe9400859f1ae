"""Files of device output that are not read: how many, and the first of them."""

from __future__ import annotations

from fcu_conform.artefacts.bounded_io.limits import PASSED_OVER
from fcu_conform.artefacts.device import Remark

_OF_SYSTEMS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


class PassedOver:
    """Counts them while the output is gone through; what desktops leave in folders by themselves is left out."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._count = 0

    def add(self, name: str) -> None:
        """One more, by its name from the root of the output."""
        base = name.rpartition("/")[2]
        if base in _OF_SYSTEMS or base.startswith("._") or name.startswith("__MACOSX/"):
            return
        self._count += 1
        if self._count <= PASSED_OVER:
            self._names.append(name)

    def remark(self) -> Remark | None:
        """The remark about them; None if there are none."""
        return Remark(passed_over=tuple(self._names), count=self._count) if self._count else None

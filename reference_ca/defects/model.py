"""What a defect is, what it needs of a set-up, and the register that all defects stand in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from reference_ca.defects.plan import SetUp, Shape
from reference_ca.randomness import Source

Change = Callable[[SetUp], None]


@dataclass(frozen=True)
class Place:
    """What a checker has to say about a defect, and where: code, level, file, number of the certificate, field.

    ``index`` counts from 1, as it comes out for `Defect.shape`; a device's file is named by its path below devices/.
    Of several FCU instances ``instance`` says which, by its folder.
    """

    code: str
    file: str = ""
    index: int | None = None
    field: str = ""
    level: str = "error"
    instance: str = ""


@dataclass(frozen=True)
class Needs:
    """What a set-up must be so that a defect can be put into it; None stands for anything.

    ``length`` to ``longest`` certificates in fcu.crt, ``depth`` to ``deepest``, so many ``devices`` to
    ``most_devices`` in the ``form``, the ``upload``, the ``mode``, and whether the credentials are ``external``.
    """

    length: int = 1
    longest: int | None = None
    depth: int = 1
    deepest: int | None = None
    devices: int = 0
    most_devices: int | None = None
    form: str | None = None
    upload: bool | None = None
    mode: str | None = None
    external: bool | None = None

    def met_by(self, shape: Shape) -> bool:
        """Whether a set-up of this shape will do."""
        return (
            self.length <= shape.length <= (self.longest or shape.length)
            and self.depth <= shape.depth <= (self.deepest or shape.depth)
            and self.devices <= shape.devices
            and (self.most_devices is None or shape.devices <= self.most_devices)
            and (self.form is None or self.form == shape.form)
            and (self.upload is None or self.upload == shape.upload)
            and (self.mode is None or self.mode == shape.mode)
            and (self.external is None or self.external == shape.external)
        )


USUAL = Shape()
"""Three certificates in fcu.crt, made by FCU and signed by an intermediate; no devices, no upload."""


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong with a set-up, by name.

    Attributes:
        name: words with dashes.
        story: what is wrong, in one sentence.
        places: what a checker has to say, and where; for an oddity warnings and notices at most, and mostly nothing.
        needs: what a set-up must be to have it.
        shape: the set-up that it is shown in.
        twin: the name of the nearest sound thing, where that is an oddity of its own; else it is the plain set-up.
        change: puts it into a set-up.
        ask, handshake: the independent validators that see it, and whether servers in a handshake do.
        about: for an oddity, the rule that it is sound to.
    """

    name: str
    story: str
    places: tuple[Place, ...]
    needs: Needs
    shape: Shape
    twin: str
    change: Change
    ask: tuple[str, ...] = ()
    handshake: bool = False
    about: str = ""

    @property
    def breaks(self) -> tuple[str, ...]:
        """The codes of the rules that it breaks, errors and warnings."""
        return tuple(dict.fromkeys(place.code for place in self.places if place.level != "notice"))

    def apply(self, setup: SetUp) -> SetUp:
        """Put the defect into a set-up that meets its needs, and give it back.

        Raises:
            ValueError: the set-up is of another shape than it needs.
        """
        if not self.needs.met_by(setup.shape):
            raise ValueError(f"{self.name}: cannot be put into {setup.shape}")
        self.change(setup)
        return setup

    def make(self, source: Source, **shape: Any) -> SetUp:
        """A set-up with this defect and nothing else wrong; ``shape`` changes single values of `Shape`."""
        return self.apply(SetUp(replace(self.shape, **shape), source))


DEFECTS: dict[str, Defect] = {}
"""Every defect by its name."""

ODDITIES: dict[str, Defect] = {}
"""Sound set-ups that are unlike the usual ones: what a checker must not complain of, or with a notice or warning."""


def defect(
    *places: Place,
    needs: Needs = Needs(),
    shape: Shape = USUAL,
    twin: str = "",
    ask: tuple[str, ...] = (),
    handshake: bool = False,
) -> Callable[[Change], Change]:
    """Register the decorated change as a defect: its name is the function's, its story the docstring."""
    return _registering(DEFECTS, Defect("", "", places, needs, shape, twin, _nothing, ask, handshake))


def oddity(
    *places: Place,
    about: str,
    needs: Needs = Needs(),
    shape: Shape = USUAL,
    ask: tuple[str, ...] = (),
    handshake: bool = False,
) -> Callable[[Change], Change]:
    """Register the decorated change as an oddity; ``places`` are the warnings and notices that it gives."""
    return _registering(ODDITIES, Defect("", "", places, needs, shape, "", _nothing, ask, handshake, about))


def _nothing(_setup: SetUp) -> None:
    """Change nothing."""


def _registering(register: dict[str, Defect], plan: Defect) -> Callable[[Change], Change]:
    def take(change: Change) -> Change:
        name = change.__name__.strip("_").replace("_", "-")
        story = " ".join((change.__doc__ or "").split())
        if name in DEFECTS or name in ODDITIES:
            raise ValueError(f"{name} is there already")
        if not story or not plan.needs.met_by(plan.shape):
            raise ValueError(f"{name}: has no story, or is shown in a set-up that it does not fit")
        register[name] = replace(plan, name=name, story=story, change=change)
        return change

    return take

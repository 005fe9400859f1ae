"""The model of a defect, its requirements on a setup, and the registry of all defects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from reference_ca.defects.plan import FactorySetup, SetupParameters
from reference_ca.key_source import KeySource

Change = Callable[[FactorySetup], None]


@dataclass(frozen=True)
class ExpectedFinding:
    """A finding that a checker must report, and its place: code, level, file, number of the certificate, field.

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
    """What a setup must be so that a defect can be put into it; None stands for anything.

    ``length`` to ``longest`` certificates in fcu.crt, ``depth`` to ``deepest``, so many ``devices`` to
    ``most_devices`` in the ``form``, the ``upload``, the ``mode``, whether the credentials are ``external``, and the
    ``enrollment``.
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
    enrollment: bool | None = None

    def met_by(self, parameters: SetupParameters) -> bool:
        """Whether a setup of this shape will do."""
        return (
            self.length <= parameters.length <= (self.longest or parameters.length)
            and self.depth <= parameters.depth <= (self.deepest or parameters.depth)
            and self.devices <= parameters.devices
            and (self.most_devices is None or parameters.devices <= self.most_devices)
            and (self.form is None or self.form == parameters.form)
            and (self.upload is None or self.upload == parameters.upload)
            and (self.mode is None or self.mode == parameters.mode)
            and (self.external is None or self.external == parameters.external)
            and (self.enrollment is None or self.enrollment == parameters.enrollment)
        )


DEFAULT = SetupParameters()
"""Three certificates in fcu.crt, made by FCU and signed by an intermediate; no devices, no upload."""


@dataclass(frozen=True)
class Defect:
    """One named fault of a setup.

    Attributes:
        name: words with dashes.
        story: what is wrong, in one sentence.
        expected: the findings that a checker must report; for a near miss warnings and notices at most, and mostly
            nothing.
        needs: the requirements on a setup that can have it.
        parameters: the setup that shows it.
        baseline: the name of the nearest sound thing, where that is a near miss of its own; else it is the plain
            setup.
        change: puts it into a setup.
        ask, handshake: the independent validators that see it, and whether servers in a handshake do.
        about: for a near miss, the rule that it is sound to.
    """

    name: str
    story: str
    expected: tuple[ExpectedFinding, ...]
    needs: Needs
    parameters: SetupParameters
    baseline: str
    change: Change
    ask: tuple[str, ...] = ()
    handshake: bool = False
    about: str = ""

    @property
    def breaks(self) -> tuple[str, ...]:
        """The codes of the rules that it breaks, errors and warnings."""
        return tuple(dict.fromkeys(finding.code for finding in self.expected if finding.level != "notice"))

    def apply(self, setup: FactorySetup) -> FactorySetup:
        """Put the defect into a setup that meets its needs, and give it back.

        Raises:
            ValueError: the setup is of another shape than it needs.
        """
        if not self.needs.met_by(setup.parameters):
            raise ValueError(f"{self.name}: cannot be put into {setup.parameters}")
        self.change(setup)
        return setup

    def make(self, source: KeySource, **parameters: Any) -> FactorySetup:
        """A setup with this defect and nothing else wrong; ``parameters`` changes single values of
        `SetupParameters`.
        """
        return self.apply(FactorySetup(replace(self.parameters, **parameters), source))


DEFECTS: dict[str, Defect] = {}
"""Every defect by its name."""

NEAR_MISSES: dict[str, Defect] = {}
"""Sound setups that are unlike the usual ones: what a checker must not complain of, or with a notice or warning."""


def defect(
    *expected: ExpectedFinding,
    needs: Needs = Needs(),
    parameters: SetupParameters = DEFAULT,
    baseline: str = "",
    ask: tuple[str, ...] = (),
    handshake: bool = False,
) -> Callable[[Change], Change]:
    """Register the decorated change as a defect: its name is the function's, its story the docstring."""
    return _registering(DEFECTS, Defect("", "", expected, needs, parameters, baseline, _nothing, ask, handshake))


def near_miss(
    *expected: ExpectedFinding,
    about: str,
    needs: Needs = Needs(),
    parameters: SetupParameters = DEFAULT,
    ask: tuple[str, ...] = (),
    handshake: bool = False,
) -> Callable[[Change], Change]:
    """Register the decorated change as a near miss; ``expected`` are the warnings and notices that it gives."""
    return _registering(NEAR_MISSES, Defect("", "", expected, needs, parameters, "", _nothing, ask, handshake, about))


def _nothing(_setup: FactorySetup) -> None:
    """Change nothing."""


def _registering(register: dict[str, Defect], plan: Defect) -> Callable[[Change], Change]:
    def take(change: Change) -> Change:
        name = change.__name__.strip("_").replace("_", "-")
        story = " ".join((change.__doc__ or "").split())
        if name in DEFECTS or name in NEAR_MISSES:
            raise ValueError(f"{name} is there already")
        if not story or not plan.needs.met_by(plan.parameters):
            raise ValueError(f"{name}: has no story, or is shown in a setup that it does not fit")
        register[name] = replace(plan, name=name, story=story, change=change)
        return change

    return take

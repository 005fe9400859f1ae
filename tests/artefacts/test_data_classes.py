"""Data classes whose methods are made late behave as those of the standard library, and make nothing before."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from types import SimpleNamespace
from typing import Any

import pytest

from fcu_conform.artefacts import data_classes


def _classes(dataclass: Any) -> SimpleNamespace:
    """The same classes, made by one of the two."""

    @dataclass(frozen=True)
    class Point:
        x: int
        y: int = 2
        tags: list[str] = field(default_factory=list, compare=False)
        hidden: bytes = field(default=b"secret", repr=False)
        kept: dict[str, int] = field(default_factory=dict, init=False, hash=False)

    @dataclass(frozen=True)
    class Point3(Point):
        z: int = 3

    @dataclass
    class Counter:
        count: int = 0
        odd: bool = field(default=False, init=False)

        def __post_init__(self) -> None:
            self.odd = self.count % 2 == 1

    @dataclass(frozen=True)
    class Own:
        name: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own)

        def __repr__(self) -> str:
            return "own"

    @dataclass(frozen=True)
    class Empty:
        pass

    @dataclass(frozen=True, order=True)
    class Ordered:
        number: int

    return SimpleNamespace(Point=Point, Point3=Point3, Counter=Counter, Own=Own, Empty=Empty, Ordered=Ordered)


def _outcome(do: Callable[[SimpleNamespace], object], classes: SimpleNamespace) -> str:
    try:
        return repr(do(classes))
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"


@pytest.mark.parametrize(
    "do",
    [
        lambda c: c.Point(1),
        lambda c: c.Point(1, 5, ["a"], b"x"),
        lambda c: c.Point(y=4, x=3),
        lambda c: c.Point(),
        lambda c: c.Point(1, 2, [], b"", {}),
        lambda c: c.Point(1, w=2),
        lambda c: c.Point3(1, z=9),
        lambda c: (c.Point3(1), c.Point(1), c.Point3(1)),
        lambda c: c.Point(1).tags is c.Point(1).tags,
        lambda c: c.Point(1) == c.Point(1, tags=["other"]),
        lambda c: c.Point(1) == c.Point(1, hidden=b"other"),
        lambda c: c.Point(1) == c.Point3(1),
        lambda c: c.Point(1) == 1,
        lambda c: hash(c.Point(1)) == hash(c.Point(1)),
        lambda c: {c.Point(1): "there"}[c.Point(1)],
        lambda c: hash(c.Counter()),
        lambda c: setattr(c.Point(1), "x", 2),
        lambda c: setattr(c.Point(1), "unknown", 2),
        lambda c: delattr(c.Point(1), "x"),
        lambda c: (c.Counter(), c.Counter(3), c.Counter(2) == c.Counter(2)),
        lambda c: c.Counter(1).__dict__,
        lambda c: (c.Own("a"), c.Own("a") == c.Own("b"), hash(c.Own("a")) == hash(c.Own("a"))),
        lambda c: (c.Empty(), c.Empty() == c.Empty(), hash(c.Empty()) == hash(c.Empty())),
        lambda c: (c.Ordered(1) < c.Ordered(2), c.Ordered(1)),
        lambda c: dataclasses.replace(c.Point(1), x=7),
        lambda c: dataclasses.asdict(c.Point3(1)),
        lambda c: [one.name for one in dataclasses.fields(c.Point3)],
        lambda c: (dataclasses.is_dataclass(c.Own), c.Point.__match_args__, c.Point.y),
        lambda c: copy.deepcopy(c.Point(1, tags=["a"])),
    ],
)
def test_data_classes_behave_like_those_of_the_standard_library(do: Callable[[SimpleNamespace], object]) -> None:
    made, expected = _classes(data_classes.dataclass), _classes(dataclasses.dataclass)
    assert _outcome(do, made) == _outcome(do, expected)


def test_a_recursive_one_can_be_shown() -> None:
    counter = _classes(data_classes.dataclass).Counter()
    counter.count = [counter]
    assert repr(counter).endswith("Counter(count=[...], odd=False)")


def test_no_constructor_is_compiled_before_the_first_object() -> None:
    classes = _classes(data_classes.dataclass)
    late = vars(classes.Point)["__init__"]
    assert late is vars(classes.Point3)["__init__"]
    classes.Point3(1)
    assert vars(classes.Point)["__init__"] is late
    assert vars(classes.Point3)["__init__"] is not late
    assert vars(classes.Point3)["__init__"].__qualname__.endswith("Point3.__init__")


@data_classes.dataclass(frozen=True)
class Sent:
    """One that another process may get before it has made any itself."""

    number: int


def test_one_that_comes_from_another_process_can_be_compared_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pickled = pickle.dumps(Sent(1))
    monkeypatch.setattr(Sent, "__init__", vars(_classes(data_classes.dataclass).Point)["__init__"])
    assert pickle.loads(pickled) == pickle.loads(pickled)
    assert {pickle.loads(pickled), pickle.loads(pickled)} == {Sent(1)}
    with pytest.raises(dataclasses.FrozenInstanceError):
        pickle.loads(pickled).number = 2

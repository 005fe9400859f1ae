"""One pass over the devices for several processes of a run: one of them judges, the others take over what it found.

A process that needs the results waits for the one that is judging; if that one ends without a result, the next one
judges. What is passed on are tallies, names and numbers, without the devices: who asks validators reads the few that
are drawn once more.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import overload

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.redaction import redact_all
from fcu_conform.engine.lot.chunk_results import Question
from fcu_conform.engine.lot.device_run import DeviceResults, judge_devices, read_again
from fcu_conform.engine.lot.journal import binding
from fcu_conform.engine.lot.locking import wait_and_lock
from fcu_conform.engine.lot.tally import Tally
from fcu_conform.engine.serialization import MalformedError, plain_of, read_plain
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules.model import Rule


@dataclass(frozen=True)
class _Passed:
    """The results of a pass as they are passed on; see `DeviceResults`."""

    tallies: dict[str, Tally]
    checked: int
    offending: int
    by_tables: int
    offenders: list[tuple[int, str]]
    undecided: list[int]
    undecided_names: list[tuple[int, str]]
    drawn: list[tuple[int, bytes]]


class _Drawn(Sequence[Device]):
    """The devices that were drawn, read when the first is asked for."""

    def __init__(self, size: int, read: Callable[[], list[Device]]) -> None:
        self._size, self._read_all = size, read

    @cached_property
    def _devices(self) -> list[Device]:
        return self._read_all()

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> Device: ...
    @overload
    def __getitem__(self, index: slice) -> list[Device]: ...
    def __getitem__(self, index: int | slice) -> Device | list[Device]:
        return self._devices[index]


@dataclass(frozen=True)
class SharedPass:
    """Judges devices in one process of several.

    Attributes:
        folder: where they pass results on: a folder that nobody else may look into. Where it is not there, as on
            another machine, each process judges by itself.
        seed: the seed that draws devices for the validators.
    """

    folder: Path
    seed: int | None = None

    def __call__(
        self, rules: Sequence[Rule], devices: DeviceSet | None, ca: CaContext, sample: int, waivers: Waivers
    ) -> DeviceResults:
        """The results of the pass, from this process or another.

        Raises:
            KeyboardInterrupt: the pass was interrupted: half a lot is not a verdict on it.
        """
        question = Question(rules, sample, waivers, self.seed)
        paths = [] if devices is None else [str(path) for path in devices.paths]
        passed = self.folder / f"{binding(question, ca, paths)}.json"
        with _alone(passed.with_suffix(".lock")):
            with suppress(OSError, ValueError, RecursionError):
                return _load(passed.read_text(encoding="ascii"), rules, devices)
            results = judge_devices(rules, devices, ca, sample=sample, seed=self.seed, waivers=waivers)
            if not results.complete:
                raise KeyboardInterrupt
            with suppress(OSError):
                _write(passed, _dump(results))
            return results


def _dump(results: DeviceResults) -> str:
    passed = _Passed(
        results.tallies,
        results.checked,
        results.offending,
        results.by_tables,
        results._offenders,
        list(results._undecided),
        list(results._undecided_names.items()),
        list(results.drawn.items()),
    )
    return json.dumps(redact_all(plain_of(passed)))


def _load(text: str, rules: Sequence[Rule], devices: DeviceSet | None) -> DeviceResults:
    passed = read_plain(_Passed, json.loads(text))
    if passed.tallies.keys() != {rule.code for rule in rules}:
        raise MalformedError("other rules")
    drawn = dict(passed.drawn)
    return DeviceResults(
        passed.tallies,
        passed.checked,
        _Drawn(len(drawn), lambda: read_again(devices, drawn)),
        passed.offending,
        by_tables=passed.by_tables,
        drawn=drawn,
        _offenders=passed.offenders,
        _undecided=array("Q", passed.undecided),
        _undecided_names=dict(passed.undecided_names),
    )


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="ascii")
    part.replace(path)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keeps the other processes out until the end; where none can be kept out, goes on without."""
    try:
        file = path.open("ab")
    except OSError:  # there is no such folder here
        yield
        return
    with file:
        with suppress(OSError):  # a file system without locks
            wait_and_lock(file)
        yield

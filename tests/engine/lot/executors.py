"""Executors of the tests' own, the rules that their workers judge by, and what these say of six chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.fakes import chunk, files, lot_rule, rule
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.engine.lot import workers as lot_workers
from fcu_conform.engine.lot.chunk_judge import ChunkJudge, ChunkResult
from fcu_conform.engine.lot.workers import WorkerPool
from fcu_conform.rules.model import Catalogue, Finding

RULES = [rule("DEV001", {"b": (Finding("wrong"),)}), lot_rule("LOT005", lambda device: device.name)]


LEADS = {"LOT005": files("a")[0]}


CA = cast(CaContext, SimpleNamespace(is_portable=True))
"""What these rules judge by: it may travel, and they do not look at it."""


def use_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets workers find these rules and no others."""
    rules = Catalogue()
    for one in RULES:
        rules.add(one)
    monkeypatch.setattr(lot_workers, "catalogue", lambda: rules)
    monkeypatch.setattr(lot_workers, "_PREPARED", lot_workers._Prepared())


class Workers(Executor):
    """An executor that does its work when asked to hand it in, and notes what became of it."""

    def __init__(self, log: list[str], breaks: Callable[[str], BaseException | None] = lambda _: None) -> None:
        self.log = log
        self.breaks = breaks
        self.futures: list[Future[Any]] = []

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:  # type: ignore[override]
        name = next(iter(arguments[1].files())).name
        self.log.append(f"submit {name}")
        future: Future[Any] = Future()
        fault = self.breaks(name)
        if fault is None:
            future.set_result(function(*arguments))
        else:
            future.set_exception(fault)
        self.futures.append(future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.log.append(f"shutdown {wait}")


def numbered(names: str = "abcdef") -> Iterator[tuple[int, Chunk]]:
    return enumerate([chunk(name) for name in names], start=3)


def expected(names: str = "abcdef", rules: Any = RULES, **options: Any) -> list[tuple[int, ChunkResult]]:
    judge = ChunkJudge(rules, CA, leads=LEADS, sample=2, **options)
    return [(number, judge.judge_chunk(chunk(name))) for number, name in enumerate(names, start=3)]


def pool_of(make_executor: Callable[[], Executor], size: int = 1, ca: CaContext = CA, **options: Any) -> WorkerPool:
    return WorkerPool(RULES, ca, make_executor, size, **options)

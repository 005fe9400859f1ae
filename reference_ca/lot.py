"""Whole production lots for tests and benchmarks: fast, the same bytes from the same seed, wrong devices mixed in."""

from __future__ import annotations

import csv
import multiprocessing
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reference_ca.chain import check_depth, portal_upload, to_pem
from reference_ca.config import Config
from reference_ca.errors import ReferenceCaError
from reference_ca.files import must_not_exist, naming
from reference_ca.hierarchy import make_keystore
from reference_ca.key_source import KeySource
from reference_ca.keystore import Keystore
from reference_ca.lot_defects import LotDefect, kinds_for
from reference_ca.lot_devices import NUMBER_WIDTH, PART, DefectPlan, LotDevice, LotLine
from reference_ca.lot_formats import FORMATS, LotFormat

TRUTH = "truth.csv"
TRUTH_COLUMNS = ("endpoint_name", "file", "codes", "defect")

Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class LotSummary:
    """How many devices were made, and how many of them are wrong."""

    devices: int
    wrong: int


@dataclass(frozen=True)
class _Order:
    """The input that a process needs to make any part of the lot."""

    folder: Path
    count: int
    form: str
    depth: int
    wrong: int
    source: KeySource


class _Shop:
    """Makes parts of the lot, in this process or in another one."""

    def __init__(self, order: _Order) -> None:
        authority = Keystore(order.folder / "keystore").authority(order.source)
        self._count = order.count
        self._line = LotLine(authority, order.depth, DefectPlan(order.count, order.wrong, order.source))
        self.format: LotFormat = FORMATS[order.form](order.folder)
        self._kinds = kinds_for(order.depth, len(authority.chain), listed=self.format.listed)

    def part(self, part: int) -> tuple[Any, list[Row]]:
        """The packed part of this number, counted from 0, and the rows of its wrong devices."""
        rows: list[Row] = []
        return self.format.pack(self._devices(part, rows)), rows

    def _devices(self, part: int, rows: list[Row]) -> Iterator[tuple[int, LotDevice]]:
        start, end = part * PART + 1, min((part + 1) * PART, self._count) + 1
        wrong = self._line.plan.among(start, end)
        for number in range(start, end):
            if number not in wrong:
                yield number, self._line.device(number)
                continue
            defect: LotDefect = self._kinds[wrong[number] % len(self._kinds)]
            device = defect.make(self._line, number)
            rows.append((device.name, self.format.place(number, device.name), " ".join(defect.codes), defect.name))
            yield number, device


def make_lot(
    folder: str | os.PathLike[str],
    count: int,
    source: KeySource,
    *,
    form: str = "folder",
    defects: float = 0.0,
    length: int = 3,
    depth: int | None = None,
    workers: int = 1,
) -> LotSummary:
    """Make a factory setup and a lot of devices in the new folder ``folder``.

    Args:
        folder: gets `keystore/`, `config/fcu.yml`, `upload.pem`, the devices, and `truth.csv`.
        count: how many devices.
        source: a seeded source; the same seed gives the same bytes, with any number of workers.
        form: "folder" (`devices/`, a PEM chain a file), "jsonl" (`devices.jsonl`) or "parquet" (`devices.parquet`,
            the same bytes from the same release of pyarrow).
        defects: the share of devices, 0 to 1, that are wrong, each kind of defect in turn; the first device never is.
        length: certificates in fcu.crt.
        depth: certificates on a device, its own included; where it is not given 2, or 1 for a lone certificate.
        workers: processes.

    `truth.csv` has a row for each wrong device, in their order: endpoint_name, file (or line or row, counted from 1),
    codes (of all errors and warnings that judging it yields, with spaces between) and the defect's name.

    `ReferenceCaError` where something is there already, or such a lot cannot be made.
    """
    folder = Path(folder)
    depth = check_depth(min(length, 2) if depth is None else depth, length)
    _check(folder, count, source, form, defects, length, depth)
    config = replace(Config.example(source), device_certificate_chain_depth=depth)
    keystore, _ = make_keystore(folder, length, config, source)
    to_pem(portal_upload(keystore.chain(), depth)).write_to_path(folder / "upload.pem")
    order = _Order(folder, count, form, depth, min(round(defects * count), count - 1), source)
    output: LotFormat = FORMATS[form](folder)
    wrong = 0
    with naming(folder / TRUTH), (folder / TRUTH).open("x", encoding="utf-8", newline="") as file:
        truth = csv.writer(file, lineterminator="\n")
        truth.writerow(TRUTH_COLUMNS)
        for packed, rows in _parts(order, workers):
            output.write(packed)
            truth.writerows(rows)
            wrong += len(rows)
    output.close()
    return LotSummary(count, wrong)


def _check(folder: Path, count: int, source: KeySource, form: str, defects: float, length: int, depth: int) -> None:
    if not source.seeded:
        raise ReferenceCaError("a lot is made from a seed", todo="give the source one")
    if form not in FORMATS:
        raise ReferenceCaError(f"{form!r} is not a form of a lot", todo=f"use one of {', '.join(FORMATS)}")
    if not 1 <= count < 10**NUMBER_WIDTH:
        raise ReferenceCaError(f"a lot of {count} devices cannot be made", todo=f"ask for 1 to {10**NUMBER_WIDTH - 1}")
    if not 0 <= defects <= 1:
        raise ReferenceCaError(f"{defects} is not a share of the devices", todo="name one from 0 to 1")
    if depth > length:
        raise ReferenceCaError(
            f"nothing is left to upload at depth {depth}", todo="lower the depth, so that at least the root is left"
        )
    FORMATS[form](folder)  # says so where a library is missing
    must_not_exist(*(folder / name for name in ("devices", "devices.jsonl", "devices.parquet", "upload.pem", TRUTH)))


def _parts(order: _Order, workers: int) -> Iterator[tuple[Any, list[Row]]]:
    """Every part in order; with several processes never more than a few are under way, so that memory is bounded."""
    numbers = range(-(-order.count // PART))
    workers = min(workers, len(numbers))
    if workers == 1:
        yield from map(_Shop(order).part, numbers)
        return
    # A new interpreter for each worker: forking a process that has threads is not safe.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_open_shop, initargs=(order,)) as pool:
        under_way: deque[Future[tuple[Any, list[Row]]]] = deque()
        for number in numbers:
            if len(under_way) > workers:
                yield under_way.popleft().result()
            under_way.append(pool.submit(_make_part, number))
        while under_way:
            yield under_way.popleft().result()


_shops: list[_Shop] = []
"""This worker's, once it has started."""


def _open_shop(order: _Order) -> None:
    _shops.append(_Shop(order))


def _make_part(number: int) -> tuple[Any, list[Row]]:
    return _shops[0].part(number)

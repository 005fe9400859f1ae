"""The journal of a lot: what is kept, what was torn off, what is of another run, and in which order results come."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fcu_conform.artefacts.chunks import Chunk, FilesChunk
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.engine import journal as module
from fcu_conform.engine.devices import ChunkResult, Offender, Tally
from fcu_conform.engine.journal import Journal, chunk_of, chunk_plain
from fcu_conform.rules.model import Finding, Level, Location

from .fakes import files, waiver

HEADER = {"lot": "one", "day": date(2026, 6, 1)}
WRITTEN = b'{"journal":1,"lot":"one","day":"2026-06-01"}\n'
PLAIN = {"lot": "one", "day": "2026-06-01"}


def chunk(*names: str) -> FilesChunk:
    return FilesChunk(tuple(files(*names)))


CHUNKS = [chunk(name) for name in "abcdef"]
DRAWN = [(7, 1), (2**64 - 1, 0)]


def result_of(number: int) -> ChunkResult:
    """One with something in every field."""
    other = Waiver("DEV001", "lamp", "a reason", "an owner", date(2026, 9, 30), 2)
    finding = Finding("wrong", Location("a", 1, 2, "x"), "this", "that", "why", "fix", Level.ERROR, ("a", "b"), other)
    tally = Tally(
        judged=number,
        found=3,
        findings=[finding, Finding("no level")],
        blocked_by={"DEV002": 4},
        reasons={"no key": 5},
        fault="broke",
        waived=1,
        used={other, waiver("DEV001")},
        levels={Level.WARNING, Level.ERROR},
        hidden_by={"DEV003": 6},
    )
    offenders = [Offender(3, "a"), Offender(4, "b", True)]
    return ChunkResult(number, {"DEV001": tally}, offenders, {"LOT001": b"\x00\xff" * 10}, DRAWN)


def filled(path: Path, numbers: Iterable[int] = range(3)) -> Path:
    """A journal in which some chunks stand."""
    with Journal(path).open(PLAIN) as journal:
        told = list(journal.keeping(judging)(((n, CHUNKS[n]) for n in numbers), {}, 5))
    assert told == [(number, result_of(number)) for number in numbers]
    return path


def judging(
    chunks: Iterable[tuple[int, Chunk]], _: Mapping[str, DeviceFile], __: int
) -> Iterator[tuple[int, ChunkResult]]:
    for number, _chunk in chunks:
        yield number, result_of(number)


def has(path: Path, header: Mapping[str, Any] = PLAIN) -> list[int]:
    """The chunks that a journal has when it is opened again."""
    with Journal(path).open(dict(header)) as journal:
        return [number for number, one in enumerate(CHUNKS) if journal.has(number, one)]


def test_a_result_comes_back_as_it_was() -> None:
    plain = json.loads(json.dumps(chunk_plain(result_of(9)), default=str))
    assert chunk_of(plain) == result_of(9)
    assert chunk_of(json.loads(json.dumps(chunk_plain(ChunkResult())))) == ChunkResult()


def test_rules_that_had_nothing_to_say_are_left_out() -> None:
    plain = chunk_plain(ChunkResult(tallies={"DEV001": Tally(), "DEV002": Tally(judged=1)}))
    assert list(plain["tallies"]) == ["DEV002"]


def test_sets_are_written_in_order() -> None:
    tally = chunk_plain(result_of(1))["tallies"]["DEV001"]
    assert [used["number"] for used in tally["used"]] == [1, 2]
    assert tally["levels"] == ["error", "warning"]


def test_a_new_journal_begins_with_what_it_is_of(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path).open(HEADER):
        assert path.read_bytes() == WRITTEN
    assert Journal(path).header == {"journal": 1, **PLAIN}
    assert has(path) == []
    assert path.read_bytes() == WRITTEN


@pytest.mark.skipif(os.name == "nt", reason="there are no modes")
def test_a_new_journal_is_a_file_as_any_other(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with Journal(tmp_path / "journal").open(HEADER):
            assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(before)


def test_every_chunk_is_a_line_that_is_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path).open(PLAIN) as journal:
        for count, _ in enumerate(journal.keeping(judging)(enumerate(CHUNKS), {}, 5), start=2):
            assert path.read_bytes().count(b"\n") == count
    lines = [json.loads(line) for line in path.read_bytes().splitlines()[1:]]
    assert [(line["chunk"], line["fingerprint"]) for line in lines] == [
        (number, one.fingerprint().hex()) for number, one in enumerate(CHUNKS)
    ]
    assert b": " not in path.read_bytes()


def test_a_journal_closes_its_file(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal").open(PLAIN) as journal:
        file = journal._file
        assert file is not None
        assert not file.closed
    assert file.closed
    with Journal(tmp_path / "journal"):
        pass  # one that was never opened has none


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal", (0, 2, 3))
    before = path.read_bytes()
    assert has(path) == [0, 2, 3]
    with Journal(path).open(PLAIN) as journal:
        assert [journal.result(number) for number in (3, 0, 2)] == [result_of(3), result_of(0), result_of(2)]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "torn",
    [b'{"chunk":3,"fingerpr', b"{", b'{"chunk":3,"fingerprint":"00","result":{}}', b"\n", b"[]\n", b"{}\n", b"1\n"],
)
def test_a_line_that_was_torn_off_is_written_over(tmp_path: Path, torn: bytes) -> None:
    path = filled(tmp_path / "journal")
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert has(path) == [0, 1, 2]
    assert path.read_bytes() == whole
    path.write_bytes(whole + torn)
    with Journal(path).open(PLAIN) as journal:
        told = list(journal.keeping(judging)(enumerate(CHUNKS[:4]), {}, 5))
    assert [number for number, _ in told] == [0, 1, 2, 3]
    assert path.read_bytes().startswith(whole)
    assert has(path) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "odd",
    [
        b'{"chunk":1}',
        b'{"chunk":"1","fingerprint":""}',
        b'{"fingerprint":""}',
        b"[" * 100_000,
        b'"chunk fingerprint"',
        b"\xff",
        b"null",
    ],
)
def test_nothing_that_comes_after_a_line_that_is_none_is_kept(tmp_path: Path, odd: bytes) -> None:
    path = filled(tmp_path / "journal")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], odd + b"\n", *lines[2:]]))
    assert has(path) == [0]
    assert path.read_bytes() == b"".join(lines[:2])


@pytest.mark.parametrize("length", [0, 1, 12, 13, 14, 30, len(WRITTEN) - 1])
def test_a_journal_whose_first_line_was_torn_off_begins_anew(tmp_path: Path, length: int) -> None:
    path = tmp_path / "journal"
    path.write_bytes(WRITTEN[:length])
    assert Journal(path).header == {}
    with Journal(path).open(PLAIN):
        pass
    assert path.read_bytes() == WRITTEN


@pytest.mark.parametrize(
    "text",
    [
        b"x",
        b'{"journal":2',
        b'{"journal":2}\n',
        b'{"journal":0}\n',
        b'{"journal":"1"}\n',
        b'{"journal"}\n',
        b"{}\n",
        b"[1]\n",
        b'["journal"]\n',
        b"\n",
        b'{"journal":1,\n',
        b" " + WRITTEN,
        b"a line\n" + WRITTEN,
        b"device-certificate-chain-depth: 2\n",
        b"\xff\n",
    ],
)
def test_what_somebody_else_has_written_is_refused_and_stays(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(text)
    if text.strip().startswith(WRITTEN.strip()):
        assert Journal(path).header  # white space before it is all the same
        return
    with pytest.raises(UsageError, match=r"^journal .*: is no journal of fcu-conform$"):
        Journal(path)
    assert path.read_bytes() == text


@pytest.mark.parametrize("other", [{"lot": "two", "day": "2026-06-01"}, {"lot": "one"}, {}, {**PLAIN, "more": 1}])
def test_a_journal_of_another_run_is_refused_and_stays(tmp_path: Path, other: dict[str, Any]) -> None:
    path = filled(tmp_path / "journal")
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"is of another lot, another keystore or other options$"):
        Journal(path).open(other)
    assert path.read_bytes() == before


def test_a_folder_is_no_journal(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^journal .*: cannot be read \(it is a folder\)$"):
        Journal(tmp_path)


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^journal .*: cannot be written \(No such file or directory\)$"):
        Journal(tmp_path / "no" / "journal").open(PLAIN)


def test_another_chunk_in_the_place_of_one_that_is_kept_is_refused(tmp_path: Path) -> None:
    with Journal(filled(tmp_path / "journal")).open(PLAIN) as journal:
        assert journal.has(1, CHUNKS[1])
        for number in range(20):
            other = FilesChunk((DeviceFile(f"{number}.pem"),))
            with pytest.raises(UsageError, match=r"is of another lot, or the lot was changed since$"):
                journal.has(1, other)
        assert not journal.has(3, CHUNKS[1])


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: entry.pop("result"),
        lambda entry: entry.update(result=None),
        lambda entry: entry["result"].pop("drawn"),
        lambda entry: entry["result"].update(drawn=[[1]]),
        lambda entry: entry["result"]["tallies"]["DEV001"].pop("levels"),
        lambda entry: entry["result"]["tallies"]["DEV001"].update(levels=["grave"]),
        lambda entry: entry["result"]["tallies"]["DEV001"].update(more=1),
        lambda entry: entry["result"]["tallies"]["DEV001"]["used"][0].update(expires="soon"),
        lambda entry: entry["result"].update(marks={"LOT001": "?"}),
        lambda entry: entry["result"].update(tallies=[]),
    ],
)
def test_a_damaged_result_is_said_with_its_chunk(tmp_path: Path, damage: Any) -> None:
    path = filled(tmp_path / "journal")
    lines = path.read_bytes().splitlines(keepends=True)
    entry = json.loads(lines[2])
    damage(entry)
    path.write_bytes(b"".join([*lines[:2], json.dumps(entry).encode() + b"\n", *lines[3:]]))
    with Journal(path).open(PLAIN) as journal:
        assert journal.result(0) == result_of(0)
        with pytest.raises(UsageError, match=r"^journal .*: is damaged at chunk 1$"):
            journal.result(1)
        assert journal.result(2) == result_of(2)


@pytest.mark.parametrize("known", [(), (0,), (5,), (0, 1), (1, 3), (0, 2, 4), (4, 5), tuple(range(6))])
@pytest.mark.parametrize("ahead", [1, 2, 9])
def test_results_come_in_order_whatever_was_kept_and_only_the_others_are_judged(
    tmp_path: Path, known: tuple[int, ...], ahead: int
) -> None:
    path = filled(tmp_path / "journal", known) if known else tmp_path / "journal"
    asked: list[int] = []

    def hasty(
        chunks: Iterable[tuple[int, Chunk]], leads: Mapping[str, DeviceFile], sample: int
    ) -> Iterator[tuple[int, ChunkResult]]:
        assert (leads, sample) == ({}, 7)
        waiting = []
        for number, _ in chunks:
            asked.append(number)
            waiting.append(number)
            if len(waiting) > ahead:
                first = waiting.pop(0)
                yield first, result_of(first)
        yield from ((number, result_of(number)) for number in waiting)

    with Journal(path).open(PLAIN) as journal:
        told = list(journal.keeping(hasty)(enumerate(CHUNKS), {}, 7))
    assert told == [(number, result_of(number)) for number in range(6)]
    assert asked == [number for number in range(6) if number not in known]
    assert has(path) == [0, 1, 2, 3, 4, 5]


def test_a_line_longer_than_any_is_taken_for_torn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path / "journal")
    longest = max(map(len, path.read_bytes().splitlines(keepends=True)))
    monkeypatch.setattr(module, "JOURNAL_LINE", longest)
    assert has(path) == [0, 1, 2]
    monkeypatch.setattr(module, "JOURNAL_LINE", longest - 1)
    assert has(path) == []

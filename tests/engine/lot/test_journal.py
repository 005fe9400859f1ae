"""The journal of a lot: what is recorded, truncated, damaged, or belongs to another run or lot."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.fakes import CA, chunk, lot_rule, rule, unique_rule, waiver
from fcu_conform.artefacts.bounded_io.reading import Trouble
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk, FilesChunk
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.lot import journal as module
from fcu_conform.engine.lot import journal_lines
from fcu_conform.engine.lot.chunk_judge import ChunkJudge, ChunkResult
from fcu_conform.engine.lot.chunk_results import DisagreementError, Question
from fcu_conform.engine.lot.journal import Journal, binding
from fcu_conform.engine.lot.journal_lines import FORMAT
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules.model import Finding

RULES = [
    rule("DEV001", {"b": (Finding("wrong"),), "e": (Finding("wrong too"),)}),
    lot_rule("LOT005", lambda device: "same"),
    unique_rule("LOT001", lambda device: device.name),
]
QUESTION = Question(RULES, 2, Waivers([waiver("DEV001", "b")]))
HEADER = {"at": "2026-06-01T00:00:00Z", "of": "one"}
CHUNKS = [chunk(name, name + "2") for name in "abcdef"]


def results(numbers: Iterable[int]) -> Iterator[tuple[int, ChunkResult]]:
    judge = ChunkJudge(RULES, CA, sample=2, waivers=QUESTION.waivers)
    for number in numbers:
        yield number, judge.judge_chunk(CHUNKS[number])


ALL = [result for _, result in results(range(len(CHUNKS)))]


def filled(path: Path, count: int = 3) -> Path:
    """A journal that has the first chunks."""
    with Journal(path).open(HEADER) as journal:
        assert list(journal.replay(iter(()), QUESTION)) == []
        assert list(journal.keeping(results(range(count)))) == list(enumerate(ALL[:count]))
    return path


def replayed(path: Path, chunks: Iterable[Chunk] = CHUNKS, question: Question = QUESTION) -> list[ChunkResult]:
    """What a journal has when it is opened again; it must take no chunk more than these."""
    left = enumerate(chunks)
    with Journal(path).open(HEADER) as journal:
        told = list(journal.replay(left, question))
    assert [one.number for one in told] == list(range(len(told)))
    assert len(list(left)) == len(list(chunks)) - len(told)
    return [one.result for one in told]


def linked(*entries: dict[str, Any] | str) -> bytes:
    """Lines as one writes them who knows how their digests are made."""
    chain, lines = b"", b""
    for entry in entries:
        body = (entry if isinstance(entry, str) else json.dumps(entry)).encode()[:-1]
        chain = hashlib.sha256(chain + body).hexdigest().encode()
        lines += body + b',"chain":"' + chain + b'"}\n'
    return lines


def entries(path: Path) -> list[dict[str, Any]]:
    """The lines of a journal without their digests."""
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    return [{key: value for key, value in entry.items() if key != "chain"} for entry in found]


def test_a_new_journal_begins_with_the_lot_keystore_and_options(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path).open(HEADER):
        assert entries(path) == [{"journal": FORMAT, **HEADER}]
    before = path.read_bytes()
    assert Journal(path).header == {"journal": FORMAT, **HEADER}
    assert replayed(path) == []
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="there are no modes")
def test_a_new_journal_has_ordinary_permissions(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with Journal(tmp_path / "journal").open(HEADER):
            assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(before)


def test_every_chunk_is_written_as_a_line_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path).open(HEADER) as journal:
        for count, _ in enumerate(journal.keeping(results(range(6))), start=2):
            assert path.read_bytes().count(b"\n") == count
    assert [entry["chunk"] for entry in entries(path)[1:]] == list(range(6))
    assert b": " not in path.read_bytes()


def test_a_journal_closes_its_file(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal").open(HEADER) as journal:
        file = journal._file
        assert file is not None
        assert not file.closed
    assert file.closed
    with Journal(tmp_path / "journal"):
        pass  # one that was never opened has none


def test_a_journal_restores_results_and_reference_devices(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal")
    before = path.read_bytes()
    assert replayed(path) == ALL[:3]
    assert path.read_bytes() == before
    with Journal(path).open(HEADER) as journal:
        first, *others = journal.replay(enumerate(CHUNKS), QUESTION)
    assert {code: file.name for code, file in first.leads.items()} == {"LOT005": "a"}
    assert [one.leads for one in others] == [{}, {}]


def test_a_resumed_run_continues_after_the_recorded_chunks(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal")
    whole = filled(tmp_path / "whole", 6).read_bytes()
    with Journal(path).open(HEADER) as journal:
        left = enumerate(CHUNKS)
        assert len(list(journal.replay(left, QUESTION))) == 3
        list(journal.keeping((number, ALL[number]) for number, _ in left))
    assert path.read_bytes() == whole


@pytest.mark.parametrize("torn", [b'{"chunk":3,"resu', b"{", b"\0" * 5000, b'{"chunk":3,"result":{},"chain":""}'])
def test_a_truncated_last_line_is_removed(tmp_path: Path, torn: bytes) -> None:
    path = filled(tmp_path / "journal")
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert replayed(path) == ALL[:3]
    assert path.read_bytes() == whole


def test_an_oversized_last_line_counts_as_truncated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path / "journal")
    longest = max(map(len, path.read_bytes().splitlines(keepends=True)))
    monkeypatch.setattr(journal_lines, "JOURNAL_LINE", longest)
    assert replayed(path) == ALL[:3]
    monkeypatch.setattr(journal_lines, "JOURNAL_LINE", longest - 1)
    assert len(replayed(path)) < 3


def swap(lines: list[bytes]) -> None:
    lines[1], lines[2] = lines[2], lines[1]


DAMAGE: dict[str, tuple[int, Callable[[list[bytes]], object]]] = {
    "a digit": (3, lambda lines: lines.__setitem__(2, lines[2].replace(b'"checked":2', b'"checked":3'))),
    "white space": (3, lambda lines: lines.__setitem__(2, b" " + lines[2])),
    "no digest": (3, lambda lines: lines.__setitem__(2, lines[2].partition(b',"chain"')[0] + b"}\n")),
    "another digest": (3, lambda lines: lines.__setitem__(2, lines[2][:-4] + b'?"}\n')),
    "a line left out": (2, lambda lines: lines.__delitem__(1)),
    "a line twice": (5, lambda lines: lines.append(lines[-1])),
    "lines swapped": (2, swap),
    "an empty line": (3, lambda lines: lines.insert(2, b"\n")),
    "another line": (4, lambda lines: lines.insert(3, b"{}\n")),
    "a nest": (4, lambda lines: lines.insert(3, b"[" * 100_000 + b"\n")),
    "no text": (2, lambda lines: lines.insert(1, b"\xff\n")),
    "the first line": (1, lambda lines: lines.__setitem__(0, lines[0].replace(b"one", b"two"))),
}


@pytest.mark.parametrize(("line", "damage"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_complete_line_that_was_altered_is_damage(
    tmp_path: Path, line: int, damage: Callable[[list[bytes]], object]
) -> None:
    path = filled(tmp_path / "journal")
    lines = path.read_bytes().splitlines(keepends=True)
    damage(lines)
    path.write_bytes(b"".join(lines))
    with pytest.raises(UsageError, match=rf"^journal .*: is damaged at line {line}; begin a new one$"):
        replayed(path)
    assert path.read_bytes() == b"".join(lines)


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: entry.pop("result"),
        lambda entry: entry.update(result=None),
        lambda entry: entry["result"].update(checked="2"),
        lambda entry: entry["result"].update(checked=True),
        lambda entry: entry["result"]["offenders"].clear(),
        lambda entry: entry["result"]["tallies"].pop("DEV001"),
        lambda entry: entry["result"]["tallies"]["DEV001"].update(levels=[]),
        lambda entry: entry["result"].update(leads={"LOT005": 2}),
        lambda entry: entry.pop("chunk"),
        lambda entry: entry.update(chunk=5),
    ],
)
def test_damage_is_reported_even_with_matching_digests(
    tmp_path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    path = filled(tmp_path / "journal", 6)
    lines = entries(path)
    damage(lines[5])
    path.write_bytes(linked(*lines))
    with pytest.raises(UsageError, match=r"^journal .*: is damaged at line 6; begin a new one$"):
        replayed(path)


def test_malformed_json_is_damage_even_with_matching_digests(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    for text in ("[", "{" * 100_000, '{"chunk":' + "1" * 5000):
        path.write_bytes(linked({"journal": FORMAT, **HEADER}, text + "}"))
        with pytest.raises(UsageError, match="is damaged at line 2"):
            replayed(path)


@pytest.mark.parametrize("length", [0, 1, 12, 13, 14, 30, 99])
def test_a_journal_with_a_truncated_first_line_is_started_again(tmp_path: Path, length: int) -> None:
    path = tmp_path / "journal"
    with Journal(path).open(HEADER):
        whole = path.read_bytes()
    path.write_bytes(whole[:length])
    assert Journal(path).header == {}
    with Journal(path).open(HEADER):
        pass
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "text",
    [
        b"x",
        b'{"journal":3',
        b'{"journal":"2"}\n',
        b'{"journal":true}\n',
        b'{"journal":2.0}\n',
        b'{"journal"}\n',
        b"{}\n",
        b"[1]\n",
        b'["journal"]\n',
        b"\n",
        b'{"journal":2,\n',
        b"a line\n" + linked({"journal": FORMAT, **HEADER}),
        b"device-certificate-chain-depth: 2\n",
        b"\xff\n",
        b"[" * 100_000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_a_foreign_file_is_refused_and_unchanged(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(text)
    with pytest.raises(UsageError, match=r"^journal .*: is not a journal of fcu-conform$"):
        Journal(path)
    assert path.read_bytes() == text


@pytest.mark.parametrize("text", [b'{"journal":1,"lot":"one"}\n{"chunk":0}\n', b'{"journal":3}\n', b'{"journal":-1}\n'])
def test_a_journal_of_another_version_is_refused_and_unchanged(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(text)
    with pytest.raises(UsageError, match=r"^journal .*: was begun by another version of fcu-conform; begin a new one$"):
        Journal(path)
    assert path.read_bytes() == text


@pytest.mark.parametrize("other", [{**HEADER, "of": "two"}, {"of": "one"}, {}, {**HEADER, "more": "1"}])
def test_a_journal_of_another_run_is_refused_and_unchanged(tmp_path: Path, other: dict[str, Any]) -> None:
    path = filled(tmp_path / "journal")
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"belongs to another lot, another keystore or other options$"):
        Journal(path).open(other)
    assert path.read_bytes() == before


def test_a_journal_that_another_run_started_meanwhile_is_read_again(tmp_path: Path) -> None:
    late = Journal(tmp_path / "journal")
    assert late.header == {}
    before = filled(tmp_path / "journal").read_bytes()
    with pytest.raises(UsageError, match=r"belongs to another lot, another keystore or other options$"):
        late.open({**HEADER, "of": "two"})
    assert (tmp_path / "journal").read_bytes() == before


def test_two_runs_do_not_write_to_one_journal_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    script = (
        "import sys\nfrom pathlib import Path\nfrom fcu_conform.engine.lot.journal import Journal\n"
        "try:\n    Journal(Path(sys.argv[1])).open({'of': 'two'})\nexcept Exception as fault:\n    print(fault)\n"
    )
    with Journal(path).open(HEADER):
        done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    assert done.stdout == f"journal {path}: another run is writing to it\n"
    assert entries(path) == [{"journal": FORMAT, **HEADER}]


def test_a_journal_that_cannot_be_locked_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(module, "lock", no_locks)
    with pytest.raises(UsageError, match=r": cannot be locked or written \(Operation not supported\)$"):
        Journal(tmp_path / "journal").open(HEADER)
    assert (tmp_path / "journal").read_bytes() == b""


def test_a_folder_is_not_a_journal(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^journal .*: cannot be read \(it is a folder\)$"):
        Journal(tmp_path)


def test_an_unwritable_journal_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^journal .*: cannot be written \(No such file or directory\)$"):
        Journal(tmp_path / "no" / "journal").open(HEADER)


@pytest.mark.parametrize(
    "chunks",
    [
        [CHUNKS[0], chunk("b"), *CHUNKS[2:]],
        [chunk("a2", "a"), *CHUNKS[1:]],
        [CHUNKS[0], CHUNKS[2], CHUNKS[1]],
        CHUNKS[:2],
        [],
    ],
)
def test_another_lot_is_refused(tmp_path: Path, chunks: list[FilesChunk]) -> None:
    path = filled(tmp_path / "journal")
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"belongs to another lot, or the lot has changed since$"):
        replayed(path, chunks)
    assert path.read_bytes() == before


def test_results_with_waivers_that_are_not_in_force_are_damage(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal")
    with pytest.raises(UsageError, match="is damaged at line 3"):
        replayed(path, question=Question(RULES, 2, Waivers()))


def test_results_of_distrusted_workers_are_not_kept(tmp_path: Path) -> None:
    def lying() -> Iterator[tuple[int, ChunkResult]]:
        yield from results([2, 3])
        raise DisagreementError("they lie")

    path = filled(tmp_path / "journal", 2)
    with Journal(path).open(HEADER) as journal:
        assert len(list(journal.replay(iter(enumerate(CHUNKS[:2])), QUESTION))) == 2
        with pytest.raises(DisagreementError):
            list(journal.keeping(lying()))
        assert entries(path) == [{"journal": FORMAT, **HEADER}]
        list(journal.keeping(results(range(6))))
    assert replayed(path) == ALL


def test_another_error_keeps_the_recorded_results(tmp_path: Path) -> None:
    def stopped() -> Iterator[tuple[int, ChunkResult]]:
        yield from results([0, 1])
        raise KeyboardInterrupt

    path = tmp_path / "journal"
    with Journal(path).open(HEADER) as journal, pytest.raises(KeyboardInterrupt):
        list(journal.keeping(stopped()))
    assert replayed(path) == ALL[:2]


CONTEXT = {
    "fcu_crt": SimpleNamespace(file=SimpleNamespace(data=b"crt", trouble=None, detail="")),
    "key_public": SimpleNamespace(der=b"key"),
    "depth": 2,
    "mode": "lwm2m",
    "account_id": "account",
}


def bound(question: Question = QUESTION, paths: tuple[str, ...] = ("lot",), **context: Any) -> str:
    return binding(question, cast(Any, SimpleNamespace(**{**CONTEXT, **context})), paths)


def test_a_journal_is_bound_to_everything_that_results_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    waivers = QUESTION.waivers
    whole = [
        bound(),
        bound(paths=("lot", "more")),
        bound(paths=("lot\udc80",)),
        bound(Question(RULES[:2], 2, waivers)),
        bound(Question(RULES, 3, waivers)),
        bound(Question(RULES, 2, waivers, 0)),
        bound(Question(RULES, 2, waivers, 1)),
        bound(Question(RULES, 2, Waivers())),
        bound(Question(RULES, 2, Waivers([waiver("DEV001", "c")]))),
        bound(fcu_crt=SimpleNamespace(file=SimpleNamespace(data=b"other", trouble=None, detail=""))),
        bound(fcu_crt=SimpleNamespace(file=SimpleNamespace(data=b"crt", trouble=Trouble.TOO_LARGE, detail=""))),
        bound(key_public=None),
        bound(depth=3),
        bound(mode="bootstrap"),
        bound(account_id=None),
    ]
    assert len(set(whole)) == len(whole)
    assert bound() == whole[0]
    monkeypatch.setattr(module, "__version__", "0")
    assert bound() not in whole


def test_a_recorded_reference_device_contains_only_certificates(tmp_path: Path) -> None:
    with Journal(filled(tmp_path / "journal", 1)).open(HEADER) as journal:
        (first,) = journal.replay(enumerate(CHUNKS), QUESTION)
    lead: DeviceFile = first.leads["LOT005"]
    assert (lead.name, lead.data, lead.key) == ("a", b"", None)

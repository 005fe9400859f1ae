"""A journal of judged chunks, so that a run that was stopped can go on where it was."""

from __future__ import annotations

import base64
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO

from fcu_conform.artefacts.archives import open_regular
from fcu_conform.artefacts.chunks import Chunk
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.limits import JOURNAL_LINE
from fcu_conform.artefacts.redaction import redact_all
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.devices import ChunkResult, Offender, Tally
from fcu_conform.engine.lots import Elsewhere
from fcu_conform.engine.plain import Plain, finding_of, waiver_of
from fcu_conform.rules.model import Level

FORMAT = 1
_BEGINNING = b'{"journal":1,'


class Journal:
    """One journal file: a line that says what it is of, and a line for each chunk.

    A line that was torn off when the run was stopped is left out and written over.
    """

    def __init__(self, path: Path) -> None:
        """Looks at what is there.

        Raises:
            UsageError: it cannot be read, or is no journal.
        """
        self.path = path
        self.header: Plain = {}
        self._places: dict[int, tuple[int, int]] = {}
        self._file: IO[bytes] | None = None
        self._end = 0
        try:
            if path.exists():
                with open_regular(path) as file:
                    self._look_through(file)
        except OSError as fault:
            raise UsageError(f"journal {path}: cannot be read ({fault.strerror or fault})") from None

    def _look_through(self, file: IO[bytes]) -> None:
        while line := file.readline(JOURNAL_LINE):
            try:
                entry = json.loads(line) if line.endswith(b"\n") else None
            except (ValueError, RecursionError):
                entry = None
            if not self.header:
                if not isinstance(entry, dict) or entry.get("journal") != FORMAT:
                    if not line.endswith(b"\n") and line[: len(_BEGINNING)] == _BEGINNING[: len(line)]:
                        return  # it was torn off
                    # What somebody else has written is not to be written over.
                    raise UsageError(f"journal {self.path}: is no journal of fcu-conform")
                self.header = entry
            elif isinstance(entry, dict) and isinstance(entry.get("chunk"), int) and "fingerprint" in entry:
                self._places[entry["chunk"]] = (self._end, len(line))
            else:
                return
            self._end += len(line)

    def open(self, header: Plain) -> Journal:
        """Begins to write; what the run is of must be what the journal is of.

        Raises:
            UsageError: it is of another run, or cannot be written.
        """
        header = {"journal": FORMAT, **header}
        if self.header and self.header != header:
            raise UsageError(f"journal {self.path}: is of another lot, another keystore or other options")
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            self._file = os.fdopen(descriptor, "r+b")
            self._file.truncate(self._end)
        except OSError as fault:
            raise UsageError(f"journal {self.path}: cannot be written ({fault.strerror})") from None
        if not self.header:
            self._write(header)
        return self

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def _write(self, entry: Plain) -> None:
        assert self._file is not None
        self._file.seek(0, os.SEEK_END)
        plain = redact_all(entry)
        self._file.write(json.dumps(plain, separators=(",", ":"), default=str).encode("ascii") + b"\n")
        self._file.flush()

    def has(self, number: int, chunk: Chunk) -> bool:
        """A chunk was judged already.

        Raises:
            UsageError: another chunk stands there in its place.
        """
        if number not in self._places:
            return False
        if self._entry(number)["fingerprint"] != chunk.fingerprint().hex():
            raise UsageError(f"journal {self.path}: is of another lot, or the lot was changed since")
        return True

    def _entry(self, number: int) -> Plain:
        assert self._file is not None
        start, length = self._places[number]
        self._file.seek(start)
        entry: Plain = json.loads(self._file.read(length))
        return entry

    def result(self, number: int) -> ChunkResult:
        """What judging a chunk has shown.

        Raises:
            UsageError: the line holds no result.
        """
        try:
            return chunk_of(self._entry(number)["result"])
        except (AttributeError, KeyError, TypeError, ValueError):
            raise UsageError(f"journal {self.path}: is damaged at chunk {number}") from None

    def keeping(self, inner: Elsewhere) -> Elsewhere:
        """Judges what the journal does not have yet, and writes it down."""

        def run(
            chunks: Iterable[tuple[int, Chunk]], leads: Mapping[str, DeviceFile], sample: int
        ) -> Iterator[tuple[int, ChunkResult]]:
            held: deque[int] = deque()
            prints: dict[int, str] = {}

            def unknown() -> Iterator[tuple[int, Chunk]]:
                for number, chunk in chunks:
                    if self.has(number, chunk):
                        held.append(number)
                    else:
                        prints[number] = chunk.fingerprint().hex()
                        yield number, chunk

            for number, result in inner(unknown(), leads, sample):
                while held and held[0] < number:
                    earlier = held.popleft()
                    yield earlier, self.result(earlier)
                self._write({"chunk": number, "fingerprint": prints.pop(number), "result": chunk_plain(result)})
                yield number, result
            for number in held:
                yield number, self.result(number)

        return run


def chunk_plain(result: ChunkResult) -> Plain:
    """The result of a chunk, fit for JSON."""
    return {
        "checked": result.checked,
        "tallies": {code: _tally_plain(tally) for code, tally in result.tallies.items() if tally != Tally()},
        "offenders": [[o.index, o.name, o.repeats_only] for o in result.offenders],
        "undecided": [list(entry) for entry in result.undecided],
        "marks": {code: base64.b64encode(marks).decode("ascii") for code, marks in result.marks.items()},
        "drawn": [list(entry) for entry in result.drawn],
    }


def chunk_of(plain: Plain) -> ChunkResult:
    """The result that `chunk_plain` took apart.

    Raises AttributeError, KeyError, TypeError or ValueError if it is none.
    """
    tallies = {code: _tally_of(tally) for code, tally in plain["tallies"].items()}
    return ChunkResult(
        checked=plain["checked"],
        tallies=tallies,
        offenders=[Offender(*offender) for offender in plain["offenders"]],
        undecided=[(index, name) for index, name in plain["undecided"]],
        marks={code: base64.b64decode(marks, validate=True) for code, marks in plain["marks"].items()},
        drawn=[(digest, index) for digest, index in plain["drawn"]],
    )


def _tally_plain(tally: Tally) -> Plain:
    return {
        **asdict(tally),
        "used": [asdict(waiver) for waiver in sorted(tally.used, key=lambda waiver: waiver.number)],
        "levels": sorted(level.value for level in tally.levels),
    }


def _tally_of(plain: Plain) -> Tally:
    read = {
        "findings": [finding_of(finding) for finding in plain["findings"]],
        "used": {waiver_of(waiver) for waiver in plain["used"]},
        "levels": {Level(level) for level in plain["levels"]},
    }
    return Tally(**{**plain, **read})

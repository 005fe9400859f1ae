"""A journal of judged chunks, so that a run that was stopped can go on where it was."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from fcu_conform import rules
from fcu_conform.artefacts.bounded_io.archives import open_regular
from fcu_conform.artefacts.bounded_io.limits import JOURNAL_LINE
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.artefacts.device_output.fingerprint import Fingerprint
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.lot.chunk_judge import ChunkResult
from fcu_conform.engine.lot.chunk_results import DisagreementError, Question, plain_result
from fcu_conform.engine.lot.locking import lock
from fcu_conform.engine.serialization import MalformedError, Plain
from fcu_conform.version import __version__

FORMAT = 2
_BEGINNING = b'{"journal":%d,' % FORMAT


@dataclass(frozen=True)
class Replayed:
    """A chunk that a journal has: its number, its result, and the devices in it that others are compared with."""

    number: int
    result: ChunkResult
    leads: Mapping[str, DeviceFile]


class Journal:
    """One journal file: a line that says what it is of, and a line for each chunk, from the first on without a gap.

    Each line ends with a digest over itself and all lines before it. What was torn off when the run was stopped is
    written over; a line that is whole and not what was written is damage, and nothing is built on it.
    """

    def __init__(self, path: Path) -> None:
        """Looks at how it begins.

        Raises:
            UsageError: it cannot be read, or is no journal.
        """
        self.path = path
        self.header: Plain = {}
        self._file: IO[bytes] | None = None
        self._rewind()
        try:
            if path.exists():
                with open_regular(path) as file:
                    self.header = self._begin(file)
        except OSError as fault:
            raise self._error(f"cannot be read ({fault.strerror or fault})") from None

    def _error(self, reason: str) -> UsageError:
        return UsageError(f"journal {self.path}: {reason}")

    def _rewind(self) -> None:
        self._chain = b""
        self._lines = 0
        self._end = 0

    def _begin(self, file: IO[bytes]) -> Plain:
        """What the first line says; empty where there is none yet, or where it was torn off."""
        self._rewind()
        line = file.readline(JOURNAL_LINE)
        if not line.endswith(b"\n") and line[: len(_BEGINNING)] == _BEGINNING[: len(line)]:
            return {}
        try:
            version = json.loads(line)["journal"]
        except (ValueError, RecursionError, TypeError, KeyError):
            version = None
        if type(version) is not int:
            # What somebody else has written is not to be written over.
            raise self._error("is no journal of fcu-conform")
        if version != FORMAT:
            raise self._error("was begun by another version of fcu-conform; begin a new one")
        return self._link(line)

    def _link(self, line: bytes) -> Plain:
        """What the next line says, whose digest must be one over all that comes before it.

        Raises:
            UsageError: it is not.
        """
        body = line.rpartition(b',"chain":')[0]
        chain = hashlib.sha256(self._chain + body).hexdigest().encode()
        try:
            if line != body + b',"chain":"' + chain + b'"}\n':
                raise MalformedError("another digest")
            entry: Plain = json.loads(body + b"}")
        except (ValueError, RecursionError):
            raise self._damaged(self._lines + 1) from None
        self._chain = chain
        self._lines += 1
        self._end += len(line)
        return entry

    def _damaged(self, line: int) -> UsageError:
        return self._error(f"is damaged at line {line}; begin a new one")

    def open(self, header: Plain) -> Journal:
        """Locks the journal and begins to write; what the run is of must be what the journal is of.

        Args:
            header: what the run is of, as text by name.

        Raises:
            UsageError: it is of another run, another run is writing to it, or it cannot be written.
        """
        header = {"journal": FORMAT, **header}
        try:
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
            file = self._file = os.fdopen(os.open(self.path, flags, 0o666), "r+b")
        except OSError as fault:
            raise self._error(f"cannot be written ({fault.strerror or fault})") from None
        try:
            lock(file)
            # Another run may have begun it since this one looked at it.
            self.header = self._begin(file)
            if not self.header:
                file.truncate(0)
                self._write(header)
            elif self.header != header:
                raise self._error("is of another lot, another keystore or other options")
        except OSError as fault:
            file.close()
            if fault.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise self._error("another run is writing to it") from None
            raise self._error(f"cannot be locked or written ({fault.strerror})") from None
        except UsageError:
            file.close()
            raise
        self._first = (self._chain, self._lines, self._end)
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
        body = json.dumps(entry, separators=(",", ":")).encode("ascii")[:-1]
        chain = hashlib.sha256(self._chain + body).hexdigest().encode()
        line = body + b',"chain":"' + chain + b'"}\n'
        self._file.seek(self._end)
        self._file.write(line)
        self._file.flush()
        self._chain = chain
        self._lines += 1
        self._end += len(line)

    def replay(self, chunks: Iterator[tuple[int, Chunk]], question: Question) -> Iterator[Replayed]:
        """What was judged already; of the numbered chunks no more are taken than these.

        Each is read once more, and must be what was judged.

        Raises:
            UsageError: the lot is another one, or the journal is damaged.
        """
        assert self._file is not None
        self._file.seek(self._end)
        # A line that is longer than any that was written counts as torn off too: it is judged anew.
        while (line := self._file.readline(JOURNAL_LINE)).endswith(b"\n"):
            entry = self._link(line)
            number, chunk = next(chunks, (None, None))
            if number is None or chunk is None:
                raise self._changed()
            try:
                result = question.read(entry.get("result"))
            except MalformedError:
                raise self._damaged(self._lines) from None
            indices = set(result.leads.values())
            fingerprint, devices = _read_again(chunk, indices)
            if fingerprint != result.fingerprint:
                raise self._changed()
            if entry.get("chunk") != number or len(devices) < len(indices):
                raise self._damaged(self._lines)
            yield Replayed(number, result, {code: devices[index] for code, index in result.leads.items()})
        self._file.truncate(self._end)

    def _changed(self) -> UsageError:
        return self._error("is of another lot, or the lot was changed since")

    def keeping(self, results: Iterator[tuple[int, ChunkResult]]) -> Iterator[tuple[int, ChunkResult]]:
        """The same results, each once it is written down.

        Where those that judged turn out not to be trusted, nothing of what they have said is kept.
        """
        try:
            for number, result in results:
                self._write({"chunk": number, "result": plain_result(result)})
                yield number, result
        except DisagreementError:
            assert self._file is not None
            self._chain, self._lines, self._end = self._first
            self._file.truncate(self._end)
            raise


def _read_again(chunk: Chunk, indices: set[int]) -> tuple[bytes, dict[int, DeviceFile]]:
    """The fingerprint of a chunk as it is now, and those of its devices that are asked for, by their number."""
    fingerprint = Fingerprint()
    devices = {
        index: DeviceFile.of(file.read())
        for index, file in enumerate(fingerprint.over(chunk.files()))
        if index in indices
    }
    return fingerprint.digest(), devices


def binding(question: Question, ca: CaContext, paths: Sequence[str]) -> str:
    """What a journal is bound to, as a digest: all that its results depend on beside the devices."""
    crt = ca.fcu_crt.file
    told = (
        __version__,
        rules.CATALOGUE.digest(),
        [rule.code for rule in question.rules],
        (crt.data, crt.trouble, crt.detail),
        (ca.key_public and ca.key_public.der, ca.depth, ca.mode, ca.account_id),
        [str(Path(path).absolute()) for path in paths],
        (question.sample, question.seed),
        sorted(map(repr, question.waivers)),
    )
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()

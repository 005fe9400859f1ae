"""A journal of judged chunks, so that a run that was stopped can go on where it was."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from fcu_conform import rules
from fcu_conform.artefacts.bounded_io.archives import open_regular
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.artefacts.device_output.fingerprint import Fingerprint
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.lot.chunk_judge import ChunkResult
from fcu_conform.engine.lot.chunk_results import DisagreementError, Question, plain_result
from fcu_conform.engine.lot.journal_lines import FORMAT, JournalLines
from fcu_conform.engine.lot.locking import lock
from fcu_conform.engine.serialization import MalformedError, Plain
from fcu_conform.version import __version__


@dataclass(frozen=True)
class Replayed:
    """A chunk that a journal has: its number, its result, and the devices in it that others are compared with."""

    number: int
    result: ChunkResult
    leads: Mapping[str, DeviceFile]


class Journal:
    """One journal file: a line that says what it is of, and a line for each chunk, from the first on without a gap.

    How its lines are written and read see `JournalLines`.
    """

    def __init__(self, path: Path) -> None:
        """Looks at how it begins.

        Raises:
            UsageError: it cannot be read, or is not a journal.
        """
        self.path = path
        self.header: Plain = {}
        self._file: IO[bytes] | None = None
        self._lines = JournalLines(path)
        try:
            if path.exists():
                with open_regular(path) as file:
                    self.header = self._lines.begin(file)
        except OSError as fault:
            raise self._lines.error(f"cannot be read ({fault.strerror or fault})") from None

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
            raise self._lines.error(f"cannot be written ({fault.strerror or fault})") from None
        try:
            lock(file)
            # Another run may have begun it since this one looked at it.
            self.header = self._lines.begin(file)
            if not self.header:
                file.truncate(0)
                self._lines.append(file, header)
            elif self.header != header:
                raise self._lines.error("belongs to another lot, another keystore or other options")
        except OSError as fault:
            file.close()
            if fault.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise self._lines.error("another run is writing to it") from None
            raise self._lines.error(f"cannot be locked or written ({fault.strerror})") from None
        except UsageError:
            file.close()
            raise
        self._first = self._lines.mark()
        return self

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def replay(self, chunks: Iterator[tuple[int, Chunk]], question: Question) -> Iterator[Replayed]:
        """What was judged already; of the numbered chunks no more are taken than these.

        Each is read once more, and must be what was judged.

        Raises:
            UsageError: the lot is another one, or the journal is damaged.
        """
        assert self._file is not None
        for entry in self._lines.rest(self._file):
            number, chunk = next(chunks, (None, None))
            if number is None or chunk is None:
                raise self._changed()
            try:
                result = question.read(entry.get("result"))
            except MalformedError:
                raise self._lines.damaged(self._lines.count) from None
            indices = set(result.leads.values())
            fingerprint, devices = _read_again(chunk, indices)
            if fingerprint != result.fingerprint:
                raise self._changed()
            if entry.get("chunk") != number or len(devices) < len(indices):
                raise self._lines.damaged(self._lines.count)
            yield Replayed(number, result, {code: devices[index] for code, index in result.leads.items()})

    def _changed(self) -> UsageError:
        return self._lines.error("belongs to another lot, or the lot has changed since")

    def keeping(self, results: Iterator[tuple[int, ChunkResult]]) -> Iterator[tuple[int, ChunkResult]]:
        """The same results, each once it is written down.

        Where those that judged turn out not to be trusted, nothing of what they have said is kept.
        """
        assert self._file is not None
        try:
            for number, result in results:
                self._lines.append(self._file, {"chunk": number, "result": plain_result(result)})
                yield number, result
        except DisagreementError:
            self._lines.cut_back(self._file, self._first)
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

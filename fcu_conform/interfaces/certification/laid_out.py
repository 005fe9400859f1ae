"""Compares the files below some folders with the subjects of a statement, each file with its own subject."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any

from fcu_conform.artefacts.bounded_io.digests import digest_of_file, digest_of_folder_in_1_0, digest_of_output
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.reports.intoto_report import PLACES

MOST_ENTRIES = 200_000
"""Entries looked at below the folders of artefacts; what is in a folder that is a subject itself is not counted."""

MOST_COMPARISONS = 5_000_000
"""Pairs of a file and a subject of its name; three hundred lines have less than a tenth of it."""


@dataclass(frozen=True)
class Wanted:
    """A subject of a statement.

    Attributes:
        name: its name in the statement.
        kind: the algorithm of its digest.
        digest: the digest.
        place: its path, relative to the folder that held everything; statements of 1.0 do not have it.
    """

    name: str
    kind: str
    digest: str
    place: tuple[str, ...] | None

    @classmethod
    def of(cls, subject: Mapping[str, Any]) -> Wanted:
        """A subject as a statement has it."""
        kind, digest = next(iter(subject["digest"].items()), ("", ""))
        place = subject.get("annotations", {}).get("path")
        return cls(subject["name"], kind, digest, None if place is None else PurePosixPath(place).parts)

    @property
    def base(self) -> str:
        """The name of its file or folder."""
        return self.place[-1] if self.place else self.name.rpartition("/")[2]

    def likeness(self, parts: Sequence[str]) -> int:
        """How much a path, by its parts, looks like the place of the subject; their last parts are equal."""
        if self.place is not None:
            pairs = zip(reversed(self.place), reversed(parts))  # noqa: B905 - one is longer
            return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        # In 1.0 a name begins with that of the keystore: a part of the path, or a few.
        folder = self.name.rpartition("/")[0]
        for middle in PLACES.values():
            folder = folder.removesuffix(f"/{middle}")
        return 1 + f"/{'/'.join(parts[:-1])}/".count(f"/{folder}/")


@dataclass
class Comparison:
    """What was found: a line for everything that is not as it was, and the subjects that are."""

    complaints: list[str] = field(default_factory=list)
    met: set[Wanted] = field(default_factory=set)


def compare(folders: Sequence[Path], subjects: Sequence[Mapping[str, Any]]) -> Comparison:
    """Looks below folders for what was judged: each subject of a statement must be there, and unchanged.

    Every file or folder of a subject's name counts, so that a changed one cannot hide behind a good one. Where several
    subjects have this name, it is compared with the one whose place is most like its own.

    Raises:
        UsageError: a folder cannot be looked at.
    """
    wanted: defaultdict[str, list[Wanted]] = defaultdict(list)
    for one in map(Wanted.of, subjects):
        wanted[one.base].append(one)
    found = Comparison()
    search = _Search(frozenset(wanted))
    comparisons = 0
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"--artefacts {folder}: is not a folder")
        for path in search.below(folder):
            comparisons += len(wanted[path.name])
            if comparisons > MOST_COMPARISONS:
                raise UsageError(f"--artefacts {folder}: has too many files with the names in the statement")
            _compare_one(path, folder, wanted, found, search)
    shown = ", ".join(map(str, folders))
    for named in wanted.values():
        is_ambiguous = len({one.place for one in named}) > 1
        for one in named:
            if one not in found.met:
                where = f" at {'/'.join(one.place)}" if one.place and is_ambiguous else ""
                found.complaints.append(f"{one.name}: was judged, but {shown} does not have it unchanged{where}")
    return found


def _compare_one(
    path: Path, folder: Path, wanted: Mapping[str, Sequence[Wanted]], found: Comparison, search: _Search
) -> None:
    """Compares a file or folder that has the name of a subject."""
    if path.is_symlink() and (complaint := _wrong_link(path, folder)):
        found.complaints.append(f"{path}: {complaint}")
        return
    named = wanted[path.name]
    nearest = _nearest(named, Path(os.path.abspath(path)).parts)  # noqa: PTH100 - links stay as they are seen
    is_in_1_0 = all(one.place is None for one in named)
    try:
        kind, digest = next(iter(_digest(path, nearest, is_in_1_0=is_in_1_0).items()))
    except OSError as fault:
        found.complaints.append(f"{path}: cannot be read ({fault.strerror})")
        return
    same_kind = [one for one in nearest if one.kind == kind]
    if same_kind and path.is_dir():
        search.leave_alone(path)
    matching = [one for one in same_kind if one.digest == digest]
    if same_kind and not matching:
        found.complaints.append(f"{path}: differs from what was judged")
    # Where it may be either of two, that it is one of them proves nothing of the other.
    if is_in_1_0 or len({one.place for one in nearest}) == 1:
        found.met.update(matching)


def _nearest(named: Sequence[Wanted], parts: Sequence[str]) -> list[Wanted]:
    """The subjects that a path is most like."""
    likeness = [one.likeness(parts) for one in named]
    return [one for one, much in zip(named, likeness, strict=True) if much == max(likeness)]


def _digest(path: Path, nearest: Sequence[Wanted], *, is_in_1_0: bool) -> dict[str, str]:
    if not path.is_dir() and all(one.kind == "sha256" for one in nearest):
        return {"sha256": digest_of_file(path.resolve())}
    if is_in_1_0 and path.is_dir():
        return {"dirHash": digest_of_folder_in_1_0(path)}
    return digest_of_output(path)


def _wrong_link(path: Path, folder: Path) -> str:
    """Why a link is not followed; empty where it leads to something in the folder."""
    try:
        target = os.path.realpath(path, strict=True)
    except OSError as fault:
        return f"is a link that cannot be followed ({(fault.strerror or '').lower()})"
    if not Path(target).is_relative_to(os.path.realpath(folder)):
        return f"is a link out of {folder}, and is not followed"
    return ""


class _Search:
    """Goes through folders for files and folders of some names; links to folders are not gone into."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._left_alone: set[Path] = set()
        self._seen = 0

    def leave_alone(self, path: Path) -> None:
        """What lies in this folder was looked at."""
        self._left_alone.add(path)

    def below(self, folder: Path) -> Iterator[Path]:
        """The folder itself and what is below it, as far as it has one of the names. Raises UsageError."""
        if folder.resolve().name in self._names:
            yield folder.resolve()
        pending = [folder]
        while pending:
            try:
                with os.scandir(pending.pop()) as listed:
                    entries = sorted(listed, key=lambda entry: entry.name)
            except OSError as fault:
                raise UsageError(f"--artefacts {folder}: cannot be searched ({fault.strerror})") from None
            for entry in entries:
                self._seen += 1
                if self._seen > MOST_ENTRIES:
                    raise UsageError(f"--artefacts {folder}: has more than {MOST_ENTRIES} files: pass a smaller folder")
                path = Path(entry.path)
                if entry.name in self._names:
                    yield path
                if entry.is_dir(follow_symlinks=False) and path not in self._left_alone:
                    pending.append(path)

"""Whether git tracks a file or would take it; the repository's files are read, and git itself is never run."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from enum import Enum
from math import comb
from pathlib import Path

from fcu_conform.artefacts.bounded_io.limits import (
    GIT_CONFIG,
    GIT_FILE,
    GIT_INDEX,
    GIT_PATTERN,
    GIT_PATTERNS,
    GIT_STEPS,
)
from fcu_conform.artefacts.bounded_io.reading import FileBytes, Trouble, read_file


class Tracking(str, Enum):
    """What version control has to do with a file."""

    NONE = "outside every work tree"
    IGNORED = "ignored"
    UNTRACKED = "not ignored: the next 'git add' would add it"
    TRACKED = "tracked"
    UNKNOWN = "in a work tree that could not be read"


def tracking_of(path: Path) -> Tracking:
    """Looks for a git work tree around the file, and for the file in it."""
    place = Path(os.path.realpath(path.parent)) / path.name
    for folder in place.parents:
        if os.path.lexists(folder / ".git"):
            return _tracking_in(folder, place.relative_to(folder).as_posix())
    return Tracking.NONE


def _tracking_in(work_tree: Path, name: str) -> Tracking:
    if not _is_harmless(work_tree, name):
        return Tracking.UNKNOWN
    # What the library would say of the repository's files, in words of theirs, concerns no keystore.
    told = logging.getLogger("dulwich")
    told.addHandler(logging.NullHandler())
    told.propagate = False
    # Few keystores lie in a work tree, so only those pay for the import.
    from dulwich import ignore, repo

    try:
        with repo.Repo(os.fspath(work_tree)) as repository:
            if not Path(repository.controldir()).is_dir():
                return Tracking.UNKNOWN
            index = Path(repository.index_path())
            if index.exists():
                if not index.is_file() or index.stat().st_size > GIT_INDEX:
                    return Tracking.UNKNOWN
                if name.encode() in repository.open_index():
                    return Tracking.TRACKED
            ignored = ignore.IgnoreFilterManager.from_repo(repository).is_ignored(name)
    except Exception:  # a damaged repository raises whatever it likes, and is not what is judged
        return Tracking.UNKNOWN
    return Tracking.IGNORED if ignored else Tracking.UNTRACKED


_OTHER_FILES = ("HEAD", "config.worktree", "packed-refs", "shallow", "info/grafts")
_BLANKS = rb"[^\S\n]*"  # inside a line: from every line to the end of empty ones would take the square of their number
_LEADS_ELSEWHERE = re.compile(
    rb"^%b(\[%binclude|excludesfile)|\]%bexcludesfile" % (_BLANKS, _BLANKS, _BLANKS), re.IGNORECASE | re.MULTILINE
)


def _is_harmless(work_tree: Path, name: str) -> bool:
    """What is read of a repository is short, regular files, with patterns that can be matched in reasonable time.

    The library opens whatever it finds: a FIFO would never come to an end, nor would a file that the repository's
    configuration names.
    """
    folders = [work_tree.joinpath(*Path(name).parts[:depth]) for depth in range(len(Path(name).parts))]
    own = _git_folders(work_tree)
    patterns = [_read(folder / ".gitignore") for folder in folders]
    patterns += [_read(folder / "info" / "exclude") for folder in own]
    settings = [_read(folder / "config", GIT_CONFIG) for folder in own]
    others = [_read(folder / other) for folder in own for other in _OTHER_FILES]
    if any(file.trouble not in (None, Trouble.MISSING) for file in (*patterns, *settings, *others)):
        return False
    if any(_LEADS_ELSEWHERE.search(file.data) for file in settings):
        return False
    if sum(len(file.data) for file in patterns) > GIT_PATTERNS:
        return False
    lines = [line for file in patterns for line in file.data.split(b"\n") if line]
    return all(len(line) <= GIT_PATTERN for line in lines) and _steps(lines, name) <= GIT_STEPS


def _steps(patterns: Iterable[bytes], name: str) -> int:
    """About how many steps matching takes at most.

    Patterns become regular expressions, and these try every way to share out a name among stars, and the folders among
    double stars.
    """
    path = os.fsencode(name)
    folders = path.split(b"/")
    longest, depth = max(map(len, folders)), len(folders)
    steps = 0
    for pattern in patterns:
        parts = pattern.split(b"/")
        doubled = 1 + parts.count(b"**")  # a pattern may begin anywhere
        single = sum(part.count(b"*") for part in parts if part != b"**")
        steps += len(path) + comb(longest + single, single) * comb(depth + doubled, doubled)
    return steps * depth  # folders are matched too


def _read(path: Path, limit: int = GIT_FILE) -> FileBytes:
    return read_file(path, limit)


def _git_folders(work_tree: Path) -> list[Path]:
    """The folders that hold the repository's own files: its .git, or what a file of that name and commondir lead to."""
    folder = work_tree / ".git"
    if not folder.is_dir():
        folder = work_tree / _line(folder).removeprefix("gitdir:").strip()
    common = _line(folder / "commondir")
    return [folder, folder / common] if common else [folder]


def _line(path: Path) -> str:
    return os.fsdecode(_read(path).data.partition(b"\n")[0].replace(b"\0", b"")).strip()

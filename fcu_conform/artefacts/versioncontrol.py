"""Whether git tracks a file or would take it; the repository's files are read, and git itself is never run."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path

from fcu_conform.artefacts.limits import GIT_INDEX


class Tracking(str, Enum):
    """What version control has to do with a file."""

    NONE = "outside every work tree"
    IGNORED = "ignored"
    UNTRACKED = "not ignored: the next 'git add' takes it"
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
    # Few keystores lie in a work tree, so only those pay for the import.
    from dulwich.ignore import IgnoreFilterManager
    from dulwich.repo import Repo

    try:
        with Repo(os.fspath(work_tree)) as repo:
            if not Path(repo.controldir()).is_dir():
                return Tracking.UNKNOWN
            index = Path(repo.index_path())
            if index.exists():
                if index.stat().st_size > GIT_INDEX:
                    return Tracking.UNKNOWN
                if name.encode() in repo.open_index():
                    return Tracking.TRACKED
            ignored = IgnoreFilterManager.from_repo(repo).is_ignored(name)
    except Exception:  # a damaged repository raises whatever it likes, and is not what is judged
        return Tracking.UNKNOWN
    return Tracking.IGNORED if ignored else Tracking.UNTRACKED
